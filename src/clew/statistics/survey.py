"""A rate from a stratified sample drawn without replacement: estimate, standard error, design effect, intervals.

Weights undo over-sampling (of "not suspicious" deaths, say): each stratum counts by its size, not by how many were
drawn. Source: Cochran, Sampling Techniques (1977), chapter 5; intervals as in Korn and Graubard, Survey Methodology 24
(1998) 193-201, and Lumley, Complex Surveys (2010), whose R package `survey` gives the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy import optimize, special

from clew.core import UsageError
from clew.statistics.bounds import Likelihood, check_rate, check_sample


class SurveyInterval(StrEnum):
    """Which interval; BETA is never much too narrow, LOGIT is the usual choice."""

    LOGIT = "logit"
    LIKELIHOOD = "likelihood"
    ARCSINE = "asin"
    BETA = "beta"
    MEAN = "mean"


@dataclass(frozen=True)
class StratifiedRate:
    """The estimated rate with its standard error (finite population corrected) and design effect."""

    rate: float
    standard_error: float
    standard_error_without_correction: float
    design_effect: float
    drawn: int
    degrees_of_freedom: int

    def interval(
        self, *, confidence: float = 0.95, method: SurveyInterval = SurveyInterval.LOGIT
    ) -> tuple[float, float]:
        """The two-sided interval."""
        check_rate(confidence, name="confidence", where="confidence")
        if self.standard_error == 0 and method is not SurveyInterval.MEAN:
            raise UsageError(
                f"A rate of {self.rate:.0%} in every stratum gives no standard error.",
                where="interval",
                mend="use the exact stratified bound, which does not need one",
            )
        return _INTERVALS[method](self, confidence)


def stratified_rate(successes: Sequence[int], n: Sequence[int], sizes: Sequence[int]) -> StratifiedRate:
    """The rate from `successes` of `n` drawn in each stratum of `sizes` items; at least two drawn in each."""
    for found, sampled, items in zip(successes, n, sizes, strict=True):
        check_sample(found, sampled, items, Likelihood.HYPERGEOMETRIC)
        if sampled < 2:
            raise UsageError(
                f"A stratum with {sampled} item drawn has no standard error.",
                where="strata",
                mend="draw two or more from each, or join strata",
            )
    x, drawn, size = (np.asarray(part, float) for part in (successes, n, sizes))
    share, rate = size / size.sum(), x / drawn
    p = float(share @ rate)
    variance = rate * (1 - rate) / (drawn - 1)
    plain = float((share**2 * variance).sum())
    corrected = float((share**2 * variance * (1 - drawn / size)).sum())
    total, everyone = float(drawn.sum()), float(size.sum())
    simple = p * (1 - p) * total / (total - 1) * (everyone - total) / (everyone * total)
    return StratifiedRate(
        rate=p,
        standard_error=math.sqrt(corrected),
        standard_error_without_correction=math.sqrt(plain),
        design_effect=corrected / simple if simple else math.nan,
        drawn=int(total),
        degrees_of_freedom=int(total) - len(successes),
    )


def _t(result: StratifiedRate, confidence: float) -> float:
    return float(special.stdtrit(result.degrees_of_freedom, (1 + confidence) / 2))


def _mean(result: StratifiedRate, confidence: float) -> tuple[float, float]:
    half = _t(result, confidence) * result.standard_error
    return result.rate - half, result.rate + half


def _logit(result: StratifiedRate, confidence: float) -> tuple[float, float]:
    p = result.rate
    half = _t(result, confidence) * result.standard_error / (p * (1 - p))
    return float(special.expit(special.logit(p) - half)), float(special.expit(special.logit(p) + half))


def _arcsine(result: StratifiedRate, confidence: float) -> tuple[float, float]:
    p = result.rate
    half = _t(result, confidence) * result.standard_error / (2 * math.sqrt(p * (1 - p)))
    angle = math.asin(math.sqrt(p))
    return math.sin(max(0.0, angle - half)) ** 2, math.sin(min(math.pi / 2, angle + half)) ** 2


def _beta(result: StratifiedRate, confidence: float) -> tuple[float, float]:
    """Clopper-Pearson at the effective sample size."""
    p, tail = result.rate, (1 - confidence) / 2
    ratio = float(special.stdtrit(result.drawn - 1, 1 - tail)) / _t(result, confidence)
    effective = p * (1 - p) / result.standard_error**2 * ratio**2
    return (
        float(special.betaincinv(effective * p, effective * (1 - p) + 1, tail)),
        float(special.betaincinv(effective * p + 1, effective * (1 - p), 1 - tail)),
    )


def _likelihood(result: StratifiedRate, confidence: float) -> tuple[float, float]:
    """The rates whose deviance (over its dispersion n / (n - 1), and over the design effect) is not too large."""
    p, n = result.rate, result.drawn
    scale = result.standard_error**2 / (p * (1 - p) / n)
    allowed = float(special.stdtrit(result.degrees_of_freedom, (1 + confidence) / 2)) ** 2

    def excess(q: float) -> float:
        return 2 * (n - 1) * (p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))) / scale - allowed

    edge = 1e-12
    return (
        float(optimize.brentq(excess, edge, p, xtol=1e-14)),
        float(optimize.brentq(excess, p, 1 - edge, xtol=1e-14)),
    )


_INTERVALS: dict[SurveyInterval, Callable[[StratifiedRate, float], tuple[float, float]]] = {
    SurveyInterval.LOGIT: _logit,
    SurveyInterval.LIKELIHOOD: _likelihood,
    SurveyInterval.ARCSINE: _arcsine,
    SurveyInterval.BETA: _beta,
    SurveyInterval.MEAN: _mean,
}
