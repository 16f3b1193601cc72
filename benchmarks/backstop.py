"""What the backstop can and cannot do: published numbers, and a slow excess planted among many homes.

    python -m benchmarks.backstop [--json] [--seeds 24] [--planted-seeds 12] [--data DIR]

1. The practice of the Shipman Inquiry (women): the year in which the sequential test crosses ln(10^6), and what
   allowing for practices that differ does to it. 2. SaTScan's New York log likelihood ratios. 3. On the demonstration's
   background, made anew for each seed: how many alarms nothing makes, beside a bare Poisson chart with the same
   promise; and, with one extra death every so many weeks at one care home, how often and how soon it is found. Data
   of 1 and 2 do not ship: without them they are skipped aloud.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from clew.backstop import By, Rule, pre_specified, watch
from clew.backstop.rule import PERIOD_DAYS
from clew.backstop.series import deaths_by_unit
from clew.demonstration import make_demonstration
from clew.records import Known
from clew.statistics.intervals import proportion_interval
from clew.statistics.rate_cusum import limit_from, null_peaks, rate_cusum
from clew.statistics.scan import best_by_centre, cylinders, poisson_expected, without_overlap
from clew.statistics.sprt import first_crossing, poisson_ratio, random_rate_ratio

DATA = Path(os.environ.get("CLEW_DATA", "../shared/data"))
EVERY_WEEKS = (2, 4, 8, 13, 26)
PUBLISHED = (11.577255, 9.019716)


def shipman(data: Path) -> dict[str, Any]:
    path = data / "shipman" / "10-3-4-shipman-baker-data-x.csv"
    if not path.exists():
        return {"skipped": f"{path} is absent"}
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    found: dict[str, Any] = {}
    for who in ("Women", "Men"):
        observed = [float(row[f"{who}65plusObs"]) for row in rows]
        expected = [float(row[f"{who}65plusExp"]) for row in rows]

        def year(path: np.ndarray, odds: float) -> str | None:
            crossed = first_crossing(path, math.log(odds))
            return None if crossed is None else rows[crossed]["Year"]

        found[who] = {"bare Poisson, ln(10^6)": year(poisson_ratio(observed, expected), 1e6)}
        for spread in (0.02, 0.05, 0.1):
            chart = random_rate_ratio(observed, expected, dispersion=spread)
            found[who][f"practices differing by {100 * spread**0.5:.0f} % (relative variance {spread:g})"] = {
                f"1 in {odds:,}": year(chart, odds) for odds in (100, 1_000, 1_000_000)
            }
    return found


def satscan(data: Path) -> dict[str, Any]:
    folder = data / "scan_truth"
    if not folder.is_dir():
        return {"skipped": f"{folder} is absent"}
    cases, people, places = (np.loadtxt(folder / f"satscan_ny_{name}.txt") for name in ("cases", "pop", "coords"))
    expected = poisson_expected(cases[:, 1], people[:, 2])
    all_of = cylinders(
        places[:, 1:], expected, total=int(cases[:, 1].sum()), largest_share=0.1, population=people[:, 2]
    )
    found = [cluster.log_likelihood_ratio for cluster in without_overlap(best_by_centre(cases[:, 1], all_of))[:2]]
    return {
        "log likelihood ratios": found,
        "published": PUBLISHED,
        "largest difference": max(abs(a - b) for a, b in zip(found, PUBLISHED, strict=True)),
    }


def background(seed: int) -> Known:
    made = make_demonstration(seed=seed, with_case=False, tables=("events", "people"))
    return made.as_known(made.last_recorded_at)


def bare_poisson(known: Known, rule: Rule, units: int, *, seed: int) -> dict[str, int]:
    """Units that cross a bare Poisson chart with the same promise, and when: expected is the unit's own past rate."""
    span = known.at - rule.watch_from
    periods = round(span / timedelta(days=PERIOD_DAYS))
    step = span / periods
    rows = deaths_by_unit(known, rule).rows.with_columns(
        period=((pl.col("at") - rule.watch_from).dt.total_seconds() / step.total_seconds()).floor().cast(pl.Int64)
    )
    before = -int(rows["period"].quantile(0.001) or 0)
    alpha = rule.false_alarms_per_year * (span / timedelta(days=365.25)) / units / 2
    rng, crossed = np.random.default_rng(seed), {}
    for (unit,), mine in rows.group_by("unit", maintain_order=True):
        period = mine["period"].to_numpy()
        past = int((period < 0).sum())
        if not past:
            continue
        observed = np.bincount(np.clip(period[period >= 0], 0, periods - 1), minlength=periods)
        expected = np.full(periods, past / before)
        at = [first_crossing(poisson_ratio(observed, expected), math.log(1 / alpha))]
        path = rate_cusum(observed, expected)
        if (null_peaks(expected, dispersion=0, rng=rng, runs=199) >= path.max()).mean() <= 0.05:
            limit = limit_from(null_peaks(expected, dispersion=0, rng=rng, runs=math.ceil(10 / alpha)), share=alpha)
            at.append(first_crossing(path, limit))
        if some := [each for each in at if each is not None]:
            crossed[str(unit)] = min(some)
    return crossed


