"""Splink's own predict on Clew's identity model: the judge of `clew.links.identity.scoring`."""

from __future__ import annotations

from typing import Any

import duckdb
import polars as pl
import splink

from clew.links.identity.comparisons import COMPARISONS, Level
from clew.links.identity.model import IdentityModel

#: A share that cancels out in Splink: the rarity of the value takes its place.
_NOMINAL_U = 1e-3


def by_splink(told: pl.DataFrame, pairs: pl.DataFrame, model: IdentityModel) -> pl.DataFrame:
    """Level numbers and probability of each pair as Splink's own predict gives them."""
    with duckdb.connect(":memory:") as connection:
        api = splink.DuckDBAPI(connection)
        linker = splink.Linker(
            api.register(told), _settings(model, told.height), log_level=None, validate_settings=False
        )
        blocked = api.register(pairs.select(match_key=pl.lit("0"), join_key_l="l", join_key_r="r"))
        linker.table_management.register_blocked_pairs_for_predict(blocked)
        predicted = linker.inference.predict(warning_mode="never").physical_name
        columns = ", ".join(f"gamma_of_{comparison.name} as {comparison.name}" for comparison in COMPARISONS)
        rows = connection.sql(
            f"select mention_l as l, mention_r as r, match_probability, {columns} from {predicted}"
        ).pl()
    return rows.with_columns(
        pl.when(pl.col(each.name) >= 0).then(len(each.levels) - 1 - pl.col(each.name)).otherwise(-1).alias(each.name)
        for each in COMPARISONS
    ).sort("l", "r")


def _settings(model: IdentityModel, mentions: int) -> dict[str, Any]:
    """The model as Splink's settings, for records of `mentions` mentions."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "mention",
        "linker_uid": "clew",
        "probability_two_random_records_match": min(model.matches / max(mentions, 2), 0.5),
        "retain_matching_columns": True,
        "blocking_rules_to_generate_predictions": [],
        "comparisons": [
            {
                "output_column_name": f"of_{comparison.name}",
                "comparison_levels": [
                    {"sql_condition": comparison.missing, "label_for_charts": "missing", "is_null_level": True},
                    *(
                        _level(level, model.weights[comparison.name][level.name], mentions)
                        for level in comparison.levels
                    ),
                ],
            }
            for comparison in COMPARISONS
        ],
    }


def _level(level: Level, weight: dict[str, float], mentions: int) -> dict[str, Any]:
    made: dict[str, Any] = {
        "sql_condition": "ELSE" if level.when == "else" else level.when,
        "label_for_charts": level.name,
        "m_probability": weight["m"],
    }
    if level.rarity_of:
        return made | {
            "u_probability": _NOMINAL_U,
            "tf_adjustment_column": level.rarity_of,
            "tf_adjustment_weight": 1.0,
            "disable_tf_exact_match_detection": True,
        }
    by_accident = min(weight["others"] / mentions, 1.0) if level.per_mention else weight["u"]
    return made | {"u_probability": by_accident}
