"""Scores pairs of mentions: the level of each comparison by DuckDB, the probability by the arithmetic of Splink.

The model is Splink's (Fellegi and Sunter 1969, with its term frequencies): prior odds times, for each comparison, m / u
of the level that the pair falls on. Splink itself works on a model of any kind, and spends a processor second on
setting up; here the conditions go to DuckDB as they are and the weights are added. A test gives the same model to
Splink and holds that both say the same of every pair. In memory: no file written, nothing printed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clew.links.identity.comparisons import COLUMNS, COMPARISONS, Comparison, Level

if TYPE_CHECKING:
    from clew.links.identity.model import IdentityModel

Floats = NDArray[np.float64]

#: Pairs are compared in batches of this many, which bounds the memory.
BATCH = 200_000
MEMORY_LIMIT = "1GB"


def score_pairs(mentions: pl.DataFrame, pairs: pl.DataFrame, model: IdentityModel) -> pl.DataFrame:
    """The probability that each pair of `pairs` (`l`, `r`, indices into `mentions`) is one person.

    Gives `l`, `r`, `probability`, and per comparison the number of the level it fell on, -1 where missing, in order of
    `l`, `r`. mentions: `mention` and the columns of `mentions.VALUES`.
    """
    pairs = pairs.sort("l", "r")
    levels = [_levels(mentions, pairs.slice(start, BATCH)) for start in range(0, pairs.height, BATCH)]
    if not levels:
        kinds: dict[str, Any] = {comparison.name: pl.Int8 for comparison in COMPARISONS}
        return pl.DataFrame(schema={"l": pl.Int64, "r": pl.Int64, "probability": pl.Float64, **kinds})
    found = pl.concat(levels)
    scored = pairs.select("l", "r", probability=pl.Series(_probability(mentions, pairs, found, model)))
    return pl.concat([scored, found], how="horizontal")


def _levels(mentions: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Per comparison, the number of the first level whose condition each pair meets; -1 where missing."""
    import duckdb  # noqa: PLC0415  only where there is something to compare

    ends = [mentions[pairs[end]].select(pl.col(column).alias(f"{column}_{end}") for column in COLUMNS) for end in "lr"]
    both = pl.concat(ends, how="horizontal")
    with duckdb.connect(":memory:", config={"memory_limit": MEMORY_LIMIT, "temp_directory": ""}) as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.register("both_ends", both.to_arrow())
        conditions = ", ".join(f"{_case(comparison)}::tinyint as {comparison.name}" for comparison in COMPARISONS)
        found: pl.DataFrame = connection.sql(f"select {conditions} from both_ends").pl()  # noqa: S608
    return found


def _case(comparison: Comparison) -> str:
    """The number of the level as one SQL expression."""
    told = [
        f"when {level.when} then {number}" for number, level in enumerate(comparison.levels) if level.when != "else"
    ]
    return f"(case when {comparison.missing} then -1 {' '.join(told)} else {len(comparison.levels) - 1} end)"


def _probability(mentions: pl.DataFrame, pairs: pl.DataFrame, levels: pl.DataFrame, model: IdentityModel) -> Floats:
    """The probability of each pair from its levels and the rarity of what it shares."""
    count = mentions.height
    l, r = pairs["l"].to_numpy(), pairs["r"].to_numpy()  # noqa: E741
    logs: dict[str, Floats] = {}
    total = np.full(pairs.height, np.log(prior := _prior(model, count)) - np.log1p(-prior))
    for comparison in COMPARISONS:
        fell_on = levels[comparison.name].to_numpy()
        weights = model.weights[comparison.name]
        for number, level in enumerate(comparison.levels):
            here = np.flatnonzero(fell_on == number)
            if not len(here):
                continue
            if level.rarity_of:
                if level.rarity_of not in logs:
                    logs[level.rarity_of] = np.log(rarity(mentions[level.rarity_of]).to_numpy())
                share = logs[level.rarity_of]
                total[here] += np.log(weights[level.name]["m"]) - np.fmax(share[l[here]], share[r[here]])
            else:
                total[here] += np.log(weights[level.name]["m"] / _by_accident(level, weights[level.name], count))
    probability: Floats = 1 / (1 + np.exp(-total))
    return probability


def rarity(told: pl.Series) -> pl.Series:
    """(n,) the share of all mentions with a value that bear the same; NaN without."""
    column = pl.col(told.name)
    share = pl.when(column.is_not_null()).then(pl.len().over(column) / column.count()).otherwise(float("nan"))
    return told.to_frame().select(share).to_series()


def _prior(model: IdentityModel, mentions: int) -> float:
    """That two mentions drawn at random are one person."""
    return min(model.matches / max(mentions, 2), 0.5)


def _by_accident(level: Level, weight: dict[str, float], mentions: int) -> float:
    """The share of pairs of two people that fall on a level whose rarity is not counted."""
    return min(weight["others"] / mentions, 1.0) if level.per_mention else weight["u"]
