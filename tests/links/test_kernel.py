"""The compiled evidence equals its NumPy oracle to nine decimals, whatever is missing, and needs no cache to run."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clew.links import Weights
from clew.links.events import LinkEvents
from clew.links.evidence.background import Background, background
from clew.links.evidence.circumstances import Circumstances
from clew.links.evidence.families import distance_km, place_factor, profile_factor, time_factor
from clew.links.evidence.pairs import PairEvidence
from clew.links.weights import CircumstanceWeights, PlaceWeights, TimeWeights
from tests.links import arrays
from tests.links.made import made_circumstances, made_events

OTHER = Weights(
    place=PlaceWeights(exponent=1.8, share=0.3, scale_km=0.7),
    time=TimeWeights(exponent=1.1, scale_days=20.0, share=0.9),
    circumstances=CircumstanceWeights(discount=0.9, substance_cap=0.4, per_event=64),
)


def _both(weights: Weights, kinds: int) -> tuple[LinkEvents, Background, Circumstances, PairEvidence]:
    events = made_events(320, seed=4, missing=0.1)
    usual = background(events, weights)
    held = made_circumstances(320, kinds=kinds, seed=5, per_event=weights.circumstances.per_event)
    return events, usual, held, PairEvidence.over(events, usual, held, weights)


@pytest.mark.parametrize("kinds", [64, 500])
@pytest.mark.parametrize("weights", [Weights(), OTHER])
def test_the_compiled_evidence_of_every_pair_equals_its_oracle(weights: Weights, kinds: int) -> None:
    events, usual, held, evidence = _both(weights, kinds)
    a, b = np.triu_indices(len(events), k=1)
    place, profile, shared, tie = evidence.of_pairs(a, b)
    unsure = (events.uncertainty_km[a], events.uncertainty_km[b])
    expected_place = arrays.place_factor(usual, weights.place, distance_km(events, a, b), unsure, (a, b))
    ages = (events.age_years[a], events.age_years[b])
    sexes = (events.sex[a].astype(np.int64), events.sex[b].astype(np.int64))
    expected_profile = arrays.profile_factor(usual, weights.profile, ages, sexes)
    expected_shared, other = arrays.circumstance_factor(held, weights.circumstances, a, b)
    days = ((events.from_day[a], events.to_day[a]), (events.from_day[b], events.to_day[b]))
    expected_time = arrays.time_factor(usual, weights.time, *days)
    time = evidence.of_times(events, a, b)
    assert place == pytest.approx(expected_place, abs=1e-9)
    assert profile == pytest.approx(expected_profile, abs=1e-9)
    assert shared == pytest.approx(expected_shared, abs=1e-9)
    assert tie == pytest.approx(np.maximum(expected_place, 0) + other, abs=1e-9)
    assert time == pytest.approx(expected_time, abs=1e-9)
    assert (shared > 0).mean() > 0.02
    for factor in (place, profile, time):
        assert (factor == 0).any()  # what is missing
        assert (factor > 0).any()
        assert (factor < 0).any()


@pytest.mark.parametrize("weights", [Weights(), OTHER])
def test_all_pairs_at_once_give_the_same_scores_as_pair_by_pair(weights: Weights) -> None:
    events, _, _, evidence = _both(weights, 64)
    a, b = np.triu_indices(len(events), k=1)
    total = np.sum(evidence.of_pairs(a, b)[:3], axis=0) + evidence.of_times(events, a, b)
    count, one, two, found = evidence.every_pair(1.0)
    kept = total >= 1.0
    assert count == kept.sum() > 20
    order = np.lexsort((two, one))
    assert (one[order] == a[kept]).all()
    assert (two[order] == b[kept]).all()
    assert found[order] == pytest.approx(total[kept], abs=1e-9)
    assert evidence.every_pair(-100.0)[0] == len(a)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -float("inf"), -3.0])
def test_a_distance_or_radius_that_cannot_be_is_no_evidence(wrong: float) -> None:
    _, usual, _, _ = _both(Weights(), 64)
    ends, exact = (np.array([0]), np.array([1])), (np.zeros(1), np.zeros(1))
    usual = replace(usual, place_per_km2=np.ones(2))
    weights = Weights().place
    assert place_factor(usual, weights, np.array([wrong]), exact, ends)[0] == 0
    assert place_factor(usual, weights, np.array([1.0]), (np.array([wrong]), np.zeros(1)), ends)[0] == 0
    assert place_factor(usual, weights, np.array([0.1]), exact, ends)[0] != 0


def test_an_infinite_time_or_age_is_no_evidence_and_a_reversed_interval_ends_where_it_starts() -> None:
    _, usual, _, _ = _both(Weights(), 64)
    weights, one = Weights(), np.array([100.0])
    for wrong in (np.array([np.inf]), np.array([-np.inf]), np.array([np.nan])):
        assert time_factor(usual, weights.time, (wrong, wrong), (one, one))[0] == 0
        assert time_factor(usual, weights.time, (one, wrong), (one, one))[0] == 0
        no_sex = (np.array([-1]), np.array([-1]))
        assert profile_factor(usual, weights.profile, (wrong, one), no_sex)[0] == 0
    reversed_, at_start = (one, one - 3), (one, one)
    other = (one + 20, one + 21)
    assert time_factor(usual, weights.time, reversed_, other) == time_factor(usual, weights.time, at_start, other)


def test_events_of_which_nothing_is_known_have_no_evidence_for_or_against_a_link() -> None:
    events = made_events(40, seed=1, missing=1.0)
    held = made_circumstances(40, kinds=10, seed=1, per_event=8)
    held = replace(held, codes=np.full_like(held.codes, -1))
    evidence = PairEvidence.over(events, background(events, Weights()), held, Weights())
    a, b = np.triu_indices(40, k=1)
    assert not np.any(evidence.of_pairs(a, b))
    assert not np.any(evidence.of_times(events, a, b))


def test_the_evidence_does_not_depend_on_which_event_is_named_first() -> None:
    events, _, _, evidence = _both(Weights(), 64)
    a, b = np.triu_indices(len(events), k=1)
    for forward, backward in zip(evidence.of_pairs(a, b), evidence.of_pairs(b, a), strict=True):
        assert forward == pytest.approx(backward, abs=1e-12)
    assert evidence.of_times(events, a, b) == pytest.approx(evidence.of_times(events, b, a), abs=1e-12)


def test_a_machine_that_can_write_no_cache_scores_all_the_same(tmp_path: Path) -> None:
    """Numba refuses to compile where it finds no folder to cache in; we then compile without."""
    program = (
        "import numba.core.caching as caching, numpy as np\n"
        "caching.CacheImpl._locator_classes = []\n"
        "from clew.links.evidence.compiled import compiled\n"
        "@compiled\n"
        "def double(x):\n    return 2 * x\n"
        "assert double(21) == 42\n"
        "assert type(double._cache).__name__ == 'NullCache'\n"
    )
    script = tmp_path / "scored.py"
    script.write_text(program)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, str(script)], check=True, env=environment)


def test_a_cache_that_is_spoilt_or_of_another_version_costs_time_only(tmp_path: Path) -> None:
    program = (
        "from clew.links.evidence.compiled import compiled\n"
        "@compiled\n"
        "def double(x):\n    return 2 * x\n"
        "assert double(21) == 42\n"
        "print(sum(double._cache_hits.values()))\n"
    )
    script = tmp_path / "scored.py"
    script.write_text(program)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}

    def hits() -> int:
        run = subprocess.run([sys.executable, str(script)], check=True, env=environment, capture_output=True, text=True)
        return int(run.stdout)

    assert hits() == 0
    assert hits() == 1
    index = next((tmp_path / "cache").rglob("*.nbi"))
    index.write_bytes(index.read_bytes()[:-40] + b"\x80\x05cclew.links\nNothing\n.")
    assert hits() == 0
    assert hits() == 1


def test_the_engine_is_imported_without_numba() -> None:
    program = "import sys, clew.cli.app, clew.links; assert 'numba' not in sys.modules"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)
