"""The law of verdicts, for many duties at once: void > met > waived > met_late > missed or pending.

With C the earliest time at which the duty was certainly answered, P the earliest at which it may have been, and the
deadline in [due_low, due_high]: met if C <= due_low; not met in time if P > due_high; otherwise it cannot be told.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clew.standards.engine.arrays import NEVER, Bools, Ints
from clew.standards.engine.matches import Instant, Matches
from clew.standards.engine.responses import Answers
from clew.standards.engine.result import Codes, Opening, RuleDuties
from clew.standards.language.model import Rule
from clew.standards.verdict import REASON_CODE, VERDICT_CODE, Norm, Reason, Verdict

#: Index of the table that waivers are rows of, in `RuleDuties.tables`, after those of the responses.
WAIVER_TABLE = "actions"


@dataclass(frozen=True, eq=False)
class Found:
    """Answers, and which response of the rule each came from; tables: the responses' tables."""

    answers: Answers
    response: Codes
    tables: tuple[str, ...]


def decide(
    rule: Rule,
    opening: Opening,
    *,
    at: Instant,
    due: tuple[Ints, Ints, Bools],
    waived: tuple[Ints, Ints],
    found: Found,
    complete: Bools,
) -> RuleDuties:
    """Verdicts of the duties in `opening`.

    at: T, one or per duty. due: deadline as an interval and whether it can be told. waived: when and by which row.
    complete: whether absence up to the deadline may be read as absence.
    """
    due_low, due_high, told = due
    answers = found.answers
    waived_at, waiver = waived
    certain, possible = answers.certain, answers.possible
    applicable = opening.applies & opening.in_force
    lifted = (waived_at <= due_low) & (waived_at < NEVER)
    open_yet = at <= due_high
    if rule.norm is Norm.PROHIBITION or (rule.norm.value == "count" and rule.at_most):
        done = (certain <= due_low) & (certain < NEVER)
        may_be_done = (possible <= due_high) & (possible < NEVER)
        ladder = [
            (lifted, Verdict.WAIVED, Reason.WAIVED),
            (done, Verdict.MISSED, Reason.FORBIDDEN_ACT),
            (may_be_done, Verdict.INDETERMINATE, Reason.CANNOT_TELL_WHETHER_DONE),
            (open_yet, Verdict.PENDING, Reason.NOT_YET_DUE),
            (~complete, Verdict.INDETERMINATE, Reason.FEED_INCOMPLETE),
            (None, Verdict.MET, Reason.NO_FORBIDDEN_ACT),
        ]
    else:
        in_time = (certain <= due_low) & (certain < NEVER)
        late = possible > due_high
        ladder = [
            (in_time, Verdict.MET, Reason.DONE_IN_TIME),
            (lifted, Verdict.WAIVED, Reason.WAIVED),
            (open_yet & (due_high >= NEVER), Verdict.PENDING, Reason.PAUSED),
            (open_yet, Verdict.PENDING, Reason.NOT_YET_DUE),
            (late & (certain < NEVER), Verdict.MET_LATE, Reason.DONE_LATE),
            (~late | (possible < NEVER), Verdict.INDETERMINATE, Reason.CANNOT_TELL_WHETHER_DONE),
            (~complete, Verdict.INDETERMINATE, Reason.FEED_INCOMPLETE),
            (waived_at < NEVER, Verdict.MISSED, Reason.WAIVED_TOO_LATE),
            (None, Verdict.MISSED, Reason.NOT_DONE),
        ]
    before = [
        (~opening.in_force, Verdict.NOT_APPLICABLE, Reason.NOT_IN_FORCE),
        (opening.tells & ~opening.applies, Verdict.NOT_APPLICABLE, Reason.CONDITION_NOT_MET),
        (~opening.triggers.certain, Verdict.INDETERMINATE, Reason.TRIGGER_UNKNOWN),
        (~opening.tells, Verdict.INDETERMINATE, Reason.CONDITION_UNKNOWN),
        (~told, Verdict.INDETERMINATE, Reason.DEADLINE_UNKNOWN),
    ]
    verdict, reason = _first_true([*before, *ladder], opening.low.size)
    return _gathered(
        rule,
        opening,
        verdict=verdict,
        reason=reason,
        due=(np.where(told & applicable, due_low, NEVER), np.where(told & applicable, due_high, NEVER)),
        waived=(waived_at, waiver),
        found=found,
    )


