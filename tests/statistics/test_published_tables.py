"""Sample sizes and limits agree with the tables auditors have used in print, cell by cell.

The file has cells only; what a table's rows and columns stand for is in `AXES`, from the publications: AICPA, Audit
Guide: Audit Sampling (2017), appendices A and C; Stewart, Statistical sampling tables; SMASH21, SRA, EZ-Quant and
AuditSampler, the sample-size tools whose outputs were printed.
"""

from __future__ import annotations

import csv
import math
import re
import sys
from collections.abc import Callable
from pathlib import Path

from clew.core import UsageError
from clew.statistics.bounds import Likelihood, upper_bound
from clew.statistics.planning import plan_sample
from clew.statistics.priors import bayes_factor, bounded_prior, impartial_prior, plan_with_prior

TOLERABLE = [0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.10, 0.15, 0.20]
A_HAIR = 1e-8
"""Added to a rate whose printed table was computed a rounding error above it (see `tolerable_rates`)."""
SIZES = [*range(20, 101, 5), 125, 150, 200, 300, 400, 500]
MUS_RISK = [0.05] * 6 + [0.10] * 5 + [0.15] * 5 + [0.20] * 5 + [0.25] * 5 + [0.30] * 4 + [0.35] * 4 + [0.50] * 4
MUS_RATIO = [0, 0.1, 0.2, 0.3, 0.4, 0.5] + [0, 0.2, 0.3, 0.4, 0.5] * 4 + [0, 0.2, 0.4, 0.6] * 3
SMASH_TOLERABLE = [thousands / 20 for thousands in range(1, 11)]
AUDITSAMPLER = list(
    zip(
        [500] * 12 + [5000] * 3 + [15000, 36000],
        [0.01] * 3 + [0.02] + [0.01] * 3 + [0.02, 0.03, 0.04, 0.05, 0.06] + [0.01] * 5,
        [0.08, 0.06, 0.04, 0.05, 0.08, 0.06, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.08, 0.06, 0.04, 0.06, 0.04],
        [0.90] * 4 + [0.95] * 13,
        strict=True,
    )
)
EZQUANT = [
    (size, rate, confidence)
    for confidence in (0.90, 0.95, 0.99)
    for size in (500, 1000, 5000)
    for rate in (0.08, 0.06, 0.04, 0.02)
]
Cell = tuple[str, str, str]


def risk_of(title: str) -> float:
    found = re.search(r"([\d.]+) percent risk", title, re.IGNORECASE)
    assert found, title
    return float(found.group(1)) / 100


def population_of(title: str) -> int | None:
    found = re.search(r"N = ([\d,]+)", title)
    return int(found.group(1).replace(",", "")) if found else None


def likelihood_of(title: str) -> Likelihood:
    return next((kind for kind in Likelihood if kind.value in title.lower()), Likelihood.BINOMIAL)


def rounded_up(rate: float) -> float:
    return math.ceil(rate * 1000 - 1e-9) / 10


def tolerable_rates(likelihood: Likelihood) -> list[float]:
    """The tables were made at 0.01 + 5 x 0.01, which in binary is a hair above 0.06, so that 7 of 100 is tolerable."""
    hair = A_HAIR if likelihood is Likelihood.HYPERGEOMETRIC else 0.0
    return [rate + hair if rate == 0.06 else rate for rate in TOLERABLE]


def size_by_rates(title: str, row: str, column: str) -> float:
    """Rows are expected rates, columns tolerable ones, both as fractions."""
    confidence = 0.90 if "f11" in title else 1 - risk_of(title)
    return plan_sample(tolerable=float(column), expected_rate=float(row), confidence=confidence).n


def bound_by_size(title: str, row: str, column: str) -> float:
    """Rows are sample sizes, columns numbers of errors; limits in percent, rounded up to a tenth."""
    limit = upper_bound(int(column), int(row), confidence=1 - risk_of(title), likelihood=Likelihood.BINOMIAL)
    return rounded_up(limit)


