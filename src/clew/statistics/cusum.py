"""Risk-adjusted CUSUM and VLAD: is a run of failures longer than cases of that difficulty explain?

Each case brings its own expected risk p of failure, so that a unit with hard cases is not blamed for them. Scores are
log-likelihood ratios of "the odds of failure are R times what they should be" against "as they should be". Source:
Steiner, Cook, Farewell and Treasure, Biostatistics 1 (2000) 441-452; VLAD: Lovegrove et al., Lancet 350 (1997) 1128.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clew.core import UsageError
from clew.statistics.bounds import check_rate

Values = NDArray[np.float64]


def scores(risk: ArrayLike, failed: ArrayLike, *, odds_ratio: float) -> Values:
    """Steiner's score of each case: y log R - log(1 - p + R p)."""
    p, y = _cases(risk, failed)
    if odds_ratio <= 0 or odds_ratio == 1:
        raise UsageError(
            f"An odds ratio of {odds_ratio:g} watches for nothing.",
            where="CUSUM",
            mend="give 2 for worse, 0.5 for better",
        )
    return np.asarray(y * np.log(odds_ratio) - np.log(1 - p + odds_ratio * p))


def cusum(risk: ArrayLike, failed: ArrayLike, *, odds_ratio: float) -> Values:
    """The chart: it starts at 0, adds each score and never falls below 0. R > 1 watches for worse, R < 1 for better."""
    total, path = 0.0, []
    for score in scores(risk, failed, odds_ratio=odds_ratio):
        total = max(0.0, total + float(score))
        path.append(total)
    return np.asarray(path)


def vlad(risk: ArrayLike, failed: ArrayLike) -> Values:
    """Expected less observed failures so far: upward is better than expected, in cases."""
    p, y = _cases(risk, failed)
    return np.cumsum(p - y)


def false_alarm_length(*, risk: float, odds_ratio: float, threshold: float, states: int = 200) -> float:
    """How many cases pass between false alarms on average when nothing has changed: the in-control run length.

    A Markov chain over `states` points of the chart (Brook and Evans, Biometrika 59 (1972) 539-549), all cases at one
    `risk`; between two points the run length is interpolated, without which it comes out a tenth too long or more.
    """
    check_rate(risk, name="risk", where="CUSUM")
    width = threshold / states
    points = np.arange(states) * width
    moves = np.zeros((states, states))
    rows = np.arange(states)
    for y, chance in ((0.0, 1 - risk), (1.0, risk)):
        to = np.maximum(0.0, points + float(scores([risk], [y], odds_ratio=odds_ratio)[0])) / width
        inside = to < states
        lower = np.minimum(to.astype(int), states - 1)
        part = np.where(lower + 1 < states, to - lower, 0.0)
        np.add.at(moves, (rows[inside], lower[inside]), chance * (1 - part[inside]))
        np.add.at(moves, (rows[inside], np.minimum(lower + 1, states - 1)[inside]), chance * part[inside])
    return float(np.linalg.solve(np.eye(states) - moves, np.ones(states))[0])


def threshold_for(*, risk: float, odds_ratio: float, cases_between_false_alarms: float) -> float:
    """The lowest threshold, to 0.01, whose in-control run length is at least the one wanted."""
    low, high = 0.01, 1.0
    while false_alarm_length(risk=risk, odds_ratio=odds_ratio, threshold=high) < cases_between_false_alarms:
        high *= 2
    while high - low > 0.01:
        middle = (low + high) / 2
        enough = false_alarm_length(risk=risk, odds_ratio=odds_ratio, threshold=middle) >= cases_between_false_alarms
        low, high = (low, middle) if enough else (middle, high)
    return round(high, 2)


def _cases(risk: ArrayLike, failed: ArrayLike) -> tuple[Values, Values]:
    p, y = np.asarray(risk, float), np.asarray(failed, float)
    if p.shape != y.shape or not ((p > 0) & (p < 1)).all() or not np.isin(y, (0.0, 1.0)).all():
        raise UsageError(
            "Each case needs a risk between 0 and 1 and an outcome of 0 or 1.",
            where="CUSUM",
            mend="leave cases without an outcome out, and say how many there were",
        )
    return p, y
