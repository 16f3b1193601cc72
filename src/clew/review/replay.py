"""Replay: the desk, morning by morning, seeing only what was known each morning.

Each morning's list is computed from the records as known then; nothing found on one morning reaches another, except
the count of what the desk had been shown before. A replay of one known series is a demonstration with hindsight, not
a validation: it measures nothing about sensitivity or false alerts.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from clew.core import UsageError, format_instant
from clew.links.setup import DEFAULTS, LinkSetup
from clew.records import Dataset, Known
from clew.review.journal import Journal, Shown, settings_digest
from clew.review.morning import DEFAULT_TOP, listed_links, listed_recurrences, morning
from clew.standards import Standard

#: When the desk opens, local time.
DESK_OPENS = time(9)


@dataclass(frozen=True, kw_only=True)
class RaisedSeries:
    """A labelled series: its members in order of time, and the first morning a link between two of them was shown.

    raised_at_member: how many members were known that morning. members_after: how many were not. Both None and all
    where it never was raised.
    """

    series_id: str
    members: tuple[str, ...]
    first_raised_at: datetime | None
    raised_at_member: int | None
    members_after: int


def mornings(dataset: Dataset, start: datetime, end: datetime) -> list[datetime]:
    """Every morning at `DESK_OPENS`, local time, from `start` until before `end`."""
    day = start.astimezone(dataset.zone).date()
    found = []
    while (at := datetime.combine(day, DESK_OPENS, tzinfo=dataset.zone)) < end:
        if at >= start:
            found.append(at)
        day += timedelta(days=1)
    return found


def show(
    known: Known,
    *,
    standard: Standard,
    budget_per_year: float,
    top: int = DEFAULT_TOP,
    seed: int = 1,
    setup: LinkSetup = DEFAULTS,
) -> Shown:
    """What the morning list at `known.at` shows: its top deaths, and the links of those."""
    found = morning(known, standard=standard, budget_per_year=budget_per_year, seed=seed, replicates=1, setup=setup)
    items = tuple(death.event_id for death in found.ordered[:top])
    links = listed_links(found, items).select("event_id_a", "event_id_b").iter_rows()
    recurring = listed_recurrences(found, items).select("event_id", "event_ids").iter_rows()
    met = ((newest, other) for newest, every in recurring for other in every if other != newest)
    pairs = sorted({(min(a, b), max(a, b)) for a, b in itertools.chain(links, met)})
    return Shown(at=known.at, items=items, links=tuple(pairs))


def replay(
    dataset: Dataset,
    *,
    start: datetime,
    end: datetime,
    standard: Standard,
    budget_per_year: float,
    top: int = DEFAULT_TOP,
    seed: int = 1,
    setup: LinkSetup = DEFAULTS,
    journal: Path | None = None,
    tick: Callable[[int, int, str], None] | None = None,
) -> list[Shown]:
    """Replays every morning from `start` until `end`, and first the morning before, whose list is what the desk had
    before the replay began.

    journal: a file that keeps each morning as it is done; a replay that was broken off goes on from it, and one of
    other data or settings refuses it (`UsageError`). tick: told of progress.
    """
    days = mornings(dataset, start, end)
    days = [days[0] - timedelta(days=1), *days] if days else days
    asked: dict[str, Any] = {"budget_per_year": budget_per_year, "top": top, "seed": seed, "setup": setup}
    kept = Journal(journal, settings_digest(dataset, standard, **asked)) if journal else None
    done = {shown.at: shown for shown in kept.read()} if kept else {}
    found = []
    for number, at in enumerate(days):
        if tick is not None:
            tick(number, len(days), f"{at:%-d %b %Y}")
        shown = done.get(at)
        if shown is None:
            shown = show(
                dataset.as_known(at),
                standard=standard,
                budget_per_year=budget_per_year,
                top=top,
                seed=seed,
                setup=setup,
            )
            if kept:
                kept.add(shown)
        found.append(shown)
    return found


def raised(dataset: Dataset, labels: pl.DataFrame, shown: Sequence[Shown]) -> list[RaisedSeries]:
    """When each labelled series was first raised.

    labels: columns series_id, event_id. Raises `UsageError` where they name an event that is not in the dataset.
    """
    events = (
        dataset.tables["events"]
        .group_by("event_id")
        .agg(known_at=pl.col("recorded_at").min(), occurred_from=pl.col("occurred_from").min())
    )
    known = labels.join(events, on="event_id", how="left")
    unknown = known.filter(pl.col("known_at").is_null())["event_id"].to_list()
    if unknown:
        raise UsageError(
            f"The labels name {len(unknown)} event(s) that are not in {dataset.name}: {', '.join(unknown[:5])}.",
            where="--labels",
            mend="use the event_id of the dataset's events table",
        )
    return [
        _raised(str(name[0]), members, shown)
        for name, members in known.sort("occurred_from", "event_id").group_by("series_id", maintain_order=True)
    ]


def _raised(series_id: str, members: pl.DataFrame, shown: Sequence[Shown]) -> RaisedSeries:
    ids = tuple(members["event_id"])
    first = next((one.at for one in shown if any(a in ids and b in ids for a, b in one.links)), None)
    known = members.filter(pl.col("known_at") <= first).height if first is not None else None
    return RaisedSeries(
        series_id=series_id,
        members=ids,
        first_raised_at=first,
        raised_at_member=known,
        members_after=len(ids) - (known or 0) if first is not None else 0,
    )


def replay_as_json(
    dataset: Dataset,
    shown: Sequence[Shown],
    series: Iterable[RaisedSeries],
    *,
    start: datetime,
    end: datetime,
    standard: Standard,
    budget_per_year: float,
) -> dict[str, Any]:
    """The contract: replay.schema.json. Items and links count once, and not if they stood before the replay began."""
    before, during = shown[:1], shown[1:]
    standing_items = {event_id for one in before for event_id in one.items}
    standing_links = {pair for one in before for pair in one.links}
    items = {event_id for one in during for event_id in one.items} - standing_items
    links = {pair for one in during for pair in one.links} - standing_links
    weeks = max((end - start) / timedelta(weeks=1), 1 / 7)
    return {
        "dataset": dataset.name,
        "marking": dataset.marking,
        "notice": dataset.notice,
        "from": format_instant(start, dataset.zone),
        "to": format_instant(end, dataset.zone),
        "standard": f"{standard.id} {standard.version}",
        "budget_per_year": budget_per_year,
        "mornings": len(during),
        "items_standing_before": len(standing_items),
        "links_standing_before": len(standing_links),
        "items_shown": len(items),
        "links_shown": len(links),
        "items_per_week": round(len(items) / weeks, 3),
        "links_per_week": round(len(links) / weeks, 3),
        "series": [
            {
                "series_id": one.series_id,
                "members": list(one.members),
                "first_raised_at": None
                if one.first_raised_at is None
                else format_instant(one.first_raised_at, dataset.zone),
                "raised_at_member": one.raised_at_member,
                "members_after": one.members_after,
            }
            for one in series
        ],
    }


def replay_as_text(found: dict[str, Any]) -> str:
    """The contract's object in words."""
    lines = [found["marking"], *([found["notice"]] if found["notice"] else [])]
    lines += [
        "A replay of known series is a demonstration with hindsight, not a validation.",
        f"{found['mornings']} morning{'s' * (found['mornings'] != 1)} from {found['from']} to {found['to']}, "
        f"budget {found['budget_per_year']:g} links a year.",
        f"The desk was shown {found['items_shown']} new death{'s' * (found['items_shown'] != 1)} "
        f"({found['items_per_week']:.1f} a week) and {found['links_shown']} new "
        f"link{'s' * (found['links_shown'] != 1)} ({found['links_per_week']:.2f} a week); "
        f"{found['items_standing_before']} deaths and {found['links_standing_before']} links stood before.",
    ]
    for series in found["series"]:
        size = len(series["members"])
        if series["first_raised_at"] is None:
            lines.append(f"Series {series['series_id']} ({size} events): not raised.")
        else:
            lines.append(
                f"Series {series['series_id']} ({size} events): first raised {series['first_raised_at']}, when "
                f"{series['raised_at_member']} were known; {series['members_after']} came after."
            )
    return "\n".join([*lines, found["marking"], ""])
