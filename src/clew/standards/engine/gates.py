"""Gates: an act that is barred while duties stand open, and what stands open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clew.standards.engine.arrays import EVER, NEVER, Ints, first_not_below, group_bounds, running_maximum
from clew.standards.engine.responses import Answers
from clew.standards.engine.result import Opening, RuleDuties
from clew.standards.verdict import VERDICT_CODE, Verdict


@dataclass(frozen=True, eq=False)
class Closings:
    """Of one rule's duties: case, when each was known, and when it ceased to be open, at the latest and earliest."""

    rule: str
    case: Ints
    known: Ints
    closed: Ints
    may_be_closed: Ints


def closings_of(duties: RuleDuties) -> Closings:
    """When duties were closed: NEVER while open, EVER where they never were."""
    verdict = duties.verdict
    closed = np.full(verdict.size, NEVER, dtype=np.int64)
    settled = np.isin(verdict, [VERDICT_CODE[item] for item in (Verdict.MET, Verdict.MET_LATE, Verdict.WAIVED)])
    closed[settled] = duties.decided[settled]
    closed[np.isin(verdict, [VERDICT_CODE[item] for item in (Verdict.NOT_APPLICABLE, Verdict.VOID)])] = EVER
    may_be_closed = closed.copy()
    may_be_closed[verdict == VERDICT_CODE[Verdict.INDETERMINATE]] = EVER
    return Closings(duties.rule, duties.case, duties.known, closed, may_be_closed)


def closing_times(opening: Opening, others: Sequence[Closings]) -> Answers:
    """For each gate when the last of the duties known by then was closed; EVER where there was none to close."""
    count = opening.low.size
    nowhere = np.full(count, -1, dtype=np.int64)
    if not others:
        ever = np.full(count, EVER, dtype=np.int64)
        return Answers(ever, nowhere, ever, nowhere)
    case = np.concatenate([duties.case for duties in others])
    known = np.concatenate([duties.known for duties in others])
    order = np.lexsort((known, case))
    case, known = case[order], known[order]
    begin, end = group_bounds(case, opening.triggers.case)
    # Duties known at the gate's own instant count: nobody closes a case in the same breath as the fact comes in.
    upto = first_not_below(begin, end, known, opening.low + 1)
    certain, possible = (
        _last_closed(np.concatenate(times)[order], case, begin, upto)
        for times in ([duties.closed for duties in others], [duties.may_be_closed for duties in others])
    )
    return Answers(certain, nowhere, possible, nowhere)


def _last_closed(times: Ints, case: Ints, begin: Ints, upto: Ints) -> Ints:
    latest = running_maximum(times, case)
    if not latest.size:
        return np.full(begin.size, EVER, dtype=np.int64)
    return np.where(upto > begin, latest[np.maximum(upto - 1, 0)], EVER)
