"""Where each recommendation stands on a day, as plain values for every face; and what is still due, for a diary."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from clew.assurance.plan.due import lateness
from clew.assurance.plan.register import Recommendation
from clew.assurance.plan.states import Act, State

SETTLED = (State.CLOSED, State.SUSTAINED, State.REJECTED)


def standing(entry: Recommendation, *, as_at: date, zone: ZoneInfo) -> dict[str, Any]:
    """The state of `entry` on the day `as_at`: dates as ISO text, lateness in days, answers and slips in words."""
    running = entry.due if entry.owner else None if entry.answered_at else entry.answer_due
    late = lateness(running, as_at=as_at).days_overdue if running and entry.state not in SETTLED else 0
    return {
        "recommendation_id": entry.recommendation_id,
        "text": entry.text,
        "addressee": entry.addressee,
        "state": entry.state.value,
        "owner": entry.owner,
        "made": entry.made.isoformat(),
        "answer_due": entry.answer_due.isoformat(),
        "answered_at": entry.answered_at.isoformat() if entry.answered_at else None,
        "due": entry.due.isoformat() if entry.due else None,
        "days_overdue": late,
        "slips": len(entry.slips),
        "findings": list(entry.findings),
        "controls": [
            {
                "rule": control.rule,
                "target": control.target,
                "changed_on": control.changed_on.isoformat() if control.changed_on else None,
            }
            for control in entry.controls
        ],
        "answers": [
            {
                "act": event.act.value,
                "by": event.by,
                "on": (day := event.at.astimezone(zone).date()).isoformat(),
                "reason": event.reason,
                "days_late": lateness(entry.answer_due, as_at=day).days_overdue,
            }
            for event in entry.answers
        ],
        "moved": [
            {
                "on": event.at.astimezone(zone).date().isoformat(),
                "to": event.due.isoformat() if event.due else None,
                "milestone": event.milestone,
                "reason": event.reason,
            }
            for event in entry.slips
        ],
        "milestones": [
            {
                "name": step.name,
                "first_due": step.first_due.isoformat(),
                "due": step.due.isoformat(),
                "slips": step.slips,
                "reached": step.reached_at.astimezone(zone).date().isoformat() if step.reached_at else None,
            }
            for step in entry.milestones
        ],
        "reopened": [
            {"on": event.at.astimezone(zone).date().isoformat(), "by": event.by, "reason": event.reason}
            for event in entry.events
            if event.act is Act.REOPEN
        ],
    }


def due_dates(entries: Iterable[Recommendation]) -> list[tuple[str, date, str]]:
    """(a unique id, the day, what is due) of all that is still due: answers, actions, milestones. References only."""
    found = []
    for entry in entries:
        if entry.state in SETTLED:
            continue
        name = entry.recommendation_id
        if entry.answered_at is None:
            found.append((f"{name}-answer", entry.answer_due, f"Answer due: {name}"))
        if entry.due is not None:
            found.append((f"{name}-action", entry.due, f"Action due: {name}"))
        found += [
            (f"{name}-milestone-{number}", step.due, f"Milestone {number} due: {name}")
            for number, step in enumerate(entry.milestones, 1)
            if step.reached_at is None
        ]
    return found
