"""The evidence of pairs in NumPy, family by family: what the engine ran before it was compiled, and now its oracle.

`naive` is the other oracle, from the tables and in plain Python, one pair at a time; this one is quick enough to check
every pair of a few hundred events to nine decimals.
"""

from __future__ import annotations

import numpy as np

from clew.links.events import Floats, Integers
from clew.links.evidence.background import Background
from clew.links.evidence.circumstances import Circumstances
from clew.links.weights import CircumstanceWeights, PlaceWeights, ProfileWeights, TimeWeights


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
    male = usual.male_share
    share = np.where(sexes[0] == 1, male, 1 - male)
    same = sexes[0] == sexes[1]
    sex = np.log10(np.where(same, weights.same_sex / share, (1 - weights.same_sex) / (2 * male * (1 - male))))
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


def circumstance_factor(
    held: Circumstances, weights: CircumstanceWeights, a: Integers, b: Integers
) -> tuple[Floats, Floats]:
    """log10 factor of what events `a` and `b` share, and the part of it that is not substances.

    Shared features count from the rarest down, each `discount` times less than it would alone.
    """
    total, other = np.zeros(len(a)), np.zeros(len(a))
    if not len(held.factor):
        return total, other
    mine, theirs = held.codes[a], held.codes[b]
    step = np.ones(len(a))
    substances = np.zeros(len(a))
    for column in range(held.codes.shape[1]):
        code = mine[:, column]
        if not (code >= 0).any():
            break
        shared = ((code[:, None] == theirs).any(axis=1)) & (code >= 0)
        rows = np.flatnonzero(shared)
        gain = held.factor[code[rows]] * step[rows]
        substance = held.substance[code[rows]]
        substances[rows[substance]] += gain[substance]
        other[rows[~substance]] += gain[~substance]
        step[rows] *= weights.discount
    total = other + np.minimum(substances, weights.substance_cap)
    return total, other
