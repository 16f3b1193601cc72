"""Series of four deaths laid into a background, of six kinds.

`recorded` is the strength: the probability with which each trait of a series reached the records of each death (a place
known to the metre, a person with their number, a feature noted). At 1.0 everything was written down; at 0.4 most was
not. What is not recorded is missing, misspelt or vague, never false.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from clew.records import TABLES, Dataset, empty_frame

MEMBERS = 4
STRENGTHS = (0.4, 0.7, 1.0)
_METRES_PER_DEGREE = 111_320.0

#: Features that occur in the background and are uncommon there, of which a method takes four.
METHOD_TRAITS = (
    *(("textile", "scarf"), ("textile", "sheet, white"), ("object", "plastic bag"), ("object", "foil")),
    *(("injury", "bruising_moved"), ("position", "seated_propped"), ("note", "found"), ("phone", "missing")),
    *(("method", "asphyxia"), ("local_connection", "none"), ("company", "unknown")),
)
DRUGS = ("GHB", "MDMA", "tramadol", "pregabalin")


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who plays a part in the deaths of a series: a made-up number, name, birth date and telephone."""

    ref: str
    name: str
    birth_date: str
    phone: str


@dataclass(kw_only=True)
class Planted:
    """Rows of events, people and circumstances, and `series`: event id to the name of its series.

    kind_of, recorded_of: of each series.
    """

    rows: dict[str, list[dict[str, object]]] = field(
        default_factory=lambda: {"events": [], "people": [], "circumstances": []}
    )
    series: dict[str, str] = field(default_factory=dict)
    kind_of: dict[str, str] = field(default_factory=dict)
    recorded_of: dict[str, float] = field(default_factory=dict)

    def laid_into(self, background: Dataset) -> Dataset:
        """`background` and the planted rows as one dataset."""
        tables = dict(background.tables)
        for name, rows in self.rows.items():
            given = pl.DataFrame(rows, infer_schema_length=None).with_columns(
                source_file=pl.lit("planted"),
                source_row=pl.int_range(2, len(rows) + 2, dtype=pl.Int64),
                recorded_at_assumed=pl.lit(value=False),
            )
            schema = TABLES[name].frame_schema
            given = given.cast({column: schema[column] for column in given.columns})
            tables[name] = pl.concat([tables[name], pl.concat([empty_frame(TABLES[name]), given], how="diagonal")])
        return Dataset(name=background.name, tables=tables, zone=background.zone, feeds=background.feeds)