def planted(known: Known, rule: Rule, *, weeks: int, rng: np.random.Generator) -> tuple[Known, str, int]:
    """One more death every so many weeks, from the watch's first day, at a care home that had deaths before."""
    homes = deaths_by_unit(known, rule).rows.filter(pl.col("group") == "care_home")
    old = homes.filter(pl.col("at") < rule.watch_from)["unit"].unique().sort()
    unit = old[int(rng.integers(len(old)))]
    template = homes.filter(pl.col("unit") == unit)["event_id"][0]
    span = (known.at - rule.watch_from) / timedelta(weeks=weeks)
    at = [
        rule.watch_from + timedelta(weeks=weeks) * (number + float(rng.random())) for number in range(math.ceil(span))
    ]
    at = [moment for moment in at if moment < known.at]
    event = known.events.filter(pl.col("event_id") == template)
    person = known.people.filter((pl.col("event_id") == template) & (pl.col("role") == "deceased"))
    tables = dict(known.tables)
    moments = pl.Series(at, dtype=event.schema["occurred_to"])
    ids = pl.Series([f"planted-{number}" for number in range(len(at))])
    times = ("occurred_from", "occurred_to", "reported_at", "recorded_at", "first_recorded_at")
    for name, row in (("events", event), ("people", person)):
        if row.height:
            more = row[[0] * len(at)].with_columns(
                ids.alias("event_id"), *(moments.alias(each) for each in times if each in row.columns)
            )
            tables[name] = pl.concat([tables[name], more])
    return replace(known, tables=tables), unit, len(at)


def alarms(count: int, years: float) -> dict[str, float]:
    """Alarms a year with an exact Poisson 95 % interval."""
    low = stats.chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    return {
        "alarms": count,
        "watch_years": years,
        "a_year": count / years,
        "low": low / years,
        "high": float(stats.chi2.ppf(0.975, 2 * count + 2)) / 2 / years,
    }


def nothing_wrong(seeds: Iterator[int] | range) -> dict[str, Any]:
    """Alarms where nothing is planted, for a promise of at most one a year."""
    counts: dict[str, int] = {}
    years: dict[str, float] = {}
    for seed in seeds:
        known = background(seed)
        for by in (By.PLACE, By.AREA):
            rule = pre_specified(known, by=by)
            found = watch(known, rule, seed=seed)
            several = {f"Clew, by {by.value}": len(found.signals)}
            several[f"bare Poisson, by {by.value}"] = len(bare_poisson(known, rule, found.units, seed=seed))
            for name, count in several.items():
                counts[name] = counts.get(name, 0) + count
                years[name] = years.get(name, 0.0) + found.years
    return {name: alarms(count, years[name]) for name, count in counts.items()}


def excess(seeds: range) -> dict[str, Any]:
    """How often and how soon a planted excess is found, for a promise of at most one false alarm a year over all."""
    delays: dict[int, dict[str, list[float | None]]] = {weeks: {"clew": [], "poisson": []} for weeks in EVERY_WEEKS}
    deaths: dict[int, list[int]] = {weeks: [] for weeks in EVERY_WEEKS}
    for seed in seeds:
        known = background(seed)
        rule = pre_specified(known, by=By.PLACE)
        for weeks in EVERY_WEEKS:
            for number in range(2):
                rng = np.random.default_rng([seed, weeks, number])
                with_more, unit, count = planted(known, rule, weeks=weeks, rng=rng)
                found = watch(with_more, rule, seed=seed)
                signal = [each.crossed for each in found.signals if each.unit == unit]
                naive = bare_poisson(with_more, rule, found.units, seed=seed).get(unit)
                delays[weeks]["clew"].append(signal[0] + 1 if signal else None)
                delays[weeks]["poisson"].append(None if naive is None else naive + 1)
                deaths[weeks].append(count)
    return {f"one extra death every {weeks} weeks": _told(delays[weeks], deaths[weeks]) for weeks in EVERY_WEEKS}


def _told(delays: dict[str, list[float | None]], deaths: list[int]) -> dict[str, Any]:
    told: dict[str, Any] = {"runs": len(deaths), "extra deaths": float(np.mean(deaths))}
    for name, values in delays.items():
        found = [value for value in values if value is not None]
        low, high = proportion_interval(len(found), len(values))
        told[name] = {
            "found": len(found) / len(values),
            "low": low,
            "high": high,
            "median months, of those found": float(np.median(found)) if found else None,
        }
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seeds", type=int, default=24)
    parser.add_argument("--planted-seeds", type=int, default=12)
    parser.add_argument("--data", type=Path, default=DATA)
    options = parser.parse_args()
    results: dict[str, Any] = {"the practice of the Shipman Inquiry, 65 and over": shipman(options.data)}
    results["SaTScan, New York"] = satscan(options.data)
    results["nothing wrong, at most 1 a year promised"] = nothing_wrong(range(1, options.seeds + 1))
    results["a planted excess"] = excess(range(1001, 1001 + options.planted_seeds))
    if options.json:
        print(json.dumps(results, indent=2))
        return
    for part, found in results.items():
        print(f"{part}:")
        for name, value in found.items():
            print(f"  {name}: {value if not isinstance(value, float) else f'{value:.4g}'}")


if __name__ == "__main__":
    main()
