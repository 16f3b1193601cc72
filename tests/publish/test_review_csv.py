"""The CSV has a row per item and reason, keeps numbers as numbers, and bears the marking on every row."""

from __future__ import annotations

import io
from dataclasses import replace

import polars as pl

from clew.publish import review_csv
from clew.publish.review_csv import CSV_SCHEMA
from tests.publish import samples


def _read(text: str) -> pl.DataFrame:
    return pl.read_csv(io.BytesIO(text.encode()), schema_overrides={"rank": pl.Int64})


def test_each_reason_of_each_item_is_a_row_in_order() -> None:
    review = samples.review()
    read = _read(review_csv(review))
    assert read.columns == list(CSV_SCHEMA)
    wanted = [(item.rank, item.event_id, reason.kind.value) for item in review.items for reason in item.reasons]
    assert read.select("rank", "event_id", "kind").rows() == wanted
    assert read["marking"].unique().to_list() == [samples.MARKING]
    assert read["notice"].unique().to_list() == [samples.NOTICE]


def test_numbers_come_back_as_the_numbers_they_were_negative_ones_too() -> None:
    read = _read(review_csv(samples.review()))
    links = [reason.link for item in samples.review().items for reason in item.reasons if reason.link]
    assert read["seen_per_year"].drop_nulls().to_list() == [link.seen_per_year for link in links]
    assert read["time"].dtype == pl.Float64
    assert read["time"].drop_nulls().to_list() == [link.families["time"] for link in links]
    assert read["time"].min() < 0  # type: ignore[operator]


def test_an_empty_list_is_one_row_with_the_marking_and_no_rank() -> None:
    read = _read(review_csv(replace(samples.review(), items=(), items_in_all=0)))
    assert read.select("marking", "rank").rows() == [(samples.MARKING, None)]


def test_a_spreadsheet_that_guesses_encodings_is_told() -> None:
    assert review_csv(samples.review()).encode().startswith(b"\xef\xbb\xbf")
