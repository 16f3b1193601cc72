"""No pair that could be a link is lost by not looking at every pair, whatever is missing and whatever the model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from clew.core import UsageError
from clew.links import candidates, find_links
from clew.links.candidates import Search
from clew.links.evidence.background import background
from clew.links.incidents import incident_groups, joined, same_incident
from clew.links.model import IDENTITY, Curve, LinkModel
from clew.links.pair_keys import pair_keys
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


def _scorer(weights: Weights, model: LinkModel, *, kinds: int, count: int = COUNT) -> Scorer:
    """Deaths and others, a tenth of everything missing; words of narratives where the weights ask for them."""
    events = made_events(count, seed=kinds, missing=0.1)
    rng = np.random.default_rng(kinds)
    events = replace(
        events, death=rng.random(count) < 0.6, uncertainty_km=rng.choice([0.0, 0.05, 3.0, -1.0, np.inf], count)
    )
    held = made_circumstances(count, kinds=kinds, seed=5, per_event=weights.circumstances.per_event)
    words = made_circumstances(count, kinds=90 if weights.narrative.on else 0, seed=6, per_event=8)
    words = replace(words, substance=np.zeros(len(words.factor), dtype=np.bool_))
    return Scorer(
        events=events,
        usual=background(events, weights),
        held=held,
        words=words,
        homes=np.full(count, -1),
        weights=weights,
        model=model.over(held, FAMILIES),
    )


@pytest.mark.parametrize("kinds", [40, 300])
@pytest.mark.parametrize("model", [IDENTITY, BENT], ids=["documented", "trained"])
@pytest.mark.parametrize("weights", [Weights(), OTHER], ids=["defaults", "other"])
def test_every_pair_that_could_reach_a_strength_is_found(weights: Weights, model: LinkModel, kinds: int) -> None:
    scorer = _scorer(weights, model, kinds=kinds)
    search = Search.of(scorer, np.arange(len(scorer.events)))
    a, b = np.triu_indices(COUNT, k=1)
    every = scorer.static(pair_keys(a, b, COUNT))
    able = (every.tie >= LEAST_TIE) & (scorer.events.death[a] | scorer.events.death[b])
    for least in (-np.inf, 0.0, 1.0, 1.5, 2.0, 2.5):
        wanted = every.keys[able & (every.told >= least)]
        found, from_there_on = search.pairs(least)
        assert from_there_on == least
        assert len(wanted) > 5
        assert np.isin(wanted, found).all(), least
        assert (np.diff(found) > 0).all()
        if not model.fitted:  # these are no bounds
            assert len(found) == len(wanted)


def test_one_pair_in_so_many_is_found_where_a_part_is_asked_for() -> None:
    search = Search.of(_scorer(Weights(), IDENTITY, kinds=40, count=4000), np.arange(4000))
    every, some = search.pairs(0.5)[0], search.pairs(0.5, one_in=8)[0]
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
        uncertainty_km=rng.choice([0.0, 0.1, 5.0, np.nan], 1500),
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
