"""Counts whose rate differs from unit to unit: gamma-Poisson tails and how unequal the rates are.

Two wards, homes or doctors with the same expected number of deaths do not have the same rate, for reasons that are no
crime: who lives there, who is on call, what is written down. A bare Poisson takes every such difference for a signal.
Here a unit's rate is its expectation times a gamma variable with mean 1 and shape k, so that its count is negative
binomial; 1/k is the variance of true rates relative to their mean ("dispersion"; 0 is a bare Poisson). Sources: Gill,
Groeneboom and de Jong, Elementary statistics on trial: the case of Lucia de Berk, Chance 31 (2018) 9-15; Greenwood and
Yule, JRSS 83 (1920) 255-279 (the distribution); Lawless, Canadian Journal of Statistics 15 (1987) 209-225 (its
likelihood); Clayton and Kaldor, Biometrics 43 (1987) 671-681 (moments with exposures).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from clew.core import UsageError

Values = NDArray[np.float64]

#: Relative variances of true rates among which the likelihood is searched: rates that differ by 1 % to sevenfold.
_SMALLEST, _LARGEST, _STEPS = 1e-4, 50.0, 160


def checked_counts(observed: ArrayLike, expected: ArrayLike, *, where: str) -> tuple[Values, Values]:
    """Counts and expectations as arrays of one shape; refuses NaN, negative or broken counts, and no exposure."""
    o, e = np.asarray(observed, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    if o.shape != e.shape or not np.isfinite(o).all() or (o < 0).any() or (o != np.floor(o)).any():
        raise UsageError(
            "A count is missing, negative or not whole.",
            where=where,
            why="a count that is not known says nothing; taking it for 0 would hide deaths",
            mend="give one whole number of deaths for each expectation, and leave out what is not known",
        )
    if not np.isfinite(e).all() or (e <= 0).any():
        raise UsageError(
            "An expectation is missing, zero or negative.",
            where=where,
            why="without exposure any death at all looks infinitely surprising",
            mend="leave units without exposure out, and say how many there were",
        )
    return o, e


def poisson_tail(observed: ArrayLike, expected: ArrayLike) -> Values:
    """P(X >= observed) of a bare Poisson: at least as many, the observed number included."""
    o, e = checked_counts(observed, expected, where="Poisson tail")
    return np.where(o == 0, 1.0, special.gammainc(np.maximum(o, 1.0), e))


def random_rate_tail(observed: ArrayLike, expected: ArrayLike, *, dispersion: ArrayLike) -> Values:
    """P(X >= observed) where the rate itself is random: mean `expected`, relative variance `dispersion` (0: Poisson).

    Negative binomial with shape k = 1/dispersion: P(X >= n) = I_p(n, k) with p = e / (e + k).
    """
    o, e = checked_counts(observed, expected, where="random-rate tail")
    spread = np.broadcast_to(_checked_dispersion(dispersion), o.shape)
    some = spread > 0
    shape = 1 / np.where(some, spread, 1.0)
    mixed = special.betainc(np.maximum(o, 1.0), shape, e / (e + shape))
    return np.where(o == 0, 1.0, np.where(some, mixed, special.gammainc(np.maximum(o, 1.0), e)))


def log_likelihood(observed: ArrayLike, expected: ArrayLike, *, dispersion: ArrayLike) -> Values:
    """log P(X = observed), element by element; arguments broadcast. `dispersion` 0 is a bare Poisson."""
    o, e = np.asarray(observed, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    spread = _checked_dispersion(dispersion)
    some = spread > 0
    shape = 1 / np.where(some, spread, 1.0)
    mixed = (
        special.gammaln(o + shape)
        - special.gammaln(shape)
        + special.xlogy(o, e / (e + shape))
        - shape * np.log1p(e / shape)
    )
    return np.asarray(np.where(some, mixed, special.xlogy(o, e) - e) - special.gammaln(o + 1))


def moment_dispersion(observed: ArrayLike, expected: ArrayLike) -> float:
    """Relative variance of true rates by moments: (sum (o - e)^2 - sum o) / sum e^2, at least 0.

    From Var(o) = e + d e^2 (Clayton and Kaldor 1987, with the overall rate already in `expected`).
    """
    o, e = checked_counts(observed, expected, where="dispersion")
    return max(0.0, float((((o - e) ** 2) - o).sum() / (e**2).sum()))


def fitted_dispersion(observed: ArrayLike, expected: ArrayLike) -> float:
    """Relative variance of true rates by maximum likelihood over the units, 0 where a bare Poisson fits as well."""
    o, e = checked_counts(observed, expected, where="dispersion")
    return float(_best(_profile(o, e).sum(axis=0)[None, :])[0])


def dispersion_without_each(observed: ArrayLike, expected: ArrayLike, *, baseline: ArrayLike = 0.0) -> Values:
    """For each unit the dispersion fitted to all the others, so that no unit's own excess widens its own limits.

    baseline: per unit, relative variance that is known already (of an expectation that was itself estimated); what
    is fitted comes on top of it.
    """
    o, e = checked_counts(observed, expected, where="dispersion")
    known = np.broadcast_to(np.asarray(baseline, dtype=np.float64), o.shape)
    profile = _profile(o, e, known)
    return _best(profile.sum(axis=0)[None, :] - profile)


_GRID = np.concatenate([[0.0], np.geomspace(_SMALLEST, _LARGEST, _STEPS)])


def _profile(o: Values, e: Values, known: Values | None = None) -> Values:
    """Log likelihood of every unit at every dispersion of the grid: (units, grid).

    Two gamma factors with relative variances a and b multiply to one with a + b + ab.
    """
    base = np.zeros_like(o) if known is None else known
    spread = base[:, None] + _GRID + base[:, None] * _GRID
    return log_likelihood(o[:, None], e[:, None], dispersion=spread)


def _best(totals: Values) -> Values:
    """Where each row of summed log likelihoods peaks, between grid points too."""
    peak = totals.argmax(axis=1)
    rows = np.arange(len(totals))
    inner = (peak > 1) & (peak < len(_GRID) - 1)
    middle = np.clip(peak, 1, len(_GRID) - 2)
    left, top, right = (totals[rows, middle + step] for step in (-1, 0, 1))
    bend = left - 2 * top + right
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = np.where(bend < 0, 0.5 * (left - right) / bend, 0.0)
    ratio = _GRID[2] / _GRID[1]
    return np.asarray(np.where(inner, _GRID[peak] * ratio ** np.clip(shift, -0.5, 0.5), _GRID[peak]))


def _checked_dispersion(dispersion: ArrayLike) -> Values:
    spread = np.asarray(dispersion, dtype=np.float64)
    if not np.isfinite(spread).all() or (spread < 0).any():
        raise UsageError(
            "A dispersion is missing or negative.", where="random rate", mend="give 0 (a bare Poisson) or more"
        )
    return spread
