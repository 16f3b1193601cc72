"""Makes the identity model that ships: `python -m benchmarks.identity_default --dated 2026-11-25 [--write]`.

Every weight is the mean of two: what was assumed (`ASSUMED`, below), and what `clew links identity train` counts on the
demonstration that ships (its error rates are documented, and assumed as well: docs/explanation/demonstration.md). The
demonstration alone would say that records are cleaner than they are: its typists never take one sex for another.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from importlib import resources
from importlib.metadata import version
from pathlib import Path

from clew.cli.identity import people_known
from clew.demonstration import make_demonstration
from clew.demonstration.make import SEED
from clew.links.identity.comparisons import COMPARISONS
from clew.links.identity.model import IdentityModel, Weights, parse_model, wanted
from clew.links.identity.training import train
from clew.records import Dataset

#: comparison -> level -> m, and u, or others by accident per mention where the level asks for it.
ASSUMED: dict[str, dict[str, tuple[float, ...]]] = {
    "name": {
        "same": (0.76,), "exchanged": (0.01,), "short": (0.04,), "initial": (0.04,), "part": (0.01,),
        "misspelt": (0.06, 2e-5), "family_only": (0.005,), "one_word": (0.005,), "alike": (0.01, 3e-4),
        "family": (0.005, 0.05), "near_family": (0.003, 3e-5), "given": (0.03,), "word": (0.002, 2e-3),
        "other": (0.01, 0.95),
    },
    "born": {
        "same": (0.918,), "exchanged": (0.012, 4e-5), "one_digit": (0.03, 6e-4),
        "years_only": (0.005, 5e-4), "year_only": (0.005, 2e-4),
        "two_digits": (0.015, 6e-3), "other": (0.015, 0.992), "age": (0.85, 0.04), "near_age": (0.10, 0.06),
        "other_age": (0.05, 0.90),
    },
    "sex": {"same": (0.985, 0.5), "other": (0.015, 0.5)},
    "contact": {
        "several": (0.20, 0.02), "phone": (0.35, 0.15), "email": (0.05, 0.02), "handle": (0.02, 0.02),
        "vehicle": (0.03, 0.10), "address": (0.15, 1.0), "postcode": (0.05,), "district": (0.02,),
        "other": (0.13, 0.999),
    },
    "birth_place": {"same": (0.75,), "misspelt": (0.05, 0.005), "other": (0.20, 0.995)},
    "occupation": {"same": (0.65,), "other": (0.35, 0.95)},
    "ref": {"same": (0.90, 0.1), "other": (0.10, 0.99)},
}  # fmt: skip


def assumed() -> IdentityModel:
    """The assumed weights; a mention has one other mention of the same person."""
    weights: Weights = {}
    for comparison in COMPARISONS:
        weights[comparison.name] = {}
        for level in comparison.levels:
            m, *other = ASSUMED[comparison.name][level.name]
            weights[comparison.name][level.name] = {"m": m} | ({wanted(level): other[0]} if other else {})
    return IdentityModel(weights=weights, matches=1.0, provenance={})


def default(dated: str) -> IdentityModel:
    """The model that ships."""
    made = make_demonstration()
    dataset = Dataset(name=made.name, tables=made.tables) if not isinstance(made, Dataset) else made
    people, at = people_known(dataset.as_known(dataset.last_recorded_at))
    start = assumed()
    counted = train(people, at, seed=1, provenance={}, start=start).model
    weights: Weights = {
        comparison: {
            level: {
                name: round((value + counted.weights[comparison][level][name]) / 2, 9) for name, value in weight.items()
            }
            for level, weight in levels.items()
        }
        for comparison, levels in start.weights.items()
    }
    provenance = {
        "how": "the mean of assumed weights and of weights counted on the demonstration (benchmarks.identity_default)",
        "data": f"the demonstration that ships, seed {SEED}, people known at its last row",
        "dated": dated,
        "versions": {name: version(name) for name in ("clew", "duckdb", "polars")},
        "counted": counted.provenance,
    }
    return replace(start, weights=weights, matches=1.0, provenance=provenance)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dated", required=True, help="the date to write into the file")
    parser.add_argument("--write", action="store_true", help="write it where it ships from")
    arguments = parser.parse_args()
    text = default(arguments.dated).as_json()
    parse_model(text, where="the new default")
    if arguments.write:
        Path(str(resources.files("clew.links.identity").joinpath("default_model.json"))).write_text(
            text, encoding="utf-8"
        )
    else:
        print(text)


if __name__ == "__main__":
    main()
