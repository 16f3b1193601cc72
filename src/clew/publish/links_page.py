"""The links as one HTML file, and one pair by itself: no network, no script (decision 60).

A table at a glance, the graph of events and links, the map, the series, the events in time, and for each link the
evidence step by step. Everything drawn stands in words beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clew.links import STATEMENT, Explanation, Links, Listing, explain_pair, link_decisions
from clew.links.recurrence import in_words
from clew.publish.bars import Scale
from clew.publish.facts import EventFacts, event_facts
from clew.publish.graph_layout import Event, GraphLayout, Tie, graph_layout
from clew.publish.map_layout import MapLayout, Spot, map_layout
from clew.publish.pages import page_environment
from clew.publish.palette import DARK, LIGHT
from clew.publish.timeline import Timeline, timeline
from clew.publish.waterfall import Step, parts_of, strongest_first, waterfall, waterfall_scale
from clew.publish.wording import bound_words, clean_text, evidence_words, one_line
from clew.review.model import Evidence
from clew.review.wording import often

#: Links told and drawn on one page, the strongest; the page says how many more there are.
MOST_LINKS = 150

#: A line on the map: x1, y1, x2, y2, status.
MapTie = tuple[float, float, float, float, str]


@dataclass(frozen=True, kw_only=True)
class LinkView:
    """One link as shown. row: its rates by name, empty for a pair that is no link. total: the sum's bar, left and
    width in percent. ties: the families that tie the two, strongest first."""

    number: int
    row: Mapping[str, Any]
    why: Explanation
    steps: tuple[Step, ...]
    total: tuple[float, float]
    terms: tuple[tuple[str, str], ...]
    decided: str
    status: str
    series: str | None
    rows: tuple[str, ...]
    ties: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class EventView:
    """An event of the list, with the numbers of its links."""

    facts: EventFacts
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LinksPage:
    """What the page of links shows. statuses: how many links listed have each. series: id, members, link numbers.
    recurring: rows of `Recurrences.frame`, each with its words."""

    links: tuple[LinkView, ...]
    in_all: int
    budget: float | None
    statuses: Counter[str]
    recurring: tuple[tuple[dict[str, Any], str], ...]
    kept_down: int
    shows_rejected: bool
    unmatched: int
    scale: Scale
    graph: GraphLayout | None
    map: MapLayout | None
    map_ties: tuple[MapTie, ...]
    unplaced: int
    series: tuple[tuple[str, tuple[str, ...], tuple[int, ...]], ...]
    events: tuple[EventView, ...]
    timeline: Timeline | None


def links_html(listing: Listing) -> str:
    """`listing` as one self-contained page."""
    return _rendered("links.html.j2", listing.links, page=links_page(listing))


def explanation_html(links: Links, why: Explanation) -> str:
    """One pair as a page: the waterfall of its evidence, its rates, decision and rows, a map and a time-line."""
    scale = waterfall_scale([why])
    decided = link_decisions(links.known).of(why.event_id_a, why.event_id_b)
    zone = links.known.dataset.zone
    facts = event_facts(links.known, (why.event_id_a, why.event_id_b))
    ordered = sorted(facts.values(), key=lambda event: (event.occurred_from, event.event_id))
    view = link_view(
        links,
        why,
        number=1,
        scale=scale,
        row=rates_row(links, why),
        status=decided.verdict.value if decided else "candidate",
        decided=decided.words(zone) if decided else "",
    )
    spots = [_spot(event, (one_line(event.event_id, limit=40),)) for event in ordered if event.place]
    drawn = map_layout(spots) if len(spots) == 2 else None
    return _rendered(
        "explain.html.j2",
        links,
        view=view,
        scale=scale,
        map=drawn,
        ties=((*drawn.points[0], *drawn.points[1], view.status),) if drawn else (),
        events=[EventView(facts=event) for event in ordered],
        timeline=timeline(ordered, as_of=links.known.at, zone=zone),
    )


def links_page(listing: Listing) -> LinksPage:
    """What the page of `listing` shows, laid out."""
    known = listing.links.known
    rows = list(listing.shown.head(MOST_LINKS).iter_rows(named=True))
    why = [explain_pair(listing.links, row["event_id_a"], row["event_id_b"]) for row in rows]
    scale = waterfall_scale(why)
    views = []
    for number, (row, each) in enumerate(zip(rows, why, strict=True), start=1):
        decided = listing.decisions.of(each.event_id_a, each.event_id_b)
        views.append(
            link_view(
                listing.links,
                each,
                number=number,
                scale=scale,
                row=row,
                status=decided.verdict.value if decided else "candidate",
                decided=decided.words(known.dataset.zone) if decided else "",
                series=listing.series_of(each.event_id_a, each.event_id_b),
            )
        )
    numbers: dict[str, list[int]] = {}
    for view in views:
        for event_id in (view.why.event_id_a, view.why.event_id_b):
            numbers.setdefault(event_id, []).append(view.number)
    facts = event_facts(known, numbers)
    ordered = sorted(facts.values(), key=lambda event: (event.occurred_from, event.event_id))
    placed = [event for event in ordered if event.place]
    spots = [_spot(event, tuple(map(str, numbers[event.event_id]))) for event in placed]
    drawn = map_layout(spots, width=640.0, height=480.0)
    return LinksPage(
        links=tuple(views),
        in_all=listing.shown.height,
        budget=listing.budget_per_year,
        statuses=Counter(view.status for view in views),
        recurring=tuple(
            (row, clean_text(in_words(listing.recurrences.parts, row)))
            for row in listing.recurring.iter_rows(named=True)
        ),
        kept_down=listing.kept_down.height,
        shows_rejected=bool(listing.shown["stays_down"].any()),
        unmatched=listing.decisions.unmatched,
        scale=scale,
        graph=_graph(listing, views, facts),
        map=drawn,
        map_ties=_map_ties(views, placed, drawn),
        unplaced=len(ordered) - len(placed),
        series=tuple(
            (name, members, tuple(view.number for view in views if view.series == name))
            for name, members in listing.series.items()
        ),
        events=tuple(EventView(facts=event, numbers=tuple(numbers[event.event_id])) for event in ordered),
        timeline=timeline(ordered, as_of=known.at, zone=known.dataset.zone) if ordered else None,
    )


def link_view(
    links: Links,
    why: Explanation,
    *,
    number: int,
    scale: Scale,
    row: Mapping[str, Any],
    status: str,
    decided: str,
    series: str | None = None,
) -> LinkView:
    """One link in words and percent. row: its rates, empty if it has none."""
    left, right = sorted((scale.percent(0.0), scale.percent(why.log10_bayes_factor)))
    return LinkView(
        number=number,
        row=row,
        why=why,
        steps=waterfall(why, scale),
        total=(left, round(right - left, 2)),
        terms=rate_terms(row) + ((("Series", series),) if series else ()),
        decided=decided,
        status=status,
        series=series,
        rows=tuple(evidence_words(Evidence(table=one.table, source=one.source, row=one.row) for one in why.rows)),
        ties=tuple(strongest_first(parts_of(why))),
    )


def rates_row(links: Links, why: Explanation) -> dict[str, Any]:
    """The rates of an explained pair by name; empty if it is set apart or weaker than the links that are kept."""
    ends = {why.event_id_a, why.event_id_b}
    for row in links.frame.iter_rows(named=True):
        if {row["event_id_a"], row["event_id_b"]} == ends:
            return row
    return {}


def rate_terms(row: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The two numbers of a link in words, and how sure the second is."""
    if not row:
        return (("Rates", "none: weaker than the links a desk is shown, or set apart; chance makes many like it"),)
    low, high = bound_words(row["chance_low"]), bound_words(row["chance_high"])
    chance = f"about {often(row['chance_per_year'])} (95% interval {low} to {high})"
    return (("Links this strong seen", often(row["seen_per_year"])), ("Chance alone would make", chance))


