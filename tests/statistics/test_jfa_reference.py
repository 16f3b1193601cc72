"""Audit sampling agrees with R's jfa, row by row, whatever rows the reference file holds."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clew.statistics.bounds import (
    Alternative,
    Likelihood,
    hypergeometric_quantile,
    lower_bound,
    p_value,
    upper_bound,
)
from clew.statistics.monetary import MonetaryMethod, mean_taint, mean_taint_upper_bound
from clew.statistics.planning import plan_precision, plan_sample, plan_stages
from clew.statistics.priors import (
    Belief,
    audit_risk_prior,
    bayes_factor,
    bounded_prior,
    default_prior,
    hypothesis_prior,
    impartial_prior,
    plan_with_prior,
    sample_prior,
    strict_prior,
)
from clew.statistics.strata import population_estimate, population_upper_bound
from clew.statistics.totals import TotalMethod, estimate_total_error

Row = dict[str, Any]
DEFAULT_TOLERABLE = 0.05
MONTE_CARLO = 1e-3


def plan_row(row: Row, output: str, folder: Path) -> float:
    options = {
        "confidence": row["conf"],
        "likelihood": Likelihood(row["likelihood"]),
        "population": row.get("N"),
    }
    if "min_precision" in row:
        plan = plan_precision(precision=row["min_precision"], expected_rate=row["expected_rate"], **options)
    elif "stage_expected" in row:
        options.pop("population")
        return plan_stages(row["stage_expected"], tolerable=row["materiality"], **options)
    elif "expected_rate" in row:
        plan = plan_sample(tolerable=row["materiality"], expected_rate=row["expected_rate"], **options)
    else:
        plan = plan_sample(tolerable=row["materiality"], expected_errors=row["expected_errors"], **options)
    return {"n": plan.n, "ub_at_n": plan.upper_bound, "ub": plan.upper_bound, "x": plan.errors}[output]


def eval_row(row: Row, output: str, folder: Path) -> float:
    likelihood = Likelihood(row["method"])
    sample = {"errors": row["x"], "n": row["n"], "likelihood": likelihood, "population": row.get("N")}
    alternative = Alternative(row.get("alternative", "less"))
    one_sided = (1 + row["conf"]) / 2 if alternative is Alternative.TWO_SIDED else row["conf"]
    if output in ("p_value", "p"):
        return p_value(rate=row["materiality"], alternative=alternative, **sample)
    if output == "ub":
        return upper_bound(confidence=one_sided, **sample)
    if output == "lb" and likelihood is Likelihood.HYPERGEOMETRIC:
        return hypergeometric_quantile(row["x"], row["n"], probability=1 - one_sided, population=row["N"])
    if output == "lb" and likelihood is Likelihood.POISSON:
        # jfa counts one item more at the lower end than Garwood's interval does.
        return lower_bound(confidence=one_sided, **{**sample, "n": row["n"] + 1})
    if output == "lb":
        return lower_bound(confidence=one_sided, **sample)
    return row["x"] / row["n"]


def prior_of(row: Row) -> Belief:
    likelihood = Likelihood(row["likelihood"])
    tolerable, confidence = row.get("materiality", DEFAULT_TOLERABLE), row.get("conf.level", 0.95)
    expected = row.get("expected", 0.0)
    methods: dict[str, Callable[[], Belief]] = {
        "default": lambda: default_prior(likelihood),
        "strict": lambda: strict_prior(likelihood),
        "impartial": lambda: impartial_prior(likelihood, tolerable=tolerable, expected=expected),
        "hyp": lambda: hypothesis_prior(likelihood, tolerable=tolerable, probability=row["p.hmin"], expected=expected),
        "arm": lambda: audit_risk_prior(
            likelihood, tolerable=tolerable, inherent_risk=row["ir"], control_risk=row["cr"], confidence=confidence
        ),
        "bram": lambda: bounded_prior(likelihood, expected=expected, upper=row["ub"], confidence=confidence),
        "sample": lambda: sample_prior(likelihood, errors=row["x"], n=row["n"]),
        "power": lambda: sample_prior(likelihood, errors=row["x"], n=row["n"], weight=row["delta"]),
    }
    return methods[row["method"]]()


def prior_row(row: Row, output: str, folder: Path) -> float:
    return {"alpha": prior_of(row).alpha, "beta": prior_of(row).beta}[output]


def plan_bayes_row(row: Row, output: str, folder: Path) -> float:
    return plan_with_prior(
        prior_of(row),
        tolerable=row.get("materiality", DEFAULT_TOLERABLE),
        expected_errors=row["expected_errors"],
        confidence=row.get("conf.level", 0.95),
    )


def posterior_row(row: Row, output: str, folder: Path) -> float:
    tolerable = row.get("materiality", DEFAULT_TOLERABLE)
    known = "prior" in row
    prior = default_prior(Likelihood(row["method"]), population=row.get("N")) if known else prior_of(row)
    after = prior.updated(row["x"], row["n"])
    return {
        "ub": lambda: after.quantile(row.get("conf", row.get("conf.level", 0.95))),
        "bf_h1": lambda: bayes_factor(prior, after, tolerable),
        "p_h1": lambda: after.probability_below(tolerable),
        "mode": lambda: after.mode,
        "mle": lambda: after.mode,
    }[output]()


def mus_row(row: Row, output: str, folder: Path) -> float:
    taints = row.get("taints")
    if taints is None:
        taints = [1 - audit / book for book, audit, _ in mus_items(folder) if audit != book]
    if output == "mle":
        return mean_taint(taints, row["n"])
    return mean_taint_upper_bound(
        taints, row["n"], method=MonetaryMethod(row["method"]), confidence=row["conf"], population=row.get("N")
    )


def estimator_row(row: Row, output: str, folder: Path) -> float:
    items = mus_items(folder)
    recorded = [book for book, _, _ in items]
    method = TotalMethod(row["method"])
    # jfa scales its quotient estimate to the sample's mean recorded value, not to the known total.
    total = row["N_items"] * sum(recorded) / len(recorded) if method is TotalMethod.QUOTIENT else row["N_units"]
    result = estimate_total_error(
        recorded,
        [audit for _, audit, _ in items],
        method=method,
        population_items=row["N_items"],
        population_total=total,
        confidence=row["conf"],
    )
    return {"mle": result.estimate, "lb": result.lower, "ub": result.upper, "precision": result.precision}[output]


def strata_row(row: Row, output: str, folder: Path) -> float:
    likelihood = Likelihood(row["method"])
    x, n = row["x"], row["n"]
    confidence, tolerable = row.get("conf", 0.95), row.get("materiality", DEFAULT_TOLERABLE)
    what, _, stratum = output.partition("_stratum")
    if row["pooling"] == "complete":
        x, n, stratum = [sum(x)], [sum(n)], "1"
    if stratum:
        one = {"errors": x[int(stratum) - 1], "n": n[int(stratum) - 1], "likelihood": likelihood}
        return {
            "ub": lambda: upper_bound(confidence=confidence, **one),
            "p": lambda: p_value(rate=tolerable, **one),
            "p_value": lambda: p_value(rate=tolerable, **one),
            "mle": lambda: one["errors"] / one["n"],
        }[what]()
    if what.startswith("mle"):
        return population_estimate(x, n, row["N"])
    return population_upper_bound(x, n, row["N"], confidence=confidence, likelihood=likelihood)


def mus_items(folder: Path) -> list[tuple[float, float, float]]:
    with (folder / "mus_data.csv").open(newline="") as file:
        return [(float(row["book"]), float(row["audit"]), float(row["audit2"])) for row in csv.DictReader(file)]


GROUPS: dict[str, Callable[[Row, str, Path], float]] = {
    "plan": plan_row,
    "plan-rate": plan_row,
    "plan-hyper": plan_row,
    "plan-precision": plan_row,
    "plan-sequential": plan_row,
    "eval": eval_row,
    "eval-hyper": eval_row,
    "bayes": posterior_row,
    "eval-bayes": posterior_row,
    "prior": prior_row,
    "plan-bayes": plan_bayes_row,
    "mus": mus_row,
    "estimator": estimator_row,
    "strata": strata_row,
    "strata-mc": strata_row,
}


def is_poisson_bram(row: Row) -> bool:
    return row.get("method") == "bram" and row["likelihood"] == "poisson"


def rows_of(reference: Path) -> list[dict[str, str]]:
    with (reference / "jfa_reference.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_row_of_the_reference_is_reproduced(reference: Path) -> None:
    rows = [row for row in rows_of(reference) if not is_poisson_bram(json.loads(row["inputs_json"]))]
    assert rows
    off = []
    for row in rows:
        wanted = float(row["value"])
        got = GROUPS[row["group"]](json.loads(row["inputs_json"]), row["output"], reference)
        tolerance = MONTE_CARLO if row["group"] == "strata-mc" else 1e-6
        if not (got == wanted or math.isclose(got, wanted, rel_tol=tolerance, abs_tol=tolerance)):
            off.append((row["id"], row["group"], row["inputs_json"], row["output"], wanted, got))
    assert not off, f"{len(off)} of {len(rows)} rows differ: {off}"


def test_the_poisson_bounded_prior_meets_its_definition_where_jfa_stops_short(reference: Path) -> None:
    """jfa finds this prior with R's uniroot at its default tolerance, eps^(1/4); ours is solved to the last digit."""
    rows = [row for row in rows_of(reference) if is_poisson_bram(json.loads(row["inputs_json"]))]
    for row in rows:
        inputs = json.loads(row["inputs_json"])
        ours = prior_of(inputs)
        assert ours.quantile(inputs["conf.level"]) == pytest.approx(inputs["ub"], abs=1e-10)
        assert ours.mode == pytest.approx(inputs["expected"], abs=1e-12)
        if row["output"] in ("alpha", "n"):
            got = GROUPS[row["group"]](inputs, row["output"], reference)
            assert got == pytest.approx(float(row["value"]), abs=2.220446e-16**0.25)
        if row["output"] == "alpha":
            jfa = Belief(Likelihood.POISSON, float(row["value"]), (float(row["value"]) - 1) / inputs["expected"])
            assert abs(jfa.quantile(inputs["conf.level"]) - inputs["ub"]) > 1e-6


@pytest.mark.parametrize("group", ["plan", "mus", "strata"])
def test_a_changed_reference_value_is_noticed(group: str, reference: Path) -> None:
    row = next(row for row in rows_of(reference) if row["group"] == group)
    got = GROUPS[group](json.loads(row["inputs_json"]), row["output"], reference)
    assert not math.isclose(got, float(row["value"]) + 0.01, rel_tol=1e-6, abs_tol=1e-6)
