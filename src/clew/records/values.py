"""From values as written to the schema's types, with a problem for every value that cannot be what its column holds.

A bad or missing value of a required column sets its row aside; a bad value of any other column is left out and the
row is kept (law 5: a missing value is no evidence either way).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from clew.records.local_time import Instants, instants_of_dates, instants_of_naive, parse_dates, parse_instants
from clew.records.mapping import ColumnRule, DatasetMapping
from clew.records.numbers import parse_decimals, parse_quantities
from clew.records.problems import SET_ASIDE, Effect, ProblemLog
from clew.records.schema import Column, Table, Type
from clew.records.shape import ASSUMED

#: Columns in which a bare date means that day's end: nobody is taken to have known a thing before they can have.
ENDS_OF_DAY = ("occurred_to", "reported_at", "recorded_at", "retracted_at")

_CONTROLS = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"

#: Types no column of the schema can be made of.
_UNREADABLE = (pl.Binary, pl.Object, pl.Time, pl.Duration)


def bare_name(column: str) -> str:
    """The Boolean column that says where `column` was written as a bare date."""
    return f"_bare_{column}"


def read_values(
    frame: pl.DataFrame, *, table: Table, rules: dict[str, ColumnRule], mapping: DatasetMapping, log: ProblemLog
) -> pl.DataFrame:
    """`frame` of written values as typed columns of `table`; a `bare_name` column for each instant; `SET_ASIDE`.

    frame: columns of the table as written (an absent one counts as empty), source_file, source_row, `SET_ASIDE`, and
    any others, which stay as they are.
    """
    aside = frame[SET_ASIDE]
    typed: list[pl.Series] = []
    for column in table.columns:
        reader = _ColumnReader(frame, table, column, rules.get(column.name, ColumnRule()), mapping, log)
        series = reader.read()
        typed.extend(series)
        if column.required:
            aside = aside | series[0].is_null()
    if ASSUMED in frame.columns:
        typed.append((present_text(frame[ASSUMED]).str.to_lowercase() == "true").fill_null(value=False).alias(ASSUMED))
    others = [name for name in frame.columns if name not in (*table.names, SET_ASIDE, ASSUMED)]
    return pl.DataFrame(typed).with_columns(*frame.select(others), aside.alias(SET_ASIDE))


def present_text(written: pl.Series, missing: tuple[str, ...] = ()) -> pl.Series:
    """`written` as text without white space around; null where nothing, or a text of `missing`, stands."""
    trimmed = pl.col("text").cast(pl.String, strict=False).str.strip_chars()
    kept = pl.when((trimmed != "") & ~trimmed.is_in(list(missing))).then(trimmed)
    return written.to_frame("text").select(kept.alias("text")).to_series()


@dataclass(frozen=True)
class _ColumnReader:
    """Types one column of `frame`; `log` takes its problems."""

    frame: pl.DataFrame
    table: Table
    column: Column
    rule: ColumnRule
    mapping: DatasetMapping
    log: ProblemLog

    def read(self) -> list[pl.Series]:
        """The typed column; for an instant also where it was a bare date."""
        name, height = self.column.name, self.frame.height
        nothing = pl.Series(name, [None], dtype=pl.String).new_from_index(0, height)
        written = self.frame[name] if name in self.frame.columns else nothing
        if written.dtype.is_nested() or written.dtype in _UNREADABLE:
            why = f"a {self.column.type} cannot be read from {written.dtype}"
            self._fault(written.is_not_null(), written, why, "write the column as text, number or time")
            present = written.is_not_null()
            written = nothing
        else:
            if written.dtype.is_float():
                written = written.fill_nan(None)
            if not self._means_what_it_is(written.dtype):
                written = self._clean(present_text(written, self.mapping.missing))
            present = written.is_not_null()
        if self.column.required:
            self._require(~present)
        if self.column.type is Type.INSTANT:
            return self._instant(written)
        read = {Type.TEXT: self._text, Type.NUMBER: self._number, Type.DATE: self._date}[self.column.type]
        return [read(written).alias(name)]

    def _clean(self, text: pl.Series) -> pl.Series:
        dirty = text.str.contains(_CONTROLS)
        if not dirty.any():
            return text
        why = "it holds control characters (NUL or the like), which were taken out"
        self._report(dirty, text, why, "export the file again: it may be damaged")
        return present_text(text.str.replace_all(_CONTROLS, ""), self.mapping.missing)

    def _means_what_it_is(self, dtype: pl.DataType) -> bool:
        """Whether a typed column (Parquet) can be taken over without being read as text."""
        if self.column.type in (Type.INSTANT, Type.DATE):
            return dtype.is_temporal()
        return dtype.is_numeric()

    def _require(self, empty: pl.Series) -> None:
        why = f"{self.column.name} is required and is empty"
        self._report(empty, None, why, f"fill it: {self.column.meaning}", effect=Effect.ROW_SET_ASIDE)

    def _fault(self, fault: pl.Series, written: pl.Series, why: str, mend: str) -> None:
        effect = Effect.ROW_SET_ASIDE if self.column.required else Effect.VALUE_LEFT_OUT
        self._report(fault, written, why, mend, effect=effect)

    def _report(
        self, fault: pl.Series, written: pl.Series | None, why: str, mend: str, *, effect: Effect = Effect.KEPT
    ) -> None:
        column, table = self.column.name, self.table.name
        self.log.rows(self.frame, fault, table=table, column=column, value=written, effect=effect, why=why, mend=mend)

    def _text(self, written: pl.Series) -> pl.Series:
        if written.dtype.is_float():  # a number that a spreadsheet or Parquet holds as 1234.0 is the label 1234
            whole = pl.col("n").cast(pl.Int64, strict=False)
            label = pl.when(whole == pl.col("n")).then(whole.cast(pl.String)).otherwise(pl.col("n").cast(pl.String))
            written = written.to_frame("n").select(label).to_series()
        text = present_text(written, self.mapping.missing) if written.dtype.is_numeric() else written
        if self.rule.formats:
            text = self._date(text).dt.to_string("%Y-%m-%d")
        vocabulary = self.column.vocabulary
        if not vocabulary:
            return text
        plain = text.str.to_lowercase().str.replace_all(r"[\s-]+", "_")
        known = plain.is_in(list(vocabulary)).fill_null(value=True)
        self._fault(
            ~known,
            text,
            f"it is no {self.column.name} that Clew knows ({', '.join(vocabulary)})",
            f"add it to `values:` under tables.{self.table.name}.columns.{self.column.name} in clew.yaml",
        )
        return plain.set(~known, None)

    def _number(self, written: pl.Series) -> pl.Series:
        if written.dtype.is_numeric():
            number = written.cast(pl.Float64, strict=False).fill_nan(None)
        else:
            if self.rule.units:
                number = parse_quantities(written, self.rule.units)
            else:
                number, grouped = parse_decimals(written, decimal=self.mapping.decimal)
                mend = "write numbers without them, or say `decimal:` in clew.yaml if the sign is the decimal one"
                self._report(grouped, written, "it has thousands separators; they were left out", mend)
            unreadable = number.is_null() & written.is_not_null()
            mend = "write it as 1234.5, or say `decimal:` or `units:` in clew.yaml"
            self._fault(unreadable, written, "it is not a number", mend)
        low, high = self.column.low, self.column.high
        outside = ~number.is_finite()
        outside |= (number < (low if low is not None else -float("inf"))) | (
            number > (high if high is not None else float("inf"))
        )
        outside = outside.fill_null(value=False)
        bounds = "any finite number" if low is None else f"{low:g} to {high:g} {self.column.unit}".strip()
        self._fault(outside, written, f"{self.column.name} must be {bounds}", "mend the value, or leave it empty")
        return number.set(outside, None)

    def _date(self, written: pl.Series) -> pl.Series:
        if written.dtype == pl.Date or isinstance(written.dtype, pl.Datetime):
            return written.cast(pl.Date)
        dates = parse_dates(written, self.rule.formats)
        unreadable = dates.is_null() & written.is_not_null()
        mend = "write it as 2014-06-20, or say its `format:` in clew.yaml"
        self._fault(unreadable, written, "it is not a date that can be read", mend)
        return dates

    def _instant(self, written: pl.Series) -> list[pl.Series]:
        found = self._instants(written)
        mend = "write it as 2014-06-20T09:00 (ISO 8601), or say its `format:` in clew.yaml"
        self._fault(
            found.instant.is_null() & written.is_not_null(), written, "it is not a date or time that can be read", mend
        )
        zone = self.mapping.zone.key
        why = f"clocks in {zone} showed this hour twice; the first was taken"
        self._report(found.twice, written, why, "write the offset, as in 2014-10-26T01:30+01:00")
        why = f"clocks in {zone} never showed this hour; it was read as before the change"
        self._report(found.never, written, why, "write the offset, as in 2014-03-30T01:30+00:00")
        return [found.instant.alias(self.column.name), found.bare.alias(bare_name(self.column.name))]

    def _instants(self, written: pl.Series) -> Instants:
        zone = self.mapping.zone
        day = self.rule.day or ("end" if self.column.name in ENDS_OF_DAY else "start")
        if written.dtype == pl.Date:
            return instants_of_dates(written, zone, day=day)
        if isinstance(written.dtype, pl.Datetime):
            if written.dtype.time_zone is None:
                return instants_of_naive(written, zone)
            no = pl.Series([False]).new_from_index(0, len(written))
            instant = written.dt.convert_time_zone("UTC").cast(pl.Datetime("us", "UTC"))
            return Instants(instant=instant, bare=no, twice=no, never=no)
        return parse_instants(written, zone, formats=self.rule.formats, day=day)
