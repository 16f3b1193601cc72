"""What the commands of `clew ledger` share: options, and how what they name is opened."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from clew.cli.console import write_text
from clew.core import UsageError, parse_instant, parse_zone
from clew.ledger.keys import (
    default_key_file,
    load_signing_key,
    load_verifier_keys,
    qr_code,
    refuse_inside,
    save_qr_code,
)
from clew.ledger.note import SigningKey, VerifierKey
from clew.ledger.policy import Policy

Folder = Annotated[Path, typer.Argument(metavar="LEDGER", help="The folder of the ledger, or of a copy of it.")]
KeyFiles = Annotated[
    list[Path] | None,
    typer.Option("--key-file", help="The private key; twice during a rotation. Default: LEDGER.key beside the folder."),
]
Keys = Annotated[
    list[str] | None,
    typer.Option("--key", help="A verifier key, or a file of them, that did not come with the copy. May be repeated."),
]
PolicyFile = Annotated[Path | None, typer.Option("--policy", help="Which witnesses must have cosigned (tlog-policy).")]
Actor = Annotated[str, typer.Option(help="Who did it: a role or an account number, never a name.")]
Basis = Annotated[str, typer.Option(help="On what basis, as a reference such as standard:death-report/2014.")]
At = Annotated[str | None, typer.Option(help="When it happened (default: now), ISO 8601, in UTC unless it says.")]
Roots = Annotated[
    list[Path] | None, typer.Option("--tsa-root", help="The root certificate (PEM) of a time stamp authority.")
]


def read_bytes(path: Path, limit: int = 4_000_000) -> bytes:
    """The bytes of a file that a person named; raises `UsageError`."""
    try:
        with path.open("rb") as file:
            return file.read(limit)
    except OSError as error:
        raise UsageError(f"The file cannot be read: {error.strerror}.", where=str(path)) from error


def write_note(raw: bytes, out: Path | None) -> None:
    """Writes a note or a proof, which are UTF-8 text, to `out` or to stdout."""
    write_text(raw.decode(), out)


def show_key(key: VerifierKey, qr: Path | None) -> None:
    """Prints a verifier key as text and as a QR code, for handing over out of band."""
    typer.echo("Verifier key, to be handed to whoever will check, by another way than the copies:")
    typer.echo(str(key))
    typer.echo(qr_code(key), nl=False)
    if qr:
        save_qr_code(key, qr)


def open_signers(folder: Path, key_files: list[Path] | None) -> list[SigningKey]:
    """The private keys named, or the one beside the ledger."""
    return [load_signing_key(path, folder) for path in key_files or [default_key_file(folder)]]


def open_keys(given: list[str] | None, policy: Policy | None, folder: Path | None = None) -> list[VerifierKey]:
    """The verifier keys named; none from inside `folder`."""
    keys = [key for text in given or () for key in load_verifier_keys(text, folder)]
    if not keys and not (policy and policy.logs):
        raise UsageError(
            "A verifier key is needed, and none was given.",
            why="a copy cannot vouch for itself",
            mend="give --key with the key that was handed to you, or a --policy that names the ledger",
        )
    return keys


def open_policy(path: Path | None, folder: Path | None = None) -> Policy | None:
    """The policy named; not from inside `folder`."""
    if path and folder:
        refuse_inside(path, folder, "policy")
    return Policy.parse(read_bytes(path)) if path else None


def instant(text: str | None) -> datetime:
    """When `text` says, or now: the one place of the ledger that reads the wall clock."""
    return parse_instant(text, parse_zone("UTC"), where="--at") if text else datetime.now(UTC)
