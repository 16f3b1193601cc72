"""RFC 3161 time stamps: made by OpenSSL as the authority, checked by us and by OpenSSL."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clew.ledger import Ledger, VerificationError, verify
from clew.ledger.timestamp import attach_stamp, check_stamp, read_stamps, request_stamp
from tests.ledger.ledgers import LOG_KEY, build, entry

KEYS = [LOG_KEY.verifier]
SETTINGS = """
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[tsa]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
[stamp]
default_tsa = authority
[authority]
serial = serial
crypto_device = builtin
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
ess_cert_id_alg = sha256
"""


class Authority:
    """A time stamp authority in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "settings").write_text(SETTINGS)
        (folder / "serial").write_text("01")
        new = ["req", "-config", "settings", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        self._openssl(*new, "-x509", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=root", "-extensions", "ca")
        self._openssl(*new, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=authority")
        signed = ["-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"]
        self._openssl("x509", *signed, "-extfile", "settings", "-extensions", "tsa", "-out", "tsa.pem")

    def _openssl(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True, timeout=60)

    @property
    def root(self) -> bytes:
        return (self.folder / "ca.pem").read_bytes()

    def stamp(self, request: bytes) -> bytes:
        (self.folder / "request").write_bytes(request)
        self._openssl(
            "ts", "-reply", "-config", "settings", "-section", "authority", "-queryfile", "request", "-out", "reply"
        )
        return (self.folder / "reply").read_bytes()

    def accepts(self, stamped: Path, token: Path) -> bool:
        command = [
            "openssl",
            "ts",
            "-verify",
            "-data",
            stamped,
            "-in",
            token,
            "-CAfile",
            "ca.pem",
            "-untrusted",
            "tsa.pem",
        ]
        return subprocess.run(command, cwd=self.folder, capture_output=True, timeout=60, check=False).returncode == 0


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    pytest.importorskip("rfc3161_client", reason="time stamps need rfc3161-client")
    if not shutil.which("openssl"):
        pytest.skip("no openssl to stand in for a time stamp authority")
    return Authority(tmp_path_factory.mktemp("tsa") / "tsa")


def test_a_stamp_shows_by_when_the_entries_existed(tmp_path: Path, authority: Authority) -> None:
    folder = tmp_path / "ledger"
    ledger: Ledger = build(folder, 3)
    before = datetime.now(UTC).replace(microsecond=0)
    path, request = request_stamp(folder)
    ledger.append([entry(3)])
    token = authority.stamp(request)
    kept, time = attach_stamp(folder, token, [authority.root])
    assert kept == path
    assert before <= time <= datetime.now(UTC)
    assert authority.accepts(path, path.with_suffix(".tsr"))
    stamped = read_stamps(folder, KEYS, [authority.root])
    assert [(head.size, when) for head, when in stamped] == [(3, time)]
    found = verify(folder, keys=KEYS, stamped=stamped)
    assert any("first 3 entries existed by" in line for line in found.proves)


def test_a_stamp_over_something_else_or_by_somebody_else_is_refused(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, authority: Authority
) -> None:
    folder = tmp_path / "ledger"
    build(folder, 3)
    path, request = request_stamp(folder)
    token = authority.stamp(request)
    stranger = Authority(tmp_path_factory.mktemp("tsa") / "stranger")
    with pytest.raises(VerificationError):
        check_stamp(path.read_bytes() + b"x", token, [authority.root])
    with pytest.raises(VerificationError):
        check_stamp(path.read_bytes(), token, [stranger.root])
    with pytest.raises(VerificationError):
        attach_stamp(folder, b"rubbish", [authority.root])
    for at in range(0, len(token), 16):
        changed = token[:at] + bytes([token[at] ^ 0x01]) + token[at + 1 :]
        try:
            time = check_stamp(path.read_bytes(), changed, [authority.root])
        except VerificationError:
            continue
        # a byte outside what is signed, such as the status text: the time is still the genuine one
        assert time == check_stamp(path.read_bytes(), token, [authority.root])


def test_a_stamp_does_not_hide_that_the_past_was_rewritten(tmp_path: Path, authority: Authority) -> None:
    build(tmp_path / "ledger", 3)
    _, request = request_stamp(tmp_path / "ledger")
    attach_stamp(tmp_path / "ledger", authority.stamp(request), [authority.root])
    build(tmp_path / "rewritten", 3, note="another past")
    shutil.copytree(tmp_path / "ledger/timestamps", tmp_path / "rewritten/timestamps")
    stamped = read_stamps(tmp_path / "rewritten", KEYS, [authority.root])
    with pytest.raises(VerificationError, match="rewritten"):
        verify(tmp_path / "rewritten", keys=KEYS, stamped=stamped)


def test_nothing_to_stamp_is_said_to_be_so(tmp_path: Path, authority: Authority) -> None:
    build(tmp_path / "ledger", 3)
    with pytest.raises(VerificationError, match="No checkpoint waits"):
        attach_stamp(tmp_path / "ledger", b"x", [authority.root])
