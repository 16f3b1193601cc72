"""The evidence families that every pair has: place, time, profile. Each gives a log10 Bayes factor per pair.

All are ``log10(share * connected / background + 1 - share)``, where ``background`` is the density of the same
observation between two of this force's events at random. A missing value on either side gives exactly 0, and so does
one that cannot be: a distance that is negative or infinite. The arithmetic stands in `kernel`, once; here it is put to
arrays of pairs, for whoever has pairs that are no events.
"""

from __future__ import annotations

from types import ModuleType

import numpy as np

from clew.links.events import Floats, Integers, LinkEvents
from clew.links.evidence.background import Background, background
from clew.links.evidence.columns import numbers_of, spread_of, uncommon_of
from clew.links.weights import PlaceWeights, ProfileWeights, TimeWeights, Weights

__all__ = [
    "Background",
    "background",
    "distance_km",
    "factor_of_days",
    "place_factor",
    "profile_factor",
    "time_bounds",
    "time_factor",
]


def _kernel() -> ModuleType:
    from clew.links.evidence import kernel  # noqa: PLC0415 - compiles; not for who only wants help

    return kernel


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
    thin = np.sqrt(usual.place_per_km2[ends[0]]) * np.sqrt(usual.place_per_km2[ends[1]])
    spread = spread_of(uncertainty_km[0]) + spread_of(uncertainty_km[1])
    factor = np.empty(len(apart_km))
    _kernel().place_of(numbers_of(usual, Weights(place=weights)), apart_km, spread, thin, factor)
    return factor


def time_factor(
    usual: Background, weights: TimeWeights, first: tuple[Floats, Floats], second: tuple[Floats, Floats]
) -> Floats:
    """log10 factor of the gap in days between two intervals ``(from, to)``.

    The connected density is averaged over every gap the intervals allow, by its closed-form distribution; the
    background is that of two instants at random in the history: ``2 (L - t) / L^2``.
    """
    (start_a, end_a), (start_b, end_b) = (_interval(*one) for one in (first, second))
    factor = np.empty(len(start_a))
    _kernel().time_of(numbers_of(usual, Weights(time=weights)), start_a, end_a, start_b, end_b, factor)
    return factor


def _interval(start: Floats, end: Floats) -> tuple[Floats, Floats]:
    """Its two ends; one given backwards ends where it starts, and one without an end is no time."""
    finite: Floats = np.where(np.isfinite(start) & np.isfinite(end), start, np.nan)
    return finite, np.maximum(finite, end)


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
    uncommon = uncommon_of(usual, ages[0]) * uncommon_of(usual, ages[1])
    one, two = (np.where(np.isfinite(age), age, np.nan) for age in ages)
    male_a, male_b = (np.where(sex >= 0, sex, np.nan) for sex in sexes)
    factor = np.empty(len(one))
    _kernel().profile_of(numbers_of(usual, Weights(profile=weights)), one, two, uncommon, male_a, male_b, factor)
    return factor
