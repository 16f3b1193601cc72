"""How far reviewers agree beyond chance, with its interval: AC1/AC2, Fleiss, Krippendorff, Conger, Brennan-Prediger.

Any number of reviewers, missing ratings allowed, agreement weighted by how near two answers are. Why several: a kappa
collapses when nearly every answer is "yes" (which is what a good service looks like); Gwet's AC1 does not. Formulas and
linearised variances: Gwet, Handbook of Inter-Rater Reliability, 4th ed. (2014), chapters 2 to 6; Krippendorff (2011).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy import special

from clew.core import UsageError
from clew.statistics.bounds import check_rate

Matrix = NDArray[np.float64]


class Coefficient(StrEnum):
    """Which chance-corrected coefficient."""

    AC = "ac"
    FLEISS = "fleiss"
    ALPHA = "alpha"
    CONGER = "conger"
    BRENNAN_PREDIGER = "brennan-prediger"


class Weights(StrEnum):
    """How much credit two different answers get: none, by rank, or by squared distance of their values."""

    UNWEIGHTED = "unweighted"
    ORDINAL = "ordinal"
    LINEAR = "linear"
    QUADRATIC = "quadratic"


@dataclass(frozen=True)
class Agreement:
    """A coefficient with what it is made of: observed and chance agreement, standard error, limits, cases used."""

    coefficient: Coefficient
    value: float
    observed: float
    by_chance: float
    standard_error: float
    lower: float
    upper: float
    cases: int

    @property
    def sentence(self) -> str:
        """The result as a board can read it."""
        return (
            f"Reviewers gave the same answer on {self.observed:.0%} of what they both scored; beyond chance that is "
            f"{self.coefficient.value} = {self.value:.2f} (95% interval {self.lower:.2f} to {self.upper:.2f})."
        )


@dataclass(frozen=True)
class _Scores:
    """Counts per case and category (n x q), category weights (q x q), and per-case agreement."""

    cases: int
    ratings: Matrix
    categories: Matrix
    counts: Matrix
    weights: Matrix

    @property
    def raters(self) -> Matrix:
        return np.asarray(self.counts.sum(axis=1))

    @property
    def agreeing(self) -> Matrix:
        """Weighted pairs of agreeing answers in each case."""
        return np.asarray((self.counts * (self.counts @ self.weights.T - 1)).sum(axis=1))

    @property
    def pair_agreement(self) -> Matrix:
        """Agreement within each case, 0 where only one reviewer scored it."""
        pairs = self.raters * (self.raters - 1)
        return self.agreeing / np.where(pairs == 0, 1, pairs)

    @property
    def shares(self) -> Matrix:
        """Share of each case's answers in each category."""
        return self.counts / self.raters[:, None]


def agreement(
    ratings: Sequence[Sequence[float | None]],
    *,
    coefficient: Coefficient = Coefficient.AC,
    weights: Weights = Weights.UNWEIGHTED,
    confidence: float = 0.95,
) -> Agreement:
    """The coefficient over `ratings`: a row a case, a column a reviewer, None where that reviewer did not score.

    Categories are the values that occur. The upper limit is cut at 1. Raises `UsageError` when no case was scored
    twice or only one answer was ever given.
    """
    check_rate(confidence, name="confidence", where="confidence")
    scores = _scores(ratings, weights, least_raters=2 if coefficient is Coefficient.ALPHA else 1)
    observed, chance, per_case = _COEFFICIENTS[coefficient](scores)
    value = (observed - chance) / (1 - chance)
    n = scores.counts.shape[0]
    error = float(np.sqrt(((per_case - value) ** 2).sum() / (n * (n - 1)))) if n > 1 else float("nan")
    half = float(special.stdtrit(scores.cases - 1, (1 + confidence) / 2)) * error
    return Agreement(coefficient, value, observed, chance, error, value - half, min(1.0, value + half), n)


def category_weights(categories: Matrix, kind: Weights) -> Matrix:
    """The q x q matrix of credit for answers k and l, 1 on its diagonal."""
    q = categories.size
    if kind is Weights.UNWEIGHTED:
        return np.eye(q)
    if kind is Weights.ORDINAL:
        apart = np.abs(np.subtract.outer(np.arange(q), np.arange(q)))
        return np.asarray(1 - (apart + 1) * apart / (q * (q - 1)))
    apart = np.abs(np.subtract.outer(categories, categories)) / (categories.max() - categories.min())
    return np.asarray(1 - (apart if kind is Weights.LINEAR else apart**2))


