"""Findings and recommendations, and the events that move them: nothing is overwritten, every slip is kept.

A recommendation's state is never stored: it is what its events, in order, make of it. `record` is the only way to add
an event, and refuses one that the state table or common fairness forbids.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime

from clew.assurance.plan.due import due_on
from clew.assurance.plan.states import BY_ACT, Act, Need, State
from clew.core import UsageError

SHA256 = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True)
class Evidence:
    """A document or data set that was relied on: its name, SHA-256, and the day up to which it speaks."""

    name: str
    digest: str
    of: date


@dataclass(frozen=True)
class Finding:
    """What was found, in the auditor's four parts, with how grave it is and on what it rests."""

    finding_id: str
    criterion: str
    condition: str
    cause: str
    effect: str
    severity: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class PlanEvent:
    """One act on a recommendation: who, when, and what the act needs."""

    act: Act
    by: str
    at: datetime
    reason: str = ""
    owner: str = ""
    due: date | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class Recommendation:
    """A recommendation to an addressee, the controls that will show it operates, and everything done since.

    `controls` are rule ids with the share of duties to be met; `findings` the ids of the findings behind it.
    """

    recommendation_id: str
    text: str
    addressee: str
    made: date
    findings: tuple[str, ...] = ()
    controls: tuple[tuple[str, float], ...] = ()
    events: tuple[PlanEvent, ...] = ()

    @property
    def state(self) -> State:
        """Where it stands now."""
        state = State.RECEIVED
        for event in self.events:
            state = BY_ACT[event.act].target or state
        return state

    @property
    def answer_due(self) -> date:
        """The last day for the addressee to comply or explain."""
        return due_on(self.made)

    @property
    def answered_at(self) -> datetime | None:
        """When the addressee first accepted, rejected or answered; None while they have not."""
        answers = (Act.ACCEPT, Act.ACCEPT_IN_PART, Act.REJECT, Act.ANSWER)
        return next((event.at for event in self.events if event.act in answers), None)

    @property
    def owner(self) -> str:
        """Who owns the action now; empty before it is assigned."""
        return next((event.owner for event in reversed(self.events) if event.owner), "")

    @property
    def owners(self) -> frozenset[str]:
        """Everybody who ever owned it: none of them may verify or close it."""
        return frozenset(event.owner for event in self.events if event.owner)

    @property
    def due(self) -> date | None:
        """When the action is due, after every slip."""
        return next((event.due for event in reversed(self.events) if event.due), None)

    @property
    def slips(self) -> tuple[PlanEvent, ...]:
        """Each time the date was moved, and why."""
        return tuple(event for event in self.events if event.act is Act.SLIP)


def recommend(
    recommendation_id: str,
    *,
    text: str,
    addressee: str,
    made: date,
    findings: tuple[str, ...] = (),
    controls: tuple[tuple[str, float], ...] = (),
) -> Recommendation:
    """A new recommendation. Raises `UsageError` without an addressee, or for a target that cannot be shown."""
    if not addressee.strip() or not text.strip():
        raise UsageError(
            f"Recommendation {recommendation_id} has no {'text' if addressee.strip() else 'addressee'}.",
            where="recommendation",
            why="nobody could be asked to answer, and no date could run",
            mend="name the body it is addressed to and say what it should do",
        )
    for rule, target in controls:
        if not 0 < target < 1:
            raise UsageError(
                f"A target of {target:g} for {rule} cannot be used.",
                where=f"recommendation {recommendation_id}",
                why="no number of cases can show that every case for ever will meet a standard",
                mend="set a target below 1, such as 0.95, and review each miss",
            )
    return Recommendation(recommendation_id, text.strip(), addressee.strip(), made, findings, controls)


def record(recommendation: Recommendation, event: PlanEvent) -> Recommendation:
    """Adds `event`; raises `UsageError` when the state, what the act needs, or who does it forbids it."""
    transition = BY_ACT[event.act]
    state = recommendation.state
    fault = ""
    if state not in transition.sources:
        fault = f"is {state}, which does not allow that"
    elif recommendation.events and event.at < recommendation.events[-1].at:
        fault = "has a later event already: the past is not rewritten"
    else:
        lacking = [need for need in transition.needs if not _has(need, recommendation, event)]
        fault = f"needs {lacking[0]} for that" if lacking else _evidence_fault(recommendation, event)
    if fault:
        raise UsageError(
            f"Cannot {event.act} {recommendation.recommendation_id}: it {fault}.",
            where=f"plan of action, by {event.by}",
            why="a recommendation is closed by evidence that somebody else has tested, not by saying so",
            mend="see the state diagram for what can be done now and what it needs",
        )
    return replace(recommendation, events=(*recommendation.events, event))


def _has(need: Need, recommendation: Recommendation, event: PlanEvent) -> bool:
    return {
        Need.REASON: bool(event.reason.strip()),
        Need.OWNER: bool(event.owner.strip()),
        Need.DUE: event.due is not None,
        Need.EVIDENCE: bool(event.evidence),
        Need.NOT_THE_OWNER: bool(event.by.strip()) and event.by not in recommendation.owners,
    }[need]


def _evidence_fault(recommendation: Recommendation, event: PlanEvent) -> str:
    started = next((past.at.date() for past in recommendation.events if past.act is Act.START), None)
    for item in event.evidence:
        if not SHA256.match(item.digest):
            return f"needs the SHA-256 of {item.name}, so that nobody can change it afterwards, for that"
        if event.act in (Act.CLOSE, Act.RETEST) and started and item.of <= started:
            return f"needs evidence from after the change began ({started}), which {item.name} is not, for that"
    return ""
