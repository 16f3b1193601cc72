"""A record of what was done: actions added as they happened, duties performed in time, late, or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from clew.demonstration.chance import HOUR_S, Flags, Integers, Words
from clew.demonstration.distributions import conduct as table
from clew.demonstration.rows import Rows

DONE: dict[str, pl.DataType] = {
    "event": pl.Int64(),
    "activity": pl.String(),
    "at": pl.Int64(),
    "known": pl.Int64(),
    "actor_role": pl.String(),
    "about": pl.String(),
    "outcome": pl.String(),
    "reason": pl.String(),
    "number": pl.Int64(),
}


@dataclass(kw_only=True)
class Log:
    """The actions so far. `number` numbers those that another action will name."""

    rng: np.random.Generator
    prefix: str
    done: Rows = field(default_factory=lambda: Rows(DONE))
    numbered: int = 0

    def add(
        self,
        event: Integers,
        activity: str,
        at: Integers,
        *,
        role: str,
        about: pl.Series | str | None = None,
        outcome: Words | pl.Series | str | None = None,
        reason: Words | str | None = None,
        late_record: float = 0.02,
    ) -> Integers:
        """Actions that took place at `at`, mostly written down within half an hour; gives their numbers."""
        size = len(event)
        lag = (self.rng.lognormal(np.log(300), 0.6, size)).astype(np.int64) + 20
        lag = np.where(self.rng.random(size) < late_record, lag * 60, lag)
        number = np.arange(self.numbered, self.numbered + size)
        self.numbered += size
        self.done.add(
            size,
            event=event,
            activity=activity,
            at=at,
            known=at + lag,
            actor_role=role,
            about=about,
            outcome=outcome,
            reason=reason,
            number=number,
        )
        return number

    def perform(
        self,
        event: Integers,
        activity: str,
        trigger: Integers,
        *,
        role: str,
        about: pl.Series | str | None = None,
        outcome: Words | pl.Series | str | None = None,
        reason: str | None = None,
    ) -> tuple[Flags, Integers]:
        """Do a duty at its documented rates: which were done, and when each was (or would have been)."""
        duty = table.DUTIES[activity]
        size = len(event)
        fate = self.rng.random(size)
        due = duty.due_hours * HOUR_S
        in_time = due * self.rng.beta(1.6, 4.0, size) * 0.9
        late = due * (1.1 + self.rng.exponential(1.0, size))
        at = trigger + np.where(fate < duty.missing + duty.late, late, in_time).astype(np.int64) + 1
        kept = fate >= duty.missing
        self.add(
            event[kept],
            activity,
            at[kept],
            role=role,
            about=about.filter(pl.Series(kept)) if isinstance(about, pl.Series) else about,
            outcome=_kept(outcome, kept),
            reason=reason,
        )
        return kept, at


def _kept(values: Words | pl.Series | str | None, kept: Flags) -> Words | pl.Series | str | None:
    if isinstance(values, pl.Series):
        return values.filter(pl.Series(kept))
    return values[kept] if isinstance(values, np.ndarray) else values


def action_ids(numbers: Integers, prefix: str) -> pl.Series:
    """The force's number of each action."""
    return pl.select(pl.format("{}A{}", pl.lit(prefix), pl.Series(numbers)).alias("action_id"))["action_id"]
