"""The records to be reviewed blind: those of every series that crossed, mixed with as many that did not.

Whoever reads them is not told which are which, how many series there are, nor by what they were grouped; for each is
asked only whether the death was what it was taken for. The key is made apart, and is opened when the answers are in.
That the first question is whether there was a crime at all, and that reviewers be blind to what made a record come
up: Royal Statistical Society, Healthcare serial killer or coincidence? (2022).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from clew.backstop.watching import Watch


@dataclass(frozen=True, kw_only=True)
class Packet:
    """records: event ids in a random order. key: columns `event_id`, `series` ("series-1", ..., or "comparison").

    comparisons_missing: how many records found no comparison of the same kind, age band and sex.
    """

    records: tuple[str, ...]
    key: pl.DataFrame
    comparisons_missing: int


def review_packet(watch: Watch) -> Packet:
    """The packet of a watch; equal watches give equal packets. Series are numbered in a random order."""
    rng = np.random.default_rng([watch.seed, 7])
    order = rng.permutation(len(watch.signals))
    in_series: dict[str, str] = {}
    for number, index in enumerate(order.tolist(), start=1):
        for event_id in watch.signals[index].event_ids:
            in_series.setdefault(event_id, f"series-{number}")
    rows = watch.rows.filter(pl.col("watched")).unique("event_id", keep="first", maintain_order=True)
    crossed = pl.Series([signal.unit for signal in watch.signals], dtype=pl.String)
    units = watch.rows.filter(pl.col("unit").is_in(crossed.implode()))["event_id"].unique()
    free = rows.filter(~pl.col("event_id").is_in(units.implode())).sort("event_id")
    pools = {
        key: rng.permutation(ids.to_numpy()).tolist()
        for key, ids in ((key, frame["event_id"]) for key, frame in free.group_by("group", "cell", maintain_order=True))
    }
    wanted = rows.filter(pl.col("event_id").is_in(pl.Series(list(in_series), dtype=pl.String).implode()))
    compared = []
    for group, cell in wanted.sort("event_id").select("group", "cell").iter_rows():
        pool = pools.get((group, cell), [])
        if pool:
            compared.append(pool.pop())
    key = in_series | dict.fromkeys(compared, "comparison")
    records = rng.permutation(np.array(sorted(key), dtype=np.str_)).tolist()
    return Packet(
        records=tuple(records),
        key=pl.DataFrame(
            {"event_id": records, "series": [key[each] for each in records]},
            schema={"event_id": pl.String, "series": pl.String},
        ),
        comparisons_missing=wanted.height - len(compared),
    )
