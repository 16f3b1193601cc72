"""From a source file's columns to a table's columns: the mapping of clew.yaml as Polars expressions.

Values stay as they were written; `values` gives them their types.
"""

from __future__ import annotations

import re
from dataclasses import replace

import polars as pl

from clew.core import UsageError
from clew.records.mapping import ColumnRule, TableSource
from clew.records.problems import SET_ASIDE
from clew.records.raw import RawFile
from clew.records.schema import Table

#: Stands between parts while they are split; no text holds it (values drop control characters of this kind).
_PART = "\x1f"

#: A Boolean column a dataset written by Clew may bring along, beside the table's own.
ASSUMED = "recorded_at_assumed"


def rules_of(
    source: TableSource, table: Table, raw: RawFile, *, missing: tuple[str, ...] = ()
) -> dict[str, ColumnRule]:
    """The rule of each column that `raw` can fill: those of clew.yaml, else the column of the same name. `missing`:
    texts that mean nothing was recorded, anywhere in the dataset."""
    same = {name: ColumnRule(columns=(name,)) for name in (*table.names, ASSUMED) if name in raw.columns}
    if source.coordinates:
        same.pop("lat", None)
        same.pop("lon", None)
    rules = same | dict(source.columns)
    return {name: replace(rule, missing=(*rule.missing, *missing)) for name, rule in rules.items()}


def shape(raw: RawFile, *, table: Table, source: TableSource, rules: dict[str, ColumnRule]) -> pl.DataFrame:
    """Rows of `table` from `raw`: a column for each of `rules`, source_file, source_row and `SET_ASIDE`.

    Columns named in clew.yaml that the file lacks raise `UsageError`. Coordinates come as `_x` and `_y`.
    """
    wanted = {name for rule in rules.values() for name in rule.columns}
    if source.coordinates:
        wanted |= {source.coordinates.x, source.coordinates.y}
    absent = sorted(wanted - set(raw.columns))
    if absent:
        raise UsageError(
            f"{raw.name} has no column {absent[0]!r}.",
            where=source.where or raw.name,
            mend=f"name one of its columns: {', '.join(raw.columns) or 'it has none'}",
        )
    frame = raw.frame.select(
        *(column_expression(rule, raw.frame.schema).alias(name) for name, rule in rules.items()),
        *_coordinate_columns(source),
        pl.lit(raw.name).alias("source_file"),
        "source_row",
        pl.lit(value=False).alias(SET_ASIDE),
    )
    for name, rule in rules.items():
        if rule.gives_many:
            frame = frame.explode(name)
            frame = frame.with_columns(_labels(pl.col(name), rule).alias(name))
    for name in source.only_if:
        if name not in frame.columns:
            raise UsageError(
                f"`only_if` names {name}, which nothing fills.",
                where=source.where,
                mend=f"say under `columns:` where {name} comes from",
            )
        frame = frame.filter(pl.col(name).is_not_null())
    if any(rule.gives_many for rule in rules.values()):
        frame = frame.unique(maintain_order=True)
    return frame


def _coordinate_columns(source: TableSource) -> list[pl.Expr]:
    if source.coordinates is None:
        return []
    return [pl.col(source.coordinates.x).alias("_x"), pl.col(source.coordinates.y).alias("_y")]


def column_expression(rule: ColumnRule, schema: pl.Schema) -> pl.Expr:
    """The column that `rule` makes (a list of text where it gives several rows). Typed columns that are only taken over
    keep their type."""
    if rule.constant is not None:
        return pl.lit(rule.constant)
    text = [_filled(pl.col(name), schema[name], rule) for name in rule.columns]
    if len(text) == 1:
        whole = text[0]
    elif rule.first:
        whole = pl.coalesce(text)
    else:
        joined = pl.concat_str(text, separator=rule.separator, ignore_nulls=True)
        whole = pl.when(joined != "").then(joined)
    if rule.extract is not None:
        whole = whole.str.extract(rule.extract, group_index=min(1, re.compile(rule.extract).groups))
    if rule.find is not None:
        return _each(whole.str.extract_all(rule.find), rule)
    if rule.split is not None:
        return _each(whole.str.replace_all(rule.split, _PART).str.split(_PART), rule)
    return _labels(whole, rule)


def _filled(column: pl.Expr, dtype: pl.DataType, rule: ColumnRule) -> pl.Expr:
    """The column with white space around and texts that mean nothing removed."""
    works_on_text = any(
        (len(rule.columns) > 1, rule.extract, rule.find, rule.split, rule.lower, rule.patterns, rule.values, rule.empty)
    )
    if dtype != pl.String:
        if not works_on_text:
            return column
        column = column.cast(pl.String, strict=False)
    trimmed = column.str.strip_chars()
    return pl.when((trimmed != "") & ~trimmed.is_in(list(rule.missing))).then(trimmed)


def _each(parts: pl.Expr, rule: ColumnRule) -> pl.Expr:
    part = pl.element().str.strip_chars()
    if rule.lower:
        part = part.str.to_lowercase()
    return parts.list.eval(part.filter(part != "")).list.unique(maintain_order=True)


def _labels(text: pl.Expr, rule: ColumnRule) -> pl.Expr:
    if rule.lower:
        text = text.str.to_lowercase()
    if rule.patterns:
        rest = pl.lit(rule.otherwise, pl.String) if not rule.values else text
        chosen: pl.Expr = pl.when(text.is_not_null()).then(rest)
        for pattern, value in reversed(rule.patterns):
            chosen = pl.when(text.str.contains(pattern)).then(pl.lit(value, pl.String)).otherwise(chosen)
        text = chosen
    if rule.values:
        other = text if rule.otherwise is None else pl.lit(rule.otherwise)
        listed = text.is_in(list(rule.values))
        text = (
            pl.when(listed)
            .then(text.replace_strict(dict(rule.values), default=None, return_dtype=pl.String))
            .otherwise(pl.when(text.is_not_null()).then(other))
        )
    return text if rule.empty is None else text.fill_null(rule.empty)