def _first_true(ladder: list[tuple[Bools | None, Verdict, Reason]], count: int) -> tuple[Codes, Codes]:
    """For each duty the first rung whose condition holds; the last rung has none."""
    _, last_verdict, last_reason = ladder[-1]
    verdict = np.full(count, VERDICT_CODE[last_verdict], dtype=np.int8)
    reason = np.full(count, REASON_CODE[last_reason], dtype=np.int8)
    for condition, its_verdict, its_reason in reversed(ladder[:-1]):
        assert condition is not None  # noqa: S101 - only the last rung holds unconditionally
        verdict[condition] = VERDICT_CODE[its_verdict]
        reason[condition] = REASON_CODE[its_reason]
    return verdict, reason


def _is(codes: Codes, *reasons: Reason) -> Bools:
    chosen = np.zeros(len(REASON_CODE), dtype=np.bool_)
    chosen[[REASON_CODE[reason] for reason in reasons]] = True
    return chosen[codes]


def _gathered(
    rule: Rule,
    opening: Opening,
    *,
    verdict: Codes,
    reason: Codes,
    due: tuple[Ints, Ints],
    waived: tuple[Ints, Ints],
    found: Found,
) -> RuleDuties:
    """Who decided what and when, from the reasons."""
    answers, count = found.answers, verdict.size
    waived_at, waiver = waived
    done = _is(reason, Reason.DONE_IN_TIME, Reason.DONE_LATE, Reason.FORBIDDEN_ACT)
    by_waiver = _is(reason, Reason.WAIVED, Reason.WAIVED_TOO_LATE)
    maybe = _is(reason, Reason.CANNOT_TELL_WHETHER_DONE)
    passed = _is(reason, Reason.NOT_DONE, Reason.WAIVED_TOO_LATE, Reason.NO_FORBIDDEN_ACT)
    decided = np.full(count, NEVER, dtype=np.int64)
    decided[done] = answers.certain[done]
    decided[passed] = due[0][passed]
    lifted = _is(reason, Reason.WAIVED)
    decided[lifted] = waived_at[lifted]
    deciding = np.full(count, -1, dtype=np.int64)
    table = np.full(count, -1, dtype=np.int8)
    deciding[done], table[done] = answers.certain_position[done], found.response[done]
    deciding[maybe], table[maybe] = answers.possible_position[maybe], found.response[maybe]
    deciding[by_waiver], table[by_waiver] = waiver[by_waiver], len(found.tables)
    return RuleDuties(
        rule=rule.id,
        trigger_table=rule.trigger.pattern.table if rule.trigger else "",
        tables=(*found.tables, WAIVER_TABLE),
        case=opening.triggers.case,
        position=opening.triggers.position,
        trigger_at=opening.triggers.low,
        start=opening.low,
        known=opening.known,
        due=due[0],
        latest_due=due[1],
        decided=decided,
        verdict=verdict,
        reason=reason,
        deciding_table=table,
        deciding=deciding,
    )


def void_duties(rule: Rule, withdrawn: Matches) -> RuleDuties:
    """Duties whose trigger was withdrawn or corrected away."""
    count = len(withdrawn)
    never, nowhere = np.full(count, NEVER, dtype=np.int64), np.full(count, -1, dtype=np.int64)
    return RuleDuties(
        rule=rule.id,
        trigger_table=rule.trigger.pattern.table if rule.trigger else "",
        tables=(*(response.pattern.table for response in rule.responses), WAIVER_TABLE),
        case=withdrawn.case,
        position=withdrawn.position,
        trigger_at=withdrawn.low,
        start=withdrawn.known,
        known=withdrawn.known,
        due=never,
        latest_due=never,
        decided=withdrawn.ended if withdrawn.ended is not None else never,
        verdict=np.full(count, VERDICT_CODE[Verdict.VOID], dtype=np.int8),
        reason=np.full(count, REASON_CODE[Reason.TRIGGER_WITHDRAWN], dtype=np.int8),
        deciding_table=np.full(count, -1, dtype=np.int8),
        deciding=nowhere,
    )
