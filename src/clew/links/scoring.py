"""Scores pairs of events: every family's log10 factor, and their sum.

What does not change when dates, people and references are exchanged (place, profile, circumstances) is scored once;
decoys score the rest anew, by the same code (`Scorer.score`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clew.links.events import Flags, Floats, Integers, LinkEvents
from clew.links.evidence.background import Background
from clew.links.evidence.circumstances import Circumstances
from clew.links.evidence.families import time_bounds
from clew.links.evidence.narrative import narrative_factor
from clew.links.evidence.pairs import PairEvidence
from clew.links.evidence.people import Parts, shared_people
from clew.links.evidence.reference import References
from clew.links.incidents import household, same_incident
from clew.links.model import ModelOver
from clew.links.pair_keys import distinct, ends_of, pair_keys
from clew.links.weights import Weights

#: The families in the order in which they are shown.
FAMILIES = ("people", "reference", "place", "time", "profile", "circumstances", "narrative")

_Value = TypeVar("_Value", bound=np.generic)

_BLOCK = 1_000_000  # pairs of which all families are held at once: 56 MB

#: Sums in another order differ by less.
ROUNDING = 1e-9

#: What a link must rest on besides time, profile and substances, in log10: substance alone never links.
LEAST_TIE = 1.0


@dataclass(frozen=True, kw_only=True)
class Scored:
    """p pairs. a, b: (p,) event indices, a < b. factors: (p, 7) what each of FAMILIES contributes under the model. tie:
    (p,) the part of the default evidence that is neither time, profile nor substance. apart: (p,) set apart as one
    incident or one household."""

    a: Integers
    b: Integers
    factors: Floats
    tie: Floats
    apart: Flags

    @property
    def total(self) -> Floats:
        """(p,) log10 Bayes factor of each pair: the sum of its families."""
        total: Floats = self.factors.sum(axis=1)
        return total

    @classmethod
    def together(cls, parts: Sequence[Scored]) -> Scored:
        """The pairs of `parts`, one after the other."""
        return cls(
            **{name: np.concatenate([getattr(part, name) for part in parts]) for name in cls.__dataclass_fields__}
        )

    def take(self, rows: Integers | Flags) -> Scored:
        """Only these pairs."""
        return Scored(
            a=self.a[rows], b=self.b[rows], factors=self.factors[rows], tie=self.tie[rows], apart=self.apart[rows]
        )


@dataclass(frozen=True, kw_only=True)
class Static:
    """Pair keys (unique) with what the families contribute that dates, people and references do not change.

    All (p,), log10. tie: the part of the default evidence in it that is neither profile nor substance.
    """

    keys: Integers
    place: Floats
    profile: Floats
    circumstances: Floats
    narrative: Floats
    tie: Floats

    @property
    def columns(self) -> tuple[Integers | Floats, ...]:
        """The keys, and all that goes with them."""
        return self.keys, self.place, self.profile, self.circumstances, self.narrative, self.tie

    @classmethod
    def of(cls, columns: Iterable[Any]) -> Static:
        """From its `columns`."""
        return cls(**dict(zip(cls.__dataclass_fields__, columns, strict=True)))

    def take(self, rows: Integers | Flags | slice) -> Static:
        """Only these pairs."""
        return self.of(column[rows] for column in self.columns)

    @property
    def told(self) -> Floats:
        """(p,) what these families say together."""
        return self.place + self.profile + self.circumstances + self.narrative


@dataclass(frozen=True, kw_only=True)
class SharedKeys:
    """Pair keys (sorted, unique) of events that share a person, with a death among them.

    factor: (p,) log10. kin: (p,) whether the shared person is kin on both sides. part_lower, part_upper: (p,)
    indices into `Parts` of the part played in the event of lower and of higher index.
    """

    keys: Integers
    factor: Floats
    kin: Flags
    part_lower: Integers
    part_upper: Integers


@dataclass(frozen=True, kw_only=True)
class Scorer:
    """Everything a pair's score is computed from, except the dates, people and references that decoys exchange."""

    events: LinkEvents
    usual: Background
    held: Circumstances
    words: Circumstances
    homes: Integers
    weights: Weights
    model: ModelOver

    @cached_property
    def evidence(self) -> PairEvidence:
        """What every pair has, ready to be compiled."""
        return PairEvidence.over(self.events, self.usual, self.held, self.weights)

    def static(self, keys: Integers) -> Static:
        """What the families say of the pairs `keys` that dates and people do not change."""
        a, b = ends_of(keys, len(self.events))
        place, profile, shared, tie = self.evidence.of_pairs(a, b)
        told = narrative_factor(self.words, self.weights.narrative, a, b)
        default = Static(keys=keys, place=place, profile=profile, circumstances=shared, narrative=told, tie=tie + told)
        if not self.model.model.fitted:
            return default
        return Static.of(np.concatenate(each) for each in zip(*map(self._contributed, _parts(default)), strict=True))

    def _contributed(self, part: Static) -> tuple[Integers | Floats, ...]:
        """The columns of `part`, which holds default factors, under the model."""
        ends = ends_of(part.keys, len(self.events))
        families = ("place", "profile", "circumstances", "narrative")
        told = [self.model.contribution(name, getattr(part, name), self.events, ends) for name in families]
        return part.keys, *told, part.tie

    @cached_property
    def most_of_dates(self) -> float:
        """The most, log10, that the dates of two events say under the model."""
        return self.model.model.dated_bounds(time_bounds(self.usual, self.weights.time))[1]

    def reaching(self, static: Static, at_least: float) -> Flags:
        """(p,) whether each pair could come to `at_least` (log10) at other dates, without a person or reference."""
        reach: Flags = static.told + self.most_of_dates >= at_least
        return reach

    def shared(self, parts: Parts, *, event_count: int | None = None) -> SharedKeys:
        """The pairs that share a person when `parts` are played as they are, of `event_count` events: all if None."""
        count = len(self.events) if event_count is None else event_count
        found = shared_people(parts, count, self.weights.people, self.events.death)
        return SharedKeys(
            keys=pair_keys(found.a, found.b, len(self.events)),
            factor=found.factor,
            kin=household(self.events, parts, found),
            part_lower=found.part_a,
            part_upper=found.part_b,
        )

    def widened(self, static: Static, shared: SharedKeys, named: References) -> Static:
        """`static` and, sorted in, the pairs that share a person or name one another."""
        more = distinct(np.concatenate((shared.keys, self.named_keys(named))))
        place = np.searchsorted(static.keys, more)
        new = ~_is_at(place, more, static.keys)
        added, place = self.static(more[new]), place[new]
        return Static.of(np.insert(old, place, new) for old, new in zip(static.columns, added.columns, strict=True))

    def named_keys(self, named: References) -> Integers:
        """The keys of the pairs that name one another, with a death among them."""
        wanted = self.events.death[named.a] | self.events.death[named.b]
        return pair_keys(named.a, named.b, len(self.events))[wanted]

    def score(
        self, static: Static, shared: SharedKeys, named: References, dates: LinkEvents, *, at_least: float = -np.inf
    ) -> Scored:
        """Scores the pairs of `static`, with the people of `shared`, as `named`, and at the `dates` given; gives those
        of a total of `at_least` (log10), in the order of `static`."""
        naming = pair_keys(named.a, named.b, len(dates))
        return Scored.together(
            [self._scored(part, shared, (naming, named.factor), dates, at_least=at_least) for part in _parts(static)]
        )

    def _scored(
        self,
        part: Static,
        shared: SharedKeys,
        naming: tuple[Integers, Floats],
        dates: LinkEvents,
        *,
        at_least: float,
    ) -> Scored:
        """`score` of one block. What is dearest is asked last, of the pairs that can still come to `at_least`."""
        ends = ends_of(part.keys, len(dates))
        met = _located(part.keys, shared.keys, shared.factor), _located(part.keys, *naming)
        people, reference = (
            self.model.contribution(family, factor, dates, ends)
            for family, factor in zip(("people", "reference"), met, strict=True)
        )
        undated = part.told + people + reference
        able = np.flatnonzero(undated + self.most_of_dates >= at_least - ROUNDING)
        ends = ends_of(part.keys[able], len(dates))
        time = self.model.contribution("time", self.evidence.of_times(dates, *ends), dates, ends)
        reach = np.flatnonzero(undated[able] + time >= at_least - ROUNDING)
        able, time = able[reach], time[reach]
        tie = (part.tie + met[0] + met[1])[able]
        part, people, reference = part.take(able), people[able], reference[able]
        factors = (people, reference, part.place, time, part.profile, part.circumstances, part.narrative)
        scored = Scored(
            a=ends[0][reach],
            b=ends[1][reach],
            factors=np.column_stack(factors),
            tie=tie,
            apart=self.apart(part.keys, shared, dates),
        )
        return scored.take(scored.total >= at_least)

    def apart(self, keys: Integers, shared: SharedKeys, dates: LinkEvents) -> Flags:
        """(p,) whether each pair is one incident, one household, or kin, with the people of `shared` at `dates`."""
        a, b = ends_of(keys, len(dates))
        apart: Flags = same_incident(dates, a, b) | ((self.homes[a] >= 0) & (self.homes[a] == self.homes[b]))
        apart |= _located(keys, shared.keys, shared.kin)
        return apart


