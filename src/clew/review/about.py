"""Everything about one death: what is known of it, why it is or is not on the list, every duty, every row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from clew.core import UsageError, format_instant
from clew.links.setup import DEFAULTS, LinkSetup
from clew.records import TABLES, Known
from clew.review.duties import duties_of
from clew.review.model import Item
from clew.review.morning import item, morning
from clew.standards import Standard

#: Tables whose rows are told; protected characteristics never are (law 8).
_TOLD = tuple(name for name in TABLES if name != "characteristics")


@dataclass(frozen=True, kw_only=True)
class AboutEvent:
    """What is known about one event at T. on_list: its item on the list, None if it is not on it.

    duties: every duty of the standard on it, whatever its verdict. rows: its rows by table, as known.
    """

    known: Known
    event_id: str
    on_list: Item | None
    items_in_all: int
    duties: pl.DataFrame
    rows: dict[str, pl.DataFrame]

    def as_json(self) -> dict[str, Any]:
        """One object; instants as ISO 8601 in the dataset's zone."""
        return {
            "event_id": self.event_id,
            "as_of": format_instant(self.known.at, self.known.dataset.zone),
            "marking": self.known.dataset.marking,
            "notice": self.known.dataset.notice,
            "rank": self.on_list.rank if self.on_list else None,
            "items_in_all": self.items_in_all,
            "headline": self.on_list.headline if self.on_list else None,
            "reasons": [
                {"kind": reason.kind.value, "text": reason.text, "evidence": [row.as_json() for row in reason.evidence]}
                for reason in (self.on_list.reasons if self.on_list else ())
            ],
            "settle": list(self.on_list.settle) if self.on_list else [],
            "duties": self._told(self.duties),
            "rows": {name: self._told(frame) for name, frame in self.rows.items()},
        }

    def as_text(self) -> str:
        """The same in words."""
        dataset = self.known.dataset
        lines = [dataset.marking, *([dataset.notice] if dataset.notice else [])]
        lines += [f"{self.event_id}, as known at {format_instant(self.known.at, dataset.zone)}", ""]
        if self.on_list:
            lines += [f"{self.on_list.headline}.", ""]
            lines += [f"  [{reason.kind.value}] {reason.text}" for reason in self.on_list.reasons]
            lines += ["", "Would settle it:", *(f"  - {what}" for what in self.on_list.settle)]
        else:
            lines.append(f"No reason known to look at it again: not among the {self.items_in_all:,} on the list.")
        if self.duties.height:
            lines += ["", "Duties:"]
            for duty in self._told(self.duties):
                due = f", due {duty['due']}" if duty.get("due") else ""
                lines.append(f"  {duty['rule']}: {str(duty['verdict']).replace('_', ' ')}{due}. {duty['text']}")
        for name, frame in self.rows.items():
            if frame.height:
                lines += ["", f"{name}:"]
                for row in self._told(frame):
                    facts = "; ".join(f"{key} {value}" for key, value in row.items() if value is not None)
                    lines.append(f"  {facts}")
        return "\n".join([*lines, dataset.marking, ""])

    def _told(self, frame: pl.DataFrame) -> list[dict[str, Any]]:
        zone = str(self.known.dataset.zone)
        instants = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.Datetime)]
        local = [pl.col(name).dt.convert_time_zone(zone).dt.strftime("%Y-%m-%dT%H:%M:%S%:z") for name in instants]
        dates = [pl.col(name).cast(pl.String) for name, dtype in frame.schema.items() if dtype == pl.Date()]
        return frame.with_columns(*local, *dates).to_dicts()


def about_event(
    known: Known,
    event_id: str,
    *,
    standard: Standard,
    budget_per_year: float,
    seed: int = 1,
    setup: LinkSetup = DEFAULTS,
    tick: Callable[[int, int, str], None] | None = None,
) -> AboutEvent:
    """Everything known about `event_id`; raises `UsageError` if it was not known at T."""
    if not (known.events["event_id"] == event_id).any():
        raise UsageError(
            f"No event {event_id!r} was known at {format_instant(known.at, known.dataset.zone)}.",
            where=f"events of {known.dataset.name}",
            mend="check the number, or ask as known at a later time with --as-of",
        )
    found = morning(known, standard=standard, budget_per_year=budget_per_year, seed=seed, setup=setup, tick=tick)
    rank = next((rank for rank, death in enumerate(found.ordered, start=1) if death.event_id == event_id), None)
    told = item(found, found.ordered[rank - 1], rank) if rank is not None else None
    return AboutEvent(
        known=known,
        event_id=event_id,
        on_list=told,
        items_in_all=len(found.ordered),
        duties=duties_of(known, standard, event_id, links=found.shown),
        rows={name: known.rows_of(name, (event_id,)) for name in _TOLD},
    )
