"""The closed vocabularies of a standard: verdicts, norms, clocks, views, severities.

Verdicts and their order are DESIGN.md's: void > met > waived > met_late > missed or pending, with *indeterminate*
in place of whatever cannot be told (law 5: unknown is not no).
"""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """What can be said of one duty as at T. The order here is the order of the codes the kernel uses."""

    NOT_APPLICABLE = "not_applicable"
    PENDING = "pending"
    MET = "met"
    MET_LATE = "met_late"
    MISSED = "missed"
    WAIVED = "waived"
    INDETERMINATE = "indeterminate"
    VOID = "void"


#: Verdicts under which something still stands open: what bars a gate, and what a desk has to look at.
OPEN_VERDICTS = frozenset({Verdict.PENDING, Verdict.MISSED, Verdict.INDETERMINATE})


class Norm(StrEnum):
    """What kind of rule it is."""

    OBLIGATION = "obligation"
    PROHIBITION = "prohibition"
    PRECEDENCE = "precedence"
    GATE = "gate"
    COUNT = "count"
    FOUR_EYES = "four_eyes"
    RELATED_EVENT = "related_event"
    JUDGEMENT = "judgement"


class Clock(StrEnum):
    """When a duty's clock starts: when it happened, when it was first known, when this version was recorded."""

    OCCURRED = "occurred"
    KNOWN = "known"
    RECORDED = "recorded"


class View(StrEnum):
    """From where one looks. Every output bears its view.

    live: what the desk sees at T. as_known_then: no clock starts before the fact was known, and only a standard
    already published and in force counts; the only view fit for judging a person's decision. hindsight: clocks
    start when things happened; for learning. counterfactual: this standard, whatever the date; for trying it out.
    """

    LIVE = "live"
    AS_KNOWN_THEN = "as_known_then"
    HINDSIGHT = "hindsight"
    COUNTERFACTUAL = "counterfactual"


class Severity(StrEnum):
    """How much hangs on a rule."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Reason(StrEnum):
    """Why the verdict is what it is; the words for each are in `clew.standards.wording`."""

    DONE_IN_TIME = "done_in_time"
    DONE_LATE = "done_late"
    NOT_DONE = "not_done"
    NOT_YET_DUE = "not_yet_due"
    PAUSED = "paused"
    WAIVED = "waived"
    WAIVED_TOO_LATE = "waived_too_late"
    TRIGGER_WITHDRAWN = "trigger_withdrawn"
    CONDITION_NOT_MET = "condition_not_met"
    NOT_IN_FORCE = "not_in_force"
    TRIGGER_UNKNOWN = "trigger_unknown"
    CONDITION_UNKNOWN = "condition_unknown"
    CANNOT_TELL_WHETHER_DONE = "cannot_tell_whether_done"
    FEED_INCOMPLETE = "feed_incomplete"
    FORBIDDEN_ACT = "forbidden_act"
    NO_FORBIDDEN_ACT = "no_forbidden_act"
    DEADLINE_UNKNOWN = "deadline_unknown"


VERDICT_CODE = {verdict: code for code, verdict in enumerate(Verdict)}
REASON_CODE = {reason: code for code, reason in enumerate(Reason)}
