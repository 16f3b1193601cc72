"""Keys: made with safe modes, never inside the ledger they sign, never from inside the copy they check.

A private key file is the one line of Go's sumdb/note, mode 0600. A verifier key is handed over out of band, as text or
as a QR code; one that came with the copy proves nothing, for whoever forged the copy would have forged the key.
"""

from __future__ import annotations

import os
import stat
from base64 import b64encode
from io import StringIO
from pathlib import Path

import segno
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clew.core import UsageError
from clew.ledger.errors import VerificationError
from clew.ledger.note import Algorithm, SigningKey, VerifierKey, parse_key


def default_key_file(folder: Path) -> Path:
    """``FOLDER.key``, beside the folder of the ledger and never in it."""
    folder = folder.resolve()
    return folder.with_name(folder.name + ".key")


def refuse_inside(path: Path, folder: Path, what: str) -> None:
    """Raises `UsageError` if `path` is in `folder`."""
    if path.resolve().is_relative_to(folder.resolve()):
        raise UsageError(
            f"The {what} is inside the ledger's own folder.",
            where=str(path),
            why="a copy of the ledger would carry the private key away, or bring the key by which it is to be believed",
            mend="keep it elsewhere; an outsider asks for the verifier key by another way",
        )


def new_signing_key(name: str, algorithm: Algorithm = Algorithm.ED25519) -> SigningKey:
    """A new key for the ledger or witness called `name`: a name like a web address without spaces or plus signs."""
    key = SigningKey(name, algorithm, Ed25519PrivateKey.generate().private_bytes_raw())
    try:
        VerifierKey.parse(str(key.verifier))
    except VerificationError as error:
        raise UsageError(
            f"{name!r} cannot be the name of a key.",
            mend="use a name like example.police.uk/ledger, without spaces or plus signs",
        ) from error
    return key


def encode_signing_key(key: SigningKey) -> str:
    """``PRIVATE+KEY+NAME+ID+BASE64``, as Go's ``golang.org/x/mod/sumdb/note`` writes it. Secret."""
    seed = b64encode(bytes([key.algorithm]) + key.seed).decode()
    return f"PRIVATE+KEY+{key.name}+{key.verifier.key_id.hex()}+{seed}"


def parse_signing_key(text: str) -> SigningKey:
    """What `encode_signing_key` wrote; raises `VerificationError`, in which nothing of the key is shown."""
    name, identity, algorithm, seed = parse_key(text.strip().removeprefix("PRIVATE+KEY+"), "private key")
    key = SigningKey(name, algorithm, seed)
    if identity != key.verifier.key_id.hex():
        raise VerificationError("The private key does not match its own id.", where=name)
    return key


def save_signing_key(key: SigningKey, path: Path) -> None:
    """Writes `key` to a new file that only its owner can read; never over an existing file."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(encode_signing_key(key) + "\n")
            file.flush()
            os.fsync(handle)
    except OSError as error:
        raise UsageError(
            f"The private key cannot be written: {error.strerror}.", where=str(path), mend="name a new file"
        ) from error


def load_signing_key(path: Path, folder: Path) -> SigningKey:
    """The private key at `path`, for what is in `folder`; refused if others may read it."""
    refuse_inside(path, folder, "private key")
    try:
        if os.name != "nt" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise UsageError(
                "Others than its owner may read the private key.",
                where=str(path),
                why="whoever has it can sign in the ledger's name",
                mend=f"chmod 600 {path.name}, and ask who could have read it",
            )
        return parse_signing_key(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The private key cannot be read: {error}.",
            mend="name its file; a lost key: see docs/how-to/ledger-keys.md",
        ) from None


def load_verifier_keys(given: str, folder: Path | None = None) -> list[VerifierKey]:
    """The verifier keys in `given`: the text of one, or a file with one a line, not from inside `folder`."""
    path = Path(given)
    try:
        is_file = path.is_file()
    except OSError:
        is_file = False
    if not is_file:
        return [VerifierKey.parse(given)]
    if folder is not None:
        refuse_inside(path, folder, "verifier key")
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The verifier key cannot be read: {error}.", where=given) from None
    return [VerifierKey.parse(line) for line in lines if line.strip() and not line.startswith("#")]


def qr_code(key: VerifierKey) -> str:
    """`key` as a QR code in text, to be scanned from a terminal."""
    text = StringIO()
    segno.make(str(key), error="m", micro=False).terminal(out=text, compact=True, border=2)
    return text.getvalue()


def save_qr_code(key: VerifierKey, path: Path) -> None:
    """Writes `key` as a QR code for paper; the ending of `path` says the format: svg, png, txt."""
    try:
        segno.make(str(key), error="m", micro=False).save(str(path), scale=8)
    except (OSError, ValueError) as error:
        raise UsageError(f"The QR code cannot be written: {error}.", where=str(path), mend="end it in .svg") from error
