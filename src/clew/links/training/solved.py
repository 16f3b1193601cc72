"""Solved series as pairs: which events belong together, and which series hang together through an event of both."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from clew.core import UsageError
from clew.links.events import Flags, Integers, LinkEvents

#: Fewer groups of series with two events or more than this, and nothing can be learnt and checked on series held out.
LEAST_GROUPS = 10

#: More solved events than this are not all used: whole groups are drawn by the seed until so many are in.
MOST_EVENTS = 3_000


@dataclass(frozen=True, kw_only=True)
class Solved:
    """m solved events.

    event: (m,) their indices in `LinkEvents`, rising. member: (m, s) whether each is in each of s series. group: (m,)
    code of the connected series it is in: events of one group are never parted by a fold. not_known: events named in
    the file that the dataset did not hold.
    """

    event: Integers
    member: Flags
    group: Integers
    not_known: int = 0

    def __len__(self) -> int:
        return len(self.event)

    @property
    def linked(self) -> Flags:
        """(m, m) whether two different events are in a series together."""
        weight = self.member.astype(np.float32)
        together: Flags = (weight @ weight.T) > 0
        np.fill_diagonal(together, val=False)
        return together

    @property
    def series_groups(self) -> Integers:
        """The groups that hold a link: those with two events or more."""
        groups: Integers = np.flatnonzero(np.bincount(self.group) >= 2)
        return groups

    def take(self, rows: Integers) -> Solved:
        """Only these solved events."""
        return Solved(event=self.event[rows], member=self.member[rows], group=self.group[rows])


def read_series(path: Path) -> pl.DataFrame:
    """The rows (event_id, series_id) of a CSV; an event may be in several series. Raises `UsageError`."""
    try:
        frame = pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UsageError(
            f"Cannot read {path}: {error}.", where="--series", mend="give a CSV with the columns event_id and series_id"
        ) from None
    missing = [name for name in ("event_id", "series_id") if name not in frame.columns]
    if missing:
        raise UsageError(
            f"{path} has no column {' and no column '.join(missing)}.",
            where="--series",
            mend="give a CSV with the columns event_id and series_id: one row for each event of each series",
        )
    return frame.select("event_id", "series_id").drop_nulls().unique().sort("series_id", "event_id")


def solved_events(series: pl.DataFrame, events: LinkEvents, *, seed: int = 1) -> Solved:
    """The solved events of `series` (event_id, series_id) among `events`; raises `UsageError` if they are too few."""
    place = np.searchsorted(events.event_id, series["event_id"].to_numpy().astype(np.str_))
    place = np.minimum(place, max(len(events) - 1, 0))
    held = events.event_id[place] == series["event_id"].to_numpy() if len(events) else np.zeros(len(place), np.bool_)
    event, row = np.unique(place[held], return_inverse=True)
    codes = series["series_id"].rank("dense").to_numpy().astype(np.int64)[held] - 1
    member = np.zeros((len(event), int(codes.max(initial=-1)) + 1), dtype=np.bool_)
    member[row, codes] = True
    solved = Solved(event=event, member=member, group=_groups(member), not_known=int((~held).sum()))
    if len(solved.series_groups) < LEAST_GROUPS:
        raise UsageError(
            f"{len(solved.series_groups)} separate series of two or more known events are too few to train on.",
            where="--series",
            why="half of them are held out to check the other half by, and fewer than five tell nothing",
            mend=f"give at least {LEAST_GROUPS}, or stay with the default weights, which are documented",
        )
    return _drawn(solved, seed) if len(solved) > MOST_EVENTS else solved


def _groups(member: Flags) -> Integers:
    """Connected groups of events: two that share a series are in one, and so on."""
    count, series = member.shape
    row, column = np.nonzero(member)
    graph = coo_array((np.ones(len(row)), (row, column + count)), shape=(count + series, count + series))
    codes: Integers = connected_components(graph, directed=False)[1][:count].astype(np.int64)
    dense: Integers = np.unique(codes, return_inverse=True)[1].astype(np.int64)
    return dense


def _drawn(solved: Solved, seed: int) -> Solved:
    """Whole groups, those with links first, until `MOST_EVENTS` are in."""
    rng = np.random.default_rng(seed)
    size = np.bincount(solved.group)
    order = np.lexsort((rng.random(len(size)), size < 2))
    chosen = order[np.cumsum(size[order]) <= MOST_EVENTS]
    kept = solved.take(np.flatnonzero(np.isin(solved.group, chosen)))
    return Solved(
        event=kept.event,
        member=kept.member,
        group=np.unique(kept.group, return_inverse=True)[1].astype(np.int64),
        not_known=solved.not_known,
    )


def digest_of(series: pl.DataFrame) -> str:
    """SHA-256 of the rows of a series file, whatever their order."""
    return hashlib.sha256(series.sort(series.columns).write_csv().encode()).hexdigest()
