"""Deadlines one at a time, with `datetime` and a walk along the calendar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from clew.standards.calendars import closed_days
from clew.standards.language.deadline import Deadline, DeadlineKind
from clew.standards.language.model import Standard, WorkCalendar

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
_DAY = timedelta(days=1)
Pauses = Sequence[tuple[int, int | None]]


def to_wall(instant: int, zone: ZoneInfo) -> datetime:
    """Local wall time, naive."""
    return (_EPOCH + instant * _US).astimezone(zone).replace(tzinfo=None, fold=0)


def to_instant(wall: datetime, zone: ZoneInfo) -> int:
    """The instant a wall time names; fold=0."""
    return (wall.replace(tzinfo=zone, fold=0).astimezone(UTC) - _EPOCH) // _US


def shifted(start: int, deadline: Deadline, zone: ZoneInfo, sign: int = 1) -> int:
    """`start` moved by civil days and elapsed time."""
    if deadline.days:
        start = to_instant(to_wall(start, zone) + sign * deadline.days * _DAY, zone)
    return start + sign * deadline.elapsed_us


def due_time(start: int, deadline: Deadline, standard: Standard, pauses: Pauses) -> int | None:
    """When a duty is due; None while its clock stands still."""
    if deadline.kind is DeadlineKind.WORKING_TIME:
        return _working_time(start, deadline, standard, pauses)
    due = _unpaused(start, deadline, standard)
    for begin, end in pauses:
        reached = begin < start or begin < due
        if not reached:
            break
        if end is None:
            return None
        if end > start:
            due += end - max(begin, start)
    return due


def _unpaused(start: int, deadline: Deadline, standard: Standard) -> int:
    zone = standard.zone
    match deadline.kind:
        case DeadlineKind.DURATION:
            return shifted(start, deadline, zone)
        case DeadlineKind.END_OF_DAY:
            day = to_wall(start, zone).date() + (deadline.days + 1) * _DAY
            return to_instant(datetime.combine(day, time()), zone) - 1
        case DeadlineKind.WORKING_DAYS:
            calendar = standard.calendars[deadline.calendar]
            day = to_wall(start, zone).date()
            left = deadline.days
            if not left:
                while not _worked(day, calendar):
                    day += _DAY
            while left:
                day += _DAY
                left -= _worked(day, calendar)
            if calendar.closes is None:
                return to_instant(datetime.combine(day + _DAY, time()), zone) - 1
            return max(start, to_instant(datetime.combine(day, calendar.closes), zone))
    raise AssertionError(deadline.kind)


def _worked(day: date, calendar: WorkCalendar) -> bool:
    return day.weekday() in calendar.working_days and day not in closed_days(calendar, day.year, day.year)


def _working_time(start: int, deadline: Deadline, standard: Standard, pauses: Pauses) -> int | None:
    """Walks through the working hours that are not paused until enough has been worked."""
    calendar, zone, left = standard.calendars[deadline.calendar], standard.zone, deadline.elapsed_us
    day = to_wall(start, zone).date() - _DAY
    while True:
        if _worked(day, calendar):
            ends = datetime.combine(day, calendar.closes) if calendar.closes else datetime.combine(day + _DAY, time())
            opens = to_instant(datetime.combine(day, calendar.opens), zone)
            spans, endless = _less(max(start, opens), to_instant(ends, zone), pauses)
            for begin, end in spans:
                if end - begin >= left:
                    return begin + left
                left -= end - begin
            if endless:
                return None
        day += _DAY


def _less(begin: int, end: int, pauses: Pauses) -> tuple[list[tuple[int, int]], bool]:
    """[begin, end) without the pauses in it, and whether one of them has begun by its end and goes on for ever."""
    spans = []
    for pause, resumed in pauses:
        if pause >= end:
            break
        if pause > begin:
            spans.append((begin, pause))
        if resumed is None:
            return spans, True
        begin = max(begin, resumed)
    if end > begin:
        spans.append((begin, end))
    return spans, False
