"""Case linkage on the crimelinkage data: Clew's joint model beside distance, a plain logit and Splink 5 with labels.

    python -m benchmarks.crimelinkage [--crimes F] [--offenders F] [--series F] [--folds F] [--repeats N] [--seeds N]
        [--json]

Ten times two halves, parted by connected offender group (the folds are given); each scorer learns on one half and
scores *all* pairs of the other. What Clew chooses inside a training half depends a little on a seed: its figures are
means over fits with so many seeds, and their spread by seed is printed. Clew runs the engine's own code: the crimes as
a dataset, `clew.links.training` as in `clew links train`. Figures and their definitions:
`clew.links.training.measures`. Beside them what was measured before with the R package crimelinkage 0.0.4 on the same
folds; it is quoted, not run (GPL-3). The crimes are invented: a win here proves engineering, not policing.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.crimelinkage import peers
from benchmarks.crimelinkage.data import Crimes, as_known, read_solved
from clew.links.events import Flags, Floats, Integers
from clew.links.model import IDENTITY
from clew.links.training.measures import NAMES, Figures, mean, spread
from clew.links.training.train import Material, material
from clew.links.training.validate import figures_of, held_out, square

SHARED = Path("../shared")
PEERS: dict[str, Callable[[Crimes, Integers, Flags], Floats]] = {
    "distance only": peers.distance,
    "plain logit": peers.plain_logit,
    "Splink 5, labels": peers.splink_with_labels,
}
#: Measured with R 4.2.2 on the same folds: AUC, average precision, top 1, 5, 10; second event likewise, and recall.
QUOTED = {
    "crimelinkage 0.0.4, stepwise logit (quoted)": (
        0.915,
        0.375,
        0.603,
        0.781,
        0.842,
        0.499,
        0.728,
        0.806,
        0.130,
        0.218,
        0.301,
    ),
    "crimelinkage 0.0.4, naive Bayes (quoted)": (
        0.884,
        0.334,
        0.550,
        0.732,
        0.777,
        0.454,
        0.639,
        0.704,
        0.147,
        0.221,
        0.282,
    ),
}


def measure(
    crimes: Crimes, held: Material, repeats: int, seeds: int, tick: Callable[[str], None]
) -> tuple[dict[str, list[Figures]], list[Figures]]:
    """By scorer, its figures on each held-out half, Clew's as means over fits with `seeds` seeds; and the mean figures
    of Clew by seed."""
    linked = square(held.linked)
    if held.scorer.events.event_id[held.solved.event].tolist() != crimes.ids:
        raise SystemExit("the crimes of the series file are not those of the dataset")
    folds = [
        (np.flatnonzero(side != out), np.flatnonzero(side == out)) for side in crimes.folds[:repeats] for out in (1, 2)
    ]
    found: dict[str, list[Figures]] = {}
    for name, scorer in PEERS.items():
        started = time.process_time()
        scores = [scorer(crimes, train, linked) for train, _ in folds]
        found[name] = [
            figures_of(score, held.linked, held.scorer, held.solved, ask)
            for score, (_, ask) in zip(scores, folds, strict=True)
        ]
        tick(f"{name}: {time.process_time() - started:.0f} processor seconds")
    started = time.process_time()
    by_seed = []
    for number in range(seeds):
        ours = held_out(
            held.scorer,
            held.pairs,
            held.linked,
            held.solved,
            folds=folds,
            others={"default": IDENTITY},
            seed=1 + number * len(folds),
        ).halves
        by_seed.append(ours["trained"])
        tick(f"Clew, {number + 1} of {seeds}: {time.process_time() - started:.0f} processor seconds")
    found["Clew, default weights"] = ours["default"]
    found["Clew, trained"] = [mean(half) for half in zip(*by_seed, strict=True)]
    return found, [mean(each) for each in by_seed]


def main() -> None:
    """Prints every figure by scorer, with its spread over the halves, and Clew's gain on each peer, paired."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crimes", type=Path, default=SHARED / "data/crimelinkage/crimelinkage_crimes.csv")
    parser.add_argument("--offenders", type=Path, default=SHARED / "data/crimelinkage/crimelinkage_offenders.csv")
    parser.add_argument("--series", type=Path, default=SHARED / "reference/crimelinkage_series.csv")
    parser.add_argument("--folds", type=Path, default=SHARED / "reference/crimelinkage_folds.csv")
    parser.add_argument("--repeats", type=int, default=10, help="how many of the ten partings are used")
    parser.add_argument("--seeds", type=int, default=10, help="with how many seeds Clew is fitted")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    crimes = read_solved(asked.crimes, asked.offenders, asked.series, asked.folds)
    with threadpool_limits(limits=1):
        held = material(as_known(asked.crimes), crimes.series)
        found, by_seed = measure(
            crimes, held, asked.repeats, max(asked.seeds, 1), lambda said: print(said, file=sys.stderr)
        )
    table = {
        name: {
            figure: {"mean": getattr(mean(each), figure), "spread": getattr(spread(each), figure)} for figure in NAMES
        }
        for name, each in found.items()
    }
    seeds = {name: [getattr(each, name) for each in by_seed] for name in NAMES}
    gains = {name: paired(found["Clew, trained"], each) for name, each in found.items() if name != "Clew, trained"}
    if asked.json:
        quoted = {name: dict(zip(NAMES, figures, strict=True)) for name, figures in QUOTED.items()}
        print(
            json.dumps(
                {"halves": 2 * asked.repeats, "scorers": table, "by_seed": seeds, "gain": gains, "quoted": quoted},
                indent=2,
            )
        )
        return
    print(
        f"{'mean (spread) over ' + str(2 * asked.repeats) + ' halves':<46}" + "".join(f"{name:>19}" for name in NAMES)
    )
    for name, row in table.items():
        print(f"{name:<46}" + "".join(f"{row[one]['mean']:>11.3f} ({row[one]['spread']:.3f})" for one in NAMES))
    if len(by_seed) > 1:
        print(
            f"{f'  its spread over {len(by_seed)} seeds of the fit':<46}"
            + "".join(f"{'':>11} ({np.std(seeds[one], ddof=1):.4f})" for one in NAMES)
        )
    for name, figures in QUOTED.items():
        print(f"{name:<46}" + "".join(f"{value:>11.3f}        " for value in figures))
    print("\nWhat the trained model has more, paired on the same halves: mean (spread)")
    for name, gain in gains.items():
        print(
            f"{'  than ' + name:<46}"
            + "".join(f"{gain[one]['mean']:>+11.3f} ({gain[one]['spread']:.3f})" for one in NAMES)
        )


def paired(ours: list[Figures], theirs: list[Figures]) -> dict[str, dict[str, float]]:
    """By figure, mean and standard deviation over the halves of what ours has more."""
    more = {
        name: [getattr(one, name) - getattr(other, name) for one, other in zip(ours, theirs, strict=True)]
        for name in NAMES
    }
    return {name: {"mean": float(np.mean(each)), "spread": float(np.std(each, ddof=1))} for name, each in more.items()}


if __name__ == "__main__":
    main()
