"""The sampling frame: every item that could have been drawn, in one canonical form with one digest.

The digest is what makes a later change visible. It is SHA-256 over UTF-8 lines: the frame's instant, the column names,
then each row as a JSON array of its values as text (null for none), ordered by item id. It depends neither on the
order of rows nor on the order of columns.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from clew.core import IntegrityError, UsageError

DOMAIN = b"clew sampling frame v1\n"
ONE_STRATUM = "all"


@dataclass(frozen=True)
class Frame:
    """Items to draw from: `items` has `item_id` and `stratum` (text), one row an item, ordered by `item_id`.

    `fixed_at` is the instant as known at which the frame was taken; `digest` covers every column it was made from.
    """

    items: pl.DataFrame
    fixed_at: datetime
    digest: str

    @property
    def sizes(self) -> dict[str, int]:
        """Items in each stratum, in the order of their names."""
        counts = self.items.group_by("stratum").len().sort("stratum")
        return dict(zip(counts["stratum"].to_list(), counts["len"].to_list(), strict=True))

    def check(self, digest: str) -> None:
        """Raises `IntegrityError` unless this frame's digest is `digest`."""
        if self.digest != digest:
            raise IntegrityError(
                "The frame is not the one that was fixed.",
                where=f"frame as known at {self.fixed_at.isoformat()}",
                why="items added, removed or changed after the draw would let somebody choose what is reviewed; "
                f"expected {digest[:16]}..., found {self.digest[:16]}...",
                mend="bring back the frame as it was, or record why it changed and draw anew with a new seed",
            )


def fix_frame(rows: pl.DataFrame, *, id_column: str, fixed_at: datetime, strata: Sequence[str] = ()) -> Frame:
    """The frame of `rows`, one row an item named by `id_column`, in strata by the `strata` columns (null is "unknown").

    Raises `UsageError` for an empty frame, a missing column, or an item that is missing or named twice.
    """
    missing = [name for name in (id_column, *strata) if name not in rows.columns]
    if missing:
        raise UsageError(
            f"The frame has no column {missing[0]!r}.",
            where="frame",
            mend=f"choose from {', '.join(rows.columns)}",
        )
    if fixed_at.tzinfo is None:
        raise UsageError("The frame's instant has no time zone.", where="frame", mend="give it as UTC")
    text = rows.select(pl.all().cast(pl.String)).select(sorted(rows.columns)).sort(id_column)
    ids = text[id_column]
    if rows.height == 0 or ids.null_count() or ids.is_duplicated().any():
        named = ids.filter(ids.is_duplicated())
        fault = "is empty" if rows.height == 0 else "has an item without an id" if ids.null_count() else "repeats an id"
        raise UsageError(
            f"The frame {fault}.",
            where=f"column {id_column}" + (f", {named[0]}" if named.len() else ""),
            why="every item must have exactly one chance of being drawn",
            mend="give each item one row and one id",
        )
    digest = hashlib.sha256(DOMAIN)
    digest.update(json.dumps([fixed_at.isoformat(), id_column, text.columns], ensure_ascii=False).encode() + b"\n")
    for row in text.iter_rows():
        digest.update(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    stratum = (
        pl.concat_str([pl.col(name).fill_null("unknown") for name in strata], separator=" / ")
        if strata
        else pl.lit(ONE_STRATUM)
    )
    items = text.select(pl.col(id_column).alias("item_id"), stratum.alias("stratum"))
    return Frame(items, fixed_at, digest.hexdigest())
