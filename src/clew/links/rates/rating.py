"""The two numbers of each link, among all links and among those of its kind; and what is kept of a decoy run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from clew.links.events import Floats, Integers, LinkEvents
from clew.links.evidence.people import Parts
from clew.links.rates.chance import History, Rates, Sightings, chance_rates, seen_rates
from clew.links.rates.ground import Ground, ground_of
from clew.links.rates.ties import kind_name, kinds_of
from clew.links.scoring import Scored, SharedKeys

#: What a link rests on (`ties.kind_name`), and the rates of links of its kind.
RATES_OF_KIND: dict[str, pl.DataType] = {
    "kind": pl.String(),
    **{f"{what}_of_kind_{end}": pl.Float64() for what in ("seen", "chance") for end in ("per_year", "low", "high")},
}

#: The columns of rates, in order: a year, with 95 % intervals.
RATES = (
    *("seen_per_year", "seen_low", "seen_high", "chance_per_year", "chance_low", "chance_high"),
    *RATES_OF_KIND,
)


@dataclass(frozen=True, kw_only=True)
class Decoy:
    """One run: the links it made, and what series grow from among the strongest of them."""

    sightings: Sightings
    ground: Ground


def decoy_of(
    scored: Scored,
    moved: LinkEvents,
    shared: SharedKeys,
    parts: Parts,
    *,
    incident: Integers,
    at_most: int,
    score: Callable[[Integers, Integers], Scored],
) -> Decoy:
    """What is kept of a run whose links are `scored`. at_most: of how many links, the strongest, series are grown.
    score: as in `ground_of`."""
    strongest = np.argsort(-scored.total, kind="stable")[:at_most]
    ends = (scored.a[strongest], scored.b[strongest])
    ground = ground_of(ends, scored.total[strongest], events=moved, incident=incident, score=score)
    return Decoy(sightings=sightings_of(scored, moved, shared, parts), ground=ground)


def sightings_of(scored: Scored, events: LinkEvents, shared: SharedKeys, parts: Parts) -> Sightings:
    """The pairs as what is counted."""
    return Sightings(
        strength=scored.total,
        known_day=np.maximum(events.known_day[scored.a], events.known_day[scored.b]),
        kind=kinds_of(scored, events, shared, parts),
        ends=np.stack((scored.a, scored.b)),
    )


def rated_columns(real: Sightings, *, decoys: Sequence[Decoy], history: History) -> dict[str, pl.Series]:
    """The columns `RATES` of the links `real`, all that are at least as strong as the weakest of them."""
    chance = Sightings.together([decoy.sightings for decoy in decoys])
    replicates = len(decoys)
    columns: dict[str, Floats] = {}
    columns |= _named("seen", seen_rates(real, real, history))
    columns |= _named("chance", chance_rates(real, chance, history, replicates=replicates))
    of_kind = {name: np.zeros(len(real.strength)) for name in RATES if "of_kind" in name}
    for code in np.unique(real.kind):
        rows = real.kind == code
        mine, made = real.take(rows), chance.take(chance.kind == code)
        rates = _named("seen_of_kind", seen_rates(mine, mine, history))
        rates |= _named("chance_of_kind", chance_rates(mine, made, history, replicates=replicates))
        for name, values in rates.items():
            of_kind[name][rows] = values
    named = {name: pl.Series(values) for name, values in (columns | of_kind).items()}
    named["kind"] = pl.Series([kind_name(int(code)) for code in real.kind], dtype=pl.String)
    return {name: named[name] for name in RATES}


def _named(what: str, rates: Rates) -> dict[str, Floats]:
    return {f"{what}_per_year": rates.per_year, f"{what}_low": rates.low, f"{what}_high": rates.high}
