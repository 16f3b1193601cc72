"""What a night's look does to the plan of action: a recommendation closed on a control that has failed is re-opened.

Nobody's leave is asked. What re-opens it says which control, on what figures, and since when.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

import polars as pl

from clew.assurance.control.model import Control, ControlHistory, ControlStatus
from clew.assurance.control.watch import control_history
from clew.assurance.plan.files import Plan
from clew.assurance.plan.register import NamedControl, PlanEvent, Recommendation, record
from clew.assurance.plan.states import BY_ACT, Act


@dataclass(frozen=True)
class Checked:
    """One control of one recommendation on one night: its history, and whether the recommendation was re-opened by it.

    history: None while the change has not been made.
    """

    recommendation_id: str
    control: NamedControl
    history: ControlHistory | None
    reopened: bool


def changed_at(recommendation: Recommendation, control: NamedControl, zone: ZoneInfo) -> datetime | None:
    """From when the change counts: the day given for it, or when work began; after a re-opening, when it began again.

    None while it has not been made.
    """
    started, reopened = recommendation.started_at, recommendation.reopened_at
    if started and reopened and started > reopened:
        return started
    if control.changed_on is not None:
        return datetime.combine(control.changed_on, time(), zone)
    return started


def reopening(history: ControlHistory) -> PlanEvent | None:
    """The act that re-opens a recommendation closed on this control; None while there is no breach."""
    change = history.breach
    if change is None and history.status is ControlStatus.FAILED:
        change = history.changes[-1]  # closed on what later records showed not to have been so
    if change is None:
        return None
    return PlanEvent(Act.REOPEN, f"control {history.control.rule}", change.at, change.reason)


def check_plan(
    plan: Plan,
    duties: pl.DataFrame,
    *,
    as_at: datetime,
    zone: ZoneInfo,
    characteristics: pl.DataFrame | None = None,
    settings: dict[str, float] | None = None,
) -> tuple[Plan, list[Checked]]:
    """Looks at every control of `plan` on the duties as known at `as_at`; the plan after it, and what was found.

    settings: fields of `Control` that hold for all (risk, waiver_limit, gap_margin, years_between_false_alarms).
    """
    found = []
    for entry in plan.recommendations:
        for control in entry.controls:
            moment = changed_at(entry, control, zone)
            history = None
            if moment is not None and moment <= as_at:
                watched = Control(control.rule, control.target, moment, **(settings or {}))
                history = control_history(duties, watched, as_at=as_at, characteristics=characteristics)
            after = _reopened(plan.recommendation(entry.recommendation_id), history, as_at)
            found.append(Checked(entry.recommendation_id, control, history, after is not None))
            if after is not None:
                plan = plan.with_changed(after)
    return plan, found


def rules_of(recommendations: Iterable[Recommendation]) -> list[str]:
    """The rules that controls of `recommendations` name, each once."""
    return list(dict.fromkeys(control.rule for entry in recommendations for control in entry.controls))


def _reopened(entry: Recommendation, history: ControlHistory | None, as_at: datetime) -> Recommendation | None:
    """`entry` re-opened, if `history` has a breach that it was not re-opened for yet, and its state allows it."""
    act = reopening(history) if history else None
    if act is None or entry.state not in BY_ACT[Act.REOPEN].sources:
        return None
    if entry.reopened_at is not None and entry.reopened_at >= act.at:
        return None
    # It is re-opened on the night that saw the breach, which is after whatever was recorded before.
    reason = f"{act.reason} (breach of {act.at.date().isoformat()})"
    moment = max([as_at, *(event.at for event in entry.events[-1:])])
    return record(entry, PlanEvent(Act.REOPEN, act.by, moment, reason))
