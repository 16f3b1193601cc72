"""Estimates of a total error from items drawn with equal chance: direct, difference, quotient, regression.

Used where each item has a recorded value (what the record says) and an audited one (what the file shows), such as
hours taken or sums owed. Classical survey estimators: Cochran, Sampling Techniques (1977), chapters 2, 6 and 7;
limits by Student's t on n - 1 degrees of freedom, as audit practice has it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy import special

from clew.core import UsageError
from clew.statistics.bounds import check_rate

Values = NDArray[np.float64]


class TotalMethod(StrEnum):
    """How the recorded values help: not at all, by difference, by ratio, by a fitted line."""

    DIRECT = "direct"
    DIFFERENCE = "difference"
    QUOTIENT = "quotient"
    REGRESSION = "regression"


@dataclass(frozen=True)
class TotalError:
    """The estimated total error, in the unit of the values, with its precision (half-width) and limits."""

    estimate: float
    precision: float

    @property
    def lower(self) -> float:
        """The lower limit."""
        return self.estimate - self.precision

    @property
    def upper(self) -> float:
        """The upper limit."""
        return self.estimate + self.precision


def estimate_total_error(
    recorded: Sequence[float],
    audited: Sequence[float],
    *,
    method: TotalMethod,
    population_items: int,
    population_total: float,
    confidence: float = 0.95,
) -> TotalError:
    """The total of (recorded - audited) over `population_items` whose recorded values add to `population_total`."""
    check_rate(confidence, name="confidence", where="confidence")
    book, audit = np.asarray(recorded, float), np.asarray(audited, float)
    if book.size != audit.size or book.size < 3:
        raise UsageError(
            f"{book.size} recorded and {audit.size} audited values cannot be compared.",
            where="sample",
            mend="give both values of at least three items, in the same order",
        )
    if book.sum() == 0 or (method is TotalMethod.REGRESSION and np.ptp(book) == 0):
        raise UsageError(
            f"The recorded values leave the {method.value} estimate undefined.",
            where="sample",
            why="they add to 0, or are all alike",
            mend="use the difference estimate",
        )
    n = book.size
    audited_total, residual_variance = _METHODS[method](book, audit, population_items, population_total)
    t = float(special.stdtrit(n - 1, (1 + confidence) / 2))
    return TotalError(population_total - audited_total, t * population_items * math.sqrt(residual_variance / n))


def _direct(book: Values, audit: Values, items: int, total: float) -> tuple[float, float]:
    return items * float(audit.mean()), float(audit.var(ddof=1))


def _difference(book: Values, audit: Values, items: int, total: float) -> tuple[float, float]:
    return total - items * float((book - audit).mean()), float((book - audit).var(ddof=1))


def _quotient(book: Values, audit: Values, items: int, total: float) -> tuple[float, float]:
    ratio = float(audit.sum() / book.sum())
    return ratio * total, float(((audit - ratio * book) ** 2).sum()) / (book.size - 1)


def _regression(book: Values, audit: Values, items: int, total: float) -> tuple[float, float]:
    covariance = np.cov(audit, book)
    slope = float(covariance[0, 1] / covariance[1, 1])
    fitted = items * float(audit.mean()) + slope * (total - items * float(book.mean()))
    return fitted, float(covariance[0, 0] - slope * covariance[0, 1])


_METHODS: dict[TotalMethod, Callable[[Values, Values, int, float], tuple[float, float]]] = {
    TotalMethod.DIRECT: _direct,
    TotalMethod.DIFFERENCE: _difference,
    TotalMethod.QUOTIENT: _quotient,
    TotalMethod.REGRESSION: _regression,
}
