"""What was known before the sample, as a prior distribution, and what is known after it.

An auditor who has assessed controls, or drawn a sample last year, may say so openly and draw fewer. Each method turns
one plain statement into a conjugate prior: a beta for the binomial, a gamma for the Poisson, a beta-binomial for the
hypergeometric. Source of the constructions: Derks, de Swart, Wagenmakers and Wetzels, The Bayesian approach to audit
evidence, Auditing 40 (2021); the audit risk model after AICPA (2017).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats

from clew.core import UsageError
from clew.statistics.bounds import ROUNDING_GUARD, Likelihood, check_rate
from clew.statistics.planning import LARGEST_SAMPLE, plan_sample, smallest_n

IMPLICIT_SAMPLE_STEP = 0.01
"""An implicit sample found by search is given to the hundredth of an item, rounded up: no finer claim is meant."""


@dataclass(frozen=True)
class Belief:
    """A distribution of the error rate: beta(alpha, beta), or gamma(alpha, rate beta) under the Poisson.

    `population` is set under the hypergeometric; it then counts the items not yet seen.
    """

    likelihood: Likelihood
    alpha: float
    beta: float
    population: int | None = None
    errors_seen: int = 0
    items_seen: int = 0

    def updated(self, errors: float, n: int) -> Belief:
        """The belief after a sample of `n` items with `errors` errors (or summed taints)."""
        if self.likelihood is Likelihood.POISSON:
            return Belief(self.likelihood, self.alpha + errors, self.beta + n)
        seen = (self.errors_seen + int(errors), self.items_seen + n)
        return Belief(self.likelihood, self.alpha + errors, self.beta + n - errors, self.population, *seen)

    def probability_below(self, rate: float) -> float:
        """P(rate of error < `rate`)."""
        return self._split(rate)[0]

    def odds_below(self, rate: float) -> float:
        """P(rate of error < `rate`) over P(not); both tails are computed, so that huge odds keep their digits."""
        below, not_below = self._split(rate)
        return below / not_below if not_below else math.inf

    def _split(self, rate: float) -> tuple[float, float]:
        if self.likelihood is Likelihood.POISSON:
            at = self.beta * rate
            return float(special.gammainc(self.alpha, at)), float(special.gammaincc(self.alpha, at))
        if self.likelihood is Likelihood.BINOMIAL:
            if self.beta == 0:  # beta(alpha, 0) puts everything at 1: the improper prior that knows nothing
                return 0.0, 1.0
            shape = (self.alpha, self.beta, min(1.0, rate))
            return float(special.betainc(*shape)), float(special.betaincc(*shape))
        fewest_bad = math.ceil(rate * self._population - ROUNDING_GUARD) - self.errors_seen
        unseen = stats.betabinom(self._unseen, self.alpha, self.beta)
        return float(unseen.cdf(fewest_bad - 1)), float(unseen.sf(fewest_bad - 1))

    def quantile(self, probability: float) -> float:
        """The rate below which `probability` of the belief lies."""
        if self.likelihood is Likelihood.POISSON:
            return float(special.gammaincinv(self.alpha, probability)) / self.beta
        if self.likelihood is Likelihood.BINOMIAL:
            return 1.0 if self.beta == 0 else float(special.betaincinv(self.alpha, self.beta, probability))
        unseen = int(stats.betabinom.ppf(probability, self._unseen, self.alpha, self.beta))
        return (self.errors_seen + unseen) / self._population

    @property
    def mode(self) -> float:
        """The likeliest rate of error."""
        if self.likelihood is Likelihood.POISSON:
            return max(0.0, self.alpha - 1) / self.beta
        if self.likelihood is Likelihood.BINOMIAL:
            total = self.alpha + self.beta - 2
            return max(0.0, self.alpha - 1) / total if total > 0 else 0.0
        chances = stats.betabinom.pmf(np.arange(self._unseen + 1), self._unseen, self.alpha, self.beta)
        best = int(np.argmax(chances))
        return (self.errors_seen + best) / self._population

    @property
    def _population(self) -> int:
        return self.population or 0

    @property
    def _unseen(self) -> int:
        return self._population - self.items_seen


def bayes_factor(prior: Belief, posterior: Belief, rate: float) -> float:
    """How much the sample multiplied the odds that the error rate is below `rate`; infinite from an improper prior."""
    before = prior.odds_below(rate)
    return posterior.odds_below(rate) / before if before else math.inf


def default_prior(likelihood: Likelihood, *, population: int | None = None) -> Belief:
    """Beta(1, 1), gamma(1, 1) or beta-binomial(1, 1): every rate equally likely, near enough."""
    return Belief(likelihood, 1.0, 1.0, population)


def strict_prior(likelihood: Likelihood) -> Belief:
    """Beta(1, 0) or gamma(1, 0): improper, and gives the same bounds as no prior at all."""
    return Belief(likelihood, 1.0, 0.0)


def sample_prior(likelihood: Likelihood, *, errors: float, n: int, weight: float = 1.0) -> Belief:
    """An earlier sample of `n` with `errors`, counted at `weight` (1 in full, 0.5 at half: a power prior)."""
    clean = n if likelihood is Likelihood.POISSON else n - errors
    return Belief(likelihood, weight * errors, weight * clean)


def hypothesis_prior(likelihood: Likelihood, *, tolerable: float, probability: float, expected: float = 0.0) -> Belief:
    """The prior with its mode at `expected` that gives `probability` to the rate being below `tolerable`."""
    check_rate(tolerable, name="tolerable rate", where="prior")
    check_rate(probability, name="probability", where="prior")
    if expected >= tolerable:
        raise _impossible(f"an expected rate of {expected:.2%} at or above the tolerable {tolerable:.2%}")
    if expected == 0 and likelihood is Likelihood.BINOMIAL:
        return Belief(likelihood, 1.0, math.log(1 - probability) / math.log(1 - tolerable))
    return _implicit_sample(likelihood, expected, rate=tolerable, probability=probability)


def impartial_prior(likelihood: Likelihood, *, tolerable: float, expected: float = 0.0) -> Belief:
    """The prior under which "below `tolerable`" and "not below" are equally likely."""
    return hypothesis_prior(likelihood, tolerable=tolerable, probability=0.5, expected=expected)


def bounded_prior(likelihood: Likelihood, *, expected: float, upper: float, confidence: float = 0.95) -> Belief:
    """The prior with its mode at `expected` and its `confidence` quantile at `upper`: a risk assessment in a line."""
    check_rate(upper, name="upper limit", where="prior")
    if expected >= upper:
        raise _impossible(f"an expected rate of {expected:.2%} at or above its upper limit {upper:.2%}")
    exact = _implicit_sample(likelihood, expected, rate=upper, probability=confidence)
    if likelihood is Likelihood.POISSON:
        return exact
    n = exact.alpha + exact.beta - 2
    rounded = math.ceil(n / IMPLICIT_SAMPLE_STEP - ROUNDING_GUARD) * IMPLICIT_SAMPLE_STEP
    return Belief(likelihood, 1 + rounded * expected, 1 + rounded * (1 - expected))


def audit_risk_prior(
    likelihood: Likelihood,
    *,
    tolerable: float,
    inherent_risk: float,
    control_risk: float,
    expected_errors: float = 0,
    confidence: float = 0.95,
) -> Belief:
    """The prior worth as many clean items as the assessed risks save: audit risk = inherent x control x detection."""
    audit_risk = 1 - confidence
    detection_risk = audit_risk / (inherent_risk * control_risk) if inherent_risk > 0 < control_risk else 1.0
    if not 0 < detection_risk < 1:
        raise _impossible(f"an inherent risk of {inherent_risk} and a control risk of {control_risk}")
    full = plan_sample(
        tolerable=tolerable, confidence=confidence, likelihood=likelihood, expected_errors=expected_errors
    )
    reduced = plan_sample(
        tolerable=tolerable, confidence=1 - detection_risk, likelihood=likelihood, expected_errors=expected_errors
    )
    return Belief(likelihood, 1.0, float(full.n - reduced.n))


def plan_with_prior(
    prior: Belief,
    *,
    tolerable: float,
    expected_errors: float = 0,
    expected_rate: float | None = None,
    confidence: float = 0.95,
    largest: int = LARGEST_SAMPLE,
) -> int:
    """The smallest n after which, with the expected errors, the belief's `confidence` quantile is below `tolerable`."""
    check_rate(tolerable, name="tolerable rate", where="tolerable rate")

    def suffices(n: int) -> bool:
        errors = expected_errors if expected_rate is None else expected_rate * n
        if prior.likelihood is Likelihood.BINOMIAL and expected_rate is not None:
            errors = math.ceil(errors - ROUNDING_GUARD)
        return errors <= n and prior.updated(errors, n).quantile(confidence) < tolerable

    if expected_rate is None:
        n = smallest_n(suffices, max(1, math.ceil(expected_errors)), largest)
    else:  # a rate's errors step up with n, so the condition may hold, fail and hold again
        n = next((size for size in range(1, largest + 1) if suffices(size)), None)
    if n is None:
        raise _impossible(f"no sample of up to {largest:,} items: the expected errors are too close to {tolerable:.2%}")
    return n


def _implicit_sample(likelihood: Likelihood, expected: float, *, rate: float, probability: float) -> Belief:
    def belief(n: float) -> Belief:
        clean = n if likelihood is Likelihood.POISSON else 1 + n * (1 - expected)
        return Belief(likelihood, 1 + n * expected, clean)

    def excess(n: float) -> float:
        return belief(n).probability_below(rate) - probability

    high = 1.0
    while excess(high) < 0 and high < 1e9:
        high *= 2
    lowest = 1e-9
    if excess(lowest) >= 0:
        return belief(lowest)
    return belief(float(optimize.brentq(excess, lowest, high, xtol=1e-12, rtol=1e-14)))


def _impossible(what: str) -> UsageError:
    return UsageError(
        f"No prior or plan fits {what}.",
        where="prior",
        mend="state an expected rate below the limit, and risks between 0 and 1 whose product exceeds the audit risk",
    )
