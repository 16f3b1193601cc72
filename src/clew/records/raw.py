"""One source file as it stands, before any meaning: its cells, its row numbers, and the rows that are not rows."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl


@dataclass(frozen=True, kw_only=True)
class LostRow:
    """A line of a file that is not a row of it: ragged, or a quotation mark that never closes."""

    source_row: int
    text: str
    why: str
    mend: str


@dataclass(frozen=True, kw_only=True)
class RawFile:
    """A file's (or sheet's) rows.

    name: inside the dataset ("events.csv", "book.xlsx!events"). frame: its columns as text (or typed, from Parquet) and
    `source_row`, the row as a spreadsheet shows it. remarks: (row or None, why, mend) that cost nothing.
    """

    name: str
    frame: pl.DataFrame
    lost: tuple[LostRow, ...] = ()
    remarks: tuple[tuple[int | None, str, str], ...] = field(default=())

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the file's own columns."""
        return tuple(name for name in self.frame.columns if name != "source_row")
