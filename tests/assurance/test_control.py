"""A control's status follows from data alone: it is shown, drifts, fails and re-opens, on dates one can explain."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate

from clew.assurance.control import Control, ControlStatus, control_history, reopening
from clew.assurance.control.watch import Watch
from clew.assurance.equality.watch import GroupWatch
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


def by_group(count: int) -> pl.DataFrame:
    events = [f"E{i}" for i in range(count)]
    groups = ["women" if i % 3 else "men" for i in range(count)]
    return pl.DataFrame({"event_id": events, "characteristic": ["sex"] * count, "value": groups})


def test_a_group_served_worse_undoes_an_operating_control_and_keeps_it_from_operating() -> None:
    """Men, every third, are served less well; the share met over all is well above the target of 0.7."""
    count, rng = 600, np.random.default_rng(11)
    worse = ["met" if i % 3 or rng.random() < 0.6 else "missed" for i in range(count)]
    frame = duties(worse).with_columns(event_id=pl.Series([f"E{i}" for i in range(count)]))
    control = Control("R05", target=0.7, changed_at=CHANGE)
    history = control_history(frame, control, as_at=CHANGE + 5_000 * DAY, characteristics=by_group(count))
    assert [change.status for change in history.changes][1:] == [ControlStatus.OPERATING, ControlStatus.DRIFTING]
    assert "men" in history.changes[-1].reason
    blind = control_history(frame, control, as_at=CHANGE + 5_000 * DAY)
    assert blind.status is ControlStatus.OPERATING
    wide = replace(control, gap_margin=0.6)
    assert (
        control_history(frame, wide, as_at=CHANGE + 5_000 * DAY, characteristics=by_group(count)).status
        is ControlStatus.OPERATING
    )


def test_where_there_is_no_gap_none_is_ever_reported_more_often_than_the_risk() -> None:
    """Two groups served alike at 85%, looked at for 1,000 duties: a nightly test at 5% would find a gap in a third."""
    labels = {"sex": {f"E{i}": "women" if i % 3 else "men" for i in range(1_000)}}
    runs, found = 200, 0
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        watch = GroupWatch(labels, 0.0, 0.05)
        for i in range(1_000):
            watch.take(f"E{i}", met=bool(rng.random() < 0.85))
            if watch.gap:
                found += 1
                break
    assert found / runs <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)


def test_what_is_done_early_does_not_make_a_new_change_look_better_than_it_is() -> None:
    """Due in 28 days, half of them met at once, the rest missed: for four weeks nothing but successes is known."""
    triggers = [CHANGE + DAY + i * DAY / 8 for i in range(400)]
    met = [i % 2 == 0 for i in range(400)]
    due = [trigger + 28 * DAY for trigger in triggers]
    frame = pl.DataFrame(
        {
            "rule": ["R05"] * 400,
            "trigger_at": triggers,
            "due": due,
            "verdict": ["met" if each else "missed" for each in met],
            "decided_at": [t + DAY if each else d for t, d, each in zip(triggers, due, met, strict=True)],
        }
    )
    for days in (20, 28, 40, 90):
        night = CHANGE + days * DAY
        known = frame.with_columns(
            verdict=pl.when(pl.col("decided_at") <= night).then("verdict").otherwise(pl.lit("pending"))
        )
        said = control_history(known, CONTROL, as_at=night)
        assert ControlStatus.OPERATING not in {change.status for change in said.changes}
    undated = frame.drop("due").filter(pl.col("decided_at") <= CHANGE + 28 * DAY)
    assert control_history(undated, CONTROL, as_at=CHANGE + 28 * DAY).status is ControlStatus.OPERATING


def test_a_drift_that_stays_at_the_target_is_seldom_called_failed() -> None:
    """Failure is judged on what comes after the signal: the run that raised it was picked because it looks bad."""
    drifted = failed = 0
    shown = Watch.start(Control("R05", target=0.95, changed_at=CHANGE))
    for i in range(200):
        at = CHANGE + (i + 1) * DAY / 4
        shown.take(at, "missed" if i == 50 else "met", at, "")
    assert shown.status is ControlStatus.OPERATING
    for seed in range(60):
        rng, watch = np.random.default_rng(seed), shown.copy()
        for i in range(200, 700):
            at = CHANGE + (i + 1) * DAY / 4
            watch.take(at, "met" if rng.random() < 0.95 else "missed", at, "")
        seen = [change.status for change in watch.changes]
        if ControlStatus.DRIFTING in seen:
            drifted += 1
            failed += seen[seen.index(ControlStatus.DRIFTING) + 1 :][:1] == [ControlStatus.FAILED]
    assert drifted > 30
    assert failed / drifted <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / drifted)


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
