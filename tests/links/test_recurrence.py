"""Recurrences: which deaths count, the arithmetic against a naive one, and the chance rate as a law."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom, poisson

from clew.links import find_links
from clew.links.events import LinkEvents, link_events
from clew.links.evidence.people import Parts, parts_played
from clew.links.rates.chance import YEAR_DAYS, History
from clew.links.recurrence import find_recurrences
from clew.links.recurrence.find import SCHEMA, rare, rated
from clew.links.recurrence.occurrences import Occurrences, people, spots
from clew.links.recurrence.rate import CONNECTED_PER_YEAR, LONGEST, UnitRates, fitted, strongest_windows
from clew.records import Dataset, Role
from tests.links.backgrounds import START, frame, null_background
from tests.links.made import made_events


def occurrences_of(days: list[list[float]], *, certainty: float = 1.0) -> Occurrences:
    """Units met on these days, each list ascending."""
    unit = np.repeat(np.arange(len(days)), [len(one) for one in days])
    return Occurrences(
        unit=unit,
        event=np.arange(len(unit)),
        day=np.array([day for one in days for day in one], dtype=np.float64),
        certainty=np.full(len(unit), certainty),
        elsewhere=np.zeros(len(days), dtype=np.int64),
        part=np.full(len(unit), -1, dtype=np.int64),
    )


def world(seed: int, *, shape: float, years: float, units: int, span_years: float) -> Occurrences:
    """Units met at gamma rates over a span, those that were met at all."""
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rng.gamma(shape, 1 / years, units) * span_years)
    return occurrences_of([np.sort(rng.uniform(0, span_years * YEAR_DAYS, n)).tolist() for n in counts[counts > 0]])


@settings(max_examples=60, deadline=None)
@given(
    days=st.lists(st.lists(st.floats(0, 2000), min_size=1, max_size=LONGEST + 5).map(sorted), min_size=1, max_size=4),
    shape=st.floats(0.01, 50),
    years=st.floats(0.1, 500),
    certainty=st.sampled_from([1.0, 0.6]),
)
def test_the_strongest_window_is_that_of_a_naive_search(
    days: list[list[float]], shape: float, years: float, certainty: float
) -> None:
    met = occurrences_of(days, certainty=certainty)
    rates = UnitRates(shape=np.full(len(days), shape), years=np.full(len(days), years))
    strength, back = strongest_windows(met, rates, start_day=0.0)
    row = 0
    for mine in days:
        for end, _ in enumerate(mine):
            if end == 0:
                assert back[row] == 0
                row += 1
                continue
            factors = []
            for begin in range(max(end - LONGEST + 1, 0), end):
                further, window = end - begin, max(mine[end] - mine[begin], 1.0) / YEAR_DAYS
                rate = years + mine[begin] / YEAR_DAYS
                usual = nbinom.pmf(further, shape + begin + 1, rate / (rate + window))
                connected = nbinom.pmf(further, 1, 1 / (1 + CONNECTED_PER_YEAR * window))
                sure = certainty**2
                factors.append(np.log10(sure * connected / usual + 1 - sure))
            assert strength[row] == pytest.approx(max(factors), abs=1e-6)
            assert factors[end - back[row] - max(end - LONGEST + 1, 0)] == pytest.approx(max(factors), abs=1e-6)
            row += 1


@pytest.mark.parametrize(("shape", "years"), [(0.4, 6.0), (3.0, 20.0)])
def test_the_rates_of_a_made_world_are_found_again(shape: float, years: float) -> None:
    met = world(3, shape=shape, years=years, units=60_000, span_years=5.0)
    rates = fitted(met, start_day=0.0, end_day=5 * YEAR_DAYS).of(met.elsewhere)
    assert rates.shape[0] == pytest.approx(shape, rel=0.25)
    assert (rates.shape[0] / rates.years[0]) == pytest.approx(shape / years, rel=0.25)


def test_a_bare_poisson_world_is_fitted_as_one_whose_rates_hardly_differ() -> None:
    rng = np.random.default_rng(1)
    counts = rng.poisson(0.5 * 4, 5_000)
    met = occurrences_of([np.sort(rng.uniform(0, 4 * YEAR_DAYS, n)).tolist() for n in counts[counts > 0]])
    rates = fitted(met, start_day=0.0, end_day=4 * YEAR_DAYS).of(met.elsewhere)
    assert rates.shape[0] > 10
    assert rates.shape[0] / rates.years[0] == pytest.approx(0.5, rel=0.05)


def test_where_nobody_was_met_again_meeting_again_is_rare_and_not_impossible() -> None:
    met = occurrences_of([[float(day)] for day in range(400)])
    rates = fitted(met, start_day=0.0, end_day=800.0).of(met.elsewhere)
    exposure = sum(800 - day for day in range(400)) / YEAR_DAYS
    per_year = (rates.shape[0] + 1) / rates.years[0]
    assert 0.1 / exposure < per_year < 2 / exposure


def test_those_in_many_other_records_have_a_rate_of_their_own() -> None:
    rng = np.random.default_rng(4)
    seldom = [[float(rng.uniform(0, 1000))] for _ in range(2_000)]
    often = [np.sort(rng.uniform(0, 1000, 3)).tolist() for _ in range(100)]
    met = replace(occurrences_of(seldom + often), elsewhere=np.r_[np.zeros(2_000), np.full(100, 20)].astype(np.int64))
    rates = fitted(met, start_day=0.0, end_day=1000.0).of(met.elsewhere)
    mean = (rates.shape + 1) / rates.years
    assert mean[-1] > 50 * mean[0]
    strength, _ = strongest_windows(
        replace(occurrences_of([[100.0, 130.0], [100.0, 130.0]]), elsewhere=np.array([0, 20])),
        UnitRates(shape=rates.shape[[0, -1]], years=rates.years[[0, -1]]),
        start_day=0.0,
    )
    assert strength[1] > strength[3] + 1  # three deaths say less of a person who is everywhere


def test_recurrences_of_a_null_number_what_their_chance_rate_says() -> None:
    """Of units whose rates differ and which nothing connects, those of a chance rate of at most r come r a year."""
    limits, found, seeds, span = (0.5, 2.0, 10.0, 30.0), np.zeros(4), 12, 4.0
    for seed in range(seeds):
        met = world(100 + seed, shape=0.5, years=40.0, units=40_000, span_years=span)
        history = History.of(met.day[met.place == 0], np.ones_like)
        got = rated((met,), history, end_day=span * YEAR_DAYS, seed=seed)
        late = got.windows[0].met.day[got.windows[0].above(got.floor)] > YEAR_DAYS
        found += [((got.chance.per_year <= limit) & late).sum() for limit in limits]
    for limit, count in zip(limits, found, strict=True):
        expected = limit * seeds * (span - 1)
        # Windows of one unit come in clumps: twice the variance of a Poisson count.
        assert abs(count - expected) < 3.5 * np.sqrt(2 * expected), (limit, count, expected)


def test_a_planted_unit_stands_out_of_its_null() -> None:
    met = world(7, shape=0.5, years=40.0, units=40_000, span_years=4.0)
    days = [met.day[met.unit == unit].tolist() for unit in range(1_000)]
    planted = occurrences_of([*days, [1300.0, 1330.0, 1370.0]])
    history = History.of(planted.day[planted.place == 0], np.ones_like)
    got = rated((planted,), history, end_day=4 * YEAR_DAYS, seed=1)
    ends = got.windows[0].above(got.floor)
    last = int(np.flatnonzero(ends == len(planted.unit) - 1)[0])
    assert got.chance.per_year[last] < 0.2
    assert got.seen.per_year[last] < 1.5


def naive_people(
    events: LinkEvents, parts: Parts, incident: np.ndarray, homes: np.ndarray, frequent: int
) -> dict[int, list[tuple[float, int]]]:
    """By person, the (day, event) of each death that counts, one for an incident and one for a household."""
    found: dict[int, list[tuple[float, int]]] = {}
    own = {"relative", "resident", "deceased"}
    roles = [role.value for role in Role]
    for person in np.unique(parts.who[~parts.address]):
        mine = np.flatnonzero((parts.who == person) & ~parts.address)
        if len(set(incident[parts.event[mine]].tolist())) > frequent:
            continue
        kin = {int(parts.event[part]) for part in mine if roles[parts.role[part]] in own}
        deaths = {int(parts.event[part]) for part in mine if events.death[parts.event[part]]} - kin
        kept: list[tuple[float, int]] = []
        fires: set[int] = set()
        families: set[int] = set()
        for event in sorted(deaths, key=lambda event: (events.known_day[event], event)):
            if int(incident[event]) in fires:
                continue
            fires.add(int(incident[event]))
            if homes[event] >= 0 and int(homes[event]) in families:
                continue
            families.add(int(homes[event]))
            kept.append((float(events.known_day[event]), event))
        if kept:
            found[int(person)] = kept
    return found


@pytest.mark.parametrize("seed", range(5))
def test_the_deaths_a_person_is_beside_are_those_of_a_naive_count(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count, parts_count = 60, 240
    events = replace(made_events(count, seed=seed), death=rng.random(count) < 0.6)
    incident = rng.integers(0, 40, count)
    homes = rng.integers(-8, 8, count).clip(-1)
    parts = Parts(
        event=np.sort(rng.integers(0, count, parts_count)),
        role=rng.integers(0, len(list(Role)), parts_count),
        person=rng.integers(0, 30, parts_count),
        row=np.arange(parts_count),
        address=rng.random(parts_count) < 0.2,
    )
    met = people(events, parts, incident=incident, homes=homes, frequent=8)
    expected = naive_people(events, parts, incident, homes, 8)
    got = [
        list(zip(met.day[met.unit == unit].tolist(), met.event[met.unit == unit].tolist(), strict=True))
        for unit in range(len(met.elsewhere))
    ]
    assert got == [expected[person] for person in sorted(expected)]
    for unit, person in enumerate(sorted(expected)):
        mine = parts.event[(parts.who == person) & ~parts.address]
        of_deaths = set(incident[mine[events.death[mine]]].tolist())
        assert met.elsewhere[unit] == len(set(incident[mine].tolist()) - of_deaths)


def test_a_spot_is_the_nearest_first_death_within_a_hundred_metres_and_does_not_creep() -> None:
    known = _street(400, seed=5).as_known(START + timedelta(days=900))
    events = link_events(known)
    incident = np.arange(len(events))
    met = spots(events, incident=incident)
    firsts: list[int] = []
    spot_of: dict[int, int] = {}
    for event in np.lexsort((np.arange(len(events)), events.known_day)):
        apart = {one: float(np.linalg.norm(events.xyz_km[one] - events.xyz_km[event])) for one in firsts}
        nearest = min(apart, key=lambda one: (apart[one], firsts.index(one)), default=None)
        if nearest is not None and apart[nearest] <= 0.1:
            spot_of[int(event)] = nearest
        else:
            firsts.append(int(event))
            spot_of[int(event)] = int(event)
    together = {frozenset(met.event[met.unit == unit].tolist()) for unit in range(len(met.elsewhere))}
    assert together == {frozenset(event for event, spot in spot_of.items() if spot == first) for first in firsts}
    assert max(len(one) for one in together) > 3


def test_other_incidents_at_a_spot_are_counted_once_and_without_those_of_its_deaths() -> None:
    street = _street(60, seed=5)
    kind = pl.Series(["incident" if number % 3 == 0 else "death" for number in range(60)])
    tables = street.tables | {"events": street.tables["events"].with_columns(kind=kind)}
    known = Dataset(name="street", tables=tables).as_known(START + timedelta(days=900))
    events = link_events(known)
    incident = np.random.default_rng(1).integers(0, 25, 60)
    met = spots(events, incident=incident)
    told = 0
    for unit in range(len(met.elsewhere)):
        first = met.event[met.unit == unit][0]  # the first of a spot is its place
        near = np.linalg.norm(events.xyz_km - events.xyz_km[first], axis=1) <= 0.1
        others = set(incident[near & ~events.death].tolist())
        assert met.elsewhere[unit] <= len(others - {incident[first]})
        told += len(others & {int(incident[event]) for event in met.event[met.unit == unit]})
        assert met.elsewhere[unit] >= len(others) - int(np.sum(events.death & near)) - 3
    assert told


def test_an_earlier_recurrence_that_the_latest_does_not_hold_is_listed_too() -> None:
    rows = [
        {"event_id": "C", "event_ids": ["A", "B", "C"], "place": 2},
        {"event_id": "D", "event_ids": ["A", "B", "C", "D"], "place": 3},
        {"event_id": "H", "event_ids": ["F", "G", "H"], "place": 7},
    ]
    same = {"kind": "person", "unit": 4, "seen_per_year": 2.0}
    frame_of = pl.DataFrame([row | same for row in rows], schema=dict(SCHEMA))
    assert set(rare(frame_of, 5.0)["event_id"]) == {"D", "H"}
    assert rare(frame_of, 1.0).is_empty()


def _street(deaths: int, *, seed: int) -> Dataset:
    """Deaths in a street two kilometres long, each in a public place."""
    rng = np.random.default_rng(seed)
    at = [START + timedelta(days=float(day)) for day in rng.uniform(0, 800, deaths)]
    events = frame(
        "events",
        {
            "event_id": [f"S{number:04d}" for number in range(deaths)],
            "kind": ["death"] * deaths,
            "occurred_from": at,
            "recorded_at": at,
            "place_type": ["street"] * deaths,
            "lat": 51.5 + rng.uniform(0, 0.018, deaths),
            "lon": rng.uniform(0, 0.001, deaths),
        },
    )
    return Dataset(
        name="street",
        tables={"events": events, "people": frame("people", {}), "circumstances": frame("circumstances", {})},
    )


def _with_one_person(role: str, *, days: list[float], seed: int = 3) -> tuple[Dataset, list[str], datetime]:
    """A null background in which one more person plays `role` in deaths on about these days, and when all is known."""
    background = null_background(deaths=3_000, years=3, seed=seed, people=20)
    events = background.tables["events"].sort("occurred_from")
    ids = [events.filter(pl.col("occurred_from") >= START + timedelta(days=day)).row(0, named=True) for day in days]
    met_once = events.filter(~pl.col("event_id").is_in([row["event_id"] for row in ids]))
    added = frame(
        "people",
        {
            "event_id": [row["event_id"] for row in ids] + met_once["event_id"].to_list(),
            "role": [role] * len(ids) + ["finder"] * met_once.height,
            "person_ref": ["Q1"] * len(ids) + [f"once {number}" for number in range(met_once.height)],
            "recorded_at": [row["recorded_at"] for row in ids] + met_once["recorded_at"].to_list(),
        },
    )
    tables = background.tables | {"people": pl.concat([background.tables["people"], added], how="diagonal_relaxed")}
    at = START + timedelta(days=3 * 366)
    return replace(background, tables=tables), [row["event_id"] for row in ids], at


def _beside(data: Dataset) -> int:
    """How many numbers are beside a death."""
    told = data.tables["people"].filter(~pl.col("role").is_in(["deceased", "relative", "resident", "professional"]))
    return told["person_ref"].drop_nulls().n_unique()


def test_one_person_beside_three_deaths_far_apart_is_the_first_recurrence() -> None:
    data, ids, at = _with_one_person("last_contact", days=[800, 840, 900])
    found = find_recurrences(find_links(data.as_known(at), replicates=1))
    first = found.frame.row(0, named=True)
    assert found.counted == {"person": _beside(data), "spot": 0}  # of no place the kind is known
    assert (first["kind"], first["event_ids"], first["event_id"]) == ("person", ids, ids[-1])
    assert first["chance_per_year"] < 1
    assert first["seen_per_year"] < 3
    roles = found.links.parts.role[first["parts"]]
    assert set(roles) == {[role.value for role in Role].index("last_contact")}
    within = found.within(10.0)
    assert within.filter(pl.col("event_ids").list.contains(ids[0])).height == 1  # the two before are in the three
    before = data.as_known(START + timedelta(days=870))
    early = find_recurrences(find_links(before, replicates=1)).frame
    assert early.filter(pl.col("event_ids").list.contains(ids[0]))["event_ids"].to_list() == [ids[:2]]


@pytest.mark.parametrize("role", ["relative", "resident", "professional"])
def test_family_households_and_professionals_make_no_recurrence(role: str) -> None:
    data, ids, at = _with_one_person(role, days=[800, 840, 900])
    found = find_recurrences(find_links(data.as_known(at), replicates=1)).frame
    assert not found.filter(pl.col("event_ids").list.contains(ids[-1])).height


def test_recurrences_do_not_depend_on_the_order_of_rows_and_are_the_same_twice() -> None:
    data, _, at = _with_one_person("finder", days=[700, 760])
    links = find_links(data.as_known(at), replicates=1)
    shuffled = replace(
        data, tables={name: table.sample(fraction=1, shuffle=True, seed=5) for name, table in data.tables.items()}
    )
    one, again = find_recurrences(links).frame, find_recurrences(links).frame
    other = find_recurrences(find_links(shuffled.as_known(at), replicates=1)).frame
    assert one.equals(again)
    hidden = ["unit", "parts"]
    assert one.drop(hidden).equals(other.drop(hidden))
    assert one.height > 5


def test_nothing_known_gives_nothing_and_what_is_missing_counts_for_nothing() -> None:
    empty = {name: frame(name, {}) for name in ("events", "people", "circumstances")}
    at = START + timedelta(days=10)
    data = Dataset(name="empty", tables=empty)
    assert find_recurrences(find_links(data.as_known(at), replicates=1)).frame.is_empty()
    alone = empty | {
        "events": frame(
            "events",
            {
                "event_id": ["A", "B", "C"],
                "kind": ["death"] * 3,
                "occurred_from": [START] * 3,
                "recorded_at": [START] * 3,
                "place_type": ["park", None, "park"],
                "lat": [None, 51.5, 51.5],
                "lon": [None, 0.0, 0.0],
                "location_uncertainty_m": [None, None, 5_000.0],
            },
        )
    }
    found = find_recurrences(find_links(replace(data, tables=alone).as_known(at), replicates=1)).frame
    assert found.is_empty()
    assert dict(found.schema) == SCHEMA


def test_fifty_thousand_deaths_at_one_point_cost_their_number_and_not_their_pairs() -> None:
    count = 50_000
    events = made_events(count, seed=2)
    xyz = np.repeat(events.xyz_km[:1], count, axis=0) + np.random.default_rng(1).normal(0, 0.01, (count, 3))
    events = replace(events, xyz_km=xyz, uncertainty_km=np.zeros(count), public=np.ones(count, dtype=bool))
    met = spots(events, incident=np.arange(count))
    assert len(met.unit) == count
    history = History.of(events.known_day, np.ones_like)
    got = rated((met,), history, end_day=float(events.known_day.max()), seed=1)
    assert len(got.seen.per_year) <= 2.1 * 100


def test_a_person_of_whom_it_is_not_sure_says_less_and_never_more_than_doubt_allows() -> None:
    rates = UnitRates(shape=np.array([1.0]), years=np.array([1_000.0]))
    sure, _ = strongest_windows(occurrences_of([[10.0, 40.0, 80.0]]), rates, start_day=0.0)
    unsure, _ = strongest_windows(occurrences_of([[10.0, 40.0, 80.0]], certainty=0.7), rates, start_day=0.0)
    assert (unsure[1:] < sure[1:]).all()
    assert unsure[2] == pytest.approx(sure[2] + np.log10(0.49), abs=1e-3)


def test_the_poisson_limit_of_the_factor_is_the_textbook_one() -> None:
    """With a shape so large that rates do not differ, the factor is that of a mixed rate against a Poisson one."""
    shape, per_year = 1e7, 0.2
    rates = UnitRates(shape=np.array([shape]), years=np.array([shape / per_year]))
    strength, _ = strongest_windows(occurrences_of([[0.0, YEAR_DAYS]]), rates, start_day=0.0)
    rate = np.linspace(1e-6, 200, 400_001)
    mixed = np.trapezoid(poisson.pmf(1, rate) * np.exp(-rate / CONNECTED_PER_YEAR) / CONNECTED_PER_YEAR, rate)
    assert strength[1] == pytest.approx(np.log10(mixed / poisson.pmf(1, per_year)), abs=1e-4)


def test_parts_with_identity_and_professionals_are_read_as_links_read_them() -> None:
    data, ids, at = _with_one_person("caller", days=[500, 520])
    others = data.tables["events"].filter(~pl.col("event_id").is_in(ids))["event_id"].to_list()
    doctor, likely = others[100:102], others[200:202]
    added = frame(
        "people",
        {
            "event_id": [*doctor, *likely],
            "role": ["professional"] * 2 + ["caller", "witness"],
            "person_ref": ["GP1"] * 2 + [None] * 2,
            "name": [None] * 2 + ["Marisol Quenby", "Marisol Qeunby"],
            "phone": [None] * 2 + ["020 7946 0123", "+44 20 7946 0123"],
            "recorded_at": [START] * 4,
        },
    )
    tables = data.tables | {"people": pl.concat([data.tables["people"], added], how="diagonal_relaxed")}
    known = replace(data, tables=tables).as_known(at)
    events = link_events(known)
    parts = parts_played(known, events)
    met = people(events, parts, incident=np.arange(len(events)), homes=np.full(len(events), -1), frequent=25)
    pairs = {
        frozenset(pair)
        for unit in range(len(met.elsewhere))
        for pair in itertools.combinations(events.event_id[met.event[met.unit == unit]].tolist(), 2)
    }
    assert {frozenset(ids), frozenset(likely)} <= pairs
    assert frozenset(doctor) not in pairs
    sure = met.certainty[np.isin(events.event_id[met.event], likely) & (met.certainty < 1)]
    assert len(sure)  # a likeness is less than a number
