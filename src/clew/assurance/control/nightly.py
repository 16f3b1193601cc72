"""The duties as each night knew them, and what each night would have said.

Law 1 for controls: a night's status rests on the verdicts that could be given that night. A review done in time and
written down two days later is missed on the first night, met on the third, and the third night's history says so.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clew.assurance.control.model import Control, ControlHistory, ControlStatus, StatusChange
from clew.assurance.control.watch import Watch, counted
from clew.core import UsageError
from clew.records import Dataset
from clew.standards import Standard, evaluate
from clew.standards.evaluate import prepare
from clew.standards.history import verdict_intervals

DUTIES_BETWEEN_SNAPSHOTS = 64
"""A replay keeps the watch's state this often; the next night goes on from the one before its first new duty."""


@dataclass(frozen=True)
class Night:
    """What one night said: its change is the one its status rests on."""

    at: datetime
    change: StatusChange

    @property
    def status(self) -> ControlStatus:
        """The status that night."""
        return self.change.status


@dataclass(frozen=True)
class Replay:
    """One control over a range of nights.

    `turns`: the nights whose status differs from the night before. `history` is the last night's own.
    """

    control: Control
    nights: tuple[Night, ...]
    turns: tuple[Night, ...]
    history: ControlHistory

    @property
    def reopened(self) -> Night | None:
        """The first night that said failed after one had said operating."""
        operated = False
        for night in self.turns:
            operated = operated or night.status is ControlStatus.OPERATING
            if operated and night.status is ControlStatus.FAILED:
                return night
        return None


def duty_intervals(
    dataset: Dataset, standard: Standard, rules: Sequence[str], *, until: datetime, links: pl.DataFrame | None = None
) -> pl.DataFrame:
    """What could be said of every duty of `rules`, from when to when, up to `until` (see `verdict_intervals`)."""
    prepared = prepare(dataset, _only(standard, rules), links=links)
    return verdict_intervals(prepared, until=until).filter(pl.col("rule").cast(pl.String).is_in(list(rules)))


def duties_known(
    dataset: Dataset, standard: Standard, rules: Sequence[str], *, at: datetime, links: pl.DataFrame | None = None
) -> pl.DataFrame:
    """The duties of `rules` as known at `at`; no other rule is evaluated."""
    found = evaluate(dataset, _only(standard, rules), at=at, links=links)
    return found.filter(pl.col("rule").cast(pl.String).is_in(list(rules)))


def _only(standard: Standard, rules: Sequence[str]) -> Standard:
    """The standard with these rules, and those that gates among them look at."""
    wanted = {name: standard.rule(name) for name in dict.fromkeys(rules)}
    for rule in tuple(wanted.values()):
        wanted |= {name: standard.rules[name] for name in rule.requires}
    return replace(standard, rules=wanted)


def as_known_on(intervals: pl.DataFrame, night: datetime) -> pl.DataFrame:
    """The duties as known at `night`."""
    night = night.astimezone(UTC)
    return intervals.filter(
        (pl.col("known_from") <= night) & (pl.col("known_to").is_null() | (pl.col("known_to") > night))
    )


def nights_between(first: datetime, last: datetime) -> list[datetime]:
    """One instant a day from `first` to `last`, at `first`'s time of day in its own zone."""
    if last < first:
        raise UsageError("The last night is before the first.", where="replay", mend="give the later date second")
    days = (last.astimezone(first.tzinfo).date() - first.date()).days
    return [night for day in range(days + 1) if (night := first + timedelta(days=day)) <= last]


def replay(
    intervals: pl.DataFrame,
    control: Control,
    *,
    nights: Sequence[datetime],
    characteristics: pl.DataFrame | None = None,
) -> Replay:
    """What each of `nights` (in order) would have said of `control`, knowing only what was known then."""
    own = intervals.filter((pl.col("rule") == control.rule) & (pl.col("trigger_at") > control.changed_at))
    snapshots, positions = [Watch.start(control, characteristics)], [0]
    before = np.empty(0, dtype=np.uint64)
    watch, seen = snapshots[0], list[Night]()
    for night in nights:
        rows = counted(as_known_on(own, night), control, as_at=night)
        marks = rows.hash_rows(seed=0).to_numpy()
        keep = bisect_right(positions, _common(before, marks))
        del snapshots[keep:], positions[keep:]
        watch, at = snapshots[-1].copy(), positions[-1]
        for number, row in enumerate(rows[at:].iter_rows(), at + 1):
            watch.take(*row)
            if number % DUTIES_BETWEEN_SNAPSHOTS == 0:
                snapshots.append(watch.copy())
                positions.append(number)
        before = marks
        seen.append(Night(night, watch.changes[-1]))
    turns = [night for i, night in enumerate(seen) if i == 0 or night.status is not seen[i - 1].status]
    return Replay(control, tuple(seen), tuple(turns), watch.history())


def _common(before: NDArray[np.uint64], now: NDArray[np.uint64]) -> int:
    """How many rows at the start are the same."""
    size = min(before.size, now.size)
    different = np.flatnonzero(before[:size] != now[:size])
    return int(different[0]) if different.size else size
