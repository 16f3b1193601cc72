"""References: one event's records name another event, or a person who is the subject of another event.

Read from circumstances with feature `reference` (a note that names somebody, an account that speaks of an earlier
event) and from actions whose `about` is another event's id.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from clew.links.events import Floats, Integers, LinkEvents
from clew.links.weights import SUBJECTS, PeopleWeights
from clew.records import Known

#: Actions that carry another event's id because somebody already joined the two, or claims to: no news about them.
_ALREADY_JOINED = ("claim.received", "claim.answered", "link.reviewed", "prior_file.attached", "missing_report.merged")


@dataclass(frozen=True, kw_only=True)
class References:
    """Pairs (a, b), a < b, of which one names the other. factor: (p,) log10. table, row: which row says so."""

    a: Integers
    b: Integers
    factor: Floats
    table: list[str]
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
    said = pl.concat(
        [
            known.circumstances.with_row_index("row")
            .filter(pl.col("feature") == "reference")
            .select("event_id", "value", pl.col("row").cast(pl.Int64), table=pl.lit("circumstances")),
            known.actions.with_row_index("row")
            .filter(~pl.col("activity").is_in(_ALREADY_JOINED) & pl.col("about").is_not_null())
            .select("event_id", "row", value="about", table=pl.lit("actions"))
            .select("event_id", "value", pl.col("row").cast(pl.Int64), "table"),
        ]
    )
    pairs = (
        said.join(index, on="event_id")
        .join(named, on="value")
        .filter(pl.col("event") != pl.col("named"))
        .with_columns(often=pl.col("event").n_unique().over("named"))
        .with_columns(a=pl.min_horizontal("event", "named"), b=pl.max_horizontal("event", "named"))
        .sort("a", "b", "often", "table", "row")
        .unique(["a", "b"], keep="first", maintain_order=True)
    )
    usual = pairs["often"].to_numpy() / max(len(events), 1)
    return References(
        a=pairs["a"].to_numpy(),
        b=pairs["b"].to_numpy(),
        factor=np.log10((weights.reference + (1 - weights.reference) * usual) / usual),
        table=pairs["table"].to_list(),
        row=pairs["row"].to_numpy(),
    )
