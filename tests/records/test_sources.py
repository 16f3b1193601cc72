"""Where a dataset's rows come from: folders, single files, Parquet, workbooks; and what is there but cannot be read."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from clew.core import ClewError, UsageError
from clew.records import check_dataset, read_dataset

EVENTS = "event_id,kind,occurred_from\nE1,death,2014-06-20T10:00\n"
WHEN = datetime(2014, 6, 20, 9, 0, tzinfo=UTC)


def write_workbook(path: Path, **sheets: list[list[object]]) -> None:
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd hh:mm"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    book.close()


def test_a_single_csv_is_the_events(tmp_path: Path) -> None:
    (tmp_path / "deaths 2014.csv").write_text(EVENTS)
    dataset = read_dataset(tmp_path / "deaths 2014.csv")
    assert dataset.name == "deaths 2014"
    row = dataset.tables["events"].row(0, named=True)
    assert (row["occurred_from"], row["source_file"], row["source_row"]) == (WHEN, "deaths 2014.csv", 2)


def test_each_sheet_of_a_workbook_called_as_a_table_is_that_table(tmp_path: Path) -> None:
    at = datetime(2014, 6, 20, 10, 0)  # noqa: DTZ001
    write_workbook(
        tmp_path / "book.xlsx",
        events=[
            ["event_id", "kind", "occurred_from", "lat", "lon"],
            [7, "death", at, 51.5, 0.25],
            [],
            [8, "death", at],
        ],
        people=[["event_id", "role", "birth_date", "age"], [7, "deceased", date(1990, 2, 1), 24]],
        notes=[["anything"], ["else"]],
    )
    dataset = read_dataset(tmp_path / "book.xlsx")
    events, people = dataset.tables["events"], dataset.tables["people"]
    assert events.select("event_id", "occurred_from", "lat", "source_row").rows() == [
        ("7", WHEN, 51.5, 2),
        ("8", WHEN, None, 4),
    ]
    assert people.select("event_id", "birth_date", "age", "source_file").rows() == [
        ("7", date(1990, 2, 1), 24.0, "book.xlsx!people")
    ]


def test_a_workbook_with_two_sheets_neither_of_them_the_table_is_refused_by_name(tmp_path: Path) -> None:
    write_workbook(tmp_path / "events.xlsx", one=[["event_id"]], two=[["event_id"]])
    with pytest.raises(ClewError, match="has no sheet 'events'") as caught:
        read_dataset(tmp_path)
    assert "one, two" in caught.value.mend


def test_the_sheet_that_clew_yaml_names_is_read(tmp_path: Path) -> None:
    rows = [["event_id", "kind", "occurred_from"], ["E1", "death", "2014-06-20"]]
    write_workbook(tmp_path / "events.xlsx", one=rows, two=[["event_id"]])
    (tmp_path / "clew.yaml").write_text("tables: {events: {sheet: one}}\n")
    assert read_dataset(tmp_path).tables["events"]["event_id"].to_list() == ["E1"]


def test_parquet_of_other_types_is_read_where_they_can_mean_the_same(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "event_id": [1, 2],
            "kind": pl.Series(["death", "incident"], dtype=pl.Categorical),
            "occurred_from": pl.Series([WHEN, WHEN])
            .dt.convert_time_zone("America/New_York")
            .cast(pl.Datetime("ns", "America/New_York")),
            "reported_at": [date(2014, 6, 20), None],
            "recorded_at": [datetime(2014, 6, 21, 10, 0), None],  # noqa: DTZ001
            "lat": pl.Series([51.5, float("nan")], dtype=pl.Float32),
            "lon": ["0.25", None],
            "area": [12.0, 13.5],
        }
    )
    frame.write_parquet(tmp_path / "events.parquet")
    result = check_dataset(tmp_path)
    assert result.problems.is_empty()
    assert result.dataset is not None
    columns = ["event_id", "kind", "occurred_from", "reported_at", "recorded_at", "lat", "lon", "area"]
    end_of_day = datetime(2014, 6, 20, 22, 59, 59, 999999, tzinfo=UTC)
    assert result.dataset.tables["events"].select(columns).rows() == [
        ("1", "death", WHEN, end_of_day, datetime(2014, 6, 21, 9, 0, tzinfo=UTC), 51.5, 0.25, "12"),
        ("2", "incident", WHEN, None, WHEN, None, None, "13.5"),
    ]


def test_parquet_columns_that_can_mean_nothing_are_reported_and_left_out(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "event_id": ["E1"],
            "kind": ["death"],
            "occurred_from": [WHEN],
            "lat": [[51.5]],
            "area": [{"x": 1}],
            "lon": [b"0"],
            "recorded_at": [3.5],
        }
    )
    frame.write_parquet(tmp_path / "events.parquet")
    result = check_dataset(tmp_path)
    faults = result.problems.filter(pl.col("effect") == "value left out")
    assert sorted(faults["column"].to_list()) == ["area", "lat", "lon", "recorded_at"]
    assert result.usable


@pytest.mark.parametrize("name", ["events.parquet", "events.xlsx"])
def test_a_damaged_file_is_refused_in_words(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PAR1 not really")
    result = check_dataset(tmp_path)
    assert result.dataset is None
    assert result.problems["effect"].to_list() == ["table refused"]
    with pytest.raises(UsageError, match="cannot be read"):
        read_dataset(tmp_path)


def test_a_parquet_file_cut_short_is_refused_in_words(tmp_path: Path) -> None:
    pl.DataFrame({"event_id": [f"E{n}" for n in range(1000)]}).write_parquet(tmp_path / "events.parquet")
    whole = (tmp_path / "events.parquet").read_bytes()
    (tmp_path / "events.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UsageError, match="cannot be read as Parquet"):
        read_dataset(tmp_path)


def test_a_folder_called_as_a_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "events.csv").mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        read_dataset(tmp_path)


def test_a_link_to_nowhere_and_a_missing_path_are_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "events.csv").symlink_to(tmp_path / "gone")
    with pytest.raises(UsageError, match="holds no events"):
        read_dataset(tmp_path)
    with pytest.raises(UsageError, match="There is no"):
        read_dataset(tmp_path / "nowhere")


def test_a_table_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text(EVENTS)
    (tmp_path / "events.tsv").write_text(EVENTS)
    with pytest.raises(UsageError, match="more than once"):
        read_dataset(tmp_path)


def test_a_folder_without_events_is_refused(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("event_id,role\nE1,deceased\n")
    with pytest.raises(UsageError, match="holds no events"):
        read_dataset(tmp_path)


def test_a_fault_in_one_table_does_not_hide_those_of_the_others(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text(EVENTS + "E2,ghost,2014-06-20\n")
    (tmp_path / "people.csv").write_text("event_id\nE1\n")
    (tmp_path / "actions.csv").mkdir()
    result = check_dataset(tmp_path)
    assert result.dataset is None
    assert set(result.problems["table"]) == {"events", "people", "actions"}
