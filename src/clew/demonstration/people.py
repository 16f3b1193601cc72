"""Who had which part in which event: deceased, finders, callers, last contacts, relatives, suspects, professionals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from clew.demonstration.chance import Flags, Integers, Numbers, delays_s, happens
from clew.demonstration.deaths import Deaths
from clew.demonstration.distributions import incidents as table
from clew.demonstration.distributions import parts as share
from clew.demonstration.distributions import recording
from clew.demonstration.incidents import Incidents, Known
from clew.demonstration.persons import Register
from clew.demonstration.population import HOUSES_PER_AREA, SmallAreas
from clew.demonstration.rows import Rows

PARTS: dict[str, pl.DataType] = {
    "event": pl.Int64(),
    "role": pl.String(),
    "person": pl.Int64(),
    "known": pl.Int64(),
}


@dataclass(frozen=True, kw_only=True)
class Cast:
    """`parts`: columns of `PARTS`; per death, the index of the finder, caller, last contact and relative (-1: none)
    and of the first officer; `groups`: events that share an innocent person, as (kind, event indices).
    """

    parts: pl.DataFrame
    finder: Integers
    caller: Integers
    last_contact: Integers
    relative: Integers
    officer: Integers
    groups: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(kw_only=True)
class _Casting:
    rng: np.random.Generator
    register: Register
    known: Known
    areas: SmallAreas
    at: Integers
    house: Integers

    def fresh(self, rows: Flags, *, role: str, family: Integers | None = None) -> Integers:
        """New people around the events flagged: some of the same house, the others of the neighbourhood."""
        size = int(rows.sum())
        house = np.where(
            happens(self.rng, share.SAME_HOUSE[role], size),
            self.house[rows],
            self.areas.near(self.rng, self.house[rows]),
        )
        age = 18 + 62 * self.rng.beta(1.6, 2.2, size)
        return self.register.add(
            male=self.rng.random(size) < 0.5, age=age, at=self.at[rows], house=house, family=family
        )

    def fill(self, rows: Flags, *, role: str, known: Numbers | float) -> Integers:
        """Somebody for each event flagged, -1 elsewhere: known to the force with probability `known`, or new."""
        person = np.full(len(rows), -1, dtype=np.int64)
        from_known = rows & (self.rng.random(len(rows)) < known)
        borough = self.areas.borough[self.house // HOUSES_PER_AREA]
        person[from_known] = self.known.pick(self.rng, borough[from_known])
        person[rows & ~from_known] = self.fresh(rows & ~from_known, role=role)
        return person


def cast_deaths(
    rng: np.random.Generator,
    *,
    deaths: Deaths,
    reported: Integers,
    register: Register,
    known: Known,
    areas: SmallAreas,
    scale: float,
) -> Cast:
    """The parts people play in deaths; the first `deaths.count` persons of the register are the deceased."""
    count, unexpected = deaths.count, deaths.unexpected
    casting = _Casting(rng=rng, register=register, known=known, areas=areas, at=deaths.found, house=deaths.home)
    alone = deaths.public | ~np.isin(deaths.kind, ("home", "vehicle"))
    staffed = np.isin(deaths.kind, ("hospital", "care_home"))
    relative = np.full(count, -1, dtype=np.int64)
    has_relative = happens(rng, share.RELATIVE, count)
    surname = register.persons().family[:count]
    family = np.where(happens(rng, share.RELATIVE_SAME_NAME, count), surname, -1)
    drawn = np.where(family >= 0, family, rng.integers(6000, size=count))
    relative[has_relative] = casting.fresh(has_relative, role="relative", family=drawn[has_relative])
    spouse = deaths.spouse_of >= 0
    relative = np.where(spouse & (relative[deaths.spouse_of] >= 0), relative[deaths.spouse_of], relative)

    elsewhere = table.KNOWN_ELSEWHERE.value
    has_finder = unexpected & ~staffed & happens(rng, share.FINDER, count)
    by_relative = has_finder & ~alone & (relative >= 0) & happens(rng, share.FINDER_IS_RELATIVE, count)
    finder = casting.fill(has_finder & ~by_relative, role="finder", known=elsewhere)
    finder = np.where(by_relative, relative, finder)
    same = (finder >= 0) & happens(rng, share.CALLER_IS_FINDER, count)
    has_caller = unexpected & ~staffed & happens(rng, share.CALLER, count)
    caller = casting.fill(has_caller & ~same, role="caller", known=elsewhere)
    caller = np.where(same & has_caller, finder, caller)
    has_last = unexpected & happens(rng, share.LAST_CONTACT, count)
    last_relative = has_last & (relative >= 0) & happens(rng, share.LAST_CONTACT_IS_RELATIVE, count)
    rough = np.isin(deaths.manner, ("drugs", "homicide"))
    share_known = np.where(rough, table.KNOWN_LAST_CONTACT.value, elsewhere)
    last_contact = casting.fill(has_last & ~last_relative, role="last contact", known=share_known)
    last_contact = np.where(last_relative, relative, last_contact)
    suspect = casting.fill(
        (deaths.manner == "homicide") & happens(rng, share.SUSPECT, count),
        role="suspect",
        known=table.KNOWN_SUSPECT.value,
    )
    witness = casting.fill(unexpected & happens(rng, share.WITNESS, count), role="witness", known=elsewhere)
    resident = casting.fill(
        (deaths.kind == "hostel") & happens(rng, share.RESIDENT, count),
        role="resident",
        known=table.KNOWN_LAST_CONTACT.value,
    )

    walkers = _dog_walkers(rng, deaths, finder, caller, round(table.DOG_WALKERS.value * scale))
    parts = Rows(PARTS)
    parts.add(count, event=np.arange(count), role="deceased", person=np.arange(count), known=reported)
    roles = {
        "finder": finder,
        "caller": caller,
        "last_contact": last_contact,
        "relative": relative,
        "suspect": suspect,
        "witness": witness,
        "resident": resident,
    }
    for role, person in roles.items():
        rows = np.flatnonzero(person >= 0)
        lag = delays_s(rng, recording.SCENE_DELAY, len(rows))
        late = happens(rng, recording.PEOPLE_LATER, len(rows)) | np.full(len(rows), role == "suspect")
        if role != "caller":
            lag = lag + np.where(late, delays_s(rng, recording.PEOPLE_LATER_DELAY, len(rows)), 0)
        else:
            lag = lag // 6 + 1
        parts.add(len(rows), event=rows, role=role, person=person[rows], known=reported[rows] + lag)
    officer = _officials(casting, parts, deaths, reported)
    return Cast(
        parts=parts.frame(),
        finder=finder,
        caller=caller,
        last_contact=last_contact,
        relative=relative,
        officer=officer,
        groups=walkers,
    )


def _dog_walkers(
    rng: np.random.Generator, deaths: Deaths, finder: Integers, caller: Integers, wanted: int
) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Give two unrelated deaths of one park or churchyard the same finder, in place."""
    groups: list[tuple[str, tuple[int, ...]]] = []
    rows = np.flatnonzero(np.isin(deaths.kind, ("park", "churchyard")) & (deaths.group < 0) & (finder >= 0))
    for spot in rng.permutation(np.unique(deaths.spot[rows])):
        here = rows[deaths.spot[rows] == spot][:2]
        if len(here) == 2 and len(groups) < wanted:
            finder[here] = finder[here[0]]
            caller[here] = np.where(caller[here] >= 0, finder[here[0]], -1)
            groups.append(("same_finder", tuple(int(each) for each in here)))
    return tuple(groups)


