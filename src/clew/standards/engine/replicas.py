"""A store in which one case stands many times, each time with what was on record at another instant.

So that all instants of a history are evaluated side by side by the same kernel that evaluates cases.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from clew.standards.engine.arrays import Ints, group_bounds
from clew.standards.engine.store import FactTable, Store

#: Per table the labels that are wanted; None: all.
Labels = Mapping[str, frozenset[str] | None]


def slices_read(table: FactTable, labels: Labels) -> list[tuple[str, int, int]]:
    """Label, begin and end of the rows of `table` that `labels` ask for."""
    if table.name not in labels:
        return []
    wanted = labels[table.name]
    return [(label, *bounds) for label, bounds in table.slices.items() if wanted is None or label in wanted]


def rows_a_case(store: Store, labels: Labels) -> Ints:
    """How many rows with these labels each case has."""
    counts = np.zeros(len(store.cases), dtype=np.int64)
    for table in store.tables.values():
        for _, begin, end in slices_read(table, labels):
            counts += np.bincount(table.case[begin:end], minlength=counts.size)
    return counts


def replicas(store: Store, labels: Labels, *, case: Ints, at: Ints) -> tuple[Store, dict[str, Ints]]:
    """A store whose case number i is `case[i]` with what was on record at `at[i]`; per table the rows' positions in
    `store`. Only rows with the wanted labels are in it.
    """
    places: dict[str, Ints] = {}
    tables: dict[str, FactTable] = {}
    for name, table in store.tables.items():
        slices, positions, owners, length = {}, [], [], 0
        for label, begin, end in slices_read(table, labels):
            first, last = group_bounds(table.case[begin:end], case)
            counts = last - first
            owner = np.repeat(np.arange(case.size), counts)
            position = np.repeat(first - np.cumsum(counts) + counts, counts) + np.arange(owner.size) + begin
            held = table.recorded[position] <= at[owner]
            positions.append(position[held])
            owners.append(owner[held])
            slices[label] = (length, length + positions[-1].size)
            length += positions[-1].size
        if positions:
            places[name] = np.concatenate(positions)
            tables[name] = _picked(table, slices, places[name], np.concatenate(owners))
    return Store(cases=store.cases.gather(case), tables=tables, sources=store.sources), places


def _picked(table: FactTable, slices: Mapping[str, tuple[int, int]], position: Ints, owner: Ints) -> FactTable:
    fact = None
    if table.fact is not None:
        facts = int(table.fact.max(initial=0)) + 1
        fact = table.fact[position] + owner * facts
    return replace(
        table,
        frame=table.frame[position.astype(np.uint32)] if table.frame.width else pl.DataFrame(),
        slices=slices,
        case=owner,
        low=table.low[position],
        high=table.high[position],
        recorded=table.recorded[position],
        until=None if table.until is None else table.until[position],
        fact=fact,
        row=table.row[position],
    )
