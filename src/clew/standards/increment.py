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
from clew.standards.duties import duty_frame
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


@dataclass(frozen=True, eq=False)
class Decided:
    """What one run decided: the duties of the events it touched, as arrays (`results`) and as a table (`duties`)."""

    standard: Standard
    view: View
    at: int
    store: Store
    results: list[RuleDuties]
    touched: list[str]

    def duties(self) -> pl.DataFrame:
        """The duties as `clew.standards.evaluate` gives them."""
        return duty_frame(self.store, self.standard, self.results, at_us=self.at, view=self.view)

    def replacing(self, duties: pl.DataFrame) -> pl.DataFrame:
        """`duties` with those of the touched events replaced by these."""
        kept = duties.filter(~pl.col("event_id").is_in(self.touched))
        return pl.concat([kept, self.duties()])


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

    def first_run(self, *, at: datetime) -> Decided:
        """Every duty as at `at`; must come before `run`."""
        return self._run(np.arange(len(self.events), dtype=np.int64), at)

    def run(self, rows: Mapping[str, pl.DataFrame], *, at: datetime) -> Decided:
        """Duties, as at `at`, of every event that `rows` (new rows by table) or a clock has touched since.

        They replace all earlier duties of those events; of all others nothing has changed.
        """
        touched = [self.change_case[self.changes <= microseconds(at)]]
        for name, frame in rows.items():
            if name not in self.wanted or not frame.height:
                continue
            numbers = self._numbers(frame["event_id"].to_list())
            touched.append(numbers)
            table = self.tables.setdefault(name, _Table(frame.clear(), np.zeros(1, dtype=np.int64)))
            table.since.append(frame.with_columns(pl.Series("_case", numbers)))
        return self._run(np.unique(np.concatenate(touched)), at)

    def _numbers(self, event_ids: list[str]) -> Ints:
        """Numbers of the events; one not seen before gets the next."""
        numbers = list(map(self.number.get, event_ids))
        if None in numbers:
            for event_id in event_ids:
                if event_id not in self.number:
                    self.number[event_id] = len(self.events)
                    self.events.append(event_id)
            numbers = list(map(self.number.get, event_ids))
        return np.array(numbers, dtype=np.int64)

    def _run(self, cases: Ints, at: datetime) -> Decided:
        moment = microseconds(at)
        sources = {name: self._rows(table, cases) for name, table in self.tables.items()}
        store = lay_out(sources, self.wanted, source_order=tuple(sources))
        results = list(run(store, self.standard, at=moment, view=self.view, feeds=self.feeds))
        touched = [self.events[number] for number in cases.tolist()]
        numbers = pl.DataFrame({"event_id": touched, "_case": cases}, schema_overrides={"event_id": pl.String})
        numbers = store.cases.to_frame().join(numbers, on="event_id", how="left", maintain_order="left")
        self._note_changes(cases, numbers["_case"].to_numpy(), store, results, moment=moment)
        return Decided(self.standard, self.view, moment, store, results, touched)

    def _rows(self, table: _Table, cases: Ints) -> pl.DataFrame:
        old = cases[cases < table.begins.size - 1]
        lengths = table.begins[old + 1] - table.begins[old]
        places = np.repeat(table.begins[old] - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
        frames = [table.base[places.astype(np.uint32)]]
        wanted = pl.Series(cases).implode()
        frames += [frame.filter(pl.col("_case").is_in(wanted)).drop("_case") for frame in table.since]
        return pl.concat(frames, how="diagonal") if len(frames) > 1 else frames[0]

    def _note_changes(
        self, cases: Ints, numbers: Ints, store: Store, results: list[RuleDuties], *, moment: int
    ) -> None:
        """Of touched cases the changes to come as they are now; of all others those noted before.

        numbers: number here of each case of the store.
        """
        kept = ~np.isin(self.change_case, cases)
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
