"""Two-sided intervals for a proportion: Clopper-Pearson, Wilson, Wilson with continuity correction, Jeffreys.

Clopper-Pearson where coverage must never fall below the stated confidence (assurance), Wilson where many small
groups are shown side by side (charts, funnels): Brown, Cai and DasGupta, Statistical Science 16 (2001) 101-133.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from clew.statistics.bounds import Likelihood, check_rate, check_sample, lower_bound, upper_bound


class IntervalMethod(StrEnum):
    """Which interval."""

    CLOPPER_PEARSON = "clopper-pearson"
    WILSON = "wilson"
    WILSON_CONTINUITY = "wilson-continuity"
    JEFFREYS = "jeffreys"


def proportion_interval(
    successes: int, n: int, *, confidence: float = 0.95, method: IntervalMethod = IntervalMethod.CLOPPER_PEARSON
) -> tuple[float, float]:
    """The two-sided interval for the rate behind `successes` of `n`."""
    check_sample(successes, n, None, Likelihood.BINOMIAL)
    check_rate(confidence, name="confidence", where="confidence")
    return _METHODS[method](successes, n, confidence)


def wilson_limits(
    successes: ArrayLike, n: ArrayLike, *, confidence: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wilson's interval for many rates at once: two arrays, lower and upper (Wilson, JASA 22 (1927) 209-212)."""
    x, size = np.asarray(successes, float), np.asarray(n, float)
    z = special.ndtri((1 + confidence) / 2)
    centre = (x + z**2 / 2) / (size + z**2)
    half = z / (size + z**2) * np.sqrt(x * (size - x) / size + z**2 / 4)
    return np.where(x == 0, 0.0, centre - half), np.where(x == size, 1.0, centre + half)


def _clopper_pearson(x: int, n: int, confidence: float) -> tuple[float, float]:
    one_sided = (1 + confidence) / 2
    limits: dict[str, Any] = {"confidence": one_sided, "likelihood": Likelihood.BINOMIAL}
    return lower_bound(x, n, **limits), upper_bound(x, n, **limits)


def _wilson(x: int, n: int, confidence: float) -> tuple[float, float]:
    low, high = wilson_limits(x, n, confidence=confidence)
    return float(low), float(high)


def _wilson_continuity(x: int, n: int, confidence: float) -> tuple[float, float]:
    """Newcombe, Statistics in Medicine 17 (1998) 857-872, method 4 (R's prop.test with its default correction)."""
    z, p = float(special.ndtri((1 + confidence) / 2)), x / n
    correction = min(0.5, abs(x - n / 2))

    def end(rate: float, sign: int) -> float:
        spread = math.sqrt(max(0.0, rate * (1 - rate) / n + z**2 / (4 * n**2)))
        return (rate + z**2 / (2 * n) + sign * z * spread) / (1 + z**2 / n)

    low, high = end(p - correction / n, -1), end(p + correction / n, +1)
    return 0.0 if x == 0 else max(0.0, low), 1.0 if x == n else min(1.0, high)


def _jeffreys(x: int, n: int, confidence: float) -> tuple[float, float]:
    tail = (1 - confidence) / 2
    return (
        float(special.betaincinv(x + 0.5, n - x + 0.5, tail)),
        float(special.betaincinv(x + 0.5, n - x + 0.5, 1 - tail)),
    )


_METHODS: dict[IntervalMethod, Callable[[int, int, float], tuple[float, float]]] = {
    IntervalMethod.CLOPPER_PEARSON: _clopper_pearson,
    IntervalMethod.WILSON: _wilson,
    IntervalMethod.WILSON_CONTINUITY: _wilson_continuity,
    IntervalMethod.JEFFREYS: _jeffreys,
}
