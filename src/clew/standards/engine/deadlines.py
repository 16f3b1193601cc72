"""Deadlines for many starts at once: civil days over clock changes, working days and hours, pauses.

All instants are microseconds UTC; the arithmetic happens in local civil time (`local_time`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from clew.standards.calendars import closed_days
from clew.standards.engine.arrays import NEVER, Ints, first_not_below, places_among
from clew.standards.engine.local_time import DAY_US, to_instants, to_local
from clew.standards.language.deadline import Deadline, DeadlineKind
from clew.standards.language.model import WorkCalendar

#: How many calendars' days are kept laid out.
_KEPT = 64


def shift(starts: Ints, deadline: Deadline, zone: ZoneInfo, *, backwards: bool = False) -> Ints:
    """`starts` moved by a duration: civil days first, then elapsed time."""
    sign = -1 if backwards else 1
    if deadline.days:
        starts = to_instants(to_local(starts, zone) + sign * deadline.days * DAY_US, zone)
    return starts + sign * deadline.elapsed_us


def due_times(starts: Ints, deadline: Deadline, *, zone: ZoneInfo, calendars: Mapping[str, WorkCalendar]) -> Ints:
    """When each duty that starts at `starts` is due; a response at that very microsecond is in time."""
    if not starts.size:
        return starts
    match deadline.kind:
        case DeadlineKind.DURATION:
            return shift(starts, deadline, zone)
        case DeadlineKind.END_OF_DAY:
            days = to_local(starts, zone) // DAY_US
            return to_instants((days + deadline.days + 1) * DAY_US, zone) - 1
        case DeadlineKind.WORKING_DAYS:
            return _working_days(starts, deadline.days, calendars[deadline.calendar], zone)
        case DeadlineKind.WORKING_TIME:
            clock = WorkingClock(calendars[deadline.calendar], zone, starts, deadline.elapsed_us)
            return clock.instant(clock.worked(starts) + deadline.elapsed_us)
        case DeadlineKind.COLUMN:
            raise AssertionError("a column's deadline is read from the trigger row")


def _year(local_day: int) -> int:
    return (date(1970, 1, 1) + timedelta(days=local_day)).year


def _days_of(first_year: int, last_year: int) -> Ints:
    """Every day of these years, counted from 1970-01-01."""
    bounds = (date(first_year, 1, 1), date(last_year, 12, 31))
    first, last = ((day - date(1970, 1, 1)).days for day in bounds)
    return np.arange(first, last + 1, dtype=np.int64)


def _week(calendar: WorkCalendar) -> list[bool]:
    return [day in calendar.working_days for day in range(7)]


def _working_days(starts: Ints, count: int, calendar: WorkCalendar, zone: ZoneInfo) -> Ints:
    days = to_local(starts, zone) // DAY_US
    first, ends = _ends_of_working_days(calendar, zone, count, _year(int(days.min())), _year(int(days.max())))
    due = ends[days - first]
    return due if calendar.closes is None else np.maximum(due, starts)


@lru_cache(maxsize=_KEPT)
def _ends_of_working_days(
    calendar: WorkCalendar, zone: ZoneInfo, count: int, first_year: int, last_year: int
) -> tuple[int, Ints]:
    """The first day of `first_year`, and for it and every day after it when `count` working days from it end."""
    days = _days_of(first_year, last_year)
    closed = closed_days(calendar, first_year, last_year + 1 + count // 200)
    due = np.busday_offset(
        days.astype("datetime64[D]"),
        count,
        roll="backward" if count else "forward",
        weekmask=_week(calendar),
        holidays=np.array(closed, dtype="datetime64[D]"),
    ).astype(np.int64)
    if calendar.closes is None:
        return int(days[0]), to_instants((due + 1) * DAY_US, zone) - 1
    return int(days[0]), to_instants(due * DAY_US + _of_day(calendar.closes), zone)


def _of_day(moment: time) -> int:
    return (moment.hour * 60 + moment.minute) * 60_000_000


@lru_cache(maxsize=_KEPT)
def _working_hours(calendar: WorkCalendar, zone: ZoneInfo, first_year: int, last_year: int) -> tuple[Ints, Ints, Ints]:
    """When each working day of these years opens and closes, and how long has been worked by its close."""
    days = _days_of(first_year, last_year)
    closed = np.array(closed_days(calendar, first_year, last_year), dtype="datetime64[D]")
    days = days[np.is_busday(days.astype("datetime64[D]"), weekmask=_week(calendar), holidays=closed)]
    opens = to_instants(days * DAY_US + _of_day(calendar.opens), zone)
    closes = to_instants(days * DAY_US + (_of_day(calendar.closes) if calendar.closes else DAY_US), zone)
    return opens, closes, np.cumsum(closes - opens)


class WorkingClock:
    """A clock that runs in working hours only: `worked` reads it, `instant` turns its reading back."""

    def __init__(self, calendar: WorkCalendar, zone: ZoneInfo, starts: Ints, length_us: int) -> None:
        first = int(to_local(starts[[starts.argmin()]], zone)[0] // DAY_US) - 1
        last = int(to_local(starts[[starts.argmax()]], zone)[0] // DAY_US) + 14
        closes = _of_day(calendar.closes) if calendar.closes else DAY_US
        per_day = closes - _of_day(calendar.opens)
        # Twice the days a full week would need, and a year for holidays.
        last += int(2 * length_us / per_day * 7 / len(calendar.working_days)) + 366
        self.opens, self.closes, self.ends = _working_hours(calendar, zone, _year(first), _year(last))

    def worked(self, instants: Ints) -> Ints:
        """Working time from the clock's beginning to each instant."""
        day = places_among(self.opens, instants) - 1
        inside = np.minimum(instants, self.closes[day]) - self.opens[day]
        before = np.where(day > 0, self.ends[day - 1], 0)
        return np.where(day < 0, 0, before + inside)

    def instant(self, worked: Ints) -> Ints:
        """The first instant at which the clock reads `worked`."""
        day = np.minimum(places_among(self.ends, worked - 1), self.ends.size - 1)
        before = np.where(day > 0, self.ends[day - 1], 0)
        return self.opens[day] + (worked - before)


