"""What pairs of events score from the facts kept of each: as in a full run, on the frozen backgrounds."""

from __future__ import annotations

from collections import Counter

import numpy as np

from clew.links.events import Flags, Floats, Integers, LinkEvents
from clew.links.evidence.families import time_bounds
from clew.links.evidence.narrative import narrative_factor
from clew.links.evidence.people import shared_people
from clew.links.incidents import household
from clew.links.model import DATED, ModelOver
from clew.links.scoring import FAMILIES
from clew.links.updates.codes import Codes
from clew.links.updates.facts import FactTable, parts_of
from clew.links.updates.frozen import Frozen
from clew.links.updates.room import Room

#: Rows of two events, the lower first.
Pair = tuple[int, int]

_BLOCK = 50_000  # pairs that are read at once: what is read of them stays in the cache


class PairScores:
    """Scores pairs of the events of a `LinkState`, which changes them."""

    def __init__(self, frozen: Frozen, *, events: Room, facts: FactTable, codes: Codes, words: Codes | None) -> None:
        """What the state holds, and goes on changing."""
        self.frozen, self._events, self._facts, self._codes, self._words = frozen, events, facts, codes, words
        self._most_of_dates = frozen.model.dated_bounds(time_bounds(frozen.usual, frozen.weights.time))[1]

    def of(self, pairs: list[Pair]) -> tuple[Floats, Floats, Flags]:
        """Of p pairs: (p, families) what each family contributes under the model; (p,) the default evidence that a
        link must rest on (`scoring.LEAST_TIE`); (p,) whether they are kin on both sides."""
        a, b = np.array(pairs, dtype=np.int64).T
        factors, tie = self._factors(a, b)
        factors[:, 0], kin = self._people(pairs)
        factors[:, 1] = [self._reference(pair) for pair in pairs]
        return self._contributed(factors, a, b), tie + factors[:, 0] + factors[:, 1], kin

    def reaching(self, at: int) -> Integers:
        """The events that reach the floor with event `at` without a person or reference in common."""
        if self.frozen.model.fitted:
            others = np.arange(len(self._events.now), dtype=np.int64)
        else:
            others = self._telling_alike(at)  # the compiled pass reads no words
        others, hits = others[others != at], []
        for start in range(0, len(others), _BLOCK):
            b = others[start : start + _BLOCK]
            b = b[self._undated(np.full(len(b), at), b) + self._most_of_dates >= self.frozen.floor]
            a = np.full(len(b), at)
            hits.append(b[self._contributed(self._factors(a, b)[0], a, b).sum(axis=1) >= self.frozen.floor])
        if not self.frozen.model.fitted:
            hits.append(self._events.against(at, self.frozen.floor))
        return np.unique(np.concatenate(hits)) if hits else others

    def _telling_alike(self, at: int) -> Integers:
        """The events whose narratives share a word with that of event `at`."""
        words = self._facts.of(at).words
        return np.array(
            sorted({one for word in words for one in self._facts.with_value("words", word)}), dtype=np.int64
        )

    def _factors(self, a: Integers, b: Integers) -> tuple[Floats, Floats]:
        """(p, families) default factors of the pairs, without people and reference; (p,) the tie in them."""
        factors, tie = self._without_dates(a, b)
        factors[:, 3] = self._events.of_times(a, b)
        return factors, tie

    def _without_dates(self, a: Integers, b: Integers) -> tuple[Floats, Floats]:
        """As `_factors`, without time."""
        factors = np.zeros((len(a), len(FAMILIES)))
        factors[:, 2], factors[:, 4], factors[:, 5], tie = self._events.of_pairs(a, b)
        if self._words is None:
            return factors, tie
        words, ends = self._events.words_of(a, b)
        factors[:, 6] = narrative_factor(self._words.held(words), self.frozen.weights.narrative, *ends)
        return factors, tie + factors[:, 6]

    def _undated(self, a: Integers, b: Integers) -> Floats:
        """(p,) what all families but time contribute where no person or reference is shared."""
        over, events, ends = self._read(a, b)
        columns = [(family, factor) for family, factor in zip(FAMILIES, self._without_dates(a, b)[0].T, strict=True)]
        given = [over.contribution(family, factor, events, ends) for family, factor in columns if family != DATED]
        total: Floats = np.sum(given, axis=0)
        return total

    def _contributed(self, factors: Floats, a: Integers, b: Integers) -> Floats:
        """(p, families) what each family contributes to the pairs under the model, from its default `factors`."""
        if not self.frozen.model.fitted:
            return factors
        over, events, ends = self._read(a, b)
        return over.contributions(factors, events, ends)

    def _read(self, a: Integers, b: Integers) -> tuple[ModelOver, LinkEvents, tuple[Integers, Integers]]:
        """The model over the events that the pairs are of, these, and the ends of the pairs among them."""
        events, codes, ends = self._events.read(a, b)
        return self.frozen.model.over(self._codes.held(codes), FAMILIES), events, ends

    def _people(self, pairs: list[Pair]) -> tuple[Floats, np.ndarray]:
        """(p,) what the strongest person that each pair shares says, and whether they are kin on both sides."""
        factor, kin = np.zeros(len(pairs)), np.zeros(len(pairs), dtype=bool)
        often = Counter(
            person
            for at in {event for pair in pairs for event in pair}
            for person in {part.person for part in self._facts.of(at).parts}
        )
        limit = self.frozen.weights.people.frequent
        inside = {one for one, times in often.items() if times >= 2 and self._facts.count("parts", one) <= limit}
        if not inside:
            return factor, kin
        ids = self._events.now.event_id
        wide = {event for one in inside for event in self._facts.with_value("parts", one)}
        everywhere = sorted(wide, key=lambda event: str(ids[event]))
        played = [
            (event, *part)
            for event, at in enumerate(everywhere)
            for part in self._facts.of(at).parts
            if part.person in inside
        ]
        parts = parts_of(np.array(column) for column in zip(*played, strict=True))
        events = self._events.some(everywhere)
        found = shared_people(parts, self.frozen.event_count, self.frozen.weights.people, events.death)
        home = household(events, parts, found)
        of = {
            pair_of(everywhere[a], everywhere[b]): row
            for row, (a, b) in enumerate(zip(found.a.tolist(), found.b.tolist(), strict=True))
        }
        for row, pair in enumerate(pairs):
            place = of.get(pair, -1)
            if place >= 0:
                factor[row], kin[row] = found.factor[place], home[place]
        return factor, kin

    def _reference(self, pair: Pair) -> float:
        """What it says that one of the pair names the other: the stronger way, if both do."""
        most = 0.0
        for says, named in (pair, pair[::-1]):
            names = set(self._facts.of(named).names)
            if names.isdisjoint(self._facts.of(says).says):
                continue
            often = len({one for name in names for one in self._facts.with_value("says", name)} - {named})
            usual, weight = often / max(self.frozen.event_count, 1), self.frozen.weights.people.reference
            most = max(most, float(np.log10((weight + (1 - weight) * usual) / usual)))
        return most


def pair_of(one: int, other: int) -> Pair:
    """The two in order."""
    return (one, other) if one < other else (other, one)
