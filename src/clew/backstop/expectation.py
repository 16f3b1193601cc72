"""How many deaths were to be expected at each unit in each period of the watch, and how sure that is.

A unit's size is not in the records, so it is had from its own past: the deaths before the watch, drawn towards what is
usual among its peers where they are few (gamma-Poisson, empirical Bayes; Clayton and Kaldor, Biometrics 43 (1987)
671-681). How that goes on is had from the peers alone, never from the unit itself (cross-fitted): for each age band
and sex, the peers' deaths in the period over their deaths before the watch, weighed by the unit's own mix. So season,
winters, late recording and changes of the whole force are in the expectation, and a unit's excess is not. An excess
that was there before the watch is taken for the unit's size: only a measure of size from outside could tell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from clew.statistics.random_rate import log_likelihood

Values = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Deaths of peers at which a cell's own course counts as much as that of all cells together (assumed).
_COURSE_WEIGHT = 20.0
#: Deaths of a unit at which its own mix of ages and sexes counts as much as the peers' (assumed).
_MIX_WEIGHT = 5.0


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """Of u units over m periods. observed, expected: (u, m). variance: (u,) relative variance of the expectation."""

    observed: Values
    expected: Values
    variance: Values


def expectation(before: Integers, during: Integers, *, new: Integers) -> Expectation:
    """From deaths before the watch (u, cells) and during it (u, cells, m), of units that are alike.

    Every unit has one death or more before the watch: of one without, nothing is known. new: (cells, m) deaths during
    the watch at such others of the kind. They belong to the course: units that had a death before are by that picked
    out, and so have fewer afterwards (regression to the mean), all units together do not.
    """
    own = before.sum(axis=1)
    peers_before = before.sum(axis=0) - before
    peers_during = during.sum(axis=0) + new - during
    all_before = np.maximum(peers_before.sum(axis=1), 1)
    overall = peers_during.sum(axis=1) / all_before[:, None]
    course = (peers_during + _COURSE_WEIGHT * overall[:, None, :]) / (peers_before + _COURSE_WEIGHT)[:, :, None]
    usual = peers_before / all_before[:, None]
    mix = (before + _MIX_WEIGHT * usual) / (own + _MIX_WEIGHT)[:, None]
    index = np.einsum("uc,ucm->um", mix, course)
    shape, mean = _sizes(own)
    posterior = shape + own
    size = posterior / (shape / mean + 1)
    # An expectation of exactly nothing would make the first death infinitely surprising.
    floor = 0.5 / (all_before[:, None] * during.shape[2])
    noise = 1 / posterior + 1 / all_before + 1 / np.maximum(peers_during.sum(axis=(1, 2)), 1)
    return Expectation(
        observed=during.sum(axis=1).astype(np.float64),
        expected=np.asarray(size[:, None] * np.maximum(index, floor)),
        variance=np.asarray(noise),
    )


def _sizes(own: Integers) -> tuple[float, float]:
    """Shape and mean of the gamma that the units' sizes come from, by maximum likelihood of counts of 1 or more.

    Units without a death before the watch are not seen, so that the counts are those of a negative binomial cut off
    at 0 (zero-truncated).
    """
    count, weight = np.unique(own.astype(np.float64), return_counts=True)

    def loss(parameters: Values) -> float:
        shape, mean = math.exp(parameters[0]), math.exp(parameters[1])
        seen = -math.expm1(-shape * math.log1p(mean / shape))
        return -float((weight * (log_likelihood(count, mean, dispersion=1 / shape) - math.log(seen))).sum())

    start = [0.0, math.log(max(float(own.mean()), 0.1))]
    found = optimize.minimize(loss, start, method="L-BFGS-B", bounds=[(-3.0, 5.0), (-3.0, 12.0)])
    return math.exp(float(found.x[0])), math.exp(float(found.x[1]))
