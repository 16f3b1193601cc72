"""How fast the ledger is, beside named peers in one run: SQLite for writing, the Go checksum database for verifying.

python -m benchmarks.ledger [--entries 1000000] [--folder FOLDER] [--json]

Everything is durable (fsync) before it counts, as is SQLite's (synchronous=FULL). The peers do less: SQLite hashes and
signs nothing, the Go program does not read what the entries say. Nothing is written but under FOLDER.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clew.ledger import Entry, EntryType, Ledger, verify
from clew.ledger.evidence import check_evidence, prove_entry
from clew.ledger.keys import new_signing_key
from clew.ledger.log import Log
from clew.ledger.tiles import Tiles

AT = datetime(2014, 6, 20, 9, 0, tzinfo=UTC)
BATCH = 10_000
SINGLES = 300
PROOFS = 200
GO_PROGRAM = Path(__file__).parents[1] / "tests/ledger/go/verify_ledger.go"
GO_SOURCES = Path("/usr/share/gocode")
OURS, THEIRS = "Clew, a copy without payloads", "Go checksum database code"


def entry(number: int) -> Entry:
    digest = f"sha256:{number:064x}"
    payload = {"rows": number, "table": "events", "digest": digest}
    return Entry(EntryType.DATASET_READ, AT, "desk:7", f"dataset:{number}", "standard:death-report/2014", payload)


def seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def cpu_seconds(work: Callable[[], Any]) -> float:
    """Processor time of this process and of those it started: what a busy machine does not change."""
    before = os.times()
    work()
    after = os.times()
    return sum(after[:4]) - sum(before[:4])


def write(ledger: Ledger, log: Log, entries: int) -> Iterator[tuple[str, float]]:
    """Entries a second, by how they are written."""

    def batched() -> None:
        for first in range(0, entries, BATCH):
            ledger.append(entry(number) for number in range(first, min(first + BATCH, entries)))

    yield "entries with payloads, in batches of 10,000", entries / seconds(batched)
    leaves = [entry(number).leaf(bytes(32), b"{}") for number in range(100_000)]
    yield "ready leaves, one batch of 100,000", len(leaves) / seconds(lambda: log.append(leaves))
    yield (
        "entries with payloads, one at a time",
        SINGLES / seconds(lambda: [ledger.append([entry(i)]) for i in range(SINGLES)]),
    )


def write_to_sqlite(folder: Path) -> Iterator[tuple[str, float]]:
    """Rows a second into SQLite, the same bytes, durable."""
    connection = sqlite3.connect(folder / "peer.sqlite", isolation_level=None)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE entry (leaf BLOB, payload BLOB)")
    rows = [(entry(i).leaf(bytes(32), b"{}"), entry(i).payload_bytes()) for i in range(BATCH)]

    def batch() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO entry VALUES (?, ?)", rows)
        connection.execute("COMMIT")

    yield "SQLite, a batch of 10,000", BATCH / seconds(batch)
    one = "INSERT INTO entry VALUES (?, ?)"
    yield "SQLite, one at a time", SINGLES / seconds(lambda: [connection.execute(one, row) for row in rows[:SINGLES]])
    connection.close()


def go_verifier(folder: Path) -> Path | None:
    """The Go program, built; None, said aloud, where there is no Go."""
    if not shutil.which("go") or not (GO_SOURCES / "src/golang.org/x/mod/sumdb").is_dir():
        print("skipped: the Go peer (apt-get install golang-go golang-golang-x-mod-dev)", file=sys.stderr)
        return None
    program = folder / "verify_ledger"
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": str(GO_SOURCES), "GOFLAGS": ""}
    subprocess.run(["go", "build", "-o", program, GO_PROGRAM], check=True, env=environment)
    return program


def measure(folder: Path, entries: int) -> dict[str, Any]:
    key = new_signing_key("benchmark.example/ledger")
    ledger = Ledger.create(folder / "ledger", key)
    writing = dict(write(ledger, Log.create(folder / "log", [key]), entries)) | dict(write_to_sqlite(folder))
    size = entries + SINGLES
    keys = [key.verifier]

    verifying: dict[str, dict[str, float]] = {}

    def verified(name: str, work: Callable[[], Any]) -> None:
        cpu: list[float] = []
        wall = seconds(lambda: cpu.append(cpu_seconds(work)))
        verifying[name] = {"wall_s": wall, "cpu_s": cpu[0]}

    verified("Clew, with payloads compared", lambda: verify(folder / "ledger", keys=keys))
    (folder / "ledger/payloads").rename(folder / "payloads")  # as a copy that is handed on
    verified(OURS, lambda: verify(folder / "ledger", keys=keys))
    if program := go_verifier(folder):
        command = [program, folder / "ledger", str(key.verifier)]
        verified(THEIRS, lambda: subprocess.run(command, check=True, capture_output=True))

    indices = [i * (size - 1) // (PROOFS - 1) for i in range(PROOFS)]
    proofs: list[bytes] = []
    proving = seconds(lambda: proofs.extend(bytes(prove_entry(folder / "ledger", i)) for i in indices)) / PROOFS
    checking = seconds(lambda: [check_evidence(proof, keys) for proof in proofs]) / PROOFS
    sizes = [p.stat().st_size for p in (folder / "ledger").rglob("*") if p.is_file()]
    return {
        "entries": size,
        "appends_per_second": writing,
        "verify": verifying,
        "ratio_to_go": verifying[OURS]["cpu_s"] / verifying[THEIRS]["cpu_s"] if program else None,
        "ratio_to_sqlite_one_at_a_time": writing["entries with payloads, one at a time"]
        / writing["SQLite, one at a time"],
        "proof_bytes_most": max(map(len, proofs)),
        "proof_hashes": Tiles(folder / "ledger", size).size.bit_length(),
        "prove_milliseconds": proving * 1e3,
        "check_milliseconds": checking * 1e3,
        "megabytes_without_payloads": sum(sizes) / 1e6,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument(
        "--folder", type=Path, default=None, help="on the disk to be measured; default: the temporary one"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        found = measure(Path(folder), options.entries)
    if options.json:
        print(json.dumps(found, indent=2))
        return
    print(f"A ledger of {found['entries']:,} entries ({found['megabytes_without_payloads']:.0f} MB without payloads)")
    for name, rate in found["appends_per_second"].items():
        print(f"  {name:<46} {rate:>12,.0f} a second")
    for name, took in found["verify"].items():
        print(f"  verified by {name:<34} {took['wall_s']:>12.2f} s ({took['cpu_s']:.2f} s of processor time)")
    if found["ratio_to_go"]:
        print(f"  Clew takes {found['ratio_to_go']:.1f} times the processor time of the Go code")
    print(f"  one at a time, Clew writes {found['ratio_to_sqlite_one_at_a_time']:.2f} times as many as SQLite")
    print(f"  a proof: at most {found['proof_bytes_most']} bytes, made in {found['prove_milliseconds']:.2f} ms, "
          f"checked in {found['check_milliseconds']:.2f} ms")  # fmt: skip


if __name__ == "__main__":
    main()
