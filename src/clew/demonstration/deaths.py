"""The deaths of one tile: when, of what manner, of whom, where. One element per death, in order of finding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np

from clew.demonstration.chance import DAY_S, Flags, Integers, Numbers, Words, choose, delays_s
from clew.demonstration.distributions import Shares, recording
from clew.demonstration.distributions import deaths as table
from clew.demonstration.places import Places, spots
from clew.demonstration.population import SmallAreas, draw_ages


@dataclass(frozen=True, kw_only=True)
class Deaths:
    """Times are seconds since 1970 UTC. `male`, `age` (years), `home`: of the deceased; `spot`: where found.
    `method`, `mark` (what was found with a batch's dead): empty where there is none. `group`: number of the planted
    group, -1 for none; `spouse_of`: index of an earlier death of the same household, -1 for none.
    """

    alive: Integers
    found: Integers
    manner: Words
    male: Flags
    age: Numbers
    home: Integers
    kind: Words
    spot: Integers
    method: Words
    mark: Words
    ghb: Flags
    group: Integers
    spouse_of: Integers

    @property
    def count(self) -> int:
        """How many deaths there are."""
        return len(self.found)

    @property
    def unexpected(self) -> Flags:
        """All but the expected deaths: those the police investigate."""
        return np.asarray(self.manner != "expected")

    @property
    def public(self) -> Flags:
        """Found in a place that stands open to anybody."""
        return np.isin(self.kind, table.PUBLIC_PLACES)


def day_numbers(years: Sequence[int]) -> Integers:
    """Days since 1970 of every day of the years."""
    days = [np.arange(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()) for year in years]
    return np.concatenate(days).astype(np.int64) - date(1970, 1, 1).toordinal()


def poisson_times(
    rng: np.random.Generator, years: Sequence[int], *, per_year: float, season: Shares | None = None
) -> Integers:
    """Sorted instants of a Poisson process over the years with that mean a year, days weighted by season."""
    days = day_numbers(years)
    weights = np.ones(len(days))
    if season is not None:
        month = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
        weights = season.probabilities[month]
    counts = rng.poisson(per_year * len(years) * weights / weights.sum())
    moments = np.repeat(days, counts) * DAY_S + rng.integers(DAY_S, size=int(counts.sum()))
    return np.sort(moments)


def draw_deaths(
    rng: np.random.Generator, *, years: Sequence[int], scale: float, areas: SmallAreas, places: Places
) -> Deaths:
    """Independent deaths at the documented rates; groups are planted among them afterwards (`groups`)."""
    found = poisson_times(rng, years, per_year=table.DEATHS_A_YEAR.value * scale, season=table.SEASON)
    count = len(found)
    manner = choose(rng, table.MANNER, count).astype("<U20")
    male, age = np.zeros(count, dtype=np.bool_), np.zeros(count)
    kind, method = np.full(count, "home", dtype="<U20"), np.full(count, "", dtype="<U20")
    for each in table.MANNER.values:
        rows = np.flatnonzero(manner == each)
        male[rows], age[rows] = draw_ages(rng, table.AGE_SEX[each], len(rows))
        kind[rows] = choose(rng, table.PLACE[each], len(rows))
        if each in table.METHOD:
            method[rows] = choose(rng, table.METHOD[each], len(rows))
    _agree(kind, method, age)
    home = areas.homes(rng, male=male, age=age)
    return Deaths(
        alive=found - delays_s(rng, recording.FOUND_DELAY, count),
        found=found,
        manner=manner,
        male=male,
        age=age,
        home=home,
        kind=kind,
        spot=spots(rng, places, areas, kind=kind, home=home),
        method=method,
        mark=np.full(count, "", dtype="<U40"),
        ghb=np.zeros(count, dtype=np.bool_),
        group=np.full(count, -1, dtype=np.int64),
        spouse_of=np.full(count, -1, dtype=np.int64),
    )


def _agree(kind: Words, method: Words, age: Numbers) -> None:
    """Make place, method and age agree where one decides the other."""
    kind[(kind == "care_home") & (age < 65)] = "home"
    method[(kind == "station") & (method != "")] = "railway"
    method[(kind == "bridge") & (method != "")] = "jump"
    kind[(method == "railway") & (kind != "station")] = "station"


def period(years: Sequence[int]) -> tuple[datetime, datetime]:
    """First instant of the years and the first after them, UTC."""
    return datetime(min(years), 1, 1, tzinfo=UTC), datetime(max(years) + 1, 1, 1, tzinfo=UTC)
