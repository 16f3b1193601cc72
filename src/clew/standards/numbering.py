"""Numbers events by their ids, and finds the numbers of very many ids again at once.

A dictionary of a million texts is slow to ask, for each lies somewhere else in memory. So the ids of the beginning are
found by their hashes, in one table of numbers, and then compared as texts; only the few that came later are in a
dictionary.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from clew.standards.engine.arrays import Ints
from clew.standards.engine.compiled import loop


class EventNumbers:
    """Events of the beginning have their place in `events` (each once) as their number, later ones the next."""

    def __init__(self, events: pl.Series) -> None:
        self._first = events
        self._hashes = _hashes(events)
        self._slots = np.full(1 << (2 * len(events) + 1).bit_length(), -1, dtype=np.int64)
        _fill(self._hashes, self._slots)
        order = np.argsort(self._hashes, kind="stable")
        alike = order[1:][np.diff(self._hashes[order]) == 0]
        # Of two ids with one hash, the table finds the first.
        self._others = {str(events[number]): number for number in alike.tolist()}
        self._later: list[str] = []

    def __len__(self) -> int:
        return len(self._first) + len(self._later)

    def of(self, event_ids: pl.Series) -> Ints:
        """Numbers of the events; one not seen before gets the next."""
        numbers = _found(_hashes(event_ids), self._hashes, self._slots)
        there = np.flatnonzero(numbers >= 0)
        same = (self._first.gather(numbers[there]) == event_ids.gather(there)).to_numpy()
        numbers[there[~same]] = -1
        for place in np.flatnonzero(numbers < 0).tolist():
            event_id = event_ids[place]
            if event_id not in self._others:
                self._others[event_id] = len(self)
                self._later.append(event_id)
            numbers[place] = self._others[event_id]
        return numbers

    def ids(self, numbers: Ints) -> pl.Series:
        """The ids of events, by their ascending numbers."""
        old = np.searchsorted(numbers, len(self._first))
        later = [self._later[number - len(self._first)] for number in numbers[old:].tolist()]
        return pl.concat([self._first.gather(numbers[:old]), pl.Series(later, dtype=pl.String)]).alias("event_id")


def _hashes(texts: pl.Series) -> Ints:
    return texts.hash().to_numpy().view(np.int64)


@loop
def _fill(hashes: Ints, slots: Ints) -> None:
    """Puts each hash's number into the first free slot from the hash's own on."""
    last = slots.size - 1
    for number in range(hashes.size):
        slot = hashes[number] & last
        while slots[slot] >= 0:
            slot = (slot + 1) & last
        slots[slot] = number


@loop
def _found(wanted: Ints, hashes: Ints, slots: Ints) -> Ints:
    """The first number with each wanted hash; -1 if none has it."""
    last = slots.size - 1
    numbers = np.empty(wanted.size, np.int64)
    for i in range(wanted.size):
        slot = wanted[i] & last
        while slots[slot] >= 0 and hashes[slots[slot]] != wanted[i]:
            slot = (slot + 1) & last
        numbers[i] = slots[slot]
    return numbers
