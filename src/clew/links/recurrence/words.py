"""A recurrence in words: the deaths, what each was met with, the rows that say so, and what would settle it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from clew.links.evidence.people import ROLES, Parts
from clew.links.explain import ROLE_WORDS, Row, row_of, rows_of
from clew.links.recurrence.find import PERSON, Recurrences
from clew.records import Role

#: Deaths that are named; the rest are counted.
_NAMED = 6


def in_words(parts: Parts, row: dict[str, Any]) -> str:
    """One row of `Recurrences.frame` as a sentence. parts: those that it counts."""
    return _person(parts, row) if row["kind"] == PERSON else _spot(row)


def evidence(found: Recurrences, row: dict[str, Any]) -> tuple[Row, ...]:
    """The rows that it rests on: of a person the parts played, of a spot the events."""
    known = found.links.known
    if row["kind"] == PERSON:
        rows = (found.parts.row[one] for part in row["parts"] for one in _also(found.parts, part))
        return tuple(row_of("people", known.people, int(one)) for one in rows)
    events = known.rows_of("events", row["event_ids"])
    return tuple(one for event_id in row["event_ids"] for one in rows_of("events", events.filter(event_id=event_id)))


def to_settle(row: dict[str, Any]) -> tuple[str, ...]:
    """What would settle it, each a thing to find out."""
    deaths = named(row["event_ids"])
    if row["kind"] == PERSON:
        return (f"how one person came to be beside each of {deaths}, and whether anybody else knew all of the dead",)
    return (f"who was at the spot at each of {deaths}, and whether the place itself explains them",)


def named(event_ids: Sequence[str]) -> str:
    """The first few of them, and how many more."""
    more = len(event_ids) - _NAMED
    if more > 0:
        return f"{', '.join(event_ids[:_NAMED])} and {more} more"
    return f"{', '.join(event_ids[:-1])} and {event_ids[-1]}"


def _also(parts: Parts, part: int) -> list[int]:
    """Every part that the person of `part` plays in the same death, that one among them."""
    same = (parts.event == parts.event[part]) & (parts.who == parts.who[part]) & ~parts.address
    return [int(one) for one in np.flatnonzero(same)]


def _played(parts: Parts, part: int) -> str:
    roles = dict.fromkeys(ROLES[parts.role[one]] for one in _also(parts, part))
    return " and ".join(ROLE_WORDS[Role(role)] for role in roles)


def _person(parts: Parts, row: dict[str, Any]) -> str:
    played = [_played(parts, part) for part in row["parts"]]
    if len(set(played)) == 1:
        beside = f"One person is {played[0]} in {named(row['event_ids'])}"
    else:
        by_death = zip(row["event_ids"], played, strict=True)
        beside = f"One person is in {named([f'{event_id} ({part})' for event_id, part in by_death])}"
    return f"{beside}, {_within(row['days'])}{_before(row['before'])}; and in {_elsewhere(row['elsewhere'])}."


def _spot(row: dict[str, Any]) -> str:
    deaths = row["event_ids"]
    return (
        f"{len(deaths)} deaths came {_within(row['days'])} at one spot (100 m): {named(deaths)}"
        f"{_before(row['before'])}; {_elsewhere(row['elsewhere'])} lie{'' if row['elsewhere'] > 1 else 's'} there."
    )


def _within(days: float) -> str:
    return "within a day" if days < 1 else f"within {round(days)} day{'s' if round(days) != 1 else ''}"


def _before(deaths: int) -> str:
    return f", after {deaths} earlier death{'s' if deaths != 1 else ''}" if deaths else ""


def _elsewhere(incidents: int) -> str:
    if not incidents:
        return "no other incident on record"
    return f"{incidents} other incident{'s' if incidents != 1 else ''} on record"
