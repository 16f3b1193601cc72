"""Tests of slow rates: published numbers, second implementations, and false alarms no more often than promised."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, optimize, stats

from clew.core import UsageError
from clew.statistics.random_rate import (
    dispersion_without_each,
    fitted_dispersion,
    log_likelihood,
    moment_dispersion,
    poisson_tail,
    random_rate_tail,
)
from clew.statistics.rate_cusum import limit_from, null_peaks, rate_cusum
from clew.statistics.ratio_funnel import ratio_funnel
from clew.statistics.sprt import first_crossing, poisson_ratio, quasi_ratio, random_rate_ratio, thresholds


def practice(data: Path, who: str) -> tuple[list[str], list[float], list[float]]:
    path = data / "shipman" / "10-3-4-shipman-baker-data-x.csv"
    if not path.exists():
        pytest.skip("the yearly deaths of the practice are absent from CLEW_DATA")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["Year"] for row in rows], *(
        [float(row[f"{who}65plus{what}"]) for row in rows] for what in ("Obs", "Exp")
    )


def test_for_women_the_test_of_a_doubled_rate_crosses_one_in_a_million_in_1985(data: Path) -> None:
    years, observed, expected = practice(data, "Women")
    path = poisson_ratio(observed, expected)
    million = thresholds(alpha=1e-6, beta=1e-6)
    assert million.upper == pytest.approx(math.log(1e6), abs=1e-5)
    crossed = first_crossing(path, million.upper)
    assert crossed is not None
    assert years[crossed] == "1985"
    # By hand from the published totals: 73 observed and 32.45 expected by 1985, 60 and 29.53 by 1984.
    assert path[crossed] == pytest.approx(73 * math.log(2) - 32.45, abs=1e-9)
    assert path[crossed - 1] == pytest.approx(60 * math.log(2) - 29.53, abs=1e-9)
    first_in_a_hundred = first_crossing(path, thresholds(alpha=0.01, beta=0.01).upper)
    assert first_in_a_hundred is not None
    assert first_in_a_hundred < crossed


@given(st.integers(0, 60), st.floats(0.05, 40), st.sampled_from([0.0, 1e-3, 0.2, 1.0, 7.0]))
def test_the_tail_with_a_random_rate_is_the_poisson_tail_averaged_over_gamma_rates(
    observed: int, expected: float, dispersion: float
) -> None:
    got = float(random_rate_tail([observed], [expected], dispersion=dispersion)[0])
    if dispersion == 0:
        assert got == pytest.approx(stats.poisson.sf(observed - 1, expected), rel=1e-9)
        assert got == pytest.approx(float(poisson_tail([observed], [expected])[0]), rel=1e-12)
        return
    shape = 1 / dispersion
    assert got == pytest.approx(stats.nbinom.sf(observed - 1, shape, shape / (shape + expected)), rel=1e-7)
    if dispersion == 0.2:
        mixed, _ = integrate.quad(
            lambda rate: (
                stats.poisson.sf(observed - 1, expected * rate) * stats.gamma.pdf(rate, shape, scale=1 / shape)
            ),
            0,
            20,
            limit=200,
        )
        assert got == pytest.approx(mixed, abs=1e-6)


def test_a_random_rate_makes_a_large_count_far_less_surprising() -> None:
    """Ten where two were expected: the bare Poisson says one in twenty thousand."""
    assert poisson_tail([10], [2.0])[0] < 5e-5
    assert random_rate_tail([10], [2.0], dispersion=1.0)[0] > 0.01


def test_the_dispersion_is_recovered_by_moments_and_likelihood_and_is_none_for_a_bare_poisson() -> None:
    rng = np.random.default_rng(4)
    expected = rng.uniform(2, 30, 3_000)
    for true in (0.0, 0.05, 0.4):
        rate = rng.gamma(1 / true, true, 3_000) if true else np.ones(3_000)
        observed = rng.poisson(expected * rate)
        assert fitted_dispersion(observed, expected) == pytest.approx(true, abs=0.012 + 0.1 * true)
        assert moment_dispersion(observed, expected) == pytest.approx(true, abs=0.012 + 0.2 * true)


def test_the_likelihood_peaks_where_a_search_finds_it_and_leaves_each_unit_out() -> None:
    rng = np.random.default_rng(8)
    expected = rng.uniform(1, 9, 40)
    observed = rng.poisson(expected * rng.gamma(2.0, 0.5, 40))
    without = dispersion_without_each(observed, expected)
    for unit in (0, 7, 39):
        o, e = np.delete(observed, unit), np.delete(expected, unit)
        searched = optimize.minimize_scalar(
            lambda log_d, o=o, e=e: -stats.nbinom.logpmf(o, math.exp(-log_d), 1 / (1 + e * math.exp(log_d))).sum(),
            bounds=(-8, 3),
            method="bounded",
        )
        assert without[unit] == pytest.approx(math.exp(searched.x), rel=0.01)
    assert dispersion_without_each(observed, expected, baseline=0.3) == pytest.approx(
        (without - 0.3) / 1.3, rel=0.05
    )  # what is fitted comes on top of what is known


def test_an_outlying_unit_does_not_hide_itself_in_the_dispersion() -> None:
    expected = np.full(60, 6.0)
    observed = np.random.default_rng(1).poisson(expected)
    observed[10] = 30
    without = dispersion_without_each(observed, expected)
    assert without[10] < 0.02 < without[11]


@given(st.lists(st.tuples(st.integers(0, 9), st.floats(0.1, 6)), min_size=1, max_size=12), st.floats(0.01, 3))
def test_the_random_rate_ratio_is_that_of_the_two_probabilities_of_the_whole_run(
    run: list[tuple[int, float]], dispersion: float
) -> None:
    observed, expected = (np.array(part, dtype=float) for part in zip(*run, strict=True))
    path = random_rate_ratio(observed, expected, dispersion=dispersion)
    total, exposure = observed.sum(), expected.sum()
    by_hand = log_likelihood([total], [2 * exposure], dispersion=dispersion) - log_likelihood(
        [total], [exposure], dispersion=dispersion
    )
    assert path[-1] == pytest.approx(float(by_hand[0]), abs=1e-8)
    np.testing.assert_allclose(
        random_rate_ratio(observed, expected, dispersion=1e-11), poisson_ratio(observed, expected), atol=1e-6
    )
    np.testing.assert_allclose(quasi_ratio(observed, expected, phi=2.0), poisson_ratio(observed, expected) / 2)
    np.testing.assert_allclose(quasi_ratio(observed, expected, phi=0.4), poisson_ratio(observed, expected))


def test_the_chance_of_ever_crossing_is_at_most_alpha_when_rates_differ_as_assumed() -> None:
    rng = np.random.default_rng(6)
    runs, periods, dispersion = 20_000, 40, 0.3
    expected = np.broadcast_to(rng.uniform(0.2, 2.0, periods), (runs, periods))
    counts = rng.poisson(expected * rng.gamma(1 / dispersion, dispersion, runs)[:, None])
    for alpha in (0.05, 0.01):
        ever = (random_rate_ratio(counts, expected, dispersion=np.full(runs, dispersion)).max(axis=1)
                >= math.log(1 / alpha)).mean()  # fmt: skip
        assert ever <= alpha + 3 * math.sqrt(alpha * (1 - alpha) / runs)
    bare = (poisson_ratio(counts, expected).max(axis=1) >= math.log(1 / 0.01)).mean()
    assert bare > 0.05  # what the bare Poisson promises as 1 in 100 comes more than 1 in 20


def test_the_cusum_is_the_recursion_of_its_definition() -> None:
    rng = np.random.default_rng(2)
    observed, expected = rng.poisson(1.5, (30, 25)), rng.uniform(0.5, 2.5, (30, 25))
    got = rate_cusum(observed, expected, rate_ratio=2.0)
    for row in range(30):
        level = 0.0
        for period in range(25):
            level = max(0.0, level + observed[row, period] * math.log(2) - expected[row, period])
            assert got[row, period] == pytest.approx(level, abs=1e-9)


@pytest.mark.parametrize("share", [0.2, 0.05, 0.01])
@pytest.mark.parametrize("runs", [99, 399])
def test_the_limit_is_crossed_by_no_larger_share_of_like_units_than_promised(share: float, runs: int) -> None:
    """For any number of runs: limit and unit are exchangeable, so the promise is exact on average over limits."""
    rng = np.random.default_rng(9)
    expected, dispersion, trials = np.full(18, 0.3), 0.2, 3_000
    fresh = null_peaks(expected, dispersion=dispersion, rng=rng, runs=trials)
    limits = [
        limit_from(null_peaks(expected, dispersion=dispersion, rng=rng, runs=runs), share=share) for _ in range(300)
    ]
    crossed = np.mean([(fresh >= limit).mean() for limit in limits])
    assert crossed <= share + 3 * math.sqrt(share / trials)
    assert limit_from(np.arange(50.0), share=0.001) == math.inf


def test_the_funnel_of_ratios_is_unmoved_by_chance_and_tames_common_differences() -> None:
    rng = np.random.default_rng(3)
    expected = rng.uniform(20, 200, 400)
    calm = ratio_funnel(rng.poisson(expected), expected)
    assert calm.dispersion.phi == pytest.approx(0.75, abs=0.2)  # winsorised, so a little under 1
    assert (np.abs(calm.overdispersed_z) > 3.09).mean() < 0.01
    restless = ratio_funnel(rng.poisson(expected * rng.gamma(10, 0.1, 400)), expected)
    assert (np.abs(restless.z) > 3.09).mean() > 0.1
    assert (np.abs(restless.overdispersed_z) > 3.09).mean() < 0.02
    for index in (0, 200):
        z = 2 * (math.sqrt(calm.ratio[index] * expected[index]) - math.sqrt(expected[index]))
        assert calm.z[index] == pytest.approx(z)


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        ([-1], [2.0]),
        ([math.nan], [2.0]),
        ([1.5], [2.0]),
        ([1], [0.0]),
        ([1], [-2.0]),
        ([1], [math.nan]),
        ([1, 2], [2.0]),
    ],
)
def test_missing_negative_or_broken_counts_and_no_exposure_are_refused(
    observed: list[float], expected: list[float]
) -> None:
    for refuse in (
        poisson_tail,
        fitted_dispersion,
        moment_dispersion,
        poisson_ratio,
        rate_cusum,
        ratio_funnel,
        dispersion_without_each,
    ):
        with pytest.raises(UsageError) as refused:
            refuse(observed, expected)
        assert refused.value.mend
    with pytest.raises(UsageError):
        random_rate_tail(observed, expected, dispersion=0.1)


def test_a_dispersion_or_ratio_that_cannot_be_is_refused() -> None:
    for dispersion in (-0.1, math.nan, math.inf):
        with pytest.raises(UsageError):
            random_rate_tail([1], [1.0], dispersion=dispersion)
        with pytest.raises(UsageError):
            random_rate_ratio([1], [1.0], dispersion=dispersion)
        with pytest.raises(UsageError):
            null_peaks([1.0], dispersion=dispersion, rng=np.random.default_rng(1), runs=10)
    for ratio in (1.0, 0.5, math.inf, math.nan):
        with pytest.raises(UsageError):
            rate_cusum([1], [1.0], rate_ratio=ratio)
    with pytest.raises(UsageError):
        quasi_ratio([1], [1.0], phi=0)
    with pytest.raises(UsageError):
        ratio_funnel([1], [1.0])
    with pytest.raises(UsageError):
        ratio_funnel([1, 2], [1.0, 1.0], trim=0.6)
