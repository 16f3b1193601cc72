"""The case of DOMAIN.md 2.1, by knowledge time: four deaths, an allegation, an incident, claims, by role only.

The rows are in `data/case/*.csv`, in London civil time, each with `certainty` (published, or what is assumed) and
`basis` (the source's number in DOMAIN.md 10). Nothing is recorded before the force demonstrably held it. Routine
duties that no source says were left undone are taken as done in time and marked assumed. Protected
characteristics of the four men are left out.
"""

from __future__ import annotations

from importlib import resources
from io import BytesIO

import polars as pl

from clew.records.schema import TABLES, Column, Table, Type

#: The four deaths that one man caused, and the labelled series: with them, the two earlier events that name him.
DEATHS = ("D1", "D2", "D3", "D4")
SERIES = ("E0", "E1", *DEATHS)
CASE_TABLES = ("events", "people", "circumstances", "actions", "exhibits")
_ZONE = "Europe/London"


def case_rows(name: str) -> pl.DataFrame:
    """One table of the case as text, with `certainty` and `basis` beside the schema's columns."""
    text = resources.files("clew.demonstration").joinpath(f"data/case/{name}.csv").read_bytes()
    return pl.read_csv(BytesIO(text), infer_schema=False)


def case_tables() -> dict[str, pl.DataFrame]:
    """The case as the tables of `records.schema`, without provenance columns."""
    return {name: _typed(case_rows(name), TABLES[name]) for name in CASE_TABLES}


def _typed(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    return rows.select(
        _read(column.name, column.type) if column.name in rows.columns else _nothing(column) for column in table.columns
    )


def _nothing(column: Column) -> pl.Expr:
    """A column that the case has no word about."""
    return pl.lit(None, dtype=column.type.dtype).alias(column.name)


def _read(name: str, kind: Type) -> pl.Expr:
    if kind is Type.INSTANT:
        local = pl.col(name).str.to_datetime("%Y-%m-%dT%H:%M", time_unit="us", time_zone=_ZONE, ambiguous="earliest")
        return local.dt.convert_time_zone("UTC")
    return pl.col(name).cast(kind.dtype)
