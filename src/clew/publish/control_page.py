"""A control over its nights as a page: the chart, what each night said, and the arithmetic each date rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl

from clew.assurance.control import Control, ControlHistory, ControlStatus, Replay, StatusChange
from clew.publish.control_layout import ControlLayout, control_layout
from clew.publish.pages import day_words, render_page

MOST_SIGNALS = 4


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A night whose status differs from the one before, its reason, and the figures behind it as sentences."""

    at: datetime
    status: ControlStatus
    reason: str
    why: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ControlView:
    """A control as shown."""

    rule: str
    title: str
    target: float
    changed_at: datetime
    status: ControlStatus
    reopened_at: datetime | None
    turns: tuple[Turn, ...]
    layout: ControlLayout

    @property
    def signals(self) -> str:
        """The points after the change that the chart calls a concern, in words; empty if there are none."""
        marks = self.layout.concerns
        if not marks:
            return ""
        named = "; ".join(
            f"{mark.day.isoformat()} ({mark.cause}, {mark.share:.0%} of {mark.duties})" for mark in marks[:MOST_SIGNALS]
        )
        more = f"; and {len(marks) - MOST_SIGNALS} more" if len(marks) > MOST_SIGNALS else ""
        return f"Special cause for concern on the chart in the periods from {named}{more}."


def why(change: StatusChange, control: Control, zone: ZoneInfo) -> tuple[str, ...]:
    """Which duties, which bound, which signal: the figures a change of status rests on, as sentences."""
    said = []
    if change.since is not None:
        others = [f"{change.indeterminate} not known"] * bool(change.indeterminate)
        others += [f"{change.waived} waived"] * bool(change.waived)
        apart = f" ({', '.join(others)} beside them)" if others else ""
        said.append(
            f"It rests on {change.decided} duties that arose from {day_words(change.since, zone)}, of which "
            f"{change.not_met} were not met in time{apart}."
        )
    if change.status is ControlStatus.OPERATING:
        said.append(
            f"The lower limit, valid on any night, is {change.lower:.2%} at a risk of {control.risk:.0%}; "
            f"the target is {control.target:.0%}."
        )
    if change.threshold:
        said.append(f"The CUSUM stood at {change.cusum:.2f}, its limit being {change.threshold:.2f}.")
    if change.not_met_events and change.status in (ControlStatus.DRIFTING, ControlStatus.FAILED):
        said.append(f"Not met: {', '.join(change.not_met_events)}{_more(change)}.")
    return tuple(said)


def _more(change: StatusChange) -> str:
    left = change.not_met - len(change.not_met_events)
    return f" and {left} before them" if left > 0 else ""


def replay_view(
    replayed: Replay, duties: pl.DataFrame, *, title: str, zone: ZoneInfo, until: datetime | None = None
) -> ControlView:
    """`replayed` as shown; duties: all of the rule, as known on the last night."""
    control = replayed.control
    return ControlView(
        rule=control.rule,
        title=title,
        target=control.target,
        changed_at=control.changed_at,
        status=replayed.nights[-1].status,
        reopened_at=replayed.reopened.at if replayed.reopened else None,
        turns=tuple(
            Turn(at=night.at, status=night.status, reason=night.change.reason, why=why(night.change, control, zone))
            for night in replayed.turns
        ),
        layout=control_layout(
            duties,
            control,
            spans=[(night.at, night.status) for night in replayed.turns],
            until=until or replayed.nights[-1].at,
            zone=zone,
        ),
    )


def history_view(
    history: ControlHistory, duties: pl.DataFrame, *, title: str, zone: ZoneInfo, until: datetime
) -> ControlView:
    """A control's own history, as known on one night; duties: all of the rule, as known then."""
    control = history.control
    return ControlView(
        rule=control.rule,
        title=title,
        target=control.target,
        changed_at=control.changed_at,
        status=history.status,
        reopened_at=history.reopened_at,
        turns=tuple(
            Turn(at=change.at, status=change.status, reason=change.reason, why=why(change, control, zone))
            for change in history.changes
        ),
        layout=control_layout(
            duties, control, spans=[(change.at, change.status) for change in history.changes], until=until, zone=zone
        ),
    )


def render_controls(
    views: Sequence[ControlView], *, title: str, as_at: datetime, zone: ZoneInfo, marking: str = "", notice: str = ""
) -> str:
    """The page of `views`."""
    return render_page(
        "control.html.j2", zone=zone, controls=views, title=title, as_at=as_at, marking=marking, notice=notice
    )
