"""A million rows are checked in seconds, whether they are sound or all of them faulty."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from clew.records import check_dataset, kinds_of_problem

ROWS = 1_000_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("million")
    number = pl.int_range(ROWS, eager=True)
    frame = pl.DataFrame(
        {
            "event_id": "E" + number.cast(pl.String),
            "kind": "death",
            "occurred_from": pl.datetime_range(
                pl.datetime(2010, 1, 1), pl.datetime(2010, 1, 1) + pl.duration(minutes=ROWS - 1), "1m", eager=True
            ).dt.strftime("%Y-%m-%dT%H:%M"),
            "category": pl.select(
                pl.when(number % 10 == 0).then(pl.lit("odd")).otherwise(pl.lit("expected"))
            ).to_series(),
            "address": number.cast(pl.String) + " High Street, London",
            "lat": "51.5",
            "lon": pl.select(pl.when(number % 100 == 0).then(pl.lit("x")).otherwise(pl.lit("0.1"))).to_series(),
        }
    )
    frame.write_csv(folder / "events.csv")
    return folder


def test_a_million_rows_with_110000_faults_are_checked_whole(folder: Path) -> None:
    result = check_dataset(folder)
    kinds = kinds_of_problem(result.problems, examples=3).select("column", "count", "rows")
    assert ("category", 100_000, [2, 12, 22]) in kinds.rows()
    assert ("lon", 10_000, [2, 102, 202]) in kinds.rows()
    assert result.tables[0].rows_kept == ROWS
