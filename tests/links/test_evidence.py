"""Each family agrees with a naive second implementation, pair by pair; missing values say nothing."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from clew.links import Weights, explain_pair, find_links
from clew.links.evidence.families import place_factor, profile_factor, time_bounds, time_factor
from clew.links.find import Links
from clew.records import Dataset
from tests.links import naive
from tests.links.backgrounds import frame, null_background

WEIGHTS = Weights()


@pytest.fixture(scope="module")
def links() -> Links:
    dataset = null_background(deaths=150, years=1, seed=3, people=20)
    return find_links(dataset.as_known(dataset.last_recorded_at), replicates=1)


def test_every_family_of_every_pair_agrees_with_the_naive_implementation(links: Links) -> None:
    events, known, usual = links.scorer.events, links.known, links.scorer.usual
    rows = {row["event_id"]: row for row in known.events.iter_rows(named=True)}
    dead = {r["event_id"]: r for r in known.people.filter(pl.col("role") == "deceased").iter_rows(named=True)}
    noted: dict[str, set[tuple[str, str]]] = {event_id: set() for event_id in rows}
    for row in known.circumstances.iter_rows(named=True):
        noted[row["event_id"]].add((row["feature"], row["value"]))
    with_any = sum(1 for held in noted.values() if held)
    holders = {one: sum(one in held for held in noted.values()) for held in noted.values() for one in held}
    parts: dict[str, set[tuple[str, str]]] = {}
    for row in known.people.filter(pl.col("person_ref").is_not_null()).iter_rows(named=True):
        parts.setdefault(row["person_ref"], set()).add((row["event_id"], row["role"]))
    number = {event_id: place for place, event_id in enumerate(events.event_id)}
    upper, lower = np.triu_indices(len(events), k=1)
    scored = links.score_pairs(upper, lower)
    got = {(int(a), int(b)): factors for a, b, factors in zip(scored.a, scored.b, scored.factors, strict=True)}
    compared = shared_people = 0
    for one, two in itertools.combinations(sorted(rows), 2):
        a, b = rows[one], rows[two]
        people_factor = 0.0
        for held in parts.values():
            who = {event_id for event_id, _ in held}
            if {one, two} <= who:
                shared_people += 1
                for (e1, r1), (e2, r2) in itertools.product(held, held):
                    if (e1, e2) == (one, two):
                        share = WEIGHTS.people.roles.get(frozenset({r1, r2}), WEIGHTS.people.other)
                        people_factor = max(people_factor, naive.people(share, len(who), len(rows)))
        around = (usual.place_per_km2[number[one]], usual.place_per_km2[number[two]])
        expected = [
            people_factor,
            0.0,
            naive.place(
                WEIGHTS, naive.km(a["lat"], a["lon"], b["lat"], b["lon"]), (0.0, 0.0), around, usual.spot_per_km2
            ),
            None,
            naive.profile(WEIGHTS, usual, (dead[one]["age"], dead[two]["age"]), (dead[one]["sex"], dead[two]["sex"])),
            naive.circumstances(WEIGHTS, [(held[0], holders[held] / with_any) for held in noted[one] & noted[two]]),
            0.0,  # narratives are not read unless asked for
        ]
        for family, (value, wanted) in enumerate(zip(got[number[one], number[two]], expected, strict=True)):
            if wanted is not None:
                assert value == pytest.approx(wanted, abs=2e-4), (one, two, family)
        compared += 1
    assert compared == 150 * 149 // 2
    assert shared_people > 5


def test_the_time_factor_agrees_with_an_average_over_every_gap_the_intervals_allow(links: Links) -> None:
    usual = links.scorer.usual
    rng = np.random.default_rng(5)
    for _ in range(40):
        start = rng.uniform(0, 300, 2)
        first, second = (start[0], start[0] + rng.exponential(3)), (start[1], start[1] + rng.exponential(30))
        got = time_factor(
            usual,
            WEIGHTS.time,
            (np.array([first[0]]), np.array([first[1]])),
            (np.array([second[0]]), np.array([second[1]])),
        )
        assert got[0] == pytest.approx(naive.time(WEIGHTS, usual, first, second), abs=1e-5)


@pytest.mark.parametrize("missing", [float("nan")])
def test_a_missing_value_is_no_evidence_either_way(links: Links, missing: float) -> None:
    usual = links.scorer.usual
    nobody, someone = np.array([missing]), np.array([40.0])
    unknown, male, ends = np.array([-1]), np.array([1]), (np.array([0]), np.array([1]))
    assert profile_factor(usual, WEIGHTS.profile, (nobody, someone), (unknown, male))[0] == 0
    assert place_factor(usual, WEIGHTS.place, nobody, (np.zeros(1), np.zeros(1)), ends)[0] == 0
    assert time_factor(usual, WEIGHTS.time, (nobody, nobody), (someone, someone))[0] == 0


def test_nearer_is_never_weaker_and_a_wider_uncertainty_never_says_more_at_the_same_spot(links: Links) -> None:
    """Beyond the spot itself: at no distance an ordinary address's own repeats count against it."""
    ends = (np.zeros(200, dtype=np.int64), np.ones(200, dtype=np.int64))
    apart, exact = np.linspace(0.2, 20, 200), np.zeros(200)
    factor = place_factor(links.scorer.usual, WEIGHTS.place, apart, (exact, exact), ends)
    assert (np.diff(factor) <= 0).all()
    unsure = np.linspace(0, 3, 200)
    at_one_spot = place_factor(links.scorer.usual, WEIGHTS.place, exact, (unsure, exact), ends)
    assert (np.diff(at_one_spot) <= 0).all()


