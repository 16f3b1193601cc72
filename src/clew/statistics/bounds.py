"""Exact bounds and tests for an error rate seen in a sample: binomial, Poisson, hypergeometric.

Why: every rate Clew prints must carry the limits that chance sets, and those limits must not depend on a random
number. The definitions are the textbook ones (Clopper and Pearson 1934 for the binomial; Garwood 1936 for the
Poisson; the tail inversion of the hypergeometric for a sample without replacement from `population` items).
"""

from __future__ import annotations

import math
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from clew.core import UsageError

ROUNDING_GUARD = 1e-9
"""0.07 x 1,000 is 70.00000000000001 in binary; counts derived from rates are taken to this tolerance."""

TIE_TOLERANCE = 1e-7
"""A two-sided p-value adds every outcome at most this much (relatively) likelier than the one seen, as R's tests do."""


class Likelihood(StrEnum):
    """How the number of errors in a sample is distributed."""

    BINOMIAL = "binomial"
    POISSON = "poisson"
    HYPERGEOMETRIC = "hypergeometric"


class Alternative(StrEnum):
    """Which claim the sample is asked to support: that the rate is less than, greater than, or not the stated one."""

    LESS = "less"
    GREATER = "greater"
    TWO_SIDED = "two.sided"


def check_sample(errors: float, n: int, population: int | None, likelihood: Likelihood) -> None:
    """Raises `UsageError` for a sample that cannot be: no items, more errors than items, more items than population."""
    if n < 1 or errors < 0 or (errors > n and likelihood is not Likelihood.POISSON):
        raise UsageError(
            f"A sample of {n} items with {errors:g} errors cannot be.",
            where="sample size and errors",
            why="a bound from it would mean nothing",
            mend="give at least one item and no more errors than items",
        )
    if likelihood is Likelihood.HYPERGEOMETRIC and (population is None or population < n):
        raise UsageError(
            f"A sample of {n} without replacement needs a population of at least {n}, not {population}.",
            where="population",
            mend="give the number of items in the frame, or choose the binomial",
        )


def check_rate(rate: float, *, name: str, where: str) -> None:
    """Raises `UsageError` unless 0 < `rate` < 1."""
    if not 0.0 < rate < 1.0:
        raise UsageError(
            f"A {name} of {rate:g} cannot be used.",
            where=where,
            why="it must leave room on both sides: no sample can show a rate below 0 or rule out one of 1",
            mend="give a rate above 0 and below 1, such as 0.05",
        )


def errors_at_rate(rate: float, population: int) -> int:
    """The fewest errors that make a rate of at least `rate` among `population` items."""
    return math.ceil(rate * population - ROUNDING_GUARD)


def upper_bound(
    errors: float, n: int, *, confidence: float, likelihood: Likelihood, population: int | None = None
) -> float:
    """The one-sided upper limit of the error rate: the largest rate that `errors` of `n` does not rule out.

    Binomial: the beta quantile; Poisson: the gamma quantile (may exceed 1, `errors` may be fractional, as taints
    are); hypergeometric: the largest number of errors K in the population with P(X <= errors | K) >= 1 - confidence,
    over the population.
    """
    check_sample(errors, n, population, likelihood)
    check_rate(confidence, name="confidence", where="confidence")
    if likelihood is Likelihood.POISSON:
        return float(special.gammaincinv(errors + 1, confidence)) / n
    if likelihood is Likelihood.BINOMIAL:
        return 1.0 if errors >= n else float(special.betaincinv(errors + 1, n - errors, confidence))
    return hypergeometric_quantile(int(errors), n, probability=confidence, population=population or 0)


def lower_bound(
    errors: float, n: int, *, confidence: float, likelihood: Likelihood, population: int | None = None
) -> float:
    """The one-sided lower limit of the error rate: the smallest rate under which `errors` or more is not too rare."""
    check_sample(errors, n, population, likelihood)
    check_rate(confidence, name="confidence", where="confidence")
    if errors == 0:
        return 0.0
    if likelihood is Likelihood.POISSON:
        return float(special.gammaincinv(errors, 1 - confidence)) / n
    if likelihood is Likelihood.BINOMIAL:
        return float(special.betaincinv(errors, n - errors + 1, 1 - confidence))
    # An error rate's lower limit is one less the upper limit of the rate of sound items.
    return 1 - hypergeometric_quantile(n - int(errors), n, probability=confidence, population=population or 0)


def hypergeometric_quantile(errors: int, n: int, *, probability: float, population: int) -> float:
    """The largest K with P(X <= errors | K) >= 1 - probability, over `population`: a confidence quantile.

    At the confidence it is the exact upper bound. R's jfa also uses it, at the lower probability, for the lower end
    of a two-sided interval; `lower_bound` is the end with guaranteed coverage.
    """
    low, high = errors, population - (n - errors)  # P(X <= errors | K) is 1 at `low` and falls as K grows
    while low < high:
        middle = (low + high + 1) // 2
        if hypergeometric_cdf(errors, n, population, middle) >= 1 - probability:
            low = middle
        else:
            high = middle - 1
    return low / population


def hypergeometric_cdf(errors: int, n: int, population: int, population_errors: int) -> float:
    """P(X <= errors) when `n` are drawn without replacement from `population` items of which some are errors."""
    return float(stats.hypergeom.cdf(errors, population, population_errors, n))


def acceptance_probability(errors: float, n: int, rate: float, likelihood: Likelihood, population: int | None) -> float:
    """P(X <= errors) at the true rate `rate`: what makes a sample's good result surprising if the rate were bad."""
    if likelihood is Likelihood.POISSON:
        return float(special.gammaincc(errors + 1, n * rate))
    if likelihood is Likelihood.BINOMIAL:
        return 1.0 if errors >= n else float(special.betainc(n - errors, errors + 1, 1 - rate))
    items = population or 0
    return hypergeometric_cdf(int(errors), n, items, errors_at_rate(rate, items))


def p_value(
    errors: int,
    n: int,
    rate: float,
    *,
    likelihood: Likelihood,
    alternative: Alternative = Alternative.LESS,
    population: int | None = None,
) -> float:
    """The p-value of the sample under a true rate of `rate`, for the claim named by `alternative`."""
    check_sample(errors, n, population, likelihood)
    if alternative is Alternative.LESS:
        return acceptance_probability(errors, n, rate, likelihood, population)
    if alternative is Alternative.GREATER:
        return 1.0 if errors == 0 else 1 - acceptance_probability(errors - 1, n, rate, likelihood, population)
    outcomes = _outcome_probabilities(max(n, errors), n, rate, likelihood, population or 0)
    return float(min(1.0, outcomes[outcomes <= outcomes[errors] * (1 + TIE_TOLERANCE)].sum()))


def _outcome_probabilities(
    most: int, n: int, rate: float, likelihood: Likelihood, population: int
) -> NDArray[np.float64]:
    if likelihood is Likelihood.BINOMIAL:
        return np.asarray(stats.binom.pmf(np.arange(n + 1), n, rate))
    if likelihood is Likelihood.HYPERGEOMETRIC:
        return np.asarray(stats.hypergeom.pmf(np.arange(n + 1), population, errors_at_rate(rate, population), n))
    far = most + int(n * rate + 40 * math.sqrt(n * rate + 1))  # forty standard deviations: nothing is left beyond
    return np.asarray(stats.poisson.pmf(np.arange(far + 1), n * rate))
