"""Finds the links among the events known at T: the strongest pairs, their evidence, and how often such links occur."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from clew.core import UsageError
from clew.links.events import Integers, LinkEvents, link_events
from clew.links.evidence.circumstances import circumstances
from clew.links.evidence.families import background, factor_of_days
from clew.links.evidence.narrative import narratives
from clew.links.evidence.people import Parts, parts_played
from clew.links.evidence.reference import References, references
from clew.links.incidents import home_codes, incident_groups, with_hospital_victims
from clew.links.model import IDENTITY, LinkModel
from clew.links.pair_keys import pair_keys
from clew.links.rates.chance import YEAR_DAYS, History, Sightings, thinning
from clew.links.rates.decoys import PeopleExchange, exchange_dates, exchange_references
from clew.links.rates.rating import Decoy, decoy_of, rated_columns, sightings_of
from clew.links.rates.strata import date_strata
from clew.links.scoring import FAMILIES, Scored, Scorer, SharedKeys, Static, scored_frame
from clew.links.setup import DEFAULTS, LinkSetup
from clew.links.strongest import shown, strongest
from clew.links.weights import Weights
from clew.records import Known

#: Links kept and counted, as a rate: far more than any desk looks at, so that every shown link has its rates.
KEPT_PER_YEAR = 500

#: Decoy runs unless asked otherwise: chance rates are then stated down to a fifth of a link a year.
DECOY_REPLICATES = 5


@dataclass(frozen=True, kw_only=True)
class Links:
    """The strongest links known at T, strongest first, with what is needed to explain them.

    frame: event_id_a (the earlier event), event_id_b, log10_bayes_factor, the columns of `rating.RATES` (seen_per_year,
    chance_per_year and their 95 % intervals, kind and the same two of its kind), known_at (UTC instant: when the last
    fact about either was learned), and a column per family (log10).
    incidents: event_id, incident_id of events that share an incident with another. incident: (n,) its code.
    seen: the links of `frame` as what is counted. decoys: what chance made, a run each. history: what counts are read
    against. whole: whether they are as many
    as are kept; not, where too many pairs could be among the weaker (`candidates.MOST_PAIRS`).
    """

    frame: pl.DataFrame
    incidents: pl.DataFrame
    scorer: Scorer
    parts: Parts
    shared: SharedKeys
    named: References
    known: Known
    seed: int
    incident: Integers
    seen: Sightings
    decoys: tuple[Decoy, ...]
    history: History
    whole: bool

    @property
    def replicates(self) -> int:
        """How many decoy runs the chance rates come from."""
        return len(self.decoys)

    def within(self, budget_per_year: float) -> pl.DataFrame:
        """The links of which this force sees at most `budget_per_year` a year."""
        return self.frame.filter(pl.col("seen_per_year") <= budget_per_year)

    def index(self, event_id: str) -> int:
        """Where `event_id` stands in the scorer's arrays; raises `UsageError` if it is not known at T."""
        place = int(np.searchsorted(self.scorer.events.event_id, event_id))
        if place == len(self.scorer.events) or self.scorer.events.event_id[place] != event_id:
            raise UsageError(
                f"No event {event_id!r} was known at {self.known.at:%Y-%m-%d %H:%M} UTC.",
                where=f"events of {self.known.dataset.name}",
                mend="check the number, or ask as known at a later time with --as-of",
            )
        return place

    def score_pairs(self, a: Integers, b: Integers) -> Scored:
        """Scores any pairs of event indices, candidates or not, as sorted unique pairs."""
        static = self.scorer.static(np.unique(pair_keys(a, b, len(self.scorer.events))))
        return self.scorer.score(static, self.shared, self.named, self.scorer.events)


