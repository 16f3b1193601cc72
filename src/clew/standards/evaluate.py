"""The face of the engine: which duties a dataset holds under a standard, as known at T."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl

from clew.core import UsageError
from clew.records import Dataset, Feed, Known
from clew.standards.duties import duty_frame
from clew.standards.engine.opening import microseconds
from clew.standards.engine.run import run
from clew.standards.engine.store import Store, build_store, needed
from clew.standards.language.model import Standard
from clew.standards.links import link_facts
from clew.standards.verdict import Verdict, View

#: How many rows are laid out at a time.
ROWS_AT_ONCE = 4_000_000


@dataclass(frozen=True, eq=False)
class Prepared:
    """A dataset laid out for one standard: evaluate it at as many T as wanted. Holds versions of all times."""

    store: Store
    standard: Standard
    feeds: tuple[Feed, ...]


def prepare(dataset: Dataset, standard: Standard, *, links: pl.DataFrame | None = None) -> Prepared:
    """Lays `dataset` out for `standard`. links: see `evaluate`."""
    facts = None if links is None else link_facts(dataset, links)
    return Prepared(build_store(dataset, standard, links=facts), standard, dataset.feeds)


def evaluate(
    source: Known | Dataset | Prepared,
    standard: Standard,
    *,
    at: datetime | None = None,
    view: View = View.LIVE,
    links: pl.DataFrame | None = None,
    verdicts: Collection[Verdict] | None = None,
) -> pl.DataFrame:
    """One row a duty, as known at `at`; columns and types in `clew.standards.duties.SCHEMA`.

    at: T; may be left out where `source` is a `Known`, whose own T then holds. links: a row a pair of events, with
    event_id_a, event_id_b, known_at (when the link was first known) and any of the columns a rule may ask of a link;
    without it, rules on related events yield nothing. verdicts: only these. Raises `UsageError` without a T.
    """
    if isinstance(source, Known):
        at = at or source.at
        source = source.dataset
    if at is None or at.tzinfo is None:
        raise UsageError(
            "No T is given to evaluate the standard at.",
            where="evaluate(at=...)",
            why="everything is computed as known at T, never at the time of the wall clock",
            mend="hand in an instant with its offset",
        )
    moment = microseconds(at)
    if isinstance(source, Prepared):
        return _evaluated(source, moment, view, verdicts)
    facts = None if links is None else link_facts(source, links)
    parts = (
        Prepared(build_store(part, standard, links=its), standard, source.feeds)
        for part, its in _parts(source, standard, facts)
    )
    return pl.concat([_evaluated(part, moment, view, verdicts) for part in parts])


def _evaluated(prepared: Prepared, at: int, view: View, verdicts: Collection[Verdict] | None) -> pl.DataFrame:
    results = run(prepared.store, prepared.standard, at=at, view=view, feeds=prepared.feeds)
    return duty_frame(prepared.store, prepared.standard, results, at_us=at, view=view, verdicts=verdicts)


def _parts(
    dataset: Dataset, standard: Standard, links: pl.DataFrame | None
) -> Iterator[tuple[Dataset, pl.DataFrame | None]]:
    """The dataset event by event in parts of some million rows, so that memory does not grow with the force."""
    wanted = [name for name in needed(standard) if name in dataset.tables]
    count = -(-sum(dataset.tables[name].height for name in wanted) // ROWS_AT_ONCE)
    if count <= 1:
        yield dataset, links
        return
    part_of = pl.col("event_id").hash() % count
    numbers = {name: dataset.tables[name].select(part_of.cast(pl.UInt32)).to_series() for name in wanted}
    for number in range(count):
        tables = {name: dataset.tables[name].filter(numbers[name] == number) for name in wanted}
        yield replace(dataset, tables=tables), None if links is None else links.filter(part_of == number)
