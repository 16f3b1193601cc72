"""Lays out a time-line: when each event happened and when the force first knew of it, on one axis, in percent.

Percent, not units, so that a drawn track is as wide as its place on the page and its text is never scaled.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from clew.publish.facts import EventFacts
from clew.publish.wording import MONTHS

_MOST_TICKS = 4
_MARGIN_PERCENT = 4.0


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A mark on the axis, at percent of its width."""

    at: float
    label: str


@dataclass(frozen=True, kw_only=True)
class Track:
    """One event's place on the axis, in percent: happened between start and end, known from `known`."""

    start: float
    end: float
    known: float


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """Tracks by event id, the axis's ticks, and where "as known at" lies, all in percent of the width."""

    tracks: dict[str, Track]
    ticks: tuple[Tick, ...]
    as_of: float


def timeline(events: Sequence[EventFacts], *, as_of: datetime, zone: ZoneInfo) -> Timeline:
    """The time-line of `events`, from the earliest to the instant `as_of`; days and months are those of `zone`."""
    moments = [as_of, *(moment for event in events for moment in (event.occurred_from, _end(event), event.known_at))]
    first, last = min(moments), max(moments)
    span = max(last - first, timedelta(hours=6))

    def percent(moment: datetime) -> float:
        return round(_MARGIN_PERCENT + (100 - 2 * _MARGIN_PERCENT) * ((moment - first) / span), 2)

    tracks = {
        event.event_id: Track(
            start=percent(event.occurred_from), end=percent(_end(event)), known=percent(event.known_at)
        )
        for event in events
    }
    ticks = tuple(Tick(at=percent(moment), label=label) for moment, label in _ticks(first, first + span, zone))
    return Timeline(tracks=tracks, ticks=ticks, as_of=percent(as_of))


def _end(event: EventFacts) -> datetime:
    return max(event.occurred_to or event.occurred_from, event.occurred_from)


#: Steps of the axis from fine to coarse: hours, days or months apart.
_STEPS: tuple[tuple[str, int], ...] = (
    *(("hours", step) for step in (1, 3, 6, 12)),
    *(("days", step) for step in (1, 2, 5, 10)),
    *(("months", step) for step in (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200)),
)


def _ticks(first: datetime, last: datetime, zone: ZoneInfo) -> list[tuple[datetime, str]]:
    """At most `_MOST_TICKS` round civil times between the two, at the finest step that allows it."""
    hours = (last - first) / timedelta(hours=1)
    for unit, step in _STEPS:
        if hours / (step * {"hours": 1, "days": 24, "months": 730}[unit]) > _MOST_TICKS + 1:
            continue
        moments = list(_civil(first, last, (unit, step), zone))
        if len(moments) <= _MOST_TICKS:
            return list(zip(moments, _labels([moment.astimezone(zone) for moment in moments], unit, step), strict=True))
    return []


def _civil(first: datetime, last: datetime, step: tuple[str, int], zone: ZoneInfo) -> Iterator[datetime]:
    """The round civil times of `zone` within [first, last]."""
    unit, size = step
    local = first.astimezone(zone).replace(tzinfo=None, minute=0, second=0, microsecond=0)
    local = local.replace(hour=local.hour // size * size if unit == "hours" else 0)
    if unit == "days":
        local = local.replace(day=(local.day - 1) // size * size + 1)
    if unit == "months":
        months = (local.year * 12 + local.month - 1) // size * size
        local = local.replace(year=max(months // 12, 1), month=months % 12 + 1, day=1)
    while (moment := local.replace(tzinfo=zone).astimezone(UTC)) <= last:
        if moment >= first:
            yield moment
        if unit == "hours":
            local += timedelta(hours=size)
        elif unit == "days":
            after = local + timedelta(days=size)
            # Days are counted from the first of each month, so that the marks stay at round dates.
            local = after if after.month == local.month and after.day <= 31 - size // 2 else _next_month(local, 1)
        else:
            local = _next_month(local, size)


def _next_month(local: datetime, months: int) -> datetime:
    count = local.year * 12 + local.month - 1 + months
    return local.replace(year=min(count // 12, 9998), month=count % 12 + 1, day=1)


def _labels(ticks: Sequence[datetime], unit: str, step: int) -> list[str]:
    """Labels of local times: the day or year is said at the first tick and where it changes."""
    labels = []
    for before, tick in zip([None, *ticks[:-1]], ticks, strict=True):
        month = MONTHS[tick.month - 1]
        if unit == "hours":
            same = before is not None and before.date() == tick.date()
            labels.append(f"{tick:%H:%M}" if same else f"{tick.day} {month} {tick:%H:%M}")
        elif unit == "days":
            labels.append(f"{tick.day} {month}")
        elif step >= 12:
            labels.append(f"{tick.year}")
        else:
            labels.append(month if before is not None and before.year == tick.year else f"{month} {tick.year}")
    return labels
