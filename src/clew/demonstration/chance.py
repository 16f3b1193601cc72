"""Seeded chance: one independent stream of random numbers per subject and tile, so that a change in one subject
leaves every other subject's draws as they were (numpy `SeedSequence`).
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clew.demonstration.distributions import Delay, Rate, Shares

Integers = NDArray[np.int64]
Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
Words = NDArray[np.str_]

HOUR_S = 3600
DAY_S = 86_400


def stream(seed: int, tile: int, subject: str) -> np.random.Generator:
    """The generator of one subject of one tile; equal arguments give equal draws on every machine."""
    return np.random.default_rng(np.random.SeedSequence([seed, tile, zlib.crc32(subject.encode())]))


def choose(rng: np.random.Generator, shares: Shares, count: int) -> Words:
    """`count` values of a distribution, independent."""
    return np.array(shares.values)[rng.choice(len(shares.values), size=count, p=shares.probabilities)]


def happens(rng: np.random.Generator, rate: Rate, count: int) -> Flags:
    """`count` independent events of probability `rate.value`."""
    return rng.random(count) < rate.value


def delays_s(rng: np.random.Generator, delay: Delay, count: int) -> Integers:
    """`count` log-normal delays in whole seconds, at least one."""
    hours = rng.lognormal(np.log(delay.median_hours), delay.log_spread, count)
    return np.maximum(1, hours * HOUR_S).astype(np.int64)


def mixed(keys: NDArray[Any], salt: int = 0) -> NDArray[np.uint64]:
    """A fixed scrambling of whole numbers (SplitMix64 finaliser): the same key always gives the same bits."""
    with np.errstate(over="ignore"):
        bits = keys.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15) * np.uint64(salt + 1)
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def fraction(keys: NDArray[Any], salt: int = 0) -> Numbers:
    """`mixed` as a number in [0, 1)."""
    return (mixed(keys, salt) >> np.uint64(11)).astype(np.float64) / float(1 << 53)
