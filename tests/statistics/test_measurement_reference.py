"""Agreement, charts, funnels, CUSUM, survey and equality numbers agree with R, whatever rows the files hold."""

from __future__ import annotations

import csv
import itertools
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from clew.statistics.agreement import Coefficient, Weights, agreement
from clew.statistics.contingency import (
    benjamini_hochberg,
    chi_squared_p,
    exact_common_odds_ratio,
    exact_odds_ratio,
    holm,
    mantel_haenszel,
    risk_ratio,
)
from clew.statistics.control_chart import Direction, control_chart
from clew.statistics.cusum import cusum, scores, vlad
from clew.statistics.funnel import ALARM, WARNING, Taming, dispersion, funnel
from clew.statistics.intervals import IntervalMethod, proportion_interval, wilson_limits
from clew.statistics.survey import SurveyInterval, stratified_rate

R_ROOT = 2.220446e-16**0.25
"""The default tolerance of R's uniroot."""

COEFFICIENTS = {
    "AC1": Coefficient.AC,
    "AC2": Coefficient.AC,
    "Fleiss' Kappa": Coefficient.FLEISS,
    "Krippendorff's Alpha": Coefficient.ALPHA,
    "Conger's Kappa": Coefficient.CONGER,
    "Brennan-Prediger": Coefficient.BRENNAN_PREDIGER,
}


def read(folder: Path, name: str) -> list[dict[str, str]]:
    path = folder / name
    if not path.exists():
        pytest.skip(f"{name} is not in the reference folder")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows, name
    return rows


