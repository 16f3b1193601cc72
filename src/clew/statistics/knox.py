"""Knox's test: are there more pairs of events close in both space and time than places and dates apart would give?

The statistic is the number of pairs at most `distance` apart in space and at most `days` apart in time. Its chance is
had by exchanging dates between events, within strata if there are any (Knox, Applied Statistics 13 (1964) 25-29;
Besag and Diggle, Applied Statistics 26 (1977) 327-333). The p-value counts the data as one of the arrangements:
(1 + arrangements with at least as many pairs) / (1 + arrangements), which is exact and never 0. Knox's own Poisson
approximation is P(X >= n), the observed number included; with small counts P(X > n) can be forty times too strong.
It says whether events cluster overall, not which two belong together.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import pdtrc

from clew.core import UsageError

Values = NDArray[np.float64]
Indices = NDArray[np.int64]

#: Pairs close in space that are held at once, in 0.4 GB. Events heaped on a few points make more, and say nothing.
MOST_PAIRS = 100_000_000
#: Pairs looked at in one go: their dates fit the processor's cache.
_AT_ONCE = 1 << 15
_HAIR = 1 + 1e-9


@dataclass(frozen=True)
class Knox:
    """close: pairs close in both. near, soon: pairs close in space, in time. expected: of `close`, if the two were
    apart: near x soon / all pairs. p_value: by permutation, P(X >= close). p_poisson: Knox's approximation of it.
    """

    close: int
    near: int
    soon: int
    expected: float
    permutations: int
    p_value: float
    p_poisson: float


def knox(
    places: ArrayLike,
    days: ArrayLike,
    *,
    distance: float,
    within_days: float,
    rng: np.random.Generator,
    permutations: int = 99,
    strata: ArrayLike | None = None,
) -> Knox:
    """Knox's test of n events: `places` (n, d) in the unit of `distance`, `days` (n,), both bounds inclusive.

    strata: (n,) labels within which dates are exchanged. Raises `UsageError` for missing or infinite values, for
    fewer than two events, and where more than `MOST_PAIRS` pairs are close in space.
    """
    where, when = _checked(places, days, distance, within_days)
    if permutations < 0:
        raise UsageError("Fewer than no permutations.", where="Knox", mend="give 0 or more")
    strip, order = _in_strips(where, distance)
    where, when = where[order], when[order]
    number, other = _near_pairs(where, strip, distance)
    soon = _pairs_within(when, within_days)
    blocks = _blocks(number)
    close = _close(blocks, other, when, within_days)
    all_pairs = when.size * (when.size - 1) / 2
    expected = other.size * soon / all_pairs
    exchange = _exchanger(when, order, strata)
    reached = sum(_close(blocks, other, exchange(rng), within_days) >= close for _ in range(permutations))
    return Knox(
        close=close,
        near=other.size,
        soon=soon,
        expected=expected,
        permutations=permutations,
        p_value=(1 + reached) / (1 + permutations),
        p_poisson=poisson_at_least(close, expected),
    )


def poisson_at_least(count: int, mean: float) -> float:
    """P(X >= count) of a Poisson with that mean."""
    return 1.0 if count == 0 else float(pdtrc(count - 1, mean))


def _in_strips(where: Values, distance: float) -> tuple[Indices, Indices]:
    """The strip of each event, in order, and that order: strips as wide as `distance`, by the last axis within.

    What is near an event then lies in its own strip or the next, a short run of places in either. Gaps are closed.
    """
    width = distance * _HAIR  # so that rounding never puts a strip between two events that are near
    strip = np.floor((where[:, 0] - where[:, 0].min()) / width)
    order = np.lexsort((where[:, -1], strip))
    steps = np.minimum(np.diff(strip[order], prepend=0.0), 2)
    return np.cumsum(steps).astype(np.int64), order


def _near_pairs(where: Values, strip: Indices, distance: float) -> tuple[Indices, NDArray[np.int32]]:
    """How many near events come after each event in order, and which: those of the first, then of the second, ..."""
    y, size = where[:, -1], len(where)
    ordered = np.sort(y)
    # Whole numbers that sort by strip, then by the last axis: searched for both strips of all events at once.
    key = strip * (size + 1) + np.searchsorted(ordered, y, side="left")
    low = np.searchsorted(ordered, y - distance * _HAIR, side="left")
    high = np.searchsorted(ordered, y + distance * _HAIR, side="right")
    own, following = strip * (size + 1), (strip + 1) * (size + 1)
    begin = np.stack([np.arange(1, size + 1), np.searchsorted(key, following + low)], axis=1)
    end = np.stack([np.searchsorted(key, own + high), np.searchsorted(key, following + high)], axis=1)
    number, found, total = np.zeros(size, dtype=np.int64), [], 0
    for block in _blocks((end - begin).sum(axis=1)):
        a, b = _runs(begin[block.events], end[block.events], first=block.events.start)
        near = np.zeros(a.size)
        for axis in where.T:
            near += (axis[a] - axis[b]) ** 2
        kept = near <= distance**2
        number[block.events] = np.bincount(a[kept] - block.events.start, minlength=block.number.size)
        found.append(b[kept].astype(np.int32))
        total += len(found[-1])
        if total > MOST_PAIRS:
            raise UsageError(
                f"More than {MOST_PAIRS:,} pairs of events lie within {distance:g} of each other.",
                where="Knox",
                why="events heaped on a few points are near each other for reasons of their own",
                mend="give a smaller distance, or set the heaps (hospitals) apart",
            )
    return number, np.concatenate(found)


def _runs(begin: Indices, end: Indices, *, first: int) -> tuple[Indices, Indices]:
    """Each event (numbered from `first`) beside every event of its two runs [begin, end)."""
    length = (end - begin).ravel()
    a = first + np.repeat(np.arange(len(begin)), 2).repeat(length)
    b = np.arange(length.sum()) + np.repeat(begin.ravel() - (np.cumsum(length) - length), length)
    return a, b


@dataclass(frozen=True)
class _Block:
    """A run of events in order, the pairs that are theirs, and how many each has."""

    events: slice
    pairs: slice
    number: Indices


def _blocks(number: Indices) -> list[_Block]:
    """Runs of events, in order, that have about `_AT_ONCE` pairs together (one event may have more)."""
    total = np.concatenate([[0], np.cumsum(number)])
    cuts = np.flatnonzero(np.diff(total[1:] // _AT_ONCE, prepend=0)) + 1
    edges = np.unique(np.concatenate([[0], cuts, [number.size]])).tolist()
    return [
        _Block(slice(start, stop), slice(int(total[start]), int(total[stop])), number[start:stop])
        for start, stop in itertools.pairwise(edges)
    ]


def _close(blocks: list[_Block], other: NDArray[np.int32], when: Values, days: float) -> int:
    """How many of the near pairs are within `days` of each other."""
    total = 0
    for block in blocks:
        gap = np.take(when, other[block.pairs], mode="clip")  # within bounds: "clip" only spares a copy
        gap -= np.repeat(when[block.events], block.number)
        total += int(np.count_nonzero(np.abs(gap, out=gap) <= days))
    return total


def _pairs_within(when: Values, days: float) -> int:
    """Pairs at most `days` apart, the same arithmetic as the kernel's: |a - b| <= days."""
    ordered = np.sort(when)
    upto = np.searchsorted(ordered, ordered + days, side="right")
    index = np.arange(ordered.size)
    # a + days may round differently from b - a: settle the two candidates at each edge by the difference itself.
    upto = np.where(
        (upto < ordered.size) & (ordered[np.minimum(upto, ordered.size - 1)] - ordered <= days), upto + 1, upto
    )
    upto = np.where(ordered[upto - 1] - ordered > days, upto - 1, upto)
    return int((upto - index - 1).sum())


