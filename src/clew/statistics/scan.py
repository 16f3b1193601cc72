"""The space-time scan statistic: of all circles and recent times, which holds most more cases than expected?

Every circle around every location, up to a share of the population, crossed with every window of time looked at, is
compared with the outside by a log likelihood ratio; the highest is the scan statistic, so that the search itself is
paid for. Sources: Kulldorff, Communications in Statistics, Theory and Methods 26 (1997) 1481-1496 (circles, Poisson
model); Kulldorff, JRSS A 164 (2001) 61-72 (prospective cylinders); Kulldorff, Heffernan, Hartman, Assuncao and
Mostashari, PLoS Medicine 2 (2005) e59 (the space-time permutation model, which needs cases only). How high chance
alone goes is in `scan_chance`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree
from scipy.special import xlogy

from clew.core import UsageError

Values = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Circles times windows that are held at once, two numbers each: about 0.5 GB.
MOST_CYLINDERS = 30_000_000
_NONE = (-1, 0, 0)


class Windows(StrEnum):
    """Which windows of time are looked at."""

    ALIVE = "alive"
    """Those that reach to the last period: what is going on now (prospective)."""
    ALL = "all"
    """Every run of periods up to the longest (retrospective)."""


@dataclass(frozen=True)
class Cluster:
    """A cylinder. locations: indices, nearest the centre first. periods: first and last, inclusive.

    ratio: observed over expected inside it. log_likelihood_ratio: natural logarithm.
    """

    centre: int
    locations: tuple[int, ...]
    radius: float
    periods: tuple[int, int]
    observed: int
    expected: float
    log_likelihood_ratio: float

    @property
    def ratio(self) -> float:
        """Observed over expected."""
        return self.observed / self.expected


@dataclass(frozen=True)
class Cylinders:
    """All that is looked at. neighbour: (locations, k) nearest first, -1 past a circle's largest size.

    whole: (locations, k) whether a circle may end there (places at one distance come together). window: (w, 2) first
    and last period. log_inside, log_outside: (locations, k, w) logarithm of the expected cases. min_cases: smaller
    clusters are not looked at.
    """

    places: Values
    neighbour: NDArray[np.int32]
    whole: NDArray[np.bool_]
    window: NDArray[np.int32]
    log_inside: Values
    log_outside: Values
    total: int
    min_cases: int


def poisson_expected(cases: ArrayLike, population: ArrayLike) -> Values:
    """Expected cases (locations, periods) if all people had one rate; `population` of the same shape."""
    c, people = _table(cases, "cases"), _table(population, "population")
    if c.shape != people.shape or people.sum() <= 0:
        raise UsageError("Cases and population do not match.", where="scan", mend="give one population a count")
    return np.asarray(people * (c.sum() / people.sum()))


def permutation_expected(cases: ArrayLike) -> Values:
    """Expected cases if place and time had nothing to do with each other: row total times column total over all."""
    c = _table(cases, "cases")
    if c.sum() <= 0:
        raise UsageError("There is no case to scan.", where="scan", mend="scan a longer period")
    return np.asarray(c.sum(axis=1, keepdims=True) * c.sum(axis=0, keepdims=True) / c.sum())


def log_likelihood_ratio(observed: ArrayLike, expected: ArrayLike, *, total: float) -> Values:
    """Kulldorff's: c log(c/e) + (C - c) log((C - c)/(C - e)) where c > e, else 0 (clusters of high rates)."""
    c, e = np.asarray(observed, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = xlogy(c, c / e) + xlogy(total - c, (total - c) / (total - e))
    return np.where(c > e, ratio, 0.0)


def cylinders(
    places: ArrayLike,
    expected: ArrayLike,
    *,
    total: int,
    largest_share: float = 0.5,
    population: ArrayLike | None = None,
    largest_radius: float = np.inf,
    longest: int | None = None,
    windows: Windows = Windows.ALIVE,
    min_cases: int = 2,
) -> Cylinders:
    """All circles around each of the `places` (locations, axes) crossed with the windows of time.

    expected: (locations, periods), of `total` cases. A circle grows from its centre until it would hold more than
    `largest_share` of `population` (locations,), by default of the expected cases, or be wider than `largest_radius`;
    places at the same distance come in together. longest: periods in a window, by default half of them all.
    """
    where, e = _table(places, "places", negative=True), _table(expected, "expected cases")
    people = e.sum(axis=1) if population is None else np.asarray(population, dtype=np.float64)
    if len(where) != len(e) or people.shape != (len(e),) or not np.isfinite(people).all() or (people < 0).any():
        raise UsageError("Places and counts do not match.", where="scan", mend="give one row for each location")
    if not 0 < largest_share <= 1 or not largest_radius > 0 or min_cases < 1:
        raise UsageError(
            "No circle is that small.", where="scan", mend="give a share from above 0 to 1, a radius above 0"
        )
    neighbour, whole = _circles(where, people, largest_share * float(people.sum()), largest_radius)
    span = _windows(e.shape[1], longest, windows)
    if neighbour.size * len(span) > MOST_CYLINDERS:
        raise UsageError(
            f"{neighbour.size * len(span):,} circles and windows are more than {MOST_CYLINDERS:,}.",
            where="scan",
            mend="scan larger cells, fewer periods, or smaller circles",
        )
    inside = _sums(e, neighbour, span)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_inside, log_outside = np.log(inside), np.log(np.maximum(total - inside, 0.0))
    return Cylinders(where, neighbour, whole, span, log_inside, log_outside, int(total), min_cases)


def best_by_centre(cases: ArrayLike, all_of: Cylinders) -> list[Cluster]:
    """The best cylinder around each centre, the highest first; none where no count is above its expectation."""
    counts = _table(cases, "cases")
    best, at = _best(counts, all_of)
    found = []
    for centre in np.flatnonzero(best > 0).tolist():
        size, span = int(at[centre, 0]), int(at[centre, 1])
        members = all_of.neighbour[centre, : size + 1]
        first, last = all_of.window[span].tolist()
        gap = all_of.places[members[-1]] - all_of.places[centre]
        observed = int(counts[members, first : last + 1].sum())
        expected = float(np.exp(all_of.log_inside[centre, size, span]))
        found.append(
            Cluster(
                centre=centre,
                locations=tuple(members.tolist()),
                radius=float(np.sqrt((gap**2).sum())),
                periods=(first, last),
                observed=observed,
                expected=expected,
                log_likelihood_ratio=float(log_likelihood_ratio(observed, expected, total=all_of.total)),
            )
        )
    return sorted(found, key=lambda cluster: (-cluster.log_likelihood_ratio, cluster.centre))


def without_overlap(clusters: list[Cluster]) -> list[Cluster]:
    """Of `clusters`, highest first, those that share no location with a higher one: the secondary clusters."""
    kept: list[Cluster] = []
    taken: set[int] = set()
    for cluster in clusters:
        if taken.isdisjoint(cluster.locations):
            kept.append(cluster)
            taken.update(cluster.locations)
    return kept


def highest(cases: Values, all_of: Cylinders) -> float:
    """The scan statistic alone: the highest log likelihood ratio of any cylinder, at least 0."""
    return float(_best(cases, all_of)[0].max(initial=0.0))


def _best(cases: Values, all_of: Cylinders) -> tuple[Values, Integers]:
    """The best cylinder around each centre: its log likelihood ratio, and (size less 1, window)."""
    from clew.statistics.scan_kernel import best_cylinders  # noqa: PLC0415  numba is slow to import

    windows = (all_of.neighbour, all_of.whole, all_of.window, all_of.log_inside, all_of.log_outside)
    best, at = best_cylinders(cases, *windows, all_of.total, all_of.min_cases)
    return best, at


def _circles(where: Values, people: Values, most: float, radius: float) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    found = cKDTree(where).query(where, k=np.arange(1, len(where) + 1))
    distance, neighbour = np.asarray(found[0]), np.asarray(found[1])
    held = np.cumsum(people[neighbour], axis=1)
    together = np.pad(np.diff(distance, axis=1) > 0, ((0, 0), (0, 1)), constant_values=True)
    fits = (held <= most * (1 + 1e-12)) & (distance <= radius)
    # A circle that would cut through places at one distance is none; what lies past the last whole one is dropped.
    whole = together & fits
    last = np.where(whole.any(axis=1), whole.shape[1] - whole[:, ::-1].argmax(axis=1), 0)
    widest = max(1, int(last.max()))
    beyond = np.arange(widest) >= last[:, None]
    return np.where(beyond, -1, neighbour[:, :widest]).astype(np.int32), whole[:, :widest] & ~beyond


def _windows(periods: int, longest: int | None, windows: Windows) -> NDArray[np.int32]:
    most = max(1, periods // 2) if longest is None else longest
    if not 1 <= most <= periods:
        raise UsageError(f"A window of {most} of {periods} periods.", where="scan", mend=f"give 1 to {periods}")
    ends = [periods - 1] if windows is Windows.ALIVE else range(periods)
    spans = [(end - length + 1, end) for end in ends for length in range(1, most + 1) if length <= end + 1]
    return np.asarray(spans, dtype=np.int32)


def _sums(table: Values, neighbour: NDArray[np.int32], span: NDArray[np.int32]) -> Values:
    """Sum of `table` over each circle and window: (locations, k, windows)."""
    running = np.pad(np.cumsum(table, axis=1), ((0, 0), (1, 0)))
    by_window = running[:, span[:, 1] + 1] - running[:, span[:, 0]]
    parts = np.where((neighbour >= 0)[:, :, None], by_window[neighbour], 0.0)
    return np.asarray(np.cumsum(parts, axis=1))


def _table(values: ArrayLike, what: str, *, negative: bool = False) -> Values:
    table = np.asarray(values, dtype=np.float64)
    if table.ndim == 1:
        table = table[:, None]
    if table.ndim != 2 or not table.size or not np.isfinite(table).all() or (not negative and (table < 0).any()):
        raise UsageError(
            f"The {what} are not a table of finite numbers{'' if negative else ' of 0 or more'}.",
            where="scan",
            why="a place or a count that is not known is in no circle and out of none",
            mend="leave such rows out, and say how many there were",
        )
    return np.ascontiguousarray(table)
