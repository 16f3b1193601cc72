"""What somebody with the ledger's folder, and at last with its private key, can try; and what it takes to catch it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from clew.core import ClewError
from clew.ledger import VerificationError, verify
from clew.ledger.cosign import attach_cosignatures, request_cosignature
from clew.ledger.log import CHECKPOINT, COSIGNED, LOCK
from clew.ledger.note import Note
from clew.ledger.policy import Policy
from clew.ledger.witness import RefusedError
from tests.ledger.ledgers import (
    LOG_KEY,
    NOON,
    OTHER_KEY,
    WITNESS_KEY,
    build,
    checkpoint,
    copy,
    entry,
    naive_root,
    resign,
    witness,
)

KEYS = [LOG_KEY.verifier]
POLICY = Policy.parse(
    f"log {LOG_KEY.verifier}\nwitness inspectorate {WITNESS_KEY.verifier}\nquorum inspectorate\n".encode()
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A ledger of 5 entries, appended as 3 and 2, so that a partial tile of an earlier checkpoint lies there too."""
    build(tmp_path / "ledger", 5, batches=[3])
    return tmp_path / "ledger"


def _covered(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != LOCK)


def test_no_byte_of_a_small_ledger_can_change_unnoticed(folder: Path) -> None:
    accepted = []
    for path in _covered(folder):
        whole = path.read_bytes()
        for place in range(len(whole)):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x01]) + whole[place + 1 :])
            try:
                verify(folder, keys=KEYS)
            except VerificationError:
                continue
            accepted.append((path, place))
        path.write_bytes(whole)
    assert not accepted
    assert verify(folder, keys=KEYS).checkpoint.size == 5


