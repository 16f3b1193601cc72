"""Shared circumstances: a feature and value that both events have counts by how rare it is in this force's records."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clew.links.events import NOT_READ, Floats, Integers, LinkEvents
from clew.links.places import HAPPENED_AT
from clew.links.weights import CircumstanceWeights, NarrativeWeights
from clew.records import Known

#: Codes that a signature tells apart.
SIGNATURE_BITS = 64

#: Features that are no likeness of two events: what another family reads (references, places, dates), or what was
#: only said.
NOT_CIRCUMSTANCES = ("reference", HAPPENED_AT, *NOT_READ)

#: A value as values are compared.
VALUE = pl.col("value").str.to_lowercase().str.strip_chars()


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What each event has, as codes of (feature, value).

    codes: (n, k) the event's rarest k codes that another event has too, rarest first, -1 where it has fewer.
    factor: (c,) log10 factor of sharing a code. substance: (c,) whether the code is a substance. holders: (c,) how
    many events have it.
    names: c rows of feature, value.
    """

    codes: NDArray[np.int32]
    factor: Floats
    substance: NDArray[np.bool_]
    holders: Integers
    names: pl.DataFrame


def circumstances(known: Known, events: LinkEvents, weights: CircumstanceWeights) -> Circumstances:
    """The circumstances of `events`; rarity is counted among events of which anything at all was noted."""
    index = pl.DataFrame({"event_id": events.event_id, "event": np.arange(len(events), dtype=np.int32)})
    held = (
        known.circumstances.filter(~pl.col("feature").is_in(NOT_CIRCUMSTANCES))
        .select("event_id", "feature", value=VALUE)
        .unique()
        .join(index, on="event_id")
    )
    noted = max(held["event"].n_unique(), 1)
    # What only one event has can never be shared: it must not crowd out what can.
    names = (
        held.group_by("feature", "value")
        .len("holders")
        .filter(pl.col("holders") >= 2)
        .sort("holders", "feature", "value")
        .with_row_index("code")
    )
    coded = held.join(names, on=["feature", "value"]).sort("event", "code")
    rank = coded.select(rank=pl.col("code").cum_count().over("event") - 1)["rank"].to_numpy()
    codes = np.full((len(events), weights.per_event), -1, dtype=np.int32)
    kept = rank < weights.per_event
    codes[coded["event"].to_numpy()[kept], rank[kept]] = coded["code"].to_numpy()[kept]
    share = names["holders"].to_numpy() / noted
    return Circumstances(
        codes=codes,
        factor=np.log10((weights.repeat + (1 - weights.repeat) * share) / share),
        substance=(names["feature"] == "substance").to_numpy(),
        holders=names["holders"].to_numpy().astype(np.int64),
        names=names,
    )


def circumstance_factor(
    held: Circumstances, weights: CircumstanceWeights | NarrativeWeights, a: Integers, b: Integers
) -> tuple[Floats, Floats]:
    """log10 factor of what events `a` and `b` share, and the part of it that is not substances.

    Shared features count from the rarest down, each `discount` times less than it would alone. Shared words of
    narratives count in the same way.
    """
    total, other = np.zeros(len(a)), np.zeros(len(a))
    if len(held.factor):
        from clew.links.evidence import kernel  # noqa: PLC0415 - compiles; not for who only wants help

        cap = weights.substance_cap if isinstance(weights, CircumstanceWeights) else 0.0
        bits, sharing = signatures(held.codes), (held.factor, held.substance)
        kernel.shared_of(held.codes, bits, *sharing, weights.discount, cap, a, b, total, other)
    return total, other


def signatures(codes: NDArray[np.int32]) -> NDArray[np.uint64]:
    """(n,) a bit for each code of each event, modulo 64."""
    bits = np.zeros(len(codes), dtype=np.uint64)
    for column in range(codes.shape[1]):
        code = codes[:, column]
        bit = np.uint64(1) << (np.maximum(code, 0) % SIGNATURE_BITS).astype(np.uint64)
        bits |= np.where(code >= 0, bit, np.uint64(0))
    return bits