@dataclass(kw_only=True)
class Planter:
    """Plants one series after the other. homes, public: (k, 2) latitudes and longitudes of the background's deaths."""

    rng: np.random.Generator
    homes: np.ndarray
    public: np.ndarray
    areas: list[str]
    start: datetime
    end: datetime
    planted: Planted = field(default_factory=Planted)
    count: int = 0

    def plant(self, kind: str, recorded: float) -> None:
        """One series of `kind` (two, for two offenders)."""
        KINDS[kind](self, kind, recorded)

    def named(self, kind: str, recorded: float) -> str:
        """A new series."""
        self.count += 1
        name = f"{kind}-{recorded:g}-{self.count}"
        self.planted.kind_of[name], self.planted.recorded_of[name] = kind, recorded
        return name

    def person(self) -> Person:
        """Somebody new."""
        number = int(self.rng.integers(10**8, 10**9))
        letters = "".join(self.rng.choice(list("aeioulmnrst"), 7))
        return Person(
            ref=f"Q{number}",
            name=f"V{letters[:3]} Z{letters[3:]}",
            birth_date=f"19{self.rng.integers(50, 95)}-{self.rng.integers(1, 13):02d}-{self.rng.integers(1, 29):02d}",
            phone=f"0609{number}"[:11],
        )

    def days(self, gap_days: float) -> np.ndarray:
        """When the members die, in days before the end: the later ones within the last year, unless they are slow."""
        gaps = np.r_[0.0, self.rng.gamma(4.0, gap_days / 4.0, MEMBERS - 1)]
        if gap_days > 200:
            return np.maximum(1060 - self.rng.uniform(0, 60) - np.cumsum(gaps), 5.0)
        return np.maximum(340 - self.rng.uniform(0, 60) - np.cumsum(gaps), 5.0)

    def spot(self, where: np.ndarray) -> np.ndarray:
        """One of the places `where`."""
        return where[int(self.rng.integers(len(where)))]

    def about(self, place: np.ndarray, metres: float) -> np.ndarray:
        """A place about so many metres from `place` (a normal deviate along each axis)."""
        north, east = self.rng.normal(0, metres, 2) / _METRES_PER_DEGREE
        return place + np.array([north, east / np.cos(np.radians(place[0]))])

    def happens(self, probability: float) -> bool:
        """With this probability."""
        return bool(self.rng.random() < probability)

    def death(
        self,
        series: str,
        *,
        days_before_end: float,
        place: np.ndarray,
        unsure_m: float,
        place_type: str,
        sex: str,
        age: float,
        traits: list[tuple[str, str]],
        people: list[tuple[str, Person, bool]],
    ) -> None:
        """One death. people: role, person, and whether their number reached the records: else a misspelt name with a
        birth date."""
        found = self.end - timedelta(days=float(days_before_end))
        event_id = f"P-{series}-{len(self.planted.series):04d}"
        self.planted.series[event_id] = series
        known = found + timedelta(hours=5)
        self.planted.rows["events"].append(
            {
                "event_id": event_id,
                "kind": "death",
                "occurred_from": found - timedelta(hours=float(self.rng.exponential(14) + 1)),
                "occurred_to": found,
                "reported_at": found,
                "recorded_at": known,
                "category": "not_suspicious",
                "area": self.areas[int(self.rng.integers(len(self.areas)))],
                "place_type": place_type,
                "lat": float(place[0]),
                "lon": float(place[1]),
                "location_uncertainty_m": unsure_m,
                "status": "open",
            }
        )
        blank = dict.fromkeys(("person_ref", "name", "birth_date", "age", "sex", "phone"))
        part = {"event_id": event_id, "recorded_at": known}
        parts = self.planted.rows["people"]
        parts.append(blank | part | {"role": "deceased", "age": float(round(age)), "sex": sex})
        for role, person, numbered in people:
            given: dict[str, object] = {"person_ref": person.ref, "name": person.name, "phone": person.phone}
            if not numbered:
                at = int(self.rng.integers(1, 3))
                given = {
                    "name": person.name[:at] + person.name[at + 1 :],
                    "birth_date": datetime.fromisoformat(person.birth_date).date(),
                }
            parts.append(blank | part | {"role": role} | given)
        noted = {"phone": "present", "position": "lying_face_up", "injury": "none"} | dict(traits)
        for feature, value in noted.items():
            late = timedelta(days=45) if feature == "substance" else timedelta(hours=20)
            source = "toxicology" if feature == "substance" else "scene"
            self.planted.rows["circumstances"].append(
                {
                    "event_id": event_id,
                    "feature": feature,
                    "value": value,
                    "source": source,
                    "recorded_at": known + late,
                }
            )

    def members(self, gap_days: float) -> tuple[np.ndarray, str, np.ndarray]:
        """Days before the end, sex, and ages of the members of one series."""
        centre = float(self.rng.uniform(18, 75))
        sex = "male" if self.happens(0.5) else "female"
        return self.days(gap_days), sex, np.clip(self.rng.normal(centre, 5, MEMBERS), 16, 95)

    def noted(self, traits: list[tuple[str, str]], recorded: float) -> list[tuple[str, str]]:
        """The traits that reached the records."""
        return [trait for trait in traits if self.happens(recorded)]


def _one_place(planter: Planter, kind: str, recorded: float) -> None:
    """One spot in a public place, within weeks of each other; two traits."""
    series, spot = planter.named(kind, recorded), planter.spot(planter.public)
    days, sex, ages = planter.members(45)
    for day, age in zip(days, ages, strict=True):
        exact = planter.happens(recorded)
        planter.death(
            series,
            days_before_end=day,
            place=planter.about(spot, 20 if exact else 300),
            unsure_m=30 if exact else 500,
            place_type="park",
            sex=sex,
            age=age,
            traits=planter.noted([("position", "seated_propped"), ("phone", "missing")], recorded),
            people=[],
        )