def _rendered(template: str, links: Links, **shown: Any) -> str:
    dataset = links.known.dataset
    return (
        page_environment(dataset.zone)
        .get_template(template)
        .render(links=links, known=links.known, dataset=dataset, statement=STATEMENT, light=LIGHT, dark=DARK, **shown)
    )


def _spot(event: EventFacts, names: tuple[str, ...]) -> Spot:
    lat, lon = event.place or (0.0, 0.0)
    return Spot(
        label=names[0],
        names=names,
        lat=lat,
        lon=lon,
        uncertainty_m=event.uncertainty_m or 0.0,
        death=event.is_death,
    )


def _graph(listing: Listing, views: Sequence[LinkView], facts: Mapping[str, EventFacts]) -> GraphLayout | None:
    ringed = {member for members in listing.series.values() for member in members}
    events = [
        Event(event_id=event_id, label=one_line(event_id, limit=120), death=event.is_death, ringed=event_id in ringed)
        for event_id, event in sorted(facts.items())
    ]
    ties = [
        Tie(one=view.why.event_id_a, other=view.why.event_id_b, number=view.number, status=view.status)
        for view in views
    ]
    return graph_layout(events, ties)


def _map_ties(views: Sequence[LinkView], placed: Sequence[EventFacts], drawn: MapLayout | None) -> tuple[MapTie, ...]:
    if drawn is None:
        return ()
    at = dict(zip((event.event_id for event in placed), drawn.points, strict=True))
    both = [view for view in views if view.why.event_id_a in at and view.why.event_id_b in at]
    return tuple((*at[view.why.event_id_a], *at[view.why.event_id_b], view.status) for view in both)
