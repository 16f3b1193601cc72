"""Which mentions are compared: those that share something rare enough to be worth it, never all with all.

A value that more than `AT_MOST` mentions share (a switchboard, a hostel, "not known") brings nobody together.
"""

from __future__ import annotations

import polars as pl

#: A key of more mentions than this makes no pairs.
AT_MOST = 50

#: A name with nothing else is tried only where hardly anybody bears it.
AT_MOST_BY_NAME = 4

_DAY, _MONTH, _YEAR = (pl.col("born").str.slice(start, size) for start, size in ((8, 2), (5, 2), (0, 4)))
#: A birth date whose day and month may be exchanged.
_BORN = pl.concat_str(_YEAR, pl.min_horizontal(_DAY, _MONTH), pl.max_horizontal(_DAY, _MONTH))
#: A name whose given and family name may be exchanged.
_NAME = pl.concat_str(pl.min_horizontal("given", "family"), pl.lit(" "), pl.max_horizontal("given", "family"))

KEYS: dict[str, pl.Expr] = {
    "phone": pl.col("phone"),
    "email": pl.col("email"),
    "handle": pl.col("handle"),
    "vehicle": pl.col("vehicle"),
    "born_family": pl.concat_str(_BORN, "family"),
    "born_given": pl.concat_str(_BORN, "near_given"),
    "born_address": pl.concat_str(_BORN, "address"),
    "name_year": pl.concat_str(_NAME, pl.col("year").floor().cast(pl.Int32).cast(pl.String)),
    "name_address": pl.concat_str("address", "family"),
    "given_address": pl.concat_str("address", "near_given"),
    "name": _NAME,
}


def candidate_pairs(mentions: pl.DataFrame, at_most: int = AT_MOST) -> pl.DataFrame:
    """The pairs compared: `l` < `r`, sorted, each once.

    mentions: `mention` (0 to n - 1), `nominal`, and the columns of `mentions.VALUES`. Mentions of one nominal are no
    pair.
    """
    keyed = mentions.select("mention", "nominal", **{f"key_{name}": key for name, key in KEYS.items()})
    found = [pl.DataFrame(schema={"l": mentions.schema["mention"], "r": mentions.schema["mention"]})]
    for name in KEYS:
        limit = AT_MOST_BY_NAME if name == "name" else at_most
        block = keyed.select("mention", "nominal", key=f"key_{name}").drop_nulls("key")
        block = block.filter(pl.len().over("key").is_between(2, limit))
        block = block.select("mention", "nominal", key=pl.col("key").rank("dense"))
        pairs = block.join(block, on="key", suffix="_r").filter(
            (pl.col("mention") < pl.col("mention_r")) & (pl.col("nominal") != pl.col("nominal_r"))
        )
        found.append(pairs.select(l="mention", r="mention_r"))
    return pl.concat(found).unique().sort("l", "r")
