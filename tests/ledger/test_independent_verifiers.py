"""Programs we did not write accept our ledgers and refuse tampered ones.

The Go checksum database's code is Debian's ``golang-golang-x-mod-dev``; ``.ci/independent-verifier`` installs it and
sets CLEW_REQUIRE_GO, so that a missing ``go`` fails there and is skipped aloud elsewhere. CLEW_AICS names the folder of
programs of a Python 3.12 environment with ``aics-tlog``, ``aics-witness`` and ``tlog-scales``, where there is one.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from clew.ledger import Ledger, Policy, VerificationError, VerifierKey, verify
from clew.ledger.cosign import attach_cosignatures, request_cosignature
from clew.ledger.note import Note
from clew.ledger.proof import prove_inclusion
from clew.ledger.tiles import Tiles
from clew.ledger.witness_http import cosign_over_http
from tests.ledger.ledgers import (
    LOG_KEY,
    NOON,
    ORIGIN,
    OTHER_KEY,
    WITNESS_KEY,
    build,
    checkpoint,
    copy,
    entry,
    resign,
    witness,
)

GO_SOURCES = "/usr/share/gocode"
Verify = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def go_verify(tmp_path_factory: pytest.TempPathFactory) -> Verify:
    """Runs the Go verifier on a folder."""
    if not (shutil.which("go") and Path(GO_SOURCES, "src/golang.org/x/mod/sumdb").is_dir()):
        message = "no Go verifier: apt-get install golang-go golang-golang-x-mod-dev"
        if os.environ.get("CLEW_REQUIRE_GO"):
            pytest.fail(message)
        pytest.skip(message)
    folder = tmp_path_factory.mktemp("go")
    program, source = folder / "verify_ledger", Path(__file__).parent / "go/verify_ledger.go"
    cache = os.environ.get("GOCACHE") or str(Path.home() / ".cache/go-build")
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": GO_SOURCES, "GOCACHE": cache, "GOFLAGS": ""}
    subprocess.run(["go", "build", "-o", program, source], check=True, env=environment)

    def run(ledger: Path, *older: Path) -> subprocess.CompletedProcess[str]:
        command = [program, ledger, str(LOG_KEY.verifier), *older]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    return run


@pytest.mark.parametrize("count", [0, 1, 2, 255, 256, 257, 700, 66_000])
def test_the_go_checksum_database_code_accepts_our_ledgers(tmp_path: Path, go_verify: Verify, count: int) -> None:
    build(tmp_path / "ledger", count)
    result = go_verify(tmp_path / "ledger")
    assert (result.stdout, result.returncode) == (f"OK: {count} entries\n", 0)


def test_the_go_code_agrees_that_it_grew_from_an_older_checkpoint(tmp_path: Path, go_verify: Verify) -> None:
    folder = tmp_path / "ledger"
    ledger = build(folder, 300)
    (tmp_path / "older").write_bytes(checkpoint(folder))
    ledger.append(entry(number) for number in range(300, 700))
    assert go_verify(folder, tmp_path / "older").returncode == 0
    build(tmp_path / "rewritten", 700, note="another past")
    assert go_verify(tmp_path / "rewritten").returncode == 0
    refused = go_verify(tmp_path / "rewritten", tmp_path / "older")
    assert "not grown from the older checkpoint" in refused.stdout


def test_the_go_code_accepts_a_cosigned_checkpoint(tmp_path: Path, go_verify: Verify) -> None:
    folder = tmp_path / "ledger"
    build(folder, 5)
    request = request_cosignature(folder, 0)
    signature = witness(tmp_path / "w").add_checkpoint(bytes(request), NOON)
    attach_cosignatures(
        folder, bytes(Note.parse(request.checkpoint).with_signatures([signature])), [WITNESS_KEY.verifier]
    )
    assert WITNESS_KEY.name.encode() in checkpoint(folder)
    assert go_verify(folder).returncode == 0


def _flip(path: Path, at: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[at] ^= 0x01
    path.write_bytes(bytes(raw))


TAMPERINGS: dict[str, Callable[[Path], None]] = {
    "an entry altered": lambda folder: _flip(folder / "tile/entries/001", 5000),
    "a hash altered": lambda folder: _flip(folder / "tile/0/001", 40),
    "a hash above altered": lambda folder: _flip(folder / "tile/1/000.p/2", 3),
    "a signature altered": lambda folder: _flip(folder / "checkpoint", -20),
    "tiles swapped": lambda folder: [
        shutil.move(folder / "tile/0" / old, folder / "tile/0" / new)
        for old, new in (("000", "x"), ("001", "000"), ("x", "001"))
    ] and None,
    "an entry cut off": lambda folder: (folder / "tile/entries/000").write_bytes(
        (folder / "tile/entries/000").read_bytes()[:-9]
    ) and None,
    "signed by another key": lambda folder: resign(folder, OTHER_KEY, 600, bytes(32)),
    "signed over another root": lambda folder: resign(folder, LOG_KEY, 600, bytes(32)),
    "cut back": lambda folder: resign(folder, LOG_KEY, 500, bytes(32)),
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERINGS)
def test_the_go_code_refuses_what_we_refuse(tmp_path: Path, go_verify: Verify, name: str) -> None:
    build(tmp_path / "ledger", 600)
    forged = copy(tmp_path / "ledger", "forged")
    TAMPERINGS[name](forged)
    assert go_verify(forged).stdout.startswith("FAIL")
    with pytest.raises(VerificationError):
        verify(forged, keys=[LOG_KEY.verifier])


@pytest.fixture(scope="session")
def aics() -> Path:
    """The folder with the programs of the C2SP tools from the package index."""
    folder = Path(os.environ.get("CLEW_AICS", "absent"))
    if not (folder / "aics-tlog").exists():
        pytest.skip(
            "no C2SP tools: set CLEW_AICS to the bin folder of a Python 3.12 with aics-tlog aics-witness tlog-scales"
        )
    return folder


def _aics(program: Path, *words: object) -> dict[str, object]:
    result = subprocess.run([program, *map(str, words)], capture_output=True, text=True, timeout=60, check=False)
    lines = (result.stdout or result.stderr).splitlines()
    found: dict[str, object] = {**json.loads(lines[-1]), "code": result.returncode}
    return found


def test_a_c2sp_tool_accepts_checkpoint_cosignature_growth_and_inclusion(tmp_path: Path, aics: Path) -> None:
    folder = tmp_path / "ledger"
    ledger: Ledger = build(folder, 300)
    (tmp_path / "older").write_bytes(checkpoint(folder))
    ledger.append(entry(number) for number in range(300, 700))
    request = request_cosignature(folder, 0)
    signature = witness(tmp_path / "w").add_checkpoint(bytes(request), NOON)
    attach_cosignatures(
        folder, bytes(Note.parse(request.checkpoint).with_signatures([signature])), [WITNESS_KEY.verifier]
    )
    tool, key = aics / "aics-tlog", ["--log-key", LOG_KEY.verifier, "--tiles", folder]
    quorum = ["--witness-key", WITNESS_KEY.verifier, "--quorum", 1]
    found = _aics(tool, "verify-checkpoint", *key, *quorum)
    assert (found["ok"], found["size"], found["origin"]) == (True, 700, ORIGIN)
    assert _aics(tool, "verify-consistency", *key, "--old-checkpoint", tmp_path / "older")["ok"] is True
    leaf = tmp_path / "leaf"
    leaf.write_bytes(Tiles(folder, 700).entry(299))
    assert _aics(tool, "verify-inclusion", *key, "--index", 299, "--leaf", leaf)["ok"] is True
    assert _aics(tool, "verify-inclusion", *key, "--index", 298, "--leaf", leaf)["code"] != 0
    _flip(folder / "tile/0/001", 40)
    assert _aics(tool, "verify-consistency", *key, "--old-checkpoint", tmp_path / "older")["code"] != 0


def test_another_c2sp_tool_writes_the_same_proof_byte_for_byte(tmp_path: Path, aics: Path) -> None:
    folder = tmp_path / "ledger"
    build(folder, 700)
    for index in (0, 299, 699):
        theirs = subprocess.run([aics / "tlog-tiles", "gen-proof", folder, str(index)], capture_output=True, check=True)
        assert theirs.stdout == bytes(prove_inclusion(Tiles(folder, 700), index, checkpoint(folder)))


def test_a_witness_we_did_not_write_cosigns_for_us_and_refuses_a_rewritten_past(tmp_path: Path, aics: Path) -> None:
    folder, program = tmp_path / "ledger", aics / "aics-witness"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    words = ["init", "-c", "w.json", "--name", "other.example/w", "--listen", address]
    shown = subprocess.run([program, *words], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    key = VerifierKey.parse(next(line for line in shown.splitlines() if line.startswith("other.example/w+")))
    words = ["add-log", "-c", "w.json", "--origin", ORIGIN, "--vkey", str(LOG_KEY.verifier)]
    subprocess.run([program, *words], cwd=tmp_path, capture_output=True, check=True)
    ledger = build(folder, 300)
    build(tmp_path / "rewritten", 700, note="another past")
    quiet = subprocess.DEVNULL
    with subprocess.Popen([program, "serve", "-c", "w.json"], cwd=tmp_path, stdout=quiet, stderr=quiet) as server:
        try:
            for _ in range(100):
                with socket.socket() as attempt:
                    host, port = address.split(":")
                    if attempt.connect_ex((host, int(port))) == 0:
                        break
                time.sleep(0.1)
            assert cosign_over_http(folder, f"http://{address}", key) == 300
            ledger.append(entry(number) for number in range(300, 700))
            assert cosign_over_http(folder, f"http://{address}", key) == 700
            with pytest.raises(VerificationError, match="refuses to cosign"):
                cosign_over_http(tmp_path / "rewritten", f"http://{address}", key)
        finally:
            server.terminate()
    policy = Policy.parse(f"witness other {key}\nquorum other\n".encode())
    assert verify(folder, keys=[LOG_KEY.verifier], policy=policy).held == 700
