"""What is reviewed blind cannot be told apart; the scan finds a planted circle; no output names a professional."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from clew.backstop import By, Rule, review_packet, scan, watch
from clew.core import UsageError
from clew.publish.backstop_json import scan_json, watch_json
from clew.publish.backstop_page import render_watch
from clew.publish.backstop_text import scan_text, watch_text
from clew.records import Known
from tests.backstop.records import AT, dataset, homes

FROM = datetime(2014, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def known() -> Known:
    return homes(np.random.default_rng(5), times={24: 5.0, 31: 5.0}, per_year=4.0).as_known(AT)


def rule(by: By) -> Rule:
    return Rule(by=by, watch_from=FROM)


def test_the_packet_mixes_every_series_with_comparisons_of_the_same_kind_age_and_sex(known: Known) -> None:
    found = watch(known, rule(By.PLACE))
    packet = review_packet(found)
    assert len(found.signals) == 2
    key = dict(packet.key.iter_rows())
    assert set(packet.records) == set(key)
    series = {name for name in key.values() if name != "comparison"}
    assert series == {"series-1", "series-2"}
    for signal in found.signals:
        assert len({key[event_id] for event_id in signal.event_ids}) == 1
    mine = [event_id for event_id, name in key.items() if name != "comparison"]
    others = [event_id for event_id, name in key.items() if name == "comparison"]
    assert len(others) == len(mine) - packet.comparisons_missing
    assert packet.comparisons_missing < len(mine) / 10
    rows = found.rows.unique("event_id")
    cells = dict(rows.select("event_id", "cell").iter_rows())
    counted = [sorted(cells[event_id] for event_id in part) for part in (mine, others)]
    assert len(set(counted[1]) - set(counted[0])) == 0
    places = dict(rows.select("event_id", "unit").iter_rows())
    assert not {places[event_id] for event_id in others} & {signal.unit for signal in found.signals}
    # Neither in order of time nor by series: a record's place in the packet tells nothing.
    first_half = packet.records[: len(packet.records) // 2]
    assert 0.25 < np.mean([key[event_id] == "comparison" for event_id in first_half]) < 0.75
    assert list(packet.records) != sorted(packet.records)


def test_by_professional_no_face_names_numbers_or_counts_anybody(known: Known) -> None:
    found = watch(known, rule(By.PROFESSIONAL))
    packet = review_packet(found)
    assert len(found.signals) == 2
    told = watch_json(found, packet)
    faces = [json.dumps(told), watch_text(found, packet), render_watch(found, packet), packet.key.write_csv()]
    for face in faces:
        assert "K0024" not in face
        assert "K0031" not in face
    assert told["signals"] is None
    assert told["crossed"] == 2
    assert set(told["records_to_review_blind"]) == set(packet.records) >= set(found.signals[0].event_ids)
    assert "<svg" not in faces[2].split("<main")[1]
    for face in faces[:3]:
        assert "accuses no one" in face
        assert "Statistician" in face


def test_places_that_crossed_come_in_order_of_name_with_chart_and_figures(known: Known) -> None:
    found = watch(known, rule(By.PLACE))
    packet = review_packet(found)
    page = render_watch(found, packet)
    assert page.count("<polyline") == 2
    assert "<script" not in page
    assert "://" not in page
    names = [signal.unit for signal in found.signals]
    assert names == sorted(names)
    assert page.index(names[0]) < page.index(names[1])
    told = watch_json(found, packet)
    for signal, shown in zip(found.signals, told["signals"], strict=True):
        assert sum(period["observed"] for period in shown["periods"]) == shown["observed"] == len(shown["event_ids"])
        crossing = shown["periods"][signal.crossed]
        before = shown["periods"][: signal.crossed]
        limits = {"cusum": shown["cusum_limit"] or np.inf, "sprt": shown["sprt_limit"]}
        assert any(crossing[name] >= limit for name, limit in limits.items())
        assert not any(period[name] >= limit for period in before for name, limit in limits.items())
        assert signal.unit in watch_text(found, packet)


def test_the_scan_finds_a_circle_that_was_planted_and_says_how_often_chance_does_it() -> None:
    rng = np.random.default_rng(3)
    rows = [(int(rng.integers(81)), AT - timedelta(days=364 * float(rng.random()))) for _ in range(700)]
    rows += [(40, AT - timedelta(days=10 * float(rng.random()))) for _ in range(9)]
    made = dataset(rows, rng=rng)
    found = scan(made.as_known(AT), replicates=99)
    (area,) = found.areas
    planted = {f"D{number:05d}" for number in range(700, 709)}
    assert planted <= set(area.event_ids)
    assert area.observed == len(area.event_ids) > 3 * area.expected
    assert area.recurrence_years > 10
    assert (area.lat, area.lon) == (pytest.approx(51.54, abs=0.03), pytest.approx(-0.06, abs=0.04))
    assert scan_json(found)["areas"][0]["event_ids"] == list(area.event_ids)
    assert "accuses no one" in scan_text(found)
    calm = scan(made.as_known(AT - timedelta(days=30)), replicates=99)
    assert not calm.areas
    assert calm.strongest is not None
    assert calm.strongest.recurrence_years < 1
    assert "which chance makes more often" in scan_text(calm)


def test_a_scan_without_places_or_time_is_refused_and_unplaced_deaths_are_counted() -> None:
    rng = np.random.default_rng(4)
    made = homes(rng, count=40)
    events = made.tables["events"]
    few = events.with_columns(lat=pl.when(pl.int_range(pl.len()) % 3 == 0).then(None).otherwise("lat"))
    known = type(made)(name="m", tables={**made.tables, "events": few}).as_known(AT)
    found = scan(known, replicates=19)
    in_time = events.filter(pl.col("occurred_to") > AT - timedelta(weeks=52)).height
    assert found.deaths + found.unplaced == in_time
    assert found.unplaced > 0
    nowhere = events.with_columns(lat=pl.lit(None, dtype=pl.Float64))
    with pytest.raises(UsageError, match="0 deaths with a place"):
        scan(type(made)(name="m", tables={"events": nowhere}).as_known(AT))
    for options in ({"weeks": 4, "longest_weeks": 4}, {"radius_km": 0.0}, {"square_km": -1.0}):
        with pytest.raises(UsageError):
            scan(known, **options)


@pytest.mark.parametrize(
    "bounds",
    [
        {"weeks": 1_000_000_000},
        {"square_km": 1e300},
        {"square_km": float("inf")},
        {"false_alarms_per_year": float("inf")},
        {"radius_km": float("nan")},
    ],
)
def test_bounds_between_which_nothing_can_be_scanned_are_refused(known: Known, bounds: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="nothing to scan"):
        scan(known, **bounds)  # type: ignore[arg-type]
