"""Ridge-penalised logistic regression with signs: the joint fit.

Minimises ``sum w (log(1 + e^z) - y z) + c' P c / 2`` over c, where z = X c + offset, and some of c are held at or above
0 or at or below it, by projected Newton steps (Bertsekas 1982). scikit-learn's logistic regression has one penalty for
all weights and no signs; a test holds that the two agree where both can be asked.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from clew.links.events import Floats, Integers

_STEPS = 60
_CLOSE = 1e-9
_LEAST_STEP = 1e-6


def fit_weights(
    columns: Floats, linked: Floats, weight: Floats, *, penalty: Floats, sign: Integers, offset: Floats
) -> Floats:
    """(k,) weights of `columns` (p, k). linked: (p,) 0 or 1. weight: (p,). penalty: (k, k). sign: (k,) 1, -1 or 0."""
    low, high = np.where(sign > 0, 0.0, -np.inf), np.where(sign < 0, 0.0, np.inf)
    fitted = np.zeros(columns.shape[1])

    def loss(of: Floats) -> float:
        z = columns @ of + offset
        return float((weight * (np.logaddexp(0.0, z) - linked * z)).sum() + of @ penalty @ of / 2)

    least = loss(fitted)
    for _ in range(_STEPS):
        share = expit(columns @ fitted + offset)
        gradient = columns.T @ (weight * (share - linked)) + penalty @ fitted
        held = ((fitted <= low) & (gradient > 0)) | ((fitted >= high) & (gradient < 0))
        free = np.flatnonzero(~held)
        bend = (columns[:, free] * (weight * share * (1 - share))[:, None]).T @ columns[:, free] + penalty[
            np.ix_(free, free)
        ]
        step = np.zeros_like(fitted)
        step[free] = -np.linalg.solve(bend + _CLOSE * np.eye(len(free)), gradient[free])
        length = 1.0
        while True:
            tried = np.clip(fitted + length * step, low, high)
            now = loss(tried)
            if now <= least + 1e-4 * float(gradient @ (tried - fitted)) or length < _LEAST_STEP:
                break
            length /= 2
        gained, fitted, least = least - now, tried, now
        if gained < _CLOSE * abs(least):
            break
    return fitted


def smoothness(widths: list[int], ridges: list[float], *, smooth: float) -> Floats:
    """The penalty matrix of parts of these widths: each part's ridge, and `smooth` on how slopes differ."""
    penalty = np.zeros((sum(widths), sum(widths)))
    start = 0
    for width, ridge in zip(widths, ridges, strict=True):
        here = slice(start, start + width)
        penalty[here, here] = ridge * np.eye(width)
        if width > 1:
            turn = np.diff(np.eye(width), axis=0)
            penalty[here, here] += smooth * turn.T @ turn
        start += width
    return penalty
