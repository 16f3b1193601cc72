"""Which mentions are compared: those that share something rare enough to be worth it, never all with all.

A value that more than `AT_MOST` mentions share (a switchboard, a hostel, "not known") brings nobody together.
"""

from __future__ import annotations

import polars as pl

#: A key of more mentions than this makes no pairs.
AT_MOST = 50

#: A name with nothing else is tried only where hardly anybody bears it: where more bear it than this many times the
#: mentions that one person has, it is more likely another's.
AT_MOST_BY_NAME: dict[str, int] = {"name": 4, "near_name": 4, "family_initial": 2}


def _key(*parts: pl.Expr | str) -> pl.Expr:
    """One number for equal `parts`, null where one is missing. Keys that meet by accident are compared in vain."""
    columns = [pl.col(part) if isinstance(part, str) else part for part in parts]
    return pl.when(pl.all_horizontal(column.is_not_null() for column in columns)).then(pl.struct(columns).hash())


def _either_way(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    """One number for two values that may be exchanged; a value that is missing counts as the other."""
    return _key(pl.min_horizontal(one, other).alias("low"), pl.max_horizontal(one, other).alias("high"))


_BORN = pl.col("born").str.to_date("%Y-%m-%d")

#: The columns that keys are made of beside those of the mentions: a birth date whose day and month may be exchanged, a
#: name whose given and family name may be, an initial, and how a family name begins that may be misspelt further on.
MADE = {
    "day_of_birth": _BORN.dt.year() * 10_000
    + pl.min_horizontal(_BORN.dt.month(), _BORN.dt.day()).cast(pl.Int32) * 100
    + pl.max_horizontal(_BORN.dt.month(), _BORN.dt.day()),
    "either_name": _either_way(_key("given"), _key("family")),
    "year_of_birth": pl.col("year").floor().cast(pl.Int32),
    "initial": pl.col("near_given").str.head(1),
    "family_begins": pl.col("family").str.head(4),
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
    "name_postcode": ("postcode", "family"),
    "given_postcode": ("postcode", "near_given"),
    "born_postcode": ("day_of_birth", "postcode"),
    "name_birth_place": ("birth_place", "family"),
    "given_birth_place": ("birth_place", "near_given", "occupation"),
    "born_birth_place": ("day_of_birth", "birth_place"),
    "born_occupation": ("day_of_birth", "occupation"),
    "postcode_birth_place": ("postcode", "birth_place"),
    "postcode_occupation": ("postcode", "occupation"),
    "begins_birth_place": ("family_begins", "birth_place"),
    "begins_district": ("family_begins", "district"),
    "name_occupation": ("family", "occupation"),
    "given_district": ("near_given", "district"),
    "name": ("either_name",),
    "near_name": ("near_name",),
    "family_initial": ("family", "initial"),
}


def _told(column: pl.Series) -> bool:
    """Whether anybody says it: records without a column make no keys of it."""
    return column.null_count() < len(column)


def candidate_pairs(mentions: pl.DataFrame, matches: float = 1.0, at_most: int = AT_MOST) -> pl.DataFrame:
    """The pairs compared: `l` < `r`, sorted, each once.

    mentions: `mention` (0 to n - 1), `nominal`, and the columns of `mentions.VALUES`. Mentions of one nominal are no
    pair. matches: how many other mentions of the same person a mention has, on average.
    """
    made = mentions.with_columns(**MADE)
    usable = {name: columns for name, columns in KEYS.items() if all(_told(made[column]) for column in columns)}
    keyed = made.select("mention", "nominal", **{f"key_{name}": _key(*columns) for name, columns in usable.items()})
    found = [pl.DataFrame(schema={"l": mentions.schema["mention"], "r": mentions.schema["mention"]})]
    for name in usable:
        limit = round(AT_MOST_BY_NAME[name] * max(matches, 1)) if name in AT_MOST_BY_NAME else at_most
        limit = min(limit, at_most)
        block = keyed.select("mention", "nominal", key=f"key_{name}").drop_nulls("key")
        block = block.filter(pl.len().over("key").is_between(2, limit))
        pairs = block.join(block, on="key", suffix="_r").filter(
            (pl.col("mention") < pl.col("mention_r")) & (pl.col("nominal") != pl.col("nominal_r"))
        )
        found.append(pairs.select(l="mention", r="mention_r"))
    return pl.concat(found).unique().sort("l", "r")
