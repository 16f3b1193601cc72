"""The morning list as CSV, a row per item and reason, safe to open in a spreadsheet. Every row bears the marking."""

from __future__ import annotations

from typing import Any

import polars as pl

from clew.core import format_instant
from clew.links import FAMILIES
from clew.publish.wording import clean_text, evidence_words
from clew.records import spreadsheet_safe
from clew.review.model import Item, Reason, Review

#: Columns of the CSV. Families are log10 Bayes factors; rates are per year; times are ISO 8601 in the dataset's zone.
CSV_SCHEMA: dict[str, pl.DataType] = {
    "marking": pl.String(),
    "notice": pl.String(),
    "dataset": pl.String(),
    "as_of": pl.String(),
    "items_in_all": pl.Int64(),
    "rank": pl.Int64(),
    "event_id": pl.String(),
    "headline": pl.String(),
    "kind": pl.String(),
    "reason": pl.String(),
    "evidence": pl.String(),
    "settle": pl.String(),
    "other_event_ids": pl.String(),
    "series_id": pl.String(),
    "seen_per_year": pl.Float64(),
    "chance_per_year": pl.Float64(),
    "log10_bayes_factor": pl.Float64(),
    **{family: pl.Float64() for family in FAMILIES},
    "rule": pl.String(),
    "verdict": pl.String(),
    "known_at": pl.String(),
    "due": pl.String(),
}


def review_csv(review: Review) -> str:
    """`review` as CSV with the columns of `CSV_SCHEMA`, UTF-8 with a byte order mark (or Excel guesses wrong).

    A list without items is one row that bears the marking and no rank.
    """
    rows = [_row(review, item, reason) for item in review.items for reason in item.reasons]
    rows = rows or [_heading(review)]
    frame = pl.DataFrame(rows, schema=CSV_SCHEMA)
    fit = pl.col(pl.String).map_elements(clean_text, return_dtype=pl.String, skip_nulls=True)
    return "\ufeff" + spreadsheet_safe(frame.with_columns(fit)).write_csv()


def _heading(review: Review) -> dict[str, Any]:
    dataset = review.known.dataset
    return {
        "marking": dataset.marking,
        "notice": dataset.notice,
        "dataset": dataset.name,
        "as_of": format_instant(review.known.at, dataset.zone),
        "items_in_all": review.items_in_all,
    }


def _row(review: Review, item: Item, reason: Reason) -> dict[str, Any]:
    zone = review.known.dataset.zone
    row = _heading(review) | {
        "rank": item.rank,
        "event_id": item.event_id,
        "headline": item.headline,
        "kind": reason.kind.value,
        "reason": reason.text,
        "evidence": "; ".join(evidence_words(reason.evidence)),
        "settle": "; ".join(reason.settle),
    }
    if reason.link is not None:
        row |= {
            "other_event_ids": " ".join(reason.link.other_event_ids),
            "series_id": reason.link.series_id,
            "seen_per_year": reason.link.seen_per_year,
            "chance_per_year": reason.link.chance_per_year,
            "log10_bayes_factor": reason.link.log10_bayes_factor,
            **{family: reason.link.families[family] for family in FAMILIES if family in reason.link.families},
        }
    if reason.standard is not None:
        row |= {
            "rule": reason.standard.rule,
            "verdict": reason.standard.verdict,
            "known_at": format_instant(reason.standard.known_at, zone) if reason.standard.known_at else None,
            "due": format_instant(reason.standard.due, zone) if reason.standard.due else None,
        }
    return row
