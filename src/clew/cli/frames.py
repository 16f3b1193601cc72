"""Tables written to a file that people or programs open."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from clew.cli.console import whole_file
from clew.records import spreadsheet_safe


def write_frame(frame: pl.DataFrame, out: Path) -> None:
    """Writes `frame` whole or not at all: Parquet where `out` ends so, else CSV that a spreadsheet can open safely."""
    with whole_file(out) as temporary:
        if out.suffix.lower() == ".parquet":
            frame.write_parquet(temporary)
        else:
            spreadsheet_safe(frame).write_csv(temporary)
