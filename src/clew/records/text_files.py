"""Reads a delimited text file (CSV, TSV) whatever its state, and says which lines are not rows.

Two ways, one meaning. Where every line of the file is by itself a well-formed row (a regular expression decides,
for all lines at once) Polars parses it. Else Python's `csv` in strict mode does, line by line: after a fault it
sets the line aside on which the faulty row began and goes on with the next, so a stray quotation mark costs one
line and not the rest of the file. A test holds both ways to the same result.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

import polars as pl

from clew.records.raw import LostRow, RawFile
from clew.records.text_encoding import decode

_DELIMITERS = (",", ";", "\t", "|")

_BATCH_ROWS = 50_000

_LOST_CHARACTERS_KEPT = 10_000


def read_text_file(data: bytes, *, name: str, delimiter: str | None = None, encoding: str | None = None) -> RawFile:
    """The rows of the delimited text `data`, all cells as text. Raises LookupError for an unknown `encoding`.

    An empty cell is null; a line that is empty is counted as a row but is none. Lines that are not rows are in `lost`.
    """
    decoded = decode(data, encoding=encoding)
    remarks: list[tuple[int | None, str, str]] = [] if decoded.remark is None else [(None, *decoded.remark)]
    first = decoded.text.split("\n", 1)[0]
    sign = delimiter or max(_DELIMITERS, key=first.count)
    frame = _read_plain(decoded.text, sign)
    lost: list[LostRow] = []
    if frame is None:
        frame, lost, header_remarks = _read_line_by_line(decoded.text, sign)
        remarks.extend(header_remarks)
    return RawFile(name=name, frame=frame, lost=tuple(lost), remarks=tuple(remarks))


def _read_plain(text: str, delimiter: str) -> pl.DataFrame | None:
    """The frame where every line is by itself a well-formed row of as many cells as the header; else None."""
    body = text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text
    if "\x00" in text or "\r" in body.replace("\r\n", ""):
        return None
    lines = pl.Series(body.replace("\r\n", "\n").split("\n"))
    header = next(csv.reader([lines[0]], delimiter=delimiter), [])
    if len(header) < 2 or len(set(map(str.strip, header))) < len(header) or not all(map(str.strip, header)):
        return None
    sign = {"\t": r"\t", "|": r"\|"}.get(delimiter, delimiter)
    cell = rf'(?:[^"{sign}]*|"(?:[^"]|"")*")'
    if not lines.str.contains(rf"^{cell}(?:{sign}{cell}){{{len(header) - 1}}}$").all():
        return None
    frame = pl.read_csv(
        text.encode(),
        separator=delimiter,
        infer_schema=False,
        has_header=True,
        new_columns=[name.strip() for name in header],
    )
    if frame.height != len(lines) - 1:
        return None
    return frame.with_columns(source_row=pl.int_range(2, frame.height + 2, dtype=pl.Int64))


class _Lines:
    """The lines of a text for `csv.reader`, remembering those of the row being read so that they can be read again."""

    def __init__(self, text: str) -> None:
        self._rest = iter(StringIO(text, newline=""))
        self._again: list[str] = []
        self.row: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else next(self._rest)
        self.row.append(line)
        return line

    def give_up_first(self) -> str:
        """Gives back all lines of the faulty row but its first, and returns that."""
        first, *others = self.row
        self._again.extend(reversed(others))
        self.row = []
        return first


def _rows(lines: _Lines, delimiter: str) -> Iterator[list[str] | str]:
    """Each row as its cells, the header first; a line that cannot begin a row, as it stands.

    A row of several lines that has not as many cells as the header is no row either: a stray quotation mark has run
    into the next one.
    """
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    width = 0
    while True:
        try:
            for cells in reader:
                if width and len(lines.row) > 1 and len(cells) != width:
                    raise csv.Error
                width = width or len(cells)
                yield cells
                lines.row = []
            return
        except csv.Error:
            yield lines.give_up_first()
            reader = csv.reader(lines, delimiter=delimiter, strict=True)


def _read_line_by_line(
    text: str, delimiter: str
) -> tuple[pl.DataFrame, list[LostRow], list[tuple[int | None, str, str]]]:
    csv.field_size_limit(2**31 - 1)  # a narrative may be longer than the 128 KiB that csv allows
    lines = _Lines(text)
    rows = _rows(lines, delimiter)
    start, head = next(((number, cells) for number, cells in enumerate(rows, start=1) if cells), (1, []))
    header, remarks = name_columns(head if isinstance(head, list) else head.rstrip("\r\n").split(delimiter))
    lost: list[LostRow] = []
    frames = [pl.DataFrame(schema=dict.fromkeys(header, pl.String) | {"source_row": pl.Int64})]
    good: list[list[str]] = []
    numbers: list[int] = []
    for number, cells in enumerate(rows, start=start + 1):
        if isinstance(cells, str):
            lost.append(_lost(number, cells, "a quotation mark in this line is never closed, or closed too early"))
        elif len(cells) == len(header):
            good.append(cells)
            numbers.append(number)
        elif cells:
            why = f"the row has {len(cells)} cells, the header {len(header)}"
            lost.append(_lost(number, "".join(lines.row), why))
        if len(good) >= _BATCH_ROWS:
            frames.append(_frame(header, good, numbers))
            good, numbers = [], []
    if good:
        frames.append(_frame(header, good, numbers))
    return pl.concat(frames), lost, remarks


def _frame(header: list[str], rows: list[list[str]], numbers: list[int]) -> pl.DataFrame:
    columns = zip(*rows, strict=True)
    frame = pl.DataFrame([pl.Series(name, cells, dtype=pl.String) for name, cells in zip(header, columns, strict=True)])
    frame = frame.with_columns(pl.when(pl.all() != "").then(pl.all()))
    return frame.with_columns(pl.Series("source_row", numbers, dtype=pl.Int64))


def _lost(number: int, line: str, why: str) -> LostRow:
    mend = "mend the line: quote cells that hold a delimiter or a line break, double a quotation mark inside them"
    return LostRow(source_row=number, text=line.rstrip("\r\n")[:_LOST_CHARACTERS_KEPT], why=why, mend=mend)


def name_columns(header: list[str]) -> tuple[list[str], list[tuple[int | None, str, str]]]:
    """Column names, unique and without white space around; a remark for each that had to be made up."""
    names: list[str] = []
    remarks: list[tuple[int | None, str, str]] = []
    for number, cell in enumerate(header, start=1):
        name = cell.replace("\x00", "").strip() or f"column {number}"
        unique = name if name not in names else f"{name} ({number})"
        if unique != cell.strip():
            why = f"column {number} has no name of its own ({cell.strip()!r}); it is called {unique!r}"
            remarks.append((1, why, "give every column one name"))
        names.append(unique)
    return names, remarks
