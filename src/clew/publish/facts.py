"""What a report says of one event besides its reasons: when, where, category, parts played. Read from `Known` only.

People appear by role, never by name or number; `characteristics` is never read (laws 7 and 8 of DESIGN.md).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from clew.publish.wording import label_words
from clew.records import Known, Role


@dataclass(frozen=True, kw_only=True)
class EventFacts:
    """An event as known at T. Instants are UTC. `known_at`: when the force first held any record of it.

    lat, lon: WGS 84 degrees, both or neither. uncertainty_m: radius within which the place lies, None if not stated.
    deceased: age and sex in words. parts: roles played, in words. evidence: source file and row.
    """

    event_id: str
    kind: str
    category: str
    occurred_from: datetime
    occurred_to: datetime | None
    known_at: datetime
    known_at_assumed: bool
    where: str
    place_type: str
    lat: float | None
    lon: float | None
    uncertainty_m: float | None
    deceased: str
    parts: str
    narrative: str
    source_file: str
    source_row: int

    @property
    def is_death(self) -> bool:
        """Whether the event is a death."""
        return self.kind == "death"

    @property
    def place(self) -> tuple[float, float] | None:
        """(latitude, longitude), or None where the place is not known."""
        return None if self.lat is None or self.lon is None else (self.lat, self.lon)


def event_facts(known: Known, event_ids: Iterable[str]) -> dict[str, EventFacts]:
    """The facts of the events `event_ids` by id; ids that `known` does not hold are left out."""
    wanted = sorted(set(event_ids))
    people = _people(known, wanted)
    events = known.events.filter(pl.col("event_id").is_in(wanted))
    return {row["event_id"]: _facts(row, people.get(row["event_id"], [])) for row in events.iter_rows(named=True)}


def _people(known: Known, wanted: list[str]) -> dict[str, list[dict[str, Any]]]:
    rows = known.people.filter(pl.col("event_id").is_in(wanted)).select("event_id", "role", "age", "sex")
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in rows.iter_rows(named=True):
        grouped.setdefault(row["event_id"], []).append(row)
    return grouped


def _facts(row: dict[str, Any], people: list[dict[str, Any]]) -> EventFacts:
    located = all(row[name] is not None and math.isfinite(row[name]) for name in ("lat", "lon"))
    return EventFacts(
        event_id=row["event_id"],
        kind=label_words(row["kind"] or ""),
        category=label_words(row["category"] or ""),
        occurred_from=row["occurred_from"],
        occurred_to=row["occurred_to"],
        known_at=row["first_recorded_at"],
        known_at_assumed=bool(row["recorded_at_assumed"]),
        where=", ".join(str(row[name]) for name in ("address", "area") if row[name]),
        place_type=label_words(row["place_type"] or ""),
        lat=row["lat"] if located else None,
        lon=row["lon"] if located else None,
        uncertainty_m=row["location_uncertainty_m"],
        deceased=_deceased(people),
        parts=_parts(people),
        narrative=row["narrative"] or "",
        source_file=row["source_file"],
        source_row=row["source_row"],
    )


def _deceased(people: list[dict[str, Any]]) -> str:
    """``male, 22``; "" where neither is recorded."""
    dead = [person for person in people if person["role"] == Role.DECEASED]
    sexes = sorted({person["sex"] for person in dead if person["sex"]})
    ages = sorted({f"{person['age']:.0f}" for person in dead if person["age"] is not None})
    return ", ".join(part for part in (" or ".join(sexes), " or ".join(ages)) if part)


def _parts(people: list[dict[str, Any]]) -> str:
    """``caller, finder, 2 witnesses``: the parts played by the living, and how many persons in each."""
    counts = [(role, sum(person["role"] == role for person in people)) for role in Role if role != Role.DECEASED]
    return ", ".join(
        label_words(role.value) if count == 1 else f"{count} {label_words(_PLURALS.get(role, role.value + 's'))}"
        for role, count in counts
        if count
    )


_PLURALS = {Role.WITNESS: "witnesses", Role.LAST_CONTACT: "last contacts"}
