"""The draw itself: items in the order of SHA-256(seed, item), stratum by stratum, and the log of stand-ins.

Anyone with the frame and the seed gets the same items in the same order, on any machine, in any language: the key of an
item is SHA-256 over the seed, a zero byte and the item's id in UTF-8, and items are taken from the smallest key up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace as replace_fields
from datetime import datetime

import polars as pl

from clew.assurance.sampling.frame import Frame
from clew.assurance.sampling.seed import SeedSource
from clew.core import IntegrityError, UsageError


@dataclass(frozen=True)
class Replacement:
    """One item that could not be reviewed, why, and the next in order that stands in for it."""

    item_id: str
    stood_in_by: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, eq=False)
class Draw:
    """A draw: the whole frame in drawn order with how many of each stratum were wanted.

    `order` has `item_id`, `stratum`, `position` (from 1 within the stratum), `key` (hexadecimal).
    """

    frame_digest: str
    frame_fixed_at: datetime
    seed: bytes
    seed_recorded_in: str
    wanted: Mapping[str, int]
    sizes: Mapping[str, int]
    order: pl.DataFrame
    replacements: tuple[Replacement, ...] = ()

    @property
    def selected(self) -> pl.DataFrame:
        """The items to review: `item_id`, `stratum`, `position`, `weight` (items of the frame that each stands for)."""
        out = {entry.item_id for entry in self.replacements}
        wanted = pl.col("stratum").replace_strict(dict(self.wanted), default=0, return_dtype=pl.Int64)
        size = pl.col("stratum").replace_strict(dict(self.sizes), default=0, return_dtype=pl.Int64)
        standing = self.order.filter(~pl.col("item_id").is_in(sorted(out)))
        rank = pl.int_range(pl.len()).over("stratum")
        chosen = standing.filter(rank < wanted)
        return chosen.select("item_id", "stratum", "position", (size / pl.len().over("stratum")).alias("weight"))


def draw(frame: Frame, *, seed: bytes, source: SeedSource, wanted: Mapping[str, int], revealed_at: datetime) -> Draw:
    """Draws `wanted` items of each stratum from `frame` with `seed`, if its `source` allows it.

    Raises `IntegrityError` for a seed that is not the one promised or came at the wrong time; `UsageError` for a
    stratum that is not in the frame or wants more than it holds.
    """
    source.check(seed, frame_fixed_at=frame.fixed_at, revealed_at=revealed_at)
    sizes = frame.sizes
    for stratum, count in wanted.items():
        if not 0 <= count <= sizes.get(stratum, -1):
            raise UsageError(
                f"Cannot draw {count} from stratum {stratum!r}, which has {sizes.get(stratum, 0)} items.",
                where="draw",
                mend=f"choose among {sizes}",
            )
    order = _ordered(frame, seed)
    return Draw(frame.digest, frame.fixed_at, seed, source.recorded_in, dict(wanted), sizes, order)


def repeat(drawn: Draw, frame: Frame) -> Draw:
    """Draws again from `frame` to check `drawn`; raises `IntegrityError` if the frame or any item differs."""
    frame.check(drawn.frame_digest)
    order = _ordered(frame, drawn.seed)
    if not order.equals(drawn.order):
        raise IntegrityError(
            "The draw does not follow from its frame and seed.",
            where=f"draw with seed recorded in {drawn.seed_recorded_in}",
            why="somebody changed which items were picked",
            mend="throw the draw away and draw anew with a new seed",
        )
    return drawn


def replace(drawn: Draw, item_id: str, *, reason: str, by: str, at: datetime) -> Draw:
    """The draw with `item_id` stood in for by the next of its stratum; who and why are kept.

    Raises `UsageError` without a reason, for an item that is not selected, or when the stratum has no more.
    """
    before = drawn.selected
    if not reason.strip() or item_id not in before["item_id"]:
        raise UsageError(
            f"Item {item_id} cannot be replaced.",
            where="replacement",
            why="it is not in the sample" if reason.strip() else "a replacement without a reason could hide a bad case",
            mend="name a selected item and say why it cannot be reviewed",
        )
    entry = Replacement(item_id, "", reason.strip(), by, at)
    after = replace_fields(drawn, replacements=(*drawn.replacements, entry))
    new = sorted(set(after.selected["item_id"]) - set(before["item_id"]))
    if not new:
        raise UsageError(
            f"No item is left in its stratum to stand in for {item_id}.",
            where="replacement",
            mend="report it as not reviewed: the bounds then take it both ways",
        )
    return replace_fields(drawn, replacements=(*drawn.replacements, replace_fields(entry, stood_in_by=new[0])))


def _ordered(frame: Frame, seed: bytes) -> pl.DataFrame:
    prefix = seed + b"\x00"
    keys = [hashlib.sha256(prefix + item.encode()).hexdigest() for item in frame.items["item_id"]]
    ordered = frame.items.with_columns(pl.Series("key", keys)).sort("stratum", "key")
    position = (pl.int_range(pl.len(), dtype=pl.Int64).over("stratum") + 1).alias("position")
    return ordered.select("item_id", "stratum", position, "key")
