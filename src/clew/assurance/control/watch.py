"""Walks a control's duties in order and says when its status changed.

Every limit is valid at any time (see `statistics.sequential`): a nightly check with ordinary limits would sooner or
later call anything operating. A duty counts from its *deadline*, not from when it was done: what is done early is known
early, so counting it at once would show a new change in its first weeks at its best, with every miss still pending.
Indeterminate duties count against the control when it asks to be called operating, and are left out when it might be
called failed (law 5).
"""

from __future__ import annotations

import math
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import polars as pl

from clew.assurance.control.model import Control, ControlHistory, ControlStatus, StatusChange
from clew.assurance.equality.watch import GroupWatch, labels_of
from clew.core import UsageError
from clew.statistics.cusum import threshold_for
from clew.statistics.sequential import log_e_above, log_e_below, upper_bound_at_any_time

WATCHED_ODDS_RATIO = 2.0
"""The CUSUM watches for the odds of failure doubling."""

LEAST_FAILURE_RATE = 0.005
"""The CUSUM's expected failure rate is never set lower: a perfect start must not make one miss an alarm."""

LEAST_DUTIES_BETWEEN_FALSE_ALARMS = 500
"""However few duties a year brings, the chart does not signal more often than this without a change."""

MOST_NAMED = 20
"""Events not met that a change names at most; the counts give all."""

DUTY_COLUMNS = ("rule", "trigger_at", "verdict", "decided_at")

_FIELD = {
    "met": "met",
    "met_late": "not_met",
    "missed": "not_met",
    "indeterminate": "indeterminate",
    "pending": "indeterminate",
    "waived": "waived",
}
"""Verdicts that count. Void and not applicable duties say nothing. What is pending past its deadline, because its
stream of records is not complete yet, is not known."""


def control_history(
    duties: pl.DataFrame, control: Control, *, as_at: datetime, characteristics: pl.DataFrame | None = None
) -> ControlHistory:
    """The status of `control` through time, from `duties` as known at `as_at`.

    `duties` has `rule`, `trigger_at`, `verdict`, `decided_at` (UTC instants) and perhaps `due` and `event_id`, as `clew
    standards evaluate` writes them. Only duties of the rule whose trigger came after the change count, each from its
    deadline, or from when it was decided where it has none. `characteristics` (`event_id`, `characteristic`, `value`,
    one value each): groups of victims to compare; without it no gap is looked for.
    """
    watch = Watch.start(control, characteristics)
    for row in counted(duties, control, as_at=as_at).iter_rows():
        watch.take(*row)
    return watch.history()


def counted(duties: pl.DataFrame, control: Control, *, as_at: datetime) -> pl.DataFrame:
    """The duties that count by `as_at`, in order: `counts_at`, `verdict`, `trigger_at`, `event_id`."""
    missing = [name for name in DUTY_COLUMNS if name not in duties.columns]
    if missing:
        raise UsageError(
            f"The duties have no column {missing[0]!r}.",
            where="control",
            mend="give the file that `clew standards evaluate --out` writes",
        )
    instant = pl.Datetime("us", "UTC")
    due = pl.col("due").cast(instant) if "due" in duties.columns else pl.lit(None, instant)
    event = pl.col("event_id").cast(pl.String) if "event_id" in duties.columns else pl.lit("")
    own = duties.filter((pl.col("rule") == control.rule) & (pl.col("trigger_at") > control.changed_at))
    return (
        own.select(
            pl.coalesce(due, pl.col("decided_at").cast(instant)).alias("counts_at"),
            pl.col("verdict").cast(pl.String),
            "trigger_at",
            event.alias("event_id"),
        )
        .filter(pl.col("verdict").is_in(list(_FIELD)) & (pl.col("counts_at") <= as_at.astimezone(UTC)))
        .sort("counts_at", "trigger_at", "event_id", "verdict")
    )


@dataclass
class Tally:
    """Duties since some moment, and the latest of their events that were not met in time."""

    met: int = 0
    not_met: int = 0
    indeterminate: int = 0
    waived: int = 0
    since: datetime | None = None
    named: tuple[str, ...] = ()

    def add(self, verdict: str, trigger_at: datetime, event_id: str) -> None:
        """Counts one duty."""
        name = _FIELD[verdict]
        setattr(self, name, getattr(self, name) + 1)
        self.since = trigger_at if self.since is None else min(self.since, trigger_at)
        if name == "not_met":
            self.named = (*self.named, event_id)[-MOST_NAMED:]

    @property
    def decided(self) -> int:
        """Met or not."""
        return self.met + self.not_met

    @property
    def failures_at_worst(self) -> int:
        """Not met, if whatever is not known was not met."""
        return self.not_met + self.indeterminate

    @property
    def duties(self) -> int:
        """All but the waived."""
        return self.decided + self.indeterminate

    @property
    def every(self) -> int:
        """All."""
        return self.duties + self.waived


