"""`recorded_at` where it is missing: what stands in for it, and that this was assumed (law 1 of DESIGN.md).

First the table's own `stands_in` columns, then (any table but events) the event's own `recorded_at`, as first
recorded. A bare date stands in with that day's end: nobody is taken to have known a thing in the morning that
happened later that day.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

import polars as pl

from clew.records.local_time import end_of_day
from clew.records.schema import EVENTS, Table
from clew.records.shape import ASSUMED
from clew.records.values import bare_name


def stand_in(frame: pl.DataFrame, table: Table, *, zone: ZoneInfo, events: pl.DataFrame | None = None) -> pl.DataFrame:
    """`frame` with `recorded_at` filled and `recorded_at_assumed` set.

    events: for any other table, the kept events with their `recorded_at` filled. A row whose event is unknown keeps
    a null `recorded_at` (it has been set aside).
    """
    missing = frame["recorded_at"].is_null()
    filled = frame["recorded_at"]
    for name in table.stands_in:
        own = frame[name]
        bare = frame[bare_name(name)].fill_null(value=False)
        late = own.clone().scatter(bare.arg_true(), end_of_day(own.filter(bare), zone)) if bare.any() else own
        filled = filled.zip_with(filled.is_not_null(), late)
    if table is not EVENTS and events is not None and filled.null_count():
        first = events.group_by("event_id").agg(pl.col("recorded_at").min().alias("_event"))
        of_event = frame.select("event_id").join(first, on="event_id", how="left", maintain_order="left")["_event"]
        filled = filled.zip_with(filled.is_not_null(), of_event)
    assumed = missing | frame[ASSUMED].fill_null(value=False) if ASSUMED in frame.columns else missing
    return frame.with_columns(filled.alias("recorded_at"), assumed.alias(ASSUMED))
