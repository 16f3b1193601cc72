"""When an answer is due, how late it is, and where it stands.

A report to prevent future deaths must be answered within 56 days of its date (Coroners (Investigations) Regulations
2013, regulation 29); a policing body must answer an HMICFRS report within 56 days (Police Act 1996, section 55). The
day itself still counts: an answer is overdue from day 57.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

DAYS_TO_ANSWER = 56


class ResponseStatus(StrEnum):
    """Where an answer stands. NOT_SENT: no addressee on record. OPEN, WITHDRAWN, NOT_KNOWN: as a tracker says."""

    PENDING = "pending"
    OVERDUE = "overdue"
    PARTIAL = "partial"
    COMPLETED = "completed"
    NOT_SENT = "not_sent"
    OPEN = "open"
    WITHDRAWN = "withdrawn"
    NOT_KNOWN = "not_known"


@dataclass(frozen=True)
class Lateness:
    """Days left (0 on the day itself) or days overdue; one of the two is 0."""

    days_left: int
    days_overdue: int


def due_on(made: date, *, days: int = DAYS_TO_ANSWER) -> date:
    """The last day on which an answer is in time."""
    return made + timedelta(days=days)


def lateness(due: date, *, as_at: date) -> Lateness:
    """How many days are left, or how many have passed since."""
    gap = (due - as_at).days
    return Lateness(max(0, gap), max(0, -gap))


def response_status(*, recipients: int, replies: int, due: date, as_at: date) -> ResponseStatus:
    """Where the answers stand: complete when as many replies as recipients are in; else by the due date."""
    if recipients == 0:
        return ResponseStatus.NOT_SENT
    if replies >= recipients:
        return ResponseStatus.COMPLETED
    if as_at <= due:
        return ResponseStatus.PENDING
    return ResponseStatus.PARTIAL if replies else ResponseStatus.OVERDUE
