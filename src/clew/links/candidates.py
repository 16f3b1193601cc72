"""Which pairs can be links: every pair that could reach a strength at some dates is found, by bounds (decision 90).

Pairs that share a person, or of which one names the other, are known by that and come from elsewhere
(`Scorer.widened`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from clew.links.events import Flags, Floats, Integers
from clew.links.evidence.circumstances import signatures
from clew.links.evidence.columns import Columns, Gains, Numbers
from clew.links.model.reach import Reach, reach_of
from clew.links.pair_keys import distinct, pair_keys
from clew.links.scoring import LEAST_TIE, Scorer

#: Pairs that are held at once: some 100 bytes each while they are scored.
MOST_PAIRS = 10_000_000

_PARTS = 128  # stretches of events or words, each searched on one core
_ROOM = 200_000  # pairs of a stretch for which there is room at first
_YOUNG = 0.1  # of the events stand apart, by age: the rarer ages are, the more they say, and the bounds allow


@dataclass(frozen=True, kw_only=True)
class Search:
    """The events of a `Scorer`, in tiles, as the compiled search reads them (`evidence.tiles`).

    order: (n,) the event at each row. columns, gains, numbers: as in `PairEvidence`, in this order. top: (n, k) the
    most that so many of an event's codes could say, log10. death: (n,). reach: of a trained model, None for the
    documented defaults.
    """

    scorer: Scorer
    order: Integers
    columns: Columns
    gains: Gains
    numbers: Numbers
    top: Floats
    death: Flags
    tiles: Any
    reach: Reach | None

    @classmethod
    def of(cls, scorer: Scorer) -> Search:
        """Ready to search the events of `scorer`."""
        from clew.links.evidence import tiles  # noqa: PLC0415 - compiles; not for who only wants help

        evidence, model = scorer.evidence, scorer.model.model
        death, age = scorer.events.death[evidence.order], evidence.columns.table[:, 7]
        aged = np.isfinite(age)
        young = aged & (age <= np.quantile(age[aged], _YOUNG)) if aged.any() else aged
        kind = np.argsort(4 * ~death + 2 * ~aged + young, kind="stable")  # by where they lie within each kind
        table, codes, signature = evidence.columns
        columns = Columns(table=table[kind], codes=codes[kind], signature=signature[kind])
        order, death = evidence.order[kind], death[kind]
        reach = reach_of(model, scorer.held, scorer.events) if model.fitted else None
        if reach is not None:
            reach = reach._replace(extra=reach.extra[order])
        top = _top(columns.codes, evidence.gains, evidence.numbers)
        made = tiles.Tiles.room_for(len(order))
        extra = np.zeros(len(order)) if reach is None else reach.extra
        tiles.fill_tiles(columns.table, columns.codes, top[:, -1], extra, death, made)
        return cls(
            scorer=scorer,
            order=order,
            columns=columns,
            gains=evidence.gains,
            numbers=evidence.numbers,
            top=top,
            death=death,
            tiles=made,
            reach=reach,
        )

    def pairs(self, least: float, *, one_in: int = 1) -> tuple[Integers, float]:
        """The keys, sorted, of the pairs with a death among them that could reach `least` (log10) without people,
        references and dates, and be a link at that (`LEAST_TIE`); and from which strength on they are there: a higher
        one than `least` where more than `MOST_PAIRS` reach that. one_in: of so many, to see how many there are."""
        while True:
            keys, count = self._at(least, one_in)
            if count <= MOST_PAIRS:
                return keys, least
            least = max(least, -1.0) + 0.1 + 0.5 * math.log10(count / MOST_PAIRS)

    def _at(self, least: float, one_in: int) -> tuple[Integers, int]:
        """The pairs that reach `least`, and how many: if more than `MOST_PAIRS`, not all are given."""
        from clew.links.evidence import tiles  # noqa: PLC0415 - as above

        same = (self.columns, self.death, self.gains, self.numbers, self.reach, least, LEAST_TIE)

        def by_tiles(first: int, last: int, room: int) -> Any:
            return tiles.reaching(self.top, self.tiles, *same, first, last, room)

        # The first of m tiles has m to be compared with, the last one.
        ahead = np.arange(len(self.tiles.thin), 0, -1)
        found = _in_stretches(by_tiles, ahead, one_in)
        words = self.scorer.words
        if len(words.factor):
            weights, codes = self.scorer.weights.narrative, words.codes[self.order]
            event, start = _by_code(codes, len(words.factor))
            told = (codes, signatures(codes), event, start)
            rare = (words.factor, weights.discount, weights.most)

            def by_words(first: int, last: int, room: int) -> Any:
                return tiles.telling(told, rare, *same, first, last, room)

            found += _in_stretches(by_words, np.diff(start).astype(np.float64) ** 2, one_in)
        total = sum(many for many, _, _ in found)
        one, two = (np.concatenate([part[end] for part in found] or [np.empty(0, np.int64)]) for end in (1, 2))
        return distinct(pair_keys(self.order[one], self.order[two], len(self.order))), total


def _in_stretches(
    search: Callable[[int, int, int], Any], work: np.ndarray, one_in: int
) -> list[tuple[int, Integers, Integers]]:
    """What `search` finds in each stretch of things, on every core: how many pairs, and both ends of them, but of no
    more than `MOST_PAIRS`. work: (m,) how long each takes. one_in: only one thing in so many."""
    from clew.links.evidence import compiled  # noqa: PLC0415 - as above

    if one_in > 1:
        stretches = [(at, at + 1) for at in range(one_in // 2, len(work), one_in)]
    else:
        done = np.cumsum(work)
        even = np.linspace(0, done[-1] if len(done) else 0, _PARTS + 1)[1:-1]
        cuts = np.unique(np.r_[0, np.searchsorted(done, even), len(work)])
        stretches = list(zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True))

    def stretch(first: int, last: int) -> tuple[int, Integers, Integers]:
        count, one, two = search(first, last, _ROOM)
        if count > _ROOM:
            count, one, two = search(first, last, min(count, MOST_PAIRS))
        return int(count), one, two

    return compiled.in_threads(stretch, stretches)


def _top(codes: np.ndarray, gains: Gains, numbers: Numbers) -> Floats:
    """(n, k) the most, log10, that one, two, ... of an event's codes could say together; never more than all of them.

    Codes stand from the rarest down, and so does what they say."""
    if not len(gains.factor):
        return np.zeros(codes.shape)
    held, place = codes >= 0, np.maximum(codes, 0)
    falling = numbers.discount ** np.arange(codes.shape[1])
    factor, substance = np.where(held, gains.factor[place], 0.0), gains.substance[place]
    apart = [  # as if the others were not there
        np.where(mine, factor, 0.0) * falling[np.maximum(np.cumsum(mine, axis=1) - 1, 0)]
        for mine in (substance, ~substance)
    ]
    capped = np.minimum(apart[0].sum(axis=1), numbers.substance_cap) + apart[1].sum(axis=1)
    most: Floats = np.minimum(np.cumsum(factor * falling, axis=1), capped[:, None])
    return most


def _by_code(codes: np.ndarray, kinds: int) -> tuple[Integers, Integers]:
    """The rows that have each code, one after the other, and (kinds + 1,) where those of each begin."""
    row, place = np.nonzero(codes >= 0)
    code = codes[row, place]
    order = np.argsort(code, kind="stable")
    return row[order], np.searchsorted(code[order], np.arange(kinds + 1))
