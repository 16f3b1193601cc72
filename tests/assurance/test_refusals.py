"""Numbers that cannot be are refused with a reason, never answered and never a traceback."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from clew.core import UsageError
from clew.statistics.agreement import agreement
from clew.statistics.bounds import Likelihood, lower_bound, upper_bound
from clew.statistics.contingency import benjamini_hochberg, exact_odds_ratio, risk_difference
from clew.statistics.control_chart import Direction, control_chart
from clew.statistics.cusum import cusum, scores
from clew.statistics.funnel import funnel
from clew.statistics.intervals import proportion_interval
from clew.statistics.monetary import MonetaryMethod, mean_taint_upper_bound
from clew.statistics.planning import plan_sample, plan_stages
from clew.statistics.priors import audit_risk_prior
from clew.statistics.strata import population_upper_bound
from clew.statistics.survey import stratified_rate
from clew.statistics.totals import TotalMethod, estimate_total_error

BINOMIAL, HYPERGEOMETRIC = Likelihood.BINOMIAL, Likelihood.HYPERGEOMETRIC
REFUSED: dict[str, Callable[[], object]] = {
    "more errors than items": lambda: upper_bound(5, 3, confidence=0.95, likelihood=BINOMIAL),
    "a confidence that is no number": lambda: upper_bound(0, 3, confidence=math.nan, likelihood=BINOMIAL),
    "a plan for no population": lambda: plan_sample(tolerable=0.05, likelihood=HYPERGEOMETRIC, population=0),
    "a target of one": lambda: plan_sample(tolerable=1.0),
    "fewer than no errors": lambda: plan_sample(tolerable=0.05, expected_errors=-1),
    "a rate below zero": lambda: plan_sample(tolerable=0.05, expected_rate=-0.1),
    "an expected rate above the tolerable": lambda: plan_sample(tolerable=0.05, expected_rate=0.06),
    "no stages": lambda: plan_stages([], tolerable=0.05),
    "no inherent risk": lambda: audit_risk_prior(BINOMIAL, tolerable=0.05, inherent_risk=0, control_risk=0.5),
    "no strata": lambda: population_upper_bound([], [], []),
    "more drawn than there are": lambda: population_upper_bound([1, 0], [10, 10], [5, 100]),
    "an interval without spread": lambda: stratified_rate([0, 0], [10, 10], [100, 100]).interval(),
    "nothing scored": lambda: agreement([]),
    "one case": lambda: agreement([[1, 0]]),
    "only one answer ever": lambda: agreement([[1, 1], [1, 1]]),
    "cases of different width": lambda: agreement([[1, 1], [0]]),
    "a chart of one point": lambda: control_chart([1.0], direction=Direction.INCREASE),
    "a gap in a chart": lambda: control_chart([5.0, math.nan, 3.0], direction=Direction.INCREASE),
    "a funnel of one unit": lambda: funnel([1], [2]),
    "taming more than there is": lambda: funnel([0, 1, 2], [2, 5, 6], trim=0.6),
    "a case that cannot fail": lambda: cusum([0.0, 0.5], [0, 1], odds_ratio=2),
    "watching for nothing": lambda: scores([0.5], [1], odds_ratio=1),
    "a group of none": lambda: risk_difference([[0, 0], [1, 1]]),
    "a p-value that is no number": lambda: benjamini_hochberg([0.1, math.nan]),
    "a rate of none": lambda: proportion_interval(0, 0),
    "a taint above one": lambda: mean_taint_upper_bound([1.5], 30, method=MonetaryMethod.STRINGER),
    "a pps bound from one error": lambda: mean_taint_upper_bound([0.5], 30, method=MonetaryMethod.PPS),
    "a line through one point": lambda: estimate_total_error(
        [1, 1, 1], [1, 1, 1], method=TotalMethod.REGRESSION, population_items=10, population_total=10
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused_with_a_reason(what: str) -> None:
    with pytest.raises(UsageError) as refusal:
        REFUSED[what]()
    assert refusal.value.what.endswith(".")


def test_a_table_with_only_one_arrangement_says_nothing_about_the_odds() -> None:
    got = exact_odds_ratio([[0, 0], [3, 4]])
    assert (math.isnan(got.value), got.lower, got.upper, got.p_value) == (True, 0.0, math.inf, 1.0)


@pytest.mark.parametrize("errors", range(11))
def test_the_limits_of_a_census_are_what_was_found_and_limits_enclose_the_rate(errors: int) -> None:
    options = {"confidence": 0.95, "likelihood": HYPERGEOMETRIC}
    assert upper_bound(errors, 10, population=10, **options) == pytest.approx(errors / 10)  # type: ignore[arg-type]
    assert lower_bound(errors, 10, population=10, **options) == pytest.approx(errors / 10)  # type: ignore[arg-type]
    low = lower_bound(errors, 10, population=50, **options)  # type: ignore[arg-type]
    assert low <= errors / 10 <= upper_bound(errors, 10, population=50, **options)  # type: ignore[arg-type]
