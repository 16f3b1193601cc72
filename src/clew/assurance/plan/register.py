"""Recommendations, and the events that move them: nothing is overwritten, every slip is kept.

A recommendation's state is never stored: it is what its events, in order, make of it. `record` is the only way to add
an event, and refuses one that the state table or common fairness forbids.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from clew.assurance.plan.due import due_on
from clew.assurance.plan.findings import Evidence, digest_fault
from clew.assurance.plan.states import BY_ACT, Act, Need, State
from clew.core import UsageError


@dataclass(frozen=True)
class NamedControl:
    """A rule, the share of its duties to be met in time, and from which day the change is said to be in force.

    changed_on: None until it is known; the day work began then stands in.
    """

    rule: str
    target: float
    changed_on: date | None = None


@dataclass(frozen=True)
class PlanEvent:
    """One act on a recommendation: who, when, and what the act needs.

    milestone: the one that is named, moved or reached. operating: the rules that a control status handed in as evidence
    shows to be operating.
    """

    act: Act
    by: str
    at: datetime
    reason: str = ""
    owner: str = ""
    due: date | None = None
    evidence: tuple[Evidence, ...] = ()
    milestone: str = ""
    operating: tuple[str, ...] = ()


@dataclass(frozen=True)
class Milestone:
    """A step of the action: when it was first due, when it is due now, how often it was moved, when it was reached."""

    name: str
    first_due: date
    due: date
    slips: int
    reached_at: datetime | None


@dataclass(frozen=True)
class Recommendation:
    """A recommendation to an addressee, the controls that will show it operates, and everything done since.

    `findings` are the ids of the findings behind it.
    """

    recommendation_id: str
    text: str
    addressee: str
    made: date
    findings: tuple[str, ...] = ()
    controls: tuple[NamedControl, ...] = ()
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
    def answers(self) -> tuple[PlanEvent, ...]:
        """Everything the addressee said to it, in order; late answers too."""
        answers = (Act.ACCEPT, Act.ACCEPT_IN_PART, Act.REJECT, Act.ANSWER)
        return tuple(event for event in self.events if event.act in answers)

    @property
    def answered_at(self) -> datetime | None:
        """When the addressee first accepted, rejected or answered; None while they have not."""
        return self.answers[0].at if self.answers else None

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
        dated = (event.due for event in reversed(self.events) if event.due and not event.milestone)
        return next(dated, None)

    @property
    def slips(self) -> tuple[PlanEvent, ...]:
        """Each time a date was moved, and why; those of milestones too."""
        return tuple(event for event in self.events if event.act is Act.SLIP)

    @property
    def milestones(self) -> tuple[Milestone, ...]:
        """The steps of the action, in the order they were named."""
        found: dict[str, Milestone] = {}
        for event in self.events:
            had = found.get(event.milestone)
            if event.act is Act.MILESTONE and event.due:
                found[event.milestone] = Milestone(event.milestone, event.due, event.due, 0, None)
            elif event.act is Act.SLIP and had and event.due:
                found[event.milestone] = replace(had, due=event.due, slips=had.slips + 1)
            elif event.act is Act.REACH and had:
                found[event.milestone] = replace(had, reached_at=event.at)
        return tuple(found.values())

    @property
    def started_at(self) -> datetime | None:
        """When work last began: after the last re-opening, if it was re-opened and taken up again."""
        return next((event.at for event in reversed(self.events) if event.act is Act.START), None)

    @property
    def reopened_at(self) -> datetime | None:
        """When it was last re-opened."""
        return next((event.at for event in reversed(self.events) if event.act is Act.REOPEN), None)


def recommend(
    recommendation_id: str,
    *,
    text: str,
    addressee: str,
    made: date,
    findings: tuple[str, ...] = (),
    controls: tuple[NamedControl, ...] = (),
) -> Recommendation:
    """A new recommendation. Raises `UsageError` without an addressee, or for a target that cannot be shown."""
    if not addressee.strip() or not text.strip():
        raise UsageError(
            f"Recommendation {recommendation_id} has no {'text' if addressee.strip() else 'addressee'}.",
            where="recommendation",
            why="nobody could be asked to answer, and no date could run",
            mend="name the body it is addressed to and say what it should do",
        )
    for control in controls:
        if not 0 < control.target < 1:
            raise UsageError(
                f"A target of {control.target:g} for {control.rule} cannot be used.",
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
    if not event.by.strip():
        fault = "needs somebody to do it"
    elif state not in transition.sources:
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
    steps = {step.name: step for step in recommendation.milestones}
    owners = {_same(owner) for owner in recommendation.owners}
    return {
        Need.REASON: bool(event.reason.strip()),
        Need.OWNER: bool(event.owner.strip()),
        Need.DUE: event.due is not None,
        Need.EVIDENCE: bool(event.evidence),
        Need.NOT_THE_OWNER: _same(event.by) not in owners,
        Need.OPERATION: all(control.rule in event.operating for control in recommendation.controls),
        Need.NEW_MILESTONE: bool(event.milestone.strip()) and event.milestone not in steps,
        Need.OPEN_MILESTONE: event.milestone in steps and steps[event.milestone].reached_at is None,
    }[need]


def _same(name: str) -> str:
    """One spelling of who somebody is: a capital letter does not make another person."""
    return " ".join(name.split()).casefold()


def _evidence_fault(recommendation: Recommendation, event: PlanEvent) -> str:
    if event.act is Act.SLIP and event.milestone and event.milestone not in {m.name for m in recommendation.milestones}:
        return f"has no milestone {event.milestone!r}"
    started = recommendation.started_at.date() if recommendation.started_at else None
    for item in event.evidence:
        if fault := digest_fault(item):
            return f"{fault}, for that"
        if event.act in (Act.CLOSE, Act.RETEST) and started and item.of <= started:
            return f"needs evidence from after the change began ({started}), which {item.name} is not, for that"
    return ""
