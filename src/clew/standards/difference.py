"""Which duties change verdict if one version of a standard replaces another."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from clew.records import Dataset
from clew.standards.evaluate import evaluate
from clew.standards.language.model import Standard
from clew.standards.verdict import View


def difference(
    dataset: Dataset,
    before: Standard,
    after: Standard,
    *,
    at: datetime,
    view: View = View.COUNTERFACTUAL,
    links: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Duties whose verdict or deadline differs, or which only one version knows; both evaluated at `at`.

    Columns: duty_id, rule, event_id, verdict_before, verdict_after, due_before, due_after (empty on the side that
    does not know the duty).
    """
    columns = ["duty_id", "rule", "event_id", "verdict", "due"]
    sides = [
        evaluate(dataset, standard, at=at, view=view, links=links)
        .select(columns)
        .with_columns(pl.col("verdict").cast(pl.String))
        for standard in (before, after)
    ]
    joined = sides[0].join(sides[1], on=columns[:3], how="full", coalesce=True, suffix="_after")
    changed = joined.rename({"verdict": "verdict_before", "due": "due_before"}).filter(
        pl.col("verdict_before").ne_missing(pl.col("verdict_after"))
        | pl.col("due_before").ne_missing(pl.col("due_after"))
    )
    return changed.select(*columns[:3], "verdict_before", "verdict_after", "due_before", "due_after").sort(
        "rule", "duty_id"
    )
