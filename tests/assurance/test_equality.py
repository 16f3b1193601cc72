"""Service is compared across groups without false alarms, with missing values first, and never from the links."""

from __future__ import annotations

import ast
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from clew.assurance.equality import (
    NOT_RECORDED,
    equality_measures,
    gaps,
    group_delays,
    missingness,
)
from clew.assurance.equality.measures import detectable_difference
from clew.core import UsageError
from clew.statistics.contingency import mantel_haenszel

ROOT = Path(__file__).resolve().parents[2]


def made(groups: dict[str, tuple[int, int]], *, stratum: str = "A") -> tuple[pl.DataFrame, pl.DataFrame]:
    """(met, missed) by group; the group "" has no characteristics row."""
    rows = [
        (f"{stratum}-{group}-{verdict}-{i}", verdict, group)
        for group, counts in groups.items()
        for verdict, count in zip(("met", "missed"), counts, strict=True)
        for i in range(count)
    ]
    duties = pl.DataFrame(
        {"rule": "R05", "event_id": [row[0] for row in rows], "verdict": [row[1] for row in rows]}
    ).with_columns(pl.lit(stratum).alias("unit"))
    known = [row for row in rows if row[2]]
    values = pl.DataFrame(
        {"event_id": [row[0] for row in known], "characteristic": "sex", "value": [row[2] for row in known]}
    )
    return duties, values


def by_group(duties: pl.DataFrame, values: pl.DataFrame, **options: object) -> dict[str, object]:
    return {measure.group: measure for measure in equality_measures(duties, values, **options)}  # type: ignore[arg-type]


def test_counts_rates_and_missingness_are_as_laid_out() -> None:
    duties, values = made({"female": (40, 10), "male": (90, 10), "": (20, 30)})
    measures = by_group(duties, values)
    assert set(measures) == {"female", "male", NOT_RECORDED}
    female = measures["female"]
    assert (female.rate, female.others) == (0.8, 110 / 150)  # type: ignore[attr-defined]
    assert missingness(duties, values)[0].share == pytest.approx(50 / 200)


def test_a_group_served_worse_is_found_and_said_in_words() -> None:
    duties, values = made({"female": (120, 80), "male": (180, 20)})
    found = gaps(equality_measures(duties, values))
    assert len(found) == 1
    assert "female" in found[0]
    assert "-30.0%" in found[0]


def test_a_difference_that_place_explains_is_not_held_against_the_service() -> None:
    """Simpson: each unit treats both groups alike, but most women die where the unit is slow."""
    slow = made({"female": (100, 100), "male": (20, 20)}, stratum="slow")
    fast = made({"female": (36, 4), "male": (180, 20)}, stratum="fast")
    duties, values = pl.concat([slow[0], fast[0]]), pl.concat([slow[1], fast[1]])
    plain, within = by_group(duties, values)["female"], by_group(duties, values, strata=["unit"])["female"]
    assert plain.p_value < 0.001  # type: ignore[attr-defined]
    assert within.p_value == pytest.approx(1.0)  # type: ignore[attr-defined]
    assert within.odds_ratio == pytest.approx(1.0)  # type: ignore[attr-defined]


def test_stratified_counts_are_those_of_tables_built_by_hand() -> None:
    one = made({"f": (30, 12), "m": (50, 9)}, stratum="one")
    two = made({"f": (15, 20), "m": (25, 18)}, stratum="two")
    got = by_group(pl.concat([one[0], two[0]]), pl.concat([one[1], two[1]]), strata=["unit"])["f"]
    naive = mantel_haenszel([[[30, 12], [50, 9]], [[15, 20], [25, 18]]])
    assert (got.odds_ratio, got.p_value) == pytest.approx((naive.odds_ratio, naive.p_value_uncorrected))  # type: ignore[attr-defined]


