"""Lays out the chart of one control: share met by week, its limits, its target, and the status each night gave.

One layout for page and paper: `templates/control.svg.j2` and `board_pdf` draw it as it stands. Weeks (or four weeks,
where duties are few) are points of an individuals chart by the NHS rules; the limits start anew at the change, which
was made on purpose, and are fixed from the first points after it, so that a decay does not widen its own limits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from clew.assurance.control import Control, ControlStatus
from clew.statistics.control_chart import ChartPoint, Direction, PointType, control_chart

WIDTH, HEIGHT = 720.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 46.0, 12.0, 30.0, 34.0
FEWEST_A_POINT = 12
"""Duties a point should stand for: below it a week is too few, and four weeks are taken."""
FIXED_AFTER = 12
"""Points after the change that its limits come from: NHS practice asks for twelve at least."""
FEWEST_POINTS = 3
WEEK = 7
DECIDED = ("met", "met_late", "missed")
_MONTHS = (1, 3, 6, 12, 24)
_MOST_TICKS = 8


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A point: where, from which day, its share and of how many, and whether the chart calls it a concern."""

    x: float
    y: float
    day: date
    share: float
    duties: int
    concern: bool
    cause: str


@dataclass(frozen=True, kw_only=True)
class Band:
    """A stretch of nights of one status, and the first of them."""

    x0: float
    x1: float
    status: ControlStatus
    day: date


@dataclass(frozen=True, kw_only=True)
class Phase:
    """The limits of one phase of the chart."""

    x0: float
    x1: float
    mean: float
    upper: float
    lower: float


@dataclass(frozen=True, kw_only=True)
class ControlLayout:
    """Everything that is drawn, in units of a box of WIDTH by HEIGHT, y downwards."""

    marks: tuple[Mark, ...]
    bands: tuple[Band, ...]
    phases: tuple[Phase, ...]
    target_y: float
    change_x: float
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    days_a_point: int
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = WIDTH - RIGHT
    top: float = TOP
    bottom: float = HEIGHT - BOTTOM

    @property
    def line(self) -> str:
        """The points as an SVG path."""
        return "M" + " L".join(f"{mark.x:.1f} {mark.y:.1f}" for mark in self.marks) if self.marks else ""

    @property
    def concerns(self) -> tuple[Mark, ...]:
        """The points after the change that the chart calls a concern."""
        return tuple(mark for mark in self.marks if mark.concern and mark.x >= self.change_x)


def control_layout(
    duties: pl.DataFrame,
    control: Control,
    *,
    spans: Sequence[tuple[datetime, ControlStatus]],
    until: datetime,
    zone: ZoneInfo,
    since: datetime | None = None,
) -> ControlLayout:
    """The layout of `control` up to `until`.

    duties: of the rule, as known at `until`, those before the change too (`trigger_at`, `verdict`, `due`,
    `decided_at`). spans: from when each status held, in order. since: where the chart begins (default: half a year
    before the change, or the first duty).
    """
    until = until.astimezone(UTC)
    start = since or control.changed_at - timedelta(days=182)
    rows = _counted(duties, control, until).filter(pl.col("at") >= start)
    weeks = max((until - control.changed_at) / timedelta(days=WEEK), 1.0)
    step = WEEK if rows.filter(pl.col("at") > control.changed_at).height / weeks >= FEWEST_A_POINT else 4 * WEEK
    points = _points(rows, control.changed_at, step)
    charted = _charted(points, control)
    begin = min([control.changed_at, *(at for at, _, _ in points)])
    axes = _Axes(begin, until, _floor([*(met / n for _, met, n in points), control.target]))
    middle = timedelta(days=step / 2)
    marks = tuple(
        Mark(
            x=axes.x(at + middle),
            y=axes.y(met / n),
            day=at.astimezone(zone).date(),
            share=met / n,
            duties=n,
            concern=point is not None and point.kind is PointType.CONCERN,
            cause=point.cause.value if point is not None else "",
        )
        for (at, met, n), point in zip(points, charted, strict=True)
    )
    return ControlLayout(
        marks=marks,
        bands=_bands(spans, axes, zone),
        phases=_phases(points, charted, control, axes),
        target_y=axes.y(control.target),
        change_x=axes.x(control.changed_at),
        x_ticks=_x_ticks(axes, zone),
        y_ticks=tuple((axes.y(share), f"{share:.0%}") for share in _y_values(axes.floor)),
        days_a_point=step,
    )


