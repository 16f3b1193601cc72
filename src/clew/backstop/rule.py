"""What is watched and how often chance may alarm: fixed, and published, before anybody looks.

A rule chosen after a look at the records finds what it was chosen to find (Royal Statistical Society, Healthcare
serial killer or coincidence?, 2022). The digest of a rule can be written down, or into the ledger, beforehand.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import numpy as np

from clew.core import UsageError
from clew.records import Kind, Known

YEAR_DAYS = 365.25
PERIOD_DAYS = YEAR_DAYS / 12
#: The watch is the later half of the history, and no longer than this: what is older is what is usual.
LONGEST_WATCH_YEARS = 3.0
#: Fewer units than this of a kind cannot tell how much such units commonly differ.
FEWEST_UNITS = 10
#: Places where people live or are cared for by others, where a slow excess can hide.
PLACE_TYPES = ("care_home", "hospice", "hospital", "hostel", "nursing_home", "prison")


class By(StrEnum):
    """What deaths are counted by."""

    PLACE = "place"
    AREA = "area"
    PROFESSIONAL = "professional"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """The rule of one watch. watch_from: its first instant. rate_ratio: the rise that the charts are tuned to.

    false_alarms_per_year: how many units, of all that are watched, cross by chance alone in a year. place_types: the
    kinds of place that are watched. Equal rules have equal digests.
    """

    by: By
    watch_from: datetime
    false_alarms_per_year: float = 1.0
    rate_ratio: float = 2.0
    place_types: tuple[str, ...] = PLACE_TYPES

    def __post_init__(self) -> None:
        if not (math.isfinite(self.false_alarms_per_year) and self.false_alarms_per_year > 0):
            raise UsageError(
                f"{self.false_alarms_per_year:g} false alarms a year cannot be promised.",
                where="--false-alarms-per-year",
                why="a chart that never alarms by chance never alarms at all",
                mend="give how many you could follow up, for example 1",
            )
        if not (math.isfinite(self.rate_ratio) and self.rate_ratio > 1):
            raise UsageError(
                f"A rate ratio of {self.rate_ratio:g} watches for no excess.", where="--rate-ratio", mend="give 2"
            )

    @property
    def digest(self) -> str:
        """The first 16 hex digits of the SHA-256 of the rule's canonical JSON."""
        told = asdict(self) | {
            "watch_from": self.watch_from.astimezone(UTC).isoformat(),
            "by": self.by.value,
            "version": 1,
        }
        text = json.dumps(told, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def pre_specified(
    known: Known,
    *,
    by: By,
    false_alarms_per_year: float = 1.0,
    rate_ratio: float = 2.0,
    watch_from: datetime | None = None,
) -> Rule:
    """The rule for what is known; without `watch_from` the later half of the history, at most three years."""
    if watch_from is None:
        watch_from = known.at - timedelta(days=min(history_days(known) / 2, LONGEST_WATCH_YEARS * YEAR_DAYS))
    return Rule(by=by, watch_from=watch_from, false_alarms_per_year=false_alarms_per_year, rate_ratio=rate_ratio)


def history_days(known: Known) -> float:
    """Days from the force's first death (but for stray dates) to what is known. Raises `UsageError` without deaths."""
    days = known.events.filter(known.events["kind"] == Kind.DEATH.value)["occurred_from"].dt.epoch("ms").to_numpy()
    if not len(days):
        raise UsageError(
            "There is no death in these records.", where="events", mend="give records of deaths, or a later --as-of"
        )
    return max((known.at.timestamp() * 1000 - float(np.quantile(days, 0.001))) / 86_400_000, 1.0)
