"""Places where many die: hospitals, hostels, stations, bridges, parks; and the addresses of houses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from clew.demonstration.chance import Flags, Integers, Numbers, Words
from clew.demonstration.distributions import deaths as table
from clew.demonstration.invented import STREETS, street_names
from clew.demonstration.population import HOUSES_PER_AREA, SmallAreas

#: Institutions have house numbers of their own, past every dwelling.
FIRST_INSTITUTION = 10_000_000


@dataclass(frozen=True, kw_only=True)
class Places:
    """Recurring places, sorted by kind and borough. `house`: a dwelling's number that gives the spot; `weight`: how
    much happens there.
    """

    kind: Words
    borough: Integers
    house: Integers
    weight: Numbers

    def pick(self, rng: np.random.Generator, kind: str, borough: Integers) -> Integers:
        """A place of that kind for each borough given, by weight, as an index into these places."""
        rows = np.flatnonzero(self.kind == kind)
        running = np.concatenate([[0.0], np.cumsum(self.weight[rows])])
        first = np.searchsorted(self.borough[rows], borough, side="left")
        last = np.searchsorted(self.borough[rows], borough, side="right")
        nowhere = first == last
        first, last = np.where(nowhere, 0, first), np.where(nowhere, len(rows), last)
        target = running[first] + rng.random(len(borough)) * (running[last] - running[first])
        return np.asarray(rows[np.clip(np.searchsorted(running, target, side="right") - 1, first, last - 1)])


def make_places(rng: np.random.Generator, areas: SmallAreas) -> Places:
    """The recurring places of one tile: by residents of each borough, at least one of a kind where one is due."""
    residents = np.bincount(areas.borough, weights=areas.residents, minlength=len(areas.boroughs))
    kinds, boroughs = [], []
    for kind, per_million in table.INSTITUTIONS.shares.items():
        due = residents * per_million / 1e6
        numbers = np.floor(due + rng.random(len(due))).astype(np.int64)
        boroughs.append(np.repeat(np.arange(len(numbers)), numbers))
        kinds.append(np.full(numbers.sum(), kind, dtype="<U20"))
    borough = np.concatenate(boroughs)
    area = areas.in_borough(rng, borough)
    return Places(
        kind=np.concatenate(kinds),
        borough=borough,
        house=area * HOUSES_PER_AREA + rng.integers(HOUSES_PER_AREA, size=len(area)),
        weight=rng.gamma(table.INSTITUTION_SPREAD.value, size=len(area)) + 0.02,
    )


def spots(rng: np.random.Generator, places: Places, areas: SmallAreas, *, kind: Words, home: Integers) -> Integers:
    """The spot where each event happens: the home, a recurring place of the borough, or any street near the home.

    Returns house numbers; those of a recurring place are `FIRST_INSTITUTION` plus its index.
    """
    borough = areas.borough[home // HOUSES_PER_AREA]
    spot = np.where(kind == "home", home, areas.near(rng, home))
    for each in table.INSTITUTIONS.values:
        rows = np.flatnonzero(kind == each)
        spot[rows] = FIRST_INSTITUTION + places.pick(rng, each, borough[rows])
    return spot


def located(spot: Integers, places: Places) -> tuple[Integers, Flags]:
    """The dwelling number that gives each spot's point, and whether the spot is a recurring place."""
    recurring = spot >= FIRST_INSTITUTION
    return np.where(recurring, places.house[np.where(recurring, spot - FIRST_INSTITUTION, 0)], spot), recurring


def addresses(spot: Integers, places: Places, areas: SmallAreas, borough_names: pl.Series) -> pl.Series:
    """The address of each spot as written: number, street and borough, before it the place's own name if it has one."""
    house, recurring = located(spot, places)
    area = house // HOUSES_PER_AREA
    within = house % HOUSES_PER_AREA
    street = street_names().gather((area * 8 + within // 100) * 7 % STREETS)
    index = np.where(recurring, spot - FIRST_INSTITUTION, 0)
    frame = pl.DataFrame(
        {
            "number": within % 100 + 1,
            "street": street,
            "borough": borough_names.gather(areas.borough[area]),
            "recurring": recurring,
            "kind": pl.Series(places.kind).gather(index).str.replace_all("_", " ", literal=True).str.to_titlecase(),
            "index": index,
        }
    )
    return frame.select(
        pl.when("recurring")
        .then(pl.format("{} {}, {}, {}", "kind", "index", "street", "borough"))
        .otherwise(pl.format("{} {}, {}", "number", "street", "borough"))
        .alias("address")
    )["address"]