@dataclass(frozen=True)
class _Axes:
    """Where a moment and a share lie."""

    begin: datetime
    until: datetime
    floor: float

    def x(self, moment: datetime) -> float:
        share = (moment - self.begin) / max(self.until - self.begin, timedelta(days=1))
        return LEFT + min(max(share, 0.0), 1.0) * (WIDTH - LEFT - RIGHT)

    def y(self, share: float) -> float:
        kept = min(max(share, self.floor), 1.0)
        return TOP + (1 - kept) / (1 - self.floor) * (HEIGHT - TOP - BOTTOM)


Point = tuple[datetime, int, int]


def _counted(duties: pl.DataFrame, control: Control, until: datetime) -> pl.DataFrame:
    at = pl.coalesce("due", "decided_at") if "due" in duties.columns else pl.col("decided_at")
    return (
        duties.filter((pl.col("rule") == control.rule) & pl.col("verdict").cast(pl.String).is_in(DECIDED))
        .select("trigger_at", at.alias("counts_at"), (pl.col("verdict") == "met").alias("met"))
        .filter(pl.col("counts_at") <= until)
        .select(pl.col("trigger_at").alias("at"), "met")
    )


def _points(rows: pl.DataFrame, anchor: datetime, step: int) -> list[Point]:
    """(start, met, decided) of each period of `step` days, counted both ways from the change, with any duty in it.

    By when duties arose: a period's duties are then all of one practice.
    """
    number = ((pl.col("at") - anchor).dt.total_seconds() / (86_400 * step)).floor().cast(pl.Int64).alias("number")
    grouped = rows.group_by(number).agg(pl.col("met").sum(), pl.len()).sort("number")
    return [(anchor + timedelta(days=step * k), int(met), int(n)) for k, met, n in grouped.iter_rows()]


def _charted(points: Sequence[Point], control: Control) -> list[ChartPoint | None]:
    """The chart's own view of each point, a phase before the change and one after; None where a phase is too short."""
    change = next((i for i, (at, _, _) in enumerate(points) if at >= control.changed_at), len(points))
    parts: list[ChartPoint | None] = []
    for own in (points[:change], points[change:]):
        if len(own) < FEWEST_POINTS:
            parts += [None] * len(own)
            continue
        shares = [met / n for _, met, n in own]
        parts += control_chart(shares, direction=Direction.INCREASE, fix_after=min(FIXED_AFTER, len(own))).points
    return parts


def _phases(
    points: Sequence[Point], charted: Sequence[ChartPoint | None], control: Control, axes: _Axes
) -> tuple[Phase, ...]:
    found = []
    for after in (False, True):
        own = [
            (at, point)
            for (at, _, _), point in zip(points, charted, strict=True)
            if (at >= control.changed_at) is after and point is not None
        ]
        if own:
            (first, point), (last, _) = own[0], own[-1]
            found.append(
                Phase(
                    x0=axes.x(first),
                    x1=axes.x(last + (own[1][0] - own[0][0])),
                    mean=axes.y(point.mean),
                    upper=axes.y(point.upper),
                    lower=axes.y(point.lower),
                )
            )
    return tuple(found)


def _bands(spans: Sequence[tuple[datetime, ControlStatus]], axes: _Axes, zone: ZoneInfo) -> tuple[Band, ...]:
    ends = [*(at for at, _ in spans[1:]), axes.until]
    return tuple(
        Band(x0=axes.x(at), x1=axes.x(end), status=status, day=at.astimezone(zone).date())
        for (at, status), end in zip(spans, ends, strict=True)
        if at < axes.until
    )


def _floor(shares: Sequence[float]) -> float:
    """Where the axis of shares begins: a tenth below the least, so that no point lies on it."""
    return max(0.0, math.floor((min(shares) - 0.02) * 10) / 10)


def _y_values(floor: float) -> list[float]:
    step = 0.05 if 1 - floor <= 0.25 else 0.1 if 1 - floor <= 0.6 else 0.2
    count = int(round((1 - floor) / step, 6))
    return [round(1 - step * k, 4) for k in range(count + 1)]


def _x_ticks(axes: _Axes, zone: ZoneInfo) -> tuple[tuple[float, str], ...]:
    """Firsts of months, at the finest step that leaves few enough."""
    local, last = axes.begin.astimezone(zone), axes.until.astimezone(zone)
    for step in _MONTHS:
        months = range(local.year * 12 + local.month, last.year * 12 + last.month)
        firsts = [datetime(m // 12, m % 12 + 1, 1, tzinfo=zone) for m in months if m % step == 0]
        if len(firsts) <= _MOST_TICKS:
            return tuple((axes.x(day), f"{day:%b %Y}") for day in firsts)
    return ()
