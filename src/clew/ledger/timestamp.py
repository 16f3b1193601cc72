"""Time stamps by a third party over a checkpoint: RFC 3161, with the optional package ``rfc3161-client``.

A stamp shows that the entries existed by a time which the force did not set itself. The stamped bytes are those of the
file ``timestamps/<size>.checkpoint``, so that ``openssl ts -verify -data`` checks them as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509

from clew.core import UsageError
from clew.ledger.audit import TIMESTAMPS
from clew.ledger.checkpoint import Checkpoint, open_checkpoint
from clew.ledger.durable import write_durably
from clew.ledger.errors import VerificationError
from clew.ledger.log import read_checkpoint
from clew.ledger.note import Note, VerifierKey

MAX_STAMP_BYTES = 1_000_000


def _library() -> Any:
    try:
        import rfc3161_client  # noqa: PLC0415 (optional: only who uses time stamps needs it)
    except ImportError:
        raise UsageError("Time stamps need a further package.", mend="pip install 'clew[timestamps]'") from None
    return rfc3161_client


def request_stamp(folder: Path) -> tuple[Path, bytes]:
    """Freezes today's checkpoint under ``timestamps/``; its path, and the DER request for a time stamp authority."""
    raw = read_checkpoint(folder)
    path = folder / TIMESTAMPS / f"{Checkpoint.parse(Note.parse(raw).text).size}.checkpoint"
    if not path.exists():
        write_durably(path, raw)
    builder = _library().TimestampRequestBuilder().data(path.read_bytes())
    return path, builder.hash_algorithm(_library().HashAlgorithm.SHA256).build().as_bytes()


def check_stamp(stamped: bytes, token: bytes, roots: Sequence[bytes]) -> datetime:
    """When the authority saw the bytes `stamped`, by its response `token` (DER) and the PEM `roots` you trust.

    Raises `VerificationError`. Note: authorities that send their certificates out of DER order are refused by the
    package.
    """
    library = _library()
    try:
        builder = library.VerifierBuilder(roots=[x509.load_pem_x509_certificate(root) for root in roots])
        response = library.decode_timestamp_response(token[:MAX_STAMP_BYTES])
        builder.build().verify_message(response, stamped)
        time: datetime = response.tst_info.gen_time
        return time
    except (library.VerificationError, ValueError) as error:
        raise VerificationError(
            f"The time stamp is not good: {error}.", mend="check it with openssl ts -verify"
        ) from error


def attach_stamp(folder: Path, token: bytes, roots: Sequence[bytes]) -> tuple[Path, datetime]:
    """Keeps `token` beside the checkpoint it stamps, the newest that fits; raises `VerificationError` if none does."""
    problem = VerificationError("No checkpoint waits for a time stamp.", mend="clew ledger timestamp LEDGER --request")
    for path in sorted((folder / TIMESTAMPS).glob("*.checkpoint"), key=lambda path: int(path.stem), reverse=True):
        try:
            time = check_stamp(path.read_bytes(), token, roots)
        except VerificationError as error:
            problem = error
            continue
        write_durably(path.with_suffix(".tsr"), token)
        return path, time
    raise problem


def read_stamps(folder: Path, keys: Sequence[VerifierKey], roots: Sequence[bytes]) -> list[tuple[Checkpoint, datetime]]:
    """Every stamped checkpoint in the copy at `folder`, checked against `keys` and `roots`, with its time."""
    found = []
    for token in sorted((folder / TIMESTAMPS).glob("*.tsr")):
        raw = read_checkpoint(folder, f"{TIMESTAMPS}/{token.stem}.checkpoint")
        found.append((open_checkpoint(raw, keys)[0], check_stamp(raw, token.read_bytes(), roots)))
    return found
