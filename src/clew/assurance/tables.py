"""Reads the tables that the assurance commands take: CSV, Parquet or Excel; duties with their instants in UTC."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import fastexcel
import polars as pl

from clew.core import UsageError

INSTANTS = ("trigger_at", "known_at", "due", "decided_at")


def read_table(path: Path, *, needs: Sequence[str] = ()) -> pl.DataFrame:
    """The table at `path`; CSV and Excel as text. Raises `UsageError` if it cannot be read or lacks a column."""
    try:
        suffix = path.suffix.lower()
        if suffix == ".parquet":
            frame = pl.read_parquet(path)
        elif suffix in (".xlsx", ".xls", ".xlsm"):
            frame = pl.read_excel(path).select(pl.all().cast(pl.String))
        else:
            frame = pl.read_csv(path, infer_schema_length=0)
    except (OSError, pl.exceptions.PolarsError, fastexcel.FastExcelError, ValueError) as error:
        raise UsageError(
            f"{path} cannot be read: {str(error).splitlines()[0]}.",
            where="input",
            mend="give a CSV file in UTF-8, a Parquet file or an Excel workbook",
        ) from None
    gone = [name for name in needs if name not in frame.columns]
    if gone:
        raise UsageError(
            f"{path} has no column {gone[0]!r}.", where="input", mend=f"its columns are {', '.join(frame.columns)}"
        )
    return frame


def read_duties(path: Path) -> pl.DataFrame:
    """Duties as ``clew standards evaluate --out`` writes them, their instants as UTC.

    Raises `UsageError` for an instant that is not ISO 8601.
    """
    frame = read_table(path, needs=("rule", "event_id", "trigger_at", "verdict", "decided_at"))
    for name in INSTANTS:
        if name in frame.columns and frame.schema[name] == pl.String:
            text = pl.col(name).replace("", None)
            parsed = frame.select(text.str.to_datetime(time_zone="UTC", strict=False)).to_series()
            broken = frame.filter(text.is_not_null() & parsed.is_null())
            if broken.height:
                raise UsageError(
                    f"{broken[name][0]!r} is not an instant.",
                    where=f"{path}, column {name}",
                    why="a duty without its time would be counted in the wrong night",
                    mend="write it as 2026-03-01T09:00:00Z",
                )
            frame = frame.with_columns(parsed.alias(name))
    return frame
