"""What a control is, and what may be said of it.

A control is a rule with a target. It is *not yet evidenced* until duties after the change show, however often one
looks, that the target is met; then *operating*; *drifting* when a CUSUM on its own failure rate signals, waivers pass
their limit or a group of victims is served worse; *failed* when the duties after that show the target missed. A
recommendation that was closed on it is then re-opened, without anybody's leave.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from clew.core import UsageError
from clew.statistics.bounds import check_rate


class ControlStatus(StrEnum):
    """What the data allow one to say of a control."""

    NOT_YET_EVIDENCED = "not_yet_evidenced"
    OPERATING = "operating"
    DRIFTING = "drifting"
    FAILED = "failed"

    @property
    def words(self) -> str:
        """As a person reads it."""
        return self.value.replace("_", " ")


@dataclass(frozen=True)
class Control:
    """A rule whose share of duties met in time is to be at least `target`, since a change at `changed_at`.

    risk: of calling it operating (or failed) wrongly, ever, from each time it is judged anew. waiver_limit: the share
    of duties that may be waived. gap_margin: by how much a group of victims may be served worse than all others.
    years_between_false_alarms: how long the drift chart runs on average before it signals although nothing has changed.
    """

    rule: str
    target: float
    changed_at: datetime
    risk: float = 0.05
    waiver_limit: float = 0.10
    gap_margin: float = 0.05
    years_between_false_alarms: float = 5.0

    def __post_init__(self) -> None:
        for name in ("target", "risk", "waiver_limit"):
            check_rate(getattr(self, name), name=name.replace("_", " "), where=f"control {self.rule}")
        if self.changed_at.tzinfo is None:
            raise UsageError(
                f"The change behind control {self.rule} has no time zone.", where="control", mend="give it as UTC"
            )
        object.__setattr__(self, "changed_at", self.changed_at.astimezone(UTC))  # frames hold instants in UTC


@dataclass(frozen=True)
class StatusChange:
    """A night on which a control's status changed, with the arithmetic behind it.

    `decided`, `not_met`, `indeterminate`, `waived`: the duties the change rests on, which arose `since` that moment;
    `lower`: the share met that they show, at any time, at the control's risk. `cusum` and `threshold`: where the drift
    chart stood (0 where it does not run). `not_met_events`: the latest events not met in time among those duties.
    """

    at: datetime
    status: ControlStatus
    reason: str
    decided: int
    not_met: int
    indeterminate: int
    lower: float
    waived: int = 0
    since: datetime | None = None
    cusum: float = 0.0
    threshold: float = 0.0
    not_met_events: tuple[str, ...] = ()


@dataclass(frozen=True)
class ControlHistory:
    """A control's statuses in order; it starts as not yet evidenced at the change."""

    control: Control
    changes: tuple[StatusChange, ...]

    @property
    def status(self) -> ControlStatus:
        """The status now."""
        return self.changes[-1].status

    @property
    def reopened_at(self) -> datetime | None:
        """When it first failed after having operated; None if it has not."""
        change = self.breach
        return None if change is None else change.at

    @property
    def breach(self) -> StatusChange | None:
        """The change at which it first failed after having operated."""
        operated = False
        for change in self.changes:
            operated = operated or change.status is ControlStatus.OPERATING
            if operated and change.status is ControlStatus.FAILED:
                return change
        return None
