"""The face of the engine: which duties a dataset holds under a standard, as known at T."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
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

#: How many rows are laid out at a time, and from how many on a dataset is taken in parts at all.
ROWS_AT_ONCE = 200_000
ROWS_AS_ONE = 1_000_000


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
    parts, moment = _opened(source, standard, at, links)
    return pl.concat(
        [
            duty_frame(
                part.store,
                standard,
                run(part.store, standard, at=moment, view=view, feeds=part.feeds),
                at_us=moment,
                view=view,
                verdicts=verdicts,
            )
            for part in parts
        ]
    )


def prepared_parts(dataset: Dataset, standard: Standard, *, links: pl.DataFrame | None = None) -> Iterator[Prepared]:
    """`dataset` laid out for `standard`, each event whole, in parts if it is large. links: see `evaluate`."""
    return _parts(dataset, standard, None if links is None else link_facts(dataset, links))


def count_verdicts(
    source: Known | Dataset | Prepared,
    standard: Standard,
    *,
    at: datetime | None = None,
    view: View = View.LIVE,
    links: pl.DataFrame | None = None,
) -> dict[str, dict[str, int]]:
    """How many duties of each rule have each verdict, without a table of them: what `evaluate` would count up to."""
    counts: dict[str, dict[str, int]] = {}
    parts, moment = _opened(source, standard, at, links)
    for part in parts:
        for duties in run(part.store, standard, at=moment, view=view, feeds=part.feeds):
            own = counts.setdefault(duties.rule, {})
            for verdict, number in zip(Verdict, np.bincount(duties.verdict, minlength=len(Verdict)), strict=True):
                if number:
                    own[verdict.value] = own.get(verdict.value, 0) + int(number)
    return {name: counts[name] for name in standard.rules if counts.get(name)}


def _opened(
    source: Known | Dataset | Prepared, standard: Standard, at: datetime | None, links: pl.DataFrame | None
) -> tuple[Iterator[Prepared], int]:
    """What there is to evaluate, part by part, and T in microseconds."""
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
    if isinstance(source, Prepared):
        return iter((source,)), microseconds(at)
    facts = None if links is None else link_facts(source, links)
    return _parts(source, standard, facts), microseconds(at)


def _parts(dataset: Dataset, standard: Standard, links: pl.DataFrame | None) -> Iterator[Prepared]:
    """The dataset laid out, each event whole, in parts if it is large, so that memory does not grow with it."""
    wanted = [name for name in needed(standard) if name in dataset.tables]
    rows = sum(dataset.tables[name].height for name in wanted)
    if rows <= ROWS_AS_ONE:
        yield Prepared(build_store(dataset, standard, links=links), standard, dataset.feeds)
        return
    count = -(-rows // ROWS_AT_ONCE)
    part_of = pl.col("event_id").hash() % count
    numbers = {name: dataset.tables[name].select(part_of.cast(pl.UInt32)).to_series() for name in wanted}
    for number in range(count):
        part = replace(dataset, tables={name: dataset.tables[name].filter(numbers[name] == number) for name in wanted})
        own = None if links is None else links.filter(part_of == number)
        yield Prepared(build_store(part, standard, links=own), standard, dataset.feeds)
