"""The scan statistic gives SaTScan's published numbers, equals looking at every cylinder, and keeps its chance."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from clew.core import UsageError
from clew.statistics.scan import (
    Windows,
    best_by_centre,
    cylinders,
    highest,
    log_likelihood_ratio,
    permutation_expected,
    poisson_expected,
    without_overlap,
)
from clew.statistics.scan_chance import Chance, permutation_chance, poisson_chance


def new_york(data: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[tuple[list[int], float, float]]]:
    folder = data / "scan_truth"
    if not folder.is_dir():
        pytest.skip("scan_truth is absent from CLEW_DATA")
    cases, people, places = (np.loadtxt(folder / f"satscan_ny_{name}.txt") for name in ("cases", "pop", "coords"))
    text = (folder / "satscan_ny_out.txt").read_text("utf-8")
    published = [
        ([int(number) for number in re.findall(r"\d+", members)], float(ratio), float(p))
        for members, ratio, p in re.findall(
            r"Location IDs included\.: ([\d,\s]+?)\n  Coord.*?Log likelihood ratio\.\.: ([\d.]+)\n"
            r"  P-value\.+: ([\d.]+)",
            text,
            re.DOTALL,
        )
    ]
    return cases[:, 1], people[:, 2], places[:, 1:], published


def test_new_york_gives_satscans_clusters_their_ratios_to_the_last_digit_and_their_p_values(data: Path) -> None:
    cases, people, places, published = new_york(data)
    assert [ratio for _, ratio, _ in published[:2]] == [11.577255, 9.019716]
    expected = poisson_expected(cases, people)
    all_of = cylinders(places, expected, total=int(cases.sum()), largest_share=0.1, population=people)
    found = without_overlap(best_by_centre(cases, all_of))
    chance = poisson_chance(expected, all_of, rng=np.random.default_rng(1), replicates=999)
    for (members, ratio, p), cluster in zip(published, found, strict=False):
        assert [place + 1 for place in cluster.locations] == members
        assert cluster.log_likelihood_ratio == pytest.approx(ratio, abs=1e-6)
        room = 4 * math.sqrt(2 * p * (1 - p) / 1_000)  # both p-values are from 999 replicates
        assert chance.rank_p(cluster.log_likelihood_ratio) == pytest.approx(p, abs=room + 1e-3)
        assert chance.tail_p(cluster.log_likelihood_ratio) == pytest.approx(p, abs=room + 0.01)
    assert len(published) == 7


def by_hand(  # noqa: PLR0917
    places: np.ndarray, cases: np.ndarray, expected: np.ndarray, people: np.ndarray, share: float, windows: Windows
) -> float:
    """The highest log likelihood ratio by looking at every disc and every window, one at a time."""
    periods, total, best = cases.shape[1], cases.sum(), 0.0
    for centre in range(len(places)):
        distance = np.sqrt(((places - places[centre]) ** 2).sum(axis=1))
        for radius in np.unique(distance):
            inside = distance <= radius
            if people[inside].sum() > share * people.sum() + 1e-9:
                continue
            for first, last in itertools.combinations_with_replacement(range(periods), 2):
                if last - first + 1 > periods // 2 or (windows is Windows.ALIVE and last != periods - 1):
                    continue
                c, e = cases[inside, first : last + 1].sum(), expected[inside, first : last + 1].sum()
                if c >= 2 and c > e:
                    value = c * math.log(c / e)
                    value += (total - c) * math.log((total - c) / (total - e)) if c < total else 0.0
                    best = max(best, value)
    return best


@pytest.mark.parametrize("windows", Windows)
@pytest.mark.parametrize("seed", range(6))
def test_the_highest_is_that_of_every_cylinder_on_a_grid(windows: Windows, seed: int) -> None:
    rng = np.random.default_rng(seed)
    places = np.array(list(itertools.product(range(4), range(3))), dtype=float)  # many equal distances
    cases = rng.poisson(1.3, (12, 6)).astype(float)
    for expected, people in (
        (permutation_expected(cases), cases.sum(axis=1)),
        (poisson_expected(cases, weights := rng.random((12, 6)) + 0.2), weights.sum(axis=1)),
    ):
        all_of = cylinders(
            places, expected, total=int(cases.sum()), largest_share=0.4, population=people, windows=windows
        )
        truth = by_hand(places, cases, expected, people, 0.4, windows)
        assert highest(cases, all_of) == pytest.approx(truth, abs=1e-9)
        found = best_by_centre(cases, all_of)
        assert found[0].log_likelihood_ratio == pytest.approx(truth, abs=1e-9)
        best = found[0]
        first, last = best.periods
        assert best.observed == cases[list(best.locations), first : last + 1].sum()
        assert best.expected == pytest.approx(expected[list(best.locations), first : last + 1].sum())
        apart = without_overlap(found)
        assert len({place for each in apart for place in each.locations}) == sum(len(each.locations) for each in apart)


def test_where_place_and_time_have_nothing_to_do_with_each_other_a_p_value_of_a_tenth_comes_once_in_ten() -> None:
    rng = np.random.default_rng(7)
    places = rng.random((15, 2))
    ranks, tails = [], []
    for _ in range(150):
        location, period = rng.integers(15, size=90), rng.integers(8, size=90)
        cases = np.zeros((15, 8))
        np.add.at(cases, (location, period), 1)
        all_of = cylinders(places, permutation_expected(cases), total=90)
        chance = permutation_chance(location, period, all_of, periods=8, rng=rng, replicates=49)
        ranks.append(chance.rank_p(highest(cases, all_of)))
        tails.append(chance.tail_p(highest(cases, all_of)))
    limit = 0.1 + 3 * math.sqrt(0.1 * 0.9 / 150)
    assert np.mean(np.array(ranks) <= 0.1) <= limit
    assert np.mean(np.array(tails) <= 0.1) <= limit + 0.02  # the Gumbel is an approximation


def test_a_planted_outbreak_is_found_where_and_when_it_is() -> None:
    rng = np.random.default_rng(2)
    places = np.array(list(itertools.product(range(6), range(6))), dtype=float)
    cases = rng.poisson(2.0, (36, 20)).astype(float)
    cases[[7, 8, 13], 17:] += 6
    all_of = cylinders(places, permutation_expected(cases), total=int(cases.sum()), longest=6)
    best = best_by_centre(cases, all_of)[0]
    assert {7, 8, 13} <= set(best.locations)
    assert best.periods == (17, 19)
    where, when = (np.repeat(index, cases.astype(int).ravel()) for index in (i.ravel() for i in np.indices((36, 20))))
    chance = permutation_chance(where, when, all_of, periods=20, rng=rng, replicates=99)
    assert chance.rank_p(best.log_likelihood_ratio) == 1 / 100
    assert chance.tail_p(best.log_likelihood_ratio) < 1 / 100
    assert chance.recurrence_days(best.log_likelihood_ratio, days_between_scans=7) > 700


def test_the_tail_is_the_gumbel_with_the_maximas_moments() -> None:
    maxima = np.array([3.0, 4.5, 5.0, 4.2, 6.1, 3.9, 4.8])
    location, scale = Chance(maxima).gumbel
    assert stats.gumbel_r(location, scale).mean() == pytest.approx(maxima.mean())
    assert stats.gumbel_r(location, scale).var() == pytest.approx(maxima.var(ddof=1))
    assert Chance(maxima).tail_p(7.0) == pytest.approx(stats.gumbel_r(location, scale).sf(7.0))


def test_exchange_within_strata_keeps_each_stratums_days() -> None:
    """Cases of one stratum all on one day cannot be moved: every replicate is the data."""
    location, period = np.arange(10) % 5, np.arange(10) % 2
    cases = np.zeros((5, 2))
    np.add.at(cases, (location, period), 1)
    all_of = cylinders(np.random.default_rng(1).random((5, 2)), permutation_expected(cases), total=10, min_cases=1)
    chance = permutation_chance(
        location, period, all_of, periods=2, rng=np.random.default_rng(1), replicates=19, strata=period
    )
    assert chance.maxima == pytest.approx(highest(cases, all_of))


def test_no_excess_has_no_ratio_and_bad_tables_are_refused() -> None:
    assert log_likelihood_ratio([3, 0, 5], [3, 2, 6], total=20).tolist() == [0, 0, 0]
    places, cases = np.random.default_rng(1).random((4, 2)), np.ones((4, 3))
    for wrong in (cases * np.nan, -cases, np.zeros((0, 3))):
        with pytest.raises(UsageError):
            permutation_expected(wrong)
    with pytest.raises(UsageError, match="no case"):
        permutation_expected(cases * 0)
    with pytest.raises(UsageError):
        poisson_expected(cases, cases * 0)
    for options in ({"largest_share": 0}, {"longest": 9}, {"min_cases": 0}, {"population": [1, 2]}):
        with pytest.raises(UsageError):
            cylinders(places, permutation_expected(cases), total=12, **options)
    with pytest.raises(UsageError, match="replicates"):
        permutation_chance(
            [0], [0], cylinders(places, cases, total=12), periods=3, rng=np.random.default_rng(1), replicates=5
        )
