"""From internal columns to the tables of `records.schema`: numbers, instants, and now and then no recording time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from clew.demonstration.chance import HOUR_S, Integers
from clew.demonstration.distributions import recording
from clew.demonstration.investigation import Work
from clew.records.schema import TABLES, Role


@dataclass(frozen=True, kw_only=True)
class Background:
    """`tables`: frames with the columns of their schema, without provenance, `recorded_at` null where it is missing;
    `groups`: columns `group_id`, `kind`, `event_id`.
    """

    tables: dict[str, pl.DataFrame]
    groups: pl.DataFrame


def instant(name: str) -> pl.Expr:
    """Seconds since 1970 as an instant."""
    return (pl.col(name) * 1_000_000).cast(pl.Datetime("us", "UTC"))


def finished(
    rng: np.random.Generator,
    *,
    ids: pl.Series,
    held: Integers,
    versions: pl.DataFrame,
    people: pl.DataFrame,
    notes: pl.DataFrame,
    work: Work | None,
    officer: pl.Series,
    prefix: str,
    groups: pl.DataFrame,
    characteristics: pl.DataFrame,
    tables: frozenset[str],
) -> Background:
    """The tables of one tile. What was learnt more than six hours after its event always has its recording time."""
    first_held = pl.Series("held", held)

    def numbered(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(
            ids.gather(frame["event"]).alias("event_id"), first_held.gather(frame["event"]).alias("held")
        )

    def shaped(name: str, frame: pl.DataFrame, **columns: pl.Expr) -> pl.DataFrame:
        prompt = pl.col("known") - pl.col("held") < 6 * HOUR_S
        timeless = prompt & pl.Series(rng.random(frame.height) < recording.TIME_MISSING.value)
        if name == "events":
            timeless &= pl.col("known") == pl.col("held")
        known = pl.when(timeless).then(None).otherwise(instant("known"))
        return frame.with_columns(known.alias("recorded_at"), **columns).select(TABLES[name].names)

    made = {
        "events": shaped(
            "events",
            numbered(versions),
            occurred_from=instant("from"),
            occurred_to=instant("to"),
            reported_at=instant("reported"),
        ),
        # A deceased is one person of the event, so the row's own time must be that of the event at the earliest.
        "people": shaped("people", numbered(people).sort(pl.col("role") != Role.DECEASED.value, maintain_order=True)),
        "circumstances": shaped("circumstances", numbered(notes), retracted_at=instant("retracted")),
        "characteristics": shaped("characteristics", numbered(characteristics)),
    }
    if work is not None:
        done = numbered(work.done).with_columns(officer.gather(work.done["event"]).alias("officer"))
        ours = pl.col("actor_role").is_in(["constable", "sergeant", "detective_constable", "detective_sergeant"])
        made["actions"] = shaped(
            "actions",
            done,
            at=instant("at"),
            action_id=pl.format("{}A{}", pl.lit(prefix), "number"),
            actor=pl.when(ours).then("officer").otherwise(None),
        )
        exhibits = numbered(work.held).with_columns((pl.col("found") + 1800).alias("known"))
        made["exhibits"] = shaped("exhibits", exhibits, found_at=instant("found"))
    return Background(tables={name: frame for name, frame in made.items() if name in tables}, groups=groups)