def _parts(static: Static) -> Iterator[Static]:
    """`static` in blocks; one at least."""
    for start in range(0, max(len(static.keys), 1), _BLOCK):
        yield static.take(slice(start, start + _BLOCK))


def linkable(scored: Scored) -> Flags:
    """(p,) whether a pair may be shown as a link: not set apart, and tied by more than time, profile and substances."""
    flags: Flags = ~scored.apart & (scored.tie >= LEAST_TIE)
    return flags


def _located(keys: Integers, among: Integers, values: NDArray[_Value]) -> NDArray[_Value]:
    """(p,) the one of `values` that goes with each of `keys` in sorted `among`; 0 for those that are not there."""
    found = np.zeros(len(keys), dtype=values.dtype)
    place = np.searchsorted(among, keys)
    there = np.flatnonzero(_is_at(place, keys, among))
    found[there] = values[place[there]]
    return found


def _is_at(place: Integers, keys: Integers, within: Integers) -> Flags:
    """Whether each of `keys` stands at `place` in `within`, where it would be inserted."""
    if not len(within):
        return np.zeros(len(keys), dtype=bool)
    there: Flags = within[np.minimum(place, len(within) - 1)] == keys
    return there


def scored_frame(events: LinkEvents, scored: Scored) -> pl.DataFrame:
    """`scored` as a frame: event_id_a, event_id_b, log10_bayes_factor, and a column per family."""
    return pl.DataFrame(
        {
            "event_id_a": pl.Series(events.event_id[scored.a], dtype=pl.String),
            "event_id_b": pl.Series(events.event_id[scored.b], dtype=pl.String),
            "log10_bayes_factor": scored.total,
            **{family: scored.factors[:, number] for number, family in enumerate(FAMILIES)},
        }
    )
