"""Small array operations the kernel is made of: search and running extremes inside groups, without a Python loop.

Times are microseconds since 1970 in UTC (int64). `EVER` and `NEVER` stand for the far past and the far future.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

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


def first_not_below(times: Ints, begin: Ints, end: Ints, bound: Ints) -> Ints:
    """For each i the first position in [begin, end) whose time is at least `bound`, or `end`.

    A binary search for all at once: as many rounds as the logarithm of the largest group.
    """
    low, high = begin.copy(), end.copy()
    active = np.flatnonzero(low < high)
    while active.size:
        middle = (low[active] + high[active]) >> 1
        below = times[middle] < bound[active]
        low[active[below]] = middle[below] + 1
        high[active[~below]] = middle[~below]
        active = active[low[active] < high[active]]
    return low


def starts_of_groups(group: Ints) -> Bools:
    """Whether each row of the sorted `group` is the first of its group."""
    first = np.ones(group.size, dtype=np.bool_)
    np.not_equal(group[1:], group[:-1], out=first[1:])
    return first


def running_maximum(values: Ints, group: Ints) -> Ints:
    """The largest value so far within each run of equal `group`.

    Doubling steps: after step k a row knows the maximum of its last 2^k rows in the group.
    """
    result = values.copy()
    step = 1
    while step < result.size:
        same = group[step:] == group[:-step]
        if not same.any():
            break
        # The right side is evaluated before it is written, so each step sees the one before it only.
        result[step:] = np.where(same, np.maximum(result[step:], result[:-step]), result[step:])
        step <<= 1
    return result


def minimum_from_here(values: Ints, group: Ints) -> Ints:
    """The smallest value from each row to the end of its run of equal `group`."""
    return -running_maximum(-values[::-1], group[::-1])[::-1]


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