def mus_size(title: str, row: str, column: str) -> float:
    risk, ratio = MUS_RISK[int(row) - 1], MUS_RATIO[int(row) - 1]
    tolerable = 0.005 if column == "Taints" else float(column) if column[0].isdigit() else 0.0
    if column == "Risk":
        return risk
    if column == "Expected":
        return ratio
    plan = plan_sample(
        tolerable=tolerable, expected_rate=ratio * tolerable, confidence=1 - risk, likelihood=Likelihood.POISSON
    )
    return math.ceil(plan.errors * 100 - 1e-9) / 100 if column == "Taints" else plan.n


def numbered_sizes(title: str, row: str, column: str, hair: float = 0.0) -> float:
    """Column 1 is the expected rate, in steps of a quarter of a percent; columns 2 on are the tolerable rates."""
    expected = (int(row) - 1) * 0.0025
    if column == "1":
        return expected
    likelihood, population = likelihood_of(title), population_of(title)
    try:
        return plan_sample(
            tolerable=tolerable_rates(likelihood)[int(column) - 2],
            expected_rate=expected + hair,
            confidence=1 - risk_of(title),
            likelihood=likelihood,
            population=population,
        ).n
    except UsageError:  # the tables print the whole population where no smaller sample will do
        return population or math.nan


def numbered_bounds(title: str, row: str, column: str) -> float:
    """Column 1 is the sample size; columns 2 on are 0, 1, 2, ... errors."""
    n, population = SIZES[int(row) - 1], population_of(title)
    if column == "1":
        return n
    return rounded_up(
        upper_bound(
            int(column) - 2, n, confidence=1 - risk_of(title), likelihood=likelihood_of(title), population=population
        )
    )


def numbered_bayes_factors(title: str, row: str, column: str) -> float:
    n = SIZES[int(row) - 1]
    if column == "1":
        return n
    found = re.search(r"Materiality of (\d+) percent", title)
    assert found
    tolerable = int(found.group(1)) / 100
    prior = impartial_prior(Likelihood.BINOMIAL if "Beta" in title else Likelihood.POISSON, tolerable=tolerable)
    return bayes_factor(prior, prior.updated(int(column) - 2, n), tolerable)


def smash_frequentist(title: str, row: str, column: str) -> float:
    return plan_sample(
        tolerable=SMASH_TOLERABLE[int(column) - 1],
        expected_rate=int(row) * 0.005,
        likelihood=Likelihood.POISSON,
    ).n


def smash_bayesian(title: str, row: str, column: str) -> float:
    tolerable, expected, upper = {
        20_000: (0.10, [0.015, 0.025, 0.035, 0.045, 0.05], [0.25, 0.50, 0.75, 0.90, 0.95]),
        100_000: (0.06, [0.01, 0.02, 0.03, 0.04, 0.05], [0.09, 0.10, 0.12, 0.20, 0.30]),
    }[population_of(title) or 0]
    rate = expected[int(row) - 1]
    prior = bounded_prior(Likelihood.POISSON, expected=rate, upper=upper[int(column) - 1])
    return plan_with_prior(prior, tolerable=tolerable, expected_rate=rate)


def sra(title: str, row: str, column: str) -> float:
    confidence = [0.95, 0.96, 0.97, 0.975, 0.98, 0.99][int(row) - 1]
    return plan_sample(
        tolerable=SMASH_TOLERABLE[int(column) - 1], confidence=confidence, likelihood=Likelihood.POISSON
    ).n


def ezquant(title: str, row: str, column: str) -> float:
    case = EZQUANT[int(row) - 1]
    if int(column) < 4:
        return case[int(column) - 1]
    size, rate, confidence = case
    return plan_sample(tolerable=rate, confidence=confidence, likelihood=Likelihood.HYPERGEOMETRIC, population=size).n


