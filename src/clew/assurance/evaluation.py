"""From a scored sample to what may be said: the rate, its exact limits, and how far the undecided could move it.

Two uncertainties are never mixed: *sampling* (other items could have been drawn), given by an interval with design
weights, and *not knowing* (items nobody could decide), given by taking all of them first as met and then as not met.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from clew.assurance.scoring.form import Answer
from clew.core import UsageError
from clew.statistics.bounds import Likelihood, upper_bound
from clew.statistics.strata import population_estimate, population_upper_bound


@dataclass(frozen=True)
class Evaluation:
    """The error rate (share not met) of the frame, from a sample.

    `worst_upper` is the upper limit with every undecided item taken as not met, `best_upper` as met; `rate` leaves the
    undecided out. `sampled` counts items with any answer, of a frame of `population`.
    """

    rate: float
    upper: float
    best_rate: float
    worst_rate: float
    best_upper: float
    worst_upper: float
    sampled: int
    undecided: int
    not_applicable: int
    population: int
    confidence: float
    tolerable: float | None

    @property
    def shown(self) -> bool:
        """Whether the rate is shown to be below the tolerable one even if every undecided item was not met."""
        return self.tolerable is not None and self.worst_upper < self.tolerable

    @property
    def sentence(self) -> str:
        """The result as a board can read it."""
        text = (
            f"Of {self.population:,} items {self.sampled} were reviewed. The share not meeting the standard is "
            f"estimated at {self.rate:.1%} and is below {self.upper:.1%} with {self.confidence:.0%} confidence."
        )
        if self.undecided:
            text += (
                f" {self.undecided} could not be decided: had all of them met it the limit would be "
                f"{self.best_upper:.1%}, had none {self.worst_upper:.1%}."
            )
        if self.tolerable is not None:
            held = "is" if self.shown else "is not"
            text += f" That the share is below {self.tolerable:.1%} {held} shown."
        return text


def evaluate(
    outcomes: pl.DataFrame,
    *,
    sizes: Mapping[str, int],
    confidence: float = 0.95,
    tolerable: float | None = None,
) -> Evaluation:
    """Evaluates `outcomes` (`item_id`, `stratum`, `answer`: an `Answer` value) drawn from strata of `sizes` items.

    One stratum: the exact hypergeometric limit. Several: the size-weighted limit of `statistics.strata`. An item that
    turned out not to be applicable shrinks its stratum in proportion. Raises `UsageError` for an empty stratum.
    """
    counts = (
        outcomes.group_by("stratum")
        .agg(
            pl.len().alias("drawn"),
            (pl.col("answer") == Answer.NOT_MET.value).sum().alias("not_met"),
            (pl.col("answer") == Answer.CANNOT_TELL.value).sum().alias("undecided"),
            (pl.col("answer") == Answer.NOT_APPLICABLE.value).sum().alias("not_applicable"),
        )
        .sort("stratum")
    )
    missing = sorted(set(sizes) - set(counts["stratum"]))
    applicable = counts["drawn"] - counts["not_applicable"]
    if missing or (applicable - counts["undecided"] < 1).any():
        raise UsageError(
            f"Stratum {missing[0]!r} has no scored item." if missing else "A stratum has no decided item.",
            where="evaluation",
            why="nothing can be said of a part of the frame that was not looked at",
            mend="score at least one item of every stratum, or leave the stratum out of the frame and say so",
        )
    frame_size = [
        round(sizes[name] * use / drawn)
        for name, use, drawn in zip(counts["stratum"], applicable, counts["drawn"], strict=True)
    ]
    not_met, undecided = counts["not_met"].to_list(), counts["undecided"].to_list()
    n = applicable.to_list()

    def limits(errors: list[int], drawn: list[int]) -> tuple[float, float]:
        if len(drawn) == 1:
            limit = upper_bound(
                errors[0],
                drawn[0],
                confidence=confidence,
                likelihood=Likelihood.HYPERGEOMETRIC,
                population=max(frame_size[0], drawn[0]),
            )
            return errors[0] / drawn[0], limit
        return (
            population_estimate(errors, drawn, frame_size),
            population_upper_bound(errors, drawn, frame_size, confidence=confidence),
        )

    rate, upper = limits(not_met, [size - gap for size, gap in zip(n, undecided, strict=True)])
    best_rate, best_upper = limits(not_met, n)
    worst_rate, worst_upper = limits([x + gap for x, gap in zip(not_met, undecided, strict=True)], n)
    return Evaluation(
        rate=rate,
        upper=upper,
        best_rate=best_rate,
        worst_rate=worst_rate,
        best_upper=best_upper,
        worst_upper=worst_upper,
        sampled=outcomes.height,
        undecided=sum(undecided),
        not_applicable=int(counts["not_applicable"].sum()),
        population=sum(sizes.values()),
        confidence=confidence,
        tolerable=tolerable,
    )
