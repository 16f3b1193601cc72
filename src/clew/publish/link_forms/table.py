"""Links as CSV and Parquet: the contract of ``clew links find``, columns and types as `clew.links.CONTRACT` says.

The contract leaves no room for a column of the marking, so every row's `text` ends with it; Parquet holds it as
metadata of the file besides.
"""

from __future__ import annotations

import io

import polars as pl

from clew.links import Listing
from clew.publish.link_forms.facts import heading
from clew.publish.wording import clean_text
from clew.records import spreadsheet_safe


def links_csv(listing: Listing) -> str:
    """The contract as CSV. A text cell that a spreadsheet would run as a formula bears an apostrophe in front."""
    return spreadsheet_safe(_marked(listing)).write_csv()


def links_parquet(listing: Listing) -> bytes:
    """The contract as Parquet, with `heading` as metadata of the file."""
    buffer = io.BytesIO()
    _marked(listing).write_parquet(buffer, metadata={name: str(value) for name, value in heading(listing).items()})
    return buffer.getvalue()


def _marked(listing: Listing) -> pl.DataFrame:
    """The contract's table, its texts cleaned and ended with what every copy of a link must say."""
    said = heading(listing)
    ending = " ".join(f"[{part}]" for part in (said["marking"], said["notice"]) if part)
    fit = pl.col(pl.String).map_elements(clean_text, return_dtype=pl.String, skip_nulls=True)
    table = listing.table().with_columns(fit)
    return table.with_columns(text=pl.col("text") + pl.lit(f" A candidate, not a decision. {ending}".rstrip()))
