"""Positions: the Ordnance Survey's published formulae are the oracle for the projection."""

from __future__ import annotations

from math import asin, atan2, cos, degrees, hypot, isfinite, radians, sin, sqrt, tan
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.records import check_dataset
from clew.records.places import to_wgs84, zone_place

AIRY = (6377563.396, 6356256.909)
WGS84 = (6378137.0, 6356752.314245)


def national_grid_to_wgs84(easting: float, northing: float) -> tuple[float, float]:
    """Inverse transverse Mercator, then Helmert: annexes C and B and section 6.6 of "A guide to coordinate systems in
    Great Britain" (Ordnance Survey, 2020)."""
    a, b = AIRY
    f0, lat0, lon0, n0, e0 = 0.9996012717, radians(49), radians(-2), -100000.0, 400000.0
    e2, n = 1 - b * b / (a * a), (a - b) / (a + b)

    def arc(lat: float) -> float:
        d, s = lat - lat0, lat + lat0
        return (
            b
            * f0
            * (
                (1 + n + 5 / 4 * n**2 + 5 / 4 * n**3) * d
                - (3 * n + 3 * n**2 + 21 / 8 * n**3) * sin(d) * cos(s)
                + (15 / 8 * n**2 + 15 / 8 * n**3) * sin(2 * d) * cos(2 * s)
                - 35 / 24 * n**3 * sin(3 * d) * cos(3 * s)
            )
        )

    lat = (northing - n0) / (a * f0) + lat0
    while abs(northing - n0 - arc(lat)) >= 1e-5:
        lat += (northing - n0 - arc(lat)) / (a * f0)
    nu = a * f0 / sqrt(1 - e2 * sin(lat) ** 2)
    rho = a * f0 * (1 - e2) / (1 - e2 * sin(lat) ** 2) ** 1.5
    eta2, t, sec = nu / rho - 1, tan(lat), 1 / cos(lat)
    de = easting - e0
    lat_airy = (
        lat
        - t / (2 * rho * nu) * de**2
        + t / (24 * rho * nu**3) * (5 + 3 * t**2 + eta2 - 9 * t**2 * eta2) * de**4
        - t / (720 * rho * nu**5) * (61 + 90 * t**2 + 45 * t**4) * de**6
    )
    lon_airy = (
        lon0
        + sec / nu * de
        - sec / (6 * nu**3) * (nu / rho + 2 * t**2) * de**3
        + sec / (120 * nu**5) * (5 + 28 * t**2 + 24 * t**4) * de**5
        - sec / (5040 * nu**7) * (61 + 662 * t**2 + 1320 * t**4 + 720 * t**6) * de**7
    )
    v = a / sqrt(1 - e2 * sin(lat_airy) ** 2)
    x, y, z = v * cos(lat_airy) * cos(lon_airy), v * cos(lat_airy) * sin(lon_airy), v * (1 - e2) * sin(lat_airy)
    tx, ty, tz, scale = 446.448, -125.157, 542.060, 1 - 20.4894e-6
    rx, ry, rz = (radians(seconds / 3600) for seconds in (0.1502, 0.2470, 0.8421))
    x, y, z = (
        tx + scale * x - rz * y + ry * z,
        ty + rz * x + scale * y - rx * z,
        tz - ry * x + rx * y + scale * z,
    )
    a, b = WGS84
    e2 = 1 - b * b / (a * a)
    p = hypot(x, y)
    lat = asin(z / sqrt(x * x + y * y + z * z))
    for _ in range(10):
        lat = atan2(z + e2 * a / sqrt(1 - e2 * sin(lat) ** 2) * sin(lat), p)
    return degrees(lat), degrees(atan2(y, x))


@given(st.floats(100_000, 650_000), st.floats(20_000, 1_000_000))
def test_british_national_grid_agrees_with_the_ordnance_survey_formulae_to_centimetres(
    easting: float, northing: float
) -> None:
    lat, lon = to_wgs84(pl.Series([easting]), pl.Series([northing]), "EPSG:27700")
    expected = national_grid_to_wgs84(easting, northing)
    assert (lat.item(), lon.item()) == pytest.approx(expected, abs=1e-6)


@given(st.lists(st.tuples(st.floats(), st.floats()), max_size=5))
def test_a_projection_gives_a_position_on_earth_or_none(points: list[tuple[float, float]]) -> None:
    x, y = (pl.Series([point[axis] for point in points], dtype=pl.Float64) for axis in (0, 1))
    for lat, lon in zip(*to_wgs84(x, y, "EPSG:27700"), strict=True):
        assert (lat is None) == (lon is None)
        assert lat is None or (isfinite(lat) and 48 < lat < 62 and -10 < lon < 4)


def test_the_place_a_time_zone_is_named_for() -> None:
    assert zone_place(ZoneInfo("Europe/London")) == pytest.approx((51.508333, -0.125278), abs=1e-6)
    assert zone_place(ZoneInfo("America/Chicago")) == pytest.approx((41.85, -87.65), abs=1e-6)
    assert zone_place(ZoneInfo("UTC")) is None


@pytest.mark.parametrize(
    ("zone", "lat", "lon", "kept"),
    [
        ("Europe/London", 51.5, 0.1, True),
        ("Europe/London", 60.8, -0.9, True),
        ("Europe/London", 0.1, 51.5, False),
        ("America/Chicago", 43.0, -87.9, True),
        ("America/Chicago", -87.9, 43.0, False),
        ("America/Chicago", 33.4, -118.4, True),
        ("Africa/Lagos", 3.4, 6.5, True),
        ("UTC", 0.1, 51.5, True),
        ("Europe/London", 0.0, 0.0, False),
        ("UTC", 0.0, 0.0, False),
        ("Europe/London", 51.5, 0.0, True),
    ],
)
def test_positions_that_cannot_be_right_are_left_out(
    tmp_path: Path, zone: str, lat: float, lon: float, kept: bool
) -> None:
    (tmp_path / "clew.yaml").write_text(f"time_zone: {zone}\n")
    (tmp_path / "events.csv").write_text(f"event_id,kind,occurred_from,lat,lon\nE1,death,2014-06-20,{lat},{lon}\n")
    result = check_dataset(tmp_path)
    assert result.dataset is not None
    row = result.dataset.tables["events"].row(0, named=True)
    assert (row["lat"], row["lon"]) == ((lat, lon) if kept else (None, None))
    assert result.problems.is_empty() is kept


@pytest.mark.parametrize(
    ("easting", "northing", "kept"),
    [("530000", "180000", True), ('"530,000"', '"180,000"', True), ("0", "0", False), ("180000", "5300000", False),
     ("x", "180000", False), ("530000", "", False), ("", "", None)],
)  # fmt: skip
def test_eastings_and_northings(tmp_path: Path, easting: str, northing: str, kept: bool | None) -> None:
    (tmp_path / "clew.yaml").write_text("crs: EPSG:27700\ntables: {events: {coordinates: {x: easting, y: northing}}}\n")
    (tmp_path / "events.csv").write_text(
        f"event_id,kind,occurred_from,easting,northing\nE1,death,2014-06-20,{easting},{northing}\n"
    )
    result = check_dataset(tmp_path)
    assert result.dataset is not None
    lat = result.dataset.tables["events"]["lat"].item()
    assert (lat is not None) is bool(kept)
    assert result.problems.is_empty() is (kept is not False)
