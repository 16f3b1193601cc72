"""Knox's test agrees with counting every pair, its p-value is exact, and it refuses what it cannot count."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.core import UsageError
from clew.statistics import knox as module
from clew.statistics.knox import knox, poisson_at_least


def every_pair(places: np.ndarray, days: np.ndarray, distance: float, within: float) -> tuple[int, int, int]:
    """Close in both, near, soon: by looking at every pair."""
    close = near = soon = 0
    for a, b in itertools.combinations(range(len(days)), 2):
        is_near = sum((places[a, axis] - places[b, axis]) ** 2 for axis in range(places.shape[1])) <= distance**2
        is_soon = abs(days[a] - days[b]) <= within
        close, near, soon = close + (is_near and is_soon), near + is_near, soon + is_soon
    return close, near, soon


@given(
    st.integers(2, 40),
    st.integers(1, 3),
    st.sampled_from([0.5, 1.0, 2.0, 7.3]),
    st.integers(0, 2**32 - 1),
    st.booleans(),
)
def test_the_counts_are_those_of_every_pair(size: int, axes: int, distance: float, seed: int, whole: bool) -> None:
    rng = np.random.default_rng(seed)
    places, days = rng.random((size, axes)) * 10, rng.random(size) * 20
    if whole:  # ties, heaps, and pairs exactly at the bounds
        places, days = np.floor(places), np.floor(days)
    got = knox(places, days, distance=distance, within_days=2, rng=rng, permutations=0)
    assert (got.close, got.near, got.soon) == every_pair(places, days, distance, 2)
    assert got.expected == pytest.approx(got.near * got.soon / math.comb(size, 2))
    assert got.p_value == 1


def test_the_p_value_tends_to_the_share_of_all_arrangements_and_is_never_zero() -> None:
    rng = np.random.default_rng(3)
    places, days = rng.random((6, 2)) * 3, np.array([0.0, 1, 2, 10, 11, 30])
    observed = every_pair(places, days, 1.5, 2)[0]
    arrangements = [every_pair(places, np.array(dates), 1.5, 2)[0] for dates in itertools.permutations(days)]
    truth = np.mean([count >= observed for count in arrangements])
    got = knox(places, days, distance=1.5, within_days=2, rng=rng, permutations=4_000)
    assert got.p_value == pytest.approx(truth, abs=4 * math.sqrt(truth * (1 - truth) / 4_000))
    heaped = np.repeat(np.arange(8.0), 5)
    all_close = knox(np.stack([heaped * 9, heaped], axis=1), heaped * 100, distance=1, within_days=1, rng=rng)
    assert all_close.p_value == 1 / 100


def test_where_nothing_clusters_the_p_value_is_as_small_as_a_twentieth_once_in_twenty() -> None:
    rng = np.random.default_rng(11)
    small = 0
    for _ in range(400):
        places, days = rng.random((60, 2)) * 6, rng.random(60) * 60
        small += knox(places, days, distance=1, within_days=5, rng=rng, permutations=19).p_value <= 0.05
    assert small / 400 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 400)


def test_dates_are_exchanged_within_strata_only() -> None:
    """Two towns with a season each: across them it looks like clustering, within each there is none."""
    rng = np.random.default_rng(5)
    town = np.repeat([0, 1], 150)
    places = rng.random((300, 2)) * 4 + town[:, None] * 100
    days = rng.random(300) * 20 + town * 400
    plain = knox(places, days, distance=1, within_days=5, rng=rng, permutations=199)
    within = knox(places, days, distance=1, within_days=5, rng=rng, permutations=199, strata=town)
    assert plain.p_value == 1 / 200
    assert within.p_value > 0.02


def test_the_poisson_tail_includes_the_observed_number() -> None:
    assert poisson_at_least(1, 0.05) == pytest.approx(1 - math.exp(-0.05))  # .049, not P(X > 1) = .0012
    assert poisson_at_least(0, 0.05) == 1
    for count, mean in ((3, 1.2), (10, 4.0), (40, 30.0)):
        below = sum(math.exp(-mean) * mean**k / math.factorial(k) for k in range(count))
        assert poisson_at_least(count, mean) == pytest.approx(1 - below, rel=1e-9)


def test_what_cannot_be_counted_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    places, days = rng.random((5, 2)), rng.random(5)
    bad = places.copy()
    bad[2, 1] = np.nan
    for wrong_places, wrong_days in ((bad, days), (places, days[:4]), (places, days * np.inf), (places[:1], days[:1])):
        with pytest.raises(UsageError):
            knox(wrong_places, wrong_days, distance=1, within_days=1, rng=rng)
    for distance, within in ((0, 1), (-1, 1), (1, -1), (np.nan, 1), (1, np.inf)):
        with pytest.raises(UsageError):
            knox(places, days, distance=distance, within_days=within, rng=rng)
    with pytest.raises(UsageError):
        knox(places, days, distance=1, within_days=1, rng=rng, strata=[1, 2])
    monkeypatch.setattr(module, "MOST_PAIRS", 1_000)
    with pytest.raises(UsageError, match="More than 1,000 pairs"):
        knox(np.zeros((3_000, 2)), np.arange(3_000.0), distance=1, within_days=1, rng=rng)
