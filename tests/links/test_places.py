"""The place of death, or a spelling, does not hide where it happened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from clew.links import explain_pair, find_links
from clew.links.events import link_events
from clew.records import TABLES, Dataset, empty_frame

from .backgrounds import START, frame, null_background

HOSPITAL, TOWPATH = (51.60, -0.10), (51.50, 0.02)


def dataset(rows: list[dict[str, object]], told: list[dict[str, object]]) -> Dataset:
    names = ("event_id", "place_type", "address", "lat", "lon", "location_uncertainty_m")
    events: dict[str, object] = {name: [row.get(name) for row in rows] for name in names}
    events |= {
        "kind": ["death"] * len(rows),
        "occurred_from": [START + timedelta(days=30 * number) for number in range(len(rows))],
        "recorded_at": [START + timedelta(days=30 * number) for number in range(len(rows))],
    }
    noted = {name: [row.get(name) for row in told] for name in ("event_id", "feature", "value", "quantity")}
    noted |= {"recorded_at": [row.get("recorded_at", START + timedelta(days=300)) for row in told]}
    tables = {"events": frame("events", events)}
    if told:
        tables["circumstances"] = frame("circumstances", noted)
    return Dataset(name="p", tables={name: tables.get(name, empty_frame(table)) for name, table in TABLES.items()})


def placed(data: Dataset, at: datetime | None = None) -> dict[str, tuple[float, float, bool]]:
    """Latitude, uncertainty in km and whether in an institution, by event."""
    events = link_events(data.as_known(at or data.last_recorded_at))
    lat = np.degrees(np.arcsin(events.xyz_km[:, 2] / 6371.0088))
    rows = zip(lat.tolist(), events.uncertainty_km.tolist(), events.institution.tolist(), strict=True)
    return dict(zip(events.event_id.tolist(), rows, strict=True))


def in_hospital(value: str, **more: object) -> Dataset:
    row = {"event_id": "A", "place_type": "hospital", "lat": HOSPITAL[0], "lon": HOSPITAL[1]}
    other = {"event_id": "B", "address": "Flat 2, 12 High St.", "lat": TOWPATH[0], "lon": TOWPATH[1]}
    return dataset([row, other], [{"event_id": "A", "feature": "happened_at", "value": value, **more}])


@pytest.mark.parametrize("value", ["51.50, 0.02", "12 High Street Flat 2"])
def test_who_died_in_hospital_is_placed_where_it_happened(value: str) -> None:
    lat, _, institution = placed(in_hospital(value))["A"]
    assert lat == pytest.approx(TOWPATH[0], abs=1e-6)
    assert not institution


def test_a_place_told_but_not_on_any_map_is_unknown_and_not_the_hospital() -> None:
    lat, _, institution = placed(in_hospital("by the old mill"))["A"]
    assert np.isnan(lat)
    assert not institution


def test_the_radius_told_is_kept() -> None:
    assert placed(in_hospital("51.50, 0.02", quantity=400.0))["A"][1] == pytest.approx(0.4)


def test_what_is_told_later_is_not_known_before() -> None:
    data = in_hospital("51.50, 0.02")
    lat, _, institution = placed(data, START + timedelta(days=299))["A"]
    assert lat == pytest.approx(HOSPITAL[0], abs=1e-6)
    assert institution


def test_the_last_word_counts() -> None:
    told = [
        {"event_id": "A", "feature": "happened_at", "value": "51.1, 0", "recorded_at": START + timedelta(days=100)},
        {"event_id": "A", "feature": "happened_at", "value": "51.2, 0", "recorded_at": START + timedelta(days=200)},
    ]
    assert placed(dataset([{"event_id": "A"}], told[::-1]))["A"][0] == pytest.approx(51.2, abs=1e-6)


def test_an_event_without_a_position_has_that_of_its_address_however_spelt() -> None:
    rows: list[dict[str, object]] = [
        {"event_id": "A", "address": "12 High Street Flat 2"},
        {"event_id": "B", "address": "Flat 2, 12 High St.", "lat": 51.5, "lon": 0.02, "location_uncertainty_m": 30.0},
        {"event_id": "C", "address": "9 Nowhere Lane"},
    ]
    found = placed(dataset(rows, []))
    assert found["A"][:2] == pytest.approx((51.5, 0.03))
    assert np.isnan(found["C"][0])


def test_an_address_that_lies_in_two_places_places_nobody() -> None:
    rows: list[dict[str, object]] = [
        {"event_id": "A", "address": "1 High Street"},
        {"event_id": "B", "address": "1 High St", "lat": 51.5, "lon": 0.02},
        {"event_id": "C", "address": "1 High St", "lat": 52.5, "lon": 0.02},
    ]
    assert np.isnan(placed(dataset(rows, []))["A"][0])


def test_two_deaths_in_one_hospital_link_through_the_place_where_both_happened() -> None:
    """Both were found by one towpath and died in hospital; the link is lost if the hospital hides the towpath."""
    data = null_background(deaths=400, years=3, seed=5)
    pair = ["X000100", "X000101"]
    events = data.tables["events"].with_columns(
        [
            pl.when(pl.col("event_id").is_in(pair) | (pl.col("event_id") < "X000060"))
            .then(pl.lit(value))
            .otherwise(pl.col(name))
            .alias(name)
            for name, value in {"lat": HOSPITAL[0], "lon": HOSPITAL[1], "place_type": "hospital"}.items()
        ]
    )
    at = datetime(2016, 1, 1, tzinfo=UTC)
    told = frame(
        "circumstances",
        {"event_id": pair, "feature": ["happened_at"] * 2, "value": ["51.31, 0.11"] * 2, "recorded_at": [at, at]},
    )
    tables = {**data.tables, "events": events}
    noted = pl.concat([data.tables["circumstances"], told])
    hidden = Dataset(name="h", tables=tables)
    told_of = Dataset(name="t", tables={**tables, "circumstances": noted})
    factors = [
        explain_pair(find_links(each.as_known(each.last_recorded_at)), *pair).factors["place"]
        for each in (hidden, told_of)
    ]
    assert factors[1] > factors[0] + 0.3
    assert "happened_at" not in str(
        explain_pair(find_links(told_of.as_known(told_of.last_recorded_at)), *pair).clauses["circumstances"]
    )
