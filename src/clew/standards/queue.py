"""The queue of coming deadlines: what falls due when, in the order in which it does."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from clew.standards.language.model import Standard


def coming_deadlines(duties: pl.DataFrame, standard: Standard, *, at: datetime, until: datetime) -> pl.DataFrame:
    """Pending duties due after `at` and by `until`, earliest first, with `severity` and `gate` of their rules.

    duties: as `clew.standards.evaluate` gives them. Adds severity (String) and gate (Boolean) to their columns.
    """
    rules = pl.DataFrame(
        {
            "rule": list(standard.rules),
            "severity": [rule.severity.value for rule in standard.rules.values()],
            "gate": [rule.gate for rule in standard.rules.values()],
        },
        schema={"rule": pl.String, "severity": pl.String, "gate": pl.Boolean},
    )
    pending = duties.filter((pl.col("verdict") == "pending") & (pl.col("due") > at) & (pl.col("due") <= until))
    return pending.join(rules, on="rule", how="left", maintain_order="left").sort("due", "rule", "duty_id")
