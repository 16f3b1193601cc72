"""CUSUM of observed against expected counts: has the rate risen at some time since the watch began?

Unlike the sequential test (`sprt`), which weighs the whole run, it forgets a quiet past: it adds each period's score
o log R - (R - 1) e and never falls below 0. Source: Lucas, Technometrics 27 (1985) 129-144 (Poisson counts); Aylin,
Best, Bottle and Marshall, Following Shipman, Lancet 362 (2003) 485-491 (deaths by practice, with a rate that differs
between practices). Its limit is simulated for the unit's own expectations, with the unit's rate drawn anew in each
run, so that units commonly different are not all alarms; the limit is that which a stated share of such units cross
in the time watched (multiplicity: choose the share for all units together).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clew.core import UsageError
from clew.statistics.random_rate import checked_counts
from clew.statistics.sprt import checked_ratio

Values = NDArray[np.float64]

#: Runs simulated at a time, so that memory stays within some 50 MB however many are asked for.
_CELLS_AT_A_TIME = 2_000_000


def rate_cusum(observed: ArrayLike, expected: ArrayLike, *, rate_ratio: float = 2.0) -> Values:
    """The chart after each period; periods along the last axis, any leading axes."""
    o, e = checked_counts(observed, expected, where="CUSUM")
    ratio = checked_ratio(rate_ratio, where="CUSUM")
    # max(0, s + x) at every step equals the sum less its lowest point so far (0 included).
    total = np.cumsum(o * math.log(ratio) - (ratio - 1) * e, axis=-1)
    return np.asarray(total - np.minimum(np.minimum.accumulate(total, axis=-1), 0.0))


def null_peaks(
    expected: ArrayLike, *, dispersion: float, rng: np.random.Generator, runs: int, rate_ratio: float = 2.0
) -> Values:
    """The highest point of the chart in each of `runs` imagined units in which nothing is wrong.

    expected: (periods,). dispersion: relative variance of such units' true rates; one rate is drawn for a whole run.
    """
    e = np.asarray(expected, dtype=np.float64)
    checked_counts(np.zeros_like(e), e, where="CUSUM")
    if runs < 1 or dispersion < 0 or not math.isfinite(dispersion):
        raise UsageError(
            "Nothing to simulate.", where="CUSUM", mend="give one run or more, and a dispersion of 0 or more"
        )
    peaks = []
    step = max(1, _CELLS_AT_A_TIME // max(1, e.size))
    for start in range(0, runs, step):
        size = min(step, runs - start)
        rate = rng.gamma(1 / dispersion, dispersion, size) if dispersion > 1e-9 else np.ones(size)
        counts = rng.poisson(rate[:, None] * e)
        peaks.append(rate_cusum(counts, np.broadcast_to(e, counts.shape), rate_ratio=rate_ratio).max(axis=1))
    return np.concatenate(peaks)


def limit_from(peaks: ArrayLike, *, share: float) -> float:
    """The lowest limit, just above one of the simulated peaks, that at most `share` of units reach by chance.

    The unit itself counts as one of the runs, so that the promise holds for any number of them: of n runs, at most
    floor(share (n + 1)) - 1 reach it. Infinite if there are too few runs to promise so little.
    """
    ordered = np.sort(np.asarray(peaks, dtype=np.float64))
    above = math.floor(share * (ordered.size + 1) + 1e-9) - 1
    if above < 0:
        return math.inf
    return float(np.nextafter(ordered[ordered.size - 1 - above], math.inf))
