"""What a distribution is: shares of named values, a rate, or a delay; each must name its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

ASSUMED = "assumed"


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Named values and their relative weights (scaled to sum to one when drawn)."""

    meaning: str
    shares: Mapping[str, float]
    source: str = ASSUMED

    @cached_property
    def values(self) -> tuple[str, ...]:
        """The values, in the order they were given."""
        return tuple(self.shares)

    @cached_property
    def probabilities(self) -> NDArray[np.float64]:
        """One probability per value, summing to one."""
        weights = np.array(list(self.shares.values()), dtype=np.float64)
        return np.asarray(weights / weights.sum(), dtype=np.float64)


@dataclass(frozen=True, kw_only=True)
class Rate:
    """One number: a probability unless `unit` says otherwise."""

    meaning: str
    value: float
    unit: str = "probability"
    source: str = ASSUMED


@dataclass(frozen=True, kw_only=True)
class Delay:
    """A log-normal delay: its median in hours and the standard deviation of its natural logarithm."""

    meaning: str
    median_hours: float
    log_spread: float
    source: str = ASSUMED


Distribution = Shares | Rate | Delay


def listed(module: ModuleType) -> tuple[Distribution, ...]:
    """The distributions a module defines, in order; a mapping of them counts as its values."""
    found: list[Distribution] = []
    for value in vars(module).values():
        if isinstance(value, Shares | Rate | Delay):
            found.append(value)
        elif isinstance(value, dict):
            found.extend(each for each in value.values() if isinstance(each, Shares | Rate | Delay))
    return tuple(found)
