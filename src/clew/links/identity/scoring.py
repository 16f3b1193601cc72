"""Scores pairs of mentions with Splink on DuckDB, in memory: no file written, nothing printed.

Splink is imported only when there is a pair to score, so that programs that score none start fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from clew.links.identity.comparisons import COMPARISONS, Comparison, Level
from clew.links.identity.model import IdentityModel

if TYPE_CHECKING:
    from collections.abc import Sequence

#: DuckDB's limit; pairs beyond it are scored in batches of this many.
MEMORY_LIMIT = "1GB"
BATCH = 2_000_000

#: A share that cancels out: the rarity of the value takes its place.
_NOMINAL_U = 1e-3


def score_pairs(mentions: pl.DataFrame, pairs: pl.DataFrame, model: IdentityModel) -> pl.DataFrame:
    """The probability that each pair of `pairs` (`l`, `r`, indices into `mentions`) is one person.

    Gives `l`, `r`, `probability`, and per comparison the number of the level it fell on, -1 where missing, in order of
    `l`, `r`. mentions: `mention` and the columns of `mentions.VALUES`.
    """
    if not pairs.height:
        levels = {comparison.name: pl.Int8 for comparison in COMPARISONS}
        return pl.DataFrame(schema={"l": pl.Int64, "r": pl.Int64, "probability": pl.Float64, **levels})
    scored = [
        _scored(mentions, pairs.slice(start, BATCH), settings(model, mentions.height))
        for start in range(0, pairs.height, BATCH)
    ]
    return pl.concat(scored).sort("l", "r")


def settings(model: IdentityModel, mentions: int, comparisons: Sequence[Comparison] = COMPARISONS) -> dict[str, Any]:
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
            for comparison in comparisons
        ],
    }


def _level(level: Level, weight: dict[str, float], mentions: int) -> dict[str, Any]:
    made = {
        "sql_condition": "ELSE" if level.when == "else" else level.when,
        "label_for_charts": level.name,
        "m_probability": weight["m"],
        "u_probability": min(weight["others"] / mentions, 1.0) if level.per_mention else weight.get("u", _NOMINAL_U),
    }
    if level.rarity_of:
        made |= {
            "tf_adjustment_column": level.rarity_of,
            "tf_adjustment_weight": 1.0,
            "disable_tf_exact_match_detection": True,
        }
    return made


def _scored(mentions: pl.DataFrame, pairs: pl.DataFrame, made: dict[str, Any]) -> pl.DataFrame:
    import duckdb  # noqa: PLC0415  only where there is something to score
    from splink import DuckDBAPI, Linker  # noqa: PLC0415

    with duckdb.connect(":memory:", config={"memory_limit": MEMORY_LIMIT, "temp_directory": ""}) as connection:
        connection.execute("SET enable_progress_bar = false")
        api = DuckDBAPI(connection)
        linker = Linker(api.register(mentions), made, log_level=None, validate_settings=False)
        blocked = api.register(pairs.select(match_key=pl.lit("0"), join_key_l="l", join_key_r="r"))
        linker.table_management.register_blocked_pairs_for_predict(blocked)
        predicted = linker.inference.predict(warning_mode="never")
        levels = ", ".join(f"gamma_of_{comparison.name}" for comparison in COMPARISONS)
        rows: pl.DataFrame = connection.sql(
            f"select mention_l, mention_r, match_probability, {levels} from {predicted.physical_name}"  # noqa: S608
        ).pl()
    # Splink counts levels from the last, which is 0.
    return rows.select(
        l=pl.col("mention_l").cast(pl.Int64),
        r=pl.col("mention_r").cast(pl.Int64),
        probability="match_probability",
        **{
            comparison.name: pl.when(pl.col(f"gamma_of_{comparison.name}") >= 0)
            .then(len(comparison.levels) - 1 - pl.col(f"gamma_of_{comparison.name}"))
            .otherwise(-1)
            .cast(pl.Int8)
            for comparison in COMPARISONS
        },
    )
