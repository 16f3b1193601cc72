"""What series grow from: the strongest links of one history, real or decoy, and every pair of the events they tie.

Kept small: a group that the links tie together is scored pair by pair only while it has at most `LARGEST_GROUP` events.
Of a larger one the weaker half of its links is left out, and again, until what is left falls into groups that small: a
place or a name that everything shares is no series.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from clew.links.events import Flags, Floats, Integers, LinkEvents
from clew.links.pair_keys import pair_keys
from clew.links.rates.chance import Sightings
from clew.links.scoring import Scored

#: The most events that are compared each with each.
LARGEST_GROUP = 60

#: An event joins a series if its mean strength with the members is within this many orders of magnitude of the weakest
#: link shown.
WITHIN_ORDERS = 0.5

#: How far a rejected pair is taken to be from any link, in log10: farther than any other evidence can make good.
_NEVER = -1e6

#: The fewest incidents of a series.
FEWEST = 3


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Events that links tie in groups of `FEWEST` or more, by their place here.

    event: (e,) index of each in its history, ascending. known_day, from_day: (e,). incident: (e,) code. tie: (2, l) the
    two events of each link. strength: (l,) log10. pair: (m,) keys, ascending, of every pair within a group
    (`pair_keys`). pair_strength: (m,). apart: (m,) whether it is set apart as one incident or one household.
    """

    event: Integers
    known_day: Floats
    from_day: Floats
    incident: Integers
    tie: Integers
    strength: Floats
    pair: Integers
    pair_strength: Floats
    apart: Flags

    def ties(self) -> Sightings:
        """The links as what is counted."""
        nothing = np.zeros(len(self.strength), dtype=np.int64)
        known_day = self.known_day[self.tie].max(axis=0) if self.tie.size else np.empty(0)
        return Sightings(strength=self.strength, known_day=known_day, kind=nothing, ends=self.tie)


@dataclass(frozen=True, kw_only=True)
class Grown:
    """Series: members (event indices, in order of time) and strength (s,) of each, known_day (s,) of the last known."""

    members: tuple[Integers, ...]
    strength: Floats
    known_day: Floats

    def sightings(self) -> Sightings:
        """As what is counted. No event is in two series of one history."""
        ends = np.array([(members[0], members[-1]) for members in self.members], dtype=np.int64).reshape(-1, 2).T
        nothing = np.zeros(len(self.members), dtype=np.int64)
        return Sightings(strength=self.strength, known_day=self.known_day, kind=nothing, ends=ends)


def ground_of(
    ends: tuple[Integers, Integers],
    strength: Floats,
    *,
    events: LinkEvents,
    incident: Integers,
    score: Callable[[Integers, Integers], Scored],
) -> Ground:
    """The ground of the links between `ends`, each so strong (log10).

    events: with the dates of this history. incident: (n,) of each event. score: scores pairs of events in it, given
    as two arrays of indices, each pair once, and gives them in order of their keys.
    """
    names, place = np.unique(np.concatenate(ends), return_inverse=True)
    tie = place.reshape(2, -1)
    tie, strength, group = _in_groups(tie, strength, len(names))
    event, place = np.unique(tie, return_inverse=True)
    group, tie = group[event], place.reshape(2, -1)
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(group[order]) != 0]) if len(order) else order
    upper, lower = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for members in np.split(order, starts[1:]) if len(order) else []:
        one, two = np.triu_indices(len(members), k=1)
        upper.append(members[one])
        lower.append(members[two])
    pair = np.sort(pair_keys(np.concatenate(upper), np.concatenate(lower), len(event)))
    index = names[event]
    one, two = (pair // len(event), pair % len(event)) if len(event) else (pair, pair)
    scored = score(index[one], index[two])
    return Ground(
        event=index,
        known_day=events.known_day[index],
        from_day=events.from_day[index],
        incident=incident[index],
        tie=tie,
        strength=strength,
        pair=pair,
        pair_strength=scored.total,
        apart=scored.apart,
    )


def _in_groups(tie: Integers, strength: Floats, count: int) -> tuple[Integers, Floats, Integers]:
    """The links that tie `FEWEST` to `LARGEST_GROUP` of `count` events, and the group of each event (its code)."""
    while True:
        ties = coo_array((np.ones(tie.shape[1], dtype=np.int8), (tie[0], tie[1])), shape=(count, count))
        _, group = connected_components(ties, directed=False)
        size = np.bincount(group, minlength=count)[group[tie[0]]] if tie.size else np.empty(0, dtype=np.int64)
        kept = size >= FEWEST
        for label in np.unique(group[tie[0]][size > LARGEST_GROUP]) if tie.size else []:
            mine = np.flatnonzero(group[tie[0]] == label)
            weaker = mine[np.argsort(strength[mine], kind="stable")[: (len(mine) + 1) // 2]]
            kept[weaker] = False
        tie, strength = tie[:, kept], strength[kept]
        if not (size > LARGEST_GROUP).any():
            return tie, strength, group.astype(np.int64)


def grow(ground: Ground, tied: Flags, level: float, *, never: Flags | None = None) -> Grown:
    """The series among those of its links that are `tied` (l,): groups whose members each lie, by average linkage,
    within `WITHIN_ORDERS` of `level`; set-apart pairs count no more than that. never: (m,) pairs that no series holds.

    A series' strength is the mean over its pairs, once for each member after the first.
    """
    count, least = len(ground.event), level - WITHIN_ORDERS
    tie = ground.tie[:, tied]
    ties = coo_array((np.ones(tie.shape[1], dtype=np.int8), (tie[0], tie[1])), shape=(count, count))
    _, component = connected_components(ties, directed=False)
    worth = np.where(ground.apart, np.minimum(ground.pair_strength, least), ground.pair_strength)
    if never is not None:
        worth = np.where(never, _NEVER, worth)
    members: list[Integers] = []
    strength: list[float] = []
    for label in np.flatnonzero(np.bincount(component, minlength=1) >= FEWEST):
        where = np.flatnonzero(component == label)
        one, two = np.triu_indices(len(where), k=1)
        mine = worth[np.searchsorted(ground.pair, pair_keys(where[one], where[two], count))]
        top = float(mine.max())
        joined = fcluster(linkage(top - mine, method="average"), t=top - least, criterion="distance")
        for group in np.unique(joined):
            inside = joined == group
            if len(np.unique(ground.incident[where[inside]])) < FEWEST:
                continue
            both = inside[one] & inside[two]
            members.append(where[inside])
            strength.append(float(mine[both].mean()) * (int(inside.sum()) - 1))
    return Grown(
        members=tuple(_in_time(ground, one) for one in members),
        strength=np.array(strength, dtype=np.float64),
        known_day=np.array([ground.known_day[one].max() for one in members], dtype=np.float64),
    )


def _in_time(ground: Ground, where: Integers) -> Integers:
    """The event indices of the events at `where`, in order of time."""
    ordered: Integers = ground.event[where[np.lexsort((ground.event[where], ground.from_day[where]))]]
    return ordered
