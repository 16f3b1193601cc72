"""Assurance, measured: planning, sequential review, agreement, group measures, suppression, each beside a named peer.

    python -m benchmarks.assurance [--json] [--tables 1000] [--runs 40000] [--small 100]

Peers that are not installed are skipped and said so. Times are the best of five runs on this machine.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import itertools
import json
import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from clew.assurance.equality import equality_measures
from clew.core import UsageError
from clew.publish.disclosure import CountTable, recovered, suppress, two_way_table
from clew.statistics.agreement import Coefficient, agreement
from clew.statistics.bounds import Likelihood
from clew.statistics.planning import plan_sample
from clew.statistics.sequential import SequentialPlan

Row = dict[str, Any]


def best_ms(work: Callable[[], object], runs: int = 5) -> float:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1000 * min(times)


def installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def compared(what: str, ours_ms: float, peer: str, peer_ms: float | None, note: str = "") -> Row:
    ratio = None if peer_ms is None else round(peer_ms / ours_ms, 1)
    return {
        "what": what,
        "clew_ms": round(ours_ms, 2),
        "peer": peer if peer_ms is not None else f"{peer} (not installed: skipped)",
        "peer_ms": None if peer_ms is None else round(peer_ms, 1),
        "times_faster": ratio,
        "note": note,
    }


def planning() -> Row:
    options = {"tolerable": 0.01, "expected_errors": 5, "likelihood": Likelihood.HYPERGEOMETRIC, "population": 20_000}

    def counting_up() -> int:
        n = 5
        while stats.hypergeom.cdf(5, 20_000, 200, n) >= 0.05:
            n += 1
        return n

    plan = plan_sample(**options)  # type: ignore[arg-type]
    assert plan.n == counting_up()
    ours, theirs = best_ms(lambda: plan_sample(**options)), best_ms(counting_up, 1)  # type: ignore[arg-type]
    return compared(
        "plan, hypergeometric, N = 20,000", ours, "counting up with scipy, as jfa does", theirs, f"n = {plan.n}"
    )


def sequential(runs: int) -> list[Row]:
    """Simulated in blocks, beside the exact chance by recursion."""
    plan = SequentialPlan(tolerable=0.05, population=2_000, expected=0.01)
    rows, rng = [], np.random.default_rng(1)
    for rate in (0.0, 0.005, 0.01, 0.02, 0.05):
        many = runs if rate == plan.tolerable else 4_000
        hits, reviews = 0, 0
        frame = np.zeros((1_000, 2_000), dtype=np.int8)
        frame[:, : round(rate * 2_000)] = 1
        for _ in range(many // 1_000):
            sure = plan.log_e_values(rng.permuted(frame, axis=1)) >= math.log(20)
            decided = sure.any(axis=1)
            hits += int(decided.sum())
            reviews += int((sure.argmax(axis=1) + 1)[decided].sum())
        exact = plan.prospect(rate)
        share = hits / many
        rows.append(
            {
                "what": f"sequential plan, tolerable 5%, true {rate:.1%}",
                "runs": many,
                "called_tolerable": round(share, 4),
                "standard_error": round(math.sqrt(share * (1 - share) / many), 4),
                "exactly": round(exact.assured, 6),
                "mean_n_of_those": round(reviews / hits, 1),
                "mean_n_exactly": round(exact.mean_reviews, 1) if rate < plan.tolerable else None,
            }
        )
    return rows


def raters() -> Row:
    rng = np.random.default_rng(2)
    ratings = rng.integers(0, 3, (2_000, 5)).astype(float)
    ours = best_ms(lambda: agreement(ratings.tolist(), coefficient=Coefficient.AC))
    theirs = None
    if installed("irrCAC") and installed("pandas"):
        pandas, raw = importlib.import_module("pandas"), importlib.import_module("irrCAC.raw")
        theirs = best_ms(lambda: raw.CAC(pandas.DataFrame(ratings)).gwet(), 3)
    return compared("AC1, 2,000 cases x 5 reviewers", ours, "irrCAC", theirs)


def groups() -> Row:
    rng, n = np.random.default_rng(3), 200_000
    met, group = rng.random(n) < 0.9, rng.integers(0, 10, n)
    events = [f"E{i}" for i in range(n)]
    duties = pl.DataFrame({"rule": ["R05"] * n, "event_id": events, "verdict": np.where(met, "met", "missed")})
    values = pl.DataFrame({"event_id": events, "characteristic": ["group"] * n, "value": [f"g{k}" for k in group]})
    ours = best_ms(lambda: equality_measures(duties, values))
    theirs = None
    if installed("fairlearn"):
        metrics = importlib.import_module("fairlearn.metrics")
        labels = met.astype(int)
        theirs = best_ms(
            lambda: (
                metrics.MetricFrame(
                    metrics={"rate": metrics.selection_rate}, y_true=labels, y_pred=labels, sensitive_features=group
                ).by_group
            ),
            1,
        )
    note = "ours joins, and adds intervals, odds ratios, tests and detectable differences"
    return compared("group measures, 200,000 rows x 10 groups", ours, "fairlearn MetricFrame, rates only", theirs, note)


def suppression(tables: int) -> Row:
    rng = np.random.default_rng(4)
    broken = refused = hidden = small = 0
    start = time.perf_counter()
    for _ in range(tables):
        rows, columns = rng.integers(2, 7, 2)
        counts = rng.poisson(rng.gamma(1, 8, (rows, columns)))
        cells = [(f"r{i}", f"c{j}", int(counts[i, j])) for i in range(rows) for j in range(columns)]
        table = two_way_table(pl.DataFrame(cells, schema=["r", "c", "count"], orient="row"), row="r", column="c")
        try:
            done = suppress(table)
        except UsageError:
            refused += 1
            continue
        hidden, small = hidden + len(done.hidden), small + len(done.primary)
        broken += bool(recovered(table, done.hidden))
    return {
        "what": f"suppression of {tables:,} random tables, attacked by integer programs",
        "tables_with_a_recovered_cell": broken,
        "tables_that_cannot_be_protected": refused,
        "small_cells": small,
        "cells_hidden": hidden,
        "seconds": round(time.perf_counter() - start, 1),
    }


def fewest_hidden(counts: np.ndarray[Any, Any]) -> int:
    """The fewest cells that must be hidden in a table of few rows, margins shown, by trying every set.

    Safe: no hidden cell takes one value over all whole-number tables with the same margins. Tried from the fewest up;
    each set is judged by the project's own attack, which a test holds against brute force.
    """
    rows, columns = counts.shape
    cells = list(itertools.product(range(rows), range(columns)))
    small = {cell for cell in cells if 0 < counts[cell] < 5}
    table = as_table(counts)
    rest = [cell for cell in cells if cell not in small]
    for more in range(len(rest) + 1):
        for extra in itertools.combinations(rest, more):
            hidden = [("", f"c=c{j}", f"r=r{i}") for i, j in small | set(extra)]
            if not recovered(table, hidden):
                return len(hidden)
    return 0


def as_table(counts: np.ndarray[Any, Any]) -> CountTable:
    cells = [(f"r{i}", f"c{j}", int(n)) for (i, j), n in np.ndenumerate(counts)]
    return two_way_table(pl.DataFrame(cells, schema=["r", "c", "count"], orient="row"), row="r", column="c")


def optimum(tables: int) -> Row:
    """Cells hidden beside the fewest possible, on 3 by 3 and 3 by 4 tables whose margins need not be hidden."""
    rng = np.random.default_rng(6)
    ours, best, worst, over = 0, 0, 1.0, 0
    done = 0
    while done < tables:
        counts = rng.poisson(rng.gamma(1, 12, (3, int(rng.integers(3, 5)))))
        margins = [*counts.sum(0), *counts.sum(1)]
        if not ((counts > 0) & (counts < 5)).any() or any(0 < total < 5 for total in margins):
            continue
        try:
            made = suppress(as_table(counts))
        except UsageError:
            continue
        fewest = fewest_hidden(counts)
        if not fewest:
            continue
        done += 1
        ours, best = ours + len(made.hidden), best + fewest
        worst, over = max(worst, len(made.hidden) / fewest), over + (len(made.hidden) > 1.3 * fewest)
    return {
        "what": f"suppression beside the optimum, {tables} tables of 3 by 3 or 3 by 4",
        "cells_hidden": ours,
        "fewest_possible": best,
        "ratio": round(ours / best, 3),
        "worst_table": round(worst, 3),
        "tables_above_1.3": over,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--tables", type=int, default=1_000)
    parser.add_argument("--runs", type=int, default=40_000, help="Simulated reviews at the edge of what is tolerable.")
    parser.add_argument("--small", type=int, default=100, help="Small tables held against the optimum.")
    options = parser.parse_args()
    rows = [
        planning(),
        *sequential(options.runs),
        raters(),
        groups(),
        suppression(options.tables),
        optimum(options.small),
    ]
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    for row in rows:
        print(row["what"])
        for name, value in row.items():
            if name != "what" and value not in (None, ""):
                print(f"    {name.replace('_', ' ')}: {value}")


if __name__ == "__main__":
    main()
