"""The same question where the truth is known: made-up forces in which no two events are connected, so that every link
is chance; in one of them dates, people and circumstances depend on nothing, in the other on each other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
from tests.links.backgrounds import dependent_background, null_background
from tests.links.solved import solved_force

from clew.links import find_links, rated_series
from clew.links.setup import DEFAULTS, LinkSetup
from clew.links.training import train
from clew.records import Dataset

#: Each force, by name: what makes it from a seed.
FORCES = {
    "independent": lambda seed: null_background(deaths=3000, years=3, seed=seed, people=200),
    "dependent": lambda seed: dependent_background(deaths=3000, years=3, seed=seed, people=200),
}

REPLICATES = 4


def by_a_trained_model() -> LinkSetup:
    """A model fitted to the solved series of another made-up force: what it learnt knows nothing of these forces."""
    dataset, series = solved_force(series=32, singles=60, seed=4)
    return LinkSetup(model=train(dataset.as_known(dataset.last_recorded_at), series, repeats=2).model)


def expected(
    force: str, *, seeds: range, counts: tuple[int, ...], setup: LinkSetup = DEFAULTS
) -> Iterator[tuple[str, list[float]]]:
    """For each null and seed, the links it makes a run at least as strong as the n-th strongest real one, n of
    `counts`; links by `setup`."""
    for seed in seeds:
        dataset = FORCES[force](seed)
        at = dataset.last_recorded_at
        links = find_links(dataset.as_known(at), replicates=REPLICATES, seed=seed, setup=setup)
        strength = links.frame["log10_bayes_factor"].to_numpy()
        limits = [float(strength[count - 1]) for count in counts]
        decoys = np.concatenate([decoy.sightings.strength for decoy in links.decoys])
        yield "Clew", [float((decoys >= limit).sum()) / REPLICATES for limit in limits]
        rng = np.random.default_rng(seed)
        apart = [find_links(_shuffled(dataset, rng).as_known(at), replicates=1, setup=setup) for _ in range(REPLICATES)]
        together = np.concatenate([one.frame["log10_bayes_factor"].to_numpy() for one in apart])
        yield "every field shuffled", [float((together >= limit).sum()) / REPLICATES for limit in limits]


def law(*, seeds: range, rates: tuple[float, ...]) -> Iterator[tuple[int, list[int], list[int]]]:
    """Of independent forces of 6,000 deaths, every third growing threefold: years, and how many links, and how many
    series at a budget of 104, have a stated chance of at most each of `rates`."""
    for seed in seeds:
        growth = 2.0 if seed % 3 == 0 else 0.0
        dataset = null_background(deaths=6000, years=3, seed=seed, people=400, growth=growth)
        links = find_links(dataset.as_known(dataset.last_recorded_at), seed=seed)
        pairs = links.frame["chance_per_year"].to_numpy()
        series = np.array([one.chance_per_year for one in rated_series(links, links.within(104))])
        yield 3, [int((pairs <= rate).sum()) for rate in rates], [int((series <= rate).sum()) for rate in rates]


def _shuffled(dataset: Dataset, rng: np.random.Generator) -> Dataset:
    """Places, dates, profiles and each circumstance exchanged between events, each by itself."""
    events, people, noted = (dataset.tables[name] for name in ("events", "people", "circumstances"))
    names = events["event_id"]

    def moved() -> dict[str, str]:
        return dict(zip(names, names.gather(rng.permutation(events.height)), strict=True))

    where = rng.permutation(events.height)
    events = events.with_columns(pl.col("lat").gather(where), pl.col("lon").gather(where))
    when = rng.permutation(events.height)
    events = events.with_columns(pl.col(name).gather(when) for name in ("occurred_from", "occurred_to", "recorded_at"))
    deceased = pl.col("role") == "deceased"
    people = people.with_columns(event_id=pl.when(deceased).then(_renamed(moved())).otherwise(_renamed(moved())))
    features = [
        rows.with_columns(event_id=_renamed(moved())) for rows in noted.partition_by("feature", maintain_order=True)
    ]
    tables = dict(dataset.tables) | {"events": events, "people": people, "circumstances": pl.concat(features)}
    return Dataset(name=dataset.name, tables=tables)


def _renamed(moved: dict[str, str]) -> pl.Expr:
    return pl.col("event_id").replace_strict(moved, return_dtype=pl.String)
