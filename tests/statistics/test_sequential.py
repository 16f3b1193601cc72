"""Stopping early is fast when things are well, and never raises the risk of false assurance."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.core import UsageError
from clew.statistics.sequential import Decision, SequentialPlan

PLAN = SequentialPlan(tolerable=0.05, population=2_000, expected=0.01)


def shuffled(
    rate: float, runs: int, seed: int, population: int = 2_000
) -> np.ndarray[tuple[int, int], np.dtype[np.int_]]:
    frame = np.zeros((runs, population), dtype=int)
    frame[:, : round(rate * population)] = 1
    return np.random.default_rng(seed).permuted(frame, axis=1)


def test_a_rate_that_is_just_intolerable_is_passed_no_more_often_than_the_risk() -> None:
    runs = 4_000
    ever = (PLAN.log_e_values(shuffled(0.05, runs, 1)) >= math.log(20)).any(axis=1)
    assert ever.mean() <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)


def test_a_true_rate_of_one_percent_is_certified_every_time_within_120_reviews_on_average() -> None:
    runs = 1_000
    sure = PLAN.log_e_values(shuffled(0.01, runs, 2)) >= math.log(20)
    assert sure.any(axis=1).all()
    assert (sure.argmax(axis=1) + 1).mean() <= 120


def test_the_e_value_is_the_likelihood_ratio_computed_item_by_item() -> None:
    plan = SequentialPlan(tolerable=0.1, population=50, expected=0.02)
    outcomes = [0, 1, 0, 0, 1, 0, 0, 0]
    e, bad_left = 1.0, 5
    for i, y in enumerate(outcomes):
        p = bad_left / (50 - i)
        e *= 0.02 / p if y else 0.98 / (1 - p)
        bad_left -= y
    assert math.exp(plan.log_e_values(outcomes)[-1]) == pytest.approx(e)


@given(st.integers(1, 60), st.floats(0.03, 0.9), st.data())
def test_under_the_edge_of_the_null_the_e_value_has_mean_one(
    population: int, tolerable: float, data: st.DataObject
) -> None:
    """Ville's inequality needs it: averaged exactly over the next outcome, the e-value does not grow."""
    plan = SequentialPlan(tolerable=tolerable, population=population, expected=tolerable / 5)
    bad = plan.intolerable_errors
    past = data.draw(st.lists(st.sampled_from([0, 1]), max_size=population - 1))
    errors = sum(past)
    chance = (bad - errors) / (population - len(past))
    if not 0 < chance < 1 or errors > bad:
        return
    now = plan.log_e_values([*past, 0])[-2] if past else 0.0
    if not math.isfinite(now):
        return
    grown = sum(p * math.exp(plan.log_e_values([*past, y])[-1] - now) for y, p in ((1, chance), (0, 1 - chance)))
    assert grown == pytest.approx(1.0, abs=1e-9)


def test_finding_enough_errors_ends_the_review_the_other_way() -> None:
    plan = SequentialPlan(tolerable=0.05, population=40, expected=0.01)
    assert plan.evaluate([1, 0, 1, 0]).decision is Decision.NOT_TOLERABLE
    assert plan.evaluate([1, 0, 1, 0]).reviewed == 3
    assert "at or above 5.0%" in plan.evaluate([1, 0, 1, 0]).sentence


def test_a_census_always_decides() -> None:
    plan = SequentialPlan(tolerable=0.5, population=6, expected=0.4)
    for errors in range(7):
        outcomes = [1] * errors + [0] * (6 - errors)
        expected = Decision.NOT_TOLERABLE if errors >= 3 else Decision.TOLERABLE
        assert plan.evaluate(outcomes).decision is expected


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"population": 0}, "0 items"),
        ({"tolerable": 1.0}, "tolerable rate of 1"),
        ({"expected": 0.06}, "not below"),
        ({"risk": 0.0}, "risk of 0"),
    ],
)
def test_a_plan_that_cannot_work_is_refused_with_its_reason(options: dict[str, float], word: str) -> None:
    with pytest.raises(UsageError, match=word):
        SequentialPlan(**{"tolerable": 0.05, "population": 100, "expected": 0.01, **options})  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", [0.0, 0.005, 0.01, 0.02, 0.05])
def test_the_exact_prospect_is_what_simulation_finds(rate: float) -> None:
    runs = 1_500
    sure = PLAN.log_e_values(shuffled(rate, runs, 9)) >= math.log(20)
    found = PLAN.prospect(rate)
    share = sure.any(axis=1).mean()
    assert abs(share - found.assured) <= 4 * math.sqrt(max(found.assured * (1 - found.assured), 1e-9) / runs)
    assert found.slack < 1e-12
    if rate <= 0.02:
        reviews = sure.argmax(axis=1) + 1
        assert abs(reviews.mean() - found.mean_reviews) <= 4 * reviews.std() / math.sqrt(runs) + 1e-9


def test_false_assurance_at_the_edge_is_exactly_below_the_risk_by_no_more_than_the_overshoot() -> None:
    found = PLAN.prospect(0.05)
    overshoot = (1 - PLAN.expected) / (1 - PLAN.tolerable)
    assert 0.05 / overshoot - 1e-3 <= found.assured + found.slack <= 0.05
    assert PLAN.prospect(0.01).mean_reviews <= 120
    assert PLAN.prospect(0.01).assured == pytest.approx(1.0, abs=1e-9)


@given(st.integers(12, 40), st.floats(0.1, 0.4), st.floats(0.02, 0.08), st.integers(0, 10))
def test_on_a_small_frame_the_prospect_is_the_sum_over_every_order_of_review(
    population: int, tolerable: float, expected: float, wrong: int
) -> None:
    """Oracle: the same chances from the item-by-item e-values, each path of a tree walked."""
    plan = SequentialPlan(tolerable=tolerable, population=population, expected=expected)
    if wrong > population or (plan.intolerable_errors - wrong) / population < expected:
        return
    assured = walked(plan, wrong)
    assert plan.prospect(wrong / population).assured == pytest.approx(
        assured, abs=1e-9 + plan.prospect(wrong / population).slack
    )


def walked(plan: SequentialPlan, wrong: int) -> float:
    """The chance of assurance by walking (reviewed, errors) with one path's own e-values."""
    chance, total = {0: 1.0}, 0.0
    for n in range(1, plan.population + 1):
        after: dict[int, float] = {}
        for k, p in chance.items():
            bad = (wrong - k) / (plan.population - n + 1)
            for step, q in ((1, bad), (0, 1 - bad)):
                if q <= 0:
                    continue
                path = [1] * (k + step) + [0] * (n - k - step)
                if k + step >= plan.intolerable_errors:
                    continue
                if plan.log_e_values(path)[-1] >= math.log(1 / plan.risk) - 1e-12:
                    total += p * q
                else:
                    after[k + step] = after.get(k + step, 0.0) + p * q
        chance = after
    return total + (sum(chance.values()) if wrong < plan.intolerable_errors else 0.0)
