"""The peers: distance only, a plain logit, and Splink 5 as a case linker with labels.

Each takes the crimes and the rows of the training half and gives (m, m) scores of all pairs. What the plain logit reads
was fixed before its first run: ln(km + .1), ln(days between middles + 1), hours between
times of day, and whether each of the three codes is the same.
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import polars as pl
import splink.comparison_level_library as levels
import splink.comparison_library as library
from sklearn.linear_model import LogisticRegression
from splink import DuckDBAPI, Linker, SettingsCreator
from splink.blocking_rule_library import CustomRule

from benchmarks.crimelinkage.data import MO, Crimes
from clew.links.events import Flags, Floats, Integers

_KM = (0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
_DAYS = (1.0, 3.0, 7.0, 14.0, 30.0, 60.0, 90.0, 120.0, 180.0)
_HOURS = (1.0, 2.0, 4.0, 8.0)
_HOURS_SQL = "24 * least(abs(middle_l % 1 - middle_r % 1), 1 - abs(middle_l % 1 - middle_r % 1))"


def distance(crimes: Crimes, _train: Integers, _linked: Flags) -> Floats:
    """Nearer is stronger."""
    return -np.hypot(crimes.x_km[:, None] - crimes.x_km, crimes.y_km[:, None] - crimes.y_km)


def plain_logit(crimes: Crimes, train: Integers, linked: Flags) -> Floats:
    """Logistic regression on the six features, on all pairs of the training half."""
    features = np.stack(_features(crimes))
    rows = np.triu_indices(len(train), 1)
    a, b = train[rows[0]], train[rows[1]]
    fitted = LogisticRegression(max_iter=1000).fit(features[:, a, b].T, linked[a, b])
    return np.tensordot(fitted.coef_[0], features, axes=1)


def _features(crimes: Crimes) -> list[Floats]:
    middle = crimes.middle
    hour = middle % 1 * 24
    apart = np.abs(hour[:, None] - hour)
    same = [
        np.array([[one is not None and one == other for other in column] for one in column], dtype=np.float64)
        for column in crimes.mo.T
    ]
    return [
        np.log(-distance(crimes, np.empty(0, np.int64), np.empty((0, 0), np.bool_)) + 0.1),
        np.log(np.abs(middle[:, None] - middle) + 1),
        np.minimum(apart, 24 - apart),
        *same,
    ]


def splink_with_labels(crimes: Crimes, train: Integers, linked: Flags) -> Floats:
    """Splink 5 as it is meant to be used with labels: levels by km, days, hours and codes; m from the training half's
    linked pairs, u from all pairs, rarity by its term-frequency adjustment; every pair scored, by match weight.
    """
    logging.getLogger("splink").setLevel(logging.ERROR)
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            _steps("place", "sqrt(pow(x_l - x_r, 2) + pow(y_l - y_r, 2))", _KM),
            _steps("days", "abs(middle_l - middle_r)", _DAYS),
            _steps("hours", _HOURS_SQL, _HOURS),
            *(library.ExactMatch(code).configure(term_frequency_adjustments=True) for code in MO),
        ],
        blocking_rules_to_generate_predictions=[CustomRule("1=1")],
        retain_matching_columns=False,
    )
    database = DuckDBAPI()
    rows = pl.DataFrame(
        {
            "unique_id": np.arange(len(crimes.ids)),
            "x": crimes.x_km,
            "y": crimes.y_km,
            "middle": crimes.middle,
            **{code: pl.Series(crimes.mo[:, number].tolist(), dtype=pl.String) for number, code in enumerate(MO)},
        }
    )
    linker = Linker(database.register(rows.to_arrow()), settings, log_level=logging.ERROR)
    # No early stop: u from every pair there is.
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1, min_count_per_level=None)
    upper = np.triu_indices(len(train), 1)
    a, b = train[upper[0]], train[upper[1]]
    known = linked[a, b]
    labels = pl.DataFrame({"unique_id_l": np.minimum(a, b)[known], "unique_id_r": np.maximum(a, b)[known]})
    linker.training.estimate_m_from_pairwise_labels(database.register(labels.to_arrow()))
    found = pl.DataFrame(linker.inference.predict().as_pyarrow_table())
    score = np.full((len(crimes.ids), len(crimes.ids)), -1e9)
    score[found["unique_id_l"], found["unique_id_r"]] = found["match_weight"]
    return np.maximum(score, score.T)


def _steps(name: str, sql: str, thresholds: tuple[float, ...]) -> Any:
    """A comparison by how many of the thresholds the value of `sql` lies under."""
    steps = [levels.CustomLevel(f"{sql} <= {most}", label_for_charts=f"{name} up to {most:g}") for most in thresholds]
    return library.CustomComparison([*steps, levels.ElseLevel()], output_column_name=name)
