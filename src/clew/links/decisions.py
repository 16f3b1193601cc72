"""What people decided about links, as known at T: confirmed, rejected, or reviewed without a verdict.

Decisions are rows of `actions` and stay there (law 3: what a person decided and what the machine proposes never share
a table): `link.reviewed` on one event, `about` the other, with outcome ``confirmed`` or ``rejected``; `link.recorded`,
by which an officer writes down that two events are linked, is a confirmation. A rejected link stays down until a
new fact about either event arrives: a row that the engine reads, recorded after the decision was taken. A confirmed
link stays confirmed. Of several decisions on one pair the one recorded last holds, and the others are told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

import polars as pl

from clew.links.events import NOT_READ
from clew.records import Known, Role


class Verdict(StrEnum):
    """What a person made of a link. REVIEWED: looked at, with no verdict on record."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    REVIEWED = "reviewed"


#: Activities that are decisions about a link; the second needs no outcome.
REVIEWED_ACTIVITY = "link.reviewed"
RECORDED_ACTIVITY = "link.recorded"

#: Two event ids in order of id.
Pair = tuple[str, str]


def pair_of(event_id_a: str, event_id_b: str) -> Pair:
    """The pair, whichever event is named first."""
    return (event_id_a, event_id_b) if event_id_a <= event_id_b else (event_id_b, event_id_a)


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One person's decision on one link. decided_at, recorded_at: UTC instants. source, row: where it is on record."""

    pair: Pair
    verdict: Verdict
    reason: str
    decided_at: datetime
    recorded_at: datetime
    actor_role: str
    source: str
    row: int


@dataclass(frozen=True, kw_only=True)
class NewFact:
    """A row that the engine reads about one event of a decided pair, recorded after the decision was taken."""

    event_id: str
    table: str
    recorded_at: datetime
    source: str
    row: int


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What holds of one pair: the decision recorded last, those before it, and the facts that are newer than it."""

    latest: Decision
    earlier: tuple[Decision, ...] = ()
    new_facts: tuple[NewFact, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The verdict that was recorded last."""
        return self.latest.verdict

    @property
    def stays_down(self) -> bool:
        """Whether the link is rejected and nothing new has come since."""
        return self.verdict is Verdict.REJECTED and not self.new_facts

    @property
    def in_force(self) -> bool:
        """Whether nothing is left to ask: the link is confirmed, or was looked at and nothing new has come since."""
        return self.verdict is Verdict.CONFIRMED or not self.new_facts

    @property
    def contradicted(self) -> bool:
        """Whether an earlier decision said something else."""
        return any(one.verdict is not self.verdict for one in self.earlier)

    def words(self, zone: ZoneInfo) -> str:
        """The decision in words: verdict, when, by whom, why; what brought the link back; what was said before."""
        said = _said(self.latest, zone)
        if self.new_facts and self.verdict is not Verdict.CONFIRMED:
            first, more = self.new_facts[0], len(self.new_facts) - 1
            at = f"{first.recorded_at.astimezone(zone):%Y-%m-%d %H:%M}"
            said += (
                f"; brought back by a new fact about {first.event_id} ({first.table}, {first.source} row {first.row}"
            )
            said += f", recorded {at})" + (f" and {more} more" if more else "")
        if self.contradicted:
            said += "; decisions differ, the one recorded last holds: before it, "
            said += ", then ".join(_said(one, zone).lower() for one in self.earlier)
        return f"{said}."