def extend_by_pauses(
    starts: Ints, due: Ints, group: Ints, *, pause_group: Ints, pause_from: Ints, pause_to: Ints
) -> Ints:
    """`due`, put off by the time the clock stood still; NEVER where it stands still yet.

    Pauses are disjoint, sorted by group and begin; one that has not ended has `pause_to` NEVER. With r(t) the time
    that has run by t, the deadline is the t with r(t) = r(start) + allowed; each pause begins at its own r.
    """
    length = np.where(pause_to >= NEVER, 0, pause_to - pause_from)
    if not pause_group.size:
        return due
    first = np.searchsorted(pause_group, pause_group, side="left")
    total = np.cumsum(length)
    upto = total - np.where(first > 0, total[first - 1], 0)
    runs_at = pause_from - (upto - length)
    begin = np.searchsorted(pause_group, group, side="left").astype(np.int64)
    end = np.searchsorted(pause_group, group, side="right").astype(np.int64)
    before_start = first_not_below(begin, end, pause_from, starts)
    last = np.maximum(before_start - 1, 0)
    some = before_start > begin
    # A start inside a pause runs from the pause's end.
    paused_before = np.where(some, upto[last] - np.maximum(pause_to[last] - starts, 0), 0)
    target = due - paused_before
    passed = np.maximum(first_not_below(begin, end, runs_at, target), before_start)
    last = np.maximum(passed - 1, 0)
    stands_still = (passed > begin) & (pause_to[last] >= NEVER)
    return np.where(stands_still, NEVER, target + np.where(passed > begin, upto[last], 0))
