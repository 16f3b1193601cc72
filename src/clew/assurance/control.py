"""Is the change operating? A control's status from the duties that arose after it, looked at every night.

A control is a rule with a target. It is *not yet evidenced* until duties after the change show, however often one
looks, that the target is met; then *operating*; *drifting* when a CUSUM on its own failure rate signals, waivers pass
their limit or a group of victims is served worse; *failed* when the duties since the drift began show the target
missed. A recommendation that was closed on it is then re-opened, without anybody's leave.

Every limit is valid at any time (see `statistics.sequential`): a nightly check with ordinary limits would sooner or
later call anything operating. Indeterminate duties count against the control when it asks to be called operating, and
are left out when it might be called failed (law 5).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

import polars as pl

from clew.assurance.plan.register import PlanEvent
from clew.assurance.plan.states import Act
from clew.core import UsageError
from clew.statistics.bounds import Likelihood, check_rate, lower_bound
from clew.statistics.cusum import threshold_for
from clew.statistics.sequential import log_e_above, log_e_below, upper_bound_at_any_time

WATCHED_ODDS_RATIO = 2.0
"""The CUSUM watches for the odds of failure doubling."""

DUTIES_BETWEEN_FALSE_ALARMS = 2_000
"""How many duties pass, on average, before the CUSUM signals although nothing has changed."""

LEAST_FAILURE_RATE = 0.005
"""The CUSUM's expected failure rate is never set lower: a perfect start must not make one miss an alarm."""

DUTY_COLUMNS = ("rule", "trigger_at", "verdict", "decided_at")


class ControlStatus(StrEnum):
    """What the data allow one to say of a control."""

    NOT_YET_EVIDENCED = "not_yet_evidenced"
    OPERATING = "operating"
    DRIFTING = "drifting"
    FAILED = "failed"


@dataclass(frozen=True)
class Control:
    """A rule whose share of duties met in time is to be at least `target`, since a change at `changed_at`.

    risk: of calling it operating (or failed) wrongly, ever. waiver_limit: the share of duties that may be waived.
    """

    rule: str
    target: float
    changed_at: datetime
    risk: float = 0.05
    waiver_limit: float = 0.10

    def __post_init__(self) -> None:
        check_rate(self.target, name="target", where=f"control {self.rule}")
        check_rate(self.risk, name="risk", where=f"control {self.rule}")
        if self.changed_at.tzinfo is None:
            raise UsageError(
                f"The change behind control {self.rule} has no time zone.", where="control", mend="give it as UTC"
            )


@dataclass(frozen=True)
class StatusChange:
    """A night on which a control's status changed, with the arithmetic behind it.

    `decided`, `not_met`, `indeterminate`: the duties the change rests on; `lower`: the share met that they show, at any
    time, at the control's risk.
    """

    at: datetime
    status: ControlStatus
    reason: str
    decided: int
    not_met: int
    indeterminate: int
    lower: float


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
        operated = False
        for change in self.changes:
            operated = operated or change.status is ControlStatus.OPERATING
            if operated and change.status is ControlStatus.FAILED:
                return change.at
        return None


@dataclass
class _Tally:
    """Duties since some moment."""

    met: int = 0
    not_met: int = 0
    indeterminate: int = 0
    waived: int = 0

    def add(self, verdict: str) -> None:
        field = _FIELD[verdict]
        setattr(self, field, getattr(self, field) + 1)

    @property
    def decided(self) -> int:
        return self.met + self.not_met

    @property
    def failures_at_worst(self) -> int:
        return self.not_met + self.indeterminate

    @property
    def duties(self) -> int:
        return self.decided + self.indeterminate


_FIELD = {
    "met": "met",
    "met_late": "not_met",
    "missed": "not_met",
    "indeterminate": "indeterminate",
    "waived": "waived",
}
"""Verdicts that count. Pending, void and not applicable duties say nothing yet."""


def control_history(
    duties: pl.DataFrame, control: Control, *, as_at: datetime, group_gaps: tuple[str, ...] = ()
) -> ControlHistory:
    """The status of `control` through time, as at `as_at`.

    `duties` has `rule`, `trigger_at`, `verdict`, `decided_at` (UTC instants), as `clew standards evaluate` writes
    them. Only duties of the rule whose trigger came after the change count, each from the instant it was decided.
    `group_gaps`: sentences from the equality measures; with any, an operating control is drifting.
    """
    missing = [name for name in DUTY_COLUMNS if name not in duties.columns]
    if missing:
        raise UsageError(
            f"The duties have no column {missing[0]!r}.",
            where="control",
            mend="give the file that `clew standards evaluate --out` writes",
        )
    after = duties.filter(
        (pl.col("rule") == control.rule)
        & (pl.col("trigger_at") > control.changed_at)
        & (pl.col("decided_at") <= as_at)
        & pl.col("verdict").is_in(list(_FIELD))
    ).sort("decided_at", "trigger_at")
    watch = _Watch(control)
    for at, verdict in after.select("decided_at", "verdict").iter_rows():
        watch.take(at, verdict)
    if group_gaps and watch.status is ControlStatus.OPERATING:
        watch.change(as_at, ControlStatus.DRIFTING, f"a group is served worse: {group_gaps[0]}")
    return ControlHistory(control, tuple(watch.changes))


