"""Which pairs are compared: never all of them.

Two mechanisms. Each death is compared with its nearest events in space, so that how near is near depends on how
thickly events lie there. And events that share a rare thing (a token) are compared with each other: all pairs where
few hold it, the nearest in time where many do (sorted neighbourhood, Hernandez and Stolfo 1995), so that a hostel
with a thousand deaths costs a thousand times the window and not half a million pairs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy.spatial import cKDTree

from clew.links.events import Floats, Integers, LinkEvents
from clew.links.evidence.background import Spots
from clew.links.evidence.circumstances import Circumstances
from clew.links.weights import PlaceWeights

_BLOCK = 25_000  # deaths whose neighbours are held at once: about a million pairs, 20 MB


def pair_keys(a: Integers, b: Integers, count: int) -> Integers:
    """One number per unordered pair of `count` events."""
    keys: Integers = np.minimum(a, b).astype(np.int64) * count + np.maximum(a, b)
    return keys


def ends_of(keys: Integers, count: int) -> tuple[Integers, Integers]:
    """The two events of each pair key, lower index first."""
    lower: Integers = keys // count
    return lower, keys - lower * count


def distinct(keys: Integers) -> Integers:
    """`keys` sorted, each once. By sorting: numpy's own `unique` hashes, which is several times slower here."""
    ordered: Integers = np.sort(keys)
    return ordered[np.r_[True, ordered[1:] != ordered[:-1]]] if len(ordered) else ordered


def neighbour_keys(events: LinkEvents, neighbours: int) -> Iterator[Integers]:
    """Pairs of a death and one of its `neighbours` nearest events, as keys, block by block.

    Those of a block are each there once, and ordered by where they lie: what is read of one is at hand for the next. A
    pair may come in two blocks. Events without a place have no neighbours.
    """
    located = np.flatnonzero(np.isfinite(events.xyz_km).all(axis=1))
    located = _few_at_each_point(events.xyz_km, located, neighbours + 1)
    if len(located) < 2:
        return
    tree = cKDTree(events.xyz_km[located], balanced_tree=False)
    wanted = min(neighbours + 1, len(located))
    near_each_other = located[tree.indices]
    rank = np.empty(len(events), dtype=np.int64)
    rank[near_each_other] = np.arange(len(near_each_other))
    deaths = near_each_other[events.death[near_each_other]]
    for start in range(0, len(deaths), _BLOCK):
        block = deaths[start : start + _BLOCK]
        _, nearest = tree.query(events.xyz_km[block], k=wanted, workers=-1)
        a, b = np.repeat(block, wanted), located[nearest.reshape(-1)]
        apart = a != b
        pairs = distinct(pair_keys(rank[a[apart]], rank[b[apart]], len(rank)))
        a, b = (near_each_other[end] for end in ends_of(pairs, len(rank)))
        yield pair_keys(a, b, len(events))


def _few_at_each_point(xyz_km: Floats, located: Integers, at_most: int) -> Integers:
    """`located` without the events beyond the first `at_most` at exactly one point.

    These are all nearest to each other, and a crowded spot is compared by time (`near_in_time`). A tree cannot part
    equal points: among a million of them it would search them all, a million times.
    """
    order = located[np.lexsort((located, *xyz_km[located].T))]
    new = np.r_[True, (xyz_km[order[1:]] != xyz_km[order[:-1]]).any(axis=1)] if len(order) else np.empty(0, dtype=bool)
    start = np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))
    few: Integers = np.sort(order[np.arange(len(order)) - start < at_most])
    return few


def crowded_spots(events: LinkEvents, neighbours: int, finest_km: float) -> Integers:
    """(n,) code of the spot of each event that shares it with more than `neighbours` others, -1 elsewhere."""
    code = np.full(len(events), -1, dtype=np.int64)
    located = np.flatnonzero(np.isfinite(events.xyz_km).all(axis=1))
    if len(located):
        spots, spot = Spots.of(events.xyz_km[located], replace(PlaceWeights(), finest_km=finest_km))
        crowded = spots.count[spot] > neighbours
        code[located[crowded]] = spot[crowded]
    return code


def near_in_time(events: LinkEvents, spot: Integers, day: Floats, window: int) -> Integers:
    """Pairs at one crowded spot with a death among them, within `window` places in order of `day`, as sorted keys."""
    held = np.flatnonzero(spot >= 0)
    order = held[np.lexsort((held, day[held], spot[held]))]
    return _windowed(events, order, spot[order], window)


def shared_circumstance_keys(events: LinkEvents, held: Circumstances, at_most: int) -> Integers:
    """Pairs with a death among them that share a rare circumstance, or two of their rarest, as sorted keys.

    Rare: held by at most `at_most` events. Two of the four rarest of an event are tried together.
    """
    event = np.repeat(np.arange(len(events)), held.codes.shape[1])
    code = held.codes.reshape(-1).astype(np.int64)
    single = code >= 0
    single[single] = (held.holders[code[single]] >= 2) & (held.holders[code[single]] <= at_most)
    found = [_token_pairs(events, event[single], code[single], at_most)]
    kinds = len(held.factor)
    both_event, both_code = [], []
    for first in range(min(4, held.codes.shape[1])):
        for second in range(first + 1, min(4, held.codes.shape[1])):
            one, two = held.codes[:, first].astype(np.int64), held.codes[:, second].astype(np.int64)
            rows = np.flatnonzero(two >= 0)
            rows = rows[held.holders[np.minimum(one, two)[rows]] > at_most]  # else the single token has them
            both_event.append(rows)
            both_code.append(np.minimum(one, two)[rows] * kinds + np.maximum(one, two)[rows])
    if both_event:
        found.append(_token_pairs(events, np.concatenate(both_event), np.concatenate(both_code), at_most))
    return distinct(np.concatenate(found))


def _token_pairs(events: LinkEvents, event: Integers, token: Integers, at_most: int) -> Integers:
    order = np.lexsort((event, token))
    token, event = token[order], event[order]
    start = np.flatnonzero(np.r_[True, token[1:] != token[:-1]]) if len(token) else np.empty(0, dtype=np.int64)
    size = np.diff(np.r_[start, len(token)])
    usable = np.repeat((size >= 2) & (size <= at_most), size)
    return _windowed(events, event[usable], token[usable], at_most)


def _windowed(events: LinkEvents, event: Integers, token: Integers, window: int) -> Integers:
    """Pairs of `event` at most `window` places apart that have the same `token`; equal tokens must be adjacent."""
    found = [np.empty(0, dtype=np.int64)]
    for lag in range(1, min(window, len(token) - 1) + 1):
        here = np.flatnonzero(token[lag:] == token[:-lag])
        if not len(here):
            break
        a, b = event[here], event[here + lag]
        wanted = (a != b) & (events.death[a] | events.death[b])
        found.append(pair_keys(a[wanted], b[wanted], len(events)))
    return distinct(np.concatenate(found))
