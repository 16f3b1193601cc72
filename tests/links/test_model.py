"""The link model: contributions that add up, bounds that hold, and an identity that changes nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from clew.core import UsageError
from clew.links import FAMILIES, Links, find_links
from clew.links.evidence.families import time_bounds
from clew.links.model import FACTOR, IDENTITY, Curve, LinkModel
from clew.links.pair_keys import ends_of
from clew.links.scoring import linkable
from clew.links.setup import LinkSetup
from clew.records import Dataset, Known
from tests.links.backgrounds import null_background

BENT = LinkModel(
    curves=(
        Curve(family="place", feature=FACTOR, knots=(-1.0, 0.5, 3.0), values=(-0.7, 0.1, 2.0)),
        Curve(family="place", feature="log_distance", knots=(-2.0, 3.0), values=(0.8, -0.4)),
        Curve(family="time", feature=FACTOR, knots=(-0.7, 0.2, 1.0), values=(-0.2, 0.5, 0.3)),
        Curve(family="people", feature=FACTOR, knots=(0.0, 4.0), values=(0.0, 3.0)),
    )
)


@pytest.fixture(scope="module")
def known() -> Known:
    dataset: Dataset = null_background(deaths=400, years=2, seed=3, people=40)
    return dataset.as_known(dataset.last_recorded_at)


@pytest.fixture(scope="module")
def plain(known: Known) -> Links:
    return find_links(known, replicates=1)


@pytest.fixture(scope="module")
def bent(known: Known) -> Links:
    return find_links(known, LinkSetup(model=BENT), replicates=1)


def test_the_identity_leaves_every_number_as_it_was(known: Known, plain: Links) -> None:
    usual = plain
    assert find_links(known, LinkSetup(model=IDENTITY), replicates=1).frame.equals(usual.frame)
    straight = LinkModel(curves=(Curve(family="time", feature=FACTOR, knots=(-9.0, 9.0), values=(-9.0, 9.0)),))
    found = find_links(known, LinkSetup(model=straight), replicates=1).frame
    assert found.select("event_id_a", "event_id_b").equals(usual.frame.select("event_id_a", "event_id_b"))
    assert np.allclose(found["log10_bayes_factor"], usual.frame["log10_bayes_factor"])


def test_contributions_add_up_to_the_total_and_follow_the_curves(plain: Links, bent: Links) -> None:
    a, b = np.triu_indices(60, 1)
    before, after = plain.score_pairs(a, b), bent.score_pairs(a, b)
    assert np.allclose(after.factors.sum(axis=1), after.total)
    time = FAMILIES.index("time")
    assert np.allclose(after.factors[:, time], np.interp(before.factors[:, time], (-0.7, 0.2, 1.0), (-0.2, 0.5, 0.3)))
    untouched = [number for number, family in enumerate(FAMILIES) if family in ("profile", "circumstances")]
    assert np.array_equal(after.factors[:, untouched], before.factors[:, untouched])


def test_the_strongest_links_under_a_model_are_the_strongest_of_all_pairs(bent: Links) -> None:
    """The search drops pairs by bounds: this fails where the model's bounds are too narrow."""
    found = bent
    every = found.score_pairs(*np.triu_indices(len(found.scorer.events), 1))
    every = every.take(linkable(every))
    strongest = np.sort(every.total)[::-1][:20]
    assert np.allclose(found.frame["log10_bayes_factor"][:20], strongest)


def test_no_date_takes_the_time_family_beyond_its_bounds(bent: Links) -> None:
    found = bent
    scorer = found.scorer
    least, most = scorer.model.model.dated_bounds(time_bounds(scorer.usual, scorer.weights.time))
    pairs = found.score_pairs(*np.triu_indices(300, 1))
    time = pairs.factors[:, FAMILIES.index("time")]
    assert time.min() >= least
    assert time.max() <= most
    assert most <= 0.5 + 1e-12


def test_what_is_not_known_contributes_exactly_nothing(bent: Links) -> None:
    found = bent
    events = found.scorer.events
    nowhere = replace(events, xyz_km=np.full_like(events.xyz_km, np.nan))
    ends = ends_of(np.array([1, 2, 5 * len(events) + 9]), len(events))
    given = found.scorer.model.contributions(np.zeros((3, len(FAMILIES))), nowhere, ends)
    assert not given.any()


def test_a_model_that_reads_what_this_version_does_not_know_is_refused(known: Known) -> None:
    strange = LinkModel(curves=(Curve(family="place", feature="phase_of_the_moon", knots=(0.0,), values=(1.0,)),))
    with pytest.raises(UsageError, match="phase_of_the_moon"):
        find_links(known, LinkSetup(model=strange), replicates=1)


@pytest.mark.parametrize("strength", [float("nan"), float("inf"), float("-inf")])
def test_a_strength_that_nothing_compares_with_is_refused(known: Known, strength: float) -> None:
    with pytest.raises(UsageError, match="no strength"):  # not a number once looked for its floor for ever
        find_links(known, at_least=strength)
