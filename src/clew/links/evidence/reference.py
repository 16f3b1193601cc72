"""References: one event's records name another event, or a person who is the subject of another event.

Read from circumstances with feature `reference`: a note that names somebody, an account that speaks of an earlier
event. What officers wrote of another event in their actions is not read: there somebody has joined the two already.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from clew.links.events import Floats, Integers, LinkEvents
from clew.links.weights import SUBJECTS, PeopleWeights
from clew.records import Known


@dataclass(frozen=True, kw_only=True)
class References:
    """Pairs (a, b), a < b, of which one names the other. factor: (p,) log10. row: (p,) index into
    Known.circumstances of the row that says so."""

    a: Integers
    b: Integers
    factor: Floats
    row: Integers


def references(known: Known, events: LinkEvents, weights: PeopleWeights) -> References:
    """The references among `events`; naming an event that many records name says less."""
    index = pl.DataFrame({"event_id": events.event_id, "event": np.arange(len(events), dtype=np.int64)})
    subjects = known.people.filter(
        pl.col("role").is_in([role.value for role in SUBJECTS]) & pl.col("person_ref").is_not_null()
    ).select(value="person_ref", event_id="event_id")
    named = (
        pl.concat([index.select(value="event_id", event_id="event_id"), subjects]).unique().join(index, on="event_id")
    )
    named = named.select("value", named="event")
    said = (
        known.circumstances.with_row_index("row")
        .filter(pl.col("feature") == "reference")
        .select("event_id", "value", pl.col("row").cast(pl.Int64))
    )
    pairs = (
        said.join(index, on="event_id")
        .join(named, on="value")
        .filter(pl.col("event") != pl.col("named"))
        .with_columns(often=pl.col("event").n_unique().over("named"))
        .with_columns(a=pl.min_horizontal("event", "named"), b=pl.max_horizontal("event", "named"))
        .sort("a", "b", "often", "row")
        .unique(["a", "b"], keep="first", maintain_order=True)
    )
    usual = pairs["often"].to_numpy() / max(len(events), 1)
    return References(
        a=pairs["a"].to_numpy(),
        b=pairs["b"].to_numpy(),
        factor=np.log10((weights.reference + (1 - weights.reference) * usual) / usual),
        row=pairs["row"].to_numpy(),
    )
