"""What is usual in this force's records: how thickly events lie, how old and of which sex the dead are, how long it is.

The background against which place, time and profile are read (`families`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from clew.links.events import Floats, Integers, LinkEvents
from clew.links.weights import PlaceWeights, Weights


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


def _place_density(events: LinkEvents, weights: PlaceWeights) -> tuple[Floats, float]:
    """How thickly events lie around each: in the densest disc around it that holds `fewest` events or more.

    Discs reach from the spot itself (`finest_km`) to the `neighbours`-th nearest spot. Also gives the share per km^2
    that lies at an ordinary event's own spot: one with fewer than `fewest` events.
    """
    density = np.full(len(events), np.nan)
    located = np.flatnonzero(np.isfinite(events.xyz_km[:, 0]))
    if not len(located):
        return density, 0.0
    spots, spot_of, count = np.unique(
        np.round(events.xyz_km[located] / weights.finest_km).astype(np.int64),
        axis=0,
        return_inverse=True,
        return_counts=True,
    )
    spot_of = spot_of.reshape(-1)
    tree = cKDTree(spots * weights.finest_km, balanced_tree=False)
    nearest = min(weights.neighbours, len(spots))
    distance, index = tree.query(spots * weights.finest_km, k=list(range(1, nearest + 1)), workers=-1)
    radius_km = np.maximum(distance, weights.finest_km)
    within = np.cumsum(count[index], axis=1)
    per_km2 = within / (len(located) * np.pi * radius_km**2)
    # As local as the records allow: the densest disc that holds enough events to be more than an accident.
    enough = within >= weights.fewest
    per_km2 = np.where(enough.any(axis=1), np.where(enough, per_km2, 0.0).max(axis=1), per_km2[:, -1])
    density[located] = per_km2[spot_of]
    others = count[spot_of][count[spot_of] < weights.fewest] - 1
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