def auditsampler(title: str, row: str, column: str) -> float:
    case = AUDITSAMPLER[int(row) - 1]
    if int(column) < 5:
        return case[int(column) - 1]
    size, expected, tolerable, confidence = case
    with_finite, without = (
        plan_sample(
            tolerable=tolerable, expected_rate=expected, confidence=confidence, likelihood=kind, population=size
        ).n
        for kind in (Likelihood.HYPERGEOMETRIC, Likelihood.BINOMIAL)
    )
    return {5: with_finite, 6: without, 7: without - with_finite}[int(column)]


AXES: list[tuple[str, Callable[[str, str, str], float]]] = [
    (r"f9-.*Test sample sizes", size_by_rates),
    (r"f9-.*upper bounds", bound_by_size),
    (r"f10-", mus_size),
    (r"f7-.*Sample Sizes", numbered_sizes),
    (r"f7-.*Bayes Factors", numbered_bayes_factors),
    (r"f7-.*Upper Limits", numbered_bounds),
    (
        r"f13-.*Test frequentist.*",
        lambda title, r, c: sra(title, r, c) if "0.6.5" in title else smash_frequentist(title, r, c),
    ),
    (r"f13-.*Bayesian", smash_bayesian),
    (r"f12-", ezquant),
    (r"f11-.*[Bb]inomial", size_by_rates),
    (r"f11-.*Hypergeometric", auditsampler),
]


def agrees(title: str, got: float, printed: str) -> bool:
    wanted = float(printed)
    if "Bayes Factors" in title:
        # Printed to two decimals or seven digits; and made as p / (1 - p), which loses eps x factor of its value.
        return math.isclose(got, wanted, rel_tol=max(1e-6, 4 * sys.float_info.epsilon * got), abs_tol=0.005 + 1e-9)
    return math.isclose(got, wanted, abs_tol=1e-9)


def rounds_in_binary(title: str, row: str, column: str, printed: str) -> bool:
    """0.07 x 800 is 56.00000000000001 in binary: such a cell was printed for 57 errors, where 56 are meant."""
    return "Sample Sizes" in title and agrees(title, numbered_sizes(title, row, column, A_HAIR), printed)


def test_every_printed_cell_is_reproduced_or_listed_with_its_reason(reference: Path) -> None:
    with (reference / "jfa_published_tables.csv").open(newline="") as file:
        cells = list(csv.DictReader(file))
    assert cells
    off, listed = [], []
    for cell in cells:
        title, row, column = cell["table"], cell["row"], cell["col"]
        compute = next(compute for pattern, compute in AXES if re.search(pattern, title))
        got = compute(title, row, column)
        if agrees(title, got, cell["published"]):
            continue
        reasoned = rounds_in_binary(title, row, column, cell["published"])
        (listed if reasoned else off).append((title, row, column, cell["published"], cell["jfa"], str(got)))
    assert not off, f"{len(off)} of {len(cells)} cells differ:\n" + "\n".join(map(str, off))
    assert len(listed) <= len(cells) / 500, f"too many cells put down to rounding: {listed}"


def test_a_plan_is_the_first_size_whose_bound_is_below_the_tolerable_rate() -> None:
    """The naive search the tables were made by: count up until the bound falls below."""
    for kind, population in ((Likelihood.BINOMIAL, None), (Likelihood.POISSON, None), (Likelihood.HYPERGEOMETRIC, 400)):
        for errors in (0, 1, 3):
            for tolerable in (0.04, 0.1):
                naive = next(
                    n
                    for n in range(max(1, errors), 401)
                    if upper_bound(errors, n, confidence=0.9, likelihood=kind, population=population)
                    < tolerable - 1e-12
                )
                plan = plan_sample(
                    tolerable=tolerable,
                    expected_errors=errors,
                    confidence=0.9,
                    likelihood=kind,
                    population=population,
                )
                assert plan.n == naive
