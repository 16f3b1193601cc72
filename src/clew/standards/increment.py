"""Every night again: new rows and new links come in, and only what they touch is decided anew.

A rule is decided anew in a case if a row came in that it reads, or a deadline of it passed since the last run; a gate
together with the rules it requires. The verdicts are those of a whole evaluation at the new T; a property test holds
that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import polars as pl

from clew.core import UsageError
from clew.records import Dataset, Feed
from clew.standards.duties import duty_frame
from clew.standards.engine.arrays import Bools, Ints
from clew.standards.engine.opening import microseconds
from clew.standards.engine.result import RuleDuties
from clew.standards.engine.run import run
from clew.standards.engine.store import FactTable, Store, lay_out, needed
from clew.standards.language.model import LABEL_COLUMNS, LINKS, Standard
from clew.standards.links import checked_links, link_facts, pair_ends
from clew.standards.numbering import EventNumbers
from clew.standards.touching import Changes, Reading, changes_to_come
from clew.standards.verdict import View

#: What the facts about a link are worked out from.
_LINKED_TABLES = ("events", "circumstances", "people")


@dataclass
class _Table:
    """One table's rows: those of the beginning, sorted by case, and those that came in since."""

    base: pl.DataFrame
    begins: Ints
    since: list[pl.DataFrame] = field(default_factory=list)

    def take_in(self, rows: pl.DataFrame) -> None:
        """Adds rows. Frames are put together as they grow, so that after many nights there are few of them."""
        self.since.append(rows)
        while len(self.since) > 1 and self.since[-2].height <= self.since[-1].height:
            self.since[-2:] = [pl.concat(self.since[-2:], how="diagonal", rechunk=True)]


@dataclass(frozen=True, eq=False)
class Decided:
    """What one run decided: the duties of the rules and events it touched, as arrays (`results`) and as a table.

    only: by rule, in which cases of the store it was decided.
    """

    standard: Standard
    view: View
    at: int
    store: Store
    results: list[RuleDuties]
    only: Mapping[str, Bools]

    def duties(self) -> pl.DataFrame:
        """The duties as `clew.standards.evaluate` gives them."""
        return duty_frame(self.store, self.standard, self.results, at_us=self.at, view=self.view)

    def touched(self) -> pl.DataFrame:
        """Where these duties replace all earlier ones: columns rule, event_id."""
        pairs = [pl.DataFrame(schema={"event_id": pl.String, "rule": pl.String})]
        for rule, cases in self.only.items():
            event_ids = self.store.cases.gather(np.flatnonzero(cases)).to_frame("event_id")
            pairs.append(event_ids.with_columns(rule=pl.lit(rule)))
        return pl.concat(pairs)

    def replacing(self, duties: pl.DataFrame) -> pl.DataFrame:
        """`duties` with those of the touched rules and events replaced by these."""
        kept = duties.join(self.touched(), on=["rule", "event_id"], how="anti")
        return pl.concat([kept, self.duties()])


