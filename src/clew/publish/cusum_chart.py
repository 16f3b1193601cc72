"""Lays out a chart that is watched for crossing a limit: its steps, the limit and the months, in units of a view box.

The lowest line is 0; the limit and the highest point lie within the box whatever their size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from clew.publish.wording import MONTHS

WIDTH, HEIGHT = 640.0, 200.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 8.0, 8.0, 14.0, 26.0
_MOST_TICKS = 7


@dataclass(frozen=True, kw_only=True)
class ChartTick:
    """A month on the axis, at x."""

    x: float
    label: str


@dataclass(frozen=True, kw_only=True)
class CusumChart:
    """points: of the line, "x,y x,y ..."; limit: its y, None if it cannot be drawn; crossed: (x, y) or None."""

    width: float
    height: float
    points: str
    base: float
    limit: float | None
    crossed: tuple[float, float] | None
    ticks: tuple[ChartTick, ...]


def cusum_chart(
    path: Sequence[float], *, limit: float, ends: Sequence[datetime], crossed: int | None, zone: ZoneInfo
) -> CusumChart:
    """The chart of `path` (one value a period, below 0 drawn as 0) at the `ends` of its periods."""
    shown = [max(0.0, float(value)) for value in path]
    finite = math.isfinite(limit)
    top = 1.08 * max([*shown, limit if finite else 0.0, 1e-9])
    step = (WIDTH - _LEFT - _RIGHT) / len(shown)

    def x(period: int) -> float:
        return round(_LEFT + (period + 1) * step, 1)

    def y(value: float) -> float:
        return round(HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value / top, 1)

    points = [(_LEFT, y(0.0)), *((x(number), y(value)) for number, value in enumerate(shown))]
    every = -(-len(shown) // _MOST_TICKS)
    local = [end.astimezone(zone) for end in ends]
    return CusumChart(
        width=WIDTH,
        height=HEIGHT,
        points=" ".join(f"{across},{down}" for across, down in points),
        base=y(0.0),
        limit=y(limit) if finite else None,
        crossed=None if crossed is None else points[crossed + 1],
        ticks=tuple(
            ChartTick(x=x(number), label=f"{MONTHS[local[number].month - 1]} {local[number].year}")
            for number in range(every - 1, len(shown), every)
        ),
    )
