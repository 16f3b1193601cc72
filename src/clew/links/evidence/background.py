"""What is usual in this force's records: how thickly events lie, how old and of which sex the dead are, how long it is.

The background against which place, time and profile are read (`families`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.spatial import cKDTree

from clew.links.events import Floats, Integers, LinkEvents
from clew.links.weights import PlaceWeights, Weights

#: More cells than lie between two ends of the earth, in cells of a few metres: three of them fit one number.
_ROUND = 1 << 21
_HALF_ROUND = _ROUND // 2


@dataclass(frozen=True, kw_only=True)
class Background:
    """What is usual in this force's records.

    place_per_km2: (n,) share of all located events per km^2 around each event, NaN without a place.
    spot_per_km2: what must be added to it at no distance, because ordinary addresses see several events: homes,
    blocks of flats.
    age_per_year: (126,) share of subjects by year of age, smoothed. male_share: share of subjects who are male.
    history_days: length of the history, against which a gap in time is near or far.
    """

    place_per_km2: Floats
    spot_per_km2: float
    age_per_year: Floats
    male_share: float
    history_days: float


def background(events: LinkEvents, weights: Weights) -> Background:
    """The background of `events`, counted in them."""
    ages = events.age_years[events.death & np.isfinite(events.age_years)]
    known_sex = events.sex[events.death & (events.sex >= 0)]
    density, spot_density = _place_density(events, weights.place)
    return Background(
        place_per_km2=density,
        spot_per_km2=spot_density,
        age_per_year=_age_density(ages, weights.profile.age_scale_years),
        male_share=float((known_sex.sum() + 1) / (len(known_sex) + 2)),
        history_days=events.history_days,
    )


@dataclass(frozen=True, kw_only=True)
class Spots:
    """Where events lie: m spots of `finest_km`. cells: (m, 3) in order. count: (m,) events at each. located: in all."""

    cells: Integers
    count: Integers
    located: int
    weights: PlaceWeights

    @classmethod
    def of(cls, xyz_km: Floats, weights: PlaceWeights) -> tuple[Spots, Integers]:
        """The spots of places (none of them missing), and (k,) the spot of each place."""
        cells = cells_of(xyz_km, weights)
        packed = (cells + _HALF_ROUND) @ (_ROUND ** np.array([2, 1, 0]))  # one number a cell: sorts as the cell does
        _, first, spot_of, count = np.unique(packed, return_index=True, return_inverse=True, return_counts=True)
        return cls(cells=cells[first], count=count, located=len(xyz_km), weights=weights), spot_of.reshape(-1)

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self.cells * self.weights.finest_km, balanced_tree=False)

    def per_km2(self, cells: Integers) -> Floats:
        """(k,) share of events per km^2 around each cell: in the densest disc about it that holds `fewest` or more.

        Discs reach from the spot itself (`finest_km`) to the `neighbours`-th nearest spot.
        """
        weights = self.weights
        nearest = list(range(1, min(weights.neighbours, len(self.cells)) + 1))
        distance, index = self._tree.query(cells * weights.finest_km, k=nearest, workers=-1)
        radius_km = np.maximum(distance, weights.finest_km)
        within = np.cumsum(self.count[index], axis=1)
        per_km2 = within / (self.located * np.pi * radius_km**2)
        # As local as the records allow: the densest disc that holds enough events to be more than an accident.
        enough = within >= weights.fewest
        best = np.where(enough, per_km2, 0.0).max(axis=1)
        thickest: Floats = np.where(enough.any(axis=1), best, per_km2[:, -1])
        return thickest


def cells_of(xyz_km: Floats, weights: PlaceWeights) -> Integers:
    """(k, 3) the cell of `finest_km` that each place lies in."""
    cells: Integers = np.round(xyz_km / weights.finest_km).astype(np.int64)
    return cells


def _place_density(events: LinkEvents, weights: PlaceWeights) -> tuple[Floats, float]:
    """How thickly events lie around each (`Spots.per_km2`), NaN without a place; and the share per km^2 that lies at an
    ordinary event's own spot: one with fewer than `fewest` events."""
    density = np.full(len(events), np.nan)
    located = np.flatnonzero(np.isfinite(events.xyz_km).all(axis=1))
    if not len(located):
        return density, 0.0
    spots, spot_of = Spots.of(events.xyz_km[located], weights)
    density[located] = spots.per_km2(spots.cells)[spot_of]
    usual = spots.count[spot_of]
    others = usual[usual < weights.fewest] - 1
    mean_others = float(others.mean()) if len(others) else 0.0
    return density, mean_others / (len(located) * np.pi * weights.finest_km**2)


def _age_density(ages: Floats, scale_years: float) -> Floats:
    """Share of deaths by year of age, smoothed over a third of the age scale, with one event's worth spread evenly."""
    counted = np.bincount(np.clip(ages, 0, 125).astype(np.int64), minlength=126).astype(np.float64)
    years = np.arange(126)
    kernel = np.exp(-0.5 * ((years[:, None] - years[None, :]) / (scale_years / 3)) ** 2)
    smooth = (kernel / kernel.sum(axis=0)) @ counted + 1 / 126
    density: Floats = smooth / smooth.sum()
    return density


def year_of(ages: Floats) -> Integers:
    """Row of each age in `Background.age_per_year`."""
    years: Integers = np.clip(np.nan_to_num(ages), 0, 125).astype(np.int64)
    return years
