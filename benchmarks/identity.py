"""Who is who, beside a plain Splink set-up in the same run: `python -m benchmarks.identity [--json] [--records N]`.

Three data sets (`benchmarks.identity_data`): synthetic records, 23 % of them second records of somebody; Splink's
historical figures; febrl 4. Clew runs as it does on a force's records, through `clew.links.identity.resolve`: once with
the model that ships, and on the historical figures once more with a model trained on the same rows as `clew links
identity train` trains it, without labels. Splink runs as its documentation sets it up, trained on the same rows:
comparisons of its library, blocking rules, `u` from random pairs, `m` by expectation-maximisation, clusters of pairs
from a probability of 0.9. No label is used by any.
Pairwise precision, recall and F1 over the persons found; for the historical figures also over the half of the people on
whom nothing was chosen (`held_out`). Each runs in a process of its own: seconds of processor, of wall, and the peak of
memory include imports, and training where there is any.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import resource
import subprocess
import sys
import time
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.identity_data import (
    as_people,
    febrl,
    febrl_people,
    held_out_half,
    historical,
    historical_people,
    pairwise,
    synthetic,
)
from clew.links.identity import resolve
from clew.links.identity.training import train

DATA = Path(os.environ.get("CLEW_DATA", str(Path(__file__).resolve().parents[2] / "shared" / "data")))
SETS = ("synthetic", "historical", "febrl4")
TOOLS = ("clew", "splink")


def load(which: str, records: int) -> tuple[pl.DataFrame, np.ndarray]:
    """The rows of a data set, and the true person of each."""
    if which == "synthetic":
        return synthetic(records)
    return historical(DATA) if which == "historical" else febrl(DATA)


def clew(which: str, rows: pl.DataFrame, *, trained: bool = False) -> np.ndarray:
    """Clew's persons, with the model that ships or one trained on the same rows."""
    people = {"synthetic": as_people, "historical": historical_people, "febrl4": febrl_people}[which](rows)
    at = pl.Series([None] * people.height, dtype=pl.Datetime("us", "UTC"))
    return resolve(people, at, train(people, at, seed=1, provenance={}).model if trained else None).person


def splink(which: str, rows: pl.DataFrame) -> np.ndarray:
    """The clusters of a plain Splink set-up."""
    import splink.comparison_library as compare  # noqa: PLC0415  the memory of the other tool is without it
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on  # noqa: PLC0415

    def tf(comparison: Any) -> Any:
        return comparison.configure(term_frequency_adjustments=True)

    def date(column: str, form: str) -> Any:
        return compare.DateOfBirthComparison(column, input_is_string=True, datetime_format=form)

    if which == "synthetic":
        frame = rows.select(
            "given", "family", pl.col("birth_date").cast(pl.String).alias("born"), "phone", "address", "city"
        )
        comparisons = [
            tf(compare.NameComparison("given")), tf(compare.NameComparison("family")), date("born", "%Y-%m-%d"),
            compare.ExactMatch("phone"), compare.ExactMatch("address"), tf(compare.ExactMatch("city")),
        ]  # fmt: skip
        blocks = [("phone",), ("given", "family"), ("given", "born"), ("family", "born"), ("address",),
                  ("born", "city"), ("given", "family", "city")]  # fmt: skip
        trained_on = [("given", "family"), ("born",)]
    elif which == "historical":
        frame = rows.drop("unique_id", "cluster")
        comparisons = [
            compare.ForenameSurnameComparison(
                "first_name", "surname", forename_surname_concat_col_name="first_and_surname"
            ),
            date("dob", "%Y-%m-%d"), compare.PostcodeComparison("postcode_fake"),
            tf(compare.ExactMatch("birth_place")), tf(compare.ExactMatch("occupation")),
        ]  # fmt: skip
        blocks = [("first_name", "surname"), ("surname", "dob"), ("first_name", "dob"),
                  ("postcode_fake", "first_name"), ("postcode_fake", "surname"), ("dob", "birth_place"),
                  ("postcode_fake", "dob"), ("postcode_fake", "occupation")]  # fmt: skip
        trained_on = [("first_name", "surname"), ("dob",)]
    else:
        frame = rows.drop("rec_id")
        comparisons = [
            tf(compare.NameComparison("given_name")), tf(compare.NameComparison("surname")),
            date("date_of_birth", "%Y%m%d"), compare.LevenshteinAtThresholds("soc_sec_id", [1, 2]),
            compare.LevenshteinAtThresholds("address_1", [2]), tf(compare.ExactMatch("postcode")),
        ]  # fmt: skip
        blocks = [("given_name", "surname"), ("date_of_birth",), ("soc_sec_id",), ("surname", "postcode"),
                  ("address_1", "street_number")]  # fmt: skip
        trained_on = [("date_of_birth",), ("given_name", "surname")]
    frame = frame.with_row_index("unique_id")
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in blocks],
    )
    api = DuckDBAPI()
    linker = Linker(api.register(frame), settings, log_level=logging.ERROR)
    surely = sorted({*trained_on[0], *trained_on[1]})  # a rule that is hardly ever wrong, as its documentation asks
    linker.training.estimate_probability_two_random_records_match([block_on(*surely)], recall=0.6)
    linker.training.estimate_u_using_random_sampling(max_pairs=1_000_000, seed=1)
    for columns in trained_on:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*columns))
    pairs = linker.inference.predict(threshold_match_probability=0.5)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold_match_probability=0.9)
    found = api.duckdb_con.sql(f"select unique_id, cluster_id from {clusters.physical_name}").pl().sort("unique_id")
    return found["cluster_id"].to_numpy().astype(np.int64)


