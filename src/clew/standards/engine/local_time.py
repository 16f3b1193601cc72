"""Local civil time for many instants at once, by the zone's own offsets.

A local time that the clocks skip is read with the offset before the change, and one that occurs twice as its first:
`datetime`'s fold=0. Beyond the years a `datetime` can hold, the nearest year's offset stands.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

from clew.standards.engine.arrays import Ints
from clew.standards.engine.compiled import loop

DAY_US = 86_400_000_000
YEAR_US = 31_556_952_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
#: No zone changes its offset and back within so few days.
_STEP = timedelta(days=10)
_FIRST_YEAR, _LAST_YEAR = 2, 9998


@cache
def _changes(zone: ZoneInfo, year: int) -> tuple[tuple[int, int], ...]:
    """Instants in `year` from which another offset holds, and that offset, in microseconds; the year's first too."""
    begin, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    changes = [((begin - _EPOCH) // _MICROSECOND, _offset(zone, begin))]
    moment = begin
    while moment < end:
        following = min(moment + _STEP, end)
        if _offset(zone, following) != _offset(zone, moment):
            change = _first_with(zone, moment, following)
            if change < end:
                changes.append(((change - _EPOCH) // _MICROSECOND, _offset(zone, change)))
        moment = following
    return tuple(changes)


def _offset(zone: ZoneInfo, moment: datetime) -> int:
    offset = moment.astimezone(zone).utcoffset()
    return (offset or timedelta()) // _MICROSECOND


def _first_with(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first second at which the offset of `after` holds."""
    wanted = _offset(zone, after)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if _offset(zone, middle) == wanted:
            after = middle
        else:
            before = middle
    return after


@cache
def _table(zone: ZoneInfo, first_year: int, last_year: int) -> tuple[Ints, Ints]:
    """Instants at which the offset changes, and the offsets: the first holds before the first change."""
    changes = [change for year in range(first_year, last_year + 1) for change in _changes(zone, year)]
    kept = [changes[0], *(new for old, new in pairwise(changes) if new[1] != old[1])]
    return np.array([change[0] for change in kept[1:]], np.int64), np.array([change[1] for change in kept], np.int64)


def offsets_around(zone: ZoneInfo, moments: Ints) -> tuple[Ints, Ints]:
    """The offsets of `zone` that hold around all of `moments`: see `_table`."""
    first, last = 1970 + int(moments.min()) // YEAR_US - 1, 1970 + int(moments.max()) // YEAR_US + 1
    return _table(zone, *(min(max(year, _FIRST_YEAR), _LAST_YEAR) for year in (first, last)))


def to_local(instants: Ints, zone: ZoneInfo) -> Ints:
    """Local wall-clock time of each instant, as microseconds since a naive 1970."""
    if not instants.size:
        return instants
    changes, offsets = offsets_around(zone, instants)
    return _moved(instants, changes, offsets)


def to_instants(local: Ints, zone: ZoneInfo) -> Ints:
    """The instant each local wall-clock time names."""
    if not local.size:
        return local
    changes, offsets = offsets_around(zone, local)
    # In wall time the later offset holds once both the old and the new clock have passed the change.
    return _moved(local, changes + np.maximum(offsets[1:], offsets[:-1]), -offsets)


@loop
def _moved(moments: Ints, changes: Ints, offsets: Ints) -> Ints:
    """Each moment plus the offset that holds then; neighbours mostly have the same."""
    result = np.empty(moments.size, np.int64)
    place = 0
    for i in range(moments.size):
        moment = moments[i]
        if (place > 0 and changes[place - 1] > moment) or (place < changes.size and changes[place] <= moment):
            place = np.searchsorted(changes, moment, side="right")
        result[i] = moment + offsets[place]
    return result
