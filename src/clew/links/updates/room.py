"""Arrays of events with room to grow, as the compiled kernel reads them: one event's row is set anew in its place."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from clew.links.events import Floats, Integers, LinkEvents
from clew.links.evidence.circumstances import signatures
from clew.links.evidence.columns import Columns, columns_of, numbers_of
from clew.links.incidents import same_incident
from clew.links.updates.arrays import Arrays
from clew.links.updates.frozen import Frozen


class Room:
    """Arrays of events with room to grow, as the kernel reads them."""

    def __init__(self, events: Arrays, table: Floats, codes: np.ndarray, words: np.ndarray, frozen: Frozen) -> None:
        """events: the fields of `LinkEvents`. table: (n, 10) as the kernel reads them. codes: (n, k), of circumstances.
        words: (n, w), of narratives; w is 0 where these are not read."""
        self._frozen, self._size = frozen, len(codes)
        self._numbers = numbers_of(frozen.usual, frozen.weights)
        room = self._size + max(self._size // 8, 64)
        self._arrays = {name: _grown(array, room) for name, array in events.items()}
        self._turned = np.full((10, room), np.nan)
        self._turned[:, : self._size] = table.T
        self._codes, self._words = _grown(codes, room), _grown(words, room)
        self._signature = signatures(self._codes)

    @classmethod
    def of(cls, events: LinkEvents, codes: np.ndarray, words: np.ndarray, frozen: Frozen) -> Room:
        """Of these events."""
        named = {one.name: getattr(events, one.name) for one in fields(LinkEvents)}
        return cls(named, _table(events, frozen), codes, words, frozen)

    def arrays(self) -> Arrays:
        """What `of_arrays` makes it from again."""
        size = self._size
        events = {name: array[:size] for name, array in self._arrays.items()}
        return events | {
            "table": self._turned[:, :size].T,
            "codes": self._codes[:size],
            "words": self._words[:size],
        }

    @classmethod
    def of_arrays(cls, arrays: Arrays, frozen: Frozen) -> Room:
        """From what `arrays` gave."""
        events = {one.name: arrays[one.name] for one in fields(LinkEvents)}
        return cls(events, arrays["table"], arrays["codes"], arrays["words"], frozen)

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays, room included."""
        kept = (*self._arrays.values(), self._turned, self._codes, self._words, self._signature)
        return sum(array.nbytes for array in kept)

    @property
    def now(self) -> LinkEvents:
        """The events there are."""
        return LinkEvents(**{name: array[: self._size] for name, array in self._arrays.items()})

    def some(self, rows: list[int] | Integers) -> LinkEvents:
        """These events."""
        return LinkEvents(**{name: array[rows] for name, array in self._arrays.items()})

    def put(self, at: int, given: LinkEvents, row: int) -> None:
        """Sets event `at` to what `given` has in `row`."""
        if at == len(self._codes):
            self._grow()
        one = LinkEvents(**{field_.name: getattr(given, field_.name)[row : row + 1] for field_ in fields(LinkEvents)})
        for name, array in list(self._arrays.items()):
            value = getattr(one, name)
            if value.dtype.itemsize > array.dtype.itemsize:  # a longer id than any before
                self._arrays[name] = array.astype(value.dtype)
            self._arrays[name][at] = value[0]
        self._turned[:, at] = _table(one, self._frozen)[0]
        self._size = max(self._size, at + 1)

    def recode(self, at: int, codes: np.ndarray, words: np.ndarray) -> None:
        """Sets the codes of one event."""
        self._codes[at], self._words[at] = codes, words
        self._signature[at] = signatures(codes[None])[0]

    def against(self, at: int, least: float) -> Integers:
        """The events whose place, time, profile and circumstances together reach `least` with event `at`."""
        from clew.links.evidence import compiled, kernel  # noqa: PLC0415 - numba is slow to import

        columns = Columns(table=np.empty((0, 10)), codes=self._codes, signature=self._signature)
        hits = np.empty(self._size, dtype=np.int64)

        def block(start: int, stop: int) -> int:
            numbers, gains = self._numbers, self._frozen.held.gains
            return int(
                kernel.one_against(self._turned, columns, gains, numbers, least, at, start, stop, hits[start:stop])
            )

        ranges = compiled.blocks(self._size, max(-(-self._size // (4 * compiled.cores())), 20_000))
        counts = compiled.in_threads(block, ranges)
        return np.concatenate([hits[start : start + count] for (start, _), count in zip(ranges, counts, strict=True)])

    def near(self, at: int) -> list[int]:
        """The events that are one incident with event `at`."""
        now = self.now
        rough = np.flatnonzero(np.abs(self._turned[0, : self._size] - self._turned[0, at]) <= 1.0)
        rough = rough[rough != at]
        joined = rough[same_incident(now, np.full(len(rough), at), rough)]
        return [int(other) for other in joined]

    def read(self, a: Integers, b: Integers) -> tuple[LinkEvents, np.ndarray, tuple[Integers, Integers]]:
        """The m events that the pairs are of, their codes (m, k), and the ends of the pairs among these."""
        rows, ends = _renumbered(a, b)
        return self.some(rows), self._codes[rows], ends

    def words_of(self, a: Integers, b: Integers) -> tuple[np.ndarray, tuple[Integers, Integers]]:
        """The word codes (m, w) of the m events that the pairs are of, and the ends of the pairs among these."""
        rows, ends = _renumbered(a, b)
        return self._words[rows], ends

    def of_pairs(self, a: Integers, b: Integers) -> tuple[Floats, Floats, Floats, Floats]:
        """As `PairEvidence.of_pairs`."""
        from clew.links.evidence import kernel  # noqa: PLC0415 - as above

        rows, (one, two) = _renumbered(a, b)
        columns = Columns(
            table=np.ascontiguousarray(self._turned[:, rows].T),
            codes=self._codes[rows],
            signature=self._signature[rows],
        )
        place, profile, shared, tie = (np.empty(len(a)) for _ in range(4))
        kernel.pair_evidence(columns, self._frozen.held.gains, self._numbers, one, two, place, profile, shared, tie)
        return place, profile, shared, tie

    def of_times(self, a: Integers, b: Integers) -> Floats:
        """As `PairEvidence.of_times`."""
        from clew.links.evidence import kernel  # noqa: PLC0415 - as above

        rows, (one, two) = _renumbered(a, b)
        time = np.empty(len(a))
        start, end = np.ascontiguousarray(self._turned[5, rows]), np.ascontiguousarray(self._turned[6, rows])
        kernel.time_evidence(start, end, self._numbers, one, two, time)
        return time

    def _grow(self) -> None:
        room = len(self._codes) + max(len(self._codes) // 8, 64)
        self._arrays = {name: _grown(array, room) for name, array in self._arrays.items()}
        turned = np.full((10, room), np.nan)
        turned[:, : len(self._codes)] = self._turned
        self._turned, self._signature = turned, _grown(self._signature, room)
        self._codes, self._words = _grown(self._codes, room), _grown(self._words, room)


def _table(events: LinkEvents, frozen: Frozen) -> Floats:
    nothing = np.full((len(events), 1), -1, dtype=np.int32)
    return columns_of(events, frozen.usual_of(events), nothing).table


def _renumbered(a: Integers, b: Integers) -> tuple[Integers, tuple[Integers, Integers]]:
    rows, both = np.unique(np.concatenate((a, b)), return_inverse=True)
    return rows, (both[: len(a)], both[len(a) :])


def _grown(array: np.ndarray, room: int) -> np.ndarray:
    """`array` with room for as many rows."""
    grown = np.zeros((room, *array.shape[1:]), dtype=array.dtype)
    grown[: len(array)] = array
    return grown