@dataclass
class Watch:
    """The state kept from one duty to the next."""

    control: Control
    groups: GroupWatch
    evidence: Tally = field(default_factory=Tally)  # since the change, or since what was shown last was overturned
    run: Tally = field(default_factory=Tally)  # since the CUSUM last stood at 0: the likeliest beginning of a drift
    cusum: float = 0.0
    expected: float = 0.0
    threshold: float = 0.0
    changes: tuple[StatusChange, ...] = ()

    @classmethod
    def start(cls, control: Control, characteristics: pl.DataFrame | None = None) -> Watch:
        """Not yet evidenced, at the change."""
        groups = GroupWatch(labels_of(characteristics), control.gap_margin, control.risk)
        watch = cls(control, groups)
        watch._change(
            control.changed_at, ControlStatus.NOT_YET_EVIDENCED, "the change was made; no duty has shown it yet"
        )
        return watch

    def copy(self) -> Watch:
        """A watch that goes on from here by itself."""
        twin = copy(self)
        twin.groups, twin.evidence, twin.run = self.groups.copy(), copy(self.evidence), copy(self.run)
        return twin

    def history(self) -> ControlHistory:
        """What has been said so far."""
        return ControlHistory(self.control, self.changes)

    @property
    def status(self) -> ControlStatus:
        """What is said now."""
        return self.changes[-1].status

    def take(self, at: datetime, verdict: str, trigger_at: datetime, event_id: str) -> None:
        """Takes the next duty."""
        self.evidence.add(verdict, trigger_at, event_id)
        if _FIELD[verdict] in ("met", "not_met"):
            self.groups.take(event_id, met=verdict == "met")
        if self.status is ControlStatus.OPERATING:
            self._watch_for_drift(at, verdict, trigger_at, event_id)
        elif self._may_operate():
            self._operates(at)
        elif self.status is not ControlStatus.FAILED and self._missed():
            self._fails(at)

    def _may_operate(self) -> bool:
        """The target is shown to be met; not too many waived, and no group is shown to be served worse."""
        tally, limit = self.evidence, self.control.waiver_limit
        return (
            tally.waived <= limit * tally.every
            and not self.groups.gap
            and self._shown(log_e_below(tally.failures_at_worst, tally.duties, 1 - self.control.target))
        )

    def _operates(self, at: datetime) -> None:
        tally, target = self.evidence, self.control.target
        observed = (tally.failures_at_worst + 1) / (tally.duties + 2)
        self.expected = min(1 - target, max(LEAST_FAILURE_RATE, observed))
        self.threshold = _threshold(round(self.expected, 3), _rounded(self._duties_between_false_alarms(at)))
        self.cusum, self.run = 0.0, Tally()
        self._change(
            at,
            ControlStatus.OPERATING,
            f"{tally.duties - tally.failures_at_worst} of {tally.duties} duties after the change met in time: "
            f"at least {target:.0%} is shown",
        )

    def _duties_between_false_alarms(self, at: datetime) -> float:
        since = self.evidence.since or self.control.changed_at
        per_year = self.evidence.duties / max((at - since) / timedelta(days=365.25), 1 / 365.25)
        return max(LEAST_DUTIES_BETWEEN_FALSE_ALARMS, per_year * self.control.years_between_false_alarms)

    def _watch_for_drift(self, at: datetime, verdict: str, trigger_at: datetime, event_id: str) -> None:
        if reason := self._waivers() or self._gap():
            self._change(at, ControlStatus.DRIFTING, reason)
            self.evidence = Tally()
            return
        if _FIELD[verdict] in ("waived", "indeterminate"):
            return
        self.run.add(verdict, trigger_at, event_id)
        failed = verdict != "met"
        score = -math.log1p((WATCHED_ODDS_RATIO - 1) * self.expected) + failed * math.log(WATCHED_ODDS_RATIO)
        self.cusum = max(0.0, self.cusum + score)
        if self.cusum == 0:
            self.run = Tally()
        elif self.cusum >= self.threshold:
            self._drifts(at)

    def _drifts(self, at: datetime) -> None:
        run = self.evidence = self.run
        self._change(
            at,
            ControlStatus.DRIFTING,
            f"{run.not_met} of the last {run.decided} duties were not met in time; "
            f"about {self.expected:.1%} were before",
        )
        # The run was picked because it looks bad: whether the target is missed is judged on what comes after.
        self.evidence = Tally()

    def _waivers(self) -> str:
        tally, limit = self.evidence, self.control.waiver_limit
        if not tally.waived or not self._shown(log_e_above(tally.waived, tally.every, limit)):
            return ""
        return f"{tally.waived} of {tally.every} duties were waived, more than the limit of {limit:.0%}"

    def _gap(self) -> str:
        return f"a group is served worse: {self.groups.gap}" if self.groups.gap else ""

    def _missed(self) -> bool:
        return self._shown(log_e_above(self.evidence.not_met, self.evidence.decided, 1 - self.control.target))

    def _fails(self, at: datetime) -> None:
        tally = self.evidence
        self._change(
            at,
            ControlStatus.FAILED,
            f"{tally.met} of {tally.decided} duties {self._since()}met in time: "
            f"fewer than {self.control.target:.0%} is shown",
        )
        self.evidence = Tally()

    def _since(self) -> str:
        return "since it drifted " if self.status is ControlStatus.DRIFTING else ""

    def _shown(self, log_e: float) -> bool:
        return log_e >= math.log(1 / self.control.risk)

    def _change(self, at: datetime, status: ControlStatus, reason: str) -> None:
        tally = self.evidence
        drift = status is ControlStatus.DRIFTING and tally is self.run
        change = StatusChange(
            at=at,
            status=status,
            reason=reason,
            decided=tally.decided,
            not_met=tally.not_met,
            indeterminate=tally.indeterminate,
            lower=1 - upper_bound_at_any_time(tally.failures_at_worst, tally.duties, risk=self.control.risk),
            waived=tally.waived,
            since=tally.since,
            cusum=self.cusum if drift else 0.0,
            threshold=self.threshold if drift else 0.0,
            not_met_events=tuple(name for name in tally.named if name),
        )
        self.changes = (*self.changes, change)


def _rounded(duties: float) -> int:
    """Up to the next power of two, so that a threshold is worked out once and not for every duty more."""
    return int(2 ** math.ceil(math.log2(duties)))


@lru_cache(maxsize=256)
def _threshold(expected: float, duties_between_false_alarms: int) -> float:
    return threshold_for(
        risk=expected,
        odds_ratio=WATCHED_ODDS_RATIO,
        cases_between_false_alarms=duties_between_false_alarms,
    )
