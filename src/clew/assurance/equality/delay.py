"""How long duties took, by group: medians, because a few very long delays would swamp a mean.

The interval of a difference of medians is distribution-free: McKean and Schrader's standard error from order
statistics, combined as by Price and Bonett, Journal of Statistical Computation and Simulation 72 (2002) 119-124.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import special, stats

from clew.assurance.equality.measures import LEAST_GROUP, NOT_RECORDED


@dataclass(frozen=True)
class GroupDelay:
    """Median hours from when a duty's clock started to when it was discharged; difference to all others."""

    rule: str
    characteristic: str
    group: str
    discharged: int
    median_hours: float
    others_median_hours: float
    difference_hours: float
    difference_lower: float
    difference_upper: float


def group_delays(duties: pl.DataFrame, characteristics: pl.DataFrame, *, confidence: float = 0.95) -> list[GroupDelay]:
    """Delay of discharged duties (met or met late) by group; needs `known_at` and `decided_at` beside the rest."""
    hours = ((pl.col("decided_at") - pl.col("known_at")).dt.total_seconds() / 3600).alias("hours")
    done = duties.filter(pl.col("verdict").is_in(["met", "met_late"])).select("rule", "event_id", hours)
    found = []
    for (name,), values in characteristics.partition_by("characteristic", as_dict=True).items():
        joined = done.join(values.select("event_id", "value"), on="event_id", how="left")
        labelled = joined.with_columns(pl.col("value").fill_null(NOT_RECORDED))
        for (rule,), part in labelled.partition_by("rule", as_dict=True).items():
            taken, groups = part["hours"].to_numpy(), part["value"].to_numpy()
            for group in sorted(set(groups)):
                own = groups == group
                compared = _compared(taken[own], taken[~own], confidence)
                found.append(GroupDelay(str(rule), str(name), str(group), int(own.sum()), *compared))
    return sorted(found, key=lambda delay: (delay.rule, delay.characteristic, delay.group))


def _compared(
    own: NDArray[np.float64], others: NDArray[np.float64], confidence: float
) -> tuple[float, float, float, float, float]:
    """Both medians, their difference, and its ends."""
    if min(own.size, others.size) < LEAST_GROUP:
        return (math.nan,) * 5
    here, there = float(np.median(own)), float(np.median(others))
    half = float(special.ndtri((1 + confidence) / 2)) * math.hypot(median_error(own), median_error(others))
    gap = here - there
    return here, there, gap, gap - half, gap + half


def median_error(values: NDArray[np.float64]) -> float:
    """The standard error of a median, from the order statistics that would enclose it."""
    n = values.size
    rank = max(1, round((n + 1) / 2 - math.sqrt(n)))
    tail = float(stats.binom.cdf(rank - 1, n, 0.5))
    ordered = np.sort(values)
    return float(ordered[n - rank] - ordered[rank - 1]) / (2 * float(special.ndtri(1 - tail)))