def column(rows: list[dict[str, str]], name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([float(row[name]) for row in rows])


def test_agreement_matches_irrcac_in_value_error_and_interval(reference: Path) -> None:
    for row in read(reference, "irr_reference.csv"):
        got = agreement(
            json.loads(row["data_json"]), coefficient=COEFFICIENTS[row["coef"]], weights=Weights(row["weights"])
        )
        where = (row["dataset"], row["coef"], row["weights"])
        assert got.observed == pytest.approx(float(row["pa"]), abs=1e-9), where
        assert got.by_chance == pytest.approx(float(row["pe"]), abs=1e-9), where
        assert round(got.value, 5) == pytest.approx(float(row["value"]), abs=1e-9), where
        assert round(got.standard_error, 5) == pytest.approx(float(row["se"]), abs=1e-9), where
        lower, upper = (float(part) for part in row["ci"].strip("()").split(","))
        assert (round(got.lower, 3), round(got.upper, 3)) == (lower, upper), where


def optional(text: str) -> float | None:
    return None if text in ("", "NA") else float(text)


def spc_cases(reference: Path) -> list[tuple[str, list[dict[str, str]]]]:
    names = [name for name in ("spc_reference.csv", "spc_ptd_reference.csv") if (reference / name).exists()]
    rows = [row for name in names for row in read(reference, name)]
    if not rows:
        pytest.skip("no control-chart reference")
    return [(name, list(group)) for name, group in itertools.groupby(rows, key=lambda row: row["case"])]


def test_every_control_chart_point_matches_the_nhs_rules(reference: Path) -> None:
    for name, rows in spc_cases(reference):
        fix = optional(rows[0]["fix_after_n"])
        chart = control_chart(
            column(rows, "y"),
            direction=Direction(int(rows[0]["direction"])),
            rebase_at=[i for i, row in enumerate(rows) if row["rebase"] == "1"],
            screen_outliers=rows[0]["screen_outliers"] == "TRUE",
            fix_after=None if fix is None else int(fix),
            target=optional(rows[0]["target"]),
        )
        for point, row in zip(chart.points, rows, strict=True):
            where = (name, row["i"])
            assert point.mean == pytest.approx(float(row["mean"]), abs=1e-6), where
            assert point.lower == pytest.approx(float(row["lpl"]), abs=1e-6), where
            assert point.upper == pytest.approx(float(row["upl"]), abs=1e-6), where
            assert point.cause.value == row["special_cause_type"], where
            assert point.kind.value == row["point_type"], where
        assert (chart.assurance.value if chart.assurance else "NA") == rows[-1]["assurance"], name


def test_funnel_limits_and_scores_match(reference: Path) -> None:
    rows = read(reference, "funnel_reference.csv")
    got = funnel(column(rows, "numerator"), column(rows, "denominator"))
    for name, values in {
        "Y": got.transformed,
        "s": got.standard_error,
        "z": got.z,
        "wz": got.tamed_z,
        "z_od": got.overdispersed_z,
        "lo95": 100 * got.limits[WARNING][0],
        "hi95": 100 * got.limits[WARNING][1],
        "lo998": 100 * got.limits[ALARM][0],
        "hi998": 100 * got.limits[ALARM][1],
    }.items():
        np.testing.assert_allclose(values, column(rows, name), atol=1e-6, err_msg=name)
    low, high = wilson_limits(column(rows, "numerator"), column(rows, "denominator"))
    np.testing.assert_allclose(low, column(rows, "wilson_lo"), atol=1e-8)
    np.testing.assert_allclose(high, column(rows, "wilson_hi"), atol=1e-8)


def test_over_dispersion_matches_for_each_way_of_taming(reference: Path) -> None:
    units = read(reference, "funnel_reference.csv")
    plot = funnel(column(units, "numerator"), column(units, "denominator"))
    for row in read(reference, "funnel_od_reference.csv"):
        got = dispersion(plot.z, plot.standard_error, trim=float(row["trim"]), taming=Taming(row["method"]))
        assert got.units == int(row["n"])
        assert got.phi == pytest.approx(float(row["phi"]), abs=1e-6)
        assert got.tau_squared == pytest.approx(float(row["tau2"]), abs=1e-6)
        assert math.asin(math.sqrt(plot.target)) == pytest.approx(float(row["target"]), abs=1e-6)


def test_risk_adjusted_cusum_and_vlad_match(reference: Path) -> None:
    rows = read(reference, "racusum_reference.csv")
    p, y = column(rows, "p"), column(rows, "y")
    np.testing.assert_allclose(scores(p, y, odds_ratio=2), column(rows, "llr_RA2"), atol=1e-8)
    np.testing.assert_allclose(scores(p, y, odds_ratio=0.5), column(rows, "llr_RA05"), atol=1e-8)
    np.testing.assert_allclose(vlad(p, y), column(rows, "vlad"), atol=1e-8)
    up, down = column(rows, "cusum_up"), column(rows, "cusum_down")
    # The reference lets its first step fall below 0; Steiner's chart does not, and from step two on they are one.
    up[0], down[0] = max(0.0, up[0]), max(0.0, down[0])
    np.testing.assert_allclose(cusum(p, y, odds_ratio=2), up, atol=1e-8)
    np.testing.assert_allclose(cusum(p, y, odds_ratio=0.5), down, atol=1e-8)


def survey(inputs: dict[str, Any], output: str) -> float:
    got = stratified_rate(inputs["x"], inputs["n"], inputs["N"])
    if output.startswith("ci_"):
        _, method, end = output.split("_")
        # R's xlogit transforms the estimate, its logit refits it: the same interval.
        limits = got.interval(
            confidence=inputs["conf"], method=SurveyInterval("logit" if method == "xlogit" else method)
        )
        return limits[end == "hi"]
    return {
        "est": got.rate,
        "p": got.rate,
        "mean": got.rate,
        "se": got.standard_error_without_correction,
        "se_fpc": got.standard_error,
        "deff": got.design_effect,
    }[output]


def interval(method: IntervalMethod) -> Callable[[dict[str, Any], str], float]:
    def compute(inputs: dict[str, Any], output: str) -> float:
        limits = proportion_interval(inputs["x"], inputs["n"], confidence=inputs["conf"], method=method)
        return limits[output == "hi"]

    return compute


def fisher(inputs: dict[str, Any], output: str) -> float:
    got = exact_odds_ratio(inputs["table"])
    return {"p": got.p_value, "or": got.value, "or_lo": got.lower, "or_hi": got.upper}[output]


def chi_squared(inputs: dict[str, Any], output: str) -> float:
    return {
        "p": lambda: chi_squared_p(inputs["table"]),
        "p_yates": lambda: chi_squared_p(inputs["table"], correction=True),
        "p_cc": lambda: chi_squared_p(inputs["table"], correction=True),
    }[output]()


def ratio(inputs: dict[str, Any], output: str) -> float:
    got = risk_ratio(inputs["table"])
    return {"rr": got.value, "rr_lo": got.lower, "rr_hi": got.upper}[output]


def strata(inputs: dict[str, Any]) -> list[list[list[float]]]:
    return [[[a, c], [b, d]] for a, b, c, d in inputs["strata_2x2_colmajor"]]


def cmh(inputs: dict[str, Any], output: str) -> float:
    tables = strata(inputs)
    if "exact" in output:
        exact = exact_common_odds_ratio(tables)
        key = output.replace("exact", "").strip("_").replace("__", "_")
        return {"p": exact.p_value, "or": exact.value, "or_lo": exact.lower, "or_hi": exact.upper}[key]
    got = mantel_haenszel(tables)
    return {
        "p": got.p_value_uncorrected,
        "p_cc": got.p_value,
        "stat": got.statistic,
        "statistic": got.statistic,
        "or_mh": got.odds_ratio,
        "or_lo": got.lower,
        "or_hi": got.upper,
    }[output]


def adjusted(inputs: dict[str, Any], output: str) -> float:
    method, _, position = output.partition("_")
    return float({"BH": benjamini_hochberg, "holm": holm}[method](inputs["p"])[int(position) - 1])


SURVEY_GROUPS: dict[str, Callable[[dict[str, Any], str], float]] = {
    "survey-strat": survey,
    "binom-cp": interval(IntervalMethod.CLOPPER_PEARSON),
    "wilson": interval(IntervalMethod.WILSON),
    "wilson-cc": interval(IntervalMethod.WILSON_CONTINUITY),
    "jeffreys": interval(IntervalMethod.JEFFREYS),
    "fisher": fisher,
    "chisq": chi_squared,
    "epi2by2": ratio,
    "cmh": cmh,
    "cmh-exact": lambda inputs, output: cmh(inputs, output if "exact" in output else f"exact_{output}"),
    "p.adjust": adjusted,
}


def is_root(row: dict[str, str]) -> bool:
    """R solves for these numerically: the likelihood interval off an interpolated profile, the exact odds by uniroot.

    Ours are solved to the last digit; two tests below hold them to their definitions.
    """
    return "likelihood" in row["output"] or (row["group"] in ("fisher", "cmh-exact") and row["output"].startswith("or"))


def test_survey_and_equality_rows_match(reference: Path) -> None:
    off = []
    for row in read(reference, "survey_equality_reference.csv"):
        got = SURVEY_GROUPS[row["group"]](json.loads(row["inputs_json"]), row["output"])
        tolerance = R_ROOT if is_root(row) else 1e-6
        if not math.isclose(got, float(row["value"]), rel_tol=tolerance, abs_tol=tolerance):
            off.append((row["group"], row["inputs_json"], row["output"], row["value"], got))
    assert not off, off


def test_the_likelihood_interval_ends_where_the_scaled_deviance_does() -> None:
    result = stratified_rate([12, 5, 20], [60, 40, 90], [900, 150, 2400])
    p, n = result.rate, result.drawn
    for q in result.interval(method=SurveyInterval.LIKELIHOOD):
        deviance = 2 * (n - 1) * (p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q)))
        scale = result.standard_error**2 * n / (p * (1 - p))
        assert deviance / scale == pytest.approx(float(stats.f.ppf(0.95, 1, result.degrees_of_freedom)), abs=1e-8)


def test_the_exact_odds_ratio_is_scipys_on_one_table() -> None:
    for table in ([[40, 60], [25, 75]], [[3, 9], [0, 7]], [[1, 50], [8, 30]]):
        ours, theirs = exact_odds_ratio(table), stats.contingency.odds_ratio(table)
        limits = theirs.confidence_interval(0.95)
        assert ours.value == pytest.approx(theirs.statistic, rel=1e-6)
        assert (ours.lower, ours.upper) == pytest.approx((limits.low, limits.high), rel=1e-6)
        assert ours.p_value == pytest.approx(stats.fisher_exact(table).pvalue, rel=1e-9)


def test_one_stratum_pooled_by_mantel_haenszel_is_the_plain_odds_ratio() -> None:
    assert mantel_haenszel([[[40, 60], [25, 75]]]).odds_ratio == pytest.approx(40 * 75 / (60 * 25))
    assert exact_common_odds_ratio([[[4, 6], [2, 7]]] * 3).value > 1
