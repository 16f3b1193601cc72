"""Who reviews what: nobody their own cases, everybody about as many, a set share scored twice.

Chance is SHA-256 of the seed, as in the draw, so that the assignment can be repeated and was nobody's choice.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum

import polars as pl

from clew.core import UsageError

LEAST_DOUBLE, MOST_DOUBLE = 0.15, 1.0
"""Fewer than 15 in a hundred scored twice says too little about reviewer error (DOMAIN.md 6.2 has 10 to 20)."""


class Part(StrEnum):
    """Which of the (at most two) reviews of an item this is; neither reviewer is told."""

    FIRST = "first"
    SECOND = "second"


def assign(
    items: Sequence[str],
    reviewers: Sequence[str],
    *,
    involved: Mapping[str, Collection[str]],
    seed: bytes,
    double_share: float = 0.2,
) -> pl.DataFrame:
    """Assigns `items` to `reviewers`: a frame of `item_id`, `reviewer`, `part`, ordered by item and part.

    `involved` names, for an item, everyone who worked on it or supervised it: they never review it. Raises
    `UsageError` if an item has too few reviewers who were not involved, or the share is outside 0.15 to 1.
    """
    if not LEAST_DOUBLE <= double_share <= MOST_DOUBLE:
        raise UsageError(
            f"A double-scored share of {double_share:.0%} cannot be used.",
            where="assignment",
            why="below 15% reviewer error cannot be measured well enough to correct for it",
            mend="score 15% to 20% of the items twice",
        )
    people = list(dict.fromkeys(reviewers))
    order = sorted(set(items), key=lambda item: _key(seed, "item", item))
    twice = set(order[: math.ceil(double_share * len(order))])
    load = dict.fromkeys(people, 0)
    rows = []
    # Items with the fewest possible reviewers first, so that none is left with nobody.
    eligible = {item: [person for person in people if person not in involved.get(item, ())] for item in order}
    for item in sorted(order, key=lambda item: (len(eligible[item]), _key(seed, "item", item))):
        parts = (Part.FIRST, Part.SECOND) if item in twice else (Part.FIRST,)
        if len(eligible[item]) < len(parts):
            raise UsageError(
                f"Item {item} needs {len(parts)} reviewers who did not work on it and has {len(eligible[item])}.",
                where="assignment",
                why="nobody may review their own cases, and two scores by one person are one opinion",
                mend="bring in a reviewer from outside the command",
            )
        chosen = sorted(eligible[item], key=lambda person: (load[person], _key(seed, item, person)))[: len(parts)]
        for part, person in zip(parts, chosen, strict=True):
            load[person] += 1
            rows.append((item, person, part.value))
    schema = {"item_id": pl.String, "reviewer": pl.String, "part": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row").sort("item_id", "part")


def _key(seed: bytes, *parts: str) -> bytes:
    return hashlib.sha256(seed + b"\x00" + "\x00".join(parts).encode()).digest()
