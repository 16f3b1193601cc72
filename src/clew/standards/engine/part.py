"""Part of a store: only some of its cases, renumbered. What histories and increments run on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from clew.standards.engine.arrays import Ints
from clew.standards.engine.store import FactTable, Store


def part_of(store: Store, cases: Ints) -> Store:
    """The store of only `cases` (ascending case numbers); they are numbered anew in that order."""
    number = np.full(len(store.cases), -1, dtype=np.int64)
    number[cases] = np.arange(cases.size)
    return Store(
        cases=store.cases.gather(cases),
        tables={
            name: _rows(table, np.flatnonzero(number[table.case] >= 0), number) for name, table in store.tables.items()
        },
        sources=store.sources,
    )


def _rows(table: FactTable, kept: Ints, number: Ints) -> FactTable:
    def bound(place: int) -> int:
        return int(np.searchsorted(kept, place))

    return replace(
        table,
        frame=table.frame[kept.astype(np.uint32)] if table.frame.width else pl.DataFrame(),
        slices={label: (bound(begin), bound(end)) for label, (begin, end) in table.slices.items()},
        case=number[table.case[kept]],
        low=table.low[kept],
        high=table.high[kept],
        recorded=table.recorded[kept],
        until=None if table.until is None else table.until[kept],
        fact=None if table.fact is None else table.fact[kept],
        row=table.row[kept],
    )
