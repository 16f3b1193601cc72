"""What is written for people to open cannot run in their spreadsheet, and still says what stood in the data."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.core import UsageError
from clew.records import check_dataset, spreadsheet_safe, write_report_csv


@given(st.lists(st.text(max_size=8), min_size=1))
def test_no_cell_begins_as_a_formula_and_none_loses_a_character(texts: list[str]) -> None:
    for text, safe in zip(texts, spreadsheet_safe(pl.DataFrame({"x": texts}))["x"], strict=True):
        assert safe in {text, "'" + text}
        number = safe[:1] in {"+", "-"} and safe[1:].replace(".", "", 1).isdecimal()
        assert safe[:1] not in {"=", "+", "-", "@", "\t", "\r"} or number


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", " =1", "\t=1", "\r=1", "＝1", "\n=1"])
def test_what_a_spreadsheet_would_run_is_defused(text: str) -> None:
    assert spreadsheet_safe(pl.DataFrame({"x": [text]}))["x"].item() == "'" + text


@pytest.mark.parametrize("text", ["-0.1278", "+5", "2014-06-20", "a=b", "", "-1e-5"])
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert spreadsheet_safe(pl.DataFrame({"x": [text]}))["x"].item() == text


def test_the_quarantine_holds_the_row_as_it_stood(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text(
        'event_id,kind,occurred_from,area\nE1,ghost,2014-06-20,"=a ""b"", c"\n=E2,death\n'
    )
    result = check_dataset(tmp_path)
    write_report_csv(result.quarantine, tmp_path / "quarantine.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "quarantine.csv").read_text())))
    assert [(row["source_file"], row["source_row"]) for row in rows] == [("events.csv", "2"), ("events.csv", "3")]
    stood = {"event_id": "E1", "kind": "ghost", "occurred_from": "2014-06-20", "area": '=a "b", c'}
    assert json.loads(rows[0]["record"]) == stood
    assert rows[1]["record"] == "'=E2,death"


def test_a_report_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Cannot write"):
        write_report_csv(pl.DataFrame({"x": ["a"]}), tmp_path / "nowhere" / "x.csv")