def find_links(
    known: Known,
    setup: LinkSetup = DEFAULTS,
    *,
    replicates: int = DECOY_REPLICATES,
    seed: int = 1,
    at_least: float | None = None,
    tick: Callable[[int, int, str], None] | None = None,
) -> Links:
    """The links among the events of `known`, with the rates at which links this strong are seen and made by chance.

    setup: weights and models. replicates: decoy runs. seed: of the decoys. at_least: keep every link of this log10
    strength or more, instead of the strongest `KEPT_PER_YEAR`. tick: told of progress. The same `known` gives the same
    links.
    """
    if replicates < 1:
        raise UsageError(
            f"{replicates} decoy runs cannot tell what chance makes.",
            where="replicates",
            why="no link is shown without its chance rate",
            mend="ask for one or more",
        )
    if at_least is not None and not math.isfinite(at_least):
        raise UsageError(
            f"{at_least} is no strength that a link could reach.",
            where="--all-pairs-above",
            why="links are compared with it, and nothing is above or below it",
            mend="give a number, such as 2: a Bayes factor of 100 or more",
        )
    weights, tick = setup.weights, tick or _silent
    events = link_events(known)
    scorer = scorer_of(known, events, weights=weights, model=setup.model)
    parts, named = parts_played(known, events, setup.identity_model), references(known, events, weights.people)
    steps = replicates + 2
    tick(0, steps, "Comparing")
    shared = scorer.shared(parts)
    incident = with_hospital_victims(known, events, incident_groups(events))
    keep = int(max(events.history_days / YEAR_DAYS, 1.0) * KEPT_PER_YEAR)
    static, found, floor, whole = strongest(scorer, shared, named, incident=incident, keep=keep, at_least=at_least)
    tick(1, steps, "Scoring")
    rng = np.random.default_rng(seed)
    exchange, strata = PeopleExchange.of(parts, events, incident), date_strata(known, events)
    decoys = []
    for replicate in range(replicates):
        tick(2 + replicate, steps, "Asking chance")
        decoys.append(
            _decoy(
                scorer,
                static,
                exchange,
                named,
                strata=strata,
                incident=incident,
                floor=floor,
                keep=keep,
                shared=shared,
                rng=rng,
            )
        )
    tick(steps, steps, "Linked")
    history = History.of(
        events.known_day[events.death],
        lambda days: factor_of_days(scorer.usual, weights.time, days),
        thinning([decoy.sightings for decoy in decoys]),
    )
    seen = sightings_of(found, events, shared, parts)
    return Links(
        frame=_framed(scorer, found, rated_columns(seen, decoys=decoys, history=history)),
        incidents=_incident_frame(events, incident),
        scorer=scorer,
        parts=parts,
        shared=shared,
        named=named,
        known=known,
        seed=seed,
        incident=incident,
        seen=seen,
        decoys=tuple(decoys),
        history=history,
        whole=whole,
    )


def scorer_of(known: Known, events: LinkEvents, *, weights: Weights, model: LinkModel = IDENTITY) -> Scorer:
    """What the pairs of `events` are scored with."""
    held = circumstances(known, events, weights.circumstances)
    return Scorer(
        events=events,
        usual=background(events, weights),
        held=held,
        words=narratives(known, events, weights.narrative),
        homes=home_codes(known, events),
        weights=weights,
        model=model.over(held, FAMILIES),
    )


def _decoy(
    scorer: Scorer,
    static: Static,
    exchange: PeopleExchange,
    named: References,
    *,
    strata: Integers,
    incident: Integers,
    floor: float,
    keep: int,
    shared: SharedKeys,
    rng: np.random.Generator,
) -> Decoy:
    """The links of one decoy: the same events with dates, people and references exchanged, found in the same way.

    shared: by the people as they are. What is set apart in truth makes no link of a decoy either.
    """
    moved = exchange_dates(scorer.events, strata, incident, rng)
    played = exchange.drawn(rng)
    meeting = scorer.shared(played)
    renamed = exchange_references(named, rng)
    wide = scorer.widened(static, meeting, renamed)
    scored = scorer.score(wide, meeting, renamed, moved, at_least=floor)
    scored = shown(scored, incident, floor)
    innocent = scorer.apart(pair_keys(scored.a, scored.b, len(moved)), shared, scorer.events)

    def score_pairs(a: Integers, b: Integers) -> Scored:
        return scorer.score(scorer.static(np.sort(pair_keys(a, b, len(moved)))), meeting, renamed, moved)

    return decoy_of(scored.take(~innocent), moved, meeting, played, incident=incident, at_most=keep, score=score_pairs)


def _silent(_done: int, _total: int, _what: str) -> None:
    """No progress shown."""


def _framed(scorer: Scorer, found: Scored, rates: dict[str, pl.Series]) -> pl.DataFrame:
    """`found` with its rates, strongest first; the earlier event of a pair is a."""
    events = scorer.events
    later = events.from_day[found.a] > events.from_day[found.b]
    a, b = np.where(later, found.b, found.a), np.where(later, found.a, found.b)
    ordered = Scored(a=a, b=b, factors=found.factors, tie=found.tie, apart=found.apart)
    learned = np.maximum(events.learned_day[found.a], events.learned_day[found.b])
    known_at = pl.Series(np.rint(learned * 86_400_000_000).astype(np.int64)).cast(pl.Datetime("us", "UTC"))
    frame = scored_frame(events, ordered).with_columns(**rates).with_columns(known_at=known_at)
    columns = ["event_id_a", "event_id_b", "log10_bayes_factor", *rates, "known_at", *FAMILIES]
    return frame.select(columns).sort("log10_bayes_factor", "event_id_a", "event_id_b", descending=[True, False, False])


def _incident_frame(events: LinkEvents, incident: Integers) -> pl.DataFrame:
    """Events that share an incident with another; the incident is named after its first event."""
    frame = pl.DataFrame({"event_id": events.event_id, "incident": incident})
    frame = frame.filter(pl.len().over("incident") > 1)
    return (
        frame.with_columns(incident_id=pl.col("event_id").min().over("incident"))
        .drop("incident")
        .sort("incident_id", "event_id")
    )
