"""How well reviewers agree on each rule, and rates corrected for their errors.

The correction is double sampling (Tenenbein, JASA 65 (1970) 1350-1361): every item has a first answer, the
double-scored ones also a settled answer; the share truly met among items first called met, and among those first called
not met, is learnt from the double-scored and applied to all. It assumes no error rates and stays within 0 and 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import polars as pl
from scipy import special

from clew.assurance.scoring.form import Answer
from clew.core import UsageError
from clew.statistics.agreement import Agreement, Coefficient, agreement

CODES = {Answer.MET.value: 1.0, Answer.NOT_MET.value: 0.0, Answer.NOT_APPLICABLE.value: 2.0}
"""CANNOT_TELL counts as no rating: a reviewer who could not tell has neither agreed nor disagreed."""


@dataclass(frozen=True)
class CorrectedRate:
    """The rate of met before and after correction, its interval, and what reviewers' errors were."""

    rule: str
    as_scored: float
    corrected: float
    lower: float
    upper: float
    wrongly_met: float
    wrongly_not_met: float
    scored: int
    double_scored: int

    @property
    def sentence(self) -> str:
        """The result as a board can read it."""
        return (
            f"{self.rule}: met in {self.as_scored:.0%} as scored and {self.corrected:.0%} corrected for reviewer error "
            f"(95% interval {self.lower:.0%} to {self.upper:.0%}; {self.scored} scored, {self.double_scored} twice)."
        )


def rule_agreement(answers: pl.DataFrame, rule: str, *, coefficient: Coefficient = Coefficient.AC) -> Agreement:
    """Agreement on `rule` over the double-scored items of `answers` (columns of `Sheet.answers`)."""
    twice = answers.filter((pl.col("rule") == rule) & pl.col("double"))
    pairs = twice.select(
        pl.col(part).replace_strict(CODES, default=None, return_dtype=pl.Float64) for part in ("first", "second")
    )
    return agreement(pairs.rows(), coefficient=coefficient)


def corrected_rate(answers: pl.DataFrame, rule: str, *, confidence: float = 0.95) -> CorrectedRate:
    """The share of applicable items that meet `rule`, corrected for reviewer error.

    `answers` has the columns of `Sheet.answers`. The settled answer of a double-scored item is taken as true. Raises
    `UsageError` when a first answer never occurs among the double-scored items although it occurs among the rest.
    """
    decided = (Answer.MET.value, Answer.NOT_MET.value)
    own = answers.filter((pl.col("rule") == rule) & pl.col("first").is_in(decided))
    both = own.filter(pl.col("double") & pl.col("final").is_in(decided))
    n = own.height
    rate = variance = between = 0.0
    wrong: dict[str, float] = {}
    for first in decided:
        share = own.filter(pl.col("first") == first).height / n if n else 0.0
        group = both.filter(pl.col("first") == first)
        if share and not group.height:
            raise UsageError(
                f"No item first called {first} on {rule} was scored twice and settled.",
                where="correction for reviewer error",
                why="nothing says how often such a call is right",
                mend="score more items twice, or settle the outstanding differences",
            )
        truly = group.filter(pl.col("final") == Answer.MET.value).height / group.height if group.height else 0.0
        rate += share * truly
        between += share * truly**2
        variance += share**2 * truly * (1 - truly) / group.height if group.height else 0.0
        wrong[first] = 1 - truly if first == Answer.MET.value else truly
    if not n:
        raise UsageError(f"No item was scored on {rule}.", where="correction for reviewer error")
    variance += (between - rate**2) / n
    half = float(special.ndtri((1 + confidence) / 2)) * math.sqrt(max(0.0, variance))
    met = own.filter(pl.col("first") == Answer.MET.value).height / n
    return CorrectedRate(
        rule=rule,
        as_scored=met,
        corrected=rate,
        lower=max(0.0, rate - half),
        upper=min(1.0, rate + half),
        wrongly_met=wrong[Answer.MET.value],
        wrongly_not_met=wrong[Answer.NOT_MET.value],
        scored=n,
        double_scored=both.height,
    )
