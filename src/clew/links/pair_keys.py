"""Pairs of events as single numbers."""

from __future__ import annotations

import numpy as np

from clew.links.events import Integers


def pair_keys(a: Integers, b: Integers, count: int) -> Integers:
    """One number per unordered pair of `count` events."""
    keys: Integers = np.minimum(a, b).astype(np.int64) * count + np.maximum(a, b)
    return keys


def ends_of(keys: Integers, count: int) -> tuple[Integers, Integers]:
    """The two events of each pair key, lower index first."""
    lower: Integers = keys // count
    return lower, keys - lower * count


def distinct(keys: Integers) -> Integers:
    """`keys` sorted, each once. By sorting: numpy's own `unique` hashes, which is several times slower here."""
    ordered: Integers = np.sort(keys)
    return ordered[np.r_[True, ordered[1:] != ordered[:-1]]] if len(ordered) else ordered
