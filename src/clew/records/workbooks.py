"""Reads one sheet of an Excel workbook as text, row for row as the spreadsheet shows it."""

from __future__ import annotations

import fastexcel
import polars as pl

from clew.core import UsageError
from clew.records.raw import RawFile
from clew.records.text_files import name_columns

SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")


def sheet_names(data: bytes, *, name: str) -> tuple[str, ...]:
    """The sheets of the workbook `data`. Raises `UsageError` if it is no workbook."""
    return tuple(_open(data, name).sheet_names)


def read_sheet(data: bytes, *, name: str, sheet: str) -> RawFile:
    """The rows of `sheet`, all cells as text; empty rows are counted but are none. Raises `UsageError`.

    A date cell at midnight is read as the bare date: Excel has no other way to write a date.
    """
    try:
        loaded = _open(data, name).load_sheet(sheet, header_row=None, dtypes="string", skip_rows=0)
        cells = loaded.to_polars()
    except fastexcel.FastExcelError as error:
        raise _unreadable(name, error) from None
    shown = f"{name}!{sheet}"
    if cells.is_empty():
        return RawFile(name=shown, frame=pl.DataFrame(schema={"source_row": pl.Int64}))
    header, remarks = name_columns([cell or "" for cell in cells.row(0)])
    frame = cells.slice(1).rename(dict(zip(cells.columns, header, strict=True)))
    frame = frame.with_columns(pl.all().str.replace(r"^(\d{4}-\d\d-\d\d)[ T]00:00:00$", "$1"))
    frame = frame.with_columns(source_row=pl.int_range(2, frame.height + 2, dtype=pl.Int64))
    return RawFile(name=shown, frame=frame.filter(~pl.all_horizontal(pl.col(header).is_null())), remarks=tuple(remarks))


def _open(data: bytes, name: str) -> fastexcel.ExcelReader:
    try:
        return fastexcel.read_excel(data)
    except fastexcel.FastExcelError as error:
        raise _unreadable(name, error) from None


def _unreadable(name: str, error: Exception) -> UsageError:
    return UsageError(
        f"{name} cannot be read as a workbook: {str(error).splitlines()[0]}.",
        where=name,
        mend="open it in a spreadsheet and save it again, or export the sheet as CSV",
    )
