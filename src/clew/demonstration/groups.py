"""True links that are no crime, planted among the deaths: fires, pacts, collisions, batches, spouses; and GHB deaths.

Planting changes deaths already drawn, so the number of deaths a day stays as drawn but for the days of the groups.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import polars as pl

from clew.demonstration.chance import DAY_S, HOUR_S, Flags, Integers
from clew.demonstration.deaths import Deaths
from clew.demonstration.distributions import Rate
from clew.demonstration.distributions import deaths as table
from clew.demonstration.distributions import incidents as rates
from clew.demonstration.invented import family_names
from clew.demonstration.places import Places, spots
from clew.demonstration.population import HOUSES_PER_AREA, SmallAreas


@dataclass(frozen=True)
class Planted:
    """Deaths with the groups in them, in order of finding; `kinds`: what each group number is."""

    deaths: Deaths
    kinds: tuple[str, ...]


@dataclass(kw_only=True)
class _Field:
    """The deaths while they are being changed, and which of them no group has taken yet."""

    deaths: Deaths
    free: Flags
    rng: np.random.Generator
    areas: SmallAreas
    places: Places

    def take(self, among: Flags, count: int) -> Integers:
        """`count` free deaths of those flagged, no longer free after; fewer if there are not enough."""
        rows = np.flatnonzero(self.free & among)
        rows = self.rng.choice(rows, size=min(count, len(rows)), replace=False)
        self.free[rows] = False
        return rows


def plant(
    rng: np.random.Generator,
    drawn: Deaths,
    *,
    years: Sequence[int],
    scale: float,
    areas: SmallAreas,
    places: Places,
) -> Planted:
    """The deaths with GHB deaths and groups planted at the documented rates times `scale`."""
    copies = Deaths(**{field.name: getattr(drawn, field.name).copy() for field in fields(Deaths)})
    field = _Field(deaths=copies, free=np.ones(drawn.count, dtype=np.bool_), rng=rng, areas=areas, places=places)
    _ghb(field, round(table.GHB_DEATHS.value * scale))
    kinds: list[str] = []
    planters: dict[str, tuple[Rate, Callable[[_Field], Integers]]] = {
        "fire": (rates.FIRES_A_YEAR, _fire),
        "pact": (rates.PACTS_A_YEAR, _pact),
        "collision": (rates.COLLISIONS_A_YEAR, _collision),
        "batch": (rates.BATCHES_A_YEAR, _batch),
        "spouses": (rates.SPOUSES_A_YEAR, _spouses),
    }
    for kind, (rate, planter) in planters.items():
        for _ in range(round(rate.value * len(years) * scale)):
            rows = planter(field)
            if len(rows) > 1:
                field.deaths.group[rows] = len(kinds)
                kinds.append(kind)
    return Planted(_in_order(field.deaths), tuple(kinds))


def _ghb(field: _Field, count: int) -> None:
    deaths, rng = field.deaths, field.rng
    rows = field.take(deaths.manner == "natural", count)
    deaths.manner[rows], deaths.ghb[rows], deaths.method[rows] = "drugs", True, ""
    deaths.male[rows] = rng.random(len(rows)) < 0.95
    deaths.age[rows] = 20 + 25 * rng.random(len(rows))
    deaths.home[rows] = field.areas.homes(rng, male=deaths.male[rows], age=deaths.age[rows])
    deaths.kind[rows] = rng.choice(table.PLACE["drugs"].values, len(rows), p=table.PLACE["drugs"].probabilities)
    deaths.spot[rows] = spots(rng, field.places, field.areas, kind=deaths.kind[rows], home=deaths.home[rows])


def _together(field: _Field, rows: Integers, *, manner: str, method: str, hours: float) -> Integers:
    """Put deaths at the place and time of the first of them."""
    deaths, first = field.deaths, rows[:1]
    deaths.found[rows] = deaths.found[first] + (field.rng.random(len(rows)) * hours * HOUR_S).astype(np.int64)
    deaths.alive[rows] = deaths.alive[first]
    deaths.manner[rows], deaths.method[rows] = manner, method
    deaths.kind[rows], deaths.spot[rows] = deaths.kind[first], deaths.spot[first]
    return rows


def _fire(field: _Field) -> Integers:
    deaths = field.deaths
    rows = field.take(
        (deaths.manner == "natural") & (deaths.kind == "home") & (deaths.age < 80), int(field.rng.integers(2, 5))
    )
    deaths.age[rows[1:]] = 1 + 60 * field.rng.random(len(rows) - 1)
    deaths.home[rows] = deaths.home[rows[:1]]
    return _together(field, rows, manner="fire", method="", hours=2)


def _pact(field: _Field) -> Integers:
    deaths = field.deaths
    rows = field.take((deaths.manner == "suicide") & (deaths.kind == "home"), 2)
    if field.rng.random() < 0.6:
        deaths.home[rows] = deaths.home[rows[:1]]
    return _together(field, rows, manner="suicide", method="self_poisoning", hours=1)


def _collision(field: _Field) -> Integers:
    deaths = field.deaths
    rows = field.take((deaths.manner == "road") & (deaths.kind == "street"), int(field.rng.integers(2, 4)))
    return _together(field, rows, manner="road", method="", hours=1)


def _batch(field: _Field) -> Integers:
    deaths, rng = field.deaths, field.rng
    rows = field.take((deaths.manner == "drugs") & ~deaths.ghb, int(rng.integers(4, 8)))
    start = min(deaths.found[rows[0]], deaths.found.max() - 15 * DAY_S) if len(rows) else 0
    kept = deaths.found[rows] - deaths.alive[rows]
    deaths.found[rows] = start + (rng.random(len(rows)) * 14 * DAY_S).astype(np.int64)
    deaths.alive[rows] = deaths.found[rows] - kept
    deaths.age[rows] = 18 + 27 * rng.random(len(rows))
    borough = field.areas.borough[deaths.home[rows] // HOUSES_PER_AREA][:1]
    area = field.areas.in_borough(rng, np.repeat(borough, len(rows)))
    deaths.home[rows] = area * HOUSES_PER_AREA + rng.integers(HOUSES_PER_AREA, size=len(rows))
    deaths.spot[rows] = spots(rng, field.places, field.areas, kind=deaths.kind[rows], home=deaths.home[rows])
    deaths.mark[rows] = f"tablets marked {family_names()[int(rng.integers(2000, 6000))]}"
    return rows


def _spouses(field: _Field) -> Integers:
    deaths, rng = field.deaths, field.rng
    old = np.isin(deaths.manner, ("natural", "expected")) & (deaths.kind == "home") & (deaths.age > 60)
    first = field.take(old & (deaths.found < np.quantile(deaths.found, 0.8)), 1)
    if not len(first):
        return first
    wait = deaths.found - deaths.found[first]
    second = field.take(old & (wait > 20 * DAY_S) & (wait < (60 + 480 * rng.random()) * DAY_S), 1)
    if len(second):
        deaths.home[second], deaths.spot[second] = deaths.home[first], deaths.spot[first]
        deaths.male[second] = ~deaths.male[first]
        deaths.spouse_of[second] = first
    return np.concatenate([first, second])


def _in_order(deaths: Deaths) -> Deaths:
    order = np.argsort(deaths.found, kind="stable")
    sorted_fields = {field.name: getattr(deaths, field.name)[order] for field in fields(Deaths)}
    place = np.empty(deaths.count, dtype=np.int64)
    place[order] = np.arange(deaths.count)
    spouse = sorted_fields["spouse_of"]
    sorted_fields["spouse_of"] = np.where(spouse >= 0, place[spouse], -1)
    return Deaths(**sorted_fields)


def group_frame(planted: Planted, event_ids: pl.Series, prefix: str) -> pl.DataFrame:
    """Columns `group_id`, `kind`, `event_id`: every member of every planted group."""
    member = np.flatnonzero(planted.deaths.group >= 0)
    number = planted.deaths.group[member]
    frame = pl.DataFrame(
        {
            "group_id": pl.Series(number),
            "kind": pl.Series([planted.kinds[each] for each in number], dtype=pl.String),
            "event_id": event_ids.gather(member),
        }
    )
    return frame.sort("group_id").with_columns(
        pl.format("{}{}-{}", pl.lit(prefix), "kind", "group_id").alias("group_id")
    )
