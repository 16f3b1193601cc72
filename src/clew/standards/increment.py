"""Every night again: new rows come in, and only what they touch is decided anew.

A case is touched by a row of its own, or by a deadline that passed since the last run. The verdicts are those of a
whole evaluation at the new T; a property test holds that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import polars as pl

from clew.records import Dataset, Feed
from clew.standards.duties import SCHEMA, duty_frame
from clew.standards.engine.arrays import NEVER, Ints
from clew.standards.engine.opening import microseconds
from clew.standards.engine.result import RuleDuties
from clew.standards.engine.run import run
from clew.standards.engine.store import Store, lay_out, needed
from clew.standards.language.model import Standard
from clew.standards.verdict import VERDICT_CODE, Verdict, View


@dataclass
class _Table:
    """One table's rows: those of the beginning, sorted by case, and those that came in since."""

    base: pl.DataFrame
    begins: Ints
    since: list[pl.DataFrame] = field(default_factory=list)


class Night:
    """Holds a force's rows between runs. Not for several threads at once.

    Rules on related events are not decided here: a link concerns two events at once, so they are evaluated whole.
    """

    def __init__(self, dataset: Dataset, standard: Standard, *, view: View = View.LIVE) -> None:
        self.standard, self.view = standard, view
        self.feeds: tuple[Feed, ...] = dataset.feeds
        self.wanted = needed(standard)
        sources = {name: dataset.tables[name] for name in self.wanted if name in dataset.tables}
        ids = [frame["event_id"].unique() for frame in sources.values()]
        events = pl.concat(ids).unique().sort() if ids else pl.Series([], dtype=pl.String)
        self.number = {event_id: number for number, event_id in enumerate(events.to_list())}
        self.events: list[str] = events.to_list()
        numbers = pl.DataFrame({"event_id": events, "_case": np.arange(len(events), dtype=np.int64)})
        self.tables = {name: _sorted_by_case(frame, numbers) for name, frame in sources.items()}
        # Instants still to come at which a clock alone changes a verdict, and the case of each.
        self.change_case: Ints = np.empty(0, dtype=np.int64)
        self.changes: Ints = np.empty(0, dtype=np.int64)
        #: Events decided anew by the last run.
        self.touched: pl.Series = pl.Series([], dtype=pl.String)

    def first_run(self, *, at: datetime) -> pl.DataFrame:
        """Every duty as at `at`; must come before `run`."""
        cases = np.arange(len(self.events), dtype=np.int64)
        return self._run(cases, at)

    def run(self, rows: Mapping[str, pl.DataFrame], *, at: datetime) -> pl.DataFrame:
        """Duties, as at `at`, of every event that `rows` (new rows by table) or a deadline passed has touched.

        They replace all earlier duties of those events; of all others nothing has changed.
        """
        touched: set[int] = set()
        for name, frame in rows.items():
            if name not in self.wanted or not frame.height:
                continue
            for event_id in frame["event_id"].unique().to_list():
                touched.add(self._number(event_id))
            table = self.tables.setdefault(name, _Table(frame.clear(), np.zeros(1, dtype=np.int64)))
            table.since.append(frame.with_columns(self._numbers(frame).alias("_case")))
        passed = self.changes <= microseconds(at)
        cases = np.union1d(np.fromiter(touched, dtype=np.int64, count=len(touched)), self.change_case[passed])
        return self._run(cases, at)

    def _number(self, event_id: str) -> int:
        if event_id not in self.number:
            self.number[event_id] = len(self.events)
            self.events.append(event_id)
        return self.number[event_id]

    def _numbers(self, frame: pl.DataFrame) -> pl.Series:
        return pl.Series([self.number[event_id] for event_id in frame["event_id"].to_list()], dtype=pl.Int64)

    def _run(self, cases: Ints, at: datetime) -> pl.DataFrame:
        moment = microseconds(at)
        self.touched = pl.Series([self.events[number] for number in cases.tolist()], dtype=pl.String)
        sources = {name: self._rows(table, cases) for name, table in self.tables.items()}
        store = lay_out(sources, self.wanted, source_order=tuple(sources))
        results = list(run(store, self.standard, at=moment, view=self.view, feeds=self.feeds))
        self._note_changes(cases, store, results, moment)
        return duty_frame(store, self.standard, results, at_us=moment, view=self.view)

    def _rows(self, table: _Table, cases: Ints) -> pl.DataFrame:
        old = cases[cases < table.begins.size - 1]
        lengths = table.begins[old + 1] - table.begins[old]
        places = np.repeat(table.begins[old] - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
        frames = [table.base[places.astype(np.uint32)]]
        wanted = pl.Series(cases).implode()
        frames += [frame.filter(pl.col("_case").is_in(wanted)).drop("_case") for frame in table.since]
        return pl.concat(frames, how="diagonal") if len(frames) > 1 else frames[0]

    def _note_changes(self, cases: Ints, store: Store, results: list[RuleDuties], moment: int) -> None:
        """Of touched cases the changes to come as they are now; of all others those noted before."""
        kept = ~np.isin(self.change_case, cases)
        numbers = np.array([self.number[event_id] for event_id in store.cases.to_list()], dtype=np.int64)
        lags = sorted({1, *(rule.lag_us for rule in self.standard.feeds.values())})
        owners, changes = [self.change_case[kept]], [self.changes[kept]]
        for duties in results:
            due = duties.latest_due
            for lag in lags:
                coming = (due < NEVER) & (due > moment - lag) & np.isin(duties.verdict, _MAY_CHANGE)
                owners.append(numbers[duties.case[coming]])
                changes.append(due[coming] + lag)
        for table in store.tables.values():
            # A row may say itself that it begins or ceases to hold later.
            for instants in (table.recorded, table.until):
                if instants is not None:
                    coming = (instants > moment) & (instants < NEVER)
                    owners.append(numbers[table.case[coming]])
                    changes.append(instants[coming])
        self.change_case, self.changes = np.concatenate(owners), np.concatenate(changes)


_MAY_CHANGE = [VERDICT_CODE[verdict] for verdict in (Verdict.PENDING, Verdict.INDETERMINATE)]


def _sorted_by_case(frame: pl.DataFrame, numbers: pl.DataFrame) -> _Table:
    keyed = frame.join(numbers, on="event_id", how="left", maintain_order="left").sort("_case", maintain_order=True)
    counts = np.bincount(keyed["_case"].to_numpy(), minlength=numbers.height)
    begins = np.zeros(numbers.height + 1, dtype=np.int64)
    np.cumsum(counts, out=begins[1:])
    return _Table(keyed.drop("_case"), begins)


def replaced(duties: pl.DataFrame, changed: pl.DataFrame, touched: pl.Series) -> pl.DataFrame:
    """`duties` with those of the `touched` events replaced by `changed`."""
    kept = duties.filter(~pl.col("event_id").is_in(touched.implode()))
    return pl.concat([kept, changed]).select(list(SCHEMA))
