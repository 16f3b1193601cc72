"""The rows that were set aside, as they stood in their source, and CSV that is safe to open in a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from clew.core import UsageError
from clew.records.problems import Effect, readable

#: Columns of the quarantine: where the row was to go, where it stands, why it did not, and the row itself: a JSON
#: object of its cells, or the bare line where it is no row.
QUARANTINE_SCHEMA: dict[str, pl.DataType] = {
    "table": pl.String(),
    "source_file": pl.String(),
    "source_row": pl.Int64(),
    "why": pl.String(),
    "record": pl.String(),
}

#: A cell that begins so is taken for a formula by spreadsheets (OWASP, CSV Injection).
_FORMULA = r"^[\s\x00]*[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]"
_NUMBER = r"^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$"


def quarantine_of(
    table: str,
    aside: pl.DataFrame,
    cells_of: Callable[[str], pl.DataFrame],
    problems: pl.DataFrame,
    lost: Sequence[tuple[str, int, str]],
) -> pl.DataFrame:
    """The quarantine of one table: `aside` (source_file, source_row) with their records, and `lost` lines.

    cells_of: gives a file's cells as they stand in it, with `source_row`.
    """
    where = ["source_file", "source_row"]
    records = [pl.DataFrame(list(lost), schema={**_KEY, "record": pl.String()}, orient="row")]
    for (name,), rows in aside.unique(maintain_order=True).partition_by("source_file", as_dict=True).items():
        raw = cells_of(str(name)).join(rows.select("source_row"), on="source_row", how="semi")
        cells = pl.DataFrame([readable(series) for series in raw.drop("source_row")])
        record = cells.select(pl.struct(pl.all()).struct.json_encode().alias("record")).to_series()
        records.append(raw.select(pl.lit(name).alias("source_file"), "source_row", record))
    reasons = (
        problems.filter(pl.col("table") == table, pl.col("effect") == Effect.ROW_SET_ASIDE.value)
        .group_by(where, maintain_order=True)
        .agg(pl.concat_str("column", pl.lit(": "), "why").str.strip_chars_start(": ").unique(maintain_order=True))
        .select(*where, pl.col("column").list.join("; ").alias("why"))
    )
    joined = pl.concat(records).join(reasons, on=where, how="left", maintain_order="left")
    return joined.with_columns(table=pl.lit(table)).select(*QUARANTINE_SCHEMA).sort(where, maintain_order=True)


_KEY: dict[str, pl.DataType] = {"source_file": pl.String(), "source_row": pl.Int64()}


def spreadsheet_safe(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with an apostrophe before every text cell that a spreadsheet would take for a formula.

    For what people open, never for data that is read again. Plain numbers keep their sign.
    """
    return frame.with_columns(_safe(pl.col(name)) for name, dtype in frame.schema.items() if dtype == pl.String)


def _safe(text: pl.Expr) -> pl.Expr:
    danger = text.str.contains(_FORMULA) & ~text.str.contains(_NUMBER)
    return pl.when(danger).then(pl.lit("'") + text).otherwise(text).name.keep()


def write_report_csv(frame: pl.DataFrame, path: Path) -> None:
    """Writes `frame` to `path` for people to open (`spreadsheet_safe`), whole or not at all. Raises `UsageError`."""
    part = path.with_name(path.name + ".part")
    try:
        spreadsheet_safe(frame).write_csv(part)
        part.replace(path)
    except OSError as error:
        raise UsageError(
            f"Cannot write {path}: {error.strerror or error}.",
            where="--out",
            mend="name a folder that exists and can be written",
        ) from None
