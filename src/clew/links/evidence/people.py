"""Shared people and addresses: who appears in two events, in which roles, and how often they appear at all.

Who is who is resolved by `identity`, with a probability where the force's own number does not say it: a person who may
be another says less. Professionals are left out by role, and by frequency.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clew.links.events import Flags, Floats, Integers, LinkEvents
from clew.links.identity import Identity, IdentityModel, address_keys, resolve
from clew.links.weights import PeopleWeights
from clew.records import Known, Role

ROLES: tuple[str, ...] = tuple(role.value for role in Role)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """m parts played: `event` (m,), `role` (m,) index into ROLES, `person` (m,), `row` (m,) index into Known.people.

    The same person twice in one event keeps both parts. Professionals are not here. An address given for a person
    plays that person's part once more, with `address` (m,) true and a number of its own in `person`.
    `person` is a nominal (`identity`): several may be one person. resolved: (c,) who each nominal is, by the lowest
    nominal of that person; None where nominals are persons. certainty: (c,) how surely. identity: of the first parts,
    those that are no address, in order; None in a decoy.
    """

    event: Integers
    role: Integers
    person: Integers
    row: Integers
    address: Flags
    resolved: Integers | None = None
    certainty: Floats | None = None
    identity: Identity | None = field(default=None, repr=False)

    @cached_property
    def who(self) -> Integers:
        """(m,) the person who plays each part, through all their nominals."""
        return self.person if self.resolved is None else self.resolved[self.person]

    def probability(self, one: Integers, other: Integers) -> Floats:
        """That the parts `one` and `other`, of one person, are of one person: 1 where one nominal plays both."""
        a, b = self.person[one], self.person[other]
        if self.certainty is None:
            return np.ones(len(a))
        sure: Floats = np.where(a == b, 1.0, self.certainty[a] * self.certainty[b])
        return sure

    def with_people(self, person: Integers) -> Parts:
        """The same parts played by other people: a decoy."""
        return replace(self, person=person, identity=None)


@dataclass(frozen=True, kw_only=True)
class SharedPeople:
    """Pairs of events that share a person: the strongest shared person of each pair.

    a, b: (p,) event indices, a < b. factor: (p,) log10. part_a, part_b: (p,) indices into `Parts`.
    """

    a: Integers
    b: Integers
    factor: Floats
    part_a: Integers
    part_b: Integers


def parts_played(known: Known, events: LinkEvents, model: IdentityModel | None = None) -> Parts:
    """The parts played in `events` by everybody but professionals. model: of identity; the one that ships if None."""
    index = pl.DataFrame({"event_id": events.event_id, "event": np.arange(len(events), dtype=np.int64)})
    people = (
        known.people.with_row_index("row")
        .filter(pl.col("role") != Role.PROFESSIONAL.value)
        .join(index, on="event_id")
        .join(known.events.select("event_id", "occurred_from"), on="event_id")
        .sort("event", "role", "person_ref", "name", "phone", "source_file", "source_row")
    )
    role_codes = {role: number for number, role in enumerate(ROLES)}
    identity = resolve(people, people["occurred_from"], model)
    address = address_keys(people["address"]).rank("dense").cast(pl.Int64)
    given = np.flatnonzero(address.is_not_null().to_numpy())
    first_address = people.height
    last_address = first_address + int(address.drop_nulls().to_numpy().max(initial=0))
    event, row = people["event"].to_numpy(), people["row"].to_numpy().astype(np.int64)
    role = people["role"].replace_strict(role_codes, return_dtype=pl.Int64).to_numpy()
    return Parts(
        event=np.concatenate((event, event[given])),
        role=np.concatenate((role, role[given])),
        person=np.concatenate((identity.nominal, first_address + address.drop_nulls().to_numpy())),
        row=np.concatenate((row, row[given])),
        address=np.arange(len(event) + len(given)) >= len(event),
        resolved=np.concatenate((identity.person_of, np.arange(first_address, last_address + 1))),
        certainty=np.concatenate((identity.certainty_of, np.ones(last_address + 1 - first_address))),
        identity=identity,
    )


def shared_people(parts: Parts, event_count: int, weights: PeopleWeights, death: Flags) -> SharedPeople:
    """The pairs of events that share a person, a death among them, with the strongest such person of each pair.

    death: whether each event is one.
    """
    who = parts.who
    several = np.flatnonzero(np.bincount(who)[who] >= 2)  # most people play one part: sorting them is for nothing
    order = several[np.lexsort((parts.role[several], parts.event[several], who[several]))]
    person, event, role = who[order], parts.event[order], parts.role[order]
    first_of_event = np.ones(len(order), dtype=bool)
    first_of_event[1:] = (person[1:] != person[:-1]) | (event[1:] != event[:-1])
    appearances = np.bincount(person[first_of_event], minlength=int(person.max(initial=-1)) + 1)
    usable = (appearances[person] >= 2) & (appearances[person] <= weights.frequent)
    order, person, event, role = order[usable], person[usable], event[usable], role[usable]
    share = _role_shares(weights)
    found: list[tuple[NDArray[np.int64], ...]] = []
    lag, first = 1, np.flatnonzero(person[1:] == person[:-1])  # each part that a person plays, with each later one
    while len(first):
        here = first[(event[first] != event[first + lag]) & (death[event[first]] | death[event[first + lag]])]
        found.append((event[here], event[here + lag], order[here], order[here + lag], appearances[person[here]]))
        lag += 1
        first = first[first < len(person) - lag]
        first = first[person[first] == person[first + lag]]
    if not found:
        none = np.empty(0, dtype=np.int64)
        return SharedPeople(a=none, b=none, factor=np.empty(0), part_a=none, part_b=none)
    a, b, part_a, part_b, often = (np.concatenate(column) for column in zip(*found, strict=True))
    connected = np.where(parts.address[part_a], weights.address, share[parts.role[part_a], parts.role[part_b]])
    usual = often / max(event_count, 1)
    # A person who may be another: the mixture of the exact factor and of none, so never more than the exact one.
    sure = parts.probability(part_a, part_b)
    factor = np.log10(sure * (connected + (1 - connected) * usual) / usual + (1 - sure))
    strongest = np.lexsort((part_b, part_a, -factor, b, a))
    a, b, factor, part_a, part_b = a[strongest], b[strongest], factor[strongest], part_a[strongest], part_b[strongest]
    lead = np.ones(len(a), dtype=bool)
    lead[1:] = (a[1:] != a[:-1]) | (b[1:] != b[:-1])
    return SharedPeople(a=a[lead], b=b[lead], factor=factor[lead], part_a=part_a[lead], part_b=part_b[lead])


def _role_shares(weights: PeopleWeights) -> Floats:
    table = np.full((len(ROLES), len(ROLES)), weights.other)
    for pair, share in weights.roles.items():
        numbers = [ROLES.index(role) for role in pair]
        table[numbers[0], numbers[-1]] = table[numbers[-1], numbers[0]] = share
    return table
