"""How many to draw: the smallest sample that could still show the rate to be tolerable.

A plan fixes the tolerable rate, the risk, and how many errors it is meant to survive; it returns the smallest n for
which a sample with that many errors has its upper bound strictly below the tolerable rate. Because the condition
"upper bound < tolerable" is the same as P(X <= errors | tolerable) < risk, no bound is computed on the way, and because
that probability falls with n at a fixed number of errors, the answer is found by bisection, not by counting up.

Conventions, after AICPA Audit Guide: Audit Sampling (2017), appendices A and C: an expected *rate* becomes
ceiling(rate x n) errors under the binomial and hypergeometric, and stays fractional under the Poisson.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from clew.core import UsageError
from clew.statistics.bounds import (
    ROUNDING_GUARD,
    Likelihood,
    acceptance_probability,
    check_rate,
    upper_bound,
)

LARGEST_SAMPLE = 5_000
"""Past this many a plan is not a sample but a census; a caller with a reason may raise it."""


@dataclass(frozen=True)
class Plan:
    """A fixed-size plan: draw `n`, tolerate up to `errors`; the rate is then shown to be below `tolerable`."""

    n: int
    errors: float
    tolerable: float | None
    confidence: float
    likelihood: Likelihood
    population: int | None = None

    @property
    def upper_bound(self) -> float:
        """The limit that a sample with exactly `errors` errors would give."""
        return upper_bound(
            self.errors, self.n, confidence=self.confidence, likelihood=self.likelihood, population=self.population
        )

    @property
    def sentence(self) -> str:
        """The plan as a board can read it."""
        aim = f"below {self.tolerable:.1%}" if self.tolerable is not None else "to the wanted precision"
        of = f" of {self.population:,}" if self.population else ""
        return (
            f"Draw {self.n:,}{of}. With at most {self.errors:g} errors among them, the error rate is shown to be {aim} "
            f"with {self.confidence:.0%} confidence."
        )


def plan_sample(
    *,
    tolerable: float,
    confidence: float = 0.95,
    likelihood: Likelihood = Likelihood.BINOMIAL,
    expected_errors: float = 0,
    expected_rate: float | None = None,
    population: int | None = None,
    largest: int = LARGEST_SAMPLE,
) -> Plan:
    """The smallest plan whose upper bound is strictly below `tolerable` when it meets the expected errors.

    Give `expected_errors` (a number) or `expected_rate` (a fraction of n). Raises `UsageError` if no sample of at
    most `largest` items (or the population) will do.
    """
    check_rate(tolerable, name="tolerable rate", where="tolerable rate")
    check_rate(confidence, name="confidence", where="confidence")
    check_expected(expected_errors, expected_rate)
    if likelihood is Likelihood.HYPERGEOMETRIC:
        check_population(population)
    limit = min(largest, population) if likelihood is Likelihood.HYPERGEOMETRIC and population else largest
    risk = 1 - confidence

    def suffices(errors: float, n: int) -> bool:
        return acceptance_probability(errors, n, tolerable, likelihood, population) < risk

    if expected_rate is None:
        n = smallest_n(lambda n: suffices(expected_errors, n), max(1, math.ceil(expected_errors)), limit)
        errors = expected_errors
    elif likelihood is Likelihood.POISSON:
        sizes = np.arange(1, limit + 1)
        good = special.gammaincc(expected_rate * sizes + 1, sizes * tolerable) < risk
        n = int(sizes[good.argmax()]) if good.any() else None
        errors = expected_rate * n if n else 0.0
    else:
        n, errors = _smallest_n_at_rate(suffices, expected_rate, limit)
    if n is None:
        raise _out_of_reach(limit, tolerable)
    return Plan(n, errors, tolerable, confidence, likelihood, population)


def plan_precision(
    *,
    precision: float,
    expected_rate: float,
    confidence: float = 0.95,
    likelihood: Likelihood = Likelihood.BINOMIAL,
    population: int | None = None,
    largest: int = LARGEST_SAMPLE,
) -> Plan:
    """The smallest plan whose upper bound lies less than `precision` above the rate it sees."""
    check_rate(precision, name="precision", where="precision")
    check_rate(confidence, name="confidence", where="confidence")
    check_expected(0, expected_rate)
    for n in range(1, (min(largest, population) if population else largest) + 1):
        errors = expected_count(expected_rate, n, likelihood)
        if errors >= n:  # every item wrong: the bound is 1 and says nothing of precision
            continue
        bound = upper_bound(errors, n, confidence=confidence, likelihood=likelihood, population=population)
        if bound - errors / n < precision:
            return Plan(n, errors, None, confidence, likelihood, population)
    raise _out_of_reach(largest, precision)


def plan_stages(
    stage_errors: Sequence[int],
    *,
    tolerable: float,
    confidence: float = 0.95,
    likelihood: Likelihood = Likelihood.BINOMIAL,
    largest: int = LARGEST_SAMPLE,
) -> int:
    """The size of each of several equal stages.

    In each stage fewer errors than allowed stop and pass, exactly as many go on to the next stage, more fail;
    `stage_errors` are the errors allowed in each stage; the last stage passes with as many as allowed. Source: Touw
    and Hoogduin, Statistiek voor audit en controlling (2011), page 129.
    """
    if not stage_errors or min(stage_errors) < 0:
        raise UsageError(
            f"Stages with {list(stage_errors)} errors cannot be planned.", where="plan", mend="allow 0 or more in each"
        )
    check_rate(tolerable, name="tolerable rate", where="tolerable rate")
    check_rate(confidence, name="confidence", where="confidence")

    def passes(n: int) -> float:
        seen = stats.poisson(n * tolerable) if likelihood is Likelihood.POISSON else stats.binom(n, tolerable)
        chance = 0.0
        for stage in range(len(stage_errors) - 1, -1, -1):
            allowed = stage_errors[stage]
            if stage == len(stage_errors) - 1:
                chance = float(seen.cdf(allowed))
            else:
                chance = float(seen.cdf(allowed - 1)) + float(seen.pmf(allowed)) * chance
        return chance

    n = smallest_n(lambda n: passes(n) < 1 - confidence, 1, largest)
    if n is None:
        raise _out_of_reach(largest, tolerable)
    return n


def expected_count(rate: float, n: int, likelihood: Likelihood) -> float:
    """The errors a sample of `n` is planned to survive at an expected `rate`."""
    return rate * n if likelihood is Likelihood.POISSON else math.ceil(rate * n - ROUNDING_GUARD)


def smallest_n(suffices: Callable[[int], bool], low: int, high: int) -> int | None:
    """The first n in [low, high] for which a condition that stays true once true holds; None if none does."""
    if low > high or not suffices(high):
        return None
    step = 1
    while low + step < high and not suffices(low + step):  # most plans are small: gallop, then bisect
        low, step = low + step, step * 2
    high = min(high, low + step)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if suffices(middle) else (middle + 1, high)
    return low


def _smallest_n_at_rate(suffices: Callable[[float, int], bool], rate: float, limit: int) -> tuple[int | None, int]:
    """Walks over the numbers of errors; between two of them n runs through a stretch in which bisection is valid."""
    errors, first = 0, 1
    while first <= limit:
        errors = math.ceil(rate * first - ROUNDING_GUARD)
        last = limit if rate == 0 else min(limit, math.floor(errors / rate + ROUNDING_GUARD))
        if suffices(errors, last):
            return smallest_n(lambda n, errors=errors: suffices(errors, n), first, last), errors  # type: ignore[misc]
        first = last + 1
    return None, errors


def check_expected(errors: float, rate: float | None) -> None:
    """Raises `UsageError` for expected errors below 0 or an expected rate outside 0 to 1."""
    if errors < 0 or not 0 <= (rate or 0) < 1:
        raise UsageError(
            f"{errors:g} expected errors, or a rate of {rate}, cannot be planned for.",
            where="plan",
            mend="give a number of at least 0, or a rate of at least 0 and below 1",
        )


def check_population(population: int | None) -> None:
    """Raises `UsageError` unless there is a population of at least one item."""
    if population is None or population < 1:
        raise UsageError(
            f"A plan without replacement cannot be made for {population or 0} items.",
            where="population",
            why="there is nothing to draw from",
            mend="give the size of the frame, or choose the binomial for one that is not yet fixed",
        )


def _out_of_reach(limit: int, tolerable: float) -> UsageError:
    return UsageError(
        f"No sample of up to {limit:,} items can show a rate below {tolerable:.2%} with so many expected errors.",
        where="plan",
        why="the expected errors are too close to the tolerable rate",
        mend="tolerate more, expect fewer, accept more risk, or review every item",
    )
