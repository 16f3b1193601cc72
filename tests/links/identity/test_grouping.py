"""Pairs become persons by what supports them together: no chains, no order, no contradiction."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import polars as pl
import pytest

from clew.links.identity.grouping import TIES_FROM, counted_from, groups

NOBODY = pl.DataFrame(schema={"nominal": pl.Int64, "born": pl.String})
Tie = tuple[int, int, float]


def grouped(
    ties: list[Tie], count: int, born: dict[int, str] | None = None, matches: float = 1.0
) -> set[frozenset[int]]:
    frame = pl.DataFrame(ties, schema={"a": pl.Int64, "b": pl.Int64, "probability": pl.Float64}, orient="row")
    births = pl.DataFrame({"nominal": list(born), "born": list(born.values())}) if born else NOBODY
    label = groups(frame, births, count, matches)
    return {frozenset(np.flatnonzero(label == name).tolist()) for name in np.unique(label)}


def clique(members: range, probability: float = 0.9) -> list[Tie]:
    return [(a, b, probability) for a, b in combinations(members, 2)]


def test_two_are_one_from_an_even_chance() -> None:
    assert grouped([(0, 1, TIES_FROM)], 3) == {frozenset({0, 1}), frozenset({2})}
    assert grouped([(0, 1, TIES_FROM - 0.01)], 2) == {frozenset({0}), frozenset({1})}


def test_one_tie_does_not_chain_two_groups_that_share_nothing_else() -> None:
    ties = clique(range(6)) + clique(range(6, 12)) + [(0, 6, 0.8)]
    assert grouped(ties, 12) == {frozenset(range(6)), frozenset(range(6, 12))}
    assert grouped([*ties, (1, 7, 0.8), (2, 8, 0.8)], 12) == {frozenset(range(12))}


def test_weak_ties_add_up_only_where_a_person_is_met_often() -> None:
    ties = [*clique(range(4)), *((member, 4, 0.2) for member in range(4))]
    assert grouped(ties, 5) == {frozenset(range(4)), frozenset({4})}
    assert grouped(ties, 5, matches=8.0) == {frozenset(range(5))}
    assert counted_from(1.0) == TIES_FROM


def test_birth_dates_that_differ_stay_apart_however_many_ties_there_are() -> None:
    ties = clique(range(6))
    born = {0: "1971-04-09", 5: "1938-12-27"}
    found = grouped(ties, 6, born)
    assert all(len({born[member] for member in group if member in born}) <= 1 for group in found)
    assert grouped(ties, 6, {0: "1971-04-09", 5: "1971-09-04"}) == {frozenset(range(6))}


@pytest.mark.parametrize("seed", range(8))
def test_neither_the_order_of_ties_nor_the_names_of_nominals_decide(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = 30
    pairs = [pair for pair in combinations(range(count), 2) if rng.random() < 0.12]
    sure = rng.permutation(np.linspace(0.11, 0.99, len(pairs))).tolist()
    ties = [(a, b, p) for (a, b), p in zip(pairs, sure, strict=True)]
    straight = grouped(ties, count, matches=5.0)
    shuffled = [ties[place] for place in rng.permutation(len(ties))]
    assert grouped(shuffled, count, matches=5.0) == straight
    named = rng.permutation(count)
    renamed = [(*sorted((int(named[a]), int(named[b]))), p) for a, b, p in ties]
    assert grouped(renamed, count, matches=5.0) == {frozenset(int(named[each]) for each in group) for group in straight}


def test_every_group_holds_together_through_ties_that_count() -> None:
    rng = np.random.default_rng(3)
    ties = [(a, b, float(rng.random())) for a, b in combinations(range(20), 2) if rng.random() < 0.3]
    for group in grouped(ties, 20, matches=5.0):
        reached, grows = {min(group)}, True
        while grows:
            more = {x for a, b, p in ties if p >= counted_from(5.0) for x in (a, b) if {a, b} & reached and x in group}
            grows = not more <= reached
            reached |= more
        assert reached == set(group)
