"""Positions: from a force's own coordinate reference system to latitude and longitude, and what cannot be right.

A position that cannot be right is left out and reported, never moved. "0,0", points outside the CRS's area and
latitude and longitude exchanged are caught; the last by the place the dataset's own time zone is named for.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pyproj
from pyproj.exceptions import CRSError
from pyproj.network import set_network_enabled  # type: ignore[attr-defined]

from clew.core import UsageError
from clew.records.problems import Effect, ProblemLog

WGS84 = "EPSG:4326"

#: Degrees beyond a CRS's area of use within which a position is still believed (bridges, coast, rounding).
AREA_MARGIN_DEGREES = 1.0

#: A point this far (degrees) from the time zone's place, and `SWAPPED_SHARE` as far when exchanged, is exchanged.
SWAPPED_BEYOND_DEGREES = 20.0
SWAPPED_SHARE = 0.5


def check_crs(name: str, *, where: str) -> str:
    """`name` if PROJ knows it. Raises `UsageError`."""
    try:
        pyproj.CRS.from_user_input(name)
    except CRSError:
        raise UsageError(
            f"{name!r} is not a coordinate reference system.",
            where=where,
            why="without it the distances between deaths would be wrong",
            mend="use an EPSG code such as EPSG:4326 (latitude, longitude) or EPSG:27700 (British National Grid)",
        ) from None
    return name


def to_wgs84(x: pl.Series, y: pl.Series, crs: str) -> tuple[pl.Series, pl.Series]:
    """Latitude and longitude (degrees) of `x` (easting or longitude) and `y` in `crs`.

    Null where either is null, where the projection is undefined, or outside the CRS's area of use. For EPSG:27700
    without the OSTN15 grid (not bundled, and nothing is downloaded) PROJ's Helmert transformation is within 5 m.
    """
    eastings = x.to_numpy().astype(float)
    northings = y.to_numpy().astype(float)
    longitude, latitude = _transformer(crs).transform(eastings, northings)
    good = np.isfinite(longitude) & np.isfinite(latitude)
    area = pyproj.CRS.from_user_input(crs).area_of_use
    if area is not None:
        good &= (latitude >= area.south - AREA_MARGIN_DEGREES) & (latitude <= area.north + AREA_MARGIN_DEGREES)
        if area.west <= area.east:
            good &= (longitude >= area.west - AREA_MARGIN_DEGREES) & (longitude <= area.east + AREA_MARGIN_DEGREES)
    return (
        pl.Series("lat", np.where(good, latitude, np.nan)).fill_nan(None),
        pl.Series("lon", np.where(good, longitude, np.nan)).fill_nan(None),
    )


@cache
def _transformer(crs: str) -> pyproj.Transformer:
    set_network_enabled(active=False)
    return pyproj.Transformer.from_crs(crs, WGS84, always_xy=True)


def zone_place(zone: ZoneInfo) -> tuple[float, float] | None:
    """Latitude and longitude (degrees) of the place `zone` is named for (tz database, zone.tab); None for UTC."""
    return _zone_places().get(zone.key)


@cache
def _zone_places() -> dict[str, tuple[float, float]]:
    table = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    places = {}
    for line in table.splitlines():
        if not line.startswith("#"):
            _, position, name, *_ = line.split("\t")
            split = max(position.rfind("+"), position.rfind("-"))
            places[name] = (_degrees(position[:split], 2), _degrees(position[split:], 3))
    return places


def _degrees(sexagesimal: str, whole: int) -> float:
    """Degrees of ISO 6709 ±DDMM[SS] or ±DDDMM[SS]; `whole`: digits of whole degrees."""
    sign = -1.0 if sexagesimal[0] == "-" else 1.0
    digits = sexagesimal[1:]
    minutes, seconds = digits[whole : whole + 2], digits[whole + 2 :] or "0"
    return sign * (int(digits[:whole]) + int(minutes) / 60 + int(seconds) / 3600)


def check_positions(frame: pl.DataFrame, zone: ZoneInfo, log: ProblemLog, *, table: str) -> pl.DataFrame:
    """`frame` (lat, lon, source_file, source_row) with impossible positions left out and reported."""
    lat, lon = frame["lat"], frame["lon"]
    shown = frame.select(pl.concat_str([pl.col("lat").cast(pl.String), pl.lit(", "), "lon"], ignore_nulls=True))
    half = lat.is_null() != lon.is_null()
    null_island = (lat.abs() < 1e-6) & (lon.abs() < 1e-6)
    swapped = _look_swapped(lat, lon, zone) & ~null_island
    for fault, why, mend in (
        (half, "one of latitude and longitude is missing or could not be used", "give both, or neither"),
        (null_island, "0, 0 is in the sea off Africa: the position was not recorded", "leave both empty"),
        (
            swapped,
            f"latitude and longitude look exchanged: exchanged, the point is near {zone.key}",
            "exchange the two columns in clew.yaml, or mend the row",
        ),
    ):
        log.rows(
            frame,
            fault,
            table=table,
            column="lat, lon",
            value=shown.to_series(),
            effect=Effect.VALUE_LEFT_OUT,
            why=why,
            mend=mend,
        )
    bad = (half | null_island | swapped).fill_null(value=False)
    keep = pl.when(~pl.lit(bad))
    return frame.with_columns(keep.then("lat").alias("lat"), keep.then("lon").alias("lon"))


def _look_swapped(lat: pl.Series, lon: pl.Series, zone: ZoneInfo) -> pl.Series:
    place = zone_place(zone)
    if place is None:
        return pl.Series([False]).new_from_index(0, len(lat)) if len(lat) else pl.Series([], dtype=pl.Boolean)
    frame = pl.DataFrame({"lat": lat, "lon": lon})
    given = pl.max_horizontal((pl.col("lat") - place[0]).abs(), (pl.col("lon") - place[1]).abs())
    exchanged = pl.max_horizontal((pl.col("lon") - place[0]).abs(), (pl.col("lat") - place[1]).abs())
    return frame.select(
        (
            (given > SWAPPED_BEYOND_DEGREES) & (exchanged < SWAPPED_SHARE * given) & (pl.col("lon").abs() <= 90)
        ).fill_null(value=False)
    ).to_series()
