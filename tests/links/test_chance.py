"""How often: strata, exchanges, counts, tails and intervals; kinds of tie; series, each against an oracle or a law."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, poisson

from clew.links import Links, find_links, rated_series, why_they_differ
from clew.links.events import link_events
from clew.links.rates.chance import History, Sightings, Tail, chance_rates, dispersion, garwood, seen_rates
from clew.links.rates.decoys import exchange_dates
from clew.links.rates.strata import LEAST, collapsed, date_strata
from clew.records import Dataset
from tests.links.backgrounds import START, dependent_background, frame, null_background

#: A history in which nothing grows, a year and more of it.
STEADY = History(start_day=-1000.0, deaths=np.ones(2000), reach=np.ones(2000))


def _sightings(strength: list[float] | np.ndarray, ends: list[tuple[int, int]] | None = None) -> Sightings:
    count = len(strength)
    pairs = np.array(ends).T if ends is not None else np.arange(2 * count).reshape(2, count)
    nothing = np.zeros(count, dtype=np.int64)
    return Sightings(strength=np.asarray(strength, dtype=float), known_day=np.zeros(count), kind=nothing, ends=pairs)


@settings(max_examples=40, deadline=None)
@given(
    codes=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=80),
    least=st.integers(1, 9),
)
def test_each_event_stands_in_the_finest_stratum_that_is_large_enough(
    codes: list[tuple[int, int, int]], least: int
) -> None:
    """Against the same thing done one event at a time."""
    levels = [[tuple(code[:upto]) for code in codes] for upto in (3, 2, 1)]
    left, expected = set(range(len(codes))), {}
    for number, level in enumerate(levels):
        alike = Counter(level[one] for one in left)
        taken = {one for one in left if number == 2 or alike[level[one]] >= least}
        expected |= {one: (number, level[one]) for one in taken}
        left -= taken
    columns = np.array(codes, dtype=np.int64).T
    found = collapsed([list(columns[:upto]) for upto in (3, 2, 1)], least)
    same = {(found[one], expected[one]) for one in range(len(codes))}
    assert len({first for first, _ in same}) == len({second for _, second in same}) == len(same)


def test_dates_stay_within_kind_and_season_and_keep_their_hour_and_whole_incidents_move() -> None:
    dataset = null_background(deaths=3000, years=2, seed=4)
    known = dataset.as_known(dataset.last_recorded_at)
    events = link_events(known)
    strata = date_strata(known, events)
    incident = np.arange(len(events)) // 2  # each two events one incident
    moved = exchange_dates(events, strata, incident, np.random.default_rng(1))
    assert moved.from_day % 1 == pytest.approx(events.from_day % 1, abs=1e-6)
    gap = events.from_day[1::2] - events.from_day[::2]
    assert moved.from_day[1::2] - moved.from_day[::2] == pytest.approx(gap, abs=1e-6)
    alone = exchange_dates(events, strata, np.arange(len(events)), np.random.default_rng(1))
    assert sorted(np.floor(alone.from_day)) == sorted(np.floor(events.from_day))
    season = [((START + timedelta(days=float(day))).month % 12) // 3 for day in events.from_day - events.from_day.min()]
    after = [((START + timedelta(days=float(day))).month % 12) // 3 for day in alone.from_day - events.from_day.min()]
    assert np.mean(np.array(season) == np.array(after)) > 0.97  # but for hours about midnight of the year's first day
    assert np.mean(np.floor(alone.from_day) == np.floor(events.from_day)) < 1.5 / LEAST


def test_the_interval_of_a_count_is_garwoods_and_wider_for_clumps() -> None:
    low, high = garwood(np.array([0.0, 1.0, 10.0]), np.ones(3))
    assert low == pytest.approx([0, 0.0253, 4.7954], abs=1e-3)  # Garwood 1936
    assert high == pytest.approx([3.6889, 5.5716, 18.3904], abs=1e-3)
    clumped_low, clumped_high = garwood(np.array([10.0]), np.array([5.0]))
    assert clumped_low[0] < low[2] < high[2] < clumped_high[0]
    assert clumped_high[0] == pytest.approx(5 * chi2.ppf(0.975, 6) / 2)


def test_links_that_share_an_event_are_no_independent_counts() -> None:
    star = _sightings(np.linspace(9, 5, 10), [(0, other) for other in range(1, 11)])
    apart = _sightings(np.linspace(9, 5, 10))
    assert dispersion(star, np.array([5.0]))[0] == pytest.approx(10.0)  # ten links that come and go as one
    assert dispersion(apart, np.array([5.0]))[0] == pytest.approx(1.0)


def test_seen_counts_the_links_at_least_as_strong_and_its_interval_holds_it() -> None:
    strength = np.random.default_rng(1).exponential(1.0, 300)
    links = _sightings(strength)
    rates = seen_rates(links, links, STEADY)
    naive = np.array([(strength >= mine).sum() for mine in strength])
    assert rates.per_year == pytest.approx(naive)
    assert (rates.low <= rates.per_year).all()
    assert (rates.per_year <= rates.high).all()


def test_the_tail_gives_the_rate_of_a_known_law_and_never_less_than_one_over_the_runs() -> None:
    """Strengths of known law: 200 a year above 0, of which a share exp(-s) above s."""
    rng = np.random.default_rng(8)
    replicates, wanted = 5, np.array([20.0, 5.0, 2.0, 1.0, 0.4, 0.001])
    asked = _sightings(np.log(200 / wanted))
    ratios, held = [], []
    for _ in range(120):
        decoys = _sightings(rng.exponential(1.0, rng.poisson(200 * replicates)))
        rates = chance_rates(asked, decoys, STEADY, replicates=replicates)
        assert (rates.per_year >= 1 / replicates).all()
        assert (rates.low <= rates.per_year).all()
        assert (rates.per_year <= rates.high).all()
        ratios.append(rates.per_year[:5] / wanted[:5])
        held.append((rates.low[:5] <= wanted[:5]) & (wanted[:5] <= rates.high[:5]))
    assert np.mean(ratios, axis=0) == pytest.approx(np.ones(5), abs=0.1)
    counted = np.sqrt(wanted[3] * replicates) / (wanted[3] * replicates)  # the spread of the bare count at 1 a year
    assert np.std(ratios, axis=0)[3] < 0.9 * counted
    assert np.mean(held, axis=0).min() > 0.9


def test_the_tail_is_counted_up_to_its_start_and_falls_beyond() -> None:
    strength = np.random.default_rng(2).exponential(1.0, 1000)
    tail = Tail.of(strength)
    ranked = np.sort(strength)[::-1]
    assert np.exp(tail.log_count(ranked[[99, 499]])) == pytest.approx([100, 500])
    beyond = tail.log_count(tail.start + np.array([0.0, 1.0, 2.0]))
    assert np.diff(beyond) == pytest.approx([-1 / tail.scale] * 2)


@pytest.fixture(scope="module")
def dependent() -> Links:
    dataset = dependent_background(deaths=3000, years=3, seed=2, people=200)
    return find_links(dataset.as_known(dataset.last_recorded_at), replicates=3)


def test_where_much_depends_on_much_but_nothing_is_connected_decoys_make_as_many_links(dependent: Links) -> None:
    strength = dependent.frame["log10_bayes_factor"].to_numpy()
    decoys = np.concatenate([decoy.sightings.strength for decoy in dependent.decoys])
    for count in (30, 100):
        made = float((decoys >= strength[count - 1]).sum()) / dependent.replicates
        low, high = poisson.interval(0.999, count)
        assert low <= made <= high, (count, made)


def test_the_kinds_of_links_add_up_to_all_links(dependent: Links) -> None:
    frame_ = dependent.frame
    last = frame_.sort("known_at").tail(1).row(0, named=True)
    year = frame_.filter(
        (pl.col("known_at") <= last["known_at"]) & (pl.col("known_at") > last["known_at"] - timedelta(days=365.25))
    )
    stronger = year.filter(pl.col("log10_bayes_factor") >= last["log10_bayes_factor"])
    share = stronger.filter(pl.col("kind") == last["kind"]).height / stronger.height
    assert last["seen_of_kind_per_year"] == pytest.approx(share * last["seen_per_year"], rel=0.05)
    assert (frame_["seen_low"] <= frame_["seen_per_year"]).all()
    assert (frame_["seen_per_year"] <= frame_["seen_high"]).all()


def _with(background: Dataset, events: pl.DataFrame, people: pl.DataFrame) -> Links:
    tables = dict(background.tables)
    tables |= {"events": pl.concat([tables["events"], events]), "people": pl.concat([tables["people"], people])}
    dataset = Dataset(name="made", tables=tables)
    return find_links(dataset.as_known(dataset.last_recorded_at), replicates=3)


def _walks(deaths: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Finders who each find two: their path, and no hand. Ends lie 30 km apart."""
    ids = [f"W{number:03d}" for number in range(deaths)]
    at = [START + timedelta(days=300 + 0.6 * number) for number in range(deaths)]
    columns = {"event_id": ids, "kind": ["death"] * deaths, "occurred_from": at, "recorded_at": at}
    columns |= {"lat": [51.0 + 0.3 * (n % 2) for n in range(deaths)], "lon": [0.01 * (n // 2) for n in range(deaths)]}
    people = {"event_id": ids, "role": ["finder"] * deaths, "recorded_at": at}
    return frame("events", columns), frame("people", people | {"person_ref": [f"f{n // 2}" for n in range(deaths)]})


def test_where_one_finder_walks_one_path_seen_and_chance_of_that_kind_differ_and_it_says_why() -> None:
    events, people = _walks(60)
    others = null_background(deaths=1500, years=1, seed=3, people=60)
    strangers = frame(
        "people",
        {
            "event_id": others.tables["events"]["event_id"].head(1000),
            "role": ["finder"] * 1000,
            "person_ref": [f"g{number}" for number in range(1000)],
            "recorded_at": others.tables["events"]["recorded_at"].head(1000),
        },
    )
    found = _with(others, events, pl.concat([people, strangers]))
    walk = found.frame.filter(pl.col("kind") == "people:finder+finder").tail(1).row(0, named=True)
    assert walk["seen_of_kind_per_year"] >= 20
    assert walk["seen_of_kind_low"] > walk["chance_of_kind_high"]
    said = why_they_differ(walk)
    assert "one person who is the finder in both" in said
    assert "Decoys exchange people and so break that tie" in said
    near = found.frame.filter(pl.col("kind").str.starts_with("place")).tail(1).row(0, named=True)
    assert "about what chance makes" in why_they_differ(near)


def test_series_of_a_null_number_no_more_than_their_chance_rate() -> None:
    count, years = Counter[float](), 0
    for seed in (1, 2):
        dataset = null_background(deaths=2500, years=3, seed=seed, people=200)
        found = find_links(dataset.as_known(dataset.last_recorded_at), seed=seed)
        years += 3
        for series in rated_series(found, found.within(104)):
            assert series.chance_low <= series.chance_per_year <= series.chance_high
            assert series.seen_per_year > 0
            for rate in (1.0, 2.0, 5.0):
                count[rate] += series.chance_per_year <= rate
    for rate in (1.0, 2.0, 5.0):
        assert count[rate] <= poisson.ppf(0.9995, rate * years), (rate, count[rate])
    assert count[5.0] >= poisson.ppf(0.0005, 0.3 * 5 * years)  # nor so few that the rate says nothing


def _planted(places: list[tuple[float, float]], refs: list[list[str]], roles: list[str]) -> Links:
    ids = [f"F{number:03d}" for number in range(len(places))]
    at = [START + timedelta(days=200 + 20 * number) for number in range(len(places))]
    columns = {"event_id": ids, "kind": ["death"] * len(ids), "occurred_from": at, "recorded_at": at}
    events = frame("events", columns | {"lat": [p[0] for p in places], "lon": [p[1] for p in places]})
    parts = [(event, when, ref) for event, when, mine in zip(ids, at, refs, strict=True) for ref in mine]
    people = frame(
        "people",
        {
            "event_id": [part[0] for part in parts],
            "role": [roles[int(part[2][0])] for part in parts],
            "person_ref": [part[2] for part in parts],
            "recorded_at": [part[1] for part in parts],
        },
    )
    return _with(null_background(deaths=1000, years=1, seed=6, people=60), events, people)


@pytest.mark.parametrize("members", [3, 4])
def test_a_planted_series_is_grown_and_is_rarer_than_chance_makes(members: int) -> None:
    places = [(51.7 + 0.0005 * number, 0.7) for number in range(members)]
    found = _planted(places, [["0x"]] * members, ["last_contact"])
    (series,) = [one for one in rated_series(found, found.within(52)) if "F000" in one.event_ids]
    assert series.event_ids == tuple(f"F{number:03d}" for number in range(members))
    pairs = [
        found.score_pairs(*(np.array([found.index(x)]) for x in (a, b))).total[0] for a, b in _pairs(series.event_ids)
    ]
    assert series.log10_bayes_factor == pytest.approx(np.mean(pairs) * (members - 1))
    assert series.chance_per_year <= 4 / found.replicates  # as little as so many runs can say, but for the trend
    assert series.seen_per_year >= 1


def _pairs(names: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(one, two) for number, one in enumerate(names) for two in names[number + 1 :]]


def test_two_strangers_joined_through_a_hostel_are_no_series() -> None:
    """One shares a person with one death in a hostel, the other with another; forty died there."""
    count = 42
    places = [(51.9, 0.9), *[(51.5, 0.0)] * (count - 2), (52.4, 0.3)]
    ids = [f"F{number:03d}" for number in range(count)]
    at = [START + timedelta(days=100 + 5 * number) for number in range(count)]
    columns = {"event_id": ids, "kind": ["death"] * count, "occurred_from": at, "recorded_at": at}
    events = frame("events", columns | {"lat": [p[0] for p in places], "lon": [p[1] for p in places]})
    parts = [(0, "suspect", "one"), (1, "caller", "one"), (40, "last_contact", "two"), (41, "suspect", "two")]
    people = frame(
        "people",
        {
            "event_id": [ids[event] for event, _, _ in parts],
            "role": [role for _, role, _ in parts],
            "person_ref": [ref for _, _, ref in parts],
            "recorded_at": [at[event] for event, _, _ in parts],
        },
    )
    found = _with(null_background(deaths=1000, years=1, seed=6, people=60), events, people)
    tied = {frozenset(pair) for pair in found.frame.select("event_id_a", "event_id_b").iter_rows()}
    assert {frozenset({"F000", "F001"}), frozenset({"F040", "F041"})} <= tied
    assert not [one for one in rated_series(found, found.frame) if {"F000", "F041"} & set(one.event_ids)]


def test_two_of_one_fire_and_a_third_are_two_incidents_and_no_series() -> None:
    places = [(51.7, 0.7), (51.7, 0.7), (51.705, 0.7)]
    ids = ["F000", "F001", "F002"]
    at = [START + timedelta(days=day) for day in (200, 200.1, 230)]
    events = frame(
        "events",
        {"event_id": ids, "kind": ["death"] * 3, "occurred_from": at, "recorded_at": at}
        | {"lat": [p[0] for p in places], "lon": [p[1] for p in places]},
    )
    people = {"event_id": ids, "role": ["last_contact"] * 3, "person_ref": ["x"] * 3, "recorded_at": at}
    found = _with(null_background(deaths=1000, years=1, seed=6, people=60), events, frame("people", people))
    tied = {frozenset(pair) for pair in found.within(52).select("event_id_a", "event_id_b").iter_rows()}
    assert {frozenset({"F000", "F002"}), frozenset({"F001", "F002"})} <= tied
    assert not [one for one in rated_series(found, found.within(52)) if "F002" in one.event_ids]
