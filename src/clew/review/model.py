"""What a review is made of. `as_json` gives the contract that other programs use (review.schema.json)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from clew.core import format_instant
from clew.links import Links
from clew.records import Known


class ReasonKind(StrEnum):
    """Why a death is on the list."""

    LINK = "link"
    STANDARD = "standard"
    CONFLICT = "conflict"
    CLAIM = "claim"


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A row that a reason rests on: table, source file inside the dataset, and row in that file."""

    table: str
    source: str
    row: int

    def as_json(self) -> dict[str, Any]:
        """As in the contract."""
        return {"table": self.table, "source": self.source, "row": self.row}


@dataclass(frozen=True, kw_only=True)
class LinkFacts:
    """What a link adds to a reason. families: log10 Bayes factor by family; they add up to log10_bayes_factor.
    chance_low, chance_high: 95 % interval. known_at: when the last fact about it was learned. confirmed: whether a
    person confirmed it. recurrence: whether it is one person or one spot that several deaths have in common
    (`clew.links.recurrence`), counted for itself."""

    other_event_ids: tuple[str, ...]
    seen_per_year: float
    chance_per_year: float
    chance_low: float
    chance_high: float
    known_at: datetime
    log10_bayes_factor: float
    families: dict[str, float]
    series_id: str | None = None
    confirmed: bool = False
    recurrence: bool = False


@dataclass(frozen=True, kw_only=True)
class StandardFacts:
    """What a duty adds to a reason. due and known_at are None where the rule has no deadline or no trigger time."""

    rule: str
    verdict: str
    due: datetime | None
    known_at: datetime | None
    gate: bool


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One reason to look, in plain words, with the rows it rests on and what would settle it, each a thing to ask."""

    kind: ReasonKind
    text: str
    evidence: tuple[Evidence, ...]
    settle: tuple[str, ...] = ()
    link: LinkFacts | None = None
    standard: StandardFacts | None = None


@dataclass(frozen=True, kw_only=True)
class Item:
    """One death on the list. settle: what would settle its reasons, most telling first."""

    rank: int
    event_id: str
    headline: str
    reasons: tuple[Reason, ...]
    settle: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Review:
    """The morning list as at `known.at`. items: the top ones, in order; items_in_all: how many there are.

    older_links: links within the budget on closed deaths that are no news, and so on no item. links_confirmed,
    links_rejected: links within the budget that people confirmed, and that stay down because people rejected them.
    grouped_events: events that share an incident with another (a fire, a collision): shown together, never as a link.
    """

    known: Known
    links: Links
    standard: str
    budget_per_year: float
    items: Sequence[Item]
    items_in_all: int
    older_links: int = 0
    links_confirmed: int = 0
    links_rejected: int = 0
    grouped_events: int = 0
    standards_title: str = ""
    series: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The contract: review.schema.json."""
        dataset = self.known.dataset
        return {
            "as_of": format_instant(self.known.at, dataset.zone),
            "dataset": dataset.name,
            "marking": dataset.marking,
            "notice": dataset.notice,
            "standard": self.standard,
            "budget_per_year": self.budget_per_year,
            "seed": self.links.seed,
            "decoy_replicates": self.links.replicates,
            "events": self.known.events.height,
            "items_in_all": self.items_in_all,
            "older_links": self.older_links,
            "grouped_events": self.grouped_events,
            "problems": dataset.counts.as_json(),
            "items": [self._item_as_json(item) for item in self.items],
        }

    def _item_as_json(self, item: Item) -> dict[str, Any]:
        return {
            "rank": item.rank,
            "event_id": item.event_id,
            "headline": item.headline,
            "reasons": [self._reason_as_json(reason) for reason in item.reasons],
            "settle": list(item.settle),
        }

    def _reason_as_json(self, reason: Reason) -> dict[str, Any]:
        value: dict[str, Any] = {
            "kind": reason.kind.value,
            "text": reason.text,
            "evidence": [evidence.as_json() for evidence in reason.evidence],
        }
        if reason.link is not None:
            value |= {
                "other_event_ids": list(reason.link.other_event_ids),
                "seen_per_year": reason.link.seen_per_year,
                "chance_per_year": reason.link.chance_per_year,
                "log10_bayes_factor": reason.link.log10_bayes_factor,
                "families": reason.link.families,
                "series_id": reason.link.series_id,
            }
        if reason.standard is not None:
            value |= {
                "rule": reason.standard.rule,
                "verdict": reason.standard.verdict,
                "due": self._instant(reason.standard.due),
                "known_at": self._instant(reason.standard.known_at),
            }
        return value

    def _instant(self, moment: datetime | None) -> str | None:
        return None if moment is None else format_instant(moment, self.known.dataset.zone)
