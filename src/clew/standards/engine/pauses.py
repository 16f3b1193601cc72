"""Intervals in which a rule's clock stands still, and the deadline put off by them."""

from __future__ import annotations

import numpy as np

from clew.standards.engine.arrays import NEVER, Ints, first_not_below, group_bounds, running_maximum
from clew.standards.engine.deadlines import WorkingClock, extend_by_pauses
from clew.standards.engine.matches import Matcher, Matches
from clew.standards.language.deadline import DeadlineKind
from clew.standards.language.model import Rule, Standard


def put_off(matcher: Matcher, standard: Standard, rule: Rule, *, case: Ints, starts: Ints, due: Ints) -> Ints:
    """`due` after the pauses of `rule`; NEVER where the clock stands still yet. Only certain rows pause a clock."""
    if rule.pause is None or not starts.size:
        return due
    begins, ends = matcher.rows(rule.pause.start), matcher.rows(rule.pause.stop)
    group, low, high = pauses(begins.take(begins.certain), ends.take(ends.certain))
    deadline = standard.deadlines(rule)[0].deadline
    if deadline.kind is not DeadlineKind.WORKING_TIME or not group.size:
        return extend_by_pauses(starts, due, case, pause_group=group, pause_from=low, pause_to=high)
    # Working time: the same arithmetic on the reading of a clock that runs in working hours only.
    points = np.concatenate([starts, low, high[high < NEVER]])
    clock = WorkingClock(standard.calendars[deadline.calendar], standard.zone, points, deadline.elapsed_us)
    began, latest = clock.worked(starts), int(points.max())
    late = extend_by_pauses(
        began,
        began + deadline.elapsed_us,
        case,
        pause_group=group,
        pause_from=clock.worked(low),
        pause_to=np.where(high < NEVER, clock.worked(np.minimum(high, latest)), NEVER),
    )
    return np.where(late < NEVER, clock.instant(np.minimum(late, int(clock.ends[-1]))), NEVER)


def pauses(begins: Matches, ends: Matches) -> tuple[Ints, Ints, Ints]:
    """Case, begin and end of each pause: from a begin to the next end at or after it, overlapping ones as one.

    A begin inside a pause opens none of its own. A pause that has not ended has end NEVER.
    """
    if not len(begins):
        return begins.case, begins.low, begins.low
    first, last = group_bounds(ends.case, begins.case)
    found = first_not_below(first, last, ends.low, begins.low)
    stop = np.full(len(begins), NEVER, dtype=np.int64)
    hit = found < last
    stop[hit] = ends.low[found[hit]]
    # Begins are in order of time, so stops are too: a begin before the previous stop lies inside that pause.
    so_far = running_maximum(stop, begins.case)
    inside = np.zeros(len(begins), dtype=np.bool_)
    same = begins.case[1:] == begins.case[:-1]
    inside[1:] = same & (begins.low[1:] <= so_far[:-1])
    return begins.case[~inside], begins.low[~inside], stop[~inside]
