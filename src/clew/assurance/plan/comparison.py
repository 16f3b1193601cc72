"""What moved between two imports of one tracker; above all, what moved *back*.

A report once counted as answered can lose a reply, gain an addressee, or turn out to have been miscounted. None of that
should disappear in a total.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from clew.assurance.plan.due import ResponseStatus
from clew.assurance.plan.importing import Import


@dataclass(frozen=True, eq=False)
class Comparison:
    """Changes by key.

    moves: `before`, `after`, `rows`: how many rows went from which status to which, unchanged ones included.
    regressions: `key`, `reference`, `addressee`, `before`, `after`: rows that were completed and no longer are.
    gone, new: keys in one import only.
    """

    moves: pl.DataFrame
    regressions: pl.DataFrame
    gone: tuple[str, ...]
    new: tuple[str, ...]

    def moved(self, before: ResponseStatus, after: ResponseStatus) -> int:
        """How many rows went from `before` to `after`."""
        hit = self.moves.filter((pl.col("before") == before.value) & (pl.col("after") == after.value))
        return int(hit["rows"].sum())


def compare(before: Import, after: Import) -> Comparison:
    """Compares two imports of one tracker by key."""
    joined = before.rows.select("key", pl.col("status").alias("before")).join(
        after.rows.select("key", "reference", "addressee", pl.col("status").alias("after")), on="key", how="inner"
    )
    done = ResponseStatus.COMPLETED.value
    return Comparison(
        moves=joined.group_by("before", "after").agg(pl.len().cast(pl.Int64).alias("rows")).sort("before", "after"),
        regressions=joined.filter((pl.col("before") == done) & (pl.col("after") != done))
        .select("key", "reference", "addressee", "before", "after")
        .sort("key"),
        gone=tuple(before.rows.join(after.rows, on="key", how="anti")["key"].sort().to_list()),
        new=tuple(after.rows.join(before.rows, on="key", how="anti")["key"].sort().to_list()),
    )
