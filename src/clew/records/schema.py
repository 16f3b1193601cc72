"""The six tables: one schema object each, from which validation and the documentation page are both made.

A row is one *fact version*. `Table.key` names what makes two rows versions of the same fact: of the rows known
at T with equal keys, the one recorded last holds (law 2 of DESIGN.md: a correction is a new version).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import polars as pl


class Kind(StrEnum):
    """What an event is."""

    DEATH = "death"
    INCIDENT = "incident"
    ALLEGATION = "allegation"
    MISSING_PERSON = "missing_person"


class Category(StrEnum):
    """The four national categories of a death (DOMAIN.md 4.3); a new death is under investigation."""

    EXPECTED = "expected"
    NOT_SUSPICIOUS = "not_suspicious"
    UNDER_INVESTIGATION = "under_investigation"
    HOMICIDE = "homicide"


class Role(StrEnum):
    """A person's part in an event."""

    DECEASED = "deceased"
    FINDER = "finder"
    CALLER = "caller"
    LAST_CONTACT = "last_contact"
    COMPLAINANT = "complainant"
    WITNESS = "witness"
    SUSPECT = "suspect"
    RELATIVE = "relative"
    RESIDENT = "resident"
    PROFESSIONAL = "professional"


class Source(StrEnum):
    """Where a circumstance was noted."""

    SCENE = "scene"
    WITNESS = "witness"
    PATHOLOGY = "pathology"
    TOXICOLOGY = "toxicology"
    DOCUMENT = "document"


class Type(StrEnum):
    """How a column's values are read. An instant is an ISO 8601 date-time; naive ones are in the dataset's zone."""

    TEXT = "text"
    INSTANT = "instant"
    DATE = "date"
    NUMBER = "number"

    @property
    def dtype(self) -> pl.DataType:
        """The Polars type that holds it: text, UTC microseconds, date, or float."""
        return _DTYPES[self]


