"""The morning list as one HTML file: no network, no script, readable on a phone, on paper and by a screen reader.

`render_report` gathers what the page shows into plain views; the templates lay it out. Everything recorded passes
through `clean_text` and is escaped on its way into the page (jinja2 autoescape), so no record can become markup.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from clew.links import explain_pair
from clew.publish import wording
from clew.publish.bars import Bar, Scale, common_scale, family_bars
from clew.publish.facts import EventFacts, event_facts
from clew.publish.map_layout import MapLayout, Spot, apart_words, map_layout
from clew.publish.pages import page_environment
from clew.publish.palette import DARK, LIGHT
from clew.publish.timeline import Timeline, timeline
from clew.review.model import Item, LinkFacts, Reason, Review
from clew.review.wording import often

#: Events drawn and listed beside one death; a larger series is cut here, and the page says so.
MOST_RELATED = 40

#: Characters shown of a narrative and of a headline; the page says what is cut.
LONGEST_NARRATIVE = 700
LONGEST_HEADLINE = 300

#: Terms and what they are, in words.
Terms = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class ReasonView:
    """A reason as shown: its kind in a word, its rates or its duty as terms, bars by family, and its rows in words."""

    reason: Reason
    kind: str
    bars: tuple[Bar, ...]
    terms: Terms
    rows: tuple[str, ...]
    settle: str


@dataclass(frozen=True, kw_only=True)
class EventRow:
    """An event beside others: its facts, how far it is from the event the table is about, its rank if it is listed."""

    facts: EventFacts
    chief: bool
    apart: str
    within: str
    rank: int | None


@dataclass(frozen=True, kw_only=True)
class ItemView:
    """One death as shown. related: with the event itself, in order of time; empty unless it is linked to another."""

    item: Item
    facts: EventFacts | None
    reasons: tuple[ReasonView, ...]
    related: tuple[EventRow, ...]
    left_out: int
    map: MapLayout | None
    timeline: Timeline | None


def render_report(review: Review) -> str:
    """`review` as one self-contained HTML page."""
    wanted = {item.event_id for item in review.items} | {
        event_id for item in review.items for event_id in _related_ids(review, item)
    }
    facts = event_facts(review.known, wanted)
    scale = common_scale(link.families for item in review.items for link in _links_of(item))
    ranks = {item.event_id: item.rank for item in review.items}
    views = [_item_view(review, item, facts, ranks, scale) for item in review.items]
    listed = [view.facts for view in views if view.facts is not None]
    spots = [_spot(event, label=str(ranks[event.event_id])) for event in listed if event.place]
    zone = review.known.dataset.zone
    return (
        page_environment(zone)
        .get_template("report.html.j2")
        .render(
            review=review,
            dataset=review.known.dataset,
            items=views,
            overview_map=map_layout(spots, width=640.0, height=400.0),
            overview_time=timeline(listed, as_of=review.known.at, zone=zone) if listed else None,
            unplaced=len(views) - len(spots),
            scale=scale,
            light=LIGHT,
            dark=DARK,
        )
    )


def _links_of(item: Item) -> list[LinkFacts]:
    return [reason.link for reason in item.reasons if reason.link is not None]


def _related_ids(review: Review, item: Item) -> list[str]:
    """The events an item is linked to, directly or in a series, each once; directly linked ones first."""
    direct = [other for link in _links_of(item) for other in link.other_event_ids]
    series = [member for link in _links_of(item) for member in review.series.get(link.series_id or "", ())]
    return [event_id for event_id in dict.fromkeys([*direct, *series]) if event_id != item.event_id]


def _item_view(
    review: Review, item: Item, facts: Mapping[str, EventFacts], ranks: Mapping[str, int], scale: Scale
) -> ItemView:
    related = [facts[event_id] for event_id in _related_ids(review, item) if event_id in facts]
    shown, own = related[:MOST_RELATED], facts.get(item.event_id)
    together = sorted([own, *shown] if own else shown, key=lambda event: (event.occurred_from, event.event_id))
    return ItemView(
        item=item,
        facts=own,
        reasons=tuple(_reason_view(review, item, reason, scale) for reason in item.reasons),
        related=tuple(_event_row(event, own, ranks) for event in together) if shown else (),
        left_out=len(related) - len(shown),
        map=_map_of(together, own) if shown else None,
        timeline=timeline(together, as_of=review.known.at, zone=review.known.dataset.zone) if shown else None,
    )


def _map_of(events: Sequence[EventFacts], own: EventFacts | None) -> MapLayout | None:
    """A map says nothing with fewer than two places on it."""
    spots = [_spot(event, label=event.event_id, chief=event is own) for event in events if event.place]
    return map_layout(spots) if len(spots) > 1 else None


def _spot(event: EventFacts, *, label: str, chief: bool = False) -> Spot:
    lat, lon = event.place or (0.0, 0.0)
    return Spot(
        label=wording.one_line(label, limit=40),
        lat=lat,
        lon=lon,
        uncertainty_m=event.uncertainty_m or 0.0,
        chief=chief,
        death=event.is_death,
    )


def _event_row(event: EventFacts, own: EventFacts | None, ranks: Mapping[str, int]) -> EventRow:
    apart = within = ""
    if own is not None and event is not own and own.place and event.place:
        apart = apart_words(own.place, event.place)
        unsure_m = (own.uncertainty_m or 0.0) + (event.uncertainty_m or 0.0)
        within = f"places known to within {wording.distance_words(unsure_m)}" if unsure_m >= wording.SAME_SPOT_M else ""
    return EventRow(facts=event, chief=event is own, apart=apart, within=within, rank=ranks.get(event.event_id))


def _reason_view(review: Review, item: Item, reason: Reason, scale: Scale) -> ReasonView:
    link = reason.link
    return ReasonView(
        reason=reason,
        kind=wording.reason_word(reason),
        bars=_bars(review, item, reason, scale),
        terms=_rates(review, link) if link else _duty(review, reason),
        rows=tuple(wording.evidence_words(reason.evidence)),
        settle="; ".join(what for what in reason.settle if what not in item.settle),
    )


def _bars(review: Review, item: Item, reason: Reason, scale: Scale) -> tuple[Bar, ...]:
    """A bar for each family that a link reads; a recurrence reads one."""
    link = reason.link
    if link is None:
        return ()
    if link.recurrence:
        return family_bars({name: factor for name, factor in link.families.items() if factor}, scale=scale, clauses={})
    return family_bars(link.families, scale=scale, clauses=_clauses(review, item, reason, link))


def _rates(review: Review, link: LinkFacts) -> Terms:
    """The two numbers of a link, how sure the second is, and by when the force held what the link rests on."""
    chance = f"about {often(link.chance_per_year)}"
    low, high = (wording.bound_words(end) for end in (link.chance_low, link.chance_high))
    # The engine counts time in days as floating point: half a second mends what that loses.
    held = wording.moment_words(link.known_at + timedelta(seconds=0.5), review.known.dataset.zone)
    what, by = ("Recurrences", "Differing rates alone") if link.recurrence else ("Links", "Chance alone")
    return (
        (f"{what} this strong seen", often(link.seen_per_year)),
        (f"{by} would make", f"{chance} (95% interval {low} to {high})"),
        ("What it rests on was held by", held),
    )


def _clauses(review: Review, item: Item, reason: Reason, link: LinkFacts) -> dict[str, str]:
    """What each family says, or lacks, in words where the reason's text does not say it already (pairs only)."""
    ends = (item.event_id, *link.other_event_ids)
    if len(ends) != 2 or not np.isin(ends, review.links.scorer.events.event_id).all():
        return {}
    clauses = explain_pair(review.links, item.event_id, link.other_event_ids[0]).clauses
    said = reason.text.casefold()
    return {family: clause for family, clause in clauses.items() if clause.casefold() not in said}


def _duty(review: Review, reason: Reason) -> Terms:
    """A duty's rule, verdict and times as term and words."""
    duty, zone = reason.standard, review.known.dataset.zone
    if duty is None:
        return ()
    terms = [("Rule", duty.rule), ("Verdict", wording.label_words(duty.verdict))]
    terms += [("Known from", wording.moment_words(duty.known_at, zone))] if duty.known_at else []
    terms += [("Due", wording.moment_words(duty.due, zone))] if duty.due else []
    terms += [("Gate", "a change of category is barred while this is open")] if duty.gate else []
    return tuple(terms)
