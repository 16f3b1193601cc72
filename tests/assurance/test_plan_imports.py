"""Others' trackers are read to the day, and a broken one is refused; what moved back is reported."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from clew.assurance.plan import (
    FeedMapping,
    Import,
    ResponseStatus,
    check_feed,
    compare,
    due_on,
    import_feed,
    lateness,
    load_mapping,
    response_status,
    shipped_mappings,
)
from clew.core import UsageError

AS_AT = date(2025, 7, 31)
PFD_FILES = ("reg28_completed.csv", "reg28_overdue.csv", "reg28_pending.csv")


def pfd(data: Path) -> Import:
    return import_feed([data / "pfd" / name for name in PFD_FILES], load_mapping("pfd"), as_at=AS_AT)


def test_days_overdue_and_days_left_of_every_real_report_are_the_trackers_own(data: Path) -> None:
    rows = {row["key"]: row for row in pfd(data).rows.iter_rows(named=True)}
    for name, column in (("reg28_overdue.csv", "Days overdue"), ("reg28_pending.csv", "Days left")):
        theirs = pl.read_csv(data / "pfd" / name, infer_schema_length=0)
        assert theirs.height
        for url, days in theirs.select("URL", column).iter_rows():
            ours = lateness(rows[url]["due"], as_at=AS_AT)
            assert (ours.days_overdue if column == "Days overdue" else ours.days_left) == int(days), url


def test_every_real_reports_status_follows_from_its_dates_and_counts(data: Path) -> None:
    feed = check_feed(pfd(data))
    assert feed.rows.height == feed.rows_read
    for row in feed.rows.iter_rows(named=True):
        ours = response_status(recipients=row["recipients"], replies=row["replies"], due=row["due"], as_at=AS_AT)
        assert ours.value == row["status"], row["key"]


def panel(data: Path, year: str, status: str) -> Import:
    mapping = FeedMapping(
        name=f"panel {year}",
        key=("url",),
        columns={
            "reference": "ref",
            "addressee": "url",
            "made": f"date_of_report_{year}",
            "status": status,
            "recipients": f"recipients_{year}",
            "replies": f"replies_{year}",
        },
        statuses={**load_mapping("pfd").statuses, "no requests": ResponseStatus.NOT_SENT},
        dates={"made": "%d/%m/%Y"},
        days_to_answer=56,
    )
    path = data / "pfd" / "pfd_panel_2024-02_vs_2025-07.csv"
    return check_feed(import_feed([path], mapping, as_at=AS_AT))


def test_the_panels_moves_and_regressions_are_all_reported(data: Path) -> None:
    moved = compare(panel(data, "2024", "status_2024_02_14"), panel(data, "2025", "status_2025_07_31"))
    raw = pl.read_csv(data / "pfd" / "pfd_panel_2024-02_vs_2025-07.csv", infer_schema_length=0)
    for before, after in (("overdue", "completed"), ("pending", "completed"), ("completed", "partial")):
        naive = sum(row == (before, after) for row in raw.select("status_2024_02_14", "status_2025_07_31").rows())
        assert naive
        assert moved.moved(ResponseStatus(before), ResponseStatus(after)) == naive
    back = moved.regressions.filter(pl.col("after") == "partial")
    assert back.height == moved.moved(ResponseStatus.COMPLETED, ResponseStatus.PARTIAL)


def test_the_broken_feed_is_refused_for_its_unknown_status_and_for_the_rows_it_has_lost(data: Path) -> None:
    broken = import_feed([data / "pfd" / "broken_feed_sample.csv"], load_mapping("pfd"), as_at=date(2026, 1, 29))
    with pytest.raises(UsageError, match="'no sent_to' is not in the mapping"):
        check_feed(broken)
    whole = pfd(data)
    with pytest.raises(UsageError, match="of the last import are gone"):
        check_feed(replace(broken, refusals=()), previous=whole)
    assert check_feed(whole, previous=whole) is whole


@pytest.mark.parametrize(
    ("name", "file"), [("iopc", "recs30june_wforces_refs.xlsx"), ("taic", "TAIC_recommendations_04_04_2024.xlsx")]
)
def test_excel_trackers_of_two_other_bodies_are_read_whole(data: Path, name: str, file: str) -> None:
    feed = check_feed(import_feed([data / name / file], load_mapping(name), as_at=date(2024, 4, 4)))
    assert feed.rows.height + feed.quarantine.filter(~pl.col("kept"))["source_row"].n_unique() == feed.rows_read
    assert feed.rows.height > 200
    assert feed.rows.filter(pl.col("status") == "completed").height > 100
    if name == "iopc":
        assert feed.quarantine["why"].str.contains("leaves rows with this status out").sum() == 3
        assert feed.quarantine["why"].str.contains("no addressee").any()
        ours = feed.rows.filter((pl.col("due") - pl.col("made")).dt.total_days() == 56).height
        assert ours > 0.85 * feed.rows.height  # most, not all: some bodies were given longer


def write(path: Path, rows: list[list[str]]) -> Path:
    path.write_text("\n".join(",".join(row) for row in [["id", "to", "made", "state"], *rows]), encoding="utf-8")
    return path


SMALL = FeedMapping(
    name="small",
    key=("id",),
    columns={"addressee": "to", "made": "made", "status": "state"},
    statuses={"open": ResponseStatus.PENDING},
    dates={"made": "%d/%m/%Y"},
    days_to_answer=56,
)


def test_dates_in_two_formats_refuse_the_feed(tmp_path: Path) -> None:
    rows = [[str(i), "Body", "01/02/2025", "open"] for i in range(40)] + [["x", "Body", "2025-02-01", "open"]]
    with pytest.raises(UsageError, match="two formats"):
        check_feed(import_feed([write(tmp_path / "a.csv", rows)], SMALL, as_at=AS_AT))


def test_an_addressee_with_no_address_is_flagged_and_kept(tmp_path: Path) -> None:
    feed = import_feed([write(tmp_path / "a.csv", [["1", "", "01/02/2025", "open"]])], SMALL, as_at=AS_AT)
    assert feed.rows.height == 1
    assert feed.quarantine.row(0, named=True)["why"] == "no addressee on record"


def test_bad_rows_are_set_aside_with_their_reason_and_counted(tmp_path: Path) -> None:
    rows = [
        ["1", "A", "31/02/2025", "open"],
        ["2", "A", "01/02/2025", ""],
        ["3", "A", "01/02/2025", "open"],
        ["3", "A", "01/02/2025", "open"],
    ]
    feed = import_feed([write(tmp_path / "a.csv", rows)], SMALL, as_at=AS_AT)
    assert dict(zip(feed.quarantine["source_row"], feed.quarantine["why"], strict=True)) == {
        1: "not a date in the mapping's format",
        2: "no status",
        4: "repeats a row",
    }
    with pytest.raises(UsageError, match="3 of 4 rows are bad"):
        check_feed(feed)


def test_an_excel_feed_reads_as_the_same_csv_does(tmp_path: Path) -> None:
    rows = [["1", "A", "01/02/2025", "open"], ["2", "B", "03/02/2025", "open"]]
    csv = import_feed([write(tmp_path / "a.csv", rows)], SMALL, as_at=AS_AT)
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate([["id", "to", "made", "state"], *rows]):
            sheet.write_row(at, 0, row)
    excel = import_feed([tmp_path / "a.xlsx"], SMALL, as_at=AS_AT)
    assert excel.rows.equals(csv.rows)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("columns: {status: s, addressee: a, made: m, colour: c}", "'colour' is not a column"),
        ("columns: {status: s, addressee: a}", "no column is mapped to 'made'"),
        ("columns: {status: s, addressee: a, made: m}\nstatuses: {x: finished}", "means 'finished'"),
        ("colums: {}", "'colums' is not a setting"),
        ("[1, 2", "cannot be read"),
        ("- 1", "not a table"),
    ],
)
def test_a_mapping_says_what_is_wrong_with_it(tmp_path: Path, text: str, word: str) -> None:
    (tmp_path / "m.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=word):
        load_mapping(str(tmp_path / "m.yaml"))


def test_every_shipped_mapping_loads() -> None:
    assert {load_mapping(name).name for name in shipped_mappings()} != set()


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(-500, 500))
def test_lateness_counts_days_and_the_due_day_itself_is_in_time(made: date, offset: int) -> None:
    due = due_on(made)
    assert (due - made).days == 56
    got = lateness(due, as_at=due + timedelta(days=offset))
    assert got.days_overdue - got.days_left == offset
    status = response_status(recipients=2, replies=0, due=due, as_at=due + timedelta(days=offset))
    assert (status is ResponseStatus.PENDING) == (offset <= 0)