_DTYPES: dict[Type, pl.DataType] = {
    Type.TEXT: pl.String(),
    Type.INSTANT: pl.Datetime("us", "UTC"),
    Type.DATE: pl.Date(),
    Type.NUMBER: pl.Float64(),
}


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its meaning, unit, and what values it may hold (`vocabulary` closed, `low`..`high` inclusive)."""

    name: str
    type: Type
    meaning: str
    required: bool = False
    unit: str = ""
    vocabulary: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table. `key`: what identifies a fact. `stands_in`: columns that give `recorded_at` where it is missing,
    first non-null wins; after them the event's own `recorded_at` (any table but events)."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    stands_in: tuple[str, ...] = ()

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns every row must fill."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def frame_schema(self) -> dict[str, pl.DataType]:
        """Polars schema of the table as Clew holds it: its columns, then the provenance columns."""
        return {column.name: column.type.dtype for column in self.columns} | PROVENANCE

    def column(self, name: str) -> Column:
        """The column called `name`; KeyError if there is none."""
        return next(column for column in self.columns if column.name == name) if name in self.names else _missing(name)


def _missing(name: str) -> Column:
    raise KeyError(name)


#: Where a row came from, beside every table's own columns: file name inside the dataset, row in that file (the
#: first row after the header is 2, as a spreadsheet shows it), and whether `recorded_at` is the event's own time.
PROVENANCE: dict[str, pl.DataType] = {
    "source_file": pl.String(),
    "source_row": pl.Int64(),
    "recorded_at_assumed": pl.Boolean(),
}

_EVENT_ID = Column(name="event_id", type=Type.TEXT, required=True, meaning="the event this row is about")
_RECORDED_AT = Column(
    name="recorded_at",
    type=Type.INSTANT,
    meaning="when the force first held this fact; where it is missing the event's own time stands in, and is counted",
)

EVENTS = Table(
    name="events",
    meaning="a death or an incident",
    key=("event_id",),
    stands_in=("reported_at", "occurred_to", "occurred_from"),
    columns=(
        Column(name="event_id", type=Type.TEXT, required=True, meaning="the force's own number for the event"),
        Column(name="kind", type=Type.TEXT, required=True, meaning="what the event is", vocabulary=tuple(Kind)),
        Column(
            name="occurred_from",
            type=Type.INSTANT,
            required=True,
            meaning="earliest time it can have happened (for a death: last known alive)",
        ),
        Column(name="occurred_to", type=Type.INSTANT, meaning="latest time it can have happened (for a death: found)"),
        Column(name="reported_at", type=Type.INSTANT, meaning="when it was reported to the force"),
        _RECORDED_AT,
        Column(
            name="category",
            type=Type.TEXT,
            meaning="of a death: the national category; a new death is under_investigation",
            vocabulary=tuple(Category),
        ),
        Column(name="area", type=Type.TEXT, meaning="the force's area (borough, district) it happened in"),
        Column(name="place_type", type=Type.TEXT, meaning="home, street, park, hospital, hostel, station, ..."),
        Column(name="address", type=Type.TEXT, meaning="address of the place, as written"),
        Column(name="lat", type=Type.NUMBER, meaning="latitude, WGS 84", unit="degrees", low=-90, high=90),
        Column(name="lon", type=Type.NUMBER, meaning="longitude, WGS 84", unit="degrees", low=-180, high=180),
        Column(
            name="location_uncertainty_m",
            type=Type.NUMBER,
            meaning="radius within which the place lies",
            unit="metres",
            low=0,
            high=100_000,
        ),
        Column(name="narrative", type=Type.TEXT, meaning="what was written about it"),
        Column(name="status", type=Type.TEXT, meaning="open or closed", vocabulary=("open", "closed")),
    ),
)

PEOPLE = Table(
    name="people",
    meaning="a person's part in an event",
    key=("event_id", "role", "person_ref", "name", "phone", "email", "handle", "vehicle"),
    columns=(
        _EVENT_ID,
        Column(name="role", type=Type.TEXT, required=True, meaning="the part played", vocabulary=tuple(Role)),
        Column(name="person_ref", type=Type.TEXT, meaning="the force's own number for the person"),
        Column(name="name", type=Type.TEXT, meaning="name as recorded"),
        Column(name="birth_date", type=Type.DATE, meaning="date of birth"),
        Column(name="age", type=Type.NUMBER, meaning="age at the event", unit="years", low=0, high=125),
        Column(name="sex", type=Type.TEXT, meaning="sex as recorded", vocabulary=("male", "female", "other")),
        Column(name="address", type=Type.TEXT, meaning="where the person lived or was said to live"),
        Column(name="phone", type=Type.TEXT, meaning="telephone number"),
        Column(name="email", type=Type.TEXT, meaning="e-mail address"),
        Column(name="handle", type=Type.TEXT, meaning="name on an app or site"),
        Column(name="vehicle", type=Type.TEXT, meaning="registration mark"),
        Column(name="birth_place", type=Type.TEXT, meaning="town of birth: read only to tell who is who"),
        Column(name="occupation", type=Type.TEXT, meaning="occupation: read only to tell who is who"),
        _RECORDED_AT,
    ),
)

CIRCUMSTANCES = Table(
    name="circumstances",
    meaning="one thing noted about an event",
    key=("event_id", "feature", "value", "source"),
    columns=(
        _EVENT_ID,
        Column(
            name="feature",
            type=Type.TEXT,
            required=True,
            meaning="what kind of thing: position, substance, note, phone, textile, names, reference, ...",
        ),
        Column(name="value", type=Type.TEXT, required=True, meaning="what was noted"),
        Column(name="quantity", type=Type.NUMBER, meaning="how much, where measured", unit="as in `unit`"),
        Column(name="unit", type=Type.TEXT, meaning="unit of the quantity"),
        Column(name="source", type=Type.TEXT, meaning="who or what noted it", vocabulary=tuple(Source)),
        _RECORDED_AT,
        Column(name="retracted_at", type=Type.INSTANT, meaning="when the force withdrew it; it holds until then"),
    ),
)

ACTIONS = Table(
    name="actions",
    meaning="something done, decided, or claimed",
    key=("event_id", "action_id"),
    stands_in=("at",),
    columns=(
        _EVENT_ID,
        Column(name="activity", type=Type.TEXT, required=True, meaning="what was done, decided or claimed"),
        Column(name="at", type=Type.INSTANT, required=True, meaning="when it was done"),
        Column(
            name="action_id", type=Type.TEXT, meaning="the force's own number for it; without one, each row is a fact"
        ),
        _RECORDED_AT,
        Column(name="actor", type=Type.TEXT, meaning="who did it (a number or a role, not a name)"),
        Column(name="actor_role", type=Type.TEXT, meaning="rank or function of the actor"),
        Column(name="about", type=Type.TEXT, meaning="what it concerns: a person, exhibit, event, rule or claim"),
        Column(name="outcome", type=Type.TEXT, meaning="what came of it"),
        Column(name="reason", type=Type.TEXT, meaning="why, in the actor's words"),
    ),
)

EXHIBITS = Table(
    name="exhibits",
    meaning="an item held",
    key=("event_id", "exhibit_id"),
    stands_in=("found_at",),
    columns=(
        _EVENT_ID,
        Column(name="exhibit_id", type=Type.TEXT, required=True, meaning="the exhibit's number"),
        Column(name="kind", type=Type.TEXT, meaning="note, device, textile, bottle, ..."),
        Column(name="found_at", type=Type.INSTANT, meaning="when it was found"),
        _RECORDED_AT,
        Column(name="description", type=Type.TEXT, meaning="what it is"),
    ),
)

CHARACTERISTICS = Table(
    name="characteristics",
    meaning="a protected characteristic, for equality measures only (law 8: it never reaches the links)",
    key=("event_id", "characteristic"),
    columns=(
        _EVENT_ID,
        Column(name="characteristic", type=Type.TEXT, required=True, meaning="which characteristic"),
        Column(name="value", type=Type.TEXT, required=True, meaning="its value as recorded"),
        _RECORDED_AT,
    ),
)

#: All tables by name, in the order they are read and documented. Only events is required in a dataset.
TABLES: dict[str, Table] = {
    table.name: table for table in (EVENTS, PEOPLE, CIRCUMSTANCES, ACTIONS, EXHIBITS, CHARACTERISTICS)
}


def empty_frame(table: Table) -> pl.DataFrame:
    """A frame of no rows with the table's columns and types."""
    return pl.DataFrame(schema=table.frame_schema)
