"""Sequential probability ratio test of an observed against an expected number of deaths.

After each period the log likelihood ratio says how much better "the rate is R times what was expected" explains the
whole run than "it is as expected"; it may be looked at every day. Crossing log((1 - beta) / alpha) speaks for the
raised rate, falling below log(beta / (1 - alpha)) for the expected one. Source: Spiegelhalter, Grigg, Kinsman and
Treasure, Risk-adjusted sequential probability ratio tests: applications to Bristol, Shipman and adult cardiac surgery,
International Journal for Quality in Health Care 15 (2003) 7-13; Wald, Sequential Analysis (1947).

Over-dispersion, where true rates differ between units for reasons that are no crime, can enter in two ways:
`quasi_ratio` divides by phi, the mean squared z-score over units (Spiegelhalter, Statistics in Medicine 24 (2005)
1185-1202); `random_rate_ratio` gives each unit a gamma rate, under either hypothesis. The latter is a ratio of two
probabilities of the whole run, so that the chance that it ever reaches 1/alpha, while nothing is wrong, is at most
alpha, whenever one looks (Ville's inequality): the thresholds hold for it without any approximation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from clew.core import UsageError
from clew.statistics.bounds import check_rate
from clew.statistics.random_rate import checked_counts

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Thresholds:
    """Where the test stops: at `upper` for the raised rate, at `lower` for the expected one (natural logarithms)."""

    lower: float
    upper: float


def thresholds(*, alpha: float, beta: float) -> Thresholds:
    """Wald's thresholds for a risk `alpha` of a false alarm and `beta` of a missed one."""
    check_rate(alpha, name="risk of a false alarm", where="SPRT")
    check_rate(beta, name="risk of a missed alarm", where="SPRT")
    return Thresholds(lower=math.log(beta / (1 - alpha)), upper=math.log((1 - beta) / alpha))


def poisson_ratio(observed: ArrayLike, expected: ArrayLike, *, rate_ratio: float = 2.0) -> Values:
    """Log likelihood ratio after each period, for a bare Poisson: sum of o log R - (R - 1) e (last axis: periods)."""
    o, e = checked_counts(observed, expected, where="SPRT")
    ratio = checked_ratio(rate_ratio, where="SPRT")
    return np.cumsum(o * math.log(ratio) - (ratio - 1) * e, axis=-1)


def quasi_ratio(observed: ArrayLike, expected: ArrayLike, *, phi: float, rate_ratio: float = 2.0) -> Values:
    """`poisson_ratio` divided by the over-dispersion `phi`; a phi below 1 counts as 1."""
    if not math.isfinite(phi) or phi <= 0:
        raise UsageError(f"An over-dispersion of {phi} cannot be.", where="SPRT", mend="give 1 or more")
    return poisson_ratio(observed, expected, rate_ratio=rate_ratio) / max(1.0, phi)


def random_rate_ratio(
    observed: ArrayLike, expected: ArrayLike, *, dispersion: ArrayLike, rate_ratio: float = 2.0
) -> Values:
    """Log likelihood ratio after each period, the unit's rate being a gamma variable times its expectation.

    With shape k = 1/dispersion the run so far depends on its totals O and E alone:
    O log R - (O + k) log((k + R E) / (k + E)). dispersion: one number, or one per unit (all axes but the last).
    """
    o, e = checked_counts(observed, expected, where="SPRT")
    ratio = checked_ratio(rate_ratio, where="SPRT")
    spread = np.asarray(dispersion, dtype=np.float64)[..., None]
    if not np.isfinite(spread).all() or (spread < 0).any():
        raise UsageError("A dispersion is missing or negative.", where="SPRT", mend="give 0 (a bare Poisson) or more")
    count, exposure = np.cumsum(o, axis=-1), np.cumsum(e, axis=-1)
    # (O + k) log(1 + x) with x = (R - 1) E / (k + E), written in 1/k so that k may be infinite.
    x = (ratio - 1) * exposure * spread / (1 + exposure * spread)
    tiny = np.where(spread > 0, spread, 1.0)
    mixed = count * math.log(ratio) - (count + 1 / tiny) * special.log1p(x)
    bare = count * math.log(ratio) - (ratio - 1) * exposure
    return np.asarray(np.where(spread > 1e-12, mixed, bare))


def first_crossing(path: ArrayLike, threshold: float) -> int | None:
    """Index of the first period at whose end `path` is at or above `threshold`; None if it never is."""
    crossed = np.flatnonzero(np.asarray(path) >= threshold)
    return int(crossed[0]) if crossed.size else None


def checked_ratio(rate_ratio: float, *, where: str) -> float:
    """`rate_ratio` if it watches for something: finite, above 1."""
    if not math.isfinite(rate_ratio) or rate_ratio <= 1:
        raise UsageError(
            f"A rate ratio of {rate_ratio:g} watches for no excess.", where=where, mend="give 2 for a doubled rate"
        )
    return rate_ratio
