"""Finding links: no strong pair is lost, the laws of seen and chance hold, hostile records are bounded."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from scipy.stats import poisson

from clew.links import explain_pair, find_links, grow_series
from clew.links.scoring import linkable
from clew.records import TABLES, Dataset, empty_frame
from tests.links.backgrounds import START, frame, null_background


def _dataset(**tables: pl.DataFrame) -> Dataset:
    return Dataset(name="made", tables={name: tables.get(name, empty_frame(table)) for name, table in TABLES.items()})


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_pair_among_the_strongest_is_lost_by_not_comparing_all_pairs(seed: int) -> None:
    dataset = null_background(deaths=700, years=2, seed=seed, people=80)
    found = find_links(dataset.as_known(dataset.last_recorded_at), replicates=1)
    lower, upper = np.triu_indices(len(found.scorer.events), k=1)
    every = found.score_pairs(lower, upper)
    able = np.sort(every.total[linkable(every)])[::-1]
    assert found.frame["log10_bayes_factor"].to_numpy()[:100] == pytest.approx(able[:100])


@pytest.mark.parametrize(("growth", "seed"), [(0.0, 1), (0.0, 2), (2.0, 3)])
def test_on_independent_dates_and_people_links_of_chance_r_number_r_a_year(growth: float, seed: int) -> None:
    years = 3
    dataset = null_background(deaths=6000, years=years, seed=seed, people=400, growth=growth)
    frame_ = find_links(dataset.as_known(dataset.last_recorded_at)).frame
    for rate in (5, 20, 50):
        count = frame_.filter(pl.col("chance_per_year") <= rate).height
        low, high = poisson.interval(0.999, rate * years)
        assert low <= count <= high, (rate, count)


@pytest.mark.parametrize("budget", [12, 52, 104])
def test_links_within_a_budget_number_the_budget_even_where_deaths_grow_more_frequent(budget: int) -> None:
    dataset = null_background(deaths=6000, years=3, seed=9, people=400, growth=2.0)
    found = find_links(dataset.as_known(dataset.last_recorded_at), replicates=1)
    low, high = poisson.interval(0.999, 3 * budget)
    assert low <= found.within(budget).height <= high


def test_chance_is_never_stated_below_one_over_the_replicates_and_lies_in_its_interval() -> None:
    dataset = null_background(deaths=2000, years=2, seed=5, people=100)
    rates = find_links(dataset.as_known(dataset.last_recorded_at), replicates=4).frame
    assert (rates["chance_per_year"] > 0).all()
    assert (rates["chance_low"] <= rates["chance_per_year"]).all()
    assert (rates["chance_per_year"] <= rates["chance_high"]).all()
    assert rates["chance_per_year"].min() >= 0.25 * 0.24  # one over four replicates, over a trend of at most 4


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), day=st.integers(30, 300))
def test_links_at_t_are_the_same_whether_or_not_later_rows_are_in_the_dataset(seed: int, day: int) -> None:
    dataset = null_background(deaths=150, years=1, seed=seed, people=30)
    at = START + timedelta(days=day)
    cut = {name: table.filter(pl.col("recorded_at") <= at) for name, table in dataset.tables.items()}
    whole, known = (find_links(one.as_known(at), replicates=1).frame for one in (dataset, _dataset(**cut)))
    assert_frame_equal(whole, known)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000))
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    dataset = null_background(deaths=120, years=1, seed=seed, people=30)
    shuffled = {name: table.sample(fraction=1.0, shuffle=True, seed=seed) for name, table in dataset.tables.items()}
    at = dataset.last_recorded_at
    one, two = (find_links(data.as_known(at), replicates=1).frame for data in (dataset, _dataset(**shuffled)))
    assert_frame_equal(one, two)


def _deaths(places: list[tuple[float, float]], hours: list[float], **columns: list[object]) -> pl.DataFrame:
    at = [START + timedelta(hours=hour) for hour in hours]
    given_ = {
        "event_id": [f"F{n:03d}" for n in range(len(places))],
        "kind": ["death"] * len(places),
        "occurred_from": at,
    }
    given_ |= {"recorded_at": at, "lat": [p[0] for p in places], "lon": [p[1] for p in places], **columns}
    return frame("events", given_)


def test_deaths_of_one_fire_are_one_incident_and_never_a_link() -> None:
    background = null_background(deaths=400, years=1, seed=2)
    fire = _deaths([(51.52, 0.01), (51.5201, 0.0101), (51.5199, 0.0099)], [4000, 4001, 4010])
    tables = dict(background.tables) | {"events": pl.concat([background.tables["events"], fire])}
    found = find_links(
        Dataset(name="fire", tables=tables).as_known(background.last_recorded_at + timedelta(days=1)), replicates=1
    )
    together = found.incidents.filter(pl.col("event_id").str.starts_with("F"))
    assert together["incident_id"].to_list() == ["F000"] * 3
    both = pl.col("event_id_a").str.starts_with("F") & pl.col("event_id_b").str.starts_with("F")
    assert found.frame.filter(both).is_empty()


def _burnt(**hospital: object) -> pl.DataFrame:
    """A fire with two dead in the house and one who died in hospital; the incidents found. hospital: what differs."""
    events = _deaths([(51.5, 0.0), (51.5, 0.0), (51.6, 0.3)], [10, 11, 12], place_type=[None, None, "hospital"])
    events = events.with_columns(event_id=pl.Series(["24-00100", "24-00101", hospital.get("number", "24-00103")]))
    day = ["2024-01-01", "2024-01-01", hospital.get("day", "2024-01-01")]
    manner = ["accident", "accident", hospital.get("manner", "accident")]
    noted = frame(
        "circumstances",
        {
            "event_id": [*events["event_id"], *events["event_id"]],
            "feature": ["injury_date"] * 3 + ["manner"] * 3,
            "value": day + manner,
            "recorded_at": [START + timedelta(days=1)] * 6,
        },
    )
    known = _dataset(events=events, circumstances=noted).as_known(START + timedelta(days=30))
    return find_links(known, replicates=1).incidents


def test_a_victim_who_died_in_hospital_joins_the_fire_by_number_day_and_manner() -> None:
    assert _burnt()["incident_id"].to_list() == ["24-00100"] * 3


@pytest.mark.parametrize("hospital", [{"number": "24-00200"}, {"day": "2024-01-02"}, {"manner": "natural"}])
def test_a_death_in_hospital_of_another_number_day_or_manner_does_not(hospital: dict[str, str]) -> None:
    assert _burnt(**hospital)["event_id"].to_list() == ["24-00100", "24-00101"]


def test_two_deaths_in_one_hospital_on_one_day_are_not_one_incident() -> None:
    events = _deaths([(51.5, 0.0)] * 2, [10, 12], place_type=["hospital"] * 2)
    at = START + timedelta(days=10)
    assert find_links(_dataset(events=events).as_known(at), replicates=1).incidents.is_empty()


def test_a_couple_who_die_a_year_apart_at_home_are_a_household_and_no_link() -> None:
    events = _deaths([(51.5, 0.0)] * 2, [10, 8000])
    people = frame(
        "people",
        {
            "event_id": ["F000", "F001"],
            "role": ["deceased"] * 2,
            "address": ["1 Some Road", "1, some road"],
            "recorded_at": [START, START + timedelta(hours=8000)],
        },
    )
    found = find_links(_dataset(events=events, people=people).as_known(START + timedelta(days=400)), replicates=1)
    assert found.frame.is_empty()
    assert found.score_pairs(np.array([0]), np.array([1])).apart[0]


@pytest.mark.parametrize(("roles", "apart"), [(["relative", "finder", "caller"], True), (["finder", "caller"], False)])
def test_a_relative_of_both_who_also_finds_and_calls_is_kin_and_a_stranger_who_does_is_not(
    roles: list[str], apart: bool
) -> None:
    events = _deaths([(51.5, 0.0), (51.9, 0.4)], [10, 2000])
    parts = [(event, role) for event in ("F000", "F001") for role in roles]
    people = frame(
        "people",
        {
            "event_id": [event for event, _ in parts],
            "role": [role for _, role in parts],
            "person_ref": ["Q"] * len(parts),
            "recorded_at": [START if event == "F000" else START + timedelta(hours=2000) for event, _ in parts],
        },
    )
    found = find_links(_dataset(events=events, people=people).as_known(START + timedelta(days=400)), replicates=1)
    scored = found.score_pairs(np.array([0]), np.array([1]))
    assert scored.apart[0] == apart
    assert len(found.shared.keys) == 1


def test_strangers_joined_through_one_event_do_not_chain_into_a_series() -> None:
    """A is tied to B by one person, B to C by another; A and C share nothing and lie far apart in time and place."""
    background = null_background(deaths=2000, years=1, seed=12)
    chain = _deaths([(51.9, 0.9), (51.2, -0.9), (52.4, 0.3)], [4000, 4100, 4200])
    people = frame(
        "people",
        {
            "event_id": ["F000", "F001", "F001", "F002"],
            "role": ["suspect", "caller", "last_contact", "suspect"],
            "person_ref": ["one", "one", "two", "two"],
            "recorded_at": [START + timedelta(hours=hour) for hour in (4000, 4100, 4100, 4200)],
        },
    )
    tables = dict(background.tables)
    tables |= {"events": pl.concat([tables["events"], chain]), "people": pl.concat([tables["people"], people])}
    found = find_links(Dataset(name="chain", tables=tables).as_known(START + timedelta(days=366)), replicates=1)
    shown = found.frame
    pairs = {frozenset(pair) for pair in shown.select("event_id_a", "event_id_b").iter_rows()}
    assert {frozenset({"F000", "F001"}), frozenset({"F001", "F002"})} <= pairs
    assert not any({"F000", "F002"} <= set(members) for members in grow_series(found, shown).values())


def test_three_deaths_alike_in_place_and_people_grow_into_one_series() -> None:
    background = null_background(deaths=300, years=1, seed=12)
    near = _deaths([(51.7, 0.7), (51.7003, 0.7), (51.7, 0.7004)], [100, 1500, 3000])
    people = frame(
        "people",
        {
            "event_id": ["F000", "F001", "F002"],
            "role": ["last_contact"] * 3,
            "person_ref": ["one"] * 3,
            "recorded_at": [START + timedelta(hours=hour) for hour in (100, 1500, 3000)],
        },
    )
    tables = dict(background.tables)
    tables |= {"events": pl.concat([tables["events"], near]), "people": pl.concat([tables["people"], people])}
    found = find_links(Dataset(name="series", tables=tables).as_known(START + timedelta(days=366)), replicates=1)
    assert grow_series(found, found.within(30))["S-F000"] == ("F000", "F001", "F002")


def test_an_explanation_names_the_rows_and_its_parts_add_up() -> None:
    dataset = null_background(deaths=500, years=1, seed=7, people=60)
    found = find_links(dataset.as_known(dataset.last_recorded_at), replicates=1)
    for link in found.frame.head(20).iter_rows(named=True):
        why = explain_pair(found, link["event_id_a"], link["event_id_b"])
        assert why.log10_bayes_factor == pytest.approx(link["log10_bayes_factor"])
        tables = {(row.table, row.row) for row in why.rows}
        for row in why.rows:
            source = dataset.tables[row.table].filter(pl.col("source_row") == row.row)
            assert source["event_id"][0] in (link["event_id_a"], link["event_id_b"])
        assert len(tables) == len(why.rows) >= 2
        assert all(why.clauses.values())


def test_no_events_give_no_links() -> None:
    assert find_links(_dataset().as_known(START)).frame.is_empty()


def test_one_event_without_place_or_people_gives_no_links() -> None:
    events = frame("events", {"event_id": ["A"], "kind": ["death"], "occurred_from": [START], "recorded_at": [START]})
    assert find_links(_dataset(events=events).as_known(START)).frame.is_empty()


def test_a_pair_with_nothing_in_common_says_so() -> None:
    events = frame(
        "events",
        {"event_id": ["A", "B"], "kind": ["death"] * 2, "occurred_from": [START] * 2, "recorded_at": [START] * 2},
    )
    found = find_links(_dataset(events=events).as_known(START))
    why = explain_pair(found, "A", "B")
    assert why.factors["place"] == why.factors["profile"] == why.factors["people"] == why.factors["circumstances"] == 0
    assert "no person" in why.clauses["people"]
    assert "not known" in why.clauses["place"]


def test_an_interval_given_backwards_and_a_person_in_thousands_of_events_are_bounded() -> None:
    count = 6000
    events = _deaths([(51.5, 0.0)] * count, [float(n) for n in range(count)]).with_columns(
        occurred_to=pl.col("occurred_from") - timedelta(days=3)
    )
    people = frame(
        "people",
        {
            "event_id": events["event_id"].to_list(),
            "role": ["caller"] * count,
            "person_ref": ["switchboard"] * count,
            "recorded_at": events["recorded_at"].to_list(),
        },
    )
    found = find_links(_dataset(events=events, people=people).as_known(START + timedelta(days=400)), replicates=1)
    assert (found.scorer.events.to_day >= found.scorer.events.from_day).all()
    assert found.frame.filter(pl.col("people") > 0).is_empty()