def _officials(casting: _Casting, parts: Rows, deaths: Deaths, reported: Integers) -> Integers:
    """Add the officials who attend; gives the first officer of each death."""
    rng, register, areas = casting.rng, casting.register, casting.areas
    boroughs = len(areas.boroughs)
    borough = areas.borough[deaths.home // HOUSES_PER_AREA]
    officer = np.full(deaths.count, -1, dtype=np.int64)
    pools: dict[int, Integers] = {}
    for name, rate in share.OFFICIALS.items():
        size = share.OFFICIALS_OF_A_BOROUGH[name]
        total = size * boroughs
        if name != "second officer":
            pools[size] = register.add(
                male=rng.random(total) < 0.6,
                age=np.full(total, 40.0),
                at=np.full(total, int(deaths.found[0]) if deaths.count else 0),
                house=np.zeros(total, dtype=np.int64),
                professional=True,
            )
        pick = np.minimum((rng.random(deaths.count) ** 1.6 * size).astype(np.int64), size - 1)
        person = pools[size][borough * size + pick]
        rows = np.flatnonzero(happens(rng, rate, deaths.count) & ((person != officer) | (officer < 0)))
        if name == "officer":
            officer = person
        lag = delays_s(rng, recording.SCENE_DELAY, len(rows))
        parts.add(len(rows), event=rows, role="professional", person=person[rows], known=reported[rows] + lag)
    return officer


def cast_incidents(
    rng: np.random.Generator,
    *,
    incidents: Incidents,
    first_event: int,
    reported: Integers,
    register: Register,
    known: Known,
    areas: SmallAreas,
    scale: float,
    years: Sequence[int],
) -> tuple[pl.DataFrame, tuple[tuple[str, tuple[int, ...]], ...]]:
    """The parts people play in incidents (columns of `PARTS`) and the groups that hoax callers make of them."""
    count = incidents.count
    casting = _Casting(rng=rng, register=register, known=known, areas=areas, at=incidents.at, house=incidents.home)
    crime = np.isin(incidents.type, ("assault", "sexual_offence"))
    suspect = casting.fill(
        crime & happens(rng, table.SUSPECT_NAMED, count), role="suspect", known=table.KNOWN_SUSPECT.value
    )
    caller = casting.fill(happens(rng, share.INCIDENT_CALLER, count), role="caller", known=table.KNOWN_ELSEWHERE.value)
    witness = casting.fill(
        happens(rng, share.INCIDENT_WITNESS, count), role="witness", known=table.KNOWN_ELSEWHERE.value
    )
    missing = incidents.type == "missing_person"
    last_contact = casting.fill(
        (missing & happens(rng, share.LAST_SEEN_BY, count))
        | ((incidents.type == "overdose_survived") & happens(rng, share.WITH_OVERDOSE, count)),
        role="last contact",
        known=table.KNOWN_LAST_CONTACT.value,
    )
    hoaxers = _hoax_callers(rng, caller, known, first_event, round(table.HOAX_CALLERS.value * scale * len(years) / 3))
    parts = Rows(PARTS)
    events = np.arange(first_event, first_event + count)
    roles = {
        "complainant": incidents.person,
        "suspect": suspect,
        "caller": caller,
        "witness": witness,
        "last_contact": last_contact,
    }
    for role, person in roles.items():
        rows = np.flatnonzero(person >= 0)
        lag = delays_s(rng, recording.SCENE_DELAY, len(rows))
        late = happens(rng, recording.PEOPLE_LATER, len(rows)) & np.full(len(rows), role in ("suspect", "witness"))
        lag = lag + np.where(late, delays_s(rng, recording.PEOPLE_LATER_DELAY, len(rows)), 0)
        parts.add(len(rows), event=events[rows], role=role, person=person[rows], known=reported[rows] + lag)
    return parts.frame(), hoaxers


def _hoax_callers(
    rng: np.random.Generator, caller: Integers, known: Known, first_event: int, wanted: int
) -> tuple[tuple[str, tuple[int, ...]], ...]:
    groups: list[tuple[str, tuple[int, ...]]] = []
    rows = np.flatnonzero(caller >= 0)
    for _ in range(wanted if len(rows) > 400 else 0):
        mine = np.sort(rng.choice(rows, size=int(rng.integers(5, 41)), replace=False))
        caller[mine] = known.person[int(rng.integers(len(known.person)))]
        groups.append(("hoax_caller", tuple(int(each) + first_event for each in mine)))
    return tuple(groups)
