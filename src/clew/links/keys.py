"""Text as 64-bit numbers: what is looked up and kept where the text itself is not needed."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clew.links.identity import address_keys

Keys = NDArray[np.uint64]


def keys_of(*parts: pl.Expr) -> pl.Expr:
    """A 64-bit number for text: equal for equal text, and for nothing else in any history that a force can have (a
    million values meet by chance once in 37 million histories); null where a part is. Polars may change it from version
    to version."""
    text = pl.concat_str([part.cast(pl.String) for part in parts], separator="\x1f")
    return pl.when(text.is_not_null()).then(text.hash(seed=1903))


def form_keys(written: pl.Series) -> pl.Series:
    """(n,) keys of the forms of addresses (`identity.addresses`); null where there is nothing of an address."""
    forms = pl.DataFrame({"form": address_keys(written)})
    return forms.select(keys_of(pl.col("form"))).to_series()
