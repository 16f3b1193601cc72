"""How often: links this strong that the force sees a year, and that chance alone would make.

Decoys are the force's own events with their dates exchanged and their people exchanged, each within strata, and the
whole pipeline run again, so that dependence between families is in the answer (research/linkage.md 6: nulls that
assume independence under-count by half). A link that became known at t is counted against the links, real or decoy,
that became known in the year before t: the history a force can pair a new death with grows, and so does the rate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from clew.links.events import Floats, Integers, LinkEvents
from clew.links.people import ADDRESS, ROLES, Parts
from clew.records import Role

_YEAR_DAYS = 365.25
_SHORTEST_WINDOW_DAYS = 7.0


def exchange_dates(events: LinkEvents, incident: Integers, rng: np.random.Generator) -> LinkEvents:
    """The same events with dates exchanged within strata; the events of one incident move together."""
    first = np.unique(incident, return_index=True)[1]
    stratum = events.stratum[first]
    order = np.argsort(stratum, kind="stable")
    drawn = np.lexsort((rng.random(len(first)), stratum))
    given = np.empty(len(first), dtype=np.int64)
    given[order] = first[drawn]
    leader = first[incident]  # `incident` codes are dense: position in `first`
    shift = (events.from_day[given] - events.from_day[first])[incident]
    lag = events.known_day - events.from_day
    new_lag = (events.known_day[given] - events.from_day[given])[incident] + lag - lag[leader]
    start = events.from_day + shift
    return replace(
        events,
        from_day=start,
        to_day=events.to_day + shift,
        known_day=np.maximum(start + new_lag, start),
    )


def exchange_people(parts: Parts, events: LinkEvents, rng: np.random.Generator) -> Parts:
    """The same parts played by other people: each keeps how often they appear, each event its roles.

    Exchanged within area and class of role (deceased, address, anybody else).
    """
    kind = np.select([parts.role == ROLES.index(Role.DECEASED), parts.role == ADDRESS], [0, 1], 2)
    stratum = events.area[parts.event] * 3 + kind
    order = np.argsort(stratum, kind="stable")
    drawn = np.lexsort((rng.random(len(stratum)), stratum))
    person = np.empty_like(parts.person)
    person[order] = parts.person[drawn]
    return parts.with_people(person)


@dataclass(frozen=True, kw_only=True)
class Sightings:
    """Links seen, real or decoy: strength (p,) log10, known_day (p,) when the later of the two events was known."""

    strength: Floats
    known_day: Floats


def per_year(
    links: Sightings, among: Sightings, *, since_day: float, extra: float = 0.0, replicates: int = 1
) -> Floats:
    """(p,) how many of `among` a year are at least as strong as each of `links`, in the year before it was known.

    `extra` is added to each count (1 for decoys: never below one over the number of replicates, and unbiased for
    the count of a null); `since_day`: start of the history, before which there is nothing to count.
    """
    rate = np.empty(len(links.strength))
    by_day = np.argsort(among.known_day, kind="stable")
    day, strength = among.known_day[by_day], among.strength[by_day]
    for row, (mine, known) in enumerate(zip(links.strength, links.known_day, strict=True)):
        window = float(np.clip(known - since_day, _SHORTEST_WINDOW_DAYS, _YEAR_DAYS))
        low, high = np.searchsorted(day, (known - window, known), side="right")
        count = float((strength[low:high] >= mine).sum())
        rate[row] = (count + extra) / replicates * _YEAR_DAYS / window
    return rate
