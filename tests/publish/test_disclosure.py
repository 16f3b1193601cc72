"""No small cell is shown, and none that is hidden can be worked out from what is."""

from __future__ import annotations

import itertools

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.core import UsageError
from clew.publish.disclosure import CountTable, Relation, attack, recovered, rounded, suppress, two_way_table


def table(counts: list[list[int]], *, row: str = "unit", column: str = "group") -> CountTable:
    cells = [(f"{row}{i}", f"{column}{j}", n) for i, line in enumerate(counts) for j, n in enumerate(line)]
    frame = pl.DataFrame(cells, schema=[row, column, "count"], orient="row")
    return two_way_table(frame, row=row, column=column)


def random_tables(how_many: int, *, seed: int, largest: int = 5) -> list[CountTable]:
    rng = np.random.default_rng(seed)
    return [
        table(rng.poisson(rng.gamma(1, 8, tuple(rng.integers(2, largest + 1, 2)))).tolist()) for _ in range(how_many)
    ]


def naive_values(counts: list[list[int]], hidden: set[tuple[int, int]], most: int) -> dict[tuple[int, int], set[int]]:
    """Every value each hidden inner cell takes over every whole-number table with the same margins, by brute force."""
    grid = np.array(counts)
    cells = sorted(hidden)
    seen: dict[tuple[int, int], set[int]] = {cell: set() for cell in cells}
    for values in itertools.product(range(most + 1), repeat=len(cells)):
        trial = grid.copy()
        for cell, value in zip(cells, values, strict=True):
            trial[cell] = value
        if (trial.sum(0) == grid.sum(0)).all() and (trial.sum(1) == grid.sum(1)).all():
            for cell, value in zip(cells, values, strict=True):
                seen[cell].add(value)
    return seen


def test_the_attack_finds_exactly_the_values_that_brute_force_finds() -> None:
    counts = [[3, 9, 7], [8, 2, 6], [5, 6, 1]]
    hidden = {(0, 0), (0, 1), (1, 0), (1, 1), (2, 2)}
    named = table(counts)
    ends = attack(named, [("", f"group=group{j}", f"unit=unit{i}") for i, j in hidden])
    for (i, j), values in naive_values(counts, hidden, 12).items():
        assert ends["", f"group=group{j}", f"unit=unit{i}"] == (min(values), max(values))
    assert ends["", "group=group2", "unit=unit2"] == (1, 1)  # alone in its row: recovered
    assert recovered(named, ends) == {("", "group=group2", "unit=unit2")}


def test_no_hidden_cell_of_random_tables_can_be_recovered() -> None:
    for named in random_tables(30, seed=1):
        done = suppress(named)
        assert all(count is None or count == 0 or count >= 5 for count in done.published.values())
        assert not recovered(named, done.hidden), named


def is_protected(hidden: set[tuple[int, int]]) -> bool:
    """With all counts above 0 a hidden cell is safe just when it lies on a cycle of hidden cells (Gusfield 1988)."""

    def joined(edges: set[tuple[int, int]], start: tuple[str, int], goal: tuple[str, int]) -> bool:
        reached, front = {start}, [start]
        while front:
            side, at = front.pop()
            for i, j in edges:
                here, there = (("r", i), ("c", j)) if side == "r" else (("c", j), ("r", i))
                if here == (side, at) and there not in reached:
                    reached.add(there)
                    front.append(there)
        return goal in reached

    return all(joined(hidden - {(i, j)}, ("r", i), ("c", j)) for i, j in hidden)


def test_on_small_tables_few_more_cells_are_hidden_than_the_fewest_possible() -> None:
    rng = np.random.default_rng(5)
    for _ in range(12):
        counts = rng.integers(5, 40, (4, 4))
        small = {tuple(cell) for cell in rng.integers(0, 4, (int(rng.integers(1, 4)), 2)).tolist()}
        for cell in small:
            counts[cell] = rng.integers(1, 5)
        rest = sorted(set(itertools.product(range(4), repeat=2)) - small)
        fewest = next(
            len(small) + more
            for more in range(len(rest) + 1)
            if any(is_protected(small | set(extra)) for extra in itertools.combinations(rest, more))
        )
        assert len(suppress(table(counts.tolist())).hidden) <= 1.3 * fewest


def test_a_table_without_small_cells_is_shown_whole() -> None:
    done = suppress(table([[0, 9], [12, 7]]))
    assert not done.hidden
    assert None not in done.published.values()


def test_a_second_release_cannot_undo_the_first() -> None:
    """Units by group last year; the same deaths by group and sex this year, which shares the group totals."""
    first = table([[3, 20, 9], [14, 30, 8], [11, 6, 25]])
    hidden = suppress(first).hidden
    second = table([[13, 30, 21], [15, 26, 21]], row="sex")
    both = first | second
    already_shown = set(first.counts) - hidden
    done = suppress(both, shown_before=already_shown)
    assert not done.hidden & already_shown
    assert all(low < high for low, high in attack(both, done.hidden | hidden).values())


def test_a_district_published_alone_cannot_be_taken_from_the_whole() -> None:
    """Differencing: the force is shown, all boroughs but one are shown; the one left has 3."""
    cells = {("force",): 60, ("boroughs", "others"): 57, ("boroughs", "small"): 3}
    split = CountTable(cells, (Relation(("force",), (("boroughs", "others"), ("boroughs", "small"))),))
    with pytest.raises(UsageError, match="cannot be protected"):
        suppress(split, shown_before=[("force",), ("boroughs", "others")])
    assert ("boroughs", "small") in suppress(split).hidden


def test_a_small_cell_that_is_out_already_is_said_to_be_so() -> None:
    named = table([[3, 20], [14, 30]])
    with pytest.raises(UsageError, match="out already"):
        suppress(named, shown_before=[("", "group=group0", "unit=unit0")])


@pytest.mark.parametrize(
    ("counts", "relations", "word"),
    [
        ({("a",): 5, ("b",): 2}, (Relation(("a",), (("b",),)),), "not the sum"),
        ({("a",): 5}, (Relation(("a",), (("b",),)),), "not the sum"),
        ({("a",): -1}, (), "below 0"),
    ],
)
def test_a_table_that_does_not_add_up_is_refused(
    counts: dict[tuple[str, ...], int], relations: tuple[Relation, ...], word: str
) -> None:
    with pytest.raises(UsageError, match=word):
        CountTable(counts, relations)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3), min_size=2, max_size=4))
def test_whatever_the_counts_either_all_small_cells_are_safe_or_it_is_refused(counts: list[list[int]]) -> None:
    named = table(counts)
    try:
        done = suppress(named)
    except UsageError:
        return
    assert all(low < high for low, high in attack(named, done.hidden).values())


@given(
    st.lists(st.lists(st.integers(0, 500), min_size=2, max_size=5), min_size=2, max_size=2).filter(
        lambda x: len(x[0]) == len(x[1])
    )
)
def test_rounding_moves_no_count_by_more_than_half_the_base(counts: list[list[int]]) -> None:
    named = table(counts)
    for cell, shown in rounded(named).items():
        assert shown % 5 == 0
        assert abs(shown - named.counts[cell]) <= 2
