"""Individuals charts (XmR) with the NHS "Making Data Count" rules: has the process changed, and can it meet its target?

Limits are the mean plus and minus 2.66 times the mean moving range (exactly 2.66, as the NHS has it), the moving ranges
above 3.267 times their mean left out once. Special causes, in order of precedence: a point outside the limits; seven
points in a row rising or falling; two of three beyond two thirds of the way to a limit, all three on that side; seven
in a row on one side of the mean. Source: NHS England, Making Data Count; Wheeler, Understanding Variation (1993).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np
from numpy.typing import NDArray

from clew.core import UsageError

LIMIT_FACTOR = 2.66
SCREEN_FACTOR = 3.267
RUN = 7


class Direction(IntEnum):
    """Which way is better; with NEUTRAL neither is."""

    DECREASE = -1
    NEUTRAL = 0
    INCREASE = 1


class SpecialCause(StrEnum):
    """Why a point is not common cause; the words are those the NHS charts print."""

    NONE = "Common Cause"
    ABOVE = "Above UCL"
    BELOW = "Below LCL"
    RISING = "7 Point Trend (Increasing)"
    FALLING = "7 Point Trend (Decreasing)"
    NEAR_UPPER = "2 in 3 Above CL"
    NEAR_LOWER = "2 in 3 Below CL"
    HIGH_RUN = "7 Points Above CL"
    LOW_RUN = "7 Points Below CL"


class PointType(StrEnum):
    """What a point means, given which way is better."""

    COMMON_CAUSE = "common_cause"
    IMPROVEMENT = "special_cause_improvement"
    CONCERN = "special_cause_concern"
    NEUTRAL_HIGH = "special_cause_neutral_high"
    NEUTRAL_LOW = "special_cause_neutral_low"


class Assurance(StrEnum):
    """Whether the process, left as it is, will meet its target."""

    PASS = "consistent_pass"  # noqa: S105
    FAIL = "consistent_fail"
    INCONSISTENT = "inconsistent"


_HIGH = {SpecialCause.ABOVE, SpecialCause.RISING, SpecialCause.NEAR_UPPER, SpecialCause.HIGH_RUN}


@dataclass(frozen=True)
class ChartPoint:
    """One point with the limits that hold at it."""

    value: float
    mean: float
    lower: float
    upper: float
    cause: SpecialCause
    kind: PointType


@dataclass(frozen=True)
class ControlChart:
    """The chart: its points in order, and whether the target will be met (None without a target)."""

    points: tuple[ChartPoint, ...]
    assurance: Assurance | None


def control_chart(
    values: Sequence[float],
    *,
    direction: Direction,
    rebase_at: Sequence[int] = (),
    screen_outliers: bool = True,
    fix_after: int | None = None,
    target: float | None = None,
) -> ControlChart:
    """The chart of `values` in time order.

    `rebase_at`: positions (from 0) at which a new phase with limits of its own begins, because a change was made on
    purpose. `fix_after`: take limits from the first so many points of each phase. Raises `UsageError` for fewer than
    two points in a phase.
    """
    series = np.asarray(values, float)
    if series.size and not np.isfinite(series).all():
        raise UsageError(
            "The series has a missing or infinite value.",
            where=f"point {int(np.argmin(np.isfinite(series))) + 1}",
            why="a moving range across a gap means nothing",
            mend="leave the period out, or chart it when its data are complete",
        )
    starts = sorted({0, *rebase_at})
    points: list[ChartPoint] = []
    for start, end in zip(starts, [*starts[1:], series.size], strict=True):
        points.extend(_phase(series[start:end], direction, screen_outliers, fix_after))
    return ControlChart(tuple(points), _assurance(points[-1], direction, target))


def limits(values: NDArray[np.float64], *, screen_outliers: bool = True) -> tuple[float, float, float]:
    """Mean, lower and upper limit of one phase."""
    if values.size < 2:
        raise UsageError(
            f"A phase of {values.size} points has no limits.",
            where="control chart",
            why="variation shows only between points",
            mend="wait for at least two, better twelve, points after a change before rebasing",
        )
    ranges = np.abs(np.diff(values))
    if screen_outliers:
        ranges = ranges[ranges <= SCREEN_FACTOR * ranges.mean()]
    mean, half = float(values.mean()), LIMIT_FACTOR * float(ranges.mean())
    return mean, mean - half, mean + half


def _phase(values: NDArray[np.float64], direction: Direction, screen: bool, fix_after: int | None) -> list[ChartPoint]:
    mean, lower, upper = limits(values[:fix_after], screen_outliers=screen)
    side = np.sign(values - mean)
    outside = (values > upper) | (values < lower)
    near = ~outside & (np.abs(values - mean) > (upper - mean) * 2 / 3)
    step = np.concatenate([[0.0], np.sign(np.diff(values))])
    # In order of precedence: which points each rule marks, and on which side.
    rules = (
        (outside, side, SpecialCause.ABOVE, SpecialCause.BELOW),
        (_trend(step), _trend(step), SpecialCause.RISING, SpecialCause.FALLING),
        (_two_in_three(near, side), side, SpecialCause.NEAR_UPPER, SpecialCause.NEAR_LOWER),
        (_runs(side, RUN), side, SpecialCause.HIGH_RUN, SpecialCause.LOW_RUN),
    )
    points = []
    for i, value in enumerate(values):
        cause = next(
            (high if sign[i] > 0 else low for marked, sign, high, low in rules if marked[i]), SpecialCause.NONE
        )
        points.append(ChartPoint(float(value), mean, lower, upper, cause, _kind(cause, direction)))
    return points


def _runs(sign: NDArray[np.float64], length: int) -> NDArray[np.bool_]:
    """True at every point of any window of `length` points that share a sign other than 0."""
    marked = np.zeros(sign.size, dtype=bool)
    for end in range(length, sign.size + 1):
        window = sign[end - length : end]
        if window[0] != 0 and (window == window[0]).all():
            marked[end - length : end] = True
    return marked


def _trend(step: NDArray[np.float64]) -> NDArray[np.float64]:
    """+1 or -1 at every point of seven in a row that rise or fall: six steps, and the point before them."""
    direction = np.zeros(step.size)
    for end in range(RUN, step.size + 1):
        steps = step[end - RUN + 1 : end]
        if steps[0] != 0 and (steps == steps[0]).all():
            direction[end - RUN : end] = steps[0]
    return direction


def _two_in_three(near: NDArray[np.bool_], side: NDArray[np.float64]) -> NDArray[np.bool_]:
    marked = np.zeros(near.size, dtype=bool)
    for end in range(3, near.size + 1):
        window = slice(end - 3, end)
        if near[window].sum() >= 2 and (side[window] == side[end - 1]).all():
            marked[window] |= near[window]
    return marked


def _kind(cause: SpecialCause, direction: Direction) -> PointType:
    if cause is SpecialCause.NONE:
        return PointType.COMMON_CAUSE
    high = cause in _HIGH
    if direction is Direction.NEUTRAL:
        return PointType.NEUTRAL_HIGH if high else PointType.NEUTRAL_LOW
    return PointType.IMPROVEMENT if high == (direction is Direction.INCREASE) else PointType.CONCERN


def _assurance(last: ChartPoint, direction: Direction, target: float | None) -> Assurance | None:
    if target is None:
        return None
    if last.lower <= target <= last.upper:
        return Assurance.INCONSISTENT
    if direction is Direction.NEUTRAL:
        return None
    return Assurance.PASS if (target < last.lower) == (direction is Direction.INCREASE) else Assurance.FAIL
