"""Gates: an act that is barred while duties stand open, and what stands open."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from clew.standards.engine.arrays import EVER, Ints, first_not_below, group_bounds, running_maximum
from clew.standards.engine.responses import Answers
from clew.standards.engine.result import Opening, RuleDuties


def closing_times(opening: Opening, others: Mapping[str, RuleDuties]) -> Answers:
    """For each gate when the last of the duties known by then was closed; EVER where there was none to close."""
    count = opening.low.size
    nowhere = np.full(count, -1, dtype=np.int64)
    if not others:
        ever = np.full(count, EVER, dtype=np.int64)
        return Answers(ever, nowhere, ever, nowhere)
    case = np.concatenate([duties.case for duties in others.values()])
    known = np.concatenate([duties.known for duties in others.values()])
    order = np.lexsort((known, case))
    case, known = case[order], known[order]
    begin, end = group_bounds(case, opening.triggers.case)
    # Duties known at the gate's own instant count: nobody closes a case in the same breath as the fact comes in.
    upto = first_not_below(known, begin, end, opening.low + 1)
    return Answers(
        _last_closed([duties.closed for duties in others.values()], order, case, begin, upto),
        nowhere,
        _last_closed([duties.may_be_closed for duties in others.values()], order, case, begin, upto),
        nowhere,
    )


def _last_closed(times: list[Ints], order: Ints, case: Ints, begin: Ints, upto: Ints) -> Ints:
    latest = running_maximum(np.concatenate(times)[order], case)
    if not latest.size:
        return np.full(begin.size, EVER, dtype=np.int64)
    return np.where(upto > begin, latest[np.maximum(upto - 1, 0)], EVER)
