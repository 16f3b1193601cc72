"""Chance links expected over found, where exactly so many false links occur: Clew's null beside independence nulls.

    python -m benchmarks.chance [--json] [--replicates 20] [--data DIR] [--reference DIR] [--seeds 12]

First the protocol of research/linkage.md 6, on the crimelinkage data: a plain logit (log distance, log days, hours of
the day, matches of MO) is trained on one half of the offenders and scores all pairs of the other; the threshold is set
where exactly 3, 10, 30 or 100 false links lie at or above it; each null's mean count there, over that number, is
printed for 10 x 2 grouped halves. Once with one crime of each group kept (series removed first), once with all.
`spread` is the standard deviation over the 20 halves; they share their crimes, so it is no error of the mean. `error`
is: a jackknife that leaves out a tenth of the groups at a time. Clew's strata were chosen on repeats 1 to 5; 6 to 10
are shown by themselves, but they hold the same crimes.

`permuted truth` puts one of Clew's decoys in the place of the real crimes: what the protocol gives when a null is
right.

Then made-up forces in which every link is chance (`backgrounds`), with Clew's whole search, by the documented defaults
and by a model fitted to another force's solved series.
"""

from __future__ import annotations

import argparse
import json
import os
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.chance.backgrounds import FORCES, by_a_trained_model, expected, law
from benchmarks.chance.crimes import (
    Crimes,
    Floats,
    Integers,
    decoy_scores,
    features,
    linked,
    read_crimes,
    trained,
)
from clew.links.rates.chance import History, Sightings, chance_rates
from clew.links.setup import DEFAULTS

COUNTS = (3, 10, 30, 100)
TENTHS = 10
RATES = (0.5, 1.0, 2.0, 5.0, 20.0, 50.0)


def halves(crimes: Crimes, folds: Integers, repeats: range) -> list[tuple[Integers, Integers]]:
    """(train, test) rows of each half of each repeat."""
    found = []
    for repeat in repeats:
        side = np.where(crimes.group >= 0, folds[crimes.group - 1, repeat], 0)
        found += [(np.flatnonzero(side == half), np.flatnonzero(side == 3 - half)) for half in (1, 2)]
    return found


def one_of_each_group(crimes: Crimes, rows: Integers, rng: np.random.Generator) -> Integers:
    """One crime of each connected group of `rows`, at random."""
    drawn = rng.permutation(rows)
    return np.sort(drawn[np.unique(crimes.group[drawn], return_index=True)[1]])


def ratios(crimes: Crimes, weights: Floats, *, replicates: int, rng: np.random.Generator) -> dict[str, list[float]]:
    """Expected over found at `COUNTS` by null, on all pairs of `crimes`; and what Clew would state of five runs."""
    a, b = np.triu_indices(len(crimes), k=1)
    score = features(crimes, a, b) @ weights
    false = np.sort(score[~linked(crimes, a, b)])[::-1]
    limits = np.array([false[count - 1] for count in COUNTS])
    found: dict[str, list[float]] = {}
    for name, scores in decoy_scores(crimes, weights, replicates=replicates, rng=rng):
        found[name] = [float((scores >= limit).sum()) / replicates / n for limit, n in zip(limits, COUNTS, strict=True)]
        if name.startswith("Clew"):
            stated, low, high = _stated(scores[:5], limits, np.stack((a, b)))
            found["Clew, stated of 5 runs"] = list(stated / COUNTS)
            found["interval holds the count"] = [float(x) for x in (low <= COUNTS) & (high >= COUNTS)]
            found["permuted truth"] = list(_permuted_truth(scores))
    return found


def _permuted_truth(scores: Floats) -> Floats:
    """The mean ratios where each decoy in turn plays the real crimes, and the others the null."""
    ranked, size = np.sort(scores, axis=1)[:, ::-1], len(scores)
    found = np.zeros((size, len(COUNTS)))
    for one in range(size):
        for number, count in enumerate(COUNTS):
            limit = ranked[one, count - 1]
            others = (scores >= limit).sum() - (scores[one] >= limit).sum()
            found[one, number] = others / (size - 1) / count
    mean: Floats = found.mean(axis=0)
    return mean


def _stated(scores: Floats, limits: Floats, ends: Integers) -> tuple[Floats, Floats, Floats]:
    """What `chance_rates` says at each limit, with its interval, of decoys that are worth a year each."""
    runs = []
    for row in scores:
        order = np.argsort(-row)[:400]
        strongest, pairs = row[order], ends[:, order]
        nothing = np.zeros(len(strongest), dtype=np.int64)
        runs.append(Sightings(strength=strongest, known_day=np.zeros(len(strongest)), kind=nothing, ends=pairs))
    nought = np.zeros(len(limits), dtype=np.int64)
    links = Sightings(strength=limits, known_day=np.zeros(len(limits)), kind=nought, ends=np.stack((nought, nought)))
    one_year = History(start_day=-1000.0, deaths=np.ones(1001), reach=np.ones(1001))
    rates = chance_rates(links, Sightings.together(runs), one_year, replicates=len(scores))
    return rates.per_year, rates.low, rates.high


