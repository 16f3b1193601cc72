"""The lesser incidents of a tile: when, of what type, to whom, where. One element per incident, in order of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clew.demonstration.chance import Flags, Integers, Numbers, Words, choose, happens
from clew.demonstration.deaths import Deaths, poisson_times
from clew.demonstration.distributions import incidents as table
from clew.demonstration.persons import Register
from clew.demonstration.places import Places, spots
from clew.demonstration.population import HOUSES_PER_AREA, SmallAreas, draw_ages

#: type of incident -> kind of event
KINDS = {
    "overdose_survived": "incident",
    "collapse": "incident",
    "assault": "incident",
    "theft_from_person": "incident",
    "missing_person": "missing_person",
    "sexual_offence": "allegation",
    "concern_for_welfare": "incident",
}


@dataclass(frozen=True, kw_only=True)
class Known:
    """People known to the force: their indices sorted by borough, and how active each is."""

    person: Integers
    borough: Integers
    running: Numbers

    def pick(self, rng: np.random.Generator, borough: Integers) -> Integers:
        """A known person of each borough, by activity."""
        first = np.searchsorted(self.borough, borough, side="left")
        last = np.searchsorted(self.borough, borough, side="right")
        nowhere = first == last
        first, last = np.where(nowhere, 0, first), np.where(nowhere, len(self.person), last)
        target = self.running[first] + rng.random(len(borough)) * (self.running[last] - self.running[first])
        place = np.clip(np.searchsorted(self.running, target, side="right") - 1, first, last - 1)
        return np.asarray(self.person[place])


@dataclass(frozen=True, kw_only=True)
class Incidents:
    """`person`: whom it befell (index into the register), of `age` years; times in seconds since 1970 UTC."""

    at: Integers
    type: Words
    person: Integers
    home: Integers
    kind: Words
    spot: Integers

    @property
    def count(self) -> int:
        """How many incidents there are."""
        return len(self.at)


def known_persons(rng: np.random.Generator, register: Register, *, at: int, scale: float, areas: SmallAreas) -> Known:
    """The people known to the force, added to the register; some far more active than others."""
    count = max(50, round(table.KNOWN_PERSONS.value * table.INCIDENTS_A_YEAR.value * scale))
    male, age = draw_ages(rng, table.AGE_SEX["other"], count)
    house = areas.homes(rng, male=male, age=age)
    house = house[np.argsort(areas.borough[house // HOUSES_PER_AREA], kind="stable")]
    person = register.add(male=male, age=age, at=np.full(count, at), house=house)
    activity = rng.pareto(table.KNOWN_ACTIVITY.value, count) + 0.1
    return Known(
        person=person,
        borough=areas.borough[house // HOUSES_PER_AREA],
        running=np.concatenate([[0.0], np.cumsum(activity)]),
    )


def draw_incidents(
    rng: np.random.Generator,
    *,
    years: Sequence[int],
    scale: float,
    deaths: Deaths,
    register: Register,
    known: Known,
    areas: SmallAreas,
    places: Places,
) -> Incidents:
    """Independent incidents at the documented rates; the first `deaths.count` persons of the register are the dead."""
    at = poisson_times(rng, years, per_year=table.INCIDENTS_A_YEAR.value * scale)
    count = len(at)
    type_ = choose(rng, table.TYPE, count)
    male, age = np.zeros(count, dtype=np.bool_), np.zeros(count)
    for each in table.TYPE.values:
        rows = np.flatnonzero(type_ == each)
        male[rows], age[rows] = draw_ages(rng, table.AGE_SEX.get(each, table.AGE_SEX["other"]), len(rows))
    home = areas.homes(rng, male=male, age=age)
    borough = areas.borough[home // HOUSES_PER_AREA]
    dead = later_dead(rng, deaths, at)
    is_dead = happens(rng, table.SOON_DECEASED, count) & (dead >= 0)
    is_known = ~is_dead & happens(rng, table.KNOWN_PERSON, count) & (type_ != "missing_person")
    person = np.where(is_dead, dead, known.pick(rng, borough))
    fresh: Flags = ~is_dead & ~is_known
    person[fresh] = register.add(male=male[fresh], age=age[fresh], at=at[fresh], house=home[fresh])
    home = register.persons().house[person]
    kind = np.full(count, "home", dtype="<U20")
    for each in table.TYPE.values:
        rows = np.flatnonzero(type_ == each)
        kind[rows] = choose(rng, table.PLACE[each], len(rows))
    return Incidents(
        at=at,
        type=type_,
        person=person,
        home=home,
        kind=kind,
        spot=spots(rng, places, areas, kind=kind, home=home),
    )


def later_dead(rng: np.random.Generator, deaths: Deaths, at: Integers) -> Integers:
    """For each instant somebody under 75 still alive then who dies later, -1 if nobody does."""
    rows = np.flatnonzero(deaths.unexpected & (deaths.age > 12) & (deaths.age < 75))
    if not len(rows):
        return np.full(len(at), -1, dtype=np.int64)
    alive = np.minimum.accumulate(deaths.alive[rows][::-1])[::-1]
    first = np.searchsorted(alive, at, side="right")
    pick = first + (rng.random(len(at)) * (len(rows) - first)).astype(np.int64)
    return np.where(first < len(rows), rows[np.minimum(pick, len(rows) - 1)], -1)
