"""Speed of the links engine beside its peers, each figure in a process of its own.

    python -m benchmarks.links [--json] [--deaths 1000000] [--only every_pair all_links one_death one_point]

Splink 5 scores every pair of 5,000 cases in the same run. Ratios compare wall seconds of the run; where other work
runs on the machine, read the processor seconds.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from typing import Any

from benchmarks.links.peers import (
    R_PACKAGE_ONE_AGAINST_4000_S,
    R_PACKAGE_PAIRS_PER_S,
    SPLINK_ONE_AGAINST_200000_S,
    splink_every_pair,
)

FORCE = 11_000


def run(what: str, size: int) -> dict[str, Any]:
    """One figure, measured in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.links", "--measure", what, str(size)]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def here(what: str, size: int) -> dict[str, float]:
    """One figure, measured in this process."""
    from benchmarks.links import measure  # noqa: PLC0415 - numba and Splink not in one process

    return splink_every_pair(size) if what == "splink" else getattr(measure, what)(size)


def rows(wanted: list[str], deaths: int) -> dict[str, Any]:
    """Every figure that is wanted, and its ratio to the peer."""
    found: dict[str, Any] = {}
    if "every_pair" in wanted:
        ours, peer = run("every_pair", FORCE), run("splink", 5000)
        ours["times_splink"] = ours["pairs_per_s"] / peer["pairs_per_s"]
        ours["times_splink_by_processor"] = (ours["pairs"] / ours["cpu_s"]) / (peer["pairs"] / peer["cpu_s"])
        ours["times_r_package_quoted"] = ours["pairs_per_s"] / R_PACKAGE_PAIRS_PER_S
        found |= {"every_pair": ours, "splink_every_pair": peer}
    if "all_links" in wanted:
        found |= {f"all_links_{size}": run("all_links", size) for size in (FORCE, deaths)}
    if "one_death" in wanted:
        ours = run("one_death", deaths)
        ours["r_package_at_4000_over_ours"] = R_PACKAGE_ONE_AGAINST_4000_S * 1000 / ours["median_ms"]
        ours["splink_at_200000_over_ours"] = SPLINK_ONE_AGAINST_200000_S * 1000 / ours["median_ms"]
        found["one_death"] = ours
    if "one_point" in wanted:
        found["one_point"] = run("one_point", deaths)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--deaths", type=int, default=1_000_000)
    parser.add_argument("--only", nargs="+", default=["every_pair", "all_links", "one_death", "one_point"])
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(here(options.measure[0], int(options.measure[1]))))
        return
    found = rows(options.only, options.deaths)
    if options.json:
        print(json.dumps(found, indent=2))
        return
    for name, figures in found.items():
        print(f"{name}: " + ", ".join(f"{key} {value:,.4g}" for key, value in figures.items()))


if __name__ == "__main__":
    main()