def _said(one: Decision, zone: ZoneInfo) -> str:
    who = f" by {one.actor_role.replace('_', ' ')}" if one.actor_role else ""
    why = f" ({one.reason})" if one.reason else ""
    return f"{one.verdict.value.capitalize()} on {one.decided_at.astimezone(zone):%Y-%m-%d}{who}{why}"


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """Every decided pair at T. unmatched: decisions that name no other event known at T, and so decide nothing."""

    by_pair: Mapping[Pair, Decided]
    unmatched: int = 0

    def of(self, event_id_a: str, event_id_b: str) -> Decided | None:
        """What was decided about the pair, in either order; None if nothing."""
        return self.by_pair.get(pair_of(event_id_a, event_id_b))

    @property
    def kept_down(self) -> frozenset[Pair]:
        """The pairs that are rejected, with no new fact since."""
        return frozenset(pair for pair, decided in self.by_pair.items() if decided.stays_down)

    def marked(self, links: pl.DataFrame) -> pl.DataFrame:
        """`links` (event_id_a, event_id_b, ...) with two columns more: decision (text, null where nobody decided) and
        stays_down (boolean)."""
        found = [self.of(a, b) for a, b in zip(links["event_id_a"], links["event_id_b"], strict=True)]
        return links.with_columns(
            decision=pl.Series([one.verdict.value if one else None for one in found], dtype=pl.String),
            stays_down=pl.Series([bool(one and one.stays_down) for one in found], dtype=pl.Boolean),
        )


def link_decisions(known: Known) -> Decisions:
    """The decisions about links that were on record at `known.at`, with the facts that came after each."""
    rows = known.actions.filter(pl.col("activity").is_in([REVIEWED_ACTIVITY, RECORDED_ACTIVITY]))
    named = rows.filter(
        pl.col("about").is_in(known.events["event_id"].implode()) & (pl.col("about") != pl.col("event_id"))
    )
    of_pair: dict[Pair, list[Decision]] = {}
    for one in _read(named):
        of_pair.setdefault(one.pair, []).append(one)
    decided = {}
    for pair, every in sorted(of_pair.items()):
        latest = every[-1]
        facts = tuple(_newer_facts(known, pair, latest.decided_at))
        decided[pair] = Decided(latest=latest, earlier=tuple(every[:-1]), new_facts=facts)
    return Decisions(by_pair=decided, unmatched=rows.height - named.height)


def _read(rows: pl.DataFrame) -> Iterator[Decision]:
    """The decisions in order of recording; of two recorded at once the one taken later comes last."""
    for row in rows.sort("recorded_at", "at", "source_file", "source_row").iter_rows(named=True):
        recorded = row["activity"] == RECORDED_ACTIVITY
        outcome = (row["outcome"] or "").strip().lower()
        known_outcome = outcome in (Verdict.CONFIRMED.value, Verdict.REJECTED.value)
        verdict = Verdict.CONFIRMED if recorded else Verdict(outcome) if known_outcome else Verdict.REVIEWED
        reason = (row["reason"] or "").strip() or ("" if known_outcome else (row["outcome"] or "").strip())
        yield Decision(
            pair=pair_of(row["event_id"], row["about"]),
            verdict=verdict,
            reason=reason,
            decided_at=row["at"],
            recorded_at=row["recorded_at"],
            actor_role=row["actor_role"] or "",
            source=row["source_file"],
            row=row["source_row"],
        )


def _newer_facts(known: Known, pair: Pair, decided_at: datetime) -> Iterator[NewFact]:
    """Rows about either event that the engine reads and that were recorded after `decided_at`, in order of recording.

    The same rows that `LinkEvents.learned_day` is made of: decisions and other actions are no facts about the events.
    """
    read = {
        "events": known.events,
        "people": known.people.filter(pl.col("role") != Role.PROFESSIONAL.value),
        "circumstances": known.circumstances.filter(~pl.col("feature").is_in(NOT_READ)),
    }
    found = [
        NewFact(event_id=event_id, table=table, recorded_at=recorded_at, source=source, row=row)
        for table, frame in read.items()
        for event_id, recorded_at, source, row in frame.filter(
            pl.col("event_id").is_in(pair) & (pl.col("recorded_at") > decided_at)
        )
        .select("event_id", "recorded_at", "source_file", "source_row")
        .iter_rows()
    ]
    yield from sorted(found, key=lambda fact: (fact.recorded_at, fact.table, fact.source, fact.row))