def measure(
    crimes: Crimes, folds: Integers, *, repeats: range, removed: bool, replicates: int, seed: int
) -> dict[str, list[list[float]]]:
    """By null, the ratios of every half."""
    rng = np.random.default_rng(seed)
    found: dict[str, list[list[float]]] = {}
    for train, test in halves(crimes, folds, repeats):
        weights = trained(crimes.take(train))
        rows = one_of_each_group(crimes, test, rng) if removed else test
        for name, ratio in ratios(crimes.take(rows), weights, replicates=replicates, rng=rng).items():
            found.setdefault(name, []).append(ratio)
    return found


def jackknife(crimes: Crimes, folds: Integers, *, removed: bool, replicates: int) -> dict[str, Floats]:
    """By null, the standard error of the mean ratio: from leaving out a tenth of the groups at a time."""
    tenth = np.random.default_rng(0).permutation(int(crimes.group.max()) + 1) % TENTHS
    means: dict[str, list[Floats]] = {}
    for part in range(TENTHS):
        kept = np.flatnonzero((crimes.group >= 0) & (tenth[crimes.group] != part))
        found = measure(
            crimes.take(kept), folds, repeats=range(10), removed=removed, replicates=replicates, seed=part + 1
        )
        for name, rows in found.items():
            means.setdefault(name, []).append(np.mean(rows, axis=0))
    return {name: np.sqrt((TENTHS - 1) * np.var(rows, axis=0)) for name, rows in means.items()}


def main() -> None:
    """Measures all and prints a row each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--replicates", type=int, default=20, help="permutations of each half")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("CLEW_DATA", "../shared/data")))
    parser.add_argument("--reference", type=Path, default=Path(os.environ.get("CLEW_REFERENCE", "../shared/reference")))
    parser.add_argument("--seeds", type=int, default=12, help="made-up forces of each kind; 0 leaves them out")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    crimes, folds = read_crimes(options.data / "crimelinkage", options.reference)
    for removed in (True, False):
        settings: dict[str, Any] = {"removed": removed, "replicates": options.replicates, "seed": 1}
        every = measure(crimes, folds, repeats=range(10), **settings)
        error = jackknife(crimes, folds, removed=removed, replicates=max(options.replicates // 4, 6)) if removed else {}
        for name, values in every.items():
            late = np.mean(values[10:], axis=0)
            rows.append(
                {
                    "data": "crimelinkage",
                    "series_removed": removed,
                    "null": name,
                    "expected_over_found": dict(zip(COUNTS, np.mean(values, axis=0), strict=True)),
                    "spread": dict(zip(COUNTS, np.std(values, axis=0, ddof=1), strict=True)),
                    "error": dict(zip(COUNTS, error[name], strict=True)) if name in error else None,
                    "repeats_6_to_10": dict(zip(COUNTS, late, strict=True)),
                }
            )
            _show(rows[-1], options.json)
    setups = {"": DEFAULTS, ", by a trained model": by_a_trained_model()} if options.seeds else {}
    for force, how in product(FORCES, setups):
        made: dict[str, list[list[float]]] = {}
        for name, counts in expected(force, seeds=range(1, options.seeds + 1), counts=COUNTS, setup=setups[how]):
            made.setdefault(name + how, []).append([count / n for count, n in zip(counts, COUNTS, strict=True)])
        for name, values in made.items():
            rows.append(
                {
                    "data": f"{force} force",
                    "null": name,
                    "expected_over_found": dict(zip(COUNTS, np.mean(values, axis=0), strict=True)),
                    "spread": dict(zip(COUNTS, np.std(values, axis=0, ddof=1), strict=True)),
                    "error": dict(zip(COUNTS, np.std(values, axis=0, ddof=1) / np.sqrt(len(values)), strict=True)),
                }
            )
            _show(rows[-1], options.json)
    if options.seeds:
        rows.append(_law(options.seeds))
        if not options.json:
            print(rows[-1])
    if options.json:
        print(json.dumps(rows, indent=2))


def _law(seeds: int) -> dict[str, Any]:
    """How many links and series, over how many their stated chance says there are, by stated chance a year."""
    runs = list(law(seeds=range(1, seeds + 1), rates=RATES))
    stated = sum(years for years, _, _ in runs) * np.array(RATES)
    found = {
        name: np.sum([run[number] for run in runs], axis=0) / stated for number, name in ((1, "links"), (2, "series"))
    }
    return {"data": "law"} | {
        name: {rate: round(float(value), 3) for rate, value in zip(RATES, ratio, strict=True)}
        for name, ratio in found.items()
    }


def _show(row: dict[str, Any], as_json: bool) -> None:
    if as_json:
        return
    what = row["data"]
    if "series_removed" in row:
        what += ", series removed first" if row["series_removed"] else ", series not removed"
    said = []
    for count in COUNTS:
        text = f"{count}: {row['expected_over_found'][count]:.2f}"
        text += f" (spread {row['spread'][count]:.2f}"
        text += f", error {row['error'][count]:.2f}" if row.get("error") else ""
        text += f", repeats 6-10 {row['repeats_6_to_10'][count]:.2f})" if "repeats_6_to_10" in row else ")"
        said.append(text)
    print(f"{what}; {row['null']}: " + "; ".join(said), flush=True)


if __name__ == "__main__":
    main()
