"""Rows of a table while they are being gathered: columns of arrays, scalars repeated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl


@dataclass
class Rows:
    """Parts of one table; `schema` gives every column and its type, a column not given is null."""

    schema: Mapping[str, pl.DataType]
    _parts: list[pl.DataFrame] = field(default_factory=list)

    def add(self, size: int, **columns: Any) -> None:
        """`size` rows; each column an array or series of that length, or one value for all."""
        if not size:
            return
        arrays, scalars = {}, []
        for name, value in columns.items():
            if isinstance(value, np.ndarray | pl.Series):
                arrays[name] = pl.Series(name, value)
            else:
                scalars.append(pl.lit(value, dtype=self.schema[name]).alias(name))
        first = next(iter(arrays), None)
        frame = pl.DataFrame(arrays) if first else pl.DataFrame({"_": np.zeros(size, dtype=np.int8)})
        missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in self.schema.items() if name not in columns]
        frame = frame.with_columns(*scalars, *missing)
        self._parts.append(frame.select(pl.col(name).cast(kind) for name, kind in self.schema.items()))

    def frame(self) -> pl.DataFrame:
        """All rows so far, in the order they were added."""
        return pl.concat(self._parts) if self._parts else pl.DataFrame(schema=dict(self.schema))
