"""What was wrong in the input: one row per problem, collected as columns so that a million of them stay cheap.

Law of DESIGN.md kept here: nothing is dropped in silence. Every value left out and every row set aside is a row of
the problem frame, with what a person needs to find and mend it.
"""

from __future__ import annotations

from enum import StrEnum

import polars as pl

#: Columns of a problem frame. `source_row` is the row as a spreadsheet shows it (null: the whole file or table).
PROBLEM_SCHEMA: dict[str, pl.DataType] = {
    "table": pl.String(),
    "source_file": pl.String(),
    "source_row": pl.Int64(),
    "column": pl.String(),
    "value": pl.String(),
    "effect": pl.String(),
    "why": pl.String(),
    "mend": pl.String(),
}

VALUE_CHARACTERS_SHOWN = 120

#: Boolean column that every frame carries while it is being checked: this row goes to quarantine.
SET_ASIDE = "_set_aside"


class Effect(StrEnum):
    """What a problem did to the data."""

    KEPT = "kept"
    VALUE_LEFT_OUT = "value left out"
    ROW_SET_ASIDE = "row set aside"
    TABLE_REFUSED = "table refused"


class ProblemLog:
    """Gathers problems while a dataset is read."""

    def __init__(self) -> None:
        self._frames: list[pl.DataFrame] = []

    def note(
        self,
        *,
        table: str,
        why: str,
        mend: str,
        effect: Effect = Effect.KEPT,
        source_file: str = "",
        source_row: int | None = None,
        column: str = "",
        value: str | None = None,
    ) -> None:
        """One problem of a file, a table or a single row."""
        shown = None if value is None else value[:VALUE_CHARACTERS_SHOWN]
        row = (table, source_file, source_row, column, shown, effect.value, why, mend)
        self._frames.append(pl.DataFrame([row], schema=PROBLEM_SCHEMA, orient="row"))

    def rows(
        self,
        frame: pl.DataFrame,
        fault: pl.Series,
        *,
        table: str,
        column: str,
        value: pl.Series | None,
        effect: Effect,
        why: str,
        mend: str,
    ) -> None:
        """One problem for each row of `frame` (with source_file, source_row) where `fault` (Boolean) is true."""
        fault = fault.fill_null(value=False)
        if not fault.any():
            return
        shown = pl.lit(None, pl.String) if value is None else pl.lit(_shown(value.filter(fault)))
        self._frames.append(
            frame.select("source_file", "source_row")
            .filter(fault)
            .with_columns(
                table=pl.lit(table),
                column=pl.lit(column),
                value=shown,
                effect=pl.lit(effect.value),
                why=pl.lit(why),
                mend=pl.lit(mend),
            )
            .select(*PROBLEM_SCHEMA)
        )

    def frame(self) -> pl.DataFrame:
        """All problems with `PROBLEM_SCHEMA`, by table, file and row; those of a whole file first."""
        if not self._frames:
            return pl.DataFrame(schema=PROBLEM_SCHEMA)
        return pl.concat(self._frames).sort(
            ["table", "source_file", "source_row"], nulls_last=False, maintain_order=True
        )


def readable(values: pl.Series) -> pl.Series:
    """`values` of any type as text that a person can read; null stays null."""
    if values.dtype.is_nested() or values.dtype in (pl.Binary, pl.Object):
        texts = [None if value is None else str(value) for value in values.to_list()]
        return pl.Series(values.name, texts, dtype=pl.String)
    return values.cast(pl.String, strict=False)


def _shown(values: pl.Series) -> pl.Series:
    return readable(values).str.slice(0, VALUE_CHARACTERS_SHOWN)


#: Columns of `kinds_of_problem`: a problem frame's but for row and value, then how often and the first examples.
_KIND = ("table", "source_file", "column", "effect", "why", "mend")


def kinds_of_problem(problems: pl.DataFrame, *, examples: int) -> pl.DataFrame:
    """One row per kind of problem: table, source_file, column, effect, why, mend, `count`, and the `rows` and `values`
    (lists) of its first `examples`. The gravest come first, then the most frequent."""
    order = pl.col("effect").replace_strict({effect.value: rank for rank, effect in enumerate(reversed(Effect))})
    return (
        problems.group_by(_KIND, maintain_order=True)
        .agg(
            pl.len().alias("count"),
            pl.col("source_row").head(examples).alias("rows"),
            pl.col("value").head(examples).alias("values"),
        )
        .sort(order, -pl.col("count").cast(pl.Int64), maintain_order=True)
    )
