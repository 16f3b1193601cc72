"""Run by `benchmarks.knox` in an interpreter of its own: one form of pointpats' Knox test on a file of events.

    PYTHON knox_peers.py knox|Knox EVENTS.npy PERMUTATIONS CAP_GB

Prints one JSON object. `knox` is the older function, `Knox` the class that replaced it.
"""
# ruff: noqa: PLC0415

from __future__ import annotations

import json
import resource
import sys
import time
import warnings
from pathlib import Path

import numpy as np

warnings.simplefilter("ignore")
DISTANCE_KM, WITHIN_DAYS = 0.5, 30.0


def main() -> None:
    form, path, permutations, cap_gb = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    from pointpats import Knox, knox

    table = np.load(path)
    places, days = table[:, :2], table[:, 2:]
    resource.setrlimit(resource.RLIMIT_AS, (int(cap_gb * 2**30), int(cap_gb * 2**30)))
    np.random.seed(2)
    wall, processor = time.perf_counter(), time.process_time()
    try:
        if form == "knox":
            found = knox(places, days, delta=DISTANCE_KM, tau=WITHIN_DAYS, permutations=permutations)
            close, p_value = int(np.ravel(found["stat"])[0]), float(np.ravel(found["pvalue"])[0])
        else:
            test = Knox(places, days, delta=DISTANCE_KM, tau=WITHIN_DAYS, permutations=permutations)
            close, p_value = int(test.nst), float(test.p_sim)
    except MemoryError:
        waited = time.perf_counter() - wall
        print(json.dumps({"skipped": f"out of memory at a cap of {cap_gb:g} GB, after {waited:.0f} s"}))
        return
    status = Path("/proc/self/status").read_text(encoding="ascii")
    print(json.dumps({
        "close": close,
        "p_value": p_value,
        "seconds": time.perf_counter() - wall,
        "processor_seconds": time.process_time() - processor,
        "peak_mb": int(status.partition("VmHWM:")[2].split()[0]) / 1024,
    }))  # fmt: skip


if __name__ == "__main__":
    main()
