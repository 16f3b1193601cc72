"""Verdicts over knowledge time: for each duty, what could be said of it from when to when.

With these intervals, "as known at K" is a filter: `known_from <= K < known_to`. A verdict can only change when
something became known or ceased to hold, or a deadline passed; so every case is evaluated at exactly those instants,
all cases side by side (the first instant of each, then the second, and so on).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import numpy as np
import polars as pl

from clew.core import ClewError
from clew.standards.duties import SCHEMA, duty_frame
from clew.standards.engine.arrays import EVER, NEVER, Ints
from clew.standards.engine.opening import microseconds
from clew.standards.engine.part import part_of
from clew.standards.engine.result import RuleDuties
from clew.standards.engine.run import run
from clew.standards.engine.store import Store
from clew.standards.evaluate import Prepared
from clew.standards.verdict import View

#: A case with more instants than this is refused: its history would take their square.
MAXIMUM_INSTANTS = 20_000
_SAID = ["verdict", "due", "decided_at"]
INTERVAL_SCHEMA: dict[str, pl.DataType] = {
    name: SCHEMA[name]
    for name in ("duty_id", "rule", "event_id", "trigger_at", "known_at", "due", "verdict", "decided_at", "view")
} | {"known_from": pl.Datetime("us", "UTC"), "known_to": pl.Datetime("us", "UTC")}


def verdict_intervals(prepared: Prepared, *, until: datetime, view: View = View.LIVE) -> pl.DataFrame:
    """One row a duty and stretch of knowledge time in which the same was said of it, up to `until`.

    Columns: duty_id, rule, event_id, trigger_at, known_at, due, verdict, decided_at, view, known_from and known_to
    (UTC; known_to is empty in the last row of a duty that still exists at `until`). Raises `ClewError` where one
    case has more than `MAXIMUM_INSTANTS` instants.
    """
    end = microseconds(until)
    case, instants = _fact_changes(prepared.store, end)
    first = _said(prepared, case, instants, view)
    more_case, more = _deadlines(prepared, first, end)
    fresh = ~np.isin(_pairs(more_case, more), _pairs(case, instants))
    second = _said(prepared, more_case[fresh], more[fresh], view)
    looked = _looked_at(prepared.store, np.concatenate([case, more_case]), np.concatenate([instants, more]))
    return _stretches(pl.concat([first, second]), looked)


def _pairs(case: Ints, instants: Ints) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    pairs = np.empty(case.size, dtype=[("case", np.int64), ("at", np.int64)])
    pairs["case"], pairs["at"] = case, instants
    return pairs


def _fact_changes(store: Store, end: int) -> tuple[Ints, Ints]:
    """Case and instant of every change of what is on record, up to `end`."""
    cases, instants = [], []
    for table in store.tables.values():
        for moments in (table.recorded, table.until):
            if moments is not None:
                kept = moments <= end
                cases.append(table.case[kept])
                instants.append(moments[kept])
    if not cases:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    return _distinct(np.concatenate(cases), np.concatenate(instants))


def _distinct(case: Ints, instants: Ints) -> tuple[Ints, Ints]:
    pairs = np.unique(_pairs(case, instants))
    return pairs["case"].copy(), pairs["at"].copy()


def _said(prepared: Prepared, case: Ints, instants: Ints, view: View) -> pl.DataFrame:
    """What is said of every duty at each (case, instant), with the instant as `at` (microseconds)."""
    order = np.lexsort((instants, case))
    case, instants = case[order], instants[order]
    turn = np.arange(case.size) - np.searchsorted(case, case, side="left")
    frames = [pl.DataFrame(schema={**SCHEMA, "at": pl.Int64})]
    if case.size and int(turn.max()) >= MAXIMUM_INSTANTS:
        busiest = prepared.store.cases[int(case[turn.argmax()])]
        raise ClewError(
            f"{busiest} has more than {MAXIMUM_INSTANTS} instants at which something became known.",
            where="history",
            why="its history would take hours",
            mend="evaluate it at the instants you need instead",
        )
    for number in range(int(turn.max()) + 1 if case.size else 0):
        chosen = turn == number
        store = part_of(prepared.store, case[chosen])
        at = instants[chosen]
        results = run(store, prepared.standard, at=at, view=view, feeds=prepared.feeds)
        frames += _frames(prepared, store, results, at, view)
    return pl.concat(frames)


def _frames(
    prepared: Prepared, store: Store, results: Iterable[RuleDuties], at: Ints, view: View
) -> list[pl.DataFrame]:
    frames = []
    for duties in results:
        if len(duties):
            frame = duty_frame(store, prepared.standard, [duties], at_us=0, view=view)
            frames.append(frame.with_columns(pl.Series("at", at[duties.case])))
    return frames


def _deadlines(prepared: Prepared, said: pl.DataFrame, end: int) -> tuple[Ints, Ints]:
    """The instants after each deadline found: the next microsecond, and when the feeds have come in."""
    number = pl.DataFrame({"event_id": prepared.store.cases, "_case": np.arange(len(prepared.store.cases))})
    due = said.filter(pl.col("due").is_not_null()).select("event_id", "due").unique().join(number, on="event_id")
    case, moments = due["_case"].to_numpy(), due["due"].dt.timestamp("us").to_numpy()
    lags = sorted({rule.lag_us for rule in prepared.standard.feeds.values() if rule.lag_us})
    instants = np.concatenate([moments + 1, *(moments + lag for lag in lags)])
    cases = np.tile(case, 1 + len(lags))
    kept = (instants <= end) & (instants > EVER) & (instants < NEVER)
    return _distinct(cases[kept], instants[kept])


def _looked_at(store: Store, case: Ints, instants: Ints) -> pl.DataFrame:
    case, instants = _distinct(case, instants)
    return pl.DataFrame({"event_id": store.cases.gather(case), "at": instants})


def _stretches(said: pl.DataFrame, looked: pl.DataFrame) -> pl.DataFrame:
    """Runs of equal statements, each from its first instant to the next at which another, or none, is made."""
    following = looked.sort("event_id", "at").with_columns(pl.col("at").shift(-1).over("event_id").alias("next"))
    rows = said.join(following, on=["event_id", "at"]).sort("duty_id", "at")
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift(1)) for name in ["duty_id", *_SAID])
    joined = pl.col("next").shift(1) == pl.col("at")
    rows = rows.with_columns((~(same & joined)).fill_null(True).cum_sum().alias("_run"))
    runs = rows.group_by("_run", maintain_order=True).agg(
        *(pl.col(name).first() for name in INTERVAL_SCHEMA if name in rows.columns),
        pl.col("at").first().alias("known_from"),
        pl.col("next").last().alias("known_to"),
    )
    instant = pl.Datetime("us", "UTC")
    own = [name for name in INTERVAL_SCHEMA if name not in ("known_from", "known_to")]
    return runs.select(*own, pl.col("known_from", "known_to").cast(instant))