def _scores(ratings: Sequence[Sequence[float | None]], kind: Weights, *, least_raters: int) -> _Scores:
    widths = {len(row) for row in ratings}
    if len(widths) > 1:
        raise UsageError(
            f"Some cases have {min(widths)} columns and some {max(widths)}.",
            where="ratings",
            mend="give every case a place for every reviewer, empty where that one did not score",
        )
    table = np.array([[np.nan if value is None else value for value in row] for row in ratings], dtype=float)
    if table.ndim != 2 or ((~np.isnan(table)).sum(axis=1) >= 2).sum() < 2:
        raise UsageError(
            "Fewer than two cases were scored by two reviewers.",
            where="ratings",
            why="agreement cannot be measured",
            mend="score 15 to 20 in a hundred cases twice",
        )
    scored = (~np.isnan(table)).sum(axis=1)
    cases = int((scored > 0).sum())
    table = table[scored >= least_raters]
    categories = np.unique(table[~np.isnan(table)])
    if categories.size < 2:
        raise UsageError(
            f"Only one answer ({categories[0]:g}) was ever given.",
            where="ratings",
            why="agreement beyond chance is not defined when nothing else could be seen",
            mend="report the raw agreement, which is complete, and the number of cases",
        )
    counts = (table[:, :, None] == categories).sum(axis=1).astype(float)
    return _Scores(cases, table, categories, counts, category_weights(categories, kind))


def _observed(scores: _Scores) -> float:
    return float(scores.pair_agreement.sum() / (scores.raters >= 2).sum())


def _linearised(scores: _Scores, observed: float, chance: float, chance_per_case: Matrix) -> Matrix:
    """Each case's influence on the coefficient (Gwet 2014, section 5.3)."""
    twice = scores.raters >= 2
    value = (observed - chance) / (1 - chance)
    own = (twice.size / twice.sum()) * (scores.pair_agreement - chance * twice) / (1 - chance)
    return np.asarray(own - 2 * (1 - value) * (chance_per_case - chance) / (1 - chance))


def _gwet(scores: _Scores) -> tuple[float, float, Matrix]:
    q = scores.categories.size
    scale = scores.weights.sum() / (q * (q - 1))
    share = scores.shares.mean(axis=0)
    observed, chance = _observed(scores), float(scale * (share * (1 - share)).sum())
    return observed, chance, _linearised(scores, observed, chance, scale * (scores.shares @ (1 - share)))


def _fleiss(scores: _Scores) -> tuple[float, float, Matrix]:
    share = scores.shares.mean(axis=0)
    mean_weight = (scores.weights + scores.weights.T) / 2 @ share
    observed, chance = _observed(scores), float(share @ scores.weights @ share)
    return observed, chance, _linearised(scores, observed, chance, scores.shares @ mean_weight)


def _brennan_prediger(scores: _Scores) -> tuple[float, float, Matrix]:
    observed, chance = _observed(scores), float(scores.weights.mean())
    per_case = np.full(scores.counts.shape[0], chance)
    return observed, chance, _linearised(scores, observed, chance, per_case)


def _krippendorff(scores: _Scores) -> tuple[float, float, Matrix]:
    raters = scores.raters
    n, mean_raters = raters.size, float(raters.mean())
    small = 1 / (n * mean_raters)  # the correction for a small number of answers
    share = scores.counts.mean(axis=0) / mean_raters
    chance = float(share @ scores.weights @ share)
    agreeing = scores.agreeing / (mean_raters * (raters - 1))
    uncorrected = float(agreeing.mean())
    observed = (1 - small) * uncorrected + small
    unbalanced = (raters - mean_raters) / mean_raters
    own = (agreeing - uncorrected * unbalanced - chance) / (1 - chance)
    mean_weight = (scores.weights + scores.weights.T) / 2 @ share
    by_chance = scores.counts @ mean_weight / mean_raters - chance * unbalanced
    # The variance is that of alpha before the small-sample correction, moved to where the corrected value lies.
    before = (uncorrected - chance) / (1 - chance)
    per_case = own - 2 * (1 - before) * (by_chance - chance) / (1 - chance)
    return observed, chance, np.asarray(per_case + (observed - uncorrected) / (1 - chance))


def _conger(scores: _Scores) -> tuple[float, float, Matrix]:
    """Chance is two *different* reviewers, each with own habits, agreeing."""
    given = ~np.isnan(scores.ratings)  # n x r
    answers = (scores.ratings[:, :, None] == scores.categories).astype(float)  # n x r x q
    n, r = given.shape
    scored = given.sum(axis=0)
    habits = answers.sum(axis=0) / scored[:, None]  # r x q
    weights = (scores.weights + scores.weights.T) / 2
    total = habits.sum(axis=0)
    pairs = r * (r - 1)
    chance = float((total @ weights @ total - np.einsum("gk,kl,gl->", habits, weights, habits)) / pairs)
    # A case moves reviewer g's habits by its own answer less what that reviewer usually says, scaled to those scored.
    moved = (n / scored)[None, :, None] * (answers - given[:, :, None] * habits) + habits
    per_case = np.einsum("igk,kl,gl->i", moved, weights, total[None, :] - habits) / pairs
    observed = _observed(scores)
    return observed, chance, _linearised(scores, observed, chance, per_case)


_COEFFICIENTS: dict[Coefficient, Callable[[_Scores], tuple[float, float, Matrix]]] = {
    Coefficient.AC: _gwet,
    Coefficient.FLEISS: _fleiss,
    Coefficient.ALPHA: _krippendorff,
    Coefficient.CONGER: _conger,
    Coefficient.BRENNAN_PREDIGER: _brennan_prediger,
}
