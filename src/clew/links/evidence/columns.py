"""Events, weights and backgrounds in the shape that the compiled kernel reads; nothing here needs numba.

What cannot be a value becomes NaN here (a place at infinity, a negative radius), and so no evidence there.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from clew.links.events import Floats, LinkEvents
from clew.links.evidence.background import Background, year_of
from clew.links.evidence.circumstances import Circumstances, signatures
from clew.links.weights import Weights

_DEFAULT_EXPONENT = 1.5


class Columns(NamedTuple):
    """n events. table: (n, 10) x, y, z in km; spread, the variance of the place along each axis, km^2; thin, the root
    of the events per km^2 around it; start and end, days; age, years; uncommon, the root of the share of subjects of
    that age, inverted; sex, 1, 0 or NaN. codes: (n, k) ascending, then -1. signature: (n,) a bit for each code, modulo
    64: two events whose bits do not meet share no code."""

    table: Floats
    codes: NDArray[np.int32]
    signature: NDArray[np.uint64]


class Numbers(NamedTuple):
    """The weights and backgrounds that the formulas use, divided out; sources in `weights`. An exponent that is the
    default is None."""

    place_share: float
    place_scale2: float
    place_core: float
    place_exponent: float | None
    place_per_finest2: float
    place_spot: float
    time_share: float
    time_per_scale: float
    time_exponent: float | None
    history: float
    age_share: float
    age_per_scale: float
    both_male: float
    both_female: float
    mixed: float
    discount: float
    substance_cap: float


class Gains(NamedTuple):
    """(c,) log10 of sharing each code, rarest first, and whether it is a substance."""

    factor: Floats
    substance: NDArray[np.bool_]


def numbers_of(usual: Background, weights: Weights) -> Numbers:
    """The constants of every formula. Sex: a pair alike in a common sex is no evidence against itself."""
    place, time, profile, circumstances = weights.place, weights.time, weights.profile, weights.circumstances
    male = usual.male_share
    return Numbers(
        place_share=place.share,
        place_scale2=place.scale_km**2,
        place_core=(place.exponent - 1) / math.pi,
        place_exponent=_unless_default(place.exponent),
        place_per_finest2=place.finest_km**-2,
        place_spot=usual.spot_per_km2,
        time_share=time.share,
        time_per_scale=1 / time.scale_days,
        time_exponent=_unless_default(time.exponent),
        history=usual.history_days,
        age_share=profile.age_share,
        age_per_scale=1 / profile.age_scale_years,
        both_male=max(math.log10(profile.same_sex / male), 0.0),
        both_female=max(math.log10(profile.same_sex / (1 - male)), 0.0),
        # Of two subjects at random, one is male and the other female with probability 2 m (1 - m).
        mixed=math.log10((1 - profile.same_sex) / (2 * male * (1 - male))),
        discount=circumstances.discount,
        substance_cap=circumstances.substance_cap,
    )


def columns_of(events: LinkEvents, usual: Background, codes: NDArray[np.int32]) -> Columns:
    """The events as the kernel reads them."""
    table = np.empty((len(events), 10))
    table[:, :3] = _finite(events.xyz_km)
    table[:, 3] = spread_of(events.uncertainty_km)
    table[:, 4] = np.sqrt(usual.place_per_km2)
    table[:, 5], table[:, 6] = _finite(events.from_day), _finite(events.to_day)
    table[:, 7] = _finite(events.age_years)
    table[:, 8] = uncommon_of(usual, events.age_years)
    table[:, 9] = np.where(events.sex >= 0, events.sex, np.nan)
    return Columns(table=table, codes=np.ascontiguousarray(codes), signature=signatures(codes))


def gains_of(held: Circumstances) -> Gains:
    """What sharing each code says."""
    return Gains(factor=np.ascontiguousarray(held.factor), substance=np.ascontiguousarray(held.substance))


def spread_of(uncertainty_km: Floats) -> Floats:
    """Variance of a place along each axis: a disc of radius u has u^2 / 4. NaN for what is no radius."""
    radius: Floats = np.where(np.isfinite(uncertainty_km) & (uncertainty_km >= 0), uncertainty_km, np.nan)
    return radius**2 / 4


def uncommon_of(usual: Background, ages: Floats) -> Floats:
    """One over the root of the share of subjects of each age: the product of two is one over their geometric mean."""
    share: Floats = usual.age_per_year[year_of(ages)]
    return 1 / np.sqrt(share)


def _finite(values: Floats) -> Floats:
    finite: Floats = np.where(np.isfinite(values), values, np.nan)
    return finite


def _unless_default(exponent: float) -> float | None:
    return None if exponent == _DEFAULT_EXPONENT else float(exponent)
