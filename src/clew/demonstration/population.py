"""Where Londoners live: 4,835 small areas with residents by age band and sex, and where one of a given age lives.

Source: Office for National Statistics, lower layer super output areas of 2011, population and centroids; contains
National Statistics and Ordnance Survey data (Open Government Licence v3.0; see data/LICENCE.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from io import BytesIO

import numpy as np
import polars as pl
from scipy.spatial import cKDTree

from clew.demonstration.chance import Flags, Integers, Numbers, fraction
from clew.demonstration.distributions import Shares

METRES_PER_DEGREE = 111_195.0
#: Upper ages of the extract's bands 0-15, 16-29, 30-44, 45-64; above is 65 and over.
BAND_ENDS = np.array([15, 29, 44, 64])
HOUSES_PER_AREA = 800


@dataclass(frozen=True, kw_only=True)
class SmallAreas:
    """One element per small area. `borough`: index into `boroughs`; `radius_m`: half the way to the nearest
    neighbours; `cumulative`: residents summed over areas, one column per sex (male first) and age band.
    """

    boroughs: tuple[str, ...]
    borough: Integers
    lat: Numbers
    lon: Numbers
    radius_m: Numbers
    residents: Numbers
    cumulative: Numbers

    @property
    def count(self) -> int:
        """How many small areas there are."""
        return len(self.lat)

    def homes(self, rng: np.random.Generator, *, male: Flags, age: Numbers) -> Integers:
        """A house for each person: area by residents of that sex and age, then any of its `HOUSES_PER_AREA` houses."""
        column = np.searchsorted(BAND_ENDS, age) + np.where(male, 0, 5)
        area = np.empty(len(age), dtype=np.int64)
        for each in np.unique(column):
            rows = column == each
            weights = self.cumulative[:, each]
            area[rows] = np.searchsorted(weights, rng.random(rows.sum()) * weights[-1], side="right")
        return area * HOUSES_PER_AREA + rng.integers(HOUSES_PER_AREA, size=len(area))

    def near(self, rng: np.random.Generator, house: Integers, share_same_area: float = 0.6) -> Integers:
        """Another house for each: in the same small area, or else anywhere in the borough by residents."""
        area = house // HOUSES_PER_AREA
        far = rng.random(len(house)) >= share_same_area
        area = np.where(far, self.in_borough(rng, self.borough[area]), area)
        return area * HOUSES_PER_AREA + rng.integers(HOUSES_PER_AREA, size=len(area))

    def in_borough(self, rng: np.random.Generator, borough: Integers) -> Integers:
        """A small area of each borough given, by residents."""
        order = np.argsort(self.borough, kind="stable")
        running = np.concatenate([[0.0], np.cumsum(self.residents[order])])
        first = np.searchsorted(self.borough[order], borough, side="left")
        last = np.searchsorted(self.borough[order], borough, side="right")
        target = running[first] + rng.random(len(borough)) * (running[last] - running[first])
        return np.asarray(order[np.clip(np.searchsorted(running, target, side="right") - 1, first, last - 1)])

    def points(self, house: Integers) -> tuple[Numbers, Numbers]:
        """Latitude and longitude of each house: always the same for the same house, within its small area."""
        area = house // HOUSES_PER_AREA
        distance = self.radius_m[area] * np.sqrt(fraction(house, 1))
        angle = 2 * np.pi * fraction(house, 2)
        return (
            self.lat[area] + distance * np.cos(angle) / METRES_PER_DEGREE,
            self.lon[area] + distance * np.sin(angle) / (METRES_PER_DEGREE * np.cos(np.radians(self.lat[area]))),
        )


@cache
def small_areas() -> SmallAreas:
    """The extract that ships with the package."""
    packed = resources.files("clew.demonstration").joinpath("data/london_small_areas.csv.gz").read_bytes()
    frame = pl.read_csv(BytesIO(packed))
    boroughs = tuple(sorted(frame["borough"].unique()))
    lat, lon = frame["lat"].to_numpy(), frame["lon"].to_numpy()
    metres = np.column_stack([lat, lon * np.cos(np.radians(51.5))]) * METRES_PER_DEGREE
    nearest = np.asarray(cKDTree(metres).query(metres, k=4)[0])
    counts = frame.select("^(males|females)_.*$").to_numpy().astype(np.float64)
    return SmallAreas(
        boroughs=boroughs,
        borough=np.searchsorted(boroughs, frame["borough"].to_numpy().astype(str)).astype(np.int64),
        lat=lat,
        lon=lon,
        radius_m=nearest[:, 1:].mean(axis=1) / 2,
        residents=counts.sum(axis=1),
        cumulative=np.cumsum(counts, axis=0),
    )


def draw_ages(rng: np.random.Generator, shares: Shares, count: int) -> tuple[Flags, Numbers]:
    """Sex (true: male) and age in years with fraction, from bands named like ``male 15-44``; the oldest thin out."""
    bands = [value.split() for value in shares.values]
    low = np.array([float(band.split("-")[0]) for _, band in bands])
    high = np.array([float(band.split("-")[1]) for _, band in bands])
    pick = rng.choice(len(bands), size=count, p=shares.probabilities)
    width = high[pick] - low[pick] + np.where(high[pick] > 1, 1, 0)
    age = low[pick] + rng.random(count) * width
    thinned = np.minimum(low[pick] + rng.exponential(4.5, count), high[pick])
    return np.array([sex == "male" for sex, _ in bands])[pick], np.where(low[pick] >= 85, thinned, age)