def one(which: str, tool: str, records: int) -> dict[str, Any]:
    """One tool on one data set, in this process."""
    warnings.simplefilter("ignore")
    rows, true = load(which, records)
    before = time.perf_counter()
    tools = {"clew": clew, "trained": partial(clew, trained=True), "splink": splink}
    found = tools[tool](which, rows)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    held_out = {"f1_held_out": pairwise(found, true, of=held_out_half(true))["f1"]} if which == "historical" else {}
    return (
        pairwise(found, true)
        | held_out
        | {
            "data": which,
            "tool": tool,
            "rows": rows.height,
            "wall_s": time.perf_counter() - before,
            "processor_s": usage.ru_utime + usage.ru_stime,
            "peak_mb": usage.ru_maxrss / 1024,
        }
    )


def run(records: int) -> list[dict[str, Any]]:
    """Every tool on every data set that is there, each in a process of its own."""
    found = []
    for which in SETS if DATA.is_dir() else SETS[:1]:
        for tool in (*TOOLS, "trained") if which == "historical" else TOOLS:
            command = [sys.executable, "-m", "benchmarks.identity", "--one", which, tool, "--records", str(records)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found.append(json.loads(done.stdout.strip().splitlines()[-1]))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--records", type=int, default=200_000, help="synthetic records")
    parser.add_argument("--one", nargs=2, metavar=("DATA", "TOOL"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(one(*arguments.one, arguments.records)))
        return
    rows = run(arguments.records)
    if arguments.json:
        print(json.dumps({"results": rows}, indent=2))
        return
    print(
        f"{'data':<12}{'tool':<8}{'rows':>8}{'precision':>11}{'recall':>8}{'F1':>7}{'held out':>10}"
        f"{'cpu s':>8}{'wall s':>8}{'MB':>7}"
    )
    for row in rows:
        scores = f"{row['precision']:>11.4f}{row['recall']:>8.4f}{row['f1']:>7.4f}"
        held_out = f"{row['f1_held_out']:>10.4f}" if "f1_held_out" in row else f"{'':>10}"
        costs = f"{row['processor_s']:>8.1f}{row['wall_s']:>8.1f}{row['peak_mb']:>7.0f}"
        print(f"{row['data']:<12}{row['tool']:<8}{row['rows']:>8}{scores}{held_out}{costs}")


if __name__ == "__main__":
    main()
