"""Small array operations the kernel is made of: search and running extremes inside groups.

Times are microseconds since 1970 in UTC (int64). `EVER` and `NEVER` stand for the far past and the far future.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from clew.standards.engine.compiled import loop

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

NEVER = 2**62
EVER = -(2**62)


def group_bounds(group: Ints, wanted: Ints) -> tuple[Ints, Ints]:
    """Where each of `wanted` begins and ends in the sorted `group`."""
    if not group.size:
        nowhere = np.zeros(wanted.size, dtype=np.int64)
        return nowhere, nowhere
    span = int(group[-1]) + 1
    if span <= 8 * (group.size + wanted.size):
        # Groups are numbered closely: where each begins is counted, not searched for.
        places = offsets(group, span)
        within = np.minimum(wanted, span - 1)
        absent = wanted >= span
        return np.where(absent, group.size, places[within]), np.where(absent, group.size, places[within + 1])
    return (
        np.searchsorted(group, wanted, side="left").astype(np.int64, copy=False),
        np.searchsorted(group, wanted, side="right").astype(np.int64, copy=False),
    )


def offsets(case: Ints, cases: int) -> Ints:
    """`cases` + 1 positions: rows of case c stand at offsets[c]:offsets[c + 1] of the sorted `case`."""
    result = np.zeros(cases + 1, dtype=np.int64)
    np.cumsum(np.bincount(case, minlength=cases), out=result[1:])
    return result


@loop
def first_not_below(begin: Ints, end: Ints, times: Ints, bound: Ints) -> Ints:
    """For each i the first position in [begin, end) whose time is at least `bound`, or `end`."""
    found = np.empty(begin.size, np.int64)
    for i in range(begin.size):
        low, high = begin[i], end[i]
        while low < high:
            middle = (low + high) >> 1
            if times[middle] < bound[i]:
                low = middle + 1
            else:
                high = middle
        found[i] = low
    return found


@loop
def first_in_group(wanted: Ints, bound: Ints, group: Ints, times: Ints) -> Ints:
    """For each i the first row of group `wanted[i]` whose time is at least `bound[i]`; -1 where there is none.

    Rows are sorted by group and time. Each search sets out from where the last ended, for `wanted` mostly ascends.
    """
    found = np.empty(wanted.size, np.int64)
    low = 0
    for i in range(wanted.size):
        own, least = wanted[i], bound[i]
        high, step = low, 1
        if low > 0 and (group[low - 1] > own or (group[low - 1] == own and times[low - 1] >= least)):
            low = 0
        else:
            while high < group.size and (group[high] < own or (group[high] == own and times[high] < least)):
                low = high + 1
                high += step
                step += step
            high = min(high, group.size)
        while low < high:
            middle = (low + high) >> 1
            if group[middle] < own or (group[middle] == own and times[middle] < least):
                low = middle + 1
            else:
                high = middle
        found[i] = low if low < group.size and group[low] == own else -1
    return found


def places_among(edges: Ints, values: Ints) -> Ints:
    """How many of the sorted `edges` are at or before each value. Edges lie evenly: a search begins near its end."""
    width = max(int(edges[-1] - edges[0]) // edges.size, 1)
    starts = np.searchsorted(edges, edges[0] + width * np.arange(edges.size + 2)).astype(np.int64, copy=False)
    return _places_among(values, edges, starts, width)


@loop
def _places_among(values: Ints, edges: Ints, starts: Ints, width: int) -> Ints:
    places = np.empty(values.size, np.int64)
    for i in range(values.size):
        place = starts[min(max((values[i] - edges[0]) // width, 0), starts.size - 1)]
        while place < edges.size and edges[place] <= values[i]:
            place += 1
        places[i] = place
    return places


@loop
def found_values(found: Ints, values: Ints, otherwise: int) -> Ints:
    """The value at each place found; `otherwise` where it is -1."""
    result = np.empty(found.size, np.int64)
    for i in range(found.size):
        result[i] = values[found[i]] if found[i] >= 0 else otherwise
    return result


@loop
def sorted_in_groups(group: Ints, times: Ints) -> bool:
    """Whether rows are sorted by group and time."""
    for i in range(1, group.size):
        if group[i] < group[i - 1] or (group[i] == group[i - 1] and times[i] < times[i - 1]):
            return False
    return True


def starts_of_groups(group: Ints) -> Bools:
    """Whether each row of the sorted `group` is the first of its group."""
    first = np.ones(group.size, dtype=np.bool_)
    np.not_equal(group[1:], group[:-1], out=first[1:])
    return first


@loop
def running_maximum(values: Ints, group: Ints) -> Ints:
    """The largest value so far within each run of equal `group`."""
    result = values.copy()
    for i in range(1, result.size):
        if group[i] == group[i - 1] and result[i] < result[i - 1]:
            result[i] = result[i - 1]
    return result


def minimum_from_here(values: Ints, group: Ints) -> Ints:
    """The smallest value from each row to the end of its run of equal `group`."""
    return -running_maximum(-values[::-1], group[::-1].copy())[::-1]


def next_different(values: Ints, group: Ints) -> Ints:
    """For each row the position of the next one in the same group with another value; the group's end if none."""
    size = values.size
    changes = np.ones(size + 1, dtype=np.bool_)
    changes[1:size] = (values[1:] != values[:-1]) | (group[1:] != group[:-1])
    edges = np.flatnonzero(changes)
    return edges[np.searchsorted(edges, np.arange(size), side="right")].astype(np.int64, copy=False)


def minimum_by_case(case: Ints, values: Ints, cases: int) -> Ints:
    """The smallest value of each case; NEVER where it has none. `case` is sorted."""
    result = np.full(cases, NEVER, dtype=np.int64)
    if case.size:
        first = np.flatnonzero(starts_of_groups(case))
        result[case[first]] = np.minimum.reduceat(values, first)
    return result
