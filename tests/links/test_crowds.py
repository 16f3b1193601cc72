"""Thousands of events at one point cost thousands of comparisons, not millions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from clew.links.candidates import crowded_spots, neighbour_keys
from clew.links.candidates import near_in_time as pairs_near_in_time
from clew.links.evidence.background import background
from clew.links.evidence.pairs import PairEvidence
from clew.links.weights import Weights
from tests.links.made import made_circumstances, made_events

COUNT = 20_000


def test_twenty_thousand_deaths_at_one_point_are_compared_with_their_neighbours_in_time() -> None:
    events = made_events(COUNT, seed=2)
    xyz = events.xyz_km.copy()
    xyz[50:] = xyz[0]
    events, weights = replace(events, xyz_km=xyz), Weights()
    nearest = np.concatenate(list(neighbour_keys(events, weights.neighbours)))
    assert len(nearest) <= 100 * 49  # of the point itself only the first few are asked
    away = np.unique(np.concatenate((nearest // COUNT, nearest % COUNT)))
    assert set(range(50)) <= set(away.tolist())
    spots = crowded_spots(events, weights.neighbours, weights.place.finest_km)
    assert (spots[50:] >= 0).all()
    near = pairs_near_in_time(events, spots, events.from_day, weights.window)
    assert len(near) <= COUNT * weights.window
    usual = background(events, weights)
    evidence = PairEvidence.over(events, usual, made_circumstances(COUNT, kinds=5, seed=1, per_event=8), weights)
    place = evidence.of_pairs(near // COUNT, near % COUNT)[0]
    assert place.max() < 0.3  # where everybody dies, dying there says nothing
