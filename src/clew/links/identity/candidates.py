"""Which mentions are compared: those that share something rare enough to be worth it, never all with all.

A value that more than `AT_MOST` mentions share (a switchboard, a hostel, "not known") brings nobody together.
"""

from __future__ import annotations

import polars as pl

#: A key of more mentions than this makes no pairs.
AT_MOST = 50

#: A name with nothing else is tried only where hardly anybody bears it.
AT_MOST_BY_NAME = 4


def _key(*parts: pl.Expr | str) -> pl.Expr:
    """One number for equal `parts`, null where one is missing. Keys that meet by accident are compared in vain."""
    columns = [pl.col(part) if isinstance(part, str) else part for part in parts]
    return pl.when(pl.all_horizontal(column.is_not_null() for column in columns)).then(pl.struct(columns).hash())


def _either_way(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    """One number for two values that may be exchanged; a value that is missing counts as the other."""
    return _key(pl.min_horizontal(one, other).alias("low"), pl.max_horizontal(one, other).alias("high"))


_BORN = pl.col("born").str.to_date("%Y-%m-%d")

#: The columns that keys are made of beside those of the mentions: a birth date whose day and month may be exchanged, a
#: name whose given and family name may be.
MADE = {
    "day_of_birth": _BORN.dt.year() * 10_000
    + pl.min_horizontal(_BORN.dt.month(), _BORN.dt.day()).cast(pl.Int32) * 100
    + pl.max_horizontal(_BORN.dt.month(), _BORN.dt.day()),
    "either_name": _either_way(_key("given"), _key("family")),
    "year_of_birth": pl.col("year").floor().cast(pl.Int32),
}

KEYS: dict[str, tuple[str, ...]] = {
    "phone": ("phone",),
    "email": ("email",),
    "handle": ("handle",),
    "vehicle": ("vehicle",),
    "born_family": ("day_of_birth", "family"),
    "born_given": ("day_of_birth", "near_given"),
    "born_address": ("day_of_birth", "address"),
    "name_year": ("either_name", "year_of_birth"),
    "name_address": ("address", "family"),
    "given_address": ("address", "near_given"),
    "name": ("either_name",),
}


def candidate_pairs(mentions: pl.DataFrame, at_most: int = AT_MOST) -> pl.DataFrame:
    """The pairs compared: `l` < `r`, sorted, each once.

    mentions: `mention` (0 to n - 1), `nominal`, and the columns of `mentions.VALUES`. Mentions of one nominal are no
    pair.
    """
    keyed = mentions.with_columns(**MADE).select(
        "mention", "nominal", **{f"key_{name}": _key(*columns) for name, columns in KEYS.items()}
    )
    found = [pl.DataFrame(schema={"l": mentions.schema["mention"], "r": mentions.schema["mention"]})]
    for name in KEYS:
        limit = AT_MOST_BY_NAME if name == "name" else at_most
        block = keyed.select("mention", "nominal", key=f"key_{name}").drop_nulls("key")
        block = block.filter(pl.len().over("key").is_between(2, limit))
        pairs = block.join(block, on="key", suffix="_r").filter(
            (pl.col("mention") < pl.col("mention_r")) & (pl.col("nominal") != pl.col("nominal_r"))
        )
        found.append(pairs.select(l="mention", r="mention_r"))
    return pl.concat(found).unique().sort("l", "r")
