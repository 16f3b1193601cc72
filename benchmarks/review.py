"""Seconds and peak memory of a review, from reading to the list, of the demonstration and of 10 and 100 times as much.

    python -m benchmarks.review [--json] [--times 1 10] [--keep DIR]

Ten times as many are ten Londons side by side (a country of such forces), each with its own people, places, numbers
and dates: the same number of deaths to a square kilometre. The whole is one dataset, reviewed at once. Each size runs
in a process of its own; growth is seconds per event against the smallest size. There is no peer to run beside it
(research/linkage.md: the R package would need hours for the smallest); growth is what is compared.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from clew.demonstration import write_demonstration
from clew.records import read_dataset
from clew.review import review
from clew.standards import load_standard


def make(folder: Path, tiles: int) -> None:
    """Writes `tiles` Londons to `folder`, unless it holds them already."""
    if not (folder / "clew.yaml").exists():
        write_demonstration(folder, tiles=tiles)


def measure(folder: Path) -> dict[str, float]:
    """Reviews the dataset in `folder` as at its last row, after the interpreter and the imports are up."""
    standard = load_standard("uk-unexpected-death")
    start = time.perf_counter()
    dataset = read_dataset(folder)
    read = time.perf_counter()
    known = dataset.as_known(dataset.last_recorded_at)
    found = review(known, standard=standard)
    done = time.perf_counter()
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "events": known.events.height,
        "deaths": int((known.events["kind"] == "death").sum()),
        "rows": sum(table.height for table in dataset.tables.values()),
        "items": found.items_in_all,
        "read_s": read - start,
        "review_s": done - read,
        "total_s": done - start,
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_gb": used.ru_maxrss / 1e6,
    }


def main() -> None:
    """Runs every size and prints a row each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--times", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--keep", type=Path, help="make the data here and keep it")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure)))
        return
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for times in options.times:
            folder = (options.keep or Path(scratch)) / f"times-{times}"
            make(folder, times)
            command = [sys.executable, "-m", "benchmarks.review", "--measure", str(folder)]
            row = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            first = rows[0] if rows else row
            growth = (row["total_s"] / row["events"]) / (first["total_s"] / first["events"])
            rows.append({"times": times} | row | {"seconds_per_event_against_first": growth})
            if not options.json:
                print(
                    f"x{times}: {row['deaths']:,} deaths, {row['events']:,} events, {row['rows']:,} rows: "
                    f"read {row['read_s']:.1f} s, review {row['review_s']:.1f} s, in all {row['total_s']:.1f} s, "
                    f"processor {row['cpu_s']:.1f} s with imports, peak {row['peak_gb']:.2f} GB; "
                    f"seconds per event against the first: {growth:.2f}",
                    flush=True,
                )
    if options.json:
        print(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
