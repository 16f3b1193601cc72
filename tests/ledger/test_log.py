"""The log on the disk: the layout of tlog-tiles, the same tree however it was appended, one writer at a time."""

from __future__ import annotations

import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clew.core import UsageError
from clew.ledger import Ledger, VerificationError, read_entries, verify
from clew.ledger.checkpoint import Checkpoint, open_checkpoint
from clew.ledger.log import CHECKPOINT, Log
from clew.ledger.merkle import check_consistency, check_inclusion, consistency_proof, inclusion_proof, leaf_hash
from clew.ledger.tiles import Tiles, numbered_path
from tests.ledger.ledgers import LOG_KEY, OTHER_KEY, build, checkpoint, entry, naive_root


def head(folder: Path) -> Checkpoint:
    return open_checkpoint(checkpoint(folder), [LOG_KEY.verifier])[0]


def test_an_index_is_written_as_in_the_specification() -> None:
    assert numbered_path(1234067) == "x001/x234/067"
    assert numbered_path(5) == "005"


def test_seventy_thousand_entries_have_the_tiles_of_the_specification(tmp_path: Path) -> None:
    log = Log.create(tmp_path / "log", [LOG_KEY])
    log.append(str(number).encode() for number in range(70_000))
    files = {p.relative_to(tmp_path / "log").as_posix() for p in (tmp_path / "log" / "tile").rglob("*") if p.is_file()}
    full = {f"tile/{level}/{number:03d}" for level in (0, "entries") for number in range(273)}
    assert files == full | {
        "tile/0/273.p/112", "tile/entries/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1",
    }  # fmt: skip


def test_a_full_tile_takes_the_place_of_the_partial_ones(tmp_path: Path) -> None:
    log = Log.create(tmp_path / "log", [LOG_KEY])
    for _ in range(4):
        log.append([b"entry"] * 64)
    files = {p.relative_to(tmp_path / "log").as_posix() for p in (tmp_path / "log" / "tile").rglob("*") if p.is_file()}
    assert files == {"tile/0/000", "tile/entries/000", "tile/1/000.p/1"}


@given(batches=st.lists(st.one_of(st.integers(0, 5), st.integers(200, 400)), max_size=6))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_tree_is_that_of_the_naive_one_however_it_was_appended(tmp_path: Path, batches: list[int]) -> None:
    folder = tmp_path / uuid.uuid4().hex
    log, leaves = Log.create(folder, [LOG_KEY]), list[bytes]()
    for size in batches:
        new = [str(len(leaves) + number).encode() for number in range(size)]
        assert log.append(new) == range(len(leaves), len(leaves) + size)
        leaves += new
    assert head(folder).size == len(leaves)
    assert head(folder).root == naive_root(leaves)
    tiles = Tiles(folder, len(leaves))
    assert [tiles.entry(index) for index in range(0, len(leaves), 37)] == leaves[::37]
    # a second writer that knows only the disk goes on with the same tree
    Log(folder, [LOG_KEY]).append([b"last"])
    assert head(folder).root == naive_root([*leaves, b"last"])


def test_proofs_from_the_tiles_hold_for_every_kind_of_place(tmp_path: Path) -> None:
    size = 66_000
    log = Log.create(tmp_path / "log", [LOG_KEY])
    log.append(str(number).encode() for number in range(size))
    tiles, root = Tiles(tmp_path / "log", size), head(tmp_path / "log").root
    for index in (0, 255, 256, 65_535, 65_536, 65_791, 65_792, size - 1):
        path = inclusion_proof(index, size, tiles.mth)
        check_inclusion(leaf_hash(str(index).encode()), index, size, path, root)
    for old in (1, 255, 256, 257, 65_536, 65_537, size - 1):
        check_consistency(old, tiles.mth(0, old), size, root, consistency_proof(old, size, tiles.mth))


def test_an_entry_of_65535_bytes_is_taken_and_one_more_is_not(tmp_path: Path) -> None:
    log = Log.create(tmp_path / "log", [LOG_KEY])
    longest = bytes(65_535)
    log.append([longest])
    with pytest.raises(UsageError, match="65536 bytes"):
        log.append([b"not this one either", longest + b"x"])
    assert head(tmp_path / "log").size == 1
    log.append([b"the log goes on"])
    assert Tiles(tmp_path / "log", 2).entry(0) == longest


def test_a_new_ledger_takes_no_folder_that_is_in_use(tmp_path: Path) -> None:
    build(tmp_path / "ledger", 1)
    with pytest.raises(UsageError, match="folder of its own"):
        Ledger.create(tmp_path / "ledger", LOG_KEY)


def test_a_ledger_is_not_written_with_another_key_of_its_name(tmp_path: Path) -> None:
    build(tmp_path / "ledger", 1)
    with pytest.raises(VerificationError, match="not signed by the key"):
        Ledger(tmp_path / "ledger", [OTHER_KEY]).append([entry(1)])


def test_a_ledger_whose_edge_was_altered_is_not_written_to(tmp_path: Path) -> None:
    build(tmp_path / "ledger", 3)
    tile = tmp_path / "ledger/tile/0/000.p/3"
    tile.write_bytes(bytes(32) + tile.read_bytes()[32:])
    with pytest.raises(VerificationError, match="do not add up"):
        Ledger(tmp_path / "ledger", [LOG_KEY]).append([entry(3)])


def test_there_is_no_ledger_in_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(VerificationError, match="no checkpoint here"):
        Ledger(tmp_path, [LOG_KEY])


def test_a_second_writer_waits_and_then_gets_a_clear_error(tmp_path: Path) -> None:
    build(tmp_path / "ledger", 1)
    first, second = Log(tmp_path / "ledger", [LOG_KEY]), Log(tmp_path / "ledger", [LOG_KEY], wait_seconds=0.1)
    with first.writing(), pytest.raises(UsageError, match="Another program is writing"):
        second.append([b"entry"])
    assert second.append([b"entry"]) == range(1, 2)


def test_two_writers_racing_lose_nothing_and_number_nothing_twice(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    build(folder, 1)
    program = """
import sys
import uuid
from pathlib import Path
from clew.ledger import Ledger
from tests.ledger.ledgers import LOG_KEY, entry
ledger = Ledger(Path(sys.argv[1]), [LOG_KEY])
for number in range(40):
    print(*ledger.append([entry(int(sys.argv[2]) + number)]))
"""
    command = [sys.executable, "-c", program, str(folder)]
    writers = [subprocess.Popen([*command, base], stdout=subprocess.PIPE, text=True) for base in ("1000", "2000")]
    told = [list(map(int, writer.communicate(timeout=60)[0].split())) for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0]
    assert sorted(told[0] + told[1]) == list(range(1, 81))
    found = {e.index: e.leaf["subject"] for e in read_entries(folder)}
    for base, indices in zip((1000, 2000), told, strict=True):
        assert [found[index] for index in indices] == [f"event:E{base + number}" for number in range(40)]
    assert verify(folder, keys=[LOG_KEY.verifier]).checkpoint.size == 81


def test_appending_nothing_changes_nothing(tmp_path: Path) -> None:
    ledger = build(tmp_path / "ledger", 3)
    before = checkpoint(tmp_path / "ledger")
    assert ledger.append([]) == range(3, 3)
    assert (tmp_path / "ledger" / CHECKPOINT).read_bytes() == before
