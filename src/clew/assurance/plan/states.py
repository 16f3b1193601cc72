"""The life of a recommendation, as a table: from which state which act leads where, and what the act needs.

Nothing closes itself, and whoever owns a change neither verifies nor closes it. "Closed" is not the end: the change is
re-tested, and a later breach opens it again. The stages follow HMICFRS practice: comply or explain within 56 days,
evidence reviewed, tested by fieldwork. The diagram in the documentation is generated from this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a recommendation stands."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    PARTLY_ACCEPTED = "partly_accepted"
    REJECTED = "rejected"
    OWNED = "owned"
    IN_PROGRESS = "in_progress"
    EVIDENCE_SUBMITTED = "evidence_submitted"
    VERIFIED = "verified"
    CLOSED = "closed"
    SUSTAINED = "sustained"
    REOPENED = "reopened"


class Act(StrEnum):
    """What somebody (or, for `reopen`, a control's status) does to a recommendation."""

    ACCEPT = "accept"
    ACCEPT_IN_PART = "accept_in_part"
    REJECT = "reject"
    ASSIGN = "assign"
    START = "start"
    SUBMIT_EVIDENCE = "submit_evidence"
    RETURN_EVIDENCE = "return_evidence"
    VERIFY = "verify"
    CLOSE = "close"
    RETEST = "retest"
    REOPEN = "reopen"
    SLIP = "slip"
    MILESTONE = "milestone"
    REACH = "reach"
    ANSWER = "answer"


class Need(StrEnum):
    """What an act cannot do without."""

    REASON = "a reason"
    OWNER = "an owner"
    DUE = "a date"
    EVIDENCE = "evidence"
    NOT_THE_OWNER = "somebody other than the owner"
    OPERATION = "each of its controls shown to be operating"
    NEW_MILESTONE = "a milestone not named yet"
    OPEN_MILESTONE = "a milestone that is named and not reached"


@dataclass(frozen=True)
class Transition:
    """One act: the states it may be done in, the state it leads to (None: stays), and what it needs."""

    act: Act
    sources: tuple[State, ...]
    target: State | None
    needs: tuple[Need, ...] = ()


_LIVE = tuple(state for state in State if state is not State.REJECTED)
_SHOWN = (Need.NOT_THE_OWNER, Need.EVIDENCE, Need.OPERATION)
_ANSWERED = (State.ACCEPTED, State.PARTLY_ACCEPTED, State.REOPENED)

TRANSITIONS: tuple[Transition, ...] = (
    Transition(Act.ACCEPT, (State.RECEIVED, State.REJECTED), State.ACCEPTED),
    Transition(Act.ACCEPT_IN_PART, (State.RECEIVED, State.REJECTED), State.PARTLY_ACCEPTED, (Need.REASON,)),
    Transition(Act.REJECT, (State.RECEIVED,), State.REJECTED, (Need.REASON,)),
    Transition(Act.ASSIGN, (*_ANSWERED, State.OWNED, State.IN_PROGRESS), State.OWNED, (Need.OWNER, Need.DUE)),
    Transition(Act.START, (State.OWNED,), State.IN_PROGRESS),
    Transition(Act.SUBMIT_EVIDENCE, (State.IN_PROGRESS,), State.EVIDENCE_SUBMITTED, (Need.EVIDENCE,)),
    Transition(Act.RETURN_EVIDENCE, (State.EVIDENCE_SUBMITTED,), State.IN_PROGRESS, (Need.REASON, Need.NOT_THE_OWNER)),
    Transition(Act.VERIFY, (State.EVIDENCE_SUBMITTED,), State.VERIFIED, (Need.REASON, Need.NOT_THE_OWNER)),
    Transition(Act.CLOSE, (State.VERIFIED,), State.CLOSED, _SHOWN),
    Transition(Act.RETEST, (State.CLOSED, State.SUSTAINED), State.SUSTAINED, _SHOWN),
    Transition(
        Act.REOPEN, (State.REJECTED, State.VERIFIED, State.CLOSED, State.SUSTAINED), State.REOPENED, (Need.REASON,)
    ),
    Transition(Act.SLIP, (State.OWNED, State.IN_PROGRESS), None, (Need.DUE, Need.REASON)),
    Transition(Act.MILESTONE, (State.OWNED, State.IN_PROGRESS), None, (Need.NEW_MILESTONE, Need.DUE)),
    Transition(Act.REACH, (State.IN_PROGRESS,), None, (Need.OPEN_MILESTONE, Need.EVIDENCE)),
    # Right of correction: an addressee may answer at any time, however late, and the answer is shown.
    Transition(Act.ANSWER, (*_LIVE, State.REJECTED), None, (Need.REASON,)),
)

BY_ACT: dict[Act, Transition] = {transition.act: transition for transition in TRANSITIONS}


def mermaid() -> str:
    """The table as a Mermaid state diagram (acts that change nothing are left out)."""
    lines = ["stateDiagram-v2", "    [*] --> received"]
    for transition in TRANSITIONS:
        needs = f" [{', '.join(transition.needs)}]" if transition.needs else ""
        step = f"{transition.target}: {transition.act}{needs}"
        lines += [f"    {source} --> {step}" for source in transition.sources if transition.target]
    return "\n".join(lines) + "\n"
