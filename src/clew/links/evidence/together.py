"""Which events lie at one place within a day: compiled, by boxes of neighbours, so that not every pair is looked at."""

from __future__ import annotations

import numpy as np

from clew.links.evidence.compiled import compiled

_TILE = 64


@compiled
def join_near(xyz, start, end, unsure, death, within_km, most_unsure_km, within_days, leader):  # type: ignore[no-untyped-def]
    """Writes to `leader` (n,) who leads the group of each event: the same for all that are joined, one by one, by lying
    `within_km` of each other, and the radii of both (at most `most_unsure_km`), and within a gap of `within_days`, with
    a death among the two. Quick where neighbours in place and time stand near each other."""
    count = len(start)
    tiles = (count + _TILE - 1) // _TILE
    lower, upper = np.full((tiles, 4), np.inf), np.full((tiles, 4), -np.inf)
    for i in range(count):
        t = i // _TILE
        leader[i] = i
        for axis in range(3):
            lower[t, axis], upper[t, axis] = min(lower[t, axis], xyz[i, axis]), max(upper[t, axis], xyz[i, axis])
        lower[t, 3], upper[t, 3] = min(lower[t, 3], start[i]), max(upper[t, 3], end[i])
    reach = within_km + most_unsure_km
    for s in range(tiles):
        for t in range(s, tiles):
            if max(lower[s, 3], lower[t, 3]) - min(upper[s, 3], upper[t, 3]) > within_days:
                continue
            apart2 = 0.0
            for axis in range(3):
                gap = max(lower[t, axis] - upper[s, axis], lower[s, axis] - upper[t, axis], 0.0)
                apart2 += gap * gap
            if apart2 > reach * reach:
                continue
            for i in range(s * _TILE, min(s * _TILE + _TILE, count)):
                for j in range(max(t * _TILE, i + 1), min(t * _TILE + _TILE, count)):
                    if max(start[i], start[j]) - min(end[i], end[j]) > within_days or not (death[i] or death[j]):
                        continue
                    x, y, z = xyz[i, 0] - xyz[j, 0], xyz[i, 1] - xyz[j, 1], xyz[i, 2] - xyz[j, 2]
                    if np.sqrt(x * x + y * y + z * z) <= within_km + min(unsure[i] + unsure[j], most_unsure_km):
                        _join(leader, i, j)
    for i in range(count):
        leader[i] = _lead(leader, i)


@compiled
def _lead(leader, i):  # type: ignore[no-untyped-def]
    while leader[i] != i:
        leader[i] = leader[leader[i]]
        i = leader[i]
    return i


@compiled
def _join(leader, i, j):  # type: ignore[no-untyped-def]
    one, two = _lead(leader, i), _lead(leader, j)
    leader[max(one, two)] = min(one, two)
