"""Links as FollowTheMoney entities, a JSON object a line, for investigation platforms that read them.

An event is an `Event`, a link an `UnknownLink` between two of them (the schema of "known to be connected, unknown
how"), its role "candidate link, not a decision". Written by hand, because the vocabulary's own library needs a package
under the LGPL; a test checks the entities against that library where it is installed. These files travel farthest, so
they hold least: numbers, times and strengths, but no place, no part played and no sentence about people; those stay
with whoever has the records, and can be asked of them by the numbers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from clew.links import FAMILIES, STATEMENT, Listing
from clew.publish.link_forms.facts import event_values, events_of, heading, link_values
from clew.publish.wording import FAMILY_WORDS, number_words

ROLE = "candidate link, not a decision"


def links_followthemoney(listing: Listing) -> str:
    """`listing` as JSON lines: the events in order of id, then the links."""
    lines = (json.dumps(entity, ensure_ascii=False) for entity in _entities(listing))
    return "".join(f"{line}\n" for line in lines)


def _entities(listing: Listing) -> Iterator[dict[str, Any]]:
    said, zone = heading(listing), listing.links.known.dataset.zone
    marked = " ".join(part for part in (said["marking"], said["notice"], STATEMENT) if part)
    common = {"publisher": [said["dataset"] or "not named"], "description": [marked]}
    for event_id, event in sorted(events_of(listing).items()):
        values = event_values(event, listing)
        properties: dict[str, list[str]] = {
            "name": [f"{values['kind'].capitalize()} {values['event_id']}"],
            "recordId": [values["event_id"]],
            "startDate": [_moment(event.occurred_from)],
        }
        if event.occurred_to:
            properties["endDate"] = [_moment(event.occurred_to)]
        yield {"id": _id(said["dataset"], event_id), "schema": "Event", "properties": properties | common}
    for row in listing.table().iter_rows(named=True):
        values = link_values(row, listing)
        ends = (row["event_id_a"], row["event_id_b"])
        strengths = ", ".join(f"{FAMILY_WORDS.get(name, name)} {values[name]:+.1f}" for name in FAMILIES)
        summary = (
            f"Links at least this strong: {number_words(values['seen_per_year'])} a year seen, about "
            f"{number_words(values['chance_per_year'])} of them made by chance (95% interval "
            f"{number_words(values['chance_low'])} to {number_words(values['chance_high'])}). log10 Bayes factor "
            f"{values['log10_bayes_factor']:+.1f}: {strengths}."
        )
        yield {
            "id": _id(said["dataset"], *ends),
            "schema": "UnknownLink",
            "properties": {
                "subject": [_id(said["dataset"], ends[0])],
                "object": [_id(said["dataset"], ends[1])],
                "role": [ROLE],
                "status": [values["status"]],
                "recordId": [f"{values['event_id_a']} {values['event_id_b']}"],
                "summary": [summary],
                "modifiedAt": [_moment(listing.links.known.at.astimezone(zone))],
            }
            | common,
        }


def _id(*names: str) -> str:
    """The same id for the same event of the same dataset, whenever it is written."""
    return "clew-" + hashlib.sha256(json.dumps(names).encode()).hexdigest()[:40]


def _moment(moment: datetime) -> str:
    """As the vocabulary has it: UTC, to the second, without an offset."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
