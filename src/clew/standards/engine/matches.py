"""Which rows match a pattern as known at T, and which did and no longer do.

T is one instant, or one per case: so that all the instants of a case's history can be evaluated side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import polars as pl

from clew.standards.engine.arrays import (
    NEVER,
    Bools,
    Ints,
    first_not_below,
    group_bounds,
    minimum_by_case,
    running_maximum,
)
from clew.standards.engine.expressions import to_polars
from clew.standards.engine.store import FactTable, Store
from clew.standards.language.model import Pattern

Instant = int | Ints


def at_case(at: Instant, case: Ints) -> Instant:
    """T of each row."""
    return at if isinstance(at, int) else at[case]


@dataclass(frozen=True, eq=False)
class Matches:
    """Rows that match, sorted by case and `low`.

    known: when a matching version was first recorded. certain: whether the condition is true (else unknown).
    position: row of the fact table. ended: for rows that no longer match, when they ceased to.
    """

    table: FactTable | None
    case: Ints
    low: Ints
    high: Ints
    known: Ints
    certain: Bools
    position: Ints
    ended: Ints | None = None

    def __len__(self) -> int:
        return int(self.case.size)

    def take(self, picked: Bools | Ints) -> Matches:
        """Only the picked rows."""
        if picked.dtype == np.bool_:
            if picked.all():
                return self
            picked = np.flatnonzero(picked)
        return Matches(
            table=self.table,
            case=self.case[picked],
            low=self.low[picked],
            high=self.high[picked],
            known=self.known[picked],
            certain=self.certain[picked],
            position=self.position[picked],
            ended=None if self.ended is None else self.ended[picked],
        )


_NONE = np.empty(0, dtype=np.int64)
EMPTY = Matches(None, _NONE, _NONE, _NONE, _NONE, _NONE.astype(np.bool_), _NONE)


Truth = tuple[Bools | None, Bools | None]


@dataclass
class Matcher:
    """Matches patterns against one store as at one T, each pattern once.

    conditions: by table and labels the patterns with conditions that will be asked for, so that all those on the same
    rows are worked out in one go; any other is worked out by itself.
    """

    store: Store
    at: Instant
    conditions: Mapping[tuple[str, tuple[str, ...]], Sequence[Pattern]] = field(default_factory=dict)
    _cache: dict[Pattern, tuple[Matches, Matches]] = field(default_factory=dict)
    _earliest: dict[tuple[tuple[Pattern, ...], bool], Ints] = field(default_factory=dict)
    _truths: dict[Pattern, Truth] = field(default_factory=dict)

    @property
    def cases(self) -> int:
        """How many cases the store has."""
        return len(self.store.cases)

    def rows(self, pattern: Pattern) -> Matches:
        """Rows in force that match, or may."""
        return self._both(pattern)[0]

    def withdrawn(self, pattern: Pattern) -> Matches:
        """Facts of which an earlier version matched and the one in force does not."""
        return self._both(pattern)[1]

    def earliest_known(self, option: tuple[Pattern, ...], *, certain: bool) -> Ints:
        """Per case when the first row of any of `option` was known; NEVER where there is none."""
        key = (option, certain)
        if key not in self._earliest:
            result = np.full(self.cases, NEVER, dtype=np.int64)
            for pattern in option:
                rows = self.rows(pattern)
                if certain:
                    rows = rows.take(rows.certain)
                np.minimum(result, minimum_by_case(rows.case, rows.known, self.cases), out=result)
            self._earliest[key] = result
        return self._earliest[key]

    def earliest_known_before(self, option: tuple[Pattern, ...], triggers: Matches, *, certain: bool) -> Ints:
        """Per trigger when the first of those rows of any of `option` was known that happened before the trigger was
        known; NEVER where there is none."""
        result = np.full(len(triggers), NEVER, dtype=np.int64)
        for pattern in option:
            rows = self.rows(pattern)
            if certain:
                rows = rows.take(rows.certain)
            if not len(rows):
                continue
            happened = rows.high if certain else rows.low
            order = np.lexsort((happened, rows.case))
            case = rows.case[order]
            begin, end = group_bounds(case, triggers.case)
            upto = first_not_below(begin, end, happened[order], triggers.known)
            first = -running_maximum(-rows.known[order], case)
            np.minimum(result, np.where(upto > begin, first[np.maximum(upto - 1, 0)], NEVER), out=result)
        return result

    def _both(self, pattern: Pattern) -> tuple[Matches, Matches]:
        if pattern not in self._cache:
            table = self.store.tables.get(pattern.table)
            self._cache[pattern] = (EMPTY, EMPTY) if table is None else self._match(table, pattern)
        return self._cache[pattern]

    def _match(self, table: FactTable, pattern: Pattern) -> tuple[Matches, Matches]:
        where = _positions(table, pattern.labels)
        if pattern.where is None:
            return _match(table, pattern, where, (None, None), self.at)
        if pattern not in self._truths:
            asked = self.conditions.get((pattern.table, pattern.labels), ())
            self._truths |= _truths(table, asked if pattern in asked else [pattern], where)
        return _match(table, pattern, where, self._truths.pop(pattern), self.at)


def _positions(table: FactTable, labels: tuple[str, ...]) -> slice | Ints:
    if not labels:
        return slice(0, table.case.size)
    slices = [table.slices[label] for label in labels if label in table.slices]
    if len(slices) == 1:
        return slice(*slices[0])
    if not slices:
        return slice(0, 0)
    return np.concatenate([np.arange(begin, end, dtype=np.int64) for begin, end in slices])


@lru_cache(maxsize=4096)
def _condition(pattern: Pattern) -> pl.Expr:
    assert pattern.where is not None  # noqa: S101 - the caller looked
    return to_polars(pattern.where)


def _truths(table: FactTable, patterns: Sequence[Pattern], where: slice | Ints) -> dict[Pattern, Truth]:
    """For the condition of each pattern which rows are true and which unknown; None for none unknown."""
    frame = table.frame[where] if isinstance(where, slice) else table.frame[where.astype(np.uint32)]
    found = frame.select(_condition(pattern).alias(str(number)) for number, pattern in enumerate(patterns))
    return {
        pattern: (
            (truth.fill_null(False) if truth.null_count() else truth).to_numpy(),
            truth.is_null().to_numpy() if truth.null_count() else None,
        )
        for pattern, truth in zip(patterns, found.get_columns(), strict=True)
    }


def _match(
    table: FactTable, pattern: Pattern, where: slice | Ints, truth: Truth, at: Instant
) -> tuple[Matches, Matches]:
    true, unknown = truth
    case, recorded = table.case[where], table.recorded[where]
    position = np.arange(where.start, where.stop, dtype=np.int64) if isinstance(where, slice) else where
    moment = at_case(at, case)
    current: Bools = recorded <= moment
    possible = None if true is None else true if unknown is None else true | unknown
    seen = current if possible is None else current & possible
    known = recorded
    withdrawn = EMPTY
    if table.fact is not None and table.until is not None:
        known, withdrawn = _by_version(table, position, seen=seen, true=true, recorded=recorded, moment=moment)
        seen = seen & (table.until[where] > moment)
    picked = np.flatnonzero(seen)
    matches = Matches(
        table=table,
        case=case[picked],
        low=table.low[where][picked],
        high=table.high[where][picked],
        known=known[picked],
        certain=np.ones(picked.size, dtype=np.bool_) if unknown is None or true is None else true[picked],
        position=position[picked],
    )
    if not isinstance(where, slice) or not pattern.labels:
        matches = matches.take(np.lexsort((matches.low, matches.case)))
    return matches, withdrawn


def _by_version(
    table: FactTable, position: Ints, *, seen: Bools, true: Bools | None, recorded: Ints, moment: Instant
) -> tuple[Ints, Matches]:
    """When each fact first matched, and the facts that matched once and do no longer."""
    assert table.fact is not None  # noqa: S101 - the caller looked
    assert table.until is not None  # noqa: S101 - the caller looked
    until = table.until[position]
    facts, number = np.unique(table.fact[position], return_inverse=True)
    first_possible = np.full(facts.size, NEVER, dtype=np.int64)
    np.minimum.at(first_possible, number[seen], recorded[seen])
    first_true = first_possible
    sure = seen
    if true is not None:
        sure = seen & true
        first_true = np.full(facts.size, NEVER, dtype=np.int64)
        np.minimum.at(first_true, number[sure], recorded[sure])
    known = first_possible[number] if true is None else np.where(true, first_true[number], first_possible[number])
    alive = np.zeros(facts.size, dtype=np.bool_)
    alive[number[seen & (until > moment)]] = True
    gone = np.flatnonzero(sure & ~alive[number])
    # Of several versions that matched, the last one stands for the fact.
    gone = gone[np.lexsort((recorded[gone], number[gone]))]
    last = np.ones(gone.size, dtype=np.bool_)
    last[:-1] = number[gone][1:] != number[gone][:-1]
    gone = gone[last]
    where = position[gone]
    withdrawn = Matches(
        table=table,
        case=table.case[where],
        low=table.low[where],
        high=table.high[where],
        known=first_true[number[gone]],
        certain=np.ones(gone.size, dtype=np.bool_),
        position=where,
        ended=until[gone],
    )
    return known, withdrawn.take(np.lexsort((withdrawn.low, withdrawn.case)))
