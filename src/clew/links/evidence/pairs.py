"""The evidence that every pair has, over one force's events: the compiled kernel, on every core."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from clew.links.events import Floats, Integers, LinkEvents
from clew.links.evidence.background import Background
from clew.links.evidence.circumstances import Circumstances
from clew.links.evidence.columns import Columns, Gains, Numbers, columns_of, gains_of, numbers_of
from clew.links.weights import Weights

_BLOCK = 100_000  # pairs that one thread scores before it takes the next


@dataclass(frozen=True, kw_only=True)
class PairEvidence:
    """Events, weights and backgrounds as the kernel reads them.

    Pairs are mostly of neighbours: events stand here by where they lie, so that what is read of one lies near what is
    read of the other. order: (n,) the event at each row. rank: (n,) the row of each event.
    """

    columns: Columns
    gains: Gains
    numbers: Numbers
    order: Integers
    rank: Integers

    @classmethod
    def over(cls, events: LinkEvents, usual: Background, held: Circumstances, weights: Weights) -> PairEvidence:
        """The evidence of the pairs of `events`."""
        columns = columns_of(events, usual, held.codes)
        order = _along_the_ground(columns.table[:, :3])
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        return cls(
            columns=Columns(columns.table[order], columns.codes[order], columns.signature[order]),
            gains=gains_of(held),
            numbers=numbers_of(usual, weights),
            order=order,
            rank=rank,
        )

    def of_pairs(self, a: Integers, b: Integers) -> tuple[Floats, Floats, Floats, Floats]:
        """(p,) each: place, profile, circumstances (log10), and what ties a pair besides profile and substances."""
        from clew.links.evidence import compiled, kernel  # noqa: PLC0415 - numba is slow to import

        place, profile, shared, tie = (np.empty(len(a)) for _ in range(4))

        def block(start: int, stop: int) -> None:
            rows = slice(start, stop)
            written = (place[rows], profile[rows], shared[rows], tie[rows])
            ends = (self.rank[a[rows]], self.rank[b[rows]])
            kernel.pair_evidence(self.columns, self.gains, self.numbers, *ends, *written)

        compiled.in_threads(block, compiled.blocks(len(a), _BLOCK))
        return place, profile, shared, tie

    def of_times(self, dates: LinkEvents, a: Integers, b: Integers) -> Floats:
        """(p,) log10 factor of the gap in time, at the `dates` given."""
        from clew.links.evidence import compiled, kernel  # noqa: PLC0415 - as above

        time = np.empty(len(a))
        start, end = (np.where(np.isfinite(day), day, np.nan)[self.order] for day in (dates.from_day, dates.to_day))

        def block(first: int, last: int) -> None:
            rows = slice(first, last)
            kernel.time_evidence(start, end, self.numbers, self.rank[a[rows]], self.rank[b[rows]], time[rows])

        compiled.in_threads(block, compiled.blocks(len(a), _BLOCK))
        return time

    def every_pair(self, least: float, *, limit: int = 1_000_000) -> tuple[int, Integers, Integers, Floats]:
        """Scores all pairs of events. The count of those whose four families together reach `least` (log10), and of
        at most `limit` per block of them: the lower index, the higher, and the sum."""
        from clew.links.evidence import compiled, kernel  # noqa: PLC0415 - as above

        turned = np.ascontiguousarray(self.columns.table.T)
        count = turned.shape[1]

        def block(start: int, stop: int) -> Any:
            return kernel.every_pair(turned, self.columns, self.gains, self.numbers, least, start, stop, limit)

        found = compiled.in_threads(block, compiled.blocks(count, max(count // 64, 1)))
        if not found:
            return 0, np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
        one, two, total = (np.concatenate([part[place] for part in found]) for place in (1, 2, 3))
        one, two = self.order[one], self.order[two]
        return sum(int(part[0]) for part in found), np.minimum(one, two), np.maximum(one, two), total


def _along_the_ground(xyz_km: Floats) -> Integers:
    """(n,) the events in an order in which those near in space mostly stand near; those without a place come last."""
    placed = np.isfinite(xyz_km).all(axis=1)
    located = np.flatnonzero(placed)
    near_each_other = located[cKDTree(xyz_km[located], balanced_tree=False).indices] if len(located) else located
    return np.concatenate((near_each_other, np.flatnonzero(~placed)))