def _exchanger(when: Values, order: Indices, strata: ArrayLike | None) -> Callable[[np.random.Generator], Values]:
    """Gives the dates exchanged between events, within strata if there are any."""
    if strata is None:
        return lambda rng: rng.permutation(when)
    labels = np.asarray(strata)
    if labels.shape != when.shape:
        raise UsageError("Not one stratum for each event.", where="Knox", mend="give as many labels as events")
    codes = np.unique(labels[order], return_inverse=True)[1]
    home = np.argsort(codes, kind="stable")

    def exchange(rng: np.random.Generator) -> Values:
        given = np.empty_like(when)
        given[home] = when[np.lexsort((rng.random(when.size), codes))]
        return given

    return exchange


def _checked(places: ArrayLike, days: ArrayLike, distance: float, within_days: float) -> tuple[Values, Values]:
    where, when = np.asarray(places, dtype=np.float64), np.asarray(days, dtype=np.float64)
    sound = where.ndim == 2 and when.shape == where.shape[:1] and when.size >= 2
    if not sound or not np.isfinite(where).all() or not np.isfinite(when).all():
        raise UsageError(
            "Each of two or more events needs a place and a day, all of them finite numbers.",
            where="Knox",
            why="an event without place or time is near nothing and far from nothing",
            mend="leave such events out, and say how many there were",
        )
    if not (distance > 0 and within_days >= 0 and np.isfinite(distance) and np.isfinite(within_days)):
        raise UsageError("These bands hold no pair.", where="Knox", mend="give a distance above 0 and 0 days or more")
    return where, when
