"""Run by `benchmarks.standards` in an interpreter of its own: one response rule in Declare4Py and in pm4py.

Prints one JSON object: per peer the seconds of the check and the events a second, loading left out; or why it was
skipped. pm4py's rule is untimed. The peers are imported where they are used, so that one may be absent.
"""
# ruff: noqa: PLC0415

from __future__ import annotations

import json
import sys
import time
import warnings
from typing import Any

warnings.simplefilter("ignore")


def frame(path: str) -> Any:
    import pandas as pd

    log = pd.read_csv(path)
    log["case:concept:name"] = log["case:concept:name"].astype(str)
    log["time:timestamp"] = pd.to_datetime(log["time:timestamp"], utc=True, format="ISO8601")
    return log


def pm4py_declare(path: str) -> dict[str, float]:
    import pm4py

    log = frame(path)
    model = {"response": {("reported", "searched"): {"support": 1.0, "confidence": 1.0}}}
    begin = time.perf_counter()
    pm4py.conformance_declare(log, model)
    seconds = time.perf_counter() - begin
    return {"seconds": seconds, "events_per_second": len(log) / seconds}


def declare4py(path: str) -> dict[str, float]:
    import pm4py
    from Declare4Py.D4PyEventLog import D4PyEventLog
    from Declare4Py.ProcessMiningTasks.ConformanceChecking.MPDeclareAnalyzer import MPDeclareAnalyzer
    from Declare4Py.ProcessModels.DeclareModel import DeclareModel

    log = D4PyEventLog(case_name="case:concept:name")
    log.log = pm4py.convert_to_event_log(frame(path))
    log.log_length = len(log.log)
    log.timestamp_key, log.activity_key = "time:timestamp", "concept:name"
    model = DeclareModel().parse_from_string(
        "activity reported\nactivity searched\nResponse[reported, searched] | | |0,7,d\n"
    )
    checker = MPDeclareAnalyzer(log=log, declare_model=model, consider_vacuity=False)
    begin = time.perf_counter()
    checker.run()
    seconds = time.perf_counter() - begin
    return {"seconds": seconds, "events_per_second": sum(len(trace) for trace in log.log) / seconds}


def main() -> None:
    results: dict[str, Any] = {}
    for name, measure in (("Declare4Py, timed response", declare4py), ("pm4py Declare, untimed", pm4py_declare)):
        try:
            results[name] = measure(sys.argv[1])
        except ImportError as error:
            results[name] = {"skipped": f"not installed: {error}"}
        except Exception as error:
            results[name] = {"skipped": f"failed: {error!r}"[:300]}
    print(json.dumps(results))


if __name__ == "__main__":
    main()