def test_groups_treated_alike_raise_no_more_alarms_than_they_should() -> None:
    rng = np.random.default_rng(7)
    alarms = 0
    for run in range(60):
        n = 400
        duties = pl.DataFrame(
            {
                "rule": rng.choice(["R01", "R02", "R03"], n),
                "event_id": [f"{run}-{i}" for i in range(n)],
                "verdict": np.where(rng.random(n) < 0.8, "met", "missed"),
            }
        )
        values = duties.select("event_id", pl.lit("ethnicity").alias("characteristic")).with_columns(
            pl.Series("value", rng.choice(["a", "b", "c", "d"], n))
        )
        alarms += bool(gaps(equality_measures(duties, values), margin=0.0))
    assert alarms <= stats.binom.ppf(0.999, 60, 0.05)


def test_the_detectable_difference_is_seen_about_four_times_in_five() -> None:
    rng = np.random.default_rng(3)
    rate, n, others = 0.8, 150, 600
    gap = detectable_difference(rate, n, others)
    seen = 0
    for _ in range(2_000):
        low, high = (
            rng.binomial(n, rate - gap * others / (n + others)),
            rng.binomial(others, rate + gap * n / (n + others)),
        )
        p1, p2, p = low / n, high / others, (low + high) / (n + others)
        seen += abs(p1 - p2) / math.sqrt(p * (1 - p) * (1 / n + 1 / others)) > 1.96
    assert seen / 2_000 == pytest.approx(0.8, abs=0.03)


def test_a_small_group_is_counted_but_not_compared() -> None:
    measures = by_group(*made({"female": (2, 1), "male": (90, 10)}))
    assert math.isnan(measures["female"].p_value)  # type: ignore[attr-defined]
    assert "too few to compare" in measures["female"].sentence  # type: ignore[attr-defined]


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_every_interval_contains_its_estimate_and_nothing_breaks_at_the_edges(a: int, b: int, c: int, d: int) -> None:
    duties, values = made({"f": (a, b), "m": (c, d)})
    if not duties.height:
        return
    for measure in equality_measures(duties, values):
        if math.isnan(measure.difference):
            continue
        assert measure.difference_lower - 1e-12 <= measure.difference <= measure.difference_upper + 1e-12
        assert math.isnan(measure.ratio_lower) or measure.ratio_lower <= measure.ratio <= measure.ratio_upper


def test_an_event_with_two_values_is_refused() -> None:
    duties, values = made({"female": (5, 5), "male": (5, 5)})
    with pytest.raises(UsageError, match="two values of sex"):
        equality_measures(duties, pl.concat([values, values]))


def test_delay_is_compared_by_medians_with_an_interval_that_covers() -> None:
    rng = np.random.default_rng(9)
    start, covered = datetime(2026, 1, 1, tzinfo=UTC), 0
    for _ in range(100):
        hours = np.concatenate([rng.exponential(24, 80), rng.exponential(24, 200) + 6])
        duties = pl.DataFrame(
            {
                "rule": "R05",
                "event_id": [f"E{i}" for i in range(280)],
                "verdict": "met",
                "known_at": [start] * 280,
                "decided_at": [start + timedelta(hours=float(hour)) for hour in hours],
            }
        )
        values = duties.select("event_id", pl.lit("sex").alias("characteristic")).with_columns(
            pl.Series("value", ["f"] * 80 + ["m"] * 200)
        )
        got = next(delay for delay in group_delays(duties, values) if delay.group == "f")
        covered += got.difference_lower <= -6 <= got.difference_upper
    assert 88 <= covered <= 100


def string_constants(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return names | {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def test_no_engine_names_the_table_of_characteristics() -> None:
    """Law 8: only these measures may read it. An engine that names it, in code or as a key, fails here."""
    for floor in ("links", "standards"):
        for path in (ROOT / "src" / "clew" / floor).rglob("*.py"):
            assert not {"characteristics", "CHARACTERISTICS"} & string_constants(path), path


def test_that_search_would_find_a_reader_of_the_table(tmp_path: Path) -> None:
    (tmp_path / "peek.py").write_text('frame = known.tables["characteristics"]\n', encoding="utf-8")
    assert "characteristics" in string_constants(tmp_path / "peek.py")
