"""Which deaths may be on the list: those still open, and closed ones that something new re-opens."""

from __future__ import annotations

import polars as pl

from clew.records import Category, Kind, Known

_CLOSED = (Category.EXPECTED.value, Category.NOT_SUSPICIOUS.value)


def standing(known: Known) -> pl.DataFrame:
    """A row per death: event_id, category, open (boolean), decided_at, died_at (UTC instants).

    decided_at: when the category in force was decided on record; without such an action, when the event was last
    recorded. A death already called homicide is neither open nor closed here: it has left this desk. No category, or
    one nobody could read, is open: unknown is not "no" (law 5).
    """
    deaths = known.events.filter(pl.col("kind") == Kind.DEATH.value)
    decided = known.actions.filter(pl.col("activity") == "category.decided").group_by("event_id", category="outcome")
    deaths = deaths.join(decided.agg(decided_at=pl.col("recorded_at").max()), on=["event_id", "category"], how="left")
    closed = pl.col("category").is_in(_CLOSED) & (pl.col("status").fill_null("closed") != "open")
    return deaths.filter(pl.col("category").fill_null("") != Category.HOMICIDE.value).select(
        "event_id",
        "category",
        open=(~closed).fill_null(value=True),
        decided_at=pl.coalesce("decided_at", "recorded_at"),
        died_at=pl.coalesce("occurred_to", "occurred_from"),
    )
