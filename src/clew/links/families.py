"""The evidence families that every pair has: place, time, profile. Each gives a log10 Bayes factor per pair.

All are ``log10(share * connected / background + 1 - share)``, where ``background`` is the density of the same
observation between two of this force's events at random. A missing value on either side gives exactly 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from clew.links.events import Floats, Integers, LinkEvents
from clew.links.weights import PlaceWeights, ProfileWeights, TimeWeights, Weights


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


def distance_km(events: LinkEvents, a: Integers, b: Integers) -> Floats:
    """Distance between the places of events `a` and `b` in km, NaN where either has none."""
    apart: Floats = np.sqrt(((events.xyz_km[a] - events.xyz_km[b]) ** 2).sum(axis=1))
    return apart


def place_factor(
    usual: Background,
    weights: PlaceWeights,
    apart_km: Floats,
    uncertainty_km: tuple[Floats, Floats],
    ends: tuple[Integers, Integers],
) -> Floats:
    """log10 factor of lying `apart_km` apart, given how thickly events lie at both `ends`.

    A disc of radius u has variance u^2 / 4 along each axis, which widens the scale of the connected density.
    """
    scale2 = weights.scale_km**2 + (uncertainty_km[0] ** 2 + uncertainty_km[1] ** 2) / 4
    connected = (weights.exponent - 1) / (np.pi * scale2) * (1 + apart_km**2 / scale2) ** -weights.exponent
    around = np.sqrt(usual.place_per_km2[ends[0]] * usual.place_per_km2[ends[1]])
    at_the_spot = usual.spot_per_km2 * np.exp(-((apart_km / weights.finest_km) ** 2))
    return _log_factor(weights.share, connected / (around + at_the_spot))


def time_factor(
    usual: Background, weights: TimeWeights, first: tuple[Floats, Floats], second: tuple[Floats, Floats]
) -> Floats:
    """log10 factor of the gap in days between two intervals ``(from, to)``.

    The connected density is averaged over every gap the intervals allow, by its closed-form distribution; the
    background is that of two instants at random in the history: ``2 (L - t) / L^2``.
    """
    shortest = np.maximum(np.maximum(first[0], second[0]) - np.minimum(first[1], second[1]), 0.0)
    longest = np.maximum(first[1], second[1]) - np.minimum(first[0], second[0])
    longest = np.maximum(longest, shortest + 1 / 24)
    reach = weights.scale_days
    mass = (1 + shortest / reach) ** -weights.exponent - (1 + longest / reach) ** -weights.exponent
    connected = mass / (longest - shortest)
    length = usual.history_days
    middle = np.minimum((shortest + longest) / 2, 0.95 * length)
    return _log_factor(weights.share, connected * length**2 / (2 * (length - middle)))


def factor_of_days(usual: Background, weights: TimeWeights, days: Floats) -> Floats:
    """The Bayes factor (not its logarithm) of two instants so many days apart."""
    nought = np.zeros(len(days))
    factor: Floats = 10 ** time_factor(usual, weights, (nought, nought), (days, days))
    return factor


def time_bounds(usual: Background, weights: TimeWeights) -> tuple[float, float]:
    """The least and the most that `time_factor` can give in this history: a pair's score lies between.

    The connected density is greatest at no gap, and the background least at the longest gap, which it is cut off at.
    """
    length = usual.history_days
    nearest = weights.exponent / weights.scale_days * length / 2
    intervals = np.linspace(0.0, 2 * length, 400)  # from no gap at all to this far: the background of the middle
    nought = np.zeros(len(intervals))
    spread = time_factor(usual, weights, (nought, nought), (nought, intervals))
    apart = time_factor(usual, weights, (nought, nought), (intervals, intervals))
    most = max(float(np.log10(weights.share * nearest + 1 - weights.share)), float(spread.max()), float(apart.max()))
    return float(np.log10(1 - weights.share)), most + 0.05  # more than the grid's steps can hide


def profile_factor(
    usual: Background, weights: ProfileWeights, ages: tuple[Floats, Floats], sexes: tuple[Integers, Integers]
) -> Floats:
    """log10 factor of the subjects' ages and sexes."""
    years = (_year(ages[0]), _year(ages[1]))
    spread = weights.age_scale_years * np.sqrt(2 * np.pi)
    connected = np.exp(-0.5 * ((ages[0] - ages[1]) / weights.age_scale_years) ** 2) / spread
    age = _log_factor(
        weights.age_share, connected / np.sqrt(usual.age_per_year[years[0]] * usual.age_per_year[years[1]])
    )
    share = np.where(sexes[0] == 1, usual.male_share, 1 - usual.male_share)
    same = sexes[0] == sexes[1]
    sex = np.log10(np.where(same, weights.same_sex / share, (1 - weights.same_sex) / (1 - share)))
    # A pair alike in a common sex is no evidence against itself: the least an agreement says is nothing.
    sex = np.where(same, np.maximum(sex, 0.0), sex)
    factor: Floats = age + np.where((sexes[0] >= 0) & (sexes[1] >= 0), sex, 0.0)
    return factor


def _year(ages: Floats) -> Integers:
    years: Integers = np.clip(np.nan_to_num(ages), 0, 125).astype(np.int64)
    return years


def _log_factor(share: float, ratio: Floats) -> Floats:
    factor: Floats = np.nan_to_num(np.log10(share * ratio + 1 - share), nan=0.0, posinf=0.0, neginf=0.0)
    return factor
