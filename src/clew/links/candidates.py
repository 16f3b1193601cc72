"""Which pairs can be links: every pair that could reach a strength at some dates is found, by bounds (decision 90).

Pairs that share a person, or of which one names the other, are known by that and come from elsewhere
(`Scorer.widened`).
"""

from __future__ import annotations

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
_YOUNG = 0.1  # of the events stand apart, by age: the rarer ages are, the more they say, and the bounds allow


@dataclass(frozen=True, kw_only=True)
class Search:
    """The events of a `Scorer`, in tiles, as the compiled search reads them (`evidence.tiles`).

    order: (n,) the event at each row. columns, gains, numbers: as in `PairEvidence`, in this order. top: (n, k) the
    most that so many of an event's codes could say, log10. death, incident: (n,). reach: of a trained model, None for
    the documented defaults.
    """

    scorer: Scorer
    order: Integers
    columns: Columns
    gains: Gains
    numbers: Numbers
    top: Floats
    death: Flags
    incident: Integers
    tiles: Any
    reach: Reach | None

    @classmethod
    def of(cls, scorer: Scorer, incident: Integers) -> Search:
        """Ready to search the events of `scorer`. incident: (n,) of each; two of one incident are no pair."""
        from clew.links.evidence import tiles  # noqa: PLC0415 - compiles; not for who only wants help

        evidence, model = scorer.evidence, scorer.model.model
        death, age = scorer.events.death[evidence.order], evidence.columns.table[:, 7]
        aged = np.isfinite(age)
        young = aged & (age <= np.quantile(age[aged], _YOUNG)) if aged.any() else aged
        kind = np.argsort(4 * ~death + 2 * ~aged + young, kind="stable")  # by where they lie within each kind
        table, codes, signature = evidence.columns
        top = _top(codes, evidence.gains, evidence.numbers)
        most = top[kind, -1]  # and within a tile those first that have most to share
        kind = kind[np.lexsort((-most, np.arange(len(kind)) // tiles.TILE))]
        columns = Columns(table=table[kind], codes=codes[kind], signature=signature[kind])
        order, death, top = evidence.order[kind], death[kind], top[kind]
        reach = reach_of(model, scorer.held, scorer.events) if model.fitted else None
        if reach is not None:
            reach = reach._replace(extra=reach.extra[order])
        made = tiles.Tiles.room_for(len(order))
        extra = np.zeros(len(order)) if reach is None else reach.extra
        tiles.fill_tiles(columns.table, columns.codes, top[:, -1], extra, death, incident[order], made)
        return cls(
            scorer=scorer,
            order=order,
            columns=columns,
            gains=evidence.gains,
            numbers=evidence.numbers,
            top=top,
            death=death,
            incident=incident[order],
            tiles=made,
            reach=reach,
        )

    def pairs(self, least: float, *, one_in: int = 1) -> tuple[Integers, float]:
        """The keys, sorted, of the pairs with a death among them that could reach `least` (log10) without people,
        references and dates, and be a link at that (`LEAST_TIE`); and from which strength on they are there: a higher
        one than `least` where more than `MOST_PAIRS` reach that. one_in: of so many, to see how many there are."""
        while True:
            keys = self._at(least, one_in)
            if keys is not None:
                return keys, least
            least = max(least, -1.0) + 0.25

    def _at(self, least: float, one_in: int) -> Integers | None:
        """The pairs that reach `least`; None if more than `MOST_PAIRS` do."""
        from clew.links.evidence import tiles  # noqa: PLC0415 - as above

        same = (self.columns, self.death, self.incident, self.gains, self.numbers, self.reach, least, LEAST_TIE)

        def by_tiles(seen: Integers, first: int, last: int, room: int) -> Any:
            return tiles.reaching(self.top, self.tiles, *same, seen, first, last, room)

        # The first of m tiles has m to be compared with, the last one.
        found = _in_stretches(by_tiles, np.arange(len(self.tiles.thin), 0, -1), one_in)
        words = self.scorer.words
        if len(words.factor):
            weights, codes = self.scorer.weights.narrative, words.codes[self.order]
            event, start = _by_code(codes, len(words.factor))
            told = (codes, signatures(codes), event, start)
            rare = (words.factor, weights.discount, weights.most)

            def by_words(seen: Integers, first: int, last: int, room: int) -> Any:
                return tiles.telling(told, rare, *same, seen, first, last, room)

            found += _in_stretches(by_words, np.diff(start).astype(np.float64) ** 2, one_in)
        if sum(many for many, _, _ in found) > MOST_PAIRS:
            return None
        one, two = (np.concatenate([part[end] for part in found] or [np.empty(0, np.int64)]) for end in (1, 2))
        return distinct(pair_keys(self.order[one], self.order[two], len(self.order)))


def _in_stretches(
    search: Callable[[Integers, int, int, int], Any], work: np.ndarray, one_in: int
) -> list[tuple[int, Integers, Integers]]:
    """What `search` finds in each stretch of things, on every core: how many pairs, and both ends of them: not of all,
    if there are more than `MOST_PAIRS`. work: (m,) how long each takes. one_in: only one thing in so many."""
    from clew.links.evidence import compiled  # noqa: PLC0415 - as above

    if one_in > 1:
        stretches = [(at, at + 1) for at in range(one_in // 2, len(work), one_in)]
    else:
        done = np.cumsum(work)
        even = np.linspace(0, done[-1] if len(done) else 0, _PARTS + 1)[1:-1]
        cuts = np.unique(np.r_[0, np.searchsorted(done, even), len(work)])
        stretches = list(zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True))
    room = max(2 * MOST_PAIRS // max(len(stretches), 1), 1)
    seen = np.array([0, MOST_PAIRS])
    found = compiled.in_threads(search, [(seen, first, last, room) for first, last in stretches])
    if sum(count for count, _, _ in found) <= MOST_PAIRS:
        short = [at for at, (count, _, _) in enumerate(found) if count > room]
        seen[0] = 0
        again = compiled.in_threads(search, [(seen, *stretches[at], found[at][0]) for at in short])
        for at, part in zip(short, again, strict=True):
            found[at] = part
    return [(int(count), one, two) for count, one, two in found]


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
