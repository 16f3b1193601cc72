"""Who is raised: an alert counts if it is among the strongest `budget` of the year before it became known."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from benchmarks.planted.series import Planted
from clew.links.recurrence import SHARE_OF_BUDGET

BUDGETS = (12, 26, 52, 104)
_YEAR_DAYS = 365.25

#: A system's alerts, by the stream they come in.
Streams = dict[str, pl.DataFrame]


@dataclass(frozen=True, kw_only=True)
class Usual:
    """What a system raises on the background alone. strength: (k,), greater is stronger. day: (k,) when known, since
    1970. start_day: of the history."""

    strength: np.ndarray
    day: np.ndarray
    start_day: float

    @classmethod
    def of(cls, alerts: pl.DataFrame, start_day: float) -> Usual:
        """From a frame with columns strength and known_at; where alerts have a row a pair, `alert` numbers them."""
        alerts = alerts.unique("alert") if "alert" in alerts.columns else alerts
        return cls(strength=alerts["strength"].to_numpy(), day=days(alerts["known_at"]), start_day=start_day)

    def place(self, strength: float, day: float) -> tuple[float, float]:
        """How many background alerts a year are stronger than this one, and how many exactly as strong, in the year
        before it (or what there is of it, brought to a year)."""
        window = float(np.clip(day - self.start_day, 30.0, _YEAR_DAYS))
        here = (self.day > day - window) & (self.day <= day)
        stronger = float((here & (self.strength > strength + 1e-12)).sum())
        equal = float((here & (np.abs(self.strength - strength) <= 1e-12)).sum())
        return stronger * _YEAR_DAYS / window, equal * _YEAR_DAYS / window


def days(column: pl.Series) -> np.ndarray:
    """Days since 1970 of instants."""
    return column.dt.epoch("us").to_numpy() / 86_400e6


def _parts(streams: Collection[str]) -> dict[str, float]:
    """What part of the budget each of a system's streams may use."""
    if len(streams) == 1:
        return dict.fromkeys(streams, 1.0)
    return {"links": 1 - SHARE_OF_BUDGET, "recurrences": SHARE_OF_BUDGET}


def raised(
    planted: Planted, streams: Streams, usual: Mapping[str, Usual], budgets: tuple[int, ...] = BUDGETS
) -> pl.DataFrame:
    """One row per series, member (2 or 3) and budget: `raised`, the probability that an alert with an earlier member
    is within the budget by then (ties share what is left of the budget).

    streams: event_id_a, event_id_b, strength, known_at of the background with the planted events; each stream has its
    part of the budget, ranked for itself. An alert about a single event (a is b) counts from its second member on.
    """
    place = {event_id: number for number, event_id in enumerate(planted.series)}
    rank: dict[str, int] = {}
    seen: dict[str, int] = {}
    for event_id, series in planted.series.items():
        rank[event_id] = seen[series] = seen.get(series, 0) + 1
    best: dict[tuple[str, int], dict[int, float]] = {}
    for name, part in _parts(streams).items():
        alerts = streams[name]
        ours = alerts.filter(pl.col("event_id_a").is_in(list(place)), pl.col("event_id_b").is_in(list(place)))
        for a, b, strength, day in zip(
            ours["event_id_a"], ours["event_id_b"], ours["strength"], days(ours["known_at"]), strict=True
        ):
            series = planted.series[a]
            if planted.series[b] != series:
                continue
            member = max(rank[a], rank[b])
            if member == 1 or member > 3:
                continue
            stronger, equal = usual[name].place(float(strength), float(day))
            for budget in budgets:
                left = budget * part - stronger
                share = float(np.clip(left / (equal + 1), 0, 1)) if left > 0 else 0.0
                for by in range(member, 4):
                    held = best.setdefault((series, by), {})
                    held[budget] = max(held.get(budget, 0.0), share)
    rows = [
        {
            "series": series,
            "kind": planted.kind_of[series],
            "recorded": planted.recorded_of[series],
            "by_member": member,
            "budget": budget,
            "raised": best.get((series, member), {}).get(budget, 0.0),
        }
        for series in planted.kind_of
        for member in (2, 3)
        for budget in budgets
    ]
    return pl.DataFrame(rows)


def crossing(planted: Planted, streams: Streams, usual: Mapping[str, Usual], budget: int) -> tuple[int, int]:
    """Of the alerts within the budget between planted deaths, how many join two series, and how many there are."""
    joined = within = 0
    for name, part in _parts(streams).items():
        alerts = streams[name]
        for a, b, strength, day in zip(
            alerts["event_id_a"], alerts["event_id_b"], alerts["strength"], days(alerts["known_at"]), strict=True
        ):
            if a not in planted.series or b not in planted.series:
                continue
            if usual[name].place(float(strength), float(day))[0] < budget * part:
                within += 1
                joined += planted.series[a] != planted.series[b]
    return joined, within


def shares(rows: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """The share raised with its 95 % Wilson interval, per group."""
    grouped = rows.group_by(by, maintain_order=True).agg(series=pl.len(), share=pl.col("raised").mean())
    n, p, z = grouped["series"].to_numpy(), grouped["share"].to_numpy(), 1.959964
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return grouped.with_columns(
        low=pl.Series(np.clip(middle - half, 0, 1)), high=pl.Series(np.clip(middle + half, 0, 1))
    )
