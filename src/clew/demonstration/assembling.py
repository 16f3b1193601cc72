"""Puts the background and the case together into one dataset: order of recording, provenance, what stands in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from clew.records.schema import PROVENANCE, TABLES, Table


def assembled(
    parts: Mapping[str, list[pl.DataFrame]], *, until: datetime, files: Mapping[str, str]
) -> dict[str, pl.DataFrame]:
    """One frame per table with `Table.frame_schema`, in order of recording.

    parts: per table the frames to put together, `recorded_at` null where it is missing. until: the instant at which
    the extract was taken; what was recorded from then on is not in it. files: table -> file name of the provenance.
    """
    joined = {name: pl.concat(frames) for name, frames in parts.items() if frames}
    events = _stood_in(joined["events"], TABLES["events"], None)
    events = _ordered(events, TABLES["events"], until, files["events"])
    first = events.group_by("event_id").agg(pl.col("recorded_at").min().alias("_event"))
    made = {"events": events}
    for name, frame in joined.items():
        if name != "events":
            filled = _stood_in(frame, TABLES[name], first)
            made[name] = _ordered(filled, TABLES[name], until, files[name])
    return made


def _stood_in(frame: pl.DataFrame, table: Table, events: pl.DataFrame | None) -> pl.DataFrame:
    """Fill `recorded_at` as reading does: from the table's own times, else from the event's recording."""
    times = [pl.col(name) for name in table.stands_in]
    if events is not None:
        frame = frame.join(events, on="event_id", how="inner", maintain_order="left")
        times.append(pl.col("_event"))
    assumed = pl.col("recorded_at").is_null().alias("recorded_at_assumed")
    filled = frame.with_columns(pl.coalesce("recorded_at", *times), assumed)
    return filled.drop("_event", strict=False)


def _ordered(frame: pl.DataFrame, table: Table, until: datetime, file: str) -> pl.DataFrame:
    kept = frame.filter(pl.col("recorded_at") < until).sort("recorded_at", "event_id", maintain_order=True)
    return kept.with_columns(
        pl.lit(file).alias("source_file"), pl.int_range(2, pl.len() + 2, dtype=pl.Int64).alias("source_row")
    ).select([*table.names, *PROVENANCE])
