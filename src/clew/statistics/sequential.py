"""A sample that may stop as soon as it is sure: an e-process that stays valid however often one looks.

Items are reviewed one at a time in the drawn order. After each, the e-value says how many times likelier what was seen
is under the expected rate than under a rate just intolerable; when it reaches 1/risk the review may stop. By Ville's
inequality the chance that it ever does so, if the rate is truly intolerable, is at most the risk, whenever one stops.
The intolerable side is exact for drawing without replacement from a frame of known size: at exactly the intolerable
number of errors the e-value is a martingale of mean 1. It passes 1/risk only at a sound item, by a factor of at most
(1 - expected) / (1 - tolerable), and what never passes ends near 0, so the chance of false assurance is the risk less
that overshoot (4.8% for a risk of 5%, a tolerable rate of 5% and 1% expected); `prospect` works it out. Source: Wald,
Sequential Analysis (1947); Waudby-Smith and Ramdas, Confidence sequences for sampling without replacement, NeurIPS 33
(2020).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from clew.core import UsageError
from clew.statistics.bounds import check_rate, errors_at_rate
from clew.statistics.planning import check_population

LEAST_CHANCE = 1e-16
"""States of a review less likely than this are left out of an exact prospect."""


class Decision(StrEnum):
    """What the review so far allows one to say."""

    CONTINUE = "continue"
    TOLERABLE = "tolerable"
    NOT_TOLERABLE = "not_tolerable"


@dataclass(frozen=True)
class SequentialResult:
    """Where the review stands after `reviewed` items (or where it stopped)."""

    decision: Decision
    reviewed: int
    errors: int
    e_value: float
    tolerable: float
    risk: float

    @property
    def sentence(self) -> str:
        """The result as a board can read it."""
        seen = f"{self.errors} error{'' if self.errors == 1 else 's'} in {self.reviewed} reviewed"
        return {
            Decision.TOLERABLE: f"{seen}: the rate is shown to be below {self.tolerable:.1%}, "
            f"with at most {self.risk:.0%} risk of saying so wrongly, whenever the review was stopped.",
            Decision.NOT_TOLERABLE: f"{seen}: the rate is at or above {self.tolerable:.1%}; that many were found.",
            Decision.CONTINUE: f"{seen}: not yet enough to say that the rate is below {self.tolerable:.1%}.",
        }[self.decision]


@dataclass(frozen=True)
class Prospect:
    """What a plan does at a true rate: the chance that it ends in assurance, that it ends in finding too many errors,
    the mean number of reviews (an upper bound by what is left undecided), and the most that `assured` could be short.
    """

    assured: float
    refuted: float
    mean_reviews: float
    slack: float


@dataclass(frozen=True)
class SequentialPlan:
    """A plan without a fixed size: `tolerable` and `expected` rates, the `risk` of false assurance, the frame's size.

    Validity does not depend on `expected`; only the speed does.
    """

    tolerable: float
    population: int
    expected: float
    risk: float = 0.05

    def __post_init__(self) -> None:
        check_population(self.population)
        check_rate(self.tolerable, name="tolerable rate", where="plan")
        check_rate(self.risk, name="risk", where="plan")
        check_rate(self.expected, name="expected rate", where="plan")
        if self.expected >= self.tolerable:
            raise UsageError(
                f"An expected rate of {self.expected:.2%} is not below the tolerable {self.tolerable:.2%}.",
                where="plan",
                why="no sample could tell the two apart",
                mend="expect less, or tolerate more",
            )

    @property
    def intolerable_errors(self) -> int:
        """The fewest errors in the frame that make its rate intolerable."""
        return errors_at_rate(self.tolerable, self.population)

    def log_e_values(self, outcomes: ArrayLike) -> NDArray[np.float64]:
        """log e after each item; `outcomes` are 0 and 1 in review order along the last axis (any leading axes)."""
        y = np.asarray(outcomes, dtype=float)
        before = np.arange(y.shape[-1])
        if y.shape[-1] > self.population:
            raise UsageError(
                f"{y.shape[-1]:,} reviews of a frame of {self.population:,} cannot be.",
                where="review",
                mend="give each item once",
            )
        found = np.cumsum(y, axis=-1) - y
        left = np.maximum(self.intolerable_errors - found, 0) / (self.population - before)
        bad = np.minimum(left, 1.0)
        bet = np.minimum(self.expected, bad)  # where errors have all but run out the null is likelier: bet nothing
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.where(y == 1, np.log(bet / bad), np.log((1 - bet) / (1 - bad)))
        # All that is left would have to be errors: a sound one proves the rate tolerable (+inf); 0/0 cannot occur.
        step = np.where(np.isnan(step), 0.0, step)
        return np.cumsum(step, axis=-1)

    def evaluate(self, outcomes: Sequence[int]) -> SequentialResult:
        """Where the review stands: the first moment at which it could stop, or its end."""
        y = np.asarray(outcomes, dtype=int)
        if not np.isin(y, (0, 1)).all():
            raise UsageError(
                "An outcome is neither 0 (as it should be) nor 1 (error).",
                where="review",
                mend="settle indeterminate items first; report the bounds with each taken either way",
            )
        if y.size == 0:
            return SequentialResult(Decision.CONTINUE, 0, 0, 1.0, self.tolerable, self.risk)
        log_e, errors = self.log_e_values(y), np.cumsum(y)
        sure = log_e >= math.log(1 / self.risk)
        refuted = errors >= self.intolerable_errors
        stops = np.flatnonzero(sure | refuted)
        at = int(stops[0]) if stops.size else y.size - 1
        decision = Decision.CONTINUE
        if stops.size:
            decision = Decision.NOT_TOLERABLE if refuted[at] else Decision.TOLERABLE
        elif y.size == self.population:  # a census: fewer errors than intolerable were found, and there are no more
            decision = Decision.TOLERABLE
        e_value = float(np.exp(min(700.0, float(log_e[at]))))
        return SequentialResult(decision, at + 1, int(errors[at]), e_value, self.tolerable, self.risk)

    def prospect(self, rate: float) -> Prospect:
        """What becomes of the review if the frame's true rate is `rate`: exact, by recursion over (reviewed, errors).

        The e-value after n reviews with k errors does not depend on their order, as long as the bet is the expected
        rate. Where errors have all but run out the bet is less, and it does; those paths are left there, with Ville's
        bound on the chance that they still reach 1/risk (`slack`, nothing to speak of).
        """
        size, null = self.population, self.intolerable_errors
        errors = min(size, round(rate * size))
        k, chance = np.zeros(1), np.ones(1)  # the counts of errors that still have a chance to speak of, and theirs
        assured = refuted = slack = mean = left = 0.0
        for n in range(1, size + 1):
            wrong = np.clip((errors - k) / (size - n + 1), 0, 1)
            k = np.append(k, k[-1] + 1)
            after = np.append(chance * (1 - wrong), 0.0)
            after[1:] += chance * wrong
            log_e = self._log_e_of(n, k)
            enough, sure = k >= null, log_e >= math.log(1 / self.risk)
            short = (null - k < self.expected * (size - n)) & ~enough & ~sure
            assured += after[sure & ~enough].sum()
            refuted += after[enough].sum()
            left += after[short].sum()
            slack += (after[short] * np.exp(log_e[short])).sum() * self.risk
            mean += n * after[enough | sure].sum()
            going = np.flatnonzero(~(enough | sure | short) & (after > LEAST_CHANCE))
            if not going.size:
                chance = np.zeros(1)
                break
            window = slice(going[0], going[-1] + 1)
            k, chance = k[window], np.where(enough | sure | short, 0.0, after)[window]
        census = float(chance.sum())
        return Prospect(
            assured=float(assured + (census if errors < null else 0.0)),
            refuted=float(refuted),
            mean_reviews=float(mean + size * (left + census)),
            slack=float(slack),
        )

    def _log_e_of(self, n: int, k: NDArray[np.float64]) -> NDArray[np.float64]:
        """log e after `n` reviews with `k` errors, in any order, the bet being the expected rate throughout."""
        size, null = self.population, self.intolerable_errors
        bet = k * math.log(self.expected) + (n - k) * math.log1p(-self.expected)
        errors_left, sound_left = null - k, size - null - (n - k)
        possible = (errors_left >= 0) & (sound_left >= 0)
        fall = special.gammaln(size - n + 1) - special.gammaln(size + 1)
        under = (
            special.gammaln(null + 1)
            - special.gammaln(np.where(possible, errors_left, 0) + 1)
            + special.gammaln(size - null + 1)
            - special.gammaln(np.where(possible, sound_left, 0) + 1)
            + fall
        )
        # So many sound ones that the null cannot be: sure. So many errors: refuted, whatever the e-value.
        return np.where(possible, bet - under, np.where(errors_left >= 0, np.inf, -np.inf))


def log_e_below(errors: int, n: int, rate: float) -> float:
    """log e against "the error rate is `rate` or more", from an unending stream: `errors` of `n` so far.

    The bet is spread evenly over every rate below `rate`, so that nothing need be guessed in advance; the e-value has
    mean at most 1 at every moment under any rate of `rate` or more, so one may look every night.
    """
    return _log_e(errors, n, rate, float(special.betainc(errors + 1, n - errors + 1, rate)), rate)


def log_e_above(errors: int, n: int, rate: float) -> float:
    """log e against "the error rate is `rate` or less": the same with the bet on every rate above."""
    return _log_e(errors, n, rate, float(special.betaincc(errors + 1, n - errors + 1, rate)), 1 - rate)


def _log_e(errors: int, n: int, rate: float, share: float, width: float) -> float:
    if share <= 0:
        return -math.inf
    evidence = math.log(share) + float(special.betaln(errors + 1, n - errors + 1)) - math.log(width)
    return evidence - errors * math.log(rate) - (n - errors) * math.log1p(-rate)


def upper_bound_at_any_time(errors: int, n: int, *, risk: float) -> float:
    """The smallest error rate that `log_e_below` rules out: an upper limit that stays valid however often one looks."""
    if n == 0:
        return 1.0
    low, high = errors / n, 1 - 1e-12
    if low >= high or log_e_below(errors, n, high) < math.log(1 / risk):
        return 1.0
    return float(optimize.brentq(lambda rate: log_e_below(errors, n, rate) - math.log(1 / risk), max(low, 1e-12), high))
