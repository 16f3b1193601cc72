"""Makes text cells harmless to a spreadsheet, which takes some of them for formulas (OWASP, "CSV Injection")."""

from __future__ import annotations

import polars as pl

#: A cell that a spreadsheet would take for a formula; the wide forms are taken so in East Asian settings.
_FORMULA = r"^[\s\x00]*[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]"


def spreadsheet_safe(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with an apostrophe before every text cell that a spreadsheet would take for a formula."""
    safe = [
        pl.when(pl.col(name).str.contains(_FORMULA)).then("'" + pl.col(name)).otherwise(name).alias(name)
        for name, dtype in frame.schema.items()
        if dtype == pl.String
    ]
    return frame.with_columns(safe)
