"""The face of the engine: which duties a dataset holds under a standard, as known at T."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from clew.core import UsageError
from clew.records import Dataset, Feed, Known
from clew.standards.duties import duty_frame
from clew.standards.engine.opening import microseconds
from clew.standards.engine.run import run
from clew.standards.engine.store import Store, build_store
from clew.standards.language.model import Standard
from clew.standards.links import link_facts
from clew.standards.verdict import Verdict, View


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
    prepared = source if isinstance(source, Prepared) else prepare(source, standard, links=links)
    moment = microseconds(at)
    results = run(prepared.store, standard, at=moment, view=view, feeds=prepared.feeds)
    return duty_frame(prepared.store, standard, results, at_us=moment, view=view, verdicts=verdicts)
