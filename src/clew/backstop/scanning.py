"""Is there now a circle on the map with more deaths in its last weeks than place and time, apart, explain?

The space-time permutation scan needs no population: how many deaths each place has, and how many each week, are taken
as they are (Kulldorff et al., PLoS Medicine 2 (2005) e59). Deaths are gathered in squares, so that an address is never
a finding by itself. Deaths of one incident (a fire) and things that go round (a batch, influenza) make clusters too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clew.core import UsageError
from clew.records import Kind, Known
from clew.statistics.scan import best_by_centre, cylinders, permutation_expected, without_overlap
from clew.statistics.scan_chance import permutation_chance

WEEK_DAYS = 7
METRES_PER_DEGREE = 111_195.0
#: Squares are doubled in width until there are no more than this: each is a centre of circles.
MOST_SQUARES = 2_500
#: Twenty years: rates so far apart are not compared by a scan, and its work grows with the weeks.
MOST_WEEKS = 1_040
#: No force is wider.
WIDEST_SQUARE_KM = 1_000
_LARGEST_SHARE = 0.1


@dataclass(frozen=True, kw_only=True)
class Area:
    """A circle and its weeks. p_value: that chance alone gives one as strong anywhere in these records, in one scan.

    recurrence_years: how long one would wait for as strong a one, scanning every week with nothing wrong.
    """

    lat: float
    lon: float
    radius_km: float
    first: datetime
    last: datetime
    observed: int
    expected: float
    log_likelihood_ratio: float
    p_value: float
    recurrence_years: float
    event_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Scan:
    """What was scanned. areas: those stronger than the promise, strongest first; strongest: the first there is, if any.

    deaths: scanned; unplaced: deaths of the time without a place, in no circle and out of none. square_km: width.
    """

    known: Known
    seed: int
    replicates: int
    false_alarms_per_year: float
    weeks: int
    longest_weeks: int
    square_km: float
    deaths: int
    unplaced: int
    areas: tuple[Area, ...]
    strongest: Area | None


def scan(
    known: Known,
    *,
    seed: int = 1,
    replicates: int = 999,
    weeks: int = 52,
    longest_weeks: int = 13,
    radius_km: float = 5.0,
    square_km: float = 1.0,
    false_alarms_per_year: float = 1.0,
    tick: Callable[[int, int], None] | None = None,
) -> Scan:
    """Scans the last `weeks` of what is known for circles, alive at T, of up to `radius_km` and `longest_weeks`."""
    if (
        not 1 <= longest_weeks < weeks <= MOST_WEEKS
        or not radius_km > 0
        or not 0 < square_km <= WIDEST_SQUARE_KM
        or not 0 < false_alarms_per_year < math.inf
    ):
        raise UsageError(
            "There is nothing to scan between these bounds.",
            where="scan",
            why="a scan compares weeks with each other, and squares with each other, against a stated promise",
            mend=f"give more weeks than the longest window, at most {MOST_WEEKS:,}; a radius above 0; squares above 0 "
            f"and at most {WIDEST_SQUARE_KM:,} km wide; and a finite promise above 0",
        )
    begin = known.at - timedelta(days=weeks * WEEK_DAYS)
    deaths = known.events.filter(pl.col("kind") == Kind.DEATH.value).with_columns(
        at=pl.coalesce("occurred_to", "occurred_from")
    )
    deaths = deaths.filter((pl.col("at") > begin) & (pl.col("at") <= known.at)).sort("event_id")
    placed = deaths.filter(pl.col("lat").is_not_null() & pl.col("lon").is_not_null())
    if placed.height < 2:
        raise UsageError(
            f"{placed.height} deaths with a place in the last {weeks} weeks.",
            where="events",
            why="a scan looks for many deaths close together",
            mend="give lat and lon, more weeks, or a later --as-of",
        )
    where, square, width = _squares(placed, square_km)
    ago = (known.at - placed["at"]).dt.total_microseconds().to_numpy() / (WEEK_DAYS * 86_400e6)
    week = np.clip(weeks - 1 - np.floor(ago).astype(np.int64), 0, weeks - 1)
    cases = np.bincount(square * weeks + week, minlength=len(where) * weeks).reshape(len(where), weeks)
    all_of = cylinders(
        where,
        permutation_expected(cases),
        total=placed.height,
        largest_share=_LARGEST_SHARE,
        largest_radius=radius_km,
        longest=longest_weeks,
    )
    chance = permutation_chance(
        square, week, all_of, periods=weeks, rng=np.random.default_rng(seed), replicates=replicates, tick=tick
    )
    found, middle = [], _middle(placed, square, len(where))
    for cluster in without_overlap(best_by_centre(cases, all_of)):
        first, last = cluster.periods
        inside = np.isin(square, cluster.locations) & (week >= first) & (week <= last)
        days = chance.recurrence_days(cluster.log_likelihood_ratio, days_between_scans=WEEK_DAYS)
        found.append(
            Area(
                lat=float(middle[cluster.centre, 0]),
                lon=float(middle[cluster.centre, 1]),
                radius_km=cluster.radius + width / 2,
                first=begin + timedelta(days=first * WEEK_DAYS),
                last=begin + timedelta(days=(last + 1) * WEEK_DAYS),
                observed=cluster.observed,
                expected=cluster.expected,
                log_likelihood_ratio=cluster.log_likelihood_ratio,
                p_value=chance.tail_p(cluster.log_likelihood_ratio),
                recurrence_years=days / 365.25,
                event_ids=tuple(placed["event_id"].filter(pl.Series(inside)).to_list()),
            )
        )
    return Scan(
        known=known,
        seed=seed,
        replicates=replicates,
        false_alarms_per_year=false_alarms_per_year,
        weeks=weeks,
        longest_weeks=longest_weeks,
        square_km=width,
        deaths=placed.height,
        unplaced=deaths.height - placed.height,
        areas=tuple(area for area in found if area.recurrence_years >= 1 / false_alarms_per_year),
        strongest=found[0] if found else None,
    )


def _squares(placed: pl.DataFrame, square_km: float) -> tuple[NDArray[np.float64], NDArray[np.int64], float]:
    """Middles of the occupied squares in km (squares, 2), the square of each death, and the width of a square."""
    lat, lon = placed["lat"].to_numpy().astype(np.float64), placed["lon"].to_numpy().astype(np.float64)
    shrink = np.cos(np.radians(np.median(lat)))
    km = np.stack([lat, (lon - np.median(lon)) * shrink], axis=1) * (METRES_PER_DEGREE / 1000)
    width = square_km
    while True:
        cells, square = np.unique(np.floor(km / width).astype(np.int64), axis=0, return_inverse=True)
        if len(cells) <= MOST_SQUARES:
            return np.asarray((cells + 0.5) * width), np.asarray(square, dtype=np.int64).ravel(), width
        width *= 2


def _middle(placed: pl.DataFrame, square: NDArray[np.int64], squares: int) -> NDArray[np.float64]:
    count = np.bincount(square, minlength=squares)
    parts = [np.bincount(square, weights=placed[name].to_numpy(), minlength=squares) / count for name in ("lat", "lon")]
    return np.stack(parts, axis=1)
