"""The right of correction: what an addressee says to a tracker's row is shown beside what the tracker says.

Lists of the late have been wrong before: at least one body named as not having replied had replied. An answer changes
no status: the tracker's keeper does that; but nobody reads the status without the answer.
"""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import polars as pl

from clew.core import UsageError, parse_instant


def with_answers(rows: pl.DataFrame, answers: pl.DataFrame, *, zone: ZoneInfo, as_at: date) -> pl.DataFrame:
    """`rows` of an import with `answered_by`, `answered_on`, `answer` (null without one).

    answers: `reference`, `by`, `at`, `text`, a row an answer; of several to one row the last is shown. Raises
    `UsageError` for an answer that says nothing, lies in the future, or is to a row that is not in the feed.
    """
    known = set(rows["reference"].drop_nulls())
    shown: dict[str, tuple[date, str, str]] = {}
    for reference, by, at, text in answers.select("reference", "by", "at", "text").iter_rows():
        day = parse_instant(at or "", zone, where="answers, at").astimezone(zone).date()
        fault = ""
        if reference not in known:
            fault = "is to a row that is not in the feed"
        elif not (text or "").strip() or not (by or "").strip():
            fault = "says nothing, or does not say who gives it"
        elif day > as_at:
            fault = "lies in the future"
        if fault:
            raise UsageError(f"The answer to {reference} {fault}.", where="answers", mend="mend or leave out that row")
        if reference not in shown or day >= shown[reference][0]:
            shown[reference] = (day, by.strip(), text.strip())
    schema = {"reference": pl.String, "answered_by": pl.String, "answered_on": pl.Date, "answer": pl.String}
    data = [(reference, by, day, text) for reference, (day, by, text) in shown.items()]
    return rows.join(pl.DataFrame(data, schema=schema, orient="row"), on="reference", how="left")
