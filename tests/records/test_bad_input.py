"""Input as it comes: every fault is reported where it stands, nothing is dropped in silence, nothing is a traceback."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from clew.core import ClewError
from clew.records import CheckResult, check_dataset, read_dataset

VALUE, ROW, KEPT = "value left out", "row set aside", "kept"

HEADER = "event_id,kind,occurred_from,recorded_at,category,lat,lon,narrative\n"
#: Sound rows beside the bad ones, so that the loss limit is not what is tested.
SOUND = [f"S{n},death,2014-06-{n % 28 + 1:02}T10:00,2014-07-01T10:00,expected,51.5,0.1,sound" for n in range(60)]


def check_events(folder: Path, *rows: str, sound: bool = True, settings: str = "", **others: str) -> CheckResult:
    """Checks a dataset of `rows` of events behind 60 sound ones (so the first is row 62), and of other tables."""
    lines = [*(SOUND if sound else []), *rows]
    (folder / "events.csv").write_text(HEADER + "".join(line + "\n" for line in lines), encoding="utf-8")
    for name, text in others.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    if settings:
        (folder / "clew.yaml").write_text(settings, encoding="utf-8")
    return check_dataset(folder)


def problems(result: CheckResult, table: str = "events") -> list[tuple[int | None, str, str, str]]:
    """(row, column, effect, why) of each problem of `table`."""
    frame = result.problems.filter(pl.col("table") == table)
    return frame.select("source_row", "column", "effect", "why").rows()


def event(result: CheckResult, event_id: str) -> dict[str, object]:
    """The one kept row of events called `event_id`."""
    assert result.dataset is not None
    return result.dataset.tables["events"].row(by_predicate=pl.col("event_id") == event_id, named=True)


def quarantined(result: CheckResult) -> list[tuple[str, int]]:
    """(table, row) of each row set aside."""
    return result.quarantine.select("table", "source_row").rows()


def test_sound_rows_make_no_problem(tmp_path: Path) -> None:
    result = check_events(tmp_path)
    assert result.problems.is_empty()
    assert result.usable
    assert result.tables[0].rows_kept == 60


@pytest.mark.parametrize(
    ("row", "column", "effect", "in_why"),
    [
        ("B,death,2087-06-20,,,,,", "occurred_from", ROW, "plausible"),
        ("B,death,0014-06-20,,,,,", "occurred_from", ROW, "plausible"),
        ("B,death,20/06/2014,,,,,", "occurred_from", ROW, "cannot be read|can be read"),
        ("B,death,,,,,,", "occurred_from", ROW, "required and is empty"),
        (",death,2014-06-20,,,,,", "event_id", ROW, "required and is empty"),
        ("B,ghost,2014-06-20,,,,,", "kind", ROW, "no kind that Clew knows"),
        ("B,death,2014-06-20,,sudden,,,", "category", VALUE, "no category that Clew knows"),
        ("B,death,2014-06-20,2014-06-19,,,,", "recorded_at", VALUE, "before occurred_from"),
        ("B,death,2014-06-20,2087-01-01,,,,", "recorded_at", VALUE, "plausible"),
        ("B,death,2014-06-20,,,0,0,", "lat, lon", VALUE, "sea off Africa"),
        ("B,death,2014-06-20,,,0.1,51.5,", "lat, lon", VALUE, "exchanged"),
        ("B,death,2014-06-20,,,51.5,,", "lat, lon", VALUE, "is missing"),
        ("B,death,2014-06-20,,,north,0.1,", "lat", VALUE, "not a number"),
        ("B,death,2014-06-20,,,151.5,0.1,", "lat", VALUE, "must be -90 to 90"),
        ("B,death,2014-06-20,,,nan,0.1,", "lat", VALUE, "not a number"),
        ("B,death,2014-06-20,,,1e999,0.1,", "lat", VALUE, "must be -90 to 90"),
        ("B,death,2014-03-30T01:30,,,,,", "occurred_from", KEPT, "never showed"),
        ("B,death,2014-10-26T01:30,,,,,", "occurred_from", KEPT, "twice"),
        ("B,death,2014-06-20,,,,,a\x00b", "narrative", KEPT, "control characters"),
        ("B,death,2014-06-20", "", ROW, "3 cells, the header 8"),
        ("B,death,2014-06-20,,,,,a,b", "", ROW, "9 cells, the header 8"),
        ('B,death,2014-06-20,,,,,"cut he', "", ROW, "never closed"),
        (SOUND[0], "", KEPT, "the same row stands earlier"),
    ],
)
def test_a_fault_is_reported_where_it_stands_and_costs_what_it_must(
    tmp_path: Path, row: str, column: str, effect: str, in_why: str
) -> None:
    result = check_events(tmp_path, row)
    found = problems(result)
    assert (62, column, effect) in [problem[:3] for problem in found]
    assert any(part in problem[3] for problem in found for part in in_why.split("|"))
    assert result.problems["mend"].str.len_chars().min() > 0
    lost = [("events", 62)] if effect == ROW else []
    assert quarantined(result) == lost
    counts = result.tables[0]
    assert counts.rows_read == 61
    assert counts.rows_kept + counts.rows_quarantined + counts.duplicates == 61
    assert result.usable


def test_a_row_with_two_faults_is_one_quarantined_row_with_both_reasons(tmp_path: Path) -> None:
    result = check_events(tmp_path, "B,ghost,20/06/2014,,,,,")
    assert quarantined(result) == [("events", 62)]
    assert "kind:" in result.quarantine["why"].item()
    assert "occurred_from:" in result.quarantine["why"].item()
    assert '"kind":"ghost"' in result.quarantine["record"].item()


def test_times_the_clock_shows_twice_or_never_follow_the_stated_rule(tmp_path: Path) -> None:
    result = check_events(tmp_path, "A,death,2014-10-26T01:30,,,,,", "B,death,2014-03-30T01:30,,,,,")
    assert event(result, "A")["occurred_from"] == datetime(2014, 10, 26, 0, 30, tzinfo=UTC)
    assert event(result, "B")["occurred_from"] == datetime(2014, 3, 30, 1, 30, tzinfo=UTC)


def test_a_birth_after_the_death_is_left_out_and_the_person_kept(tmp_path: Path) -> None:
    people = "event_id,role,birth_date\nS1,deceased,2015-01-01\nS2,deceased,1850-01-01\nS3,deceased,1990-01-01\n"
    result = check_events(tmp_path, people=people)
    assert [problem[:3] for problem in problems(result, "people")] == [
        (2, "birth_date", VALUE),
        (3, "birth_date", VALUE),
    ]
    assert result.dataset is not None
    assert result.dataset.tables["people"]["birth_date"].null_count() == 2


def test_rows_about_no_known_event_are_set_aside_and_so_are_those_of_a_quarantined_event(tmp_path: Path) -> None:
    people = "event_id,role\nS1,deceased\nnobody,finder\nB,finder\n" + "S1,witness\n" * 60
    result = check_events(tmp_path, "B,ghost,2014-06-20,,,,,", people=people)
    assert quarantined(result) == [("events", 62), ("people", 3), ("people", 4)]


def test_two_versions_recorded_at_one_instant_are_both_kept_and_reported(tmp_path: Path) -> None:
    rows = ("B,death,2014-06-20,2014-06-21T10:00,expected,,,", "B,death,2014-06-20,2014-06-21T10:00,homicide,,,")
    result = check_events(tmp_path, *rows)
    assert [problem[:3] for problem in problems(result)] == [(62, "event_id", KEPT), (63, "event_id", KEPT)]
    assert result.dataset is not None
    known = result.dataset.as_known(datetime(2015, 1, 1, tzinfo=UTC)).events
    assert known.filter(pl.col("event_id") == "B")["category"].to_list() == ["homicide"]


def test_a_later_version_is_a_correction_and_no_problem(tmp_path: Path) -> None:
    rows = ("B,death,2014-06-20,2014-06-21T10:00,expected,,,", "B,death,2014-06-20,2014-06-22T10:00,homicide,,,")
    assert check_events(tmp_path, *rows).problems.is_empty()


def test_identical_rows_count_once(tmp_path: Path) -> None:
    result = check_events(tmp_path, SOUND[3], SOUND[3])
    assert result.tables[0].duplicates == 2
    assert result.tables[0].rows_kept == 60


def test_numbers_with_thousands_separators_are_read_and_reported(tmp_path: Path) -> None:
    table = 'event_id,feature,value,quantity\nS1,substance,x,"1,234.5"\nS2,substance,x,12 345\nS3,substance,x,"1,2"\n'
    result = check_events(tmp_path, circumstances=table)
    assert result.dataset is not None
    assert result.dataset.tables["circumstances"]["quantity"].to_list() == [1234.5, 12345, None]
    assert [problem[:3] for problem in problems(result, "circumstances")] == [
        (2, "quantity", KEPT), (3, "quantity", KEPT), (4, "quantity", VALUE)
    ]  # fmt: skip


def test_a_decimal_comma_is_read_where_clew_yaml_says_so(tmp_path: Path) -> None:
    (tmp_path / "clew.yaml").write_text("decimal: ','\n")
    events = "event_id,kind,occurred_from\n" + "".join(f"S{n},death,2014-06-20\n" for n in (1, 2, 3))
    (tmp_path / "events.csv").write_text(events)
    table = 'event_id,feature,value,quantity\nS1,substance,x,"1.234,5"\nS2,substance,x,"0,5"\nS3,substance,x,0.5\n'
    (tmp_path / "circumstances.csv").write_text(table)
    dataset = read_dataset(tmp_path)
    assert dataset.tables["circumstances"]["quantity"].to_list() == [1234.5, 0.5, None]


@pytest.mark.parametrize("cell", ["=1+1", "+44 20 7946 0000", "-", "@handle", "=cmd|' /C calc'!A0"])
def test_cells_that_look_like_formulas_are_kept_as_they_are(tmp_path: Path, cell: str) -> None:
    result = check_events(tmp_path, f"B,death,2014-06-20,2014-06-21,,,,{cell}")
    assert result.problems.is_empty()
    assert event(result, "B")["narrative"] == cell


def test_a_narrative_of_a_megabyte_is_kept_whole_and_shown_cut_short(tmp_path: Path) -> None:
    result = check_events(tmp_path, f"B,death,2014-06-20,,{'x' * 1_000_000},,,{'y ' * 500_000}z")
    assert len(str(event(result, "B")["narrative"])) == 1_000_001
    assert result.problems["value"].str.len_chars().max() == 120


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-8-sig"])
def test_a_file_in_another_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    text = HEADER + "".join(row + "\n" for row in SOUND) + "B,death,2014-06-20,2014-06-21,,,,Zoë\n"
    (tmp_path / "events.csv").write_bytes(text.encode(encoding))
    result = check_dataset(tmp_path)
    assert event(result, "B")["narrative"] == "Zoë"
    assert result.problems.height == (1 if encoding == "latin-1" else 0)


def test_a_table_with_a_header_and_no_rows_is_empty_and_said_to_be(tmp_path: Path) -> None:
    result = check_events(tmp_path, people="event_id,role\n")
    assert problems(result, "people") == [(None, "", KEPT, "it holds no rows")]
    assert result.usable


@pytest.mark.parametrize("text", ["", "\n\n", "event_id,kind\nE1,death\n", "a;b\n1;2\n"])
def test_events_without_a_required_column_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "events.csv").write_text(text)
    result = check_dataset(tmp_path)
    assert result.dataset is None
    assert result.problems["effect"].to_list()[0] == "table refused"
    with pytest.raises(ClewError, match="which events requires"):
        read_dataset(tmp_path)


def test_a_table_lost_beyond_its_limit_makes_the_dataset_refused(tmp_path: Path) -> None:
    bad = [f"B{n},ghost,2014-06-20,,,,," for n in range(4)]
    result = check_events(tmp_path, *bad)
    assert [table.table for table in result.lost_too_much] == ["events"]
    assert result.dataset is not None
    with pytest.raises(ClewError, match="4 of 64 rows of events"):
        read_dataset(tmp_path)
    assert check_events(tmp_path, *bad, settings="loss_limit: {events: 0.0625}\n").usable
    assert not check_events(tmp_path, *bad, settings="loss_limit: 0.06\n").usable


def test_a_ragged_row_counts_towards_the_loss_limit(tmp_path: Path) -> None:
    result = check_events(tmp_path, *["too,short"] * 4)
    assert result.tables[0].rows_quarantined == 4
    assert not result.usable


def test_a_header_below_empty_lines_is_found_and_the_rows_keep_their_numbers(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text("\n\nevent_id,kind,occurred_from\nE1,death,2014-06-20\n")
    assert read_dataset(tmp_path).tables["events"]["source_row"].to_list() == [4]


def test_columns_no_table_reads_are_named(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text("event_id,kind,occurred_from,weather\nE1,death,2014-06-20,rain\n")
    result = check_dataset(tmp_path)
    assert result.unused == {"events.csv": ("weather",)}
    assert "weather" in result.problems["column"].to_list()


def test_dates_are_judged_by_the_bounds_of_clew_yaml_where_it_sets_them(tmp_path: Path) -> None:
    rows = ("A,death,2016-02-01,,,,,", "B,death,1999-06-20,,,,,", "C,death,2030-01-01,,,,,")
    within = check_events(tmp_path, *rows)
    assert quarantined(within) == [("events", 64)]
    strict = check_events(tmp_path, *rows, settings="plausible: {from: 2000-01-01, to: 2015-12-31}\n")
    assert quarantined(strict) == [("events", 62), ("events", 63), ("events", 64)]
    wide = check_events(tmp_path, *rows, settings="plausible: {to: 2031-01-01}\n")
    assert quarantined(wide) == []


@pytest.mark.parametrize(
    ("row", "assumed", "recorded_at"),
    [
        ("B,death,2014-06-20T10:00,2014-06-21T10:00,,,,", False, datetime(2014, 6, 21, 9, 0, tzinfo=UTC)),
        ("B,death,2014-06-20T10:00,,,,,", True, datetime(2014, 6, 20, 9, 0, tzinfo=UTC)),
        ("B,death,2014-06-20,,,,,", True, datetime(2014, 6, 20, 22, 59, 59, 999999, tzinfo=UTC)),
        ("B,death,2014-06-20,2014-06-20,,,,", False, datetime(2014, 6, 20, 22, 59, 59, 999999, tzinfo=UTC)),
    ],
)
def test_recorded_at_is_filled_by_the_stated_rule_and_counted(
    tmp_path: Path, row: str, assumed: bool, recorded_at: datetime
) -> None:
    people = "event_id,role\nB,deceased\n"
    result = check_events(tmp_path, row, people=people)
    assert event(result, "B")["recorded_at"] == recorded_at
    assert event(result, "B")["recorded_at_assumed"] is assumed
    assert result.dataset is not None
    assert result.dataset.tables["people"]["recorded_at"].item() == recorded_at
    assert result.dataset.counts.recorded_at_assumed == assumed + 1
    assert result.dataset.counts.rows_read == 62