def test_no_file_can_be_cut_lengthened_or_removed_unnoticed(folder: Path) -> None:
    for path in _covered(folder):
        whole = path.read_bytes()
        for changed in (b"", whole[:-1], whole[: len(whole) // 2], whole + b"\x00", whole + whole, None):
            path.unlink() if changed is None else path.write_bytes(changed)
            earlier_partial = path.parent.name == "000.p" and path.name == "3"
            if not (earlier_partial and changed is None):  # tlog-tiles: may be deleted once it is not today's
                with pytest.raises(VerificationError):
                    verify(folder, keys=KEYS)
            path.write_bytes(whole)


def _bundle(folder: Path) -> Path:
    return folder / "tile/entries/000.p/5"


def _entries(folder: Path) -> list[bytes]:
    raw, found = _bundle(folder).read_bytes(), []
    while raw:
        end = 2 + int.from_bytes(raw[:2], "big")
        found.append(raw[:end])
        raw = raw[end:]
    return found


@pytest.mark.parametrize(
    "change",
    [
        lambda e: [e[0], e[0], *e[2:]],
        lambda e: [e[1], e[0], *e[2:]],
        lambda e: [*e[:4], e[0]],
        lambda e: e[:4],
        lambda e: [*e, e[0]],
    ],
    ids=["duplicated", "reordered", "last replaced", "cut short", "one too many"],
)
def test_entries_cannot_be_moved(folder: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    shutil.rmtree(folder / "payloads")
    _bundle(folder).write_bytes(b"".join(change(_entries(folder))))
    with pytest.raises(VerificationError):
        verify(folder, keys=KEYS)


def test_tiles_cannot_be_swapped(tmp_path: Path) -> None:
    build(tmp_path / "ledger", 600)
    for level in ("0", "entries"):
        forged = copy(tmp_path / "ledger", f"swapped-{level}")
        first, second = forged / f"tile/{level}/000", forged / f"tile/{level}/001"
        kept = first.read_bytes()
        first.write_bytes(second.read_bytes())
        second.write_bytes(kept)
        with pytest.raises(VerificationError):
            verify(forged, keys=KEYS)
    both = copy(tmp_path / "ledger", "swapped-both")
    for level in ("0", "entries"):
        first, second = both / f"tile/{level}/000", both / f"tile/{level}/001"
        kept = first.read_bytes()
        first.write_bytes(second.read_bytes())
        second.write_bytes(kept)
    with pytest.raises(VerificationError, match="Hash 0 of level 1"):
        verify(both, keys=KEYS)


def test_another_key_of_the_same_name_does_not_verify(folder: Path) -> None:
    resign(folder, OTHER_KEY, 5, naive_root([e[2:] for e in _entries(folder)]))
    with pytest.raises(VerificationError, match="not signed by the key you hold"):
        verify(folder, keys=KEYS)


def test_a_root_that_is_not_that_of_the_entries_does_not_verify_though_it_is_signed(folder: Path) -> None:
    resign(folder, LOG_KEY, 5, bytes(32))
    with pytest.raises(VerificationError, match="do not add up"):
        verify(folder, keys=KEYS)


def test_the_ledger_of_somebody_else_does_not_verify(tmp_path: Path, folder: Path) -> None:
    from clew.ledger.keys import new_signing_key

    elsewhere = new_signing_key("elsewhere.example/ledger")
    build(tmp_path / "elsewhere", 5, key=elsewhere)
    with pytest.raises(VerificationError, match="no key given is of that ledger"):
        verify(tmp_path / "elsewhere", keys=KEYS)
    with pytest.raises(VerificationError, match="no key given is of that ledger"):
        verify(folder, keys=KEYS, older=[checkpoint(tmp_path / "elsewhere")])


def test_what_is_not_part_of_the_ledger_is_pointed_out(folder: Path) -> None:
    (folder / "tile/0/000.p/9").write_bytes(bytes(9 * 32))
    (folder / "note.txt").write_text("hello")
    assert "not part of the signed ledger: 2" in verify(folder, keys=KEYS).remarks[-1]


@pytest.fixture
def rewritten(folder: Path) -> Path:
    """The same 5 entries but for what the first says, appended anew and signed with the genuine key."""
    build(folder.with_name("rewritten"), 5, batches=[3], note="as if it had always been so")
    return folder.with_name("rewritten")


def test_a_rewritten_past_signed_with_the_genuine_key_passes_every_check_but_an_older_checkpoint_or_a_witness(
    tmp_path: Path, folder: Path, rewritten: Path
) -> None:
    older = checkpoint(folder)
    inspector = witness(tmp_path / "w")
    cosigned = Note.parse(older).with_signatures(
        [inspector.add_checkpoint(bytes(request_cosignature(folder, 0)), NOON)]
    )
    attach_cosignatures(folder, bytes(cosigned), [WITNESS_KEY.verifier])
    assert verify(folder, keys=KEYS, older=[older], policy=POLICY).held == 5

    # Nothing that is in the copy gives it away: it verifies, and only what is said not to be proved is different.
    found = verify(rewritten, keys=KEYS)
    assert found.held == 0
    assert any("only an older checkpoint kept by somebody else, or a witness" in line for line in found.does_not_prove)
    for trust in ({"older": [older]}, {"policy": POLICY}):
        with pytest.raises(VerificationError):
            verify(rewritten, keys=KEYS, **trust)  # type: ignore[arg-type]

    with pytest.raises(RefusedError, match="does not begin with the 5 entries") as refusal:
        inspector.add_checkpoint(bytes(request_cosignature(rewritten, 5)), NOON)
    assert refusal.value.status == 409
    # the genuine cosignature cannot be carried over either: it is over another root
    shutil.copy(folder / COSIGNED, rewritten / COSIGNED)
    with pytest.raises(VerificationError, match="the past was rewritten"):
        verify(rewritten, keys=KEYS, policy=POLICY)
    evidence = sorted(path.suffix for path in (tmp_path / "w/evidence").rglob("*.*"))
    assert evidence == [".held", ".request"]


def test_a_ledger_that_was_rolled_back_and_signed_again_is_caught(tmp_path: Path, folder: Path) -> None:
    older, inspector = checkpoint(folder), witness(tmp_path / "w")
    inspector.add_checkpoint(bytes(request_cosignature(folder, 0)), NOON)
    shutil.rmtree(folder)
    build(folder, 4)
    assert verify(folder, keys=KEYS).checkpoint.size == 4
    with pytest.raises(VerificationError, match="rolled back"):
        verify(folder, keys=KEYS, older=[older])
    with pytest.raises(RefusedError, match="5 were seen here"):
        inspector.add_checkpoint(bytes(request_cosignature(folder, 0)), NOON)
    with pytest.raises(VerificationError, match="were seen before"):
        request_cosignature(folder, 5)


def test_a_fork_shown_to_two_people_is_caught_by_either_checkpoint(folder: Path) -> None:
    from clew.ledger import Ledger

    other = copy(folder, "fork")
    Ledger(folder, [LOG_KEY]).append([entry(5, "shown to the coroner")])
    Ledger(other, [LOG_KEY]).append([entry(5, "shown to the inspector"), entry(6)])
    with pytest.raises(VerificationError, match="rewritten"):
        verify(other, keys=KEYS, older=[checkpoint(folder)])
    with pytest.raises(VerificationError, match="rolled back"):
        verify(folder, keys=KEYS, older=[checkpoint(other)])


def test_a_ledger_that_grew_honestly_verifies_against_every_older_checkpoint(tmp_path: Path) -> None:
    ledger = build(tmp_path / "ledger", 0)
    kept = []
    for number in range(12):
        ledger.append([entry(number)])
        kept.append(checkpoint(tmp_path / "ledger"))
    assert verify(tmp_path / "ledger", keys=KEYS, older=kept).held == 12


def test_an_entry_of_another_form_is_refused_though_the_tree_is_sound(tmp_path: Path) -> None:
    from clew.ledger.log import Log

    for number, leaf in enumerate([b"{}", b'{"v":1}', b"[]", b"\xff", b'{"actor": "spaces"}', b'{"v":1e999}']):
        log = Log.create(tmp_path / f"ledger-{number}", [LOG_KEY])
        log.append([leaf])
        with pytest.raises(VerificationError, match="not in the form"):
            verify(tmp_path / f"ledger-{number}", keys=KEYS)


def test_the_key_the_checkpoint_and_the_policy_may_not_come_with_the_copy(folder: Path) -> None:
    from clew.ledger.keys import load_verifier_keys

    (folder / "vkey").write_text(f"{LOG_KEY.verifier}\n")
    with pytest.raises(ClewError, match="inside the ledger's own folder"):
        load_verifier_keys(str(folder / "vkey"), folder)
    (folder.parent / "link").symlink_to(folder / "vkey")
    with pytest.raises(ClewError, match="inside the ledger's own folder"):
        load_verifier_keys(str(folder.parent / "link"), folder)


def test_the_cosigned_checkpoint_in_the_copy_must_not_contradict_it(tmp_path: Path, folder: Path) -> None:
    signature = witness(tmp_path / "w").add_checkpoint(bytes(request_cosignature(folder, 0)), NOON)
    cosigned = bytes(Note.parse(checkpoint(folder)).with_signatures([signature]))
    build(folder.with_name("short"), 4)
    (folder.with_name("short") / COSIGNED).write_bytes(cosigned)
    with pytest.raises(VerificationError, match="rolled back"):
        verify(folder.with_name("short"), keys=KEYS)
    (folder / COSIGNED).write_bytes(bytes(Note.parse(cosigned).with_signatures([])).replace(b"\n5\n", b"\n4\n"))
    assert "was not compared" in verify(folder, keys=KEYS).remarks[0]


def test_a_file_under_another_spelling_of_its_place_is_not_taken_for_a_tile(tmp_path: Path) -> None:
    build(tmp_path / "ledger", 600)
    (tmp_path / "ledger/tile/0/x000").mkdir()
    (tmp_path / "ledger/tile/0/x000/001").write_bytes(b"anything")
    assert "not part of the signed ledger: 1" in verify(tmp_path / "ledger", keys=KEYS).remarks[-1]


def test_the_empty_ledger_verifies(tmp_path: Path) -> None:
    build(tmp_path / "ledger", 0)
    assert verify(tmp_path / "ledger", keys=KEYS).checkpoint.size == 0
    assert (tmp_path / "ledger" / CHECKPOINT).exists()
