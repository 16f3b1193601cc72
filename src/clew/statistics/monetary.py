"""Bounds for errors of degree: each item sampled in proportion to its size carries a *taint* between 0 and 1.

A late review is not as bad as none, and a part-recovered sum not as bad as a lost one: where an error has a degree, the
mean taint is what is bounded. Sources: Stringer (1963); Meikle (1972); Leslie, Teitlebaum and Anderson (1979); Pap
and van Zuijlen, Statistica Neerlandica 50 (1996); Cox and Snell, Biometrika 66 (1979); Dworin and Grimlund,
Accounting Review 61 (1986); Rohrbach, Auditing 12 (1993); Touw and Hoogduin (2011) for the pps bound.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy import special

from clew.core import UsageError
from clew.statistics.bounds import Likelihood, check_rate, lower_bound, upper_bound

Taints = NDArray[np.float64]


class MonetaryMethod(StrEnum):
    """Which bound; the Stringer family is conservative, the moment, Cox-Snell and Rohrbach bounds are tighter."""

    STRINGER = "stringer"
    STRINGER_POISSON = "stringer.poisson"
    STRINGER_BINOMIAL = "stringer.binomial"
    STRINGER_HYPERGEOMETRIC = "stringer.hypergeometric"
    STRINGER_MEIKLE = "stringer.meikle"
    STRINGER_LTA = "stringer.lta"
    STRINGER_PVZ = "stringer.pvz"
    COX_SNELL = "coxsnell"
    MOMENT = "moment"
    ROHRBACH = "rohrbach"
    MEAN_PER_UNIT = "mpu"
    PPS = "pps"


def mean_taint(taints: Sequence[float], n: int) -> float:
    """The likeliest mean taint: the sum of the taints over the sample size."""
    return float(np.sum(taints)) / n


def mean_taint_upper_bound(
    taints: Sequence[float],
    n: int,
    *,
    method: MonetaryMethod,
    confidence: float = 0.95,
    population: int | None = None,
    rohrbach_delta: float = 2.7,
) -> float:
    """The upper limit of the mean taint from the non-zero `taints` among `n` items; negative taints understate.

    `population` (items) is used by Rohrbach's bound as a finite correction and by the hypergeometric Stringer bound.
    """
    check_rate(confidence, name="confidence", where="confidence")
    found = np.asarray(taints, float)
    if n < 1 or found.size > n or bool((found > 1).any()):
        raise UsageError(
            f"{found.size} taints in a sample of {n} cannot be used.",
            where="taints",
            mend="give one taint of at most 1 for each item in error, and no more of them than items",
        )
    if method is MonetaryMethod.ROHRBACH:
        return _rohrbach(found, n, confidence, population, rohrbach_delta)
    if method is MonetaryMethod.STRINGER_HYPERGEOMETRIC:
        return _stringer(found, n, confidence, Likelihood.HYPERGEOMETRIC, population)
    return _METHODS[method](found, n, confidence)


def _stringer(found: Taints, n: int, confidence: float, likelihood: Likelihood, population: int | None = None) -> float:
    over = np.sort(found[found > 0])[::-1]
    limits = [
        upper_bound(k, n, confidence=confidence, likelihood=likelihood, population=population)
        for k in range(over.size + 1)
    ]
    return limits[0] + float(np.diff(limits) @ over)


def _stringer_binomial(found: Taints, n: int, confidence: float) -> float:
    return _stringer(found, n, confidence, Likelihood.BINOMIAL)


def _stringer_poisson(found: Taints, n: int, confidence: float) -> float:
    return _stringer(found, n, confidence, Likelihood.POISSON)


def _meikle(found: Taints, n: int, confidence: float) -> float:
    """The Stringer bound less the Stringer *lower* bound of what was understated."""
    under = np.sort(-found[found < 0])[::-1]
    limits = [lower_bound(k, n, confidence=confidence, likelihood=Likelihood.BINOMIAL) for k in range(under.size + 1)]
    return _stringer_binomial(found, n, confidence) - float(np.diff(limits) @ under)


def _leslie_teitlebaum_anderson(found: Taints, n: int, confidence: float) -> float:
    """The Stringer bound less the mean understatement."""
    return _stringer_binomial(found, n, confidence) + float(found[found < 0].sum()) / n


def _pap_van_zuijlen(found: Taints, n: int, confidence: float) -> float:
    """The Stringer bound less its asymptotic excess over the normal bound."""
    over = np.sort(found[found > 0])[::-1]
    if over.size == 0:
        return _stringer_binomial(found, n, confidence)
    rank = np.arange(1, over.size + 1)
    slope = (n - 2 * rank + 1) / (2 * np.sqrt(rank * (n - rank + 1)))  # of sqrt(u(1 - u)) at the rank's place
    spread = math.sqrt(float(((over - over.mean()) ** 2).sum()) / n)
    excess = (float(slope @ over) / n - spread) / math.sqrt(n)
    return _stringer_binomial(found, n, confidence) - float(special.ndtri(confidence)) * excess


def _cox_snell(found: Taints, n: int, confidence: float) -> float:
    """The quantile of rate x mean taint under gamma priors of shape a and b and means one half."""
    a, b, prior_rate, prior_taint = 1.0, 3.0, 0.5, 0.5
    over = found[found > 0]
    m = over.size
    quantile = special.fdtri(2 * (m + a), 2 * (m + b), confidence)
    taint = (float(over.sum()) + (b - 1) * prior_taint) / (m + b)
    return float(taint * (m + a) / (a / prior_rate + n) * quantile)


def _moment(found: Taints, n: int, confidence: float) -> float:
    """Three moments of (error rate x taint) matched by a shifted gamma; one hypothetical taint is added for caution."""
    over = found[found > 0]
    m = over.size
    mean = float(over.mean()) if m else 0.0
    hypothetical = 0.81 * (1 - 0.667 * math.tanh(10 * mean)) * (1 + 0.667 * math.tanh(m / 10))
    u1, u2, u3 = ((hypothetical**k + float((over**k).sum())) / (m + 1) for k in (1, 2, 3))
    r1 = (m + 1) / (n + 2)
    r2 = r1 * (m + 2) / (n + 3)
    r3 = r2 * (m + 3) / (n + 4)
    t1 = r1 * u1
    t2 = (r1 * u2 + (n - 1) * r2 * u1**2) / n
    t3 = (r1 * u3 + 3 * (n - 1) * r2 * u1 * u2 + (n - 1) * (n - 2) * r3 * u1**3) / n**2
    variance, third = t2 - t1**2, t3 - 3 * t1 * t2 + 2 * t1**3
    shape, scale, shift = 4 * variance**3 / third**2, third / (2 * variance), t1 - 2 * variance**2 / third
    z = float(special.ndtri(confidence))
    return shift + shape * scale * (1 + z / math.sqrt(9 * shape) - 1 / (9 * shape)) ** 3


def _rohrbach(found: Taints, n: int, confidence: float, population: int | None, delta: float) -> float:
    """A normal bound whose variance is augmented because samples with few errors understate it."""
    sound = np.concatenate([1 - found, np.ones(n - found.size)])
    square = float((sound**2).mean())
    cross = (float(sound.sum()) ** 2 - float((sound**2).sum())) / (n * (n - 1))
    finite = 1.0 if population is None else 1 - n / population
    variance = finite * (square - (1 - delta / (2 * n)) * cross) / n
    return mean_taint(list(found), n) + float(special.ndtri(confidence)) * math.sqrt(variance)


def _standard_error(found: Taints, n: int) -> float:
    every = np.concatenate([found, np.zeros(n - found.size)])
    return float(every.std(ddof=1)) / math.sqrt(n)


def _mean_per_unit(found: Taints, n: int, confidence: float) -> float:
    _need(found, 1, "mpu", "a sample without errors would give a limit of 0")
    return mean_taint(list(found), n) + float(special.ndtri(confidence)) * _standard_error(found, n)


def _need(found: Taints, errors: int, name: str, why: str) -> None:
    if found.size < errors:
        raise UsageError(
            f"The {name} bound needs at least {errors} errors, not {found.size}.",
            where="method",
            why=why,
            mend="use the stringer bound",
        )


def _pps(found: Taints, n: int, confidence: float) -> float:
    """Student's t on as many degrees of freedom as there are errors, less one."""
    _need(found, 2, "pps", "its degrees of freedom are the number of errors less one")
    t = float(special.stdtrit(found.size - 1, confidence))
    return mean_taint(list(found), n) + t * _standard_error(found, n)


_METHODS: dict[MonetaryMethod, Callable[[Taints, int, float], float]] = {
    MonetaryMethod.STRINGER: _stringer_binomial,
    MonetaryMethod.STRINGER_BINOMIAL: _stringer_binomial,
    MonetaryMethod.STRINGER_POISSON: _stringer_poisson,
    MonetaryMethod.STRINGER_MEIKLE: _meikle,
    MonetaryMethod.STRINGER_LTA: _leslie_teitlebaum_anderson,
    MonetaryMethod.STRINGER_PVZ: _pap_van_zuijlen,
    MonetaryMethod.COX_SNELL: _cox_snell,
    MonetaryMethod.MOMENT: _moment,
    MonetaryMethod.MEAN_PER_UNIT: _mean_per_unit,
    MonetaryMethod.PPS: _pps,
}
