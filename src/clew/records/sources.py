"""Finds a dataset's files and reads each once: CSV, Parquet or Excel, in a folder or given singly."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import polars.exceptions

from clew.core import UsageError
from clew.records import workbooks
from clew.records.mapping import TableSource
from clew.records.raw import RawFile
from clew.records.text_files import read_text_file

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
PARQUET_SUFFIXES = (".parquet", ".pq")
SUFFIXES = (*PARQUET_SUFFIXES, ".csv", ".tsv", *workbooks.SUFFIXES)


@dataclass(frozen=True)
class Place:
    """Where a table's rows are: a file, and in a workbook a sheet."""

    path: Path
    name: str
    sheet: str | None = None


def locate(path: Path, table: str, source: TableSource) -> Place | None:
    """Where `source` of `table` lies in the dataset at `path` (a folder or a single file); None if it is absent.

    A source that names its file must have it; one that only maps columns may read the folder's one data file; a table
    nobody mentions may be absent. Raises `UsageError`.
    """
    mapped = bool(source.columns or source.coordinates)
    if path.is_file():
        return _in_file(path, path.name, table, source, mapped=mapped or source.file is not None)
    if source.file is not None:
        file = path / source.file
        if not file.exists():
            raise UsageError(
                f"There is no {source.file}.",
                where=source.where,
                mend=f"name one of: {_listing(path) or 'nothing here'}",
            )
        return _in_file(file, source.file, table, source, mapped=True)
    own = [path / f"{table}{suffix}" for suffix in SUFFIXES if (path / f"{table}{suffix}").exists()]
    if len(own) > 1:
        raise UsageError(
            f"The table {table} is there more than once: {', '.join(file.name for file in own)}.",
            where=path.name,
            why="Clew cannot know which of them holds",
            mend="keep one, or name it with `file:` in clew.yaml",
        )
    if own:
        return _in_file(own[0], own[0].name, table, source, mapped=True)
    files = sorted(file for file in path.iterdir() if file.is_file() and file.suffix.lower() in SUFFIXES)
    if len(files) == 1 and (mapped or files[0].suffix.lower() in workbooks.SUFFIXES):
        return _in_file(files[0], files[0].name, table, source, mapped=mapped)
    if mapped:
        raise UsageError(
            f"It is not clear which file feeds {table}.",
            where=source.where,
            mend=f"name it with `file:`; there are: {_listing(path) or 'none'}",
        )
    return None


def _listing(folder: Path) -> str:
    return ", ".join(sorted(file.name for file in folder.iterdir() if file.suffix.lower() in SUFFIXES)[:12])


def _in_file(path: Path, name: str, table: str, source: TableSource, *, mapped: bool) -> Place | None:
    if path.suffix.lower() not in workbooks.SUFFIXES:
        alone = mapped or table == (path.stem if path.stem in _TABLE_NAMES else "events")
        return Place(path, name) if alone else None
    sheets = workbooks.sheet_names(_bytes(path, name), name=name)
    wanted = source.sheet or (table if table in sheets else None)
    if wanted is None and len(sheets) == 1 and (mapped or table == "events"):
        wanted = sheets[0]
    if wanted is None and not mapped and table != "events":
        return None
    if wanted not in sheets:
        raise UsageError(
            f"{name} has no sheet {wanted or table!r}.",
            where=source.where or name,
            mend=f"say `sheet:` in clew.yaml; there are: {', '.join(sheets)}",
        )
    return Place(path, name, wanted)


_TABLE_NAMES = ("events", "people", "circumstances", "actions", "exhibits", "characteristics")


def read_place(place: Place, source: TableSource) -> RawFile:
    """The rows at `place`. Raises `UsageError` for what is no file, cannot be read, or is not what its name says."""
    data = _bytes(place.path, place.name)
    suffix = place.path.suffix.lower()
    if place.sheet is not None:
        return workbooks.read_sheet(data, name=place.name, sheet=place.sheet)
    if suffix in PARQUET_SUFFIXES:
        return _read_parquet(data, place.name)
    if suffix not in TEXT_SUFFIXES:
        raise UsageError(
            f"{place.name} is of no kind that Clew reads.",
            where=source.where or place.name,
            mend="give CSV, Parquet or Excel (.csv, .parquet, .xlsx)",
        )
    try:
        return read_text_file(data, name=place.name, delimiter=source.delimiter, encoding=source.encoding)
    except LookupError:
        raise UsageError(
            f"{source.encoding!r} is not an encoding.",
            where=source.where,
            mend="write utf-8, cp1252, utf-16 or the like",
        ) from None


def _bytes(path: Path, name: str) -> bytes:
    if path.is_dir():
        raise UsageError(f"{name} is a folder, not a file.", where=name, mend="put the table's file in its place")
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{name} cannot be read: {error.strerror or error}.", where=name, mend="check that it is there and readable"
        ) from None


def _read_parquet(data: bytes, name: str) -> RawFile:
    try:
        frame = pl.read_parquet(io.BytesIO(data))
    except (polars.exceptions.PolarsError, OSError, pl.exceptions.PanicException) as error:
        raise UsageError(
            f"{name} cannot be read as Parquet: {str(error).splitlines()[0][:200]}.",
            where=name,
            mend="write it again: it may be cut short, or not be Parquet",
        ) from None
    frame = frame.drop("source_row", strict=False)
    return RawFile(name=name, frame=frame.with_columns(source_row=pl.int_range(2, frame.height + 2, dtype=pl.Int64)))