def test_a_place_where_many_die_says_less_than_one_where_few_do() -> None:
    dataset = null_background(deaths=1500, years=2, seed=4)
    events = find_links(dataset.as_known(dataset.last_recorded_at), replicates=1).scorer
    _, spot, count = np.unique(events.events.xyz_km.round(3), axis=0, return_inverse=True, return_counts=True)
    crowded = events.usual.place_per_km2[count[spot.reshape(-1)] >= 5]
    alone = events.usual.place_per_km2[count[spot.reshape(-1)] == 1]
    assert len(crowded) > 20
    assert np.median(crowded) > 10 * np.median(alone)


def _two_deaths_sharing(role_a: str, role_b: str, background: Dataset) -> float:
    """People factor of two deaths of `background` that share one person in these roles."""
    ids = sorted(background.tables["events"]["event_id"].to_list())[:2]
    extra = frame(
        "people",
        {
            "event_id": ids,
            "role": [role_a, role_b],
            "person_ref": ["Q", "Q"],
            "recorded_at": [background.last_recorded_at] * 2,
        },
    )
    tables = dict(background.tables) | {"people": pl.concat([background.tables["people"], extra])}
    known = Dataset(name="two", tables=tables).as_known(background.last_recorded_at)
    found = find_links(known, replicates=1)
    return float(found.score_pairs(np.array([found.index(ids[0])]), np.array([found.index(ids[1])])).factors[0, 0])


def test_the_roles_on_both_sides_decide_what_a_shared_person_means() -> None:
    background = null_background(deaths=300, years=1, seed=6)
    strong = _two_deaths_sharing("last_contact", "suspect", background)
    weak = _two_deaths_sharing("relative", "relative", background)
    assert strong > weak + 1.5
    assert _two_deaths_sharing("professional", "professional", background) == 0


def test_substances_alone_make_no_link_however_rare() -> None:
    background = null_background(deaths=2000, years=2, seed=8)
    ids = background.tables["events"]["event_id"].sample(12, seed=1).to_list()
    extra = frame(
        "circumstances",
        {
            "event_id": ids,
            "feature": ["substance"] * 12,
            "value": ["rare thing"] * 12,
            "recorded_at": [background.last_recorded_at] * 12,
        },
    )
    tables = dict(background.tables) | {"circumstances": pl.concat([background.tables["circumstances"], extra])}
    known = Dataset(name="substances", tables=tables).as_known(background.last_recorded_at)
    found = find_links(known, replicates=2)
    a, b = (np.array(side) for side in zip(*itertools.combinations([found.index(one) for one in ids], 2), strict=True))
    scored = found.score_pairs(a, b)
    assert (scored.factors[:, 5] >= 0.9).all()
    rests_on_substance = scored.tie < 1.0
    assert rests_on_substance.sum() > 40
    linked = set(zip(found.frame["event_id_a"], found.frame["event_id_b"], strict=True))
    for one, two, alone in zip(scored.a, scored.b, rests_on_substance, strict=True):
        pair = (str(found.scorer.events.event_id[one]), str(found.scorer.events.event_id[two]))
        assert not (alone and (pair in linked or pair[::-1] in linked))


@pytest.mark.parametrize("days", [30.0, 60.0, 140.0, 1000.0, 4000.0])
def test_no_gap_gives_more_or_less_than_the_bounds_that_pairs_are_dropped_by(links: Links, days: float) -> None:
    usual = replace(links.scorer.usual, history_days=days)
    least, most = time_bounds(usual, WEIGHTS.time)
    rng = np.random.default_rng(3)
    gap, width = rng.uniform(0, days, 5000), rng.exponential(days / 10, 5000)
    nought = np.zeros(5000)
    got = time_factor(usual, WEIGHTS.time, (nought, nought), (gap, gap + width))
    assert (got <= most).all()
    assert (got >= least).all()


def test_people_that_are_shared_but_not_weighed_are_said_to_be_shared(links: Links) -> None:
    background = null_background(deaths=40, years=1, seed=6)
    ids = sorted(background.tables["events"]["event_id"].to_list())[:30]
    extra = frame(
        "people",
        {
            "event_id": ids,
            "role": ["last_contact"] * 30,
            "person_ref": ["PX"] * 30,
            "recorded_at": [background.last_recorded_at] * 30,
        },
    )
    tables = dict(background.tables) | {"people": pl.concat([background.tables["people"], extra])}
    found = find_links(Dataset(name="often", tables=tables).as_known(background.last_recorded_at), replicates=1)
    why = explain_pair(found, ids[0], ids[1])
    assert why.factors["people"] == 0
    assert "in 30 events: too many to say anything" in why.clauses["people"]
    assert not any("none is recorded" in what for what in why.missing)
