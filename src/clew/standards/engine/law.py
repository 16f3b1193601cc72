"""The law of verdicts, for many duties at once: void > met > waived > met_late > missed or pending.

With C the earliest time at which the duty was certainly answered, P the earliest at which it may have been, and the
deadline in [due_low, due_high]: met if C <= due_low; not met in time if P > due_high; otherwise it cannot be told.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clew.standards.engine.arrays import NEVER, Bools, Ints
from clew.standards.engine.compiled import loop
from clew.standards.engine.matches import Instant, Matches
from clew.standards.engine.responses import Answers
from clew.standards.engine.result import Codes, Opening, RuleDuties
from clew.standards.language.model import Rule
from clew.standards.verdict import REASON_CODE, VERDICT_CODE, Norm, Reason, Verdict

#: Index of the table that waivers are rows of, in `RuleDuties.tables`, after those of the responses.
WAIVER_TABLE = "actions"
#: Rungs of the ladder, the first that holds deciding; a prohibition has its own below the first five.
_LADDER = (
    (Verdict.NOT_APPLICABLE, Reason.NOT_IN_FORCE),
    (Verdict.NOT_APPLICABLE, Reason.CONDITION_NOT_MET),
    (Verdict.INDETERMINATE, Reason.TRIGGER_UNKNOWN),
    (Verdict.INDETERMINATE, Reason.CONDITION_UNKNOWN),
    (Verdict.INDETERMINATE, Reason.DEADLINE_UNKNOWN),
    (Verdict.MET, Reason.DONE_IN_TIME),
    (Verdict.WAIVED, Reason.WAIVED),
    (Verdict.MISSED, Reason.FORBIDDEN_ACT),
    (Verdict.PENDING, Reason.PAUSED),
    (Verdict.PENDING, Reason.NOT_YET_DUE),
    (Verdict.MET_LATE, Reason.DONE_LATE),
    (Verdict.INDETERMINATE, Reason.CANNOT_TELL_WHETHER_DONE),
    (Verdict.INDETERMINATE, Reason.FEED_INCOMPLETE),
    (Verdict.MISSED, Reason.WAIVED_TOO_LATE),
    (Verdict.MISSED, Reason.NOT_DONE),
    (Verdict.MET, Reason.NO_FORBIDDEN_ACT),
)
(
    _NOT_IN_FORCE,
    _CONDITION_NOT_MET,
    _TRIGGER_UNKNOWN,
    _CONDITION_UNKNOWN,
    _DEADLINE_UNKNOWN,
    _DONE_IN_TIME,
    _WAIVED,
    _FORBIDDEN_ACT,
    _PAUSED,
    _NOT_YET_DUE,
    _DONE_LATE,
    _CANNOT_TELL,
    _FEED_INCOMPLETE,
    _WAIVED_TOO_LATE,
    _NOT_DONE,
    _NO_FORBIDDEN_ACT,
) = range(len(_LADDER))
_VERDICTS = np.array([VERDICT_CODE[verdict] for verdict, _ in _LADDER], dtype=np.int8)
_REASONS = np.array([REASON_CODE[reason] for _, reason in _LADDER], dtype=np.int8)


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
    forbids = rule.norm is Norm.PROHIBITION or (rule.norm is Norm.COUNT and bool(rule.at_most))
    rung = _rungs(
        due_low,
        due_high,
        (told, opening.in_force, opening.applies, opening.tells, opening.triggers.certain, at <= due_high, complete),
        answers.certain,
        answers.possible,
        waived[0],
        forbids,
    )
    due_low, due_high, decided, deciding, table = _gathered(
        rung,
        due_low,
        due_high,
        (told, opening.in_force, opening.applies),
        (answers.certain, answers.certain_position, answers.possible_position),
        waived,
        found.response,
        len(found.tables),
    )
    return RuleDuties(
        rule=rule.id,
        trigger_table=rule.trigger.pattern.table if rule.trigger else "",
        tables=(*found.tables, WAIVER_TABLE),
        case=opening.triggers.case,
        position=opening.triggers.position,
        trigger_at=opening.triggers.low,
        start=opening.low,
        known=opening.known,
        due=due_low,
        latest_due=due_high,
        decided=decided,
        verdict=_VERDICTS[rung],
        reason=_REASONS[rung],
        deciding_table=table,
        deciding=deciding,
    )


@loop
def _rungs(  # noqa: PLR0912, PLR0917 - a branch a rung; loops take arguments by place
    due_low: Ints,
    due_high: Ints,
    flags: tuple[Bools, ...],
    certain: Ints,
    possible: Ints,
    waived: Ints,
    forbids: bool,
) -> Codes:
    """For each duty the first rung that holds. flags: told, in force, applies, tells, trigger certain, open yet,
    complete."""
    told, in_force, applies, tells, sure, open_yet, complete = flags
    rung = np.empty(due_low.size, np.int8)
    for i in range(due_low.size):
        done = certain[i] <= due_low[i] and certain[i] < NEVER
        late = possible[i] > due_high[i]
        if not in_force[i]:
            rung[i] = _NOT_IN_FORCE
        elif tells[i] and not applies[i]:
            rung[i] = _CONDITION_NOT_MET
        elif not sure[i]:
            rung[i] = _TRIGGER_UNKNOWN
        elif not tells[i]:
            rung[i] = _CONDITION_UNKNOWN
        elif not told[i]:
            rung[i] = _DEADLINE_UNKNOWN
        elif done and not forbids:
            rung[i] = _DONE_IN_TIME
        elif waived[i] <= due_low[i] and waived[i] < NEVER:
            rung[i] = _WAIVED
        elif done:
            rung[i] = _FORBIDDEN_ACT
        elif forbids and not late and possible[i] < NEVER:
            rung[i] = _CANNOT_TELL
        elif open_yet[i]:
            rung[i] = _PAUSED if due_high[i] >= NEVER and not forbids else _NOT_YET_DUE
        elif not forbids and late and certain[i] < NEVER:
            rung[i] = _DONE_LATE
        elif not forbids and (not late or possible[i] < NEVER):
            rung[i] = _CANNOT_TELL
        elif not complete[i]:
            rung[i] = _FEED_INCOMPLETE
        elif forbids:
            rung[i] = _NO_FORBIDDEN_ACT
        elif waived[i] < NEVER:
            rung[i] = _WAIVED_TOO_LATE
        else:
            rung[i] = _NOT_DONE
    return rung


@loop
def _gathered(  # noqa: PLR0917 - loops take arguments by place
    rung: Codes,
    due_low: Ints,
    due_high: Ints,
    flags: tuple[Bools, Bools, Bools],
    answers: tuple[Ints, Ints, Ints],
    waivers: tuple[Ints, Ints],
    response: Codes,
    waiver_table: int,
) -> tuple[Ints, Ints, Ints, Ints, Codes]:
    """Deadline (earliest and latest), when it was decided, by which row, and the number of that row's table.

    flags: told, in force, applies. answers: certain ones' times and rows, possible ones' rows. waivers: times, rows.
    """
    told, in_force, applies = flags
    certain, certain_row, possible_row = answers
    waived, waiver_row = waivers
    low, high = np.empty(rung.size, np.int64), np.empty(rung.size, np.int64)
    decided, deciding = np.empty(rung.size, np.int64), np.empty(rung.size, np.int64)
    table = np.empty(rung.size, np.int8)
    for i in range(rung.size):
        owed = told[i] and in_force[i] and applies[i]
        low[i], high[i] = (due_low[i], due_high[i]) if owed else (NEVER, NEVER)
        decided[i], deciding[i], table[i] = NEVER, -1, -1
        own = rung[i]
        if own in (_DONE_IN_TIME, _DONE_LATE, _FORBIDDEN_ACT):
            decided[i], deciding[i], table[i] = certain[i], certain_row[i], response[i]
        elif own == _CANNOT_TELL:
            deciding[i], table[i] = possible_row[i], response[i]
        elif own in (_WAIVED, _WAIVED_TOO_LATE):
            decided[i], deciding[i], table[i] = waived[i], waiver_row[i], waiver_table
        if own in (_NOT_DONE, _WAIVED_TOO_LATE, _NO_FORBIDDEN_ACT):
            decided[i] = low[i]
    return low, high, decided, deciding, table


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
