"""The ordering rule of the morning list: so that the desk's first hour goes where it matters most.

A death is placed by the first of these tiers that it meets; within a tier, the rarest link first (of those that are
news, where there are any), each further kind of reason counting as if the link were half as frequent; then the more
gates of the standard without a record, the more reasons, the later death, and last its number, so that the order is
never by accident. A link is news if it, or a fact it rests on, became known in the last `FRESH_DAYS` days.

| tier | the death |
|---|---|
| 1 | is open, and a link within the budget is news |
| 2 | is closed, and a link within the budget is news |
| 3 | is open, with an older link that nobody has recorded a decision on |
| 4 | is open, with a claim that has no answer or a conflict nobody resolved |
| 5 | is closed, with a claim that has no answer |
| 6 | is open, with a duty of the standard of which there is no record |
| 7 | was closed in the last `FRESH_DAYS` days with a conflict, or with a gate of the standard open |

A closed death whose links are no news is not on the list: a link that only drifted over the threshold as the background
changed is nothing new, and would cost the desk its budget. They are counted (`Review.older_links`) and listed by
``clew links find``.

Why links first: of the three questions (connected? done? consistent?) it is the one that no single case file can
answer. Why a claim re-opens a death at any age: in four of the comparable cases an outsider saw it first (DOMAIN.md 8).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from clew.review.model import ReasonKind

#: How long something new about a closed death is news, in days. Assumed: four weekly review meetings.
FRESH_DAYS = 28


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What the ordering rule reads of one death. rarest_per_year: `seen_per_year` of its rarest link, of those that
    are news where there are any; None without a link. link_known_at: when its latest link became known."""

    event_id: str
    open: bool
    died_at: datetime
    decided_at: datetime
    kinds: Collection[ReasonKind]
    reasons: int
    gates_missed: int
    rarest_per_year: float | None
    link_known_at: datetime | None


def tier(death: Standing, at: datetime) -> int | None:
    """The tier of `death` at `at`, None if it has no reason to be on the list."""
    fresh = at - timedelta(days=FRESH_DAYS)
    linked, news = death.link_known_at is not None, death.link_known_at is not None and death.link_known_at >= fresh
    doubted = ReasonKind.CLAIM in death.kinds or ReasonKind.CONFLICT in death.kinds
    just_closed = death.decided_at >= fresh and (ReasonKind.CONFLICT in death.kinds or death.gates_missed > 0)
    rules = (
        (1, death.open and news),
        (2, not death.open and news),
        (3, death.open and linked),
        (4, death.open and doubted),
        (5, not death.open and ReasonKind.CLAIM in death.kinds),
        (6, death.open and ReasonKind.STANDARD in death.kinds),
        (7, not death.open and just_closed),
    )
    return next((number for number, holds in rules if holds), None)


def order_key(death: Standing, at: datetime) -> tuple[float | str, ...]:
    """Sorts the list: smaller comes first. Needs a death that has a tier."""
    seen = death.rarest_per_year
    others = len(set(death.kinds) - {ReasonKind.LINK})
    rarity = float("inf") if seen is None else seen / 2**others
    return (
        tier(death, at) or 99,
        rarity,
        -death.gates_missed,
        -death.reasons,
        -death.died_at.timestamp(),
        death.event_id,
    )
