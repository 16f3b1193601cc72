"""Text as 64-bit numbers, and arrays by name: what a state is made of."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Keys = NDArray[np.uint64]

#: Arrays by name, as a state is written to a file (`saved`).
Arrays = dict[str, NDArray[Any]]


def keys_of(*parts: pl.Expr) -> pl.Expr:
    """A 64-bit number for text: equal for equal text, and for nothing else in any history that a force can have (a
    million values meet by chance once in 37 million histories); null where a part is. Polars may change it from version
    to version."""
    text = pl.concat_str([part.cast(pl.String) for part in parts], separator="\x1f")
    return pl.when(text.is_not_null()).then(text.hash(seed=1903))


def part_of(arrays: Arrays, prefix: str) -> Arrays:
    """The arrays whose names begin with `prefix`, without it."""
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def with_prefix(prefix: str, arrays: Arrays) -> Arrays:
    """The arrays by names that begin with `prefix`."""
    return {f"{prefix}{name}": array for name, array in arrays.items()}
