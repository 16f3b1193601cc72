"""Made-up people for the identity tests: many strangers, so that names and dates are as rare as they should be."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache

import numpy as np
import polars as pl

from clew.links.identity import Identity, IdentityModel, resolve
from clew.records import TABLES

AT = datetime(2014, 6, 1, tzinfo=UTC)
PERSON = {"name": "Marisol Quenby", "birth_date": date(1971, 4, 9), "sex": "female", "phone": "020 7946 0123"}


@cache
def strangers(count: int = 1500) -> pl.DataFrame:
    """Strangers, each with a name, a birth date, a sex, a telephone and an address."""
    rng = np.random.default_rng(3)
    given, family = (
        np.array([a + b + c for a in first for b in "aeio" for c in ("lan", "ris", "tha", "mon", "vek")])
        for first in (("B", "C", "D", "F", "G", "H"), ("J", "K", "L", "M", "N", "P", "R", "S", "T", "V"))
    )
    return frame(
        {
            "name": f"{given[rng.integers(len(given))]} {family[rng.integers(len(family))]}",
            "birth_date": date(1930, 1, 1) + timedelta(days=int(rng.integers(0, 25_000))),
            "sex": ("male", "female")[int(rng.integers(2))],
            "phone": f"07700 {number:06d}",
            "address": f"{number} Elm Street, Ham",
        }
        for number in range(count)
    )


def frame(rows: object) -> pl.DataFrame:
    """Rows as the table `people`."""
    schema = {name: TABLES["people"].column(name).type.dtype for name in TABLES["people"].names}
    return pl.DataFrame(list(rows), schema=schema)  # type: ignore[call-overload]


def among_strangers(*rows: dict[str, object], model: IdentityModel | None = None) -> Identity:
    """`rows`, in order, as the first parts among strangers, resolved."""
    people = pl.concat([frame(rows), strangers()])
    return resolve(people, pl.Series([AT] * people.height), model)
