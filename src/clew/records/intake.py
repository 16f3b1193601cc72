"""From a dataset's files to its tables' rows: each file read once, each column mapped and typed, every loss noted."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from clew.core import UsageError
from clew.records.mapping import DatasetMapping, TableSource
from clew.records.places import to_wgs84
from clew.records.problems import Effect, ProblemLog
from clew.records.raw import RawFile
from clew.records.schema import Table
from clew.records.shape import rules_of, shape
from clew.records.sources import Place, locate, read_place
from clew.records.values import read_values


class Intake:
    """Reads the tables of the dataset at `path`; `log` takes the problems.

    `lost`: of each table, the lines that are no rows (source_file, source_row, text).
    """

    def __init__(self, path: Path, mapping: DatasetMapping, log: ProblemLog) -> None:
        self.path, self.mapping, self.log = path, mapping, log
        self.lost: dict[str, list[tuple[str, int, str]]] = {}
        self._raw: dict[Place, RawFile] = {}
        self._columns: dict[str, tuple[str, ...]] = {}
        self._origins: dict[str, tuple[Place, TableSource]] = {}
        self._used: dict[str, set[str]] = {}

    def table(self, table: Table) -> pl.DataFrame | None:
        """All rows of `table` as `values.read_values` gives them; None if no file holds it. Raises `UsageError`."""
        parts = []
        for source in self.mapping.tables.get(table.name, (TableSource(),)):
            place = locate(self.path, table.name, source)
            if place is not None:
                parts.append(self._read_source(table, source, self._file(place, source)))
        return pl.concat(parts, how="diagonal") if parts else None

    def _file(self, place: Place, source: TableSource) -> RawFile:
        if place not in self._raw:
            self._raw[place] = raw = read_place(place, source)
            self._columns[raw.name] = raw.columns
            self._origins[raw.name] = (place, source)
            for row, why, mend in raw.remarks:
                self.log.note(table="", why=why, mend=mend, source_file=raw.name, source_row=row)
        return self._raw[place]

    def _read_source(self, table: Table, source: TableSource, raw: RawFile) -> pl.DataFrame:
        rules = rules_of(source, table, raw, missing=self.mapping.missing)
        absent = [name for name in table.required if name not in rules]
        if absent:
            raise UsageError(
                f"{raw.name} has no column {absent[0]!r}, which {table.name} requires.",
                where=raw.name,
                why=table.column(absent[0]).meaning,
                mend=f"add it, or map one of its columns to it in clew.yaml: {', '.join(raw.columns) or 'it has none'}",
            )
        for lost in raw.lost:
            self.log.note(
                table=table.name, source_file=raw.name, source_row=lost.source_row, value=lost.text,
                effect=Effect.ROW_SET_ASIDE, why=lost.why, mend=lost.mend,
            )  # fmt: skip
            self.lost.setdefault(table.name, []).append((raw.name, lost.source_row, lost.text))
        if raw.frame.is_empty():
            self.log.note(table=table.name, source_file=raw.name, why="it holds no rows", mend="none, if that is so")
        used = self._used.setdefault(raw.name, set())
        used.update(name for rule in rules.values() for name in rule.columns)
        shaped = shape(raw, table=table, source=source, rules=rules)
        frame = read_values(shaped, table=table, rules=rules, mapping=self.mapping, log=self.log)
        if source.coordinates is not None:
            used.update((source.coordinates.x, source.coordinates.y))
            frame = self._project(frame, source, table)
        return frame

    def _project(self, frame: pl.DataFrame, source: TableSource, table: Table) -> pl.DataFrame:
        assert source.coordinates is not None  # noqa: S101  (the caller has looked)
        x, y = (
            frame[name].cast(pl.String, strict=False).str.replace_all(",", "").str.strip_chars()
            for name in ("_x", "_y")
        )
        easting, northing = (value.cast(pl.Float64, strict=False) for value in (x, y))
        nowhere = ((easting == 0) & (northing == 0)).fill_null(value=False)
        lat, lon = to_wgs84(easting.set(nowhere, None), northing.set(nowhere, None), source.coordinates.crs)
        given = (x.is_not_null() & (x != "")) | (y.is_not_null() & (y != ""))
        self.log.rows(
            frame,
            given & (lat.is_null() | lon.is_null()),
            table=table.name,
            column=f"{source.coordinates.x}, {source.coordinates.y}",
            value=pl.select(pl.concat_str(x.fill_null(""), pl.lit(", "), y.fill_null(""))).to_series(),
            effect=Effect.VALUE_LEFT_OUT,
            why=f"it is no position in {source.coordinates.crs}",
            mend="mend the coordinates, exchange them, or say the right `crs:` in clew.yaml",
        )
        return frame.with_columns(lat, lon).drop("_x", "_y")

    def forget_cells(self) -> None:
        """Lets go of what was read, once every table has been made of it: it is as big as the data."""
        self._raw.clear()

    def cells(self, name: str) -> pl.DataFrame:
        """The cells of the file called `name` as they stand in it, and `source_row`: read again if they were let go."""
        place, source = self._origins[name]
        if place not in self._raw:
            self._raw[place] = read_place(place, source)
        return self._raw[place].frame

    def unused(self) -> dict[str, tuple[str, ...]]:
        """Of each file, the columns that no table reads."""
        left = {
            name: tuple(column for column in columns if column not in self._used.get(name, set()))
            for name, columns in self._columns.items()
        }
        return {name: columns for name, columns in left.items() if columns}