def _one_person(planter: Planter, kind: str, recorded: float) -> None:
    """One person with the dead, as last contact, caller or finder; anywhere in the force."""
    series, person = planter.named(kind, recorded), planter.person()
    days, sex, ages = planter.members(60)
    for day, age in zip(days, ages, strict=True):
        role = str(planter.rng.choice(["last_contact", "last_contact", "caller", "finder"]))
        planter.death(
            series,
            days_before_end=day,
            place=planter.spot(planter.homes),
            unsure_m=20,
            place_type="home",
            sex=sex,
            age=age,
            traits=[],
            people=[(role, person, planter.happens(recorded))],
        )


def _one_method(planter: Planter, kind: str, recorded: float) -> None:
    """A roving series: four uncommon traits, anywhere in the force."""
    series = planter.named(kind, recorded)
    picks = planter.rng.permutation(len(METHOD_TRAITS))
    traits = list({METHOD_TRAITS[pick][0]: METHOD_TRAITS[pick] for pick in picks}.values())[:4]
    days, sex, ages = planter.members(60)
    for day, age in zip(days, ages, strict=True):
        planter.death(
            series,
            days_before_end=day,
            place=planter.spot(planter.public),
            unsure_m=50,
            place_type="street",
            sex=sex,
            age=age,
            traits=planter.noted(traits, recorded),
            people=[],
        )


def _drug_and_venue(planter: Planter, kind: str, recorded: float) -> None:
    """One drug, and deaths within a few hundred metres of a venue; met through an app."""
    series, venue = planter.named(kind, recorded), planter.spot(planter.public)
    drug = str(planter.rng.choice(DRUGS))
    days, sex, ages = planter.members(45)
    for day, age in zip(days, ages, strict=True):
        planter.death(
            series,
            days_before_end=day,
            place=planter.about(venue, 250),
            unsure_m=50,
            place_type="street",
            sex=sex,
            age=age,
            traits=planter.noted([("substance", drug), ("met_via", "dating app"), ("phone", "missing")], recorded),
            people=[],
        )


def _slow(planter: Planter, kind: str, recorded: float) -> None:
    """One a year about one place, with one person who calls or finds."""
    series, person, spot = planter.named(kind, recorded), planter.person(), planter.spot(planter.homes)
    days, sex, ages = planter.members(340)
    for day, age in zip(days, ages, strict=True):
        role = "caller" if planter.happens(0.5) else "finder"
        planter.death(
            series,
            days_before_end=day,
            place=planter.about(spot, 150),
            unsure_m=20,
            place_type="home",
            sex=sex,
            age=age,
            traits=[],
            people=[(role, person, planter.happens(recorded))],
        )


def _two_offenders(planter: Planter, kind: str, recorded: float) -> None:
    """Two series in one district at one time, each with a person and two traits of its own."""
    district = planter.spot(planter.public)
    picks = planter.rng.permutation(len(METHOD_TRAITS))
    for own in (picks[:2], picks[2:4]):
        series, person = planter.named(kind, recorded), planter.person()
        days, sex, ages = planter.members(60)
        for day, age in zip(days, ages, strict=True):
            planter.death(
                series,
                days_before_end=day,
                place=planter.about(district, 500),
                unsure_m=50,
                place_type="street",
                sex=sex,
                age=age,
                traits=planter.noted([METHOD_TRAITS[pick] for pick in own], recorded),
                people=[("last_contact", person, planter.happens(recorded))] if planter.happens(0.6) else [],
            )


KINDS: dict[str, Callable[[Planter, str, float], None]] = {
    "one place": _one_place,
    "one person": _one_person,
    "one method, roving": _one_method,
    "one drug and venue": _drug_and_venue,
    "slow, one a year": _slow,
    "two offenders, overlapping": _two_offenders,
}
