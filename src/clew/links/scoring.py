"""Scores pairs of events: every family's log10 factor, and their sum.

What does not change when dates and people are exchanged (place, profile, circumstances, references) is scored once;
decoys score only time and people anew, by the same code (`Scorer.score`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from clew.links.candidates import ends_of, near_in_time, pair_keys
from clew.links.circumstances import Circumstances, circumstance_factor
from clew.links.events import Flags, Floats, Integers, LinkEvents
from clew.links.families import Background, distance_km, place_factor, profile_factor, time_factor
from clew.links.incidents import household, same_incident
from clew.links.people import Parts, shared_people
from clew.links.reference import References
from clew.links.weights import Weights

#: The families in the order in which they are shown.
FAMILIES = ("people", "reference", "place", "time", "profile", "circumstances")

#: What a link must rest on besides time, profile and substances, in log10: substance alone never links.
LEAST_TIE = 1.0


@dataclass(frozen=True, kw_only=True)
class Scored:
    """p pairs. a, b: (p,) event indices, a < b. factors: (p, 6) in order of FAMILIES. tie: (p,) the part of the
    evidence that is neither time, profile nor substance. apart: (p,) set apart as one incident or one household."""

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
    """Pair keys (sorted, unique) with the factors that dates and people do not change. factors: as in `Scored`."""

    keys: Integers
    factors: Floats
    tie: Floats

    def take(self, rows: Flags) -> Static:
        """Only these pairs."""
        return Static(keys=self.keys[rows], factors=self.factors[rows], tie=self.tie[rows])


@dataclass(frozen=True, kw_only=True)
class Scorer:
    """Everything a pair's score is computed from, except the dates and people that decoys exchange."""

    events: LinkEvents
    usual: Background
    held: Circumstances
    named: References
    homes: Integers
    spots: Integers
    weights: Weights

    def static(self, keys: Integers) -> Static:
        """The factors of the pairs `keys` that dates and people do not change."""
        events, weights = self.events, self.weights
        a, b = ends_of(keys, len(events))
        uncertainty = (events.uncertainty_km[a], events.uncertainty_km[b])
        place = place_factor(self.usual, weights.place, distance_km(events, a, b), uncertainty, (a, b))
        sexes = (events.sex[a].astype(np.int64), events.sex[b].astype(np.int64))
        profile = profile_factor(self.usual, weights.profile, (events.age_years[a], events.age_years[b]), sexes)
        shared, beyond_substances = circumstance_factor(self.held, weights.circumstances, a, b)
        reference = np.zeros(len(keys))
        row, found = _locate(pair_keys(self.named.a, self.named.b, len(events)), keys)
        reference[found] = self.named.factor[row]
        nothing = np.zeros(len(keys))
        return Static(
            keys=keys,
            factors=np.column_stack((nothing, reference, place, nothing, profile, shared)),
            tie=reference + np.maximum(place, 0.0) + beyond_substances,
        )

    def score(self, static: Static, parts: Parts, *, moved_to: LinkEvents | None = None) -> Scored:
        """Scores `static` pairs and those that `parts` and the dates of `moved_to` add.

        moved_to: the same events at other dates (a decoy); None for the dates as they are.
        """
        events = moved_to or self.events
        count = len(events)
        shared = shared_people(parts, count, self.weights.people)
        wanted = events.death[shared.a] | events.death[shared.b]
        people_keys = pair_keys(shared.a, shared.b, count)[wanted]
        kin = household(parts, shared)[wanted]
        middle = (events.from_day + events.to_day) / 2
        crowded = near_in_time(events, self.spots, middle, self.weights.window)
        more = np.setdiff1d(np.union1d(people_keys, crowded), static.keys, assume_unique=True)
        added = self.static(more)
        keys = np.concatenate((static.keys, added.keys))
        factors = np.concatenate((static.factors, added.factors))
        tie = np.concatenate((static.tie, added.tie))
        order = np.argsort(keys, kind="stable")
        keys, factors, tie = keys[order], factors[order], tie[order]
        a, b = ends_of(keys, count)
        factors[:, 3] = time_factor(
            self.usual,
            self.weights.time,
            (events.from_day[a], events.to_day[a]),
            (events.from_day[b], events.to_day[b]),
        )
        apart = same_incident(events, a, b) | ((self.homes[a] >= 0) & (self.homes[a] == self.homes[b]))
        row, found = _locate(people_keys, keys)
        factors[found, 0] = shared.factor[wanted][row]
        tie[found] += shared.factor[wanted][row]
        apart[found] |= kin[row]
        return Scored(a=a, b=b, factors=factors, tie=tie, apart=apart)


def linkable(scored: Scored) -> Flags:
    """(p,) whether a pair may be shown as a link: not set apart, and tied by more than time, profile and substances."""
    flags: Flags = ~scored.apart & (scored.tie >= LEAST_TIE)
    return flags


def _locate(sorted_keys: Integers, within: Integers) -> tuple[Integers, Integers]:
    """Where each of `sorted_keys` that occurs stands in sorted `within`: (which key, at which place)."""
    place = np.searchsorted(within, sorted_keys)
    place_safe = np.minimum(place, max(len(within) - 1, 0))
    hit = np.flatnonzero(within[place_safe] == sorted_keys) if len(within) else np.empty(0, dtype=np.int64)
    return hit, place_safe[hit] if len(within) else hit


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
