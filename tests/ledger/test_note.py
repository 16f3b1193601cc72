"""Signed notes: published examples, and every way to be wrong ends in `VerificationError`."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.core import UsageError
from clew.ledger import SigningKey, VerificationError, VerifierKey
from clew.ledger.checkpoint import Checkpoint, open_checkpoint
from clew.ledger.keys import encode_signing_key, new_signing_key, parse_signing_key
from clew.ledger.log import sign_checkpoint
from clew.ledger.note import Algorithm, Note, Signature
from tests.ledger.ledgers import LOG_KEY, NOON, ORIGIN, OTHER_KEY, WITNESS_KEY

# The example of golang.org/x/mod/sumdb/note, whose format the signed-note specification took over.
GO_SIGNER = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)

HEAD = Checkpoint(ORIGIN, 3, bytes(range(32)))
SIGNED = bytes(sign_checkpoint(HEAD, [LOG_KEY]))


def test_the_published_example_is_signed_and_verified_alike() -> None:
    signer, verifier = parse_signing_key(GO_SIGNER), VerifierKey.parse(GO_VERIFIER)
    assert str(signer.verifier) == GO_VERIFIER
    assert encode_signing_key(signer) == GO_SIGNER
    assert str(signer.sign(GO_TEXT)) == GO_LINE
    assert Note.parse((GO_TEXT + "\n" + GO_LINE).encode()).signers([verifier]) == {verifier: 0}


def test_the_text_of_a_note_may_have_blank_lines() -> None:
    text = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n"
    note = Note.parse(bytes(Note(text, (LOG_KEY.sign(text),))))
    assert note.text == text
    assert note.signers([LOG_KEY.verifier])


def test_a_cosignature_says_when_and_is_over_the_time() -> None:
    note = sign_checkpoint(HEAD, [LOG_KEY]).with_signatures([WITNESS_KEY.sign(str(HEAD), NOON)])
    assert note.signers([WITNESS_KEY.verifier]) == {WITNESS_KEY.verifier: NOON}
    line = note.signatures[1]
    later = Signature(line.name, line.key_id, (NOON + 1).to_bytes(8, "big") + line.value[8:])
    with pytest.raises(VerificationError, match="not genuine"):
        Note(note.text, (later,)).signers([WITNESS_KEY.verifier])


def test_a_cosignature_with_an_impossible_time_is_refused() -> None:
    note = Note(str(HEAD), (WITNESS_KEY.sign(str(HEAD), 2**63),))
    with pytest.raises(VerificationError, match="no possible time"):
        note.signers([WITNESS_KEY.verifier])


def test_no_byte_of_a_signed_checkpoint_can_change_unnoticed() -> None:
    accepted = []
    for place in range(len(SIGNED)):
        for flip in (0x01, 0x04, 0x20, 0x80):
            changed = bytearray(SIGNED)
            changed[place] ^= flip
            try:
                open_checkpoint(bytes(changed), [LOG_KEY.verifier])
            except VerificationError:
                continue
            accepted.append((place, flip))
    assert not accepted


@given(st.binary(max_size=300))
def test_rubbish_is_refused_with_one_kind_of_error(raw: bytes) -> None:
    for parse in (Note.parse, lambda raw: open_checkpoint(raw, [LOG_KEY.verifier])):
        with pytest.raises(VerificationError):
            parse(raw)


@given(st.text(max_size=200))
def test_rubbish_is_no_key(text: str) -> None:
    for parse in (VerifierKey.parse, parse_signing_key):
        with pytest.raises(VerificationError):
            parse(text)


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n3\n",
        f"\n3\n{b64encode(bytes(32)).decode()}\n",
        f"{ORIGIN}\n03\n{b64encode(bytes(32)).decode()}\n",
        f"{ORIGIN}\n-3\n{b64encode(bytes(32)).decode()}\n",
        f"{ORIGIN}\n٣\n{b64encode(bytes(32)).decode()}\n",
        f"{ORIGIN}\n{2**63}\n{b64encode(bytes(32)).decode()}\n",
        f"{ORIGIN}\n3\n{b64encode(bytes(31)).decode()}\n",
        f"{ORIGIN}\n3\n{b64encode(bytes(32)).decode()}\n\nextension\n",
        f"{ORIGIN}\n3\n{b64encode(bytes(32)).decode()}",
    ],
)
def test_a_malformed_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(VerificationError):
        Checkpoint.parse(text)


def test_extension_lines_are_signed_and_otherwise_ignored() -> None:
    text = str(HEAD) + "extension\n"
    assert open_checkpoint(bytes(Note(text, (LOG_KEY.sign(text),))), [LOG_KEY.verifier])[0] == HEAD


def test_a_note_with_too_many_signatures_or_none_is_refused() -> None:
    line = str(LOG_KEY.sign(str(HEAD)))
    assert Note.parse(f"{HEAD}\n{line * 100}".encode()).signers([LOG_KEY.verifier])
    for lines in (line * 101, ""):
        with pytest.raises(VerificationError):
            Note.parse(f"{HEAD}\n{lines}".encode())


def test_unknown_signatures_are_ignored_and_a_false_one_by_a_known_key_is_refused() -> None:
    both = sign_checkpoint(HEAD, [OTHER_KEY, LOG_KEY])
    assert both.signers([LOG_KEY.verifier]) == {LOG_KEY.verifier: 0}
    forged = Signature(LOG_KEY.name, LOG_KEY.verifier.key_id, bytes(64))
    with pytest.raises(VerificationError, match="not genuine"):
        Note(both.text, (forged,)).signers([LOG_KEY.verifier])


def test_another_key_of_the_same_name_is_not_the_key() -> None:
    with pytest.raises(VerificationError, match="not signed by the key you hold"):
        open_checkpoint(bytes(sign_checkpoint(HEAD, [OTHER_KEY])), [LOG_KEY.verifier])


def test_another_ledger_with_a_known_key_is_not_the_ledger() -> None:
    elsewhere = new_signing_key("elsewhere.example/ledger")
    with pytest.raises(VerificationError, match="no key given is of that ledger"):
        open_checkpoint(bytes(sign_checkpoint(HEAD, [LOG_KEY])), [elsewhere.verifier])
    with pytest.raises(UsageError):
        sign_checkpoint(HEAD, [elsewhere])


def test_a_witness_key_that_bears_the_name_of_the_ledger_does_not_sign_for_it() -> None:
    impostor = SigningKey(ORIGIN, Algorithm.COSIGNATURE, b"\x05" * 32)
    note = Note(str(HEAD), (impostor.sign(str(HEAD), NOON),))
    with pytest.raises(VerificationError):
        open_checkpoint(bytes(note), [impostor.verifier])


def test_a_key_that_was_miscopied_does_not_match_its_own_id() -> None:
    name, identity, encoded = str(LOG_KEY.verifier).split("+", 2)
    other = str(OTHER_KEY.verifier).split("+", 2)[2]
    for text in (f"{name}x+{identity}+{encoded}", f"{name}+{identity}+{other}", f"{name}+00000000+{encoded}"):
        with pytest.raises(VerificationError, match="does not match its own id"):
            VerifierKey.parse(text)


def test_the_private_key_is_in_no_repr() -> None:
    assert "seed" not in repr(LOG_KEY)
    assert b64encode(LOG_KEY.seed).decode()[:20] not in repr(LOG_KEY)
    assert repr(LOG_KEY.seed) not in repr(LOG_KEY)
