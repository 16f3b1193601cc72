"""The peer: Splink 5 scoring every pair of cases (research/linkage.md 2): seven comparisons, no blocking, weight 0 up.

It compares days and kilometres by steps and three codes; it has no intervals, no radii and no 64 features, so it does
less for a pair than the kernel does. Its figures for the R package are quoted: 2,900 pairs a second with intervals.
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import polars as pl
import splink.comparison_level_library as levels
import splink.comparison_library as comparisons
from splink import DuckDBAPI, Linker, SettingsCreator
from splink.blocking_rule_library import CustomRule

from benchmarks.links.measure import peak_gb, timed

#: research/linkage.md 1d: measured with R 4.2.2 on the machine of that page, two cores.
R_PACKAGE_PAIRS_PER_S = 2900.0
#: One new crime against 3,999 (the same page); Splink's `predict_between` against 200,000 records: .09 to .11 s.
R_PACKAGE_ONE_AGAINST_4000_S = 0.12
SPLINK_ONE_AGAINST_200000_S = 0.09


def splink_every_pair(cases: int) -> dict[str, float]:
    """All pairs of `cases`, after training: wall and processor seconds of scoring alone."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    rng = np.random.default_rng(1)
    rows = pl.DataFrame(
        {
            "unique_id": np.arange(cases),
            "x": rng.normal(0, 20, cases),
            "y": rng.normal(0, 20, cases),
            "days": rng.uniform(0, 3650, cases),
            "age": np.round(rng.uniform(0, 100, cases)),
            "sex": rng.integers(0, 2, cases),
            **{f"mo{number}": rng.integers(0, 8, cases) for number in range(3)},
        }
    )
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            _steps("place", "sqrt(pow(x_l - x_r, 2) + pow(y_l - y_r, 2))", (0.5, 2, 10)),
            _steps("time", "abs(days_l - days_r)", (7, 30, 180)),
            _steps("years", "abs(age_l - age_r)", (2, 5, 10)),
            comparisons.ExactMatch("sex"),
            *(comparisons.ExactMatch(f"mo{number}") for number in range(3)),
        ],
        blocking_rules_to_generate_predictions=[CustomRule("1=1")],
        retain_matching_columns=False,
    )
    linker = Linker(DuckDBAPI().register(rows.to_arrow()), settings, log_level=logging.ERROR)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e5, seed=1)
    _, clock = timed(lambda: linker.inference.predict(threshold_match_weight=0).as_pyarrow_table())
    pairs = cases * (cases - 1) / 2
    return {"cases": cases, "pairs": pairs, **clock, "pairs_per_s": pairs / clock["wall_s"], "peak_gb": peak_gb()}


def _steps(name: str, sql: str, thresholds: tuple[float, ...]) -> Any:
    """A comparison by how many of the thresholds the value of `sql` lies under."""
    steps = [levels.CustomLevel(f"{sql} <= {most}", label_for_charts=f"up to {most:g}") for most in thresholds]
    return comparisons.CustomComparison([*steps, levels.ElseLevel()], output_column_name=name)
