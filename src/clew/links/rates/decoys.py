"""Decoys: the force's own events with their dates, their people and their references exchanged.

What is exchanged no longer means anything, and all else stays, so that dependence between families of evidence is in
whatever a decoy's links are counted for (research/linkage.md 6: nulls that assume independence under-count by half).
Dates are exchanged within strata (`strata`), people within area and the roles they play.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from clew.links.events import Integers, LinkEvents
from clew.links.evidence.people import ROLES, Parts
from clew.links.evidence.reference import References


def exchange_dates(events: LinkEvents, strata: Integers, incident: Integers, rng: np.random.Generator) -> LinkEvents:
    """The same events with days exchanged within `strata` (n,); the events of one incident move together.

    Whole days: an event keeps its hour, which belongs to what happened and where.
    """
    first = np.unique(incident, return_index=True)[1]
    stratum = strata[first]
    order = np.argsort(stratum, kind="stable")
    drawn = np.lexsort((rng.random(len(first)), stratum))
    given = np.empty(len(first), dtype=np.int64)
    given[order] = first[drawn]
    leader = first[incident]  # `incident` codes are dense: position in `first`
    shift = (np.floor(events.from_day[given]) - np.floor(events.from_day[first]))[incident]
    lag = events.known_day - events.from_day
    new_lag = (events.known_day[given] - events.from_day[given])[incident] + lag - lag[leader]
    start = events.from_day + shift
    return replace(
        events,
        from_day=start,
        to_day=events.to_day + shift,
        known_day=np.maximum(start + new_lag, start),
    )


@dataclass(frozen=True, kw_only=True)
class PeopleExchange:
    """Exchanges who plays the parts of a force's events; what is alike in every exchange is worked out once.

    Each person keeps in how many incidents, and in which roles, they appear. Whoever plays several parts in one
    incident (the caller who is also the finder) keeps them together. Exchanged within area and the same roles, deaths
    apart from other events, addresses apart from persons: a decoy has as many people who are a caller at a death and
    accused in an incident as the force has, at other events.

    appearance: (m,) the parts, those of one person in one incident together. length: (k,) how many parts each of these
    has. person: (k,) who plays them. stratum: (k,) dense code, within which persons are exchanged. order: (k,) by it.
    """

    parts: Parts
    appearance: Integers
    length: Integers
    person: Integers
    stratum: Integers
    order: Integers

    @classmethod
    def of(cls, parts: Parts, events: LinkEvents, incident: Integers) -> PeopleExchange:
        """The exchange of the people of `parts`. incident: (n,) of each event."""
        who = parts.who
        appearance = np.lexsort((parts.person, who, incident[parts.event]))
        person, where = who[appearance], incident[parts.event[appearance]]
        starts = np.flatnonzero(np.r_[True, (person[1:] != person[:-1]) | (where[1:] != where[:-1])][: len(person)])
        first = appearance[starts]
        roles = np.bitwise_or.reduceat(1 << parts.role[appearance], starts) if len(starts) else starts
        kind = (roles * 2 + events.death[parts.event[first]]) * 2 + parts.address[first]
        stratum = events.area[parts.event[first]] * (4 << len(ROLES)) + kind
        dense = np.unique(stratum, return_inverse=True)[1].reshape(-1)
        return cls(
            parts=parts,
            appearance=appearance,
            length=np.diff(np.r_[starts, len(appearance)]),
            person=parts.person[first],
            stratum=dense,
            order=np.argsort(dense, kind="stable"),
        )

    def drawn(self, rng: np.random.Generator) -> Parts:
        """The same parts played by other people."""
        given = np.empty_like(self.person)
        given[self.order] = self.person[np.argsort(self.stratum + rng.random(len(self.stratum)))]
        swapped = np.empty_like(self.parts.person)
        swapped[self.appearance] = np.repeat(given, self.length)
        return self.parts.with_people(swapped)


def exchange_references(named: References, rng: np.random.Generator) -> References:
    """As many references, as strong, each between an event that names and an event that is named elsewhere."""
    other = named.b[rng.permutation(len(named.b))]
    usable = named.a != other
    a, b = np.minimum(named.a, other)[usable], np.maximum(named.a, other)[usable]
    order = np.lexsort((b, a))
    a, b, factor, row = a[order], b[order], named.factor[usable][order], named.row[usable][order]
    once = np.r_[True, (a[1:] != a[:-1]) | (b[1:] != b[:-1])][: len(a)]
    return References(a=a[once], b=b[once], factor=factor[once], row=row[once])
