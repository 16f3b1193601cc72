"""Small datasets for the tests, a row a dict; what a row leaves out is empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from clew.records import TABLES, Dataset, Feed

DAY_ONE = datetime(2024, 5, 1, 9, tzinfo=UTC)
EVER = datetime(1900, 1, 1, tzinfo=UTC)


def day(number: float) -> datetime:
    return DAY_ONE + timedelta(days=number)


def dataset(*, feeds: Sequence[Feed] | None = None, **tables: Sequence[Mapping[str, Any]]) -> Dataset:
    """A dataset of the tables given. `recorded_at` stands for the time of the row's own where it is left out."""
    frames = {}
    for name, rows in tables.items():
        table = TABLES[name]
        filled = []
        for number, row in enumerate(rows):
            stand_ins = [row.get(column) for column in ("recorded_at", *table.stands_in)]
            recorded = next(moment for moment in stand_ins if moment is not None)
            own = {
                "event_id": "D1",
                "source_file": f"{name}.csv",
                "source_row": number + 2,
                "recorded_at_assumed": False,
            }
            filled.append({**own, **row, "recorded_at": recorded})
        frames[name] = pl.DataFrame(filled, schema=table.frame_schema)
    complete = [Feed(name=name, complete_from=EVER) for name in TABLES]
    return Dataset(name="test", tables=frames, feeds=tuple(complete if feeds is None else feeds))


def act(activity: str, at: float, **values: Any) -> dict[str, Any]:
    return {"activity": activity, "at": day(at), **values}
