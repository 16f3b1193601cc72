"""Halves of the solved series, drawn again and again: what one half teaches is checked on the other.

A group of connected series is never parted: to split pairs at random puts the events of one offender on both sides and
flatters every figure (the naive Bayes of crimelinkage: AUC .93 by pairs, .88 by group; research/linkage.md, 0).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clew.links.events import Integers
from clew.links.training.solved import Solved


def halves(solved: Solved, *, repeats: int, seed: int) -> Iterator[tuple[Integers, Integers]]:
    """(training rows, held-out rows) of `solved`: each half in turn, `repeats` times."""
    rng = np.random.default_rng(seed)
    for _ in range(repeats):
        side = parts(solved, 2, rng)[solved.group]
        for held_out in (0, 1):
            yield np.flatnonzero(side != held_out), np.flatnonzero(side == held_out)


def parts(solved: Solved, count: int, rng: np.random.Generator) -> Integers:
    """(groups,) which of `count` parts each group is in: groups with links dealt out evenly, and the others."""
    size = np.bincount(solved.group)
    dealt = np.empty(len(size), dtype=np.int64)
    for chosen in (np.flatnonzero(size >= 2), np.flatnonzero(size < 2)):
        dealt[rng.permutation(chosen)] = (np.arange(len(chosen)) + rng.integers(count)) % count
    return dealt
