"""What cannot be true of a row beside its other columns, its event, or the rest of the data.

There is no wall clock here (law 1): a date is judged against the bounds of clew.yaml, or where it sets none against
the spread of the data itself, never against today.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from clew.records.dataset import fact_key
from clew.records.mapping import DatasetMapping
from clew.records.problems import SET_ASIDE, Effect, ProblemLog
from clew.records.schema import ACTIONS, EVENTS, PEOPLE, Table, Type

#: Events later than the upper quartile by this many interquartile ranges, and by `FENCE_AT_LEAST`, are implausible:
#: Tukey's far-out fence (Exploratory Data Analysis, 1977, 2D).
FENCE_RANGES = 3.0
FENCE_AT_LEAST = timedelta(days=2 * 366)

OLDEST_YEARS = 125

#: Of a table, pairs of columns of which the second cannot be before the first; the second is left out.
ORDER: dict[str, tuple[tuple[str, str], ...]] = {
    "events": (("occurred_from", "occurred_to"), ("occurred_from", "reported_at"), ("occurred_from", "recorded_at")),
    "actions": (("at", "recorded_at"),),
    "exhibits": (("found_at", "recorded_at"),),
    "circumstances": (("recorded_at", "retracted_at"),),
}


def latest_plausible(events: pl.DataFrame, mapping: DatasetMapping) -> datetime:
    """The instant after which no event can lie: of clew.yaml, else Tukey's far-out fence of `occurred_from`."""
    if mapping.latest is not None:
        return mapping.latest
    moments = events["occurred_from"].drop_nulls().dt.timestamp("us")
    lower, upper = moments.quantile(0.25), moments.quantile(0.75)
    if lower is None or upper is None:
        return datetime.max.replace(tzinfo=mapping.earliest.tzinfo)
    fence_us = max(FENCE_RANGES * (upper - lower), FENCE_AT_LEAST / timedelta(microseconds=1))
    end = min(upper + fence_us, 253_370_764_800_000_000)  # year 9999
    return datetime.fromtimestamp(0, tz=mapping.earliest.tzinfo) + timedelta(microseconds=end)


def check_plausible(
    frame: pl.DataFrame, table: Table, *, earliest: datetime, latest: datetime, log: ProblemLog
) -> pl.DataFrame:
    """Instants outside `earliest`..`latest` left out (of a required column: the row set aside) and reported."""
    for column in table.columns:
        if column.type is not Type.INSTANT:
            continue
        values = frame[column.name]
        fault = ((values < earliest) | (values > latest)).fill_null(value=False)
        log.rows(
            frame,
            fault,
            table=table.name,
            column=column.name,
            value=values.dt.to_string("%Y-%m-%dT%H:%M:%SZ"),
            effect=Effect.ROW_SET_ASIDE if column.required else Effect.VALUE_LEFT_OUT,
            why=f"it lies outside what is plausible for this data ({earliest:%Y-%m-%d} to {latest:%Y-%m-%d})",
            mend="mend the date, or set `plausible:` from and to in clew.yaml",
        )
        aside = frame[SET_ASIDE] | fault if column.required else frame[SET_ASIDE]
        frame = frame.with_columns(values.set(fault, None), aside.alias(SET_ASIDE))
    return frame


def check_order(frame: pl.DataFrame, table: Table, log: ProblemLog) -> pl.DataFrame:
    """Of the pairs in `ORDER`, the second left out where it lies before the first."""
    for before, after in ORDER.get(table.name, ()):
        fault = (frame[after] < frame[before]).fill_null(value=False)
        log.rows(
            frame,
            fault,
            table=table.name,
            column=after,
            value=frame[after].dt.to_string("%Y-%m-%dT%H:%M:%SZ"),
            effect=Effect.VALUE_LEFT_OUT,
            why=f"{after} is before {before}",
            mend="mend whichever of the two is wrong",
        )
        frame = frame.with_columns(frame[after].set(fault, None))
    return frame


def check_births(people: pl.DataFrame, events: pl.DataFrame, log: ProblemLog) -> pl.DataFrame:
    """Births after the event, or more than `OLDEST_YEARS` before it, left out."""
    last = events.group_by("event_id").agg(pl.max_horizontal("occurred_from", "occurred_to").max().alias("_last"))
    joined = people.select("event_id", "birth_date").join(last, on="event_id", how="left", maintain_order="left")
    day = joined["_last"].dt.date().dt.offset_by("1d")  # a local day may end after the UTC day
    birth = people["birth_date"]
    for fault, why in (
        ((birth > day).fill_null(value=False), "the birth is after the event"),
        ((birth < day.dt.offset_by(f"-{OLDEST_YEARS}y")).fill_null(value=False), f"over {OLDEST_YEARS} years old"),
    ):
        log.rows(
            people,
            fault,
            table=PEOPLE.name,
            column="birth_date",
            value=birth.dt.to_string(),
            effect=Effect.VALUE_LEFT_OUT,
            why=why,
            mend="mend the date of birth, or the event's",
        )
        people = people.with_columns(people["birth_date"].set(fault, None))
    return people


def check_event_known(frame: pl.DataFrame, table: Table, event_ids: pl.Series, log: ProblemLog) -> pl.DataFrame:
    """Rows about an event that no kept row of events describes, set aside."""
    orphan = ~frame["event_id"].is_in(event_ids.implode()) & frame["event_id"].is_not_null()
    log.rows(
        frame,
        orphan,
        table=table.name,
        column="event_id",
        value=frame["event_id"],
        effect=Effect.ROW_SET_ASIDE,
        why="no row of events has this event_id, or the row that had it was set aside",
        mend="add the event, or mend its row first",
    )
    return frame.with_columns((frame[SET_ASIDE] | orphan).alias(SET_ASIDE))


def check_duplicates(frame: pl.DataFrame, table: Table, log: ProblemLog) -> tuple[pl.DataFrame, int]:
    """Identical rows collapsed to the first, and reported; two versions of one fact recorded at one instant, reported.

    Gives the frame and how many rows were collapsed.
    """
    again = ~frame.select(pl.struct(table.names).is_first_distinct()).to_series()
    again &= ~frame[SET_ASIDE]
    if table is ACTIONS:  # without a number of its own each action is a fact, even if it is written twice
        again &= frame["action_id"].is_not_null()
    log.rows(
        frame,
        again,
        table=table.name,
        column="",
        value=frame["event_id"],
        effect=Effect.KEPT,
        why="the same row stands earlier in the data; it counts once",
        mend="none is needed",
    )
    kept = frame.filter(~again)
    keys = [expression.alias(f"_key{number}") for number, expression in enumerate(fact_key(table))]
    clash = kept.select(*keys, "recorded_at").is_duplicated() & ~kept[SET_ASIDE]
    if table is ACTIONS:
        clash &= kept["action_id"].is_not_null()
    log.rows(
        kept,
        clash,
        table=table.name,
        column=", ".join(table.key) if table is not EVENTS else "event_id",
        value=kept["event_id"],
        effect=Effect.KEPT,
        why="another row states the same fact otherwise and was recorded at the same instant; the last one holds",
        mend="give the correction a later recorded_at, or take one of them out",
    )
    return kept, int(again.sum())
