"""What each death was taken to be, when that was decided, and when its file was closed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clew.demonstration.chance import HOUR_S, Integers, Words, delays_s, happens
from clew.demonstration.deaths import Deaths
from clew.demonstration.distributions import conduct as table

#: An instant past any period: what never happens.
NEVER = 2**40


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """Per death: the category it was given and when (seconds since 1970 UTC; `never` is past any period), the
    later homicide that a mistaken decision became, and when the file was closed.
    """

    category: Words
    decided: Integers
    corrected: Integers
    closed: Integers


def draw_decisions(rng: np.random.Generator, deaths: Deaths, reported: Integers) -> Decisions:
    """What each death was taken to be, when, and when its file was closed."""
    count, manner = deaths.count, deaths.manner
    decided = np.full(count, NEVER, dtype=np.int64)
    named = {"infant": "natural", "accident": "natural"}
    keys = np.array([named.get(each, each if each in table.CATEGORY_DELAY else "other") for each in manner.tolist()])
    for each, delay in table.CATEGORY_DELAY.items():
        rows = np.flatnonzero(keys == each)
        decided[rows] = reported[rows] + HOUR_S + delays_s(rng, delay, len(rows))
    decided[deaths.unexpected & happens(rng, table.UNDECIDED, count)] = NEVER
    category = np.where(manner == "expected", "expected", np.where(manner == "homicide", "homicide", "not_suspicious"))
    mistaken = (manner == "homicide") & happens(rng, table.HOMICIDE_MISTAKEN, count) & (decided < NEVER)
    category = np.where(mistaken, "not_suspicious", category)
    corrected = np.where(mistaken, decided + delays_s(rng, table.HOMICIDE_MISTAKEN_DELAY, count), NEVER)
    quick = np.isin(manner, ("natural", "expected", "infant"))
    wait = np.where(quick, delays_s(rng, table.CLOSED_DELAY, count), delays_s(rng, table.CLOSED_INQUEST_DELAY, count))
    closed = np.where((decided < NEVER) & (manner != "homicide"), decided + wait, NEVER)
    return Decisions(category=category, decided=decided, corrected=corrected, closed=closed)
