"""What a fitted curve may read of a pair besides the families' default factors. NaN where it is not known.

Every feature is symmetric in the pair. A feature that reads dates belongs to the family `time`, because decoys exchange
dates and the search bounds what a date can add.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from clew.core import UsageError
from clew.links.events import Floats, Integers, LinkEvents
from clew.records import Known


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What was recorded of each of n events beyond `LinkEvents`; nothing yet."""


NOTHING_RECORDED = Recorded()


def recorded(_known: Known, _events: LinkEvents) -> Recorded:
    """What was recorded of `events`."""
    return NOTHING_RECORDED


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """p pairs of `events`. a, b: (p,) event indices."""

    events: LinkEvents
    recorded: Recorded
    a: Integers
    b: Integers


Feature = Callable[[Pairs], Floats]


def log_distance(pairs: Pairs) -> Floats:
    """Natural logarithm of the distance in km, with 100 m added to it."""
    place = pairs.events.xyz_km
    apart: Floats = np.sqrt(((place[pairs.a] - place[pairs.b]) ** 2).sum(axis=1))
    return np.log(apart + 0.1)


_FEATURES: Mapping[str, Feature] = {"log_distance": log_distance}


def feature(name: str) -> Feature:
    """The feature that a model's file calls `name`; raises `UsageError` if this version knows none of that name."""
    if name not in _FEATURES:
        raise UsageError(
            f"The link model reads {name!r}, which this version of Clew does not know.",
            where="link model",
            mend="use the version that trained it, or train again",
        )
    return _FEATURES[name]
