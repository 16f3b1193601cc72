"""Two groups compared: risk difference and ratio, exact odds ratio, Mantel-Haenszel across strata, many rules at once.

A table is ((met, not met) in the group, (met, not met) in the rest). Sources: Newcombe, Statistics in Medicine 17
(1998) 873-890 (difference, method 10); Katz et al. (1978) (ratio); Fisher (1935); Mantel and Haenszel (1959) with
Robins, Breslow and Greenland's variance, Biometrics 42 (1986); Benjamini and Hochberg (1995); Holm (1979).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special, stats

from clew.core import UsageError
from clew.statistics.bounds import TIE_TOLERANCE
from clew.statistics.intervals import wilson_limits

Values = NDArray[np.float64]
Table = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Estimate:
    """A value with its two-sided interval and the p-value of "no difference" (nan where none is defined)."""

    value: float
    lower: float
    upper: float
    p_value: float = math.nan


def risk_difference(table: Table, *, confidence: float = 0.95) -> Estimate:
    """Rate in the first row less rate in the second, with Newcombe's hybrid score interval."""
    (a, b), (c, d) = _both(table)
    p1, p2 = a / (a + b), c / (c + d)
    (low1, low2), (high1, high2) = wilson_limits([a, c], [a + b, c + d], confidence=confidence)
    below = math.hypot(p1 - low1, high2 - p2)
    above = math.hypot(high1 - p1, p2 - low2)
    return Estimate(p1 - p2, p1 - p2 - below, p1 - p2 + above)


def risk_ratio(table: Table, *, confidence: float = 0.95) -> Estimate:
    """Rate in the first row over rate in the second, with the interval on the log scale; nan where a rate is 0."""
    (a, b), (c, d) = _both(table)
    if a == 0 or c == 0:
        return Estimate(0.0 if c else math.nan, math.nan, math.nan)
    ratio = (a / (a + b)) / (c / (c + d))
    half = special.ndtri((1 + confidence) / 2) * math.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))
    return Estimate(ratio, ratio * math.exp(-half), ratio * math.exp(half))


def _both(table: Table) -> Table:
    if any(sum(row) <= 0 or min(row) < 0 for row in table):
        raise UsageError(
            "One of two groups has nothing in it.",
            where="comparison",
            why="a rate of none cannot be compared",
            mend="leave the group out and say that it had no duties",
        )
    return table


def chi_squared_p(table: Table, *, correction: bool = False) -> float:
    """Pearson's chi-squared p-value; nan when a margin is empty."""
    counts = np.asarray(table, float)
    if (counts.sum(axis=0) == 0).any() or (counts.sum(axis=1) == 0).any():
        return math.nan
    return float(stats.chi2_contingency(counts, correction=correction).pvalue)


def exact_odds_ratio(table: Table, *, confidence: float = 0.95) -> Estimate:
    """Fisher: the conditional odds ratio with its exact interval and two-sided p-value."""
    return exact_common_odds_ratio([table], confidence=confidence)


@dataclass(frozen=True)
class MantelHaenszel:
    """The odds ratio common to all strata, its interval, and the test with and without continuity correction."""

    odds_ratio: float
    lower: float
    upper: float
    statistic: float
    p_value: float
    p_value_uncorrected: float


def mantel_haenszel(tables: Sequence[Table], *, confidence: float = 0.95) -> MantelHaenszel:
    """Mantel-Haenszel over `tables`, one a stratum; strata with fewer than two duties say nothing and are skipped."""
    counts = np.asarray(tables, float).reshape(-1, 2, 2)
    return mantel_haenszel_counts(*(counts[:, i, j] for i in (0, 1) for j in (0, 1)), confidence=confidence)


