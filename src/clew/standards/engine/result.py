"""What the kernel makes of one rule: arrays with one place a duty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from clew.standards.engine.arrays import Bools, Ints
from clew.standards.engine.matches import Matches

Codes = npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class RuleDuties:
    """Duties of one rule, sorted by case and trigger time.

    start: when the clock started; known: when the duty was known; due, latest_due:
    the deadline, and its latest where the clock's start is an interval (NEVER: none can be told yet);
    decided: when the verdict was settled (NEVER: not). position: the trigger's row in `trigger_table`;
    deciding: which table of the store (index into `tables`, -1 none) and row decided it.
    """

    rule: str
    trigger_table: str
    tables: tuple[str, ...]
    case: Ints
    position: Ints
    trigger_at: Ints
    start: Ints
    known: Ints
    due: Ints
    latest_due: Ints
    decided: Ints
    verdict: Codes
    reason: Codes
    deciding_table: Codes
    deciding: Ints

    def __len__(self) -> int:
        return int(self.case.size)

    def take(self, picked: Bools | Ints) -> RuleDuties:
        """Only the picked duties."""
        if picked.dtype == np.bool_:
            if picked.all():
                return self
            picked = np.flatnonzero(picked)
        return replace(self, **{name: getattr(self, name)[picked] for name in _ARRAYS})


_ARRAYS = tuple(item.name for item in fields(RuleDuties) if item.name not in ("rule", "trigger_table", "tables"))


def joined(parts: Sequence[RuleDuties]) -> RuleDuties:
    """Duties of one rule put together."""
    if len(parts) == 1:
        return parts[0]
    together: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _ARRAYS}
    return replace(parts[0], **together)


@dataclass(frozen=True, eq=False)
class Opening:
    """Triggers of a rule with what has been worked out about each before any response is looked for.

    low, high: the clock's start as an interval. applies, tells: whether the conditions certainly hold, and whether
    that can be told at all. in_force: whether the standard bound at the start.
    """

    triggers: Matches
    known: Ints
    low: Ints
    high: Ints
    applies: Bools
    tells: Bools
    in_force: Bools
