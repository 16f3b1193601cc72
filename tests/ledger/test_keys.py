"""Keys: their modes, their place, their rotation, and how they are handed over."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from clew.core import UsageError
from clew.ledger import Ledger, VerificationError, VerifierKey, read_entries, verify
from clew.ledger.keys import (
    default_key_file,
    load_signing_key,
    load_verifier_keys,
    new_signing_key,
    qr_code,
    save_qr_code,
    save_signing_key,
)
from clew.ledger.ledger import rotate_key
from tests.ledger.ledgers import LOG_KEY, ORIGIN, OTHER_KEY, START, build, checkpoint, entry


def test_a_private_key_is_written_for_its_owner_only_and_never_over_another(tmp_path: Path) -> None:
    path = tmp_path / "ledger.key"
    old = os.umask(0)
    try:
        save_signing_key(LOG_KEY, path)
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_signing_key(path, tmp_path / "ledger") == LOG_KEY
    with pytest.raises(UsageError, match="cannot be written"):
        save_signing_key(OTHER_KEY, path)
    assert load_signing_key(path, tmp_path / "ledger") == LOG_KEY


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_private_key_that_others_can_read_is_not_used(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "ledger.key"
    save_signing_key(LOG_KEY, path)
    path.chmod(mode)
    with pytest.raises(UsageError, match="Others than its owner"):
        load_signing_key(path, tmp_path / "ledger")


def test_a_private_key_in_the_folder_of_the_ledger_is_not_used(tmp_path: Path) -> None:
    build(tmp_path / "ledger", 0)
    save_signing_key(LOG_KEY, tmp_path / "ledger/key")
    with pytest.raises(UsageError, match="inside the ledger's own folder"):
        load_signing_key(tmp_path / "ledger/key", tmp_path / "ledger")
    assert default_key_file(tmp_path / "ledger") == tmp_path / "ledger.key"


def test_a_damaged_or_missing_key_is_said_to_be_so_without_showing_it(tmp_path: Path) -> None:
    path = tmp_path / "ledger.key"
    with pytest.raises(UsageError, match="cannot be read"):
        load_signing_key(path, tmp_path / "ledger")
    save_signing_key(LOG_KEY, path)
    text = path.read_text()
    secret = text.rsplit("+", 1)[1][:12]
    for damaged in (text.replace("+KEY+", "+KEY+other."), text[:-9], f"{text[:-1]}x", text.replace("+A", "+B")):
        path.write_text(damaged)
        with pytest.raises(VerificationError) as caught:
            load_signing_key(path, tmp_path / "ledger")
        assert secret not in repr(caught.value) + str(caught.value)


def test_a_name_that_no_verifier_could_read_is_refused() -> None:
    for name in ("", "two words", "a+b", "a\nb"):
        with pytest.raises(UsageError):
            new_signing_key(name)


def test_a_file_of_verifier_keys_may_have_comments(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(f"# handed over on paper\n{LOG_KEY.verifier}\n\n{OTHER_KEY.verifier}\n")
    assert load_verifier_keys(str(tmp_path / "keys")) == [LOG_KEY.verifier, OTHER_KEY.verifier]
    assert load_verifier_keys(str(LOG_KEY.verifier)) == [LOG_KEY.verifier]


def test_the_qr_code_is_drawn_and_saved(tmp_path: Path) -> None:
    rows = qr_code(LOG_KEY.verifier).splitlines()
    assert len({len(row) for row in rows}) == 1
    assert abs(len(rows[0]) - 2 * len(rows)) <= 1  # two modules to a line of text
    save_qr_code(LOG_KEY.verifier, tmp_path / "key.svg")
    assert b"<svg" in (tmp_path / "key.svg").read_bytes()
    with pytest.raises(UsageError):
        save_qr_code(LOG_KEY.verifier, tmp_path / "key.unknown")


def test_a_rotation_is_recorded_signed_by_both_and_the_ledger_goes_on_with_the_new_key(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    build(folder, 3)
    before = checkpoint(folder)
    index = rotate_key(folder, LOG_KEY, OTHER_KEY, at=START, actor="records:2", basis="key-rotation")
    for key in (LOG_KEY, OTHER_KEY):
        assert verify(folder, keys=[key.verifier]).checkpoint.size == 4
    (recorded,) = read_entries(folder, index)
    assert recorded.payload is not None
    assert VerifierKey.parse(recorded.payload.value["to"]) == OTHER_KEY.verifier
    assert recorded.leaf["subject"] == f"key:{OTHER_KEY.verifier.key_id.hex()}"
    Ledger(folder, [LOG_KEY, OTHER_KEY]).append([entry(4)])
    Ledger(folder, [OTHER_KEY]).append([entry(5)])
    with pytest.raises(VerificationError):
        verify(folder, keys=[LOG_KEY.verifier])
    # who holds both keys can still use the checkpoint of before the rotation
    assert verify(folder, keys=[LOG_KEY.verifier, OTHER_KEY.verifier], older=[before]).held == 3


def test_a_key_of_another_ledger_cannot_follow(tmp_path: Path) -> None:
    build(tmp_path / "ledger", 3)
    with pytest.raises(UsageError):
        rotate_key(tmp_path / "ledger", LOG_KEY, new_signing_key(ORIGIN + "2"), at=START, actor="records:2", basis="x")
    assert verify(tmp_path / "ledger", keys=[LOG_KEY.verifier]).checkpoint.size == 3