def reopening(history: ControlHistory) -> PlanEvent | None:
    """The act that re-opens a recommendation closed on this control; None while there is no breach."""
    if history.reopened_at is None:
        return None
    change = next(change for change in history.changes if change.at == history.reopened_at)
    return PlanEvent(Act.REOPEN, f"control {history.control.rule}", change.at, change.reason)


class _Watch:
    """The state kept from one duty to the next."""

    def __init__(self, control: Control) -> None:
        self.control = control
        self.evidence = _Tally()  # since the change, or since what was shown last was overturned
        self.run = _Tally()  # since the CUSUM last stood at 0: the likeliest beginning of a drift
        self.cusum = 0.0
        self.expected = 0.0
        self.changes: list[StatusChange] = []
        self.change(
            control.changed_at, ControlStatus.NOT_YET_EVIDENCED, "the change was made; no duty has shown it yet"
        )

    @property
    def status(self) -> ControlStatus:
        return self.changes[-1].status

    def change(self, at: datetime, status: ControlStatus, reason: str) -> None:
        tally = self.evidence
        lower = 1 - upper_bound_at_any_time(tally.failures_at_worst, tally.duties, risk=self.control.risk)
        self.changes.append(StatusChange(at, status, reason, tally.decided, tally.not_met, tally.indeterminate, lower))

    def take(self, at: datetime, verdict: str) -> None:
        self.evidence.add(verdict)
        if self.status is ControlStatus.OPERATING:
            self._watch_for_drift(at, verdict)
        elif self._too_many_waived():
            return  # a standard that is waived is not operating, whatever the rest shows
        elif self._shown(log_e_below(self.evidence.failures_at_worst, self.evidence.duties, 1 - self.control.target)):
            self._operates(at)
        elif self.status is not ControlStatus.FAILED and self._missed():
            self._fails(at)

    def _operates(self, at: datetime) -> None:
        tally, target = self.evidence, self.control.target
        observed = (tally.failures_at_worst + 1) / (tally.duties + 2)
        self.expected = min(1 - target, max(LEAST_FAILURE_RATE, observed))
        self.cusum, self.run = 0.0, _Tally()
        self.change(
            at,
            ControlStatus.OPERATING,
            f"{tally.duties - tally.failures_at_worst} of {tally.duties} duties after the change met in time: "
            f"at least {target:.0%} is shown",
        )

    def _watch_for_drift(self, at: datetime, verdict: str) -> None:
        if self._too_many_waived():
            self.change(
                at,
                ControlStatus.DRIFTING,
                f"{self.evidence.waived} of {self.evidence.duties + self.evidence.waived} duties were waived, "
                f"more than the limit of {self.control.waiver_limit:.0%}",
            )
            self.evidence = _Tally()
            return
        if verdict in ("waived", "indeterminate"):
            return
        self.run.add(verdict)
        failed = verdict != "met"
        score = -math.log1p((WATCHED_ODDS_RATIO - 1) * self.expected) + failed * math.log(WATCHED_ODDS_RATIO)
        self.cusum = max(0.0, self.cusum + score)
        if self.cusum == 0:
            self.run = _Tally()
        elif self.cusum >= _threshold(round(self.expected, 3)):
            run, self.evidence = self.run, self.run
            self.change(
                at,
                ControlStatus.DRIFTING,
                f"{run.not_met} of the last {run.decided} duties were not met in time; "
                f"about {self.expected:.1%} were before",
            )
            if self._missed():
                self._fails(at)

    def _missed(self) -> bool:
        return self._shown(log_e_above(self.evidence.not_met, self.evidence.decided, 1 - self.control.target))

    def _fails(self, at: datetime) -> None:
        tally = self.evidence
        self.change(
            at,
            ControlStatus.FAILED,
            f"{tally.met} of {tally.decided} duties met in time: fewer than {self.control.target:.0%} is shown",
        )
        self.evidence = _Tally()

    def _shown(self, log_e: float) -> bool:
        return log_e >= math.log(1 / self.control.risk)

    def _too_many_waived(self) -> bool:
        every = self.evidence.duties + self.evidence.waived
        if not self.evidence.waived:
            return False
        limits = {"confidence": 1 - self.control.risk, "likelihood": Likelihood.BINOMIAL}
        return lower_bound(self.evidence.waived, every, **limits) > self.control.waiver_limit  # type: ignore[arg-type]


@lru_cache(maxsize=256)
def _threshold(expected: float) -> float:
    return threshold_for(
        risk=expected,
        odds_ratio=WATCHED_ODDS_RATIO,
        cases_between_false_alarms=DUTIES_BETWEEN_FALSE_ALARMS,
    )
