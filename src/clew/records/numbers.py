"""Numbers from text, for whole columns: decimal signs, thousands separators, and numbers with a unit word."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

_SPACES = r"'\s\x{a0}\x{202f}"
_PLAIN = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"


def parse_decimals(text: pl.Series, *, decimal: str = ".") -> tuple[pl.Series, pl.Series]:
    """Numbers of `text` (null where it is none) and whether thousands separators were left out (Boolean).

    decimal: the decimal sign, "." or ","; the other one, spaces and apostrophes may part groups of three digits.
    """
    other = {".": ",", ",": r"\."}[decimal]
    point = rf"\{decimal}"
    grouped = text.str.contains(rf"^[+-]?\d{{1,3}}(?:[{other}{_SPACES}]\d{{3}})+(?:{point}\d+)?$").fill_null(
        value=False
    )
    frame = pl.DataFrame({"text": text, "grouped": grouped})
    number = pl.when("grouped").then(pl.col("text").str.replace_all(f"[{other}{_SPACES}]", "")).otherwise("text")
    if decimal == ",":
        number = pl.when(pl.col("grouped") | ~pl.col("text").str.contains(other)).then(number)
        number = number.str.replace(",", ".", literal=True)
    plain = pl.when(number.str.contains(_PLAIN)).then(number)
    return frame.select(plain.cast(pl.Float64, strict=False)).to_series(), grouped


def parse_quantities(text: pl.Series, units: Mapping[str, float]) -> pl.Series:
    """Of texts such as "4 Months 3 Days", the sum of number times `units`; null where anything else stands there."""
    total = pl.Series([0.0]).new_from_index(0, len(text))
    found = pl.Series([False]).new_from_index(0, len(text))
    rest = text
    for unit, worth in sorted(units.items(), key=lambda item: -len(item[0])):
        pattern = rf"(?i)(\d+(?:\.\d+)?)\s*{unit}\b"
        amount = rest.str.extract(pattern).cast(pl.Float64, strict=False)
        total = total + amount.fill_null(0.0) * worth
        found = found | amount.is_not_null()
        rest = rest.str.replace(pattern, "")
    good = found & rest.str.contains(r"^[\s,]*(?:and)?[\s,]*$").fill_null(value=False)
    return total.set(~good, None)
