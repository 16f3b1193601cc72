"""Bounds for a stratified sample: each stratum's own, and the population's, weighted by the strata's sizes.

The population's limit is the quantile of the size-weighted sum of the strata's confidence distributions (beta(1 + x,
n - x), or gamma(1 + x, n) under the Poisson). Others draw it by Monte Carlo; here the distributions are convolved on a
grid, so that the same sample gives the same limit for ever.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import signal, special

from clew.core import UsageError
from clew.statistics.bounds import Likelihood, check_rate, check_sample, upper_bound

GRID_STEPS = 40_000
"""Points over the range of the population's rate; the limit is then good to about one part in GRID_STEPS."""

TAIL = 1e-12
"""What is left out of an unbounded distribution at its far end."""


def population_estimate(errors: Sequence[float], n: Sequence[int], sizes: Sequence[int]) -> float:
    """The error rate of the population: the strata's rates weighted by their sizes."""
    x, drawn, weight = np.asarray(errors, float), np.asarray(n, float), np.asarray(sizes, float)
    return float((x / drawn) @ weight / weight.sum())


def population_upper_bound(
    errors: Sequence[float],
    n: Sequence[int],
    sizes: Sequence[int],
    *,
    confidence: float = 0.95,
    likelihood: Likelihood = Likelihood.BINOMIAL,
) -> float:
    """The one-sided upper limit of the population's error rate from a stratified sample."""
    check_rate(confidence, name="confidence", where="confidence")
    if not len(errors) == len(n) == len(sizes) or not sizes:
        raise UsageError(
            f"{len(errors)} numbers of errors, {len(n)} sample sizes and {len(sizes)} stratum sizes do not match.",
            where="strata",
            mend="give one of each for every stratum",
        )
    for x, drawn, size in zip(errors, n, sizes, strict=True):
        check_sample(x, drawn, size, likelihood)
        if drawn > size:
            raise UsageError(f"{drawn} items cannot be drawn from a stratum of {size}.", where="strata")
    if len(sizes) == 1:
        return upper_bound(errors[0], n[0], confidence=confidence, likelihood=Likelihood.BINOMIAL)
    weights = np.asarray(sizes, float) / sum(sizes)
    ends = [weight * _far_end(x, drawn, likelihood) for weight, x, drawn in zip(weights, errors, n, strict=True)]
    step = sum(ends) / GRID_STEPS
    mass: NDArray[np.float64] = np.ones(1)
    offset = 0.0
    for weight, x, drawn, end in zip(weights, errors, n, ends, strict=True):
        edges = np.arange(0, int(end / step) + 2) * step
        cells = np.diff(_cdf(edges / weight, x, drawn, likelihood))
        mass = signal.fftconvolve(mass, cells)
        offset += step / 2  # the mass of a cell sits at its middle
    cumulative = np.cumsum(mass)
    index = int(np.searchsorted(cumulative, confidence))
    before = cumulative[index - 1] if index else 0.0
    within = (confidence - before) / (cumulative[index] - before)
    return float((index - 0.5 + within) * step + offset)


def _cdf(rate: NDArray[np.float64], x: float, n: int, likelihood: Likelihood) -> NDArray[np.float64]:
    if likelihood is Likelihood.POISSON:
        return np.asarray(special.gammainc(1 + x, rate * n))
    if x == n:
        return np.where(rate >= 1, 1.0, 0.0)
    return np.asarray(special.betainc(1 + x, n - x, np.minimum(rate, 1.0)))


def _far_end(x: float, n: int, likelihood: Likelihood) -> float:
    if likelihood is Likelihood.POISSON:
        return float(special.gammaincinv(1 + x, 1 - TAIL)) / n
    return 1.0 if x == n else float(special.betaincinv(1 + x, n - x, 1 - TAIL))
