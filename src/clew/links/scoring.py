"""Scores pairs of events: every family's log10 factor, and their sum.

What does not change when dates, people and references are exchanged (place, profile, circumstances) is scored once;
decoys score the rest anew, by the same code (`Scorer.score`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from clew.links.candidates import distinct, ends_of, near_in_time, pair_keys
from clew.links.events import Flags, Floats, Integers, LinkEvents
from clew.links.evidence.background import Background
from clew.links.evidence.circumstances import Circumstances
from clew.links.evidence.narrative import narrative_factor
from clew.links.evidence.pairs import PairEvidence
from clew.links.evidence.people import Parts, shared_people
from clew.links.evidence.reference import References
from clew.links.incidents import household, same_incident
from clew.links.model import ModelOver
from clew.links.weights import Weights

#: The families in the order in which they are shown.
FAMILIES = ("people", "reference", "place", "time", "profile", "circumstances", "narrative")

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

    def take(self, rows: Integers | Flags) -> Scored:
        """Only these pairs."""
        return Scored(
            a=self.a[rows], b=self.b[rows], factors=self.factors[rows], tie=self.tie[rows], apart=self.apart[rows]
        )


@dataclass(frozen=True, kw_only=True)
class Static:
    """Pair keys (sorted, unique) with the default factors that dates and people do not change. factors: (p, 6)."""

    keys: Integers
    factors: Floats
    tie: Floats

    def take(self, rows: Flags) -> Static:
        """Only these pairs."""
        return Static(keys=self.keys[rows], factors=self.factors[rows], tie=self.tie[rows])


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
    spots: Integers
    weights: Weights
    model: ModelOver

    @cached_property
    def evidence(self) -> PairEvidence:
        """What every pair has, ready to be compiled."""
        return PairEvidence.over(self.events, self.usual, self.held, self.weights)

    def static(self, keys: Integers) -> Static:
        """The factors of the pairs `keys` that dates and people do not change."""
        a, b = ends_of(keys, len(self.events))
        place, profile, shared, tie = self.evidence.of_pairs(a, b)
        told = narrative_factor(self.words, self.weights.narrative, a, b)
        nothing = np.zeros(len(keys))
        return Static(
            keys=keys,
            factors=np.column_stack((nothing, nothing, place, nothing, profile, shared, told)),
            tie=tie + told,
        )

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

    def widened(self, static: Static, shared: SharedKeys, named: References, dates: LinkEvents) -> Static:
        """`static` and the pairs that share a person, name one another, or lie at one crowded spot near in time."""
        middle = (dates.from_day + dates.to_day) / 2
        crowded = near_in_time(dates, self.spots, middle, self.weights.window)
        more = distinct(np.concatenate((shared.keys, crowded, self.named_keys(named))))
        place = np.searchsorted(static.keys, more)
        new = ~_is_at(place, more, static.keys)
        added, place = self.static(more[new]), place[new]
        return Static(
            keys=np.insert(static.keys, place, added.keys),
            factors=np.insert(static.factors, place, added.factors, axis=0),
            tie=np.insert(static.tie, place, added.tie),
        )

    def named_keys(self, named: References) -> Integers:
        """The keys of the pairs that name one another, with a death among them."""
        wanted = self.events.death[named.a] | self.events.death[named.b]
        return pair_keys(named.a, named.b, len(self.events))[wanted]

    def score(self, static: Static, shared: SharedKeys, named: References, dates: LinkEvents) -> Scored:
        """Scores the pairs of `static`, with the people of `shared`, as `named`, and at the `dates` given."""
        a, b = ends_of(static.keys, len(dates))
        factors, tie = static.factors.copy(), static.tie.copy()
        factors[:, 3] = self.evidence.of_times(dates, a, b)
        row, found = _locate(pair_keys(named.a, named.b, len(dates)), static.keys)
        factors[found, 1] = named.factor[row]
        tie[found] += named.factor[row]
        apart = same_incident(dates, a, b) | ((self.homes[a] >= 0) & (self.homes[a] == self.homes[b]))
        row, found = _locate(shared.keys, static.keys)
        factors[found, 0] = shared.factor[row]
        tie[found] += shared.factor[row]
        apart[found] |= shared.kin[row]
        return Scored(a=a, b=b, factors=self.model.contributions(factors, dates, (a, b)), tie=tie, apart=apart)


def linkable(scored: Scored) -> Flags:
    """(p,) whether a pair may be shown as a link: not set apart, and tied by more than time, profile and substances."""
    flags: Flags = ~scored.apart & (scored.tie >= LEAST_TIE)
    return flags


def _locate(sorted_keys: Integers, within: Integers) -> tuple[Integers, Integers]:
    """Where each of `sorted_keys` that occurs stands in sorted `within`: (which key, at which place)."""
    place = np.searchsorted(within, sorted_keys)
    hit = np.flatnonzero(_is_at(place, sorted_keys, within))
    return hit, place[hit]


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
