"""Nothing acknowledged is ever lost: every file operation made to fail in turn, and kill -9 under load."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from clew.core import UsageError
from clew.ledger import Ledger, read_entries, verify
from clew.ledger import durable as durable_module
from clew.ledger.fsck import fsck
from tests.ledger.ledgers import LOG_KEY, START, build, copy, entry

KEYS = [LOG_KEY.verifier]
ROOT = Path(__file__).resolve().parents[2]


class FailingDisk:
    """Stands between `clew.ledger.durable` and the operating system; fails operation number `at`, as `how` says."""

    OPERATIONS = ("open", "write", "fsync")

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int = -1, how: str = "error") -> None:
        self.count, self._at, self._how = 0, at, how
        monkeypatch.setattr(durable_module, "os", self)
        for name in ("mkdir", "replace"):
            genuine = getattr(Path, name)
            monkeypatch.setattr(
                Path, name, lambda path, *args, _call=genuine, **kw: self._run(_call, path, *args, **kw)
            )

    def __getattr__(self, name: str) -> Any:
        genuine = getattr(os, name)
        if name not in self.OPERATIONS:
            return genuine
        return lambda *args: self._run(genuine, *args)

    def _run(self, call: Any, *args: Any, **options: Any) -> Any:
        self.count += 1
        if self.count - 1 != self._at:
            return call(*args, **options)
        if self._how == "half" and call is os.write:
            os.write(args[0], bytes(args[1])[: len(args[1]) // 2])
        if self._how == "late":
            call(*args, **options)
        raise OSError(errno.EIO, "the disk failed")


def _check_after_failure(folder: Path, before: int, added: int) -> None:
    """What holds after any failure: the old ledger or the new one, whole; nothing that cannot be mended; it goes on."""
    size, findings = fsck(folder, mend=True)
    assert size in (before, before + added)
    assert all(finding.mended for finding in findings), findings
    assert fsck(folder) == (size, [])
    assert verify(folder, keys=KEYS).checkpoint.size == size
    assert [e.leaf["subject"] for e in read_entries(folder)][:before] == [f"event:E{n}" for n in range(before)]
    assert all(e.payload for e in read_entries(folder))


def _check_it_goes_on(folder: Path, added: int) -> None:
    """Without having been mended: the next batch ends at another size, past the remains of the one that failed."""
    size = len(list(read_entries(folder)))
    others = [entry(900 + number) for number in range(added + 1)]
    assert Ledger(folder, [LOG_KEY]).append(others) == range(size, size + added + 1)
    assert verify(folder, keys=KEYS).checkpoint.size == size + added + 1
    assert all(e.payload for e in read_entries(folder))


@pytest.mark.parametrize(
    ("before", "added", "how"),
    [(3, 1, "error"), (3, 1, "half"), (3, 1, "late"), (250, 20, "error"), (250, 20, "late"), (0, 2, "error")],
)
def test_every_file_operation_may_fail_and_nothing_acknowledged_is_lost(
    tmp_path: Path, before: int, added: int, how: str
) -> None:
    build(tmp_path / "ledger", before)
    batch = [entry(before + number) for number in range(added)]
    with pytest.MonkeyPatch.context() as patch:
        disk = FailingDisk(patch)
        Ledger(copy(tmp_path / "ledger", "counted"), [LOG_KEY]).append(batch)
    assert disk.count > 15
    for at in range(disk.count):
        folder = copy(tmp_path / "ledger", f"failed-{at}")
        ledger = Ledger(folder, [LOG_KEY])
        with pytest.MonkeyPatch.context() as patch:
            FailingDisk(patch, at, how)
            with pytest.raises(UsageError, match="the disk failed"):
                ledger.append(batch)
        unmended = copy(folder, f"unmended-{at}")
        _check_after_failure(folder, before, added)
        _check_it_goes_on(folder, added)
        _check_it_goes_on(unmended, added)


def test_the_writer_that_saw_the_failure_goes_on_from_what_is_on_the_disk(tmp_path: Path) -> None:
    ledger = build(tmp_path / "ledger", 3)
    for at in range(12):
        with pytest.MonkeyPatch.context() as patch:
            FailingDisk(patch, at)
            with pytest.raises(UsageError, match="the disk failed"):
                ledger.append([entry(50)])
    assert ledger.append([entry(3)]) == range(3, 4)
    assert verify(tmp_path / "ledger", keys=KEYS).checkpoint.size == 4


def test_an_erasure_that_was_cut_off_is_finished_and_recorded_once(tmp_path: Path) -> None:
    build(tmp_path / "ledger", 3)
    told = {"at": START, "actor": "records:2", "basis": "retention:2031"}
    with pytest.MonkeyPatch.context() as patch:
        disk = FailingDisk(patch)
        Ledger(copy(tmp_path / "ledger", "counted"), [LOG_KEY]).erase(1, **told)  # type: ignore[arg-type]
    unfinished = 0
    for at in range(disk.count):
        folder = copy(tmp_path / "ledger", f"failed-{at}")
        with pytest.MonkeyPatch.context() as patch:
            FailingDisk(patch, at)
            with pytest.raises(UsageError, match="the disk failed"):
                Ledger(folder, [LOG_KEY]).erase(1, **told)  # type: ignore[arg-type]
        if any(e.leaf["type"] == "erasure" for e in read_entries(folder)) and list(read_entries(folder))[1].payload:
            unfinished += 1
            Ledger(folder, [LOG_KEY]).erase(1, **told)  # type: ignore[arg-type]
            assert [e.leaf["type"] for e in read_entries(folder)].count("erasure") == 1
        size, findings = fsck(folder, mend=True)
        assert all(finding.mended for finding in findings)
        assert (size == 4) == (list(read_entries(folder))[1].payload is None)
        verify(folder, keys=KEYS)
    assert unfinished > 2


WRITER = """
import sys
from pathlib import Path
from clew.ledger import Ledger
from tests.ledger.ledgers import LOG_KEY, entry
ledger, number = Ledger(Path(sys.argv[1]), [LOG_KEY]), int(sys.argv[2])
while True:
    indices = ledger.append(entry(number + i) for i in range(1 + number % 40))
    print(indices.start, indices.stop, number, flush=True)
    number += len(indices)
"""


def test_killed_again_and_again_under_load_it_loses_nothing_acknowledged(tmp_path: Path) -> None:
    folder, chance = tmp_path / "ledger", random.Random(5)
    build(folder, 0)
    acknowledged: dict[int, str] = {}
    kept: list[bytes] = []
    for start in range(0, 10 * 100_000, 100_000):
        command = [sys.executable, "-c", WRITER, str(folder), str(start)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as writer:
            assert writer.stdout is not None
            lines = [writer.stdout.readline()]
            time.sleep(chance.uniform(0.0, 0.15))
            writer.send_signal(signal.SIGKILL)
            lines += writer.stdout.readlines()
        for line in lines:
            if line.endswith("\n"):
                first, stop, number = map(int, line.split())
                acknowledged |= {first + i: f"event:E{number + i}" for i in range(stop - first)}
        found = {e.index: e for e in read_entries(folder)}
        assert {index: found[index].leaf["subject"] for index in acknowledged} == acknowledged
        assert all(e.payload and e.payload.value["number"] == int(e.leaf["subject"][7:]) for e in found.values())
        verify(folder, keys=KEYS, older=kept)
        kept.append((folder / "checkpoint").read_bytes())
    assert len(acknowledged) > 50
    assert all(finding.mended for finding in fsck(folder, mend=True)[1])
    assert fsck(folder)[1] == []