class Night:
    """Holds a force's rows and links between runs. Not for several threads at once."""

    def __init__(
        self, dataset: Dataset, standard: Standard, *, view: View = View.LIVE, links: pl.DataFrame | None = None
    ) -> None:
        """links: those known at the first run; see `clew.standards.evaluate`."""
        self.standard, self.view = standard, view
        self.feeds: tuple[Feed, ...] = dataset.feeds
        self.wanted = needed(standard)
        self.reading = Reading(standard)
        self.lags = [rule.lag_us for rule in standard.feeds.values()]
        self.pairs: set[tuple[str, str]] = set()
        kept = {*self.wanted, *(_LINKED_TABLES if LINKS in self.wanted else ())}
        sources = {name: frame for name, frame in dataset.tables.items() if name in kept}
        if LINKS in self.wanted and links is not None:
            sources[LINKS] = link_facts(dataset, self._first_known(checked_links(links), after=None))
        ids = [frame["event_id"].unique() for frame in sources.values()]
        events = pl.concat(ids).unique().sort() if ids else pl.Series([], dtype=pl.String)
        self.numbers = EventNumbers(events)
        self._place, self._placed = np.full(len(events), -1, dtype=np.int64), np.empty(0, dtype=np.int64)
        numbers = pl.DataFrame({"event_id": events, "_case": np.arange(len(events), dtype=np.int64)})
        self.tables = {name: _sorted_by_case(frame, numbers) for name, frame in sources.items()}
        self.changes = Changes()
        self.last: datetime | None = None

    def first_run(self, *, at: datetime) -> Decided:
        """Every duty as at `at`; must come before `run`."""
        cases = np.arange(len(self.numbers), dtype=np.int64)
        return self._run(cases, np.ones((len(self.reading.rules), cases.size), dtype=np.bool_), {}, at)

    def run(self, rows: Mapping[str, pl.DataFrame], *, at: datetime, links: pl.DataFrame | None = None) -> Decided:
        """Duties, as at `at`, of every rule and event that new rows (by table), new links or a clock touched since.

        They replace all earlier duties of those rules and events; of all others nothing has changed. links: as
        `clew.standards.evaluate` takes them; a pair handed in before counts from when it was first known, so it is
        left out. Raises `UsageError` for a link said to have been known by the last run, which had not been told of
        it: it would back-date a duty.
        """
        arrived = {name: self._take_in(name, frame) for name, frame in rows.items() if frame.height}
        if links is not None and LINKS in self.wanted:
            earlier = len(self.pairs)
            fresh = self._first_known(checked_links(links), after=self.last)
            if fresh.height:
                facts = link_facts(self._linked(fresh), fresh, earlier=earlier)
                arrived[LINKS] = self._take_in(LINKS, facts)
        arrived = {name: rows for name, rows in arrived.items() if name in self.wanted}
        passed = self.changes.take(self.changes.at <= microseconds(at))
        cases = np.unique(np.concatenate([passed.case, *(numbers for _, numbers in arrived.values())]))
        place = self._places(cases)
        touched = np.zeros((len(self.reading.rules), cases.size), dtype=np.bool_)
        self.reading.mark_instants(touched, passed, place)
        for name, (labels, numbers) in arrived.items():
            self.reading.mark_rows(touched, name, labels, place[numbers])
        came = {name: place[numbers] for name, (_, numbers) in arrived.items()}
        return self._run(cases, touched, came, at)

    def _run(self, cases: Ints, touched: Bools, came: Mapping[str, Ints], at: datetime) -> Decided:
        """touched: rules by cases; came: by table the cases (places in `cases`) in which new rows came in."""
        moment = microseconds(at)
        sources = {name: self._rows(table, cases) for name, table in self.tables.items() if name in self.wanted}
        store = lay_out(sources, self.wanted, source_order=tuple(sources), cases=self.numbers.ids(cases))
        for name, own in came.items():
            # A correction may have changed a row's label: whoever read the earlier version reads this one.
            corrected = _corrected(store.tables[name])
            if corrected.size:
                self.reading.mark_every_reader(touched, name, np.intersect1d(own, corrected))
        self.reading.close(touched)
        only = {rule: row for rule, row in zip(self.reading.rules, touched, strict=True) if row.any()}
        results = list(run(store, self.standard, at=moment, view=self.view, feeds=self.feeds, only=only))
        rules = {rule: number for number, rule in enumerate(self.reading.rules)}
        coming = changes_to_come(results, store, rules=rules, lags=self.lags, moment=moment)
        fresh = Changes(coming.rule, cases[coming.case], coming.at)
        self.changes = self.changes.replaced(self._places(cases), touched, fresh)
        self.last = at
        return Decided(self.standard, self.view, moment, store, results, only)

    def _places(self, cases: Ints) -> Ints:
        """For every event's number its place in `cases`, -1 if it is not there; holds until it is asked for again."""
        if self._place.size < len(self.numbers):
            more = np.full(max(len(self.numbers) - self._place.size, self._place.size // 8), -1, dtype=np.int64)
            self._place = np.concatenate([self._place, more])
        self._place[self._placed] = -1
        self._place[cases] = np.arange(cases.size)
        self._placed = cases
        return self._place

    def _take_in(self, name: str, frame: pl.DataFrame) -> tuple[pl.Series, Ints]:
        """Keeps new rows of a table that rules or links read; their labels and the numbers of their events."""
        if name not in self.wanted and not (LINKS in self.wanted and name in _LINKED_TABLES):
            return pl.Series([], dtype=pl.String), np.empty(0, dtype=np.int64)
        numbers = self.numbers.of(frame["event_id"])
        table = self.tables.setdefault(name, _Table(frame.clear(), np.zeros(1, dtype=np.int64)))
        table.take_in(frame.with_columns(pl.Series("_case", numbers)))
        return frame[LABEL_COLUMNS[name]], numbers

    def _first_known(self, links: pl.DataFrame, *, after: datetime | None) -> pl.DataFrame:
        """Those of `links` that were not handed in before; from now on they have been."""
        ends = links.select(*pair_ends()).rows()
        fresh = links.filter(pl.Series([pair not in self.pairs for pair in ends], dtype=pl.Boolean))
        late = fresh.filter(pl.col("known_at") <= after) if after is not None else fresh.clear()
        if late.height:
            row = late.row(0, named=True)
            raise UsageError(
                f"The link of {row['event_id_a']} and {row['event_id_b']} is said to have been known at "
                f"{row['known_at'].isoformat()}, and the run at {after} was not told of it.",
                where="links",
                why="a link found later never back-dates a duty",
                mend="hand it in with the time at which it was found",
            )
        self.pairs.update(ends)
        return fresh

    def _linked(self, links: pl.DataFrame) -> Dataset:
        """What is on record of the events that `links` join."""
        events = np.unique(self.numbers.of(pl.concat([links["event_id_a"], links["event_id_b"].alias("event_id_a")])))
        tables = {name: self._rows(self.tables[name], events) for name in _LINKED_TABLES if name in self.tables}
        return Dataset(name="linked", tables=tables)

    def _rows(self, table: _Table, cases: Ints) -> pl.DataFrame:
        """The rows of `cases` (ascending), with `_case`: place in `cases`."""
        old = cases[cases < table.begins.size - 1]
        lengths = table.begins[old + 1] - table.begins[old]
        places = np.repeat(table.begins[old] - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
        base = table.base[places.astype(np.uint32)]
        frames = [base.with_columns(pl.Series("_case", np.repeat(np.arange(old.size), lengths)))]
        here = self._places(cases)
        for frame in table.since:
            own = here[frame["_case"].to_numpy()]
            picked = np.flatnonzero(own >= 0)
            picked = picked[np.argsort(own[picked], kind="stable")]
            if picked.size:
                frames.append(frame[picked.astype(np.uint32)].with_columns(pl.Series("_case", own[picked])))
        return pl.concat(frames, how="diagonal") if len(frames) > 1 else frames[0]


def _corrected(table: FactTable) -> Ints:
    """Cases with a fact that has more than one version."""
    if table.fact is None or not table.fact.size:
        return np.empty(0, dtype=np.int64)
    facts, versions = np.unique(table.fact, return_counts=True)
    return np.unique(table.case[np.isin(table.fact, facts[versions > 1])])


def _sorted_by_case(frame: pl.DataFrame, numbers: pl.DataFrame) -> _Table:
    keyed = frame.join(numbers, on="event_id", how="left", maintain_order="left").sort("_case", maintain_order=True)
    counts = np.bincount(keyed["_case"].to_numpy(), minlength=numbers.height)
    begins = np.zeros(numbers.height + 1, dtype=np.int64)
    np.cumsum(counts, out=begins[1:])
    return _Table(keyed.drop("_case"), begins)
