"""Knox's test beside pointpats in one run: the same events, the same statistic, seconds and peak memory of each.

    python -m benchmarks.knox [--peers PYTHON] [--json] [--events 20000 100000] [--permutations 99] [--cap-gb 11]

The events: a background and 40 clusters in 50 x 50 km over 5 years, close within 0.5 km and 30 days. --peers names an
interpreter in which pointpats 2.5.5 is installed (never a dependency of Clew); without it the peers are skipped
aloud. Every run is a process of its own, its memory capped; imports are not in the seconds but are in the memory.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from clew.statistics.knox import knox

PEERS = Path(__file__).with_name("knox_peers.py")
DISTANCE_KM, WITHIN_DAYS = 0.5, 30.0
SIDE_KM, YEARS, CLUSTERS, MEMBERS = 50.0, 5.0, 40, 45


def events(count: int, *, seed: int = 1) -> np.ndarray:
    """(count, 3): x and y in km, and the day; 45 events in each of 40 clusters, the rest anywhere at any time."""
    rng = np.random.default_rng(seed)
    size, days = np.array([SIDE_KM, SIDE_KM, 365.25 * YEARS]), CLUSTERS * MEMBERS
    centre = np.repeat(rng.random((CLUSTERS, 3)) * size, MEMBERS, axis=0)
    return np.concatenate([rng.random((count - days, 3)) * size, rng.normal(centre, [0.3, 0.3, 15.0])])


def peak_mb() -> float:
    """Peak memory of this process; VmHWM, because ru_maxrss of a child begins at its parent's."""
    return int(Path("/proc/self/status").read_text(encoding="ascii").partition("VmHWM:")[2].split()[0]) / 1024


def measure(path: str, permutations: int) -> dict[str, float]:
    table = np.load(path)
    wall, processor = time.perf_counter(), time.process_time()
    found = knox(
        table[:, :2],
        table[:, 2],
        distance=DISTANCE_KM,
        within_days=WITHIN_DAYS,
        permutations=permutations,
        rng=np.random.default_rng(2),
    )
    return {
        "close": found.close,
        "expected": found.expected,
        "p_value": found.p_value,
        "seconds": time.perf_counter() - wall,
        "processor_seconds": time.process_time() - processor,
        "peak_mb": peak_mb(),
    }


def run(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return {"skipped": (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]}
    return found


def compare(count: int, options: argparse.Namespace) -> dict[str, Any]:
    """Clew and its peers on one set of events; each best of its rounds."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "events.npy")
        np.save(path, events(count))
        ours = [sys.executable, "-m", "benchmarks.knox", "--measure", path, "--permutations", str(options.permutations)]
        rounds = [run(ours) for _ in range(3)]
        found = {"clew": min(rounds, key=lambda each: each["processor_seconds"])}
        for peer in ("knox", "Knox"):
            found[f"pointpats {peer}"] = (
                run([options.peers, str(PEERS), peer, path, str(options.permutations), str(options.cap_gb)])
                if options.peers
                else {"skipped": "no --peers interpreter"}
            )
    for row in found.values():
        if "processor_seconds" in row:
            row["processor_seconds_against_clew"] = row["processor_seconds"] / found["clew"]["processor_seconds"]
            row["same_statistic"] = row["close"] == found["clew"]["close"]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", help="an interpreter with pointpats")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--events", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--permutations", type=int, default=99)
    parser.add_argument("--cap-gb", type=float, default=11.0, help="memory a peer may use")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure, options.permutations)))
        return
    results = {f"{count} events": compare(count, options) for count in options.events}
    if options.json:
        print(json.dumps(results | {"permutations": options.permutations, "cap_gb": options.cap_gb}, indent=2))
        return
    for name, found in results.items():
        print(f"{name}, {options.permutations} permutations:")
        for who, row in found.items():
            if "skipped" in row:
                print(f"  {who:<16} skipped: {row['skipped']}")
                continue
            same = "same statistic" if row["same_statistic"] else "ANOTHER STATISTIC"
            print(
                f"  {who:<16} {row['seconds']:7.2f} s, processor {row['processor_seconds']:7.2f} s "
                f"({row['processor_seconds_against_clew']:.1f} times Clew's), peak {row['peak_mb']:,.0f} MB, "
                f"{row['close']:,} close pairs ({same}), p {row['p_value']:.3g}"
            )


if __name__ == "__main__":
    main()
