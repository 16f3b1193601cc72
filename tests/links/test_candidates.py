"""No pair that could be a link is lost by not looking at every pair, whatever is missing and whatever the model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from clew.cli.link_listing import listing_as_json, remarks
from clew.core import UsageError
from clew.links import candidates, find_links, list_links
from clew.links.candidates import Search
from clew.links.evidence import kernel, tiles
from clew.links.evidence.background import background
from clew.links.evidence.circumstances import Circumstances
from clew.links.evidence.columns import numbers_of
from clew.links.incidents import incident_groups, joined, same_incident
from clew.links.model import IDENTITY, Curve, LinkModel
from clew.links.model.features import Pairs, shared_rarity
from clew.links.model.reach import reach_of
from clew.links.pair_keys import ends_of, pair_keys
from clew.links.scoring import FAMILIES, LEAST_TIE, Scorer
from clew.links.weights import CircumstanceWeights, NarrativeWeights, PlaceWeights, ProfileWeights, Weights
from tests.links.backgrounds import null_background
from tests.links.made import made_circumstances, made_events

COUNT = 700

OTHER = Weights(
    place=PlaceWeights(exponent=1.8, share=0.3, scale_km=0.7),
    profile=ProfileWeights(same_sex=0.3, age_scale_years=2.0),
    circumstances=CircumstanceWeights(discount=1.0, substance_cap=0.4, per_event=12),
    narrative=NarrativeWeights(on=True),
)

#: Of every kind of curve one, not all of them rising: what a bound must allow for.
BENT = LinkModel(
    curves=(
        Curve(family="place", feature="log_distance", knots=(-2.3, 0.0, 3.0), values=(1.5, 0.4, -1.0)),
        Curve(family="place", feature="factor", knots=(-0.4, 0.0, 1.0, 2.0), values=(-0.7, 0.0, 0.9, 0.3)),
        Curve(family="place", feature="both_noted", knots=(0.0, 1.0), values=(-0.1, 0.2)),
        Curve(family="time", feature="log_gap", knots=(0.0, 6.0), values=(1.0, -1.0)),
        Curve(family="profile", feature="factor", knots=(-1.0, 0.0, 1.0), values=(-0.3, 0.0, 0.6)),
        Curve(family="circumstances", feature="factor", knots=(0.0, 1.0, 3.0), values=(0.0, 1.4, 1.1)),
        Curve(family="circumstances", feature="shared_rarity", knots=(0.0, 4.0), values=(-0.2, 1.0)),
        Curve(family="circumstances", feature="both_noted", knots=(0.0, 1.0), values=(0.0, -0.3)),
        Curve(family="circumstances", feature="values", of=("made", "3", "7"), knots=(0.0, 1.0), values=(-0.1, 0.8)),
        Curve(family="narrative", feature="factor", knots=(0.0, 1.0, 2.0), values=(0.0, 0.7, 0.9)),
    )
)


def _scorer(weights: Weights, model: LinkModel, *, kinds: int, count: int = COUNT, missing: float = 0.1) -> Scorer:
    """Deaths and others in one town and far around it, a share of everything missing; what is noted of them comes in
    sorts, and so do the words of their narratives, where the weights ask for these."""
    events = made_events(count, seed=kinds, missing=missing)
    rng = np.random.default_rng(kinds)
    middle, far = np.nanmean(events.xyz_km, axis=0), rng.random(count) < 0.7
    events = replace(
        events,
        xyz_km=np.where(far[:, None], middle + 20 * (events.xyz_km - middle), events.xyz_km),
        death=rng.random(count) < 0.6,
        uncertainty_km=rng.choice([0.0, 0.05, 3.0] + [-1.0, np.inf] * (missing > 0), count),
    )
    held = _in_sorts(count, kinds=kinds, seed=5, per_event=weights.circumstances.per_event)
    words = _in_sorts(count, kinds=90, seed=6, per_event=8) if weights.narrative.on else _NO_WORDS
    return Scorer(
        events=events,
        usual=background(events, weights),
        held=held,
        words=replace(words, substance=np.zeros(len(words.factor), dtype=np.bool_)),
        homes=np.full(count, -1),
        weights=weights,
        model=model.over(held, FAMILIES),
    )


_NO_WORDS = made_circumstances(1, kinds=0, seed=6, per_event=8)


def _in_sorts(count: int, *, kinds: int, seed: int, per_event: int) -> Circumstances:
    """Each event is of one of 25 sorts, each with eight codes of its own in seven of ten, and has others by chance."""
    rng = np.random.default_rng(seed)
    own = np.array([rng.permutation(kinds)[:8] for _ in range(25)])
    has = rng.random((count, kinds)) < 0.03
    rows = np.arange(count)[:, None]
    has[rows, own[rng.integers(0, 25, count)]] |= rng.random((count, 8)) < 0.7
    has[rng.random(count) < 0.2] = False
    has = has[:, np.argsort(has.sum(axis=0), kind="stable")]
    has = has[:, has.sum(axis=0) >= 2]
    share = has.sum(axis=0) / count
    codes = np.full((count, per_event), -1, dtype=np.int32)
    for event in range(count):
        mine = np.flatnonzero(has[event])[:per_event]
        codes[event, : len(mine)] = mine
    return Circumstances(
        codes=codes,
        factor=np.log10((0.3 + 0.7 * share) / share),
        substance=rng.random(len(share)) < 0.2,
        holders=has.sum(axis=0),
        noted=count,
        names=pl.DataFrame(
            {"code": range(len(share)), "feature": "made", "value": [f"{code}" for code in range(len(share))]}
        ),
    )


@pytest.mark.parametrize("missing", [0.0, 0.1])
@pytest.mark.parametrize("kinds", [40, 300])
@pytest.mark.parametrize("model", [IDENTITY, BENT], ids=["documented", "trained"])
@pytest.mark.parametrize("weights", [Weights(), OTHER], ids=["defaults", "other"])
def test_every_pair_that_could_reach_a_strength_is_found(
    weights: Weights, model: LinkModel, kinds: int, missing: float
) -> None:
    scorer = _scorer(weights, model, kinds=kinds, missing=missing)
    search = Search.of(scorer, np.arange(len(scorer.events)))
    a, b = np.triu_indices(COUNT, k=1)
    every = scorer.static(pair_keys(a, b, COUNT))
    able = (every.tie >= LEAST_TIE) & (scorer.events.death[a] | scorer.events.death[b])
    strongest = np.sort(every.told[able])[::-1]
    assert len(strongest) > 4000
    for least in (-np.inf, *strongest[[4000, 1000, 200, 40, 8]] - 1e-6):
        wanted = every.keys[able & (every.told >= least)]
        found, from_there_on = search.pairs(least)
        assert from_there_on == least
        assert np.isin(wanted, found).all(), least
        assert (np.diff(found) > 0).all()
        if not model.fitted:  # these are no bounds
            assert len(found) == len(wanted)


@pytest.mark.parametrize("seed", [1, 2])
def test_among_thousands_every_pair_of_some_events_is_found(seed: int) -> None:
    count = 6000
    scorer = _scorer(Weights(), IDENTITY, kinds=60 + seed, count=count)
    search = Search.of(scorer, np.arange(count))
    some = np.random.default_rng(seed).choice(count, 120, replace=False)
    a, b = np.repeat(some, count), np.tile(np.arange(count), len(some))
    every = scorer.static(np.unique(pair_keys(a, b, count)[a != b]))
    a, b = ends_of(every.keys, count)
    able = (every.tie >= LEAST_TIE) & (scorer.events.death[a] | scorer.events.death[b])
    strongest = np.sort(every.told[able])[::-1]
    for many in (8000, 1000, 200, 20):
        least = strongest[many] - 1e-6
        assert np.isin(every.keys[able & (every.told >= least)], search.pairs(least)[0]).all()


@pytest.mark.parametrize("wrong", [np.nan, -1.0])
def test_a_distance_that_speaks_against_every_pair_says_nothing_where_it_is_not_known(wrong: float) -> None:
    against = Curve(family="place", feature="log_distance", knots=(-2.3, 3.0), values=(-0.5, -2.0))
    scorer = _scorer(Weights(), LinkModel(curves=(against,)), kinds=40, missing=0.0)
    events, death = scorer.events, np.arange(COUNT) < 128
    lost = death & (np.random.default_rng(1).random(COUNT) < 0.6)
    if np.isnan(wrong):
        events = replace(events, death=death, xyz_km=np.where(lost[:, None], wrong, events.xyz_km))
    else:
        events = replace(events, death=death, uncertainty_km=np.where(lost, wrong, events.uncertainty_km))
    scorer = replace(scorer, events=events, usual=background(events, Weights()))
    a, b = np.triu_indices(COUNT, k=1)
    every = scorer.static(pair_keys(a, b, COUNT))
    able = (every.tie >= LEAST_TIE) & (death[a] | death[b])
    for least in np.sort(every.told[able])[::-1][[5, 50, 500]] - 1e-6:
        wanted = every.keys[able & (every.told >= least)]
        assert np.isin(wanted, Search.of(scorer, np.arange(COUNT)).pairs(least)[0]).all()


def test_two_of_one_incident_are_no_pair() -> None:
    scorer = _scorer(Weights(), IDENTITY, kinds=40)
    incident = np.random.default_rng(1).integers(0, 5, COUNT)
    incident[:100] = 0
    every, found = (Search.of(scorer, one).pairs(1.0)[0] for one in (np.arange(COUNT), incident))
    a, b = ends_of(every, COUNT)
    assert (found == every[incident[a] != incident[b]]).all()
    assert len(found) < len(every)


def test_the_bound_of_a_place_holds_for_whatever_lies_farther_and_within_the_spreads() -> None:
    rng = np.random.default_rng(3)
    events = made_events(50, seed=1)
    for weights in (Weights(), OTHER):
        numbers = numbers_of(background(events, weights), weights)
        for _ in range(300):
            apart2, thin = rng.exponential(2.0), rng.uniform(0.001, 0.3)
            low, high = np.sort(rng.exponential(1.0, 2)) * rng.integers(0, 2, 2)[0] + np.array([0.0, 1e-9])
            bound = tiles._place_most(apart2, low, high, thin, -np.inf, numbers)
            for _ in range(20):
                farther, spread = apart2 * (1 + rng.exponential(0.2)), rng.uniform(low, high)
                factor = kernel._place(farther, spread, thin * (1 + rng.exponential(0.1)), numbers)
                assert np.log10(factor) <= bound + 1e-9


@pytest.mark.parametrize("seed", range(20))
def test_what_a_model_can_make_of_a_factor_is_bounded(seed: int) -> None:
    rng = np.random.default_rng(seed)
    curves = tuple(
        Curve(
            family=family,
            feature=feature,
            knots=tuple(np.sort(rng.uniform(-2, 3, 4)).tolist()),
            values=tuple(rng.normal(0, 1, 4).tolist()),
        )
        for family, feature in (
            ("place", "factor"),
            ("place", "factor"),
            ("place", "log_distance"),
            ("profile", "factor"),
            ("circumstances", "factor"),
            ("circumstances", "shared_rarity"),
            ("narrative", "factor"),
        )
    )
    scorer = _scorer(Weights(), IDENTITY, kinds=40, count=60)
    reach = reach_of(LinkModel(curves=curves), scorer.held, scorer.events)
    read = np.unique(np.r_[0.0, rng.uniform(-4, 5, 400)])
    of = {"place": reach.place, "profile": reach.profile, "circumstances": reach.shared, "narrative": reach.words}
    for family, (knots, most) in of.items():
        made = sum(one.at(read) for one in curves if one.family == family and one.feature == "factor")
        assert (np.maximum.accumulate(made) <= np.interp(read, knots, most) + 1e-9).all()
        assert (np.diff(most) >= 0).all()
    given = np.interp(read, curves[2].knots, curves[2].values)
    assert (np.maximum.accumulate(given[::-1])[::-1] <= np.interp(read, *reach.far) + 1e-9).all()
    a, b = np.triu_indices(60, k=1)
    shared = curves[5].at(shared_rarity(Pairs(events=scorer.events, held=scorer.held, a=a, b=b)))
    assert (shared <= np.minimum(reach.extra[a], reach.extra[b]) + 1e-9).all()


def test_one_pair_in_so_many_is_found_where_a_part_is_asked_for() -> None:
    search = Search.of(_scorer(Weights(), IDENTITY, kinds=40, count=4000), np.arange(4000))
    every, some = search.pairs(2.0)[0], search.pairs(2.0, one_in=8)[0]
    assert np.isin(some, every).all()
    assert 0.5 < 8 * len(some) / len(every) < 1.6


def test_where_too_many_pairs_reach_a_strength_those_of_a_higher_one_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = _scorer(Weights(), IDENTITY, kinds=40)
    search = Search.of(scorer, np.arange(len(scorer.events)))
    whole = scorer.static(search.pairs(-np.inf)[0])
    monkeypatch.setattr(candidates, "MOST_PAIRS", len(whole.keys))
    assert (search.pairs(-np.inf)[0] == whole.keys).all()
    monkeypatch.setattr(candidates, "MOST_PAIRS", 500)
    found, least = search.pairs(-np.inf)
    assert 0 < len(found) <= 500
    assert set(found.tolist()) == set(whole.keys[whole.told >= least].tolist())


def test_a_list_by_strength_that_would_be_too_long_says_what_to_ask_for(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = null_background(deaths=700, years=2, seed=1, people=80)
    known = dataset.as_known(dataset.last_recorded_at)
    monkeypatch.setattr(candidates, "MOST_PAIRS", 50)
    with pytest.raises(UsageError, match="pairs could reach a strength of 0") as refused:
        find_links(known, replicates=1, at_least=0.0)
    enough = float(str(refused.value.mend).split()[2])
    assert find_links(known, replicates=1, at_least=enough).frame["log10_bayes_factor"].min() >= enough


def test_a_list_by_number_ends_above_what_cannot_all_be_held_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = null_background(deaths=700, years=2, seed=1, people=80)
    known = dataset.as_known(dataset.last_recorded_at)
    whole = list_links(find_links(known, replicates=1), budget_per_year=52)
    assert remarks(whole) == ""
    monkeypatch.setattr(candidates, "MOST_PAIRS", 50)
    some = list_links(find_links(known, replicates=1), budget_per_year=52)
    assert "Weaker links are left out" in remarks(some)
    assert listing_as_json(some)["weaker_links_left_out"]
    assert not listing_as_json(whole)["weaker_links_left_out"]
    few, columns = some.links.frame, ["event_id_a", "event_id_b", "log10_bayes_factor"]
    assert 0 < few.height < whole.links.frame.height
    assert_frame_equal(few.select(columns), whole.links.frame.select(columns).head(few.height))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_incidents_are_those_of_looking_at_every_pair(seed: int) -> None:
    rng = np.random.default_rng(seed)
    events = made_events(1500, seed=seed, missing=0.05)
    home = rng.integers(0, 60, 1500)  # a few places, so that many lie at one
    events = replace(
        events,
        xyz_km=np.where(rng.random((1500, 1)) < 0.7, events.xyz_km[home], events.xyz_km),
        from_day=events.from_day / 10,
        to_day=events.from_day / 10 + rng.exponential(0.5, 1500),
        uncertainty_km=rng.choice([0.0, 0.1, 5.0, np.nan, np.inf], 1500),
        death=rng.random(1500) < 0.5,
        institution=rng.random(1500) < 0.1,
    )
    a, b = np.triu_indices(1500, k=1)
    one = same_incident(events, a, b) & (events.death[a] | events.death[b])
    expected, found = joined(a[one], b[one], 1500), incident_groups(events)
    both = np.unique(np.column_stack((expected, found)), axis=0)
    assert len(both) == len(np.unique(expected)) == len(np.unique(found)) < 1400


def test_twenty_thousand_deaths_at_one_point_are_one_incident_a_day_and_their_place_says_nothing() -> None:
    count = 20_000
    events = made_events(count, seed=2)
    xyz = events.xyz_km.copy()
    xyz[50:] = xyz[0]
    day = np.repeat(np.arange(count // 4) * 2.5, 4)  # four at a time
    events = replace(events, xyz_km=xyz, from_day=day, to_day=day + 0.5, uncertainty_km=np.zeros(count))
    held = made_circumstances(count, kinds=5, seed=1, per_event=8)
    scorer = Scorer(
        events=events,
        usual=background(events, Weights()),
        held=held,
        words=made_circumstances(count, kinds=0, seed=6, per_event=8),
        homes=np.full(count, -1),
        weights=Weights(),
        model=IDENTITY.over(held, FAMILIES),
    )
    keys, _ = Search.of(scorer, np.arange(len(scorer.events))).pairs(0.0)
    there = (keys // count >= 50) & (keys % count >= 50)
    assert (scorer.static(keys[there]).place < 0.3).all()  # where everybody dies, dying there says nothing
    assert np.bincount(incident_groups(events)).max() == 4
