"""How high the scan statistic goes by chance: Monte Carlo ranks, a Gumbel tail, and the recurrence interval.

Replicates keep all that was seen but the thing in question: the Poisson model deals the cases out by expectation, the
permutation model exchanges their dates. The rank p-value counts the data as one of the replicates, and cannot be below
1 / (replicates + 1); past it the maxima's own distribution is used, which is close to a Gumbel (Abrams, Kleinman and
Kulldorff, International Journal of Health Geographics 9 (2010) 61), fitted by moments. A recurrence interval is how
long one would wait, when nothing is wrong, for as strong a cluster, scanning at this rhythm (Kleinman, Lazarus and
Platt, American Journal of Epidemiology 159 (2004) 217-224).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clew.core import UsageError
from clew.statistics.scan import Cylinders, highest

Values = NDArray[np.float64]
_EULER = float(np.euler_gamma)


@dataclass(frozen=True)
class Chance:
    """The highest log likelihood ratio of each replicate, in which nothing is wrong."""

    maxima: Values

    def rank_p(self, value: float) -> float:
        """P(a maximum as high), from the rank among the replicates; never below 1 / (replicates + 1)."""
        return float((1 + (self.maxima >= value).sum()) / (1 + self.maxima.size))

    @property
    def gumbel(self) -> tuple[float, float]:
        """Location and scale of the Gumbel distribution with the maxima's mean and variance."""
        scale = float(self.maxima.std(ddof=1)) * math.sqrt(6) / math.pi
        return float(self.maxima.mean()) - _EULER * scale, scale

    def tail_p(self, value: float) -> float:
        """P(a maximum as high) from the fitted Gumbel: may go below what a rank can say."""
        location, scale = self.gumbel
        if scale <= 0:
            return self.rank_p(value)
        return -math.expm1(-math.exp(min(700.0, -(value - location) / scale)))

    def recurrence_days(self, value: float, *, days_between_scans: float) -> float:
        """Days one would wait for as strong a cluster if nothing were wrong, with a scan every so many days."""
        return days_between_scans / max(self.tail_p(value), 1e-300)


def poisson_chance(
    expected: ArrayLike,
    all_of: Cylinders,
    *,
    rng: np.random.Generator,
    replicates: int = 999,
    tick: Callable[[int, int], None] | None = None,
) -> Chance:
    """Replicates of the Poisson model: as many cases, each dealt to a location and period by expectation."""
    e = np.asarray(expected, dtype=np.float64)
    shape = e.shape if e.ndim == 2 else (e.size, 1)
    share = e.ravel() / e.sum()
    return _replicate(
        lambda: rng.multinomial(all_of.total, share).reshape(shape).astype(np.float64), all_of, replicates, tick
    )


def permutation_chance(
    location: ArrayLike,
    period: ArrayLike,
    all_of: Cylinders,
    *,
    periods: int,
    rng: np.random.Generator,
    replicates: int = 999,
    strata: ArrayLike | None = None,
    tick: Callable[[int, int], None] | None = None,
) -> Chance:
    """Replicates of the permutation model: the cases, each at its `location` (n,), with their `period` exchanged.

    strata: (n,) labels within which periods are exchanged (then the expectations must be made by stratum too).
    """
    place, when = np.asarray(location, dtype=np.int64), np.asarray(period, dtype=np.int64)
    codes = np.zeros(place.size, dtype=np.int64) if strata is None else np.unique(strata, return_inverse=True)[1]
    home = np.argsort(codes, kind="stable")
    shape = (len(all_of.places), periods)

    def draw() -> Values:
        given = np.empty_like(when)
        given[home] = when[np.lexsort((rng.random(when.size), codes))]
        return np.bincount(place * periods + given, minlength=shape[0] * periods).reshape(shape).astype(np.float64)

    return _replicate(draw, all_of, replicates, tick)


def _replicate(
    draw: Callable[[], Values], all_of: Cylinders, replicates: int, tick: Callable[[int, int], None] | None
) -> Chance:
    if replicates < 19:
        raise UsageError(
            f"{replicates} replicates say nothing about chance.", where="scan", mend="give 19 or more; 999 is usual"
        )
    maxima = np.empty(replicates)
    for number in range(replicates):
        maxima[number] = highest(draw(), all_of)
        if tick is not None:
            tick(number + 1, replicates)
    return Chance(maxima)
