"""Statistical disclosure control: which cells of a table of counts must be hidden so that nobody is pointed at.

*Primary*: a count of 1 to 4 is hidden, because whoever knows one person in the cell may recognise the rest.
*Complementary*: hiding one cell of a row whose total is shown hides nothing, so others are hidden with it. Every hidden
cell is given a *witness*: another whole-number table, equal in all that is shown (this table's totals and every linked
release's), in which that cell is different. No arithmetic, however clever, can then recover it.

The witness is found by integer programming (HiGHS through SciPy), cheapest first, and re-found until no cell fewer is
hidden. Source: Hundepool et al., Statistical Disclosure Control (2012), chapter 4; ONS policy on protecting
confidentiality in tables of birth and death statistics (threshold of 5, zeros shown).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from clew.core import UsageError

THRESHOLD = 5
ALL = "all"
Cell = tuple[str, ...]


@dataclass(frozen=True)
class Relation:
    """`total` is the sum of `parts`, and everybody knows it."""

    total: Cell
    parts: tuple[Cell, ...]


@dataclass(frozen=True)
class CountTable:
    """Counts by cell, totals included, and the sums that bind them. Tables that share cells can be joined with `|`."""

    counts: Mapping[Cell, int]
    relations: tuple[Relation, ...]

    def __post_init__(self) -> None:
        for relation in self.relations:
            missing = [cell for cell in (relation.total, *relation.parts) if cell not in self.counts]
            if missing or self.counts[relation.total] != sum(self.counts[cell] for cell in relation.parts):
                raise UsageError(
                    f"Cell {' / '.join(relation.total)} is not the sum of its parts.",
                    where="table of counts",
                    why="what an outsider could work out depends on the sums being right",
                    mend="give every part of each total, and totals made from them",
                )
        if any(count < 0 for count in self.counts.values()):
            raise UsageError("A count is below 0.", where="table of counts")

    def __or__(self, other: CountTable) -> CountTable:
        """Both tables as one: an outsider holds them side by side. Raises `UsageError` if a shared cell differs."""
        for cell in self.counts.keys() & other.counts.keys():
            if self.counts[cell] != other.counts[cell]:
                raise UsageError(
                    f"Cell {' / '.join(cell)} has two values.",
                    where="linked releases",
                    mend="name cells by what they count, the period included",
                )
        return CountTable({**self.counts, **other.counts}, (*self.relations, *other.relations))


@dataclass(frozen=True)
class Suppression:
    """What is hidden, and why. `primary`: too small. `complementary`: to protect those."""

    table: CountTable
    primary: frozenset[Cell]
    complementary: frozenset[Cell]

    @property
    def hidden(self) -> frozenset[Cell]:
        """Every hidden cell."""
        return self.primary | self.complementary

    @property
    def published(self) -> dict[Cell, int | None]:
        """Counts as they may be shown; None where hidden."""
        return {cell: None if cell in self.hidden else count for cell, count in self.table.counts.items()}


def two_way_table(counts: pl.DataFrame, *, row: str, column: str, count: str = "count", scope: str = "") -> CountTable:
    """A table with both margins from a long frame (one row a cell; cells left out count 0).

    Cells are (`scope`, "row=value", "column=value"), margins "row=all": two tables share exactly the margins that count
    the same thing in the same `scope`.
    """
    table = {(str(r), str(c)): int(n) for r, c, n in counts.select(row, column, count).iter_rows()}
    rows, columns = sorted({r for r, _ in table}), sorted({c for _, c in table})

    def cell(r: str, c: str) -> Cell:
        named = [f"{row}={r}"] * (r != ALL) + [f"{column}={c}"] * (c != ALL)
        return (scope, *sorted(named))

    values = {cell(r, c): table.get((r, c), 0) for r in rows for c in columns}
    values |= {cell(r, ALL): sum(values[cell(r, c)] for c in columns) for r in rows}
    values |= {cell(ALL, c): sum(values[cell(r, c)] for r in rows) for c in columns}
    values[cell(ALL, ALL)] = sum(values[cell(r, ALL)] for r in rows)
    relations = [Relation(cell(r, ALL), tuple(cell(r, c) for c in columns)) for r in [*rows, ALL]]
    relations += [Relation(cell(ALL, c), tuple(cell(r, c) for r in rows)) for c in [*columns, ALL]]
    return CountTable(values, tuple(relations))


def one_way_table(counts: pl.DataFrame, *, row: str, count: str = "count", scope: str = "") -> CountTable:
    """A table with its total from a long frame; cells named as in `two_way_table`."""
    values: dict[Cell, int] = {(scope, f"{row}={r}"): int(n) for r, n in counts.select(row, count).iter_rows()}
    parts = tuple(sorted(values))
    return CountTable({**values, (scope,): sum(values.values())}, (Relation((scope,), parts),))


def suppress(
    table: CountTable,
    *,
    threshold: int = THRESHOLD,
    shown_before: Iterable[Cell] = (),
    costs: Mapping[Cell, float] | None = None,
) -> Suppression:
    """Hides every count of 1 to `threshold` - 1, and as few others as will keep them hidden.

    `shown_before`: cells that a release already out shows; they cannot be hidden any more. `costs`: what hiding a cell
    costs its readers (1 each; totals 3, so that they stay in sight). Raises `UsageError` when a small cell is out
    already, or when no table differs from this one in it (one cell that is its own total).
    """
    solver = _Witnesses(table, frozenset(shown_before), costs or {})
    primary = [cell for cell, count in table.counts.items() if 0 < count < threshold]
    out = sorted(set(primary) & solver.fixed)
    if out:
        raise UsageError(
            f"Cell {' / '.join(out[0])} is below {threshold} and is out already.",
            where="an earlier release",
            why="hiding it now protects nobody",
            mend="leave it out of the cells shown before only if it truly was not shown; else coarsen both tables",
        )
    witness: dict[Cell, frozenset[Cell]] = {}
    for cell in sorted(primary, key=lambda cell: (table.counts[cell], cell)):
        witness[cell] = solver.find(cell, free=frozenset(primary).union(*witness.values()))
    hidden = frozenset(primary).union(*witness.values())
    improved = True
    while improved:
        improved = False
        for cell in primary:
            others = frozenset(primary).union(*(kept for other, kept in witness.items() if other != cell))
            trial = {**witness, cell: solver.find(cell, free=others)}
            smaller = frozenset(primary).union(*trial.values())
            if solver.cost(smaller) < solver.cost(hidden):
                witness, hidden, improved = trial, smaller, True
    return Suppression(table, frozenset(primary), hidden - frozenset(primary))


def attack(table: CountTable, hidden: Iterable[Cell]) -> dict[Cell, tuple[int, int]]:
    """What an outsider can say of each hidden cell from all that is shown: its least and greatest possible value.

    Exact: two integer programs a cell. A cell whose two values are equal is recovered.
    """
    outsider = _Outsider(table, sorted(set(hidden)))
    unbounded = int(np.iinfo(np.int64).max)
    ends = {}
    for cell in outsider.cells:
        low, high = outsider.extreme(cell, +1), outsider.extreme(cell, -1)
        ends[cell] = (0 if low is None else low[cell], unbounded if high is None else high[cell])
    return ends


def recovered(
    table: CountTable, hidden: Iterable[Cell], *, ranges: Mapping[Cell, tuple[int, int]] | None = None
) -> frozenset[Cell]:
    """The hidden cells that an outsider can work out exactly: those with one value in every table that fits.

    The same attack as `attack`, but each table found clears every cell that differs in it. ranges: what else is known
    of a hidden cell, least and greatest value: a rounded count that was shown says as much.
    """
    outsider = _Outsider(table, sorted(set(hidden)), ranges or {})
    left = set(outsider.cells)
    for cell in outsider.cells:
        for sign in (+1, -1):
            if cell in left:
                other = outsider.extreme(cell, sign)
                left = set() if other is None else {each for each in left if other[each] == table.counts[each]}
    return frozenset(left)


class _Outsider:
    """All that can be known of the hidden cells from the rest: sums, and that counts are whole and not negative."""

    def __init__(
        self, table: CountTable, cells: Sequence[Cell], ranges: Mapping[Cell, tuple[int, int]] | None = None
    ) -> None:
        self.cells = cells
        known = [(ranges or {}).get(cell, (0, np.inf)) for cell in cells]
        self.bounds = Bounds([low for low, _ in known], [high for _, high in known])
        self.at = {cell: i for i, cell in enumerate(cells)}
        matrix, totals = np.zeros((len(table.relations), len(cells))), np.zeros(len(table.relations))
        for number, relation in enumerate(table.relations):
            for cell, sign in [(relation.total, -1), *((part, 1) for part in relation.parts)]:
                if cell in self.at:
                    matrix[number, self.at[cell]] += sign
                else:
                    totals[number] -= sign * table.counts[cell]
        self.sums = LinearConstraint(sparse.csr_array(matrix), totals, totals)

    def extreme(self, cell: Cell, sign: int) -> dict[Cell, int] | None:
        """A table that fits and has the least (sign +1) or greatest (-1) value in `cell`; None if it has no bound."""
        goal = np.zeros(len(self.cells))
        goal[self.at[cell]] = sign
        whole = np.ones(len(self.cells), dtype=np.int64)
        found = milp(goal, constraints=[self.sums], integrality=whole, bounds=self.bounds)
        return None if found.x is None else dict(zip(self.cells, np.rint(found.x).astype(int).tolist(), strict=True))


def rounded(table: CountTable, *, base: int = THRESHOLD) -> dict[Cell, int]:
    """Every count, totals too, to the nearest multiple of `base`: an alternative where a table has many small cells.

    Totals then no longer add up exactly, which is the point; say so under the table.
    """
    return {cell: base * ((2 * count + base) // (2 * base)) for cell, count in table.counts.items()}


def rounding_ranges(shown: Mapping[Cell, int], *, base: int = THRESHOLD) -> dict[Cell, tuple[int, int]]:
    """What a count rounded by `rounded` says: the least and greatest count that rounds to it."""
    return {cell: (max(0, value - base // 2), value + (base - 1) // 2) for cell, value in shown.items()}


class _Witnesses:
    """Finds, for a cell, the cheapest set of cells that can change together with it."""

    def __init__(self, table: CountTable, fixed: frozenset[Cell], costs: Mapping[Cell, float]) -> None:
        self.table, self.fixed = table, fixed
        self.cells: Sequence[Cell] = list(table.counts)
        self.at = {cell: i for i, cell in enumerate(self.cells)}
        totals = {relation.total for relation in table.relations}
        self.costs = np.array([costs.get(cell, 3.0 if cell in totals else 1.0) for cell in self.cells])
        self.counts = np.array([table.counts[cell] for cell in self.cells])
        n = len(self.cells)
        matrix = np.zeros((len(table.relations), n))
        for number, relation in enumerate(table.relations):
            matrix[number, self.at[relation.total]] = -1
            matrix[number, [self.at[part] for part in relation.parts]] = 1
        # A move is what is added to each cell less what is taken away; all sums must stay as they are.
        self.sums = sparse.csr_array(np.hstack([matrix, -matrix]))
        movable = np.array([cell not in fixed for cell in self.cells])
        most = max(1, int(self.counts.max(initial=1)))
        self.upper = np.concatenate([np.where(movable, most, 0), np.where(movable, self.counts, 0)]).astype(float)

    def cost(self, hidden: frozenset[Cell]) -> float:
        return float(sum(self.costs[self.at[cell]] for cell in hidden))

    def find(self, cell: Cell, *, free: frozenset[Cell]) -> frozenset[Cell]:
        """The cells of the cheapest move that changes `cell`, those in `free` being hidden at no further cost."""
        price = self.costs.copy()
        price[[self.at[other] for other in free]] = 1e-3  # not quite nothing, or a move would wander
        n, index = len(self.cells), self.at[cell]
        best: tuple[float, NDArray[np.float64]] | None = None
        for up in (True, False):
            lower, upper = np.zeros(2 * n), self.upper.copy()
            chosen, other = (index, n + index) if up else (n + index, index)
            if upper[chosen] < 1:
                continue
            lower[chosen], upper[chosen], upper[other] = 1, 1, 0
            result = milp(
                np.concatenate([price, price]),
                constraints=[LinearConstraint(self.sums, 0, 0)],
                integrality=np.ones(2 * n, dtype=np.int64),
                bounds=Bounds(lower, upper),
            )
            if result.x is not None and (best is None or result.fun < best[0]):
                best = (float(result.fun), np.asarray(result.x))
            if best is not None and best[0] < float(self.costs.min()):  # among hidden cells already: none is cheaper
                break
        if best is None:
            raise UsageError(
                f"Cell {' / '.join(part for part in cell if part)} cannot be protected.",
                where="table of counts",
                why="every other cell it could hide behind is shown, here or in an earlier release",
                mend="join rows or columns until no such small cell is left",
            )
        moved = np.abs(best[1][:n] - best[1][n:]) > 0.5
        return frozenset(cell for cell, moves in zip(self.cells, moved, strict=True) if moves)
