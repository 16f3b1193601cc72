"""The categories as a state machine: which change is barred, and by what."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from clew.core import UsageError
from clew.standards.language.checks import required_rules
from clew.standards.language.model import Standard, Transition
from clew.standards.verdict import OPEN_VERDICTS


@dataclass(frozen=True)
class Barrier:
    """Whether a change of category may be made now. `open_duties`: the rows of duties that stand open in its way."""

    transition: Transition
    open_duties: pl.DataFrame

    @property
    def barred(self) -> bool:
        """Whether anything stands open."""
        return self.open_duties.height > 0


def check_transition(duties: pl.DataFrame, standard: Standard, *, event_id: str, source: str, target: str) -> Barrier:
    """What bars the change of `event_id` from category `source` to `target`.

    duties: as `clew.standards.evaluate` gives them, with every open verdict (pending, missed, indeterminate).
    Raises `UsageError` where the standard knows no such change.
    """
    known = [item for item in standard.transitions if (item.source, item.target) == (source, target)]
    if not known:
        ways = ", ".join(item.target for item in standard.transitions if item.source == source) or "nowhere"
        raise UsageError(
            f"{standard.label} knows no change from {source} to {target}.",
            mend=f"from {source} leads the way to {ways}",
        )
    names = required_rules(standard, standard.rules[known[0].gate]) if known[0].gate else ()
    standing = duties.filter(
        (pl.col("event_id") == event_id)
        & pl.col("rule").is_in(list(names))
        & pl.col("verdict").is_in([verdict.value for verdict in OPEN_VERDICTS])
    )
    return Barrier(known[0], standing)
