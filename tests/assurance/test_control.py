"""A control's status follows from data alone: it is shown, drifts, fails and re-opens, on dates one can explain."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate

from clew.assurance.control import Control, ControlStatus, control_history, reopening
from clew.assurance.plan import Act, Evidence, PlanEvent, State, recommend, record
from clew.core import UsageError
from clew.statistics.cusum import false_alarm_length, scores
from clew.statistics.sequential import log_e_above, log_e_below, upper_bound_at_any_time

CHANGE = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
CONTROL = Control("R05", target=0.9, changed_at=CHANGE)


def duties(verdicts: list[str], *, first: datetime = CHANGE + DAY, rule: str = "R05") -> pl.DataFrame:
    triggers = [first + i * DAY / 4 for i in range(len(verdicts))]
    schema = {
        "rule": pl.String,
        "trigger_at": pl.Datetime("us", "UTC"),
        "verdict": pl.String,
        "decided_at": pl.Datetime("us", "UTC"),
    }
    data = {
        "rule": [rule] * len(verdicts),
        "trigger_at": triggers,
        "verdict": verdicts,
        "decided_at": [trigger + 7 * DAY for trigger in triggers],
    }
    return pl.DataFrame(data, schema=schema)


def stream(rate: float, count: int, seed: int) -> list[str]:
    return np.where(np.random.default_rng(seed).random(count) < rate, "met", "missed").tolist()


def statuses(frame: pl.DataFrame, control: Control = CONTROL, **options: object) -> list[ControlStatus]:
    history = control_history(frame, control, as_at=CHANGE + 5_000 * DAY, **options)  # type: ignore[arg-type]
    return [change.status for change in history.changes]


def test_a_change_that_works_and_then_decays_is_operating_then_drifting_then_failed_and_reopens() -> None:
    good, bad = stream(0.98, 400, 1), stream(0.70, 400, 2)
    history = control_history(duties(good + bad), CONTROL, as_at=CHANGE + 400 * DAY)
    seen = [change.status for change in history.changes]
    assert seen[:4] == [
        ControlStatus.NOT_YET_EVIDENCED,
        ControlStatus.OPERATING,
        ControlStatus.DRIFTING,
        ControlStatus.FAILED,
    ]
    operating, drifting, failed = history.changes[1:4]
    decay = CHANGE + DAY + 400 * DAY / 4 + 7 * DAY
    assert operating.at < decay < drifting.at <= failed.at < decay + 60 * DAY
    assert operating.lower >= CONTROL.target
    assert "at least 90% is shown" in operating.reason

    proof = Evidence("control history", "b" * 64, operating.at.date())
    recommendation = recommend("A-7", text="Do it.", addressee="Force", made=CHANGE.date())
    for act, by in (
        ("accept", "o"),
        ("assign", "o"),
        ("start", "o"),
        ("submit_evidence", "o"),
        ("verify", "i"),
        ("close", "i"),
    ):
        step = PlanEvent(Act(act), by, CHANGE, "tested", "o", (CHANGE + 90 * DAY).date(), (proof,))
        recommendation = record(recommendation, step)
    event = reopening(history)
    assert event
    assert record(recommendation, event).state is State.REOPENED


def test_duties_that_arose_before_the_change_show_nothing() -> None:
    before = duties(["met"] * 200, first=CHANGE - 300 * DAY)
    assert statuses(before) == [ControlStatus.NOT_YET_EVIDENCED]


def test_duties_of_another_rule_and_undecided_ones_show_nothing() -> None:
    assert statuses(duties(["met"] * 200, rule="R06")) == [ControlStatus.NOT_YET_EVIDENCED]
    assert statuses(duties(["pending", "void", "not_applicable"] * 80)) == [ControlStatus.NOT_YET_EVIDENCED]


def test_the_status_at_a_date_does_not_depend_on_what_was_decided_later() -> None:
    frame = duties(stream(0.97, 300, 3) + stream(0.6, 100, 4))
    for days in (20, 60, 90):
        as_at = CHANGE + days * DAY
        then = control_history(frame.filter(pl.col("decided_at") <= as_at), CONTROL, as_at=as_at)
        assert control_history(frame, CONTROL, as_at=as_at).changes == then.changes


def test_unknown_is_not_no_but_does_not_help_either() -> None:
    assert statuses(duties(["met"] * 60))[-1] is ControlStatus.OPERATING
    clouded = statuses(duties(["indeterminate"] * 20 + ["met"] * 60))
    assert clouded[-1] is ControlStatus.NOT_YET_EVIDENCED
    assert statuses(duties(["indeterminate"] * 300))[-1] is ControlStatus.NOT_YET_EVIDENCED


def test_waivers_are_never_met_and_too_many_of_them_undo_an_operating_control() -> None:
    assert statuses(duties(["waived"] * 300))[-1] is ControlStatus.NOT_YET_EVIDENCED
    undone = statuses(duties(["met"] * 80 + ["waived"] * 60))
    assert undone[1:] == [ControlStatus.OPERATING, ControlStatus.DRIFTING]


def test_a_group_served_worse_keeps_a_control_from_operating() -> None:
    history = control_history(
        duties(["met"] * 80), CONTROL, as_at=CHANGE + 90 * DAY, group_gaps=("women: 12 points less",)
    )
    assert history.status is ControlStatus.DRIFTING
    assert "women" in history.changes[-1].reason


def test_a_control_that_only_just_misses_its_target_is_called_operating_no_more_often_than_its_risk() -> None:
    """Looked at after every duty for 500 duties: ordinary limits would pass far more than one in twenty."""
    runs, length, target = 1_000, 500, 0.9
    failures = np.random.default_rng(5).random((runs, length)) < 1 - target
    found, n = np.cumsum(failures, axis=1), np.arange(1, length + 1)
    shown = sum(
        any(log_e_below(int(f), int(k), 1 - target) >= math.log(20) for f, k in zip(row, n, strict=True))
        for row in found[:300]
    )
    assert shown / 300 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 300)


@given(st.integers(0, 40), st.integers(0, 200), st.floats(0.02, 0.5))
def test_the_e_values_are_the_averages_of_likelihood_ratios_they_claim_to_be(f: int, sound: int, rate: float) -> None:
    n = f + sound
    if n == 0:
        return

    def ratio(p: float) -> float:
        return math.exp(f * math.log(p / rate) + sound * math.log((1 - p) / (1 - rate)))

    below, _ = integrate.quad(ratio, 0, rate, points=[min(rate, f / n)], limit=200)
    above, _ = integrate.quad(ratio, rate, 1, points=[max(rate, f / n)], limit=200)
    assert math.exp(log_e_below(f, n, rate)) == pytest.approx(below / rate, rel=1e-5)
    assert math.exp(log_e_above(f, n, rate)) == pytest.approx(above / (1 - rate), rel=1e-5)


def test_the_any_time_limit_is_where_the_e_value_reaches_one_over_the_risk() -> None:
    limit = upper_bound_at_any_time(2, 120, risk=0.05)
    assert math.exp(log_e_below(2, 120, limit)) == pytest.approx(20, rel=1e-6)
    assert limit > 0.05


def test_the_in_control_run_length_agrees_with_simulation() -> None:
    risk, threshold = 0.1, 2.0
    up, down = scores([risk] * 2, [1, 0], odds_ratio=2)
    rng = np.random.default_rng(8)
    lengths = []
    for _ in range(400):
        total, length = 0.0, 0
        while total < threshold:
            total = max(0.0, total + (up if rng.random() < risk else down))
            length += 1
        lengths.append(length)
    mean, error = np.mean(lengths), np.std(lengths) / 20
    assert abs(false_alarm_length(risk=risk, odds_ratio=2, threshold=threshold) - mean) < 4 * error


@pytest.mark.parametrize("target", [0.0, 1.0])
def test_a_target_that_no_number_of_cases_could_show_is_refused(target: float) -> None:
    with pytest.raises(UsageError, match="target"):
        Control("R05", target=target, changed_at=CHANGE)


def test_duties_without_the_columns_are_refused() -> None:
    with pytest.raises(UsageError, match="'verdict'"):
        control_history(duties(["met"]).drop("verdict"), CONTROL, as_at=CHANGE)
