"""Strata: groups of events that are alike, within which decoys exchange dates.

An exchange within a stratum keeps what ties an event's date to its kind, area, season, manner, sex and age: more die in
a hard winter, a fashion in drugs belongs to the young, a borough grows. Exchanged across them, dates would come out
more evenly than they are, and chance too rare. But a stratum of a few events would give them back their own dates; so
those too small for the finest grouping are grouped by fewer things, and so on until a group has `LEAST` (hierarchical
collapsing, as in imputation by cells). docs/explanation/chance.md measures it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clew.links.events import LinkEvents
from clew.records import Category, Known

Codes = NDArray[np.int64]

#: The fewest events of a stratum. An event then keeps its own date in at most one decoy of ten.
LEAST = 10

#: The groupings, finest first; the last takes whoever is left.
LEVELS: tuple[tuple[str, ...], ...] = (
    ("kind", "area", "season", "manner", "sex", "age"),
    ("kind", "area", "season", "manner", "sex"),
    ("kind", "area", "season", "manner"),
    ("kind", "area", "season"),
    ("kind", "season"),
    ("kind",),
)

#: Upper ends, in years, of the bands of age: child, young adult, adult, and from there on old.
AGE_BANDS = (18.0, 40.0, 65.0)

#: Features that say how somebody died or what an incident was, the first that is noted counts.
MANNERS = ("manner", "method", "offence")


def collapsed(levels: Sequence[Sequence[Codes]], least: int = LEAST) -> Codes:
    """(n,) dense code of the stratum of each of n things.

    levels: for each grouping, finest first, its codes, each (n,). A thing stands in the first grouping in which, among
    those that no finer one took, `least` are like it; in the last one whatever their number.
    """
    count = len(levels[0][0])
    stratum = np.full(count, -1, dtype=np.int64)
    left = np.arange(count)
    used = 0
    for number, codes in enumerate(levels):
        if not len(left):
            break
        together = np.zeros(len(left), dtype=np.int64)
        for one in codes:
            dense = np.unique(one[left], return_inverse=True)[1].reshape(-1)
            together = np.unique(together * (int(dense.max()) + 1) + dense, return_inverse=True)[1].reshape(-1)
        enough = np.bincount(together)[together] >= least
        if number == len(levels) - 1:
            enough[:] = True
        stratum[left[enough]] = used + together[enough]
        used += int(together.max()) + 1
        left = left[~enough]
    dense_codes: Codes = np.unique(stratum, return_inverse=True)[1].reshape(-1).astype(np.int64)
    return dense_codes


def date_strata(known: Known, events: LinkEvents) -> Codes:
    """(n,) stratum of each of `events`, by what `known` says of them: kind, area, season, manner, sex and age. Area by
    its name; season by quarter, winter from December.

    A category that only says how far an inquiry has come (not suspicious, under investigation) is no stratum: it would
    keep the newest deaths together.
    """
    noted = known.circumstances.filter(pl.col("feature").is_in(MANNERS)).select(
        "event_id",
        order=pl.col("feature").replace_strict({name: rank for rank, name in enumerate(MANNERS)}, return_dtype=pl.Int8),
        value=pl.col("value").str.to_lowercase().str.strip_chars(),
    )
    manner = noted.sort("event_id", "order", "value").group_by("event_id").agg(manner=pl.col("value").first())
    settled = pl.col("category").is_in([Category.EXPECTED.value, Category.HOMICIDE.value])
    facts = known.events.sort("event_id").join(manner, on="event_id", how="left", maintain_order="left")
    facts = facts.select(
        "kind",
        "area",
        pl.coalesce("manner", pl.when(settled).then("category")).alias("manner"),
        season=(pl.col("occurred_from").dt.month() % 12) // 3,
    )
    codes = {name: (facts[name].rank("dense").fill_null(0)).to_numpy().astype(np.int64) for name in facts.columns}
    codes["sex"] = events.sex.astype(np.int64)
    codes["age"] = (events.age_years[:, None] >= np.array(AGE_BANDS)).sum(axis=1)  # not known is below every band
    return collapsed([[codes[name] for name in level] for level in LEVELS])
