"""How fast the standards engine is, beside Declare4Py and pm4py in one run, on a made-up log of 600,000 events.

python -m benchmarks.standards [--peers PYTHON] [--json]

--peers names an interpreter in which the peers are installed (pm4py is AGPL and never a dependency of Clew); without
it they are looked for in this one and skipped aloud. Like the peers' own loading, laying a log out is timed apart.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from clew.records import TABLES, Dataset, Feed
from clew.standards import Standard, count_verdicts, evaluate, parse_standard, prepare
from clew.standards.engine.opening import microseconds
from clew.standards.engine.run import run
from clew.standards.increment import Night
from clew.standards.verdict import View

START = datetime(2020, 1, 1, tzinfo=UTC)
AT = START + timedelta(days=900)
ACTIVITIES = ("reported", "attended", "searched", "decided", "reviewed", "closed")
HEAD = """standard: {id: benchmark, version: 1.0.0, title: Benchmark, zone: Europe/London, authority: event log}
calendars: {office: {holidays: GB-ENG, hours: "08:00-18:00"}}
"""
DEADLINES = ("P7D", "{working_days: 5, calendar: office}", "{working_time: PT40H, calendar: office}", "PT48H")
PEERS = Path(__file__).with_name("standards_peers.py")


def one_rule() -> Standard:
    return parse_standard(
        HEAD + "rules: [{id: R, norm: obligation, text: r, trigger: {action: reported}, "
        "oblige: {action: searched, shared: true}, within: P7D}]\n"
    )


def twenty_rules() -> Standard:
    pairs = [(first, second) for first in ACTIVITIES for second in ACTIVITIES if first != second][:20]
    rules = [
        f"- {{id: R{number}, norm: obligation, text: r, waiver: {{by: [boss]}}, within: {DEADLINES[number % 4]}, "
        f"trigger: {{action: {first}, where: \"actor != 'o1'\"}}, "
        f"oblige: {{action: {second}, where: has(actor), shared: true}}}}"
        for number, (first, second) in enumerate(pairs)
    ]
    return parse_standard(HEAD + "rules:\n" + "\n".join(rules) + "\n")


def log(cases: int, *, seed: int = 1) -> Dataset:
    """Six acts a case, in order nine times in ten, hours to days apart; a twentieth of the acts are waivers."""
    rng = np.random.default_rng(seed)
    count = cases * 6
    case = np.repeat(np.arange(cases), 6)
    activity = np.where(rng.random(count) < 0.9, np.tile(np.arange(6), cases), rng.integers(0, 6, count))
    begin = np.repeat(rng.integers(0, 700 * 86_400, cases), 6)
    passed = rng.exponential(36 * 3600, (cases, 6)).cumsum(axis=1).ravel().astype(np.int64)
    at = pl.Series((begin + passed) * 1_000_000 + microseconds(START)).cast(pl.Datetime("us", "UTC"))
    names = pl.Series([*ACTIVITIES, "duty.waived"])
    actors = pl.Series([f"o{number}" for number in range(50)])
    actions = pl.DataFrame({
        "event_id": pl.Series(case).cast(pl.String),
        "activity": names.gather(np.where(rng.random(count) < 0.05, 6, activity)),
        "actor": actors.gather(rng.integers(0, 50, count)),
        "at": at,
        "recorded_at": at,
        "source_row": pl.Series(np.arange(count) + 2),
    }).with_columns(
        about=pl.lit("R3"), actor_role=pl.lit("boss"), reason=pl.lit("r"), source_file=pl.lit("log"),
        recorded_at_assumed=pl.lit(True), **dict.fromkeys(("action_id", "outcome"), pl.lit(None, dtype=pl.String)),
    )  # fmt: skip
    feeds = (Feed(name="actions", complete_from=START - timedelta(days=1)),)
    return Dataset(name="log", tables={"actions": actions.select(list(TABLES["actions"].frame_schema))}, feeds=feeds)


def best(work: Callable[[], Any], rounds: int = 5) -> tuple[float, float]:
    """The shortest of some runs by the clock, and the least processor time of one: what the machine can do when nobody
    else is using it. Tables are written by two threads, so that there the processor time is the larger."""
    clock, processor = [], []
    for _ in range(rounds):
        begin, began = time.perf_counter(), time.process_time()
        work()
        clock.append(time.perf_counter() - begin)
        processor.append(time.process_time() - began)
    return min(clock), min(processor)


def speeds(dataset: Dataset, standard: Standard) -> dict[str, float]:
    events, rules = dataset.tables["actions"].height, len(standard.rules)
    prepared = prepare(dataset, standard)
    arguments: dict[str, Any] = {"at": microseconds(AT), "view": View.LIVE, "feeds": dataset.feeds}
    decided, decided_processor = best(lambda: [len(duties) for duties in run(prepared.store, standard, **arguments)])
    written, written_processor = best(lambda: evaluate(prepared, standard, at=AT), 3)
    return {
        "events": events,
        "rules": rules,
        "layout_seconds": best(lambda: prepare(dataset, standard), 3)[0],
        "decide_seconds": decided,
        "decide_processor_seconds": decided_processor,
        "table_and_words_seconds": written,
        "table_and_words_processor_seconds": written_processor,
        "event_rules_per_second": events * rules / decided,
        "event_rules_per_second_with_table_and_words": events * rules / written,
    }


def increments(cases: int, new: int) -> dict[str, float]:
    """Seconds to decide anew what new rows touch, where they come six a case, and each on a case of its own."""
    night = Night(log(cases), twenty_rules())
    night.first_run(at=AT)
    rng = np.random.default_rng(3)
    times: dict[int, list[float]] = {6: [], 1: []}
    processor: dict[int, list[float]] = {6: [], 1: []}
    for number in range(12):
        a_case = 6 if number % 2 else 1
        rows = log(new, seed=number + 2).tables["actions"].head(new)
        touched = np.repeat(rng.choice(cases, -(-new // a_case), replace=False), a_case)[:new]
        rows = rows.with_columns(event_id=pl.Series(touched).cast(pl.String), at=pl.lit(AT), recorded_at=pl.lit(AT))
        begin, began = time.perf_counter(), time.process_time()
        night.run({"actions": rows}, at=AT + timedelta(seconds=number))
        times[a_case].append(time.perf_counter() - begin)
        processor[a_case].append(time.process_time() - began)
    return {
        "cases": cases,
        "new_events": new,
        "seconds_six_to_a_case": min(times[6]),
        "seconds_one_to_a_case": min(times[1]),
        "processor_seconds_six_to_a_case": min(processor[6]),
        "processor_seconds_one_to_a_case": min(processor[1]),
    }


def peak_memory_mb(cases: int) -> float:
    """Peak memory of a process that makes the log and counts all verdicts of twenty rules."""
    code = f"import benchmarks.standards as b; b.count({cases})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout)


def count(cases: int) -> None:
    count_verdicts(log(cases), twenty_rules(), at=AT)
    # VmHWM, because ru_maxrss of a child begins at its parent's.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    print(int(status.partition("VmHWM:")[2].split()[0]) / 1024)


def peers(dataset: Dataset, python: str) -> dict[str, Any]:
    """What the peers say of themselves in their own interpreter; a peer that is not there says so."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.csv"
        names = {"event_id": "case:concept:name", "activity": "concept:name", "at": "time:timestamp"}
        dataset.tables["actions"].select(list(names)).rename(names).write_csv(path)
        done = subprocess.run([python, str(PEERS), str(path)], capture_output=True, text=True, check=False)
    try:
        found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return {"skipped": done.stderr.strip().splitlines()[-1:] or ["the peers' interpreter said nothing"]}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", default=sys.executable, help="an interpreter with pm4py and Declare4Py")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    small = log(100_000)
    results: dict[str, Any] = {
        "one timed rule": speeds(small, one_rule()),
        "twenty rules": speeds(small, twenty_rules()),
        "10,000 new events on 1,000,000 cases": increments(1_000_000, 10_000),
        "6,000,000 events, twenty rules, peak MB": peak_memory_mb(1_000_000),
        "peers": peers(small, options.peers),
    }
    for name, peer in results["peers"].items():
        if isinstance(peer, dict) and "events_per_second" in peer:
            ours = results["one timed rule"]["event_rules_per_second"]
            results["peers"][name]["clew is faster by"] = round(ours / peer["events_per_second"], 1)
    if options.json:
        print(json.dumps(results, indent=2))
        return
    for name, value in results.items():
        print(f"{name}:")
        for key, number in value.items() if isinstance(value, dict) else [("", value)]:
            print(f"  {key} {number:,.4g}" if isinstance(number, float) else f"  {key} {number}")


if __name__ == "__main__":
    main()
