"""Series grown from pairs, without chaining: two strangers joined through a hostel do not make a series.

The links a desk looks at tie events into groups; within each, every pair is scored, and average linkage keeps together
only events that are strong with *all* the others on average (`ground`). A series has a score of its own, and the two
numbers: how many series at least as strong this force sees a year, and how many chance makes, grown in the same way in
the decoys. A candidate series never changes a record.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import polars as pl

from clew.links.decisions import Pair
from clew.links.events import Flags, Integers
from clew.links.find import Links
from clew.links.pair_keys import pair_keys
from clew.links.rates.chance import Sightings, chance_rates, seen_rates
from clew.links.rates.ground import Ground, Grown, ground_of, grow


@dataclass(frozen=True, kw_only=True)
class Series:
    """A candidate series: event ids in order of time; its id is ``S-`` and the id of the earliest.

    log10_bayes_factor: the mean strength of all its pairs, once for each member after the first, so that a member who
    is strong with one and strange to the others adds little. seen_per_year, chance_per_year: series at least as strong
    that this force sees and that chance makes a year, each with a 95 % interval.
    """

    series_id: str
    event_ids: tuple[str, ...]
    log10_bayes_factor: float
    seen_per_year: float
    seen_low: float
    seen_high: float
    chance_per_year: float
    chance_low: float
    chance_high: float


def grow_series(links: Links, shown: pl.DataFrame, *, rejected: Collection[Pair] = ()) -> dict[str, tuple[str, ...]]:
    """The series of three incidents or more among the links `shown` (rows of `Links.frame`).

    rejected: pairs that a person said are not connected; no series holds both. Returns event ids in order of time by
    series id.
    """
    return {series.series_id: series.event_ids for series in rated_series(links, shown, rejected=rejected)}


def rated_series(links: Links, shown: pl.DataFrame, *, rejected: Collection[Pair] = ()) -> tuple[Series, ...]:
    """The series among the links `shown` (rows of `Links.frame`) with their rates, in order of id.

    rejected: as in `grow_series`.
    """
    if not shown.height:
        return ()
    level = float(shown["log10_bayes_factor"].to_numpy().min())
    rarest = float(shown["seen_per_year"].to_numpy().max())
    ground = _ground(links, shown)
    every = np.ones(len(ground.strength), dtype=np.bool_)
    grown = grow(ground, every, level, never=_pairs_of(links, ground, rejected))
    if not grown.members:
        return ()
    mine, history = grown.sightings(), links.history
    real = _grown_as_shown(links, _ground(links, links.within(rarest)), rarest, level)
    seen = seen_rates(mine, _with(real, grown), history, others=2)
    made = [_grown_as_shown(links, decoy.ground, rarest, level).sightings() for decoy in links.decoys]
    chance = chance_rates(mine, Sightings.together(made), history, replicates=links.replicates, others=2)
    found = []
    for number, members in enumerate(grown.members):
        ids = tuple(str(event_id) for event_id in links.scorer.events.event_id[members])
        found.append(
            Series(
                series_id=f"S-{ids[0]}",
                event_ids=ids,
                log10_bayes_factor=float(grown.strength[number]),
                seen_per_year=float(seen.per_year[number]),
                seen_low=float(seen.low[number]),
                seen_high=float(seen.high[number]),
                chance_per_year=float(chance.per_year[number]),
                chance_low=float(chance.low[number]),
                chance_high=float(chance.high[number]),
            )
        )
    return tuple(sorted(found, key=lambda series: series.series_id))


def _grown_as_shown(links: Links, ground: Ground, budget_per_year: float, level: float) -> Grown:
    """The series among those links of a history that a desk with this budget would have been shown: a link of the
    first year must be as rare in the first year as one of the last in the last."""
    ties = ground.ties()
    shown = seen_rates(ties, links.seen, links.history).per_year <= budget_per_year
    return grow(ground, shown, level)


def _ground(links: Links, frame: pl.DataFrame) -> Ground:
    """What series among the links of `frame` grow from."""

    def index(column: str) -> Integers:
        return np.searchsorted(links.scorer.events.event_id, frame[column].to_numpy().astype(np.str_))

    return ground_of(
        (index("event_id_a"), index("event_id_b")),
        frame["log10_bayes_factor"].to_numpy(),
        events=links.scorer.events,
        incident=links.incident,
        score=links.score_pairs,
    )


def _pairs_of(links: Links, ground: Ground, rejected: Collection[Pair]) -> Flags:
    """(m,) which pairs of the ground are `rejected`."""
    names = links.scorer.events.event_id[ground.event]
    flags = np.zeros(len(ground.pair), dtype=np.bool_)
    for one, other in rejected:
        ends = np.searchsorted(names, np.array([one, other]))
        if (ends < len(names)).all() and (names[ends] == [one, other]).all():
            flags |= ground.pair == pair_keys(ends[:1], ends[1:], len(names))
    return flags


def _with(real: Grown, shown: Grown) -> Sightings:
    """All series of the real history, and those shown: where a person took a link away, they are not the same."""
    held = {tuple(members) for members in real.members}
    new = np.array([tuple(members) not in held for members in shown.members], dtype=np.bool_)
    return Sightings.together([real.sightings(), shown.sightings().take(new)])
