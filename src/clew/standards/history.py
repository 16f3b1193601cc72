"""Verdicts over knowledge time: for each duty, what could be said of it from when to when.

With these intervals, "as known at K" is a filter: `known_from <= K < known_to`. A verdict can only change when
something became known or ceased to hold, or a deadline passed; so every case is evaluated at exactly those instants,
all cases side by side (the first instant of each, then the second, and so on).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from clew.core import ClewError
from clew.standards.duties import SCHEMA, duty_frame
from clew.standards.engine.arrays import EVER, NEVER, Ints
from clew.standards.engine.opening import microseconds
from clew.standards.engine.part import part_of
from clew.standards.engine.run import run
from clew.standards.engine.store import Store
from clew.standards.evaluate import Prepared
from clew.standards.verdict import View

#: A case with more instants than this is refused: its history would take their square.
MAXIMUM_INSTANTS = 20_000
_SAID = ["verdict", "due", "decided_at", "known_at", "trigger_at"]
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
    more_case, more = _distinct(np.concatenate(first.case), np.concatenate(first.instants))
    fresh = (more <= end) & ~np.isin(_pairs(more_case, more), _pairs(case, instants))
    more_case, more = more_case[fresh], more[fresh]
    second = _said(prepared, more_case, more, view)
    looked = _looked_at(prepared.store, np.concatenate([case, more_case]), np.concatenate([instants, more]))
    return _stretches(pl.concat([*first.frames, *second.frames]), looked)


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


@dataclass
class _Statements:
    """What is said at the instants looked at, and the instants after which a clock alone changes it."""

    frames: list[pl.DataFrame]
    case: list[Ints]
    instants: list[Ints]


def _said(prepared: Prepared, case: Ints, instants: Ints, view: View) -> _Statements:
    """What is said of every duty at each (case, instant), with the instant as `at` (microseconds)."""
    order = np.lexsort((instants, case))
    case, instants = case[order], instants[order]
    turn = np.arange(case.size) - np.searchsorted(case, case, side="left")
    if case.size and int(turn.max()) >= MAXIMUM_INSTANTS:
        busiest = prepared.store.cases[int(case[turn.argmax()])]
        raise ClewError(
            f"{busiest} has more than {MAXIMUM_INSTANTS} instants at which something became known.",
            where="history",
            why="its history would take hours",
            mend="evaluate it at the instants you need instead",
        )
    none = np.empty(0, dtype=np.int64)
    said = _Statements([pl.DataFrame(schema={**SCHEMA, "at": pl.Int64})], [none], [none])
    lags = [1, *sorted({rule.lag_us for rule in prepared.standard.feeds.values() if rule.lag_us})]
    for number in range(int(turn.max()) + 1 if case.size else 0):
        cases, at = case[turn == number], instants[turn == number]
        store = part_of(prepared.store, cases)
        for duties in run(store, prepared.standard, at=at, view=view, feeds=prepared.feeds):
            if not len(duties):
                continue
            frame = duty_frame(store, prepared.standard, [duties], at_us=0, view=view)
            said.frames.append(frame.with_columns(pl.Series("at", at[duties.case])))
            for lag in lags:
                coming = (duties.latest_due < NEVER) & (duties.latest_due > EVER)
                said.case.append(cases[duties.case[coming]])
                said.instants.append(duties.latest_due[coming] + lag)
    return said


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
