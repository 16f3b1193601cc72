"""Loops say the same as plain Python and compiled, and what a naive search would say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.standards.engine import arrays, compiled, law, local_time
from clew.standards.engine.arrays import NEVER, Ints

PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), max_size=12)


def ints(values: list[int]) -> Ints:
    return np.array(values, dtype=np.int64)


def both_ways(function: Callable[..., Any], *arguments: Any) -> Any:
    plain = function.__wrapped__(*arguments)  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "WORTH_STARTING", 0)
        fast = function(*arguments)
    assert np.array_equal(plain, fast)
    return fast


@settings(max_examples=150, deadline=None)
@given(PAIRS, PAIRS)
def test_the_first_in_a_group_is_found_as_by_looking_through_it(
    rows: list[tuple[int, int]], asked: list[tuple[int, int]]
) -> None:
    rows = sorted(rows)
    group, times = ints([row[0] for row in rows]), ints([row[1] for row in rows])
    wanted, bound = ints([pair[0] for pair in asked]), ints([pair[1] for pair in asked])
    found = both_ways(arrays.first_in_group, wanted, bound, group, times)
    expected = [
        next((place for place, row in enumerate(rows) if row[0] == own and row[1] >= least), -1) for own, least in asked
    ]
    assert found.tolist() == expected
    assert both_ways(arrays.found_values, found, times, NEVER).tolist() == [
        rows[place][1] if place >= 0 else NEVER for place in expected
    ]
    assert both_ways(arrays.sorted_in_groups, group, times)
    assert both_ways(arrays.sorted_in_groups, wanted, bound) == (asked == sorted(asked))
    begin, end = arrays.group_bounds(group, wanted)
    first = both_ways(arrays.first_not_below, begin, end, times, bound)
    assert [int(place) if place < stop else -1 for place, stop in zip(first, end, strict=True)] == expected


@settings(max_examples=100, deadline=None)
@given(PAIRS)
def test_the_largest_so_far_is_that_of_its_group(rows: list[tuple[int, int]]) -> None:
    group, values = ints(sorted(row[0] for row in rows)), ints([row[1] for row in rows])
    found = both_ways(arrays.running_maximum, values, group)
    expected = [max(values[: place + 1][group[: place + 1] == group[place]]) for place in range(len(rows))]
    assert found.tolist() == expected


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=20), st.lists(st.integers(-(10**12), 10**12)))
def test_places_among_edges_are_those_of_a_binary_search(edges: list[int], values: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrays, "_places_among", lambda *arguments: both_ways(places_among, *arguments))
        found = arrays.places_among(ints(sorted(edges)), ints(values))
    assert np.array_equal(found, np.searchsorted(ints(sorted(edges)), ints(values), side="right"))


places_among = arrays._places_among


def test_verdicts_and_local_times_are_the_same_both_ways() -> None:
    rng = np.random.default_rng(8)
    count = 4_000

    def times() -> Ints:
        return np.where(rng.random(count) < 0.3, NEVER, rng.integers(0, 9, count))

    flags = tuple(rng.random(count) < 0.8 for _ in range(7))
    due, certain, possible, waived = times(), times(), times(), times()
    for forbids in (False, True):
        rung = both_ways(law._rungs, due, due + 1, flags, certain, possible, waived, forbids)
        response = np.zeros(count, dtype=np.int8)
        gathered = law._gathered, rung, due, due + 1, flags[:3], (certain, due, possible), (waived, due), response, 1
        both_ways(gathered[0], *gathered[1:])
    assert np.unique(rung).size >= 8
    both_ways(local_time._moved, times(), ints([2, 5]), ints([7, 8, 9]))