def mantel_haenszel_counts(a: Values, b: Values, c: Values, d: Values, *, confidence: float = 0.95) -> MantelHaenszel:
    """The same from the four cells as arrays over the strata."""
    n = a + b + c + d
    use = n > 1
    a, b, c, d, n = a[use], b[use], c[use], d[use], n[use]
    agree, differ = a * d / n, b * c / n
    total_agree, total_differ = float(agree.sum()), float(differ.sum())
    expected = (a + b) * (a + c) / n
    variance = float(((a + b) * (c + d) * (a + c) * (b + d) / (n**2 * (n - 1))).sum())
    gap = abs(float((a - expected).sum()))
    if variance == 0 or total_agree == 0 or total_differ == 0:
        empty = total_agree / total_differ if total_differ else math.nan
        p = float(special.chdtrc(1, gap**2 / variance)) if variance else math.nan
        return MantelHaenszel(empty, math.nan, math.nan, math.nan, p, p)
    ratio = total_agree / total_differ
    diagonal, off = (a + d) / n, (b + c) / n
    log_variance = (
        float((diagonal * agree).sum()) / (2 * total_agree**2)
        + float((diagonal * differ + off * agree).sum()) / (2 * total_agree * total_differ)
        + float((off * differ).sum()) / (2 * total_differ**2)
    )
    half = float(special.ndtri((1 + confidence) / 2)) * math.sqrt(log_variance)
    statistic = max(0.0, gap - 0.5) ** 2 / variance if gap >= 0.5 else gap**2 / variance
    return MantelHaenszel(
        odds_ratio=ratio,
        lower=ratio * math.exp(-half),
        upper=ratio * math.exp(half),
        statistic=statistic,
        p_value=float(special.chdtrc(1, statistic)),
        p_value_uncorrected=float(special.chdtrc(1, gap**2 / variance)),
    )


def exact_common_odds_ratio(tables: Sequence[Table], *, confidence: float = 0.95) -> Estimate:
    """The conditional odds ratio over strata, by convolving the strata's hypergeometric distributions."""
    counts = np.asarray(tables, float).reshape(-1, 2, 2)
    observed, first, weights = 0, 0, np.ones(1)
    for (a, b), (c, d) in counts:
        in_group, met, everyone = int(a + b), int(a + c), int(a + b + c + d)
        low, high = max(0, met - int(c + d)), min(in_group, met)
        weights = np.convolve(weights, stats.hypergeom.pmf(np.arange(low, high + 1), everyone, met, in_group))
        observed, first = observed + int(a), first + low
    support = first + np.arange(weights.size)
    if weights.size == 1 or not weights.sum() > 0:  # only one table has these margins: it says nothing
        return Estimate(math.nan, 0.0, math.inf, 1.0)

    def distribution(log_odds: float) -> Values:
        tilted = np.log(np.maximum(weights, 1e-300)) + log_odds * (support - observed)
        chances = np.exp(tilted - tilted.max())
        return np.asarray(chances / chances.sum())

    tail = (1 - confidence) / 2
    middle = _solve(lambda x: float(distribution(x) @ support) - observed, observed, support)
    lower = _solve(lambda x: float(distribution(x)[support >= observed].sum()) - tail, observed, support, end=-1)
    upper = _solve(lambda x: float(distribution(x)[support <= observed].sum()) - tail, observed, support, end=+1)
    null = distribution(0.0)
    p = float(null[null <= null[support == observed][0] * (1 + TIE_TOLERANCE)].sum())
    return Estimate(middle, lower, upper, min(1.0, p))


def _solve(excess: Callable[[float], float], observed: int, support: NDArray[np.int_], end: int = 0) -> float:
    """The odds ratio at which `excess` is 0; 0 or infinity when the count seen is the least or most possible."""
    if observed == support[0] and end <= 0:
        return 0.0
    if observed == support[-1] and end >= 0:
        return math.inf
    return math.exp(float(optimize.brentq(excess, -30.0, 30.0, xtol=1e-13, rtol=1e-14)))


def benjamini_hochberg(p_values: ArrayLike) -> Values:
    """Adjusted p-values that hold the share of false discoveries."""
    return np.asarray(stats.false_discovery_control(_p_values(p_values), method="bh"))


def holm(p_values: ArrayLike) -> Values:
    """Adjusted p-values that hold the chance of any false discovery."""
    p = _p_values(p_values)
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, stepped)
    return adjusted


def _p_values(given: ArrayLike) -> Values:
    p = np.asarray(given, float)
    if not ((p >= 0) & (p <= 1)).all():
        raise UsageError("A p-value is missing or not within 0 and 1.", where="many comparisons")
    return p
