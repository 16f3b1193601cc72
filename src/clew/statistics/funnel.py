"""Funnel plots: which units' rates differ by more than chance, and by more than units commonly differ.

Limits are the overall rate plus and minus a normal quantile of its standard error at each unit's size. Because real
units always differ a little, z-scores are also given over-dispersed: the extra variance tau^2 between units is
estimated after taming the extremes. Source: Spiegelhalter, Statistics in Medicine 24 (2005) 1185-1202, and Quality and
Safety in Health Care 14 (2005) 347-351.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from clew.core import UsageError

Values = NDArray[np.float64]
WARNING, ALARM = 0.95, 0.998
"""Two-sided coverage of the inner and outer limits: about two and three standard errors."""


class Taming(StrEnum):
    """What is done with the most extreme z-scores before the spread between units is estimated."""

    WINSORISE = "winsorise"
    TRUNCATE = "truncate"


@dataclass(frozen=True)
class Dispersion:
    """The spread between units: phi (1 when chance alone is at work), tau^2, on the arcsine scale, from n units."""

    phi: float
    tau_squared: float
    units: int


@dataclass(frozen=True)
class Funnel:
    """Per unit, in the order given: transformed rate, standard error, z, tamed z, over-dispersed z, and limits.

    `limits` maps a coverage to (lower, upper), as fractions; `target` is the overall rate.
    """

    target: float
    rate: Values
    transformed: Values
    standard_error: Values
    z: Values
    tamed_z: Values
    overdispersed_z: Values
    dispersion: Dispersion
    limits: dict[float, tuple[Values, Values]]


def funnel(
    numerators: ArrayLike, denominators: ArrayLike, *, trim: float = 0.1, taming: Taming = Taming.WINSORISE
) -> Funnel:
    """The funnel of units with `numerators` events among `denominators`; `trim` is the share tamed at each end."""
    if not 0 <= trim < 0.5:
        raise UsageError(f"A share of {trim:g} cannot be tamed at each end.", where="funnel", mend="give 0 to 0.49")
    events, size = np.asarray(numerators, float), np.asarray(denominators, float)
    if events.size != size.size or events.size < 2 or (size <= 0).any() or (events > size).any() or (events < 0).any():
        raise UsageError(
            "A funnel needs two or more units, each with a denominator above 0 and no more events than that.",
            where="funnel",
            mend="leave out units with no duties in the period",
        )
    target = float(events.sum() / size.sum())
    transformed, error = np.arcsin(np.sqrt(events / size)), 1 / (2 * np.sqrt(size))
    gap = transformed - np.arcsin(np.sqrt(target))
    z = gap / error
    spread = dispersion(z, error, trim=trim, taming=taming)
    low, high = np.quantile(z, [trim, 1 - trim])
    return Funnel(
        target=target,
        rate=events / size,
        transformed=transformed,
        standard_error=error,
        z=z,
        tamed_z=np.clip(z, low, high),
        overdispersed_z=gap / np.sqrt(error**2 + spread.tau_squared),
        dispersion=spread,
        limits={level: control_limits(target, size, coverage=level) for level in (WARNING, ALARM)},
    )


def control_limits(target: float, denominators: Values, *, coverage: float) -> tuple[Values, Values]:
    """Lower and upper limit at each size, within 0 and 1, between which `coverage` of units would fall by chance."""
    half = special.ndtri((1 + coverage) / 2) * np.sqrt(target * (1 - target) / denominators)
    return np.maximum(0.0, target - half), np.minimum(1.0, target + half)


def dispersion(z: Values, standard_error: Values, *, trim: float, taming: Taming) -> Dispersion:
    """phi, the mean square of the tamed z, and tau^2 by DerSimonian and Laird's moments from it."""
    if taming is Taming.TRUNCATE:
        out = int(trim * z.size)
        kept = np.argsort(z, kind="stable")[out : z.size - out]
        tamed, standard_error = z[kept], standard_error[kept]
    else:
        tamed = np.clip(z, *np.quantile(z, [trim, 1 - trim]))
    n = tamed.size
    phi = float((tamed**2).mean())
    weight = 1 / standard_error**2
    room = float(weight.sum() - (weight**2).sum() / weight.sum())
    return Dispersion(phi, max(0.0, (n * phi - (n - 1)) / room), n)
