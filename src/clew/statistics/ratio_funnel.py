"""A funnel of observed over expected: where each unit lies among all, by chance alone and as units commonly differ.

z compares square roots, which steadies the variance of a count: 2 (sqrt o - sqrt e). The spread between units is
estimated from tamed z-scores, as for proportions (`funnel`), and added. Source: Spiegelhalter, Statistics in Medicine
24 (2005) 1185-1202, sections on standardised mortality ratios and over-dispersion.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clew.core import UsageError
from clew.statistics.funnel import Dispersion, Taming, dispersion
from clew.statistics.random_rate import checked_counts

Values = NDArray[np.float64]


@dataclass(frozen=True)
class RatioFunnel:
    """Per unit, in the order given: observed over expected, z by chance alone, z with the spread between units."""

    ratio: Values
    z: Values
    overdispersed_z: Values
    dispersion: Dispersion


def ratio_funnel(
    observed: ArrayLike, expected: ArrayLike, *, trim: float = 0.1, taming: Taming = Taming.WINSORISE
) -> RatioFunnel:
    """The funnel of units with `observed` deaths where `expected` were; `trim` is the share tamed at each end."""
    o, e = checked_counts(observed, expected, where="funnel")
    if o.ndim != 1 or o.size < 2:
        raise UsageError("A funnel needs two or more units.", where="funnel", mend="watch more units, or none")
    if not 0 <= trim < 0.5:
        raise UsageError(f"A share of {trim:g} cannot be tamed at each end.", where="funnel", mend="give 0 to 0.49")
    # On the scale of sqrt(o / e) the target is 1 and the standard error 1 / (2 sqrt e).
    gap, error = np.sqrt(o / e) - 1, 1 / (2 * np.sqrt(e))
    z = gap / error
    spread = dispersion(z, error, trim=trim, taming=taming)
    return RatioFunnel(
        ratio=o / e, z=z, overdispersed_z=gap / np.sqrt(error**2 + spread.tau_squared), dispersion=spread
    )
