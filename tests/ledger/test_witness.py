"""The witness: what it cosigns, what it refuses and keeps, over HTTP and by memory stick."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.core import UsageError
from clew.ledger import Ledger, VerificationError, Witness, verify
from clew.ledger.checkpoint import open_checkpoint
from clew.ledger.cosign import attach_cosignatures, request_cosignature
from clew.ledger.log import COSIGNED
from clew.ledger.note import Note
from clew.ledger.policy import Policy
from clew.ledger.witness import AddCheckpoint, RefusedError, state_path
from clew.ledger.witness_http import MAX_REQUEST_BYTES, WitnessServer, cosign_over_http
from tests.ledger.ledgers import (
    LOG_KEY,
    NOON,
    ORIGIN,
    OTHER_KEY,
    SECOND_WITNESS_KEY,
    WITNESS_KEY,
    build,
    checkpoint,
    entry,
    witness,
)


def cosigned(folder: Path, by: Witness, seen: int, at: int = NOON) -> bytes:
    request = request_cosignature(folder, seen)
    return bytes(Note.parse(request.checkpoint).with_signatures([by.add_checkpoint(bytes(request), at)]))


def test_it_follows_a_ledger_that_grows(tmp_path: Path) -> None:
    ledger, inspector = build(tmp_path / "ledger", 0), witness(tmp_path / "w")
    for seen in range(0, 40):
        note = cosigned(tmp_path / "ledger", inspector, max(seen - 1, 0), NOON + seen)
        assert open_checkpoint(note, [LOG_KEY.verifier])[0].size == seen
        assert Note.parse(note).signers([WITNESS_KEY.verifier]) == {WITNESS_KEY.verifier: NOON + seen}
        ledger.append([entry(seen)])
    held = state_path(tmp_path / "w", "held", ORIGIN).read_bytes()
    assert open_checkpoint(held, [LOG_KEY.verifier])[0].size == 39


def refusal(by: Witness, raw: bytes, at: int = NOON) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        by.add_checkpoint(raw, at)
    return caught.value


def test_it_refuses_as_the_specification_says(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    build(folder, 7)
    inspector = witness(tmp_path / "w")
    first = bytes(request_cosignature(folder, 0))
    assert refusal(witness(tmp_path / "other", logs=[]), first).status == 404
    assert refusal(witness(tmp_path / "other", logs=[OTHER_KEY]), first).status == 403
    assert refusal(inspector, b"old 8\n\n" + checkpoint(folder)).status == 400
    assert refusal(inspector, b"rubbish").status == 400
    inspector.add_checkpoint(first, NOON)
    again = refusal(inspector, first)
    assert (again.status, again.held) == (409, 7)
    Ledger(folder, [LOG_KEY]).append([entry(7)])
    forged = AddCheckpoint(7, (bytes(32),) * 3, checkpoint(folder))
    assert refusal(inspector, bytes(forged)).status == 422
    assert refusal(inspector, bytes(request_cosignature(folder, 7)), NOON - 1).status == 500
    assert inspector.add_checkpoint(bytes(request_cosignature(folder, 7)), NOON)


def test_the_evidence_is_two_signed_checkpoints_that_contradict_each_other(tmp_path: Path) -> None:
    build(tmp_path / "ledger", 5)
    build(tmp_path / "rewritten", 9, note="another past")
    inspector = witness(tmp_path / "w")
    inspector.add_checkpoint(bytes(request_cosignature(tmp_path / "ledger", 0)), NOON)
    error = refusal(inspector, bytes(request_cosignature(tmp_path / "rewritten", 5)))
    assert (error.status, error.exit_code) == (422, 3)
    (held,) = state_path(tmp_path / "w", "evidence", ORIGIN).glob("*.held")
    (request,) = state_path(tmp_path / "w", "evidence", ORIGIN).glob("*.request")
    old = open_checkpoint(held.read_bytes(), [LOG_KEY.verifier])[0]
    new = open_checkpoint(AddCheckpoint.parse(request.read_bytes()).checkpoint, [LOG_KEY.verifier])[0]
    assert (old.size, new.size) == (5, 9)
    # and the witness still holds what it saw first
    assert state_path(tmp_path / "w", "held", ORIGIN).read_bytes() == held.read_bytes()


@given(st.binary(max_size=400))
@settings(max_examples=60, deadline=None)
def test_rubbish_is_refused_and_leaves_no_trace(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    folder = tmp_path_factory.mktemp("w")
    assert refusal(witness(folder), raw).status == 400
    assert list(folder.iterdir()) == []


def test_a_request_reads_back_as_it_was_written(tmp_path: Path) -> None:
    build(tmp_path / "ledger", 20)
    request = request_cosignature(tmp_path / "ledger", 13)
    assert AddCheckpoint.parse(bytes(request)) == request
    for wrong in (
        b"old 013\n\n",
        b"old -1\n\n",
        b"new 1\n\n",
        b"old 1\nAAAA\n\n",
        b"old 1\n" + (b"A" * 43 + b"=\n") * 64 + b"\n",
    ):
        with pytest.raises(VerificationError):
            AddCheckpoint.parse(wrong + checkpoint(tmp_path / "ledger"))


def test_cosignatures_are_kept_while_the_ledger_grows_and_older_ones_are_not_put_back(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    ledger, inspector = build(folder, 3), witness(tmp_path / "w")
    coroner = witness(tmp_path / "w2", SECOND_WITNESS_KEY)
    at_three = cosigned(folder, inspector, 0)
    also_at_three = cosigned(folder, coroner, 0)
    ledger.append([entry(3)])
    attach_cosignatures(folder, at_three, [WITNESS_KEY.verifier])
    assert open_checkpoint(checkpoint(folder), [LOG_KEY.verifier])[0].size == 4
    attach_cosignatures(folder, also_at_three, [SECOND_WITNESS_KEY.verifier])
    kept = Note.parse((folder / COSIGNED).read_bytes())
    assert len(kept.signers([WITNESS_KEY.verifier, SECOND_WITNESS_KEY.verifier])) == 2
    at_four = cosigned(folder, inspector, 3)
    attach_cosignatures(folder, at_four, [WITNESS_KEY.verifier])
    attach_cosignatures(folder, at_three, [WITNESS_KEY.verifier])
    assert open_checkpoint((folder / COSIGNED).read_bytes(), [LOG_KEY.verifier])[0].size == 4
    ledger.append([entry(4)])
    assert verify(folder, keys=[LOG_KEY.verifier]).checkpoint.size == 5


def test_a_quorum_of_several_witnesses_is_needed_where_the_policy_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    build(folder, 3)
    policy = Policy.parse(
        f"log {LOG_KEY.verifier}\nwitness a {WITNESS_KEY.verifier}\nwitness b {SECOND_WITNESS_KEY.verifier}\n"
        "group both all a b\nquorum both\n".encode()
    )
    attach_cosignatures(folder, cosigned(folder, witness(tmp_path / "w"), 0), [WITNESS_KEY.verifier])
    with pytest.raises(VerificationError, match="quorum 'both'"):
        verify(folder, keys=[], policy=policy)
    second = witness(tmp_path / "w2", SECOND_WITNESS_KEY)
    attach_cosignatures(folder, cosigned(folder, second, 0), [SECOND_WITNESS_KEY.verifier])
    assert verify(folder, keys=[], policy=policy).held == 3


def test_only_the_cosignatures_of_named_witnesses_on_this_past_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    build(folder, 3)
    note = cosigned(folder, witness(tmp_path / "w"), 0)
    with pytest.raises(VerificationError, match="No witness you named"):
        attach_cosignatures(folder, note, [SECOND_WITNESS_KEY.verifier])
    build(tmp_path / "rewritten", 3, note="another past")
    with pytest.raises(VerificationError, match="rewritten"):
        attach_cosignatures(tmp_path / "rewritten", note, [WITNESS_KEY.verifier])
    assert not (tmp_path / "rewritten" / COSIGNED).exists()


@contextmanager
def served(by: Witness) -> Iterator[WitnessServer]:
    server = WitnessServer(("127.0.0.1", 0), by, lambda: NOON)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_over_http_it_cosigns_finds_its_own_way_from_a_wrong_guess_and_refuses_a_rewritten_past(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    ledger = build(folder, 3)
    with served(witness(tmp_path / "w")) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        assert cosign_over_http(folder, url, WITNESS_KEY.verifier) == 3
        ledger.append([entry(3)])
        assert cosign_over_http(folder, url, WITNESS_KEY.verifier) == 4
        assert cosign_over_http(folder, url, WITNESS_KEY.verifier, seen=2) == 4
        build(tmp_path / "rewritten", 6, note="another past")
        with pytest.raises(VerificationError, match="HTTP 422"):
            cosign_over_http(tmp_path / "rewritten", url, WITNESS_KEY.verifier)
        build(tmp_path / "short", 2)
        with pytest.raises(VerificationError, match="4 were seen before"):
            cosign_over_http(tmp_path / "short", url, WITNESS_KEY.verifier)
        with pytest.raises(VerificationError, match="No witness you named"):
            cosign_over_http(folder, url, SECOND_WITNESS_KEY.verifier)
    policy = Policy.parse(f"witness a {WITNESS_KEY.verifier}\nquorum a\n".encode())
    assert verify(folder, keys=[LOG_KEY.verifier], policy=policy).held == 4


def test_over_http_it_answers_within_bounds(tmp_path: Path) -> None:
    build(tmp_path / "ledger", 3)
    with served(witness(tmp_path / "w")) as server:

        def post(path: str, body: bytes, headers: dict[str, str]) -> tuple[int, str | None, bytes]:
            connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
            connection.putrequest("POST", path)
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            found = answer.status, answer.getheader("Content-Type"), answer.read()
            connection.close()
            return found

        assert post("/elsewhere", b"", {"Content-Length": "0"})[0] == 404
        assert post("/add-checkpoint", b"", {})[0] == 411
        assert post("/add-checkpoint", b"", {"Content-Length": "-1"})[0] == 411
        assert post("/add-checkpoint", b"", {"Content-Length": str(MAX_REQUEST_BYTES + 1)})[0] == 413
        assert post("/add-checkpoint", b"", {"Content-Length": "9" * 4000})[0] == 413
        assert post("/add-checkpoint", b"rubbish", {"Content-Length": "7"})[0] == 400
        body = bytes(request_cosignature(tmp_path / "ledger", 0))
        assert post("/add-checkpoint", body, {"Content-Length": str(len(body))})[0] == 200
        again = post("/add-checkpoint", body, {"Content-Length": str(len(body))})
        assert again == (409, "text/x.tlog.size", b"3\n")


def test_two_requests_at_once_do_not_fork_what_the_witness_remembers(tmp_path: Path) -> None:
    build(tmp_path / "one", 3)
    build(tmp_path / "two", 4, note="another past")
    answers: list[str] = []
    with served(witness(tmp_path / "w")) as server:
        url = f"http://127.0.0.1:{server.server_port}"

        def ask(folder: Path) -> None:
            try:
                answers.append(str(cosign_over_http(folder, url, WITNESS_KEY.verifier)))
            except VerificationError:
                answers.append("refused")

        threads = [threading.Thread(target=ask, args=[tmp_path / name]) for name in ("one", "two") * 4]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(set(answers) - {"refused"}) == 1
    assert answers.count("refused") == 4


def test_a_witness_that_does_not_answer_is_said_to_be_so(tmp_path: Path) -> None:
    build(tmp_path / "ledger", 1)
    for url in ("http://127.0.0.1:1", "file:///etc/passwd", "nonsense"):
        with pytest.raises(UsageError):
            cosign_over_http(tmp_path / "ledger", url, WITNESS_KEY.verifier)
