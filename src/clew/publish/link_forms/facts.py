"""What every form says of a listing as a whole, of an event, and of a link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clew.core import format_instant
from clew.links import FAMILIES, STATEMENT, Listing
from clew.publish.facts import EventFacts, event_facts
from clew.publish.wording import clean_text


def heading(listing: Listing) -> dict[str, Any]:
    """Whose links these are, as known when, how they were found, and what they are not."""
    known = listing.links.known
    return {
        "marking": clean_text(known.dataset.marking),
        "notice": clean_text(known.dataset.notice),
        "statement": STATEMENT,
        "dataset": clean_text(known.dataset.name),
        "as_of": format_instant(known.at, known.dataset.zone),
        "seed": listing.links.seed,
        "replicates": listing.links.replicates,
    }


def events_of(listing: Listing) -> dict[str, EventFacts]:
    """The events at the ends of the links shown, by id."""
    ends = {event_id for name in ("event_id_a", "event_id_b") for event_id in listing.shown[name]}
    return event_facts(listing.links.known, ends)


def event_values(event: EventFacts, listing: Listing) -> dict[str, Any]:
    """An event as plain values: when and where it happened and what it is; None where not known. Nobody is named."""
    zone = listing.links.known.dataset.zone
    series = sorted(name for name, members in listing.series.items() if event.event_id in members)
    return {
        "event_id": clean_text(event.event_id),
        "kind": clean_text(event.kind),
        "category": clean_text(event.category) or None,
        "occurred_from": format_instant(event.occurred_from, zone),
        "occurred_to": format_instant(event.occurred_to, zone) if event.occurred_to else None,
        "first_known_at": format_instant(event.known_at, zone),
        "lat": event.lat,
        "lon": event.lon,
        "location_uncertainty_m": event.uncertainty_m,
        "series_id": clean_text("; ".join(series)) or None,
    }


def link_values(row: Mapping[str, Any], listing: Listing) -> dict[str, Any]:
    """A row of the contract as plain values, with what was decided about it (candidate if nothing was)."""
    decided = listing.decisions.of(row["event_id_a"], row["event_id_b"])
    numbers = ("log10_bayes_factor", "seen_per_year", "chance_per_year", "chance_low", "chance_high", *FAMILIES)
    return {
        "event_id_a": clean_text(row["event_id_a"]),
        "event_id_b": clean_text(row["event_id_b"]),
        "status": decided.verdict.value if decided else "candidate",
        **{name: row[name] for name in numbers},
        "series_id": clean_text(row["series_id"]) if row["series_id"] else None,
        "text": clean_text(row["text"]),
    }
