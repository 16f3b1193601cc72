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
    many events have it. noted: how many events have any code, 1 at least.
    names: rows of code, feature, value; one for each code that may be asked for by name.
    """

    codes: NDArray[np.int32]
    factor: Floats
    substance: NDArray[np.bool_]
    holders: Integers
    noted: int
    names: pl.DataFrame


def circumstances(known: Known, events: LinkEvents, weights: CircumstanceWeights) -> Circumstances:
    """The circumstances of `events`; rarity is counted among events of which anything at all was noted."""
    index = pl.DataFrame({"event_id": events.event_id, "event": np.arange(len(events), dtype=np.int64)})
    held = (
        known.circumstances.filter(~pl.col("feature").is_in(NOT_CIRCUMSTANCES))
        .select("event_id", "feature", value=VALUE)
        .join(index, on="event_id")
        .select("event", "feature", "value")
    )
    kinds = held.select("feature", "value").drop_nulls().unique().sort("feature", "value").with_row_index("kind")
    one = held.join(kinds, on=["feature", "value"]).select("event", "kind")
    # From here on numbers: an event's kinds, each once, as one number that sorts by event.
    event, kind = _once(one["event"].to_numpy(), one["kind"].to_numpy().astype(np.int64), kinds.height)
    holders = np.bincount(kind, minlength=kinds.height)
    # What only one event has can never be shared: it must not crowd out what can.
    rarest = np.argsort(holders, kind="stable")
    rarest = rarest[holders[rarest] >= 2]
    code = np.full(kinds.height, -1, dtype=np.int64)
    code[rarest] = np.arange(len(rarest))
    shared = code[kind] >= 0
    event, coded = _once(event[shared], code[kind[shared]], len(rarest))
    rank = np.arange(len(event)) - np.searchsorted(event, event)
    codes = np.full((len(events), weights.per_event), -1, dtype=np.int32)
    kept = rank < weights.per_event
    codes[event[kept], rank[kept]] = coded[kept]
    share = holders[rarest] / max(held["event"].n_unique(), 1)
    names = kinds[rarest].select("feature", "value").with_row_index("code")
    return Circumstances(
        codes=codes,
        factor=np.log10((weights.repeat + (1 - weights.repeat) * share) / share),
        substance=(names["feature"] == "substance").to_numpy(),
        holders=holders[rarest],
        noted=noted_in(codes),
        names=names,
    )


def noted_in(codes: NDArray[np.int32]) -> int:
    """How many events have any of their `codes`, (n, k); 1 at least."""
    return max(int(np.count_nonzero((codes >= 0).any(axis=1))), 1)


def _once(event: Integers, what: Integers, kinds: int) -> tuple[Integers, Integers]:
    """Pairs of an event and one of so many kinds, each once, in order of both."""
    pairs = np.sort(event * max(kinds, 1) + what)
    pairs = pairs[np.r_[True, pairs[1:] != pairs[:-1]][: len(pairs)]]
    return pairs // max(kinds, 1), pairs % max(kinds, 1)


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
