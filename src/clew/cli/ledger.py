"""``clew ledger``: a past that an outsider can check. Here what the operator does; the rest is in `ledger_checks`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from clew.cli import ledger_checks
from clew.cli.console import JsonOption, OutOption, print_json, write_text
from clew.cli.ledger_options import Actor, At, Basis, Folder, KeyFiles, instant, open_signers, read_bytes, show_key
from clew.core import UsageError, parse_instant, parse_zone
from clew.ledger.entries import Entry, EntryType, Operation
from clew.ledger.fsck import fsck
from clew.ledger.keys import default_key_file, load_signing_key, new_signing_key, refuse_inside, save_signing_key
from clew.ledger.ledger import Ledger, read_entries, rotate_key

app = typer.Typer(help="Keeps a record that an outsider can check, and checks it.", no_args_is_help=True)
app.command("verify")(ledger_checks.verify_command)
app.command("prove")(ledger_checks.prove)
app.command("check-proof")(ledger_checks.check_proof)
app.command("consistency")(ledger_checks.consistency)
app.command("cosign")(ledger_checks.cosign)
app.command("timestamp")(ledger_checks.timestamp_command)


@app.command()
def init(
    folder: Folder,
    origin: Annotated[str, typer.Option(help="The name of the ledger, like example.police.uk/ledger.")],
    key_file: Annotated[Path | None, typer.Option(help="Where to put the private key. Default: LEDGER.key.")] = None,
    qr: Annotated[Path | None, typer.Option(help="Also write the QR code here, for paper (.svg or .png).")] = None,
) -> None:
    """Starts an empty ledger with a new key, and prints the verifier key to hand over.

    Example: clew ledger init force-ledger --origin example.police.uk/ledger
    """
    path = key_file or default_key_file(folder)
    refuse_inside(path, folder, "private key")
    key = new_signing_key(origin)
    save_signing_key(key, path)
    try:
        Ledger.create(folder, key)
    except Exception:
        path.unlink()
        raise
    typer.echo(f"The ledger {origin} is in {folder}, its private key in {path}: keep a copy of that key locked away.")
    show_key(key.verifier, qr)


@app.command()
def key(
    key_file: Annotated[Path, typer.Argument(help="A private key file, of a ledger or a witness.")],
    qr: Annotated[Path | None, typer.Option(help="Also write the QR code here, for paper (.svg or .png).")] = None,
) -> None:
    """Prints the verifier key that belongs to a private key, as text and as a QR code.

    Example: clew ledger key force-ledger.key --qr key.svg
    """
    show_key(load_signing_key(key_file, key_file / "none").verifier, qr)


@app.command()
def append(
    folder: Folder,
    *,
    type_: Annotated[EntryType | None, typer.Option("--type", help="What kind of entry.")] = None,
    subject: Annotated[str, typer.Option(help="About what, as a reference such as event:E12.")] = "",
    actor: Actor = "",
    basis: Basis = "",
    at: At = None,
    operation: Annotated[Operation | None, typer.Option(help="The section 62 operation, if not the usual one.")] = None,
    purpose: Annotated[str, typer.Option(help="Why it was consulted or disclosed; goes into the payload.")] = "",
    recipient: Annotated[str, typer.Option(help="To whom it was disclosed; goes into the payload.")] = "",
    payload: Annotated[
        Path | None, typer.Option(help="A JSON object, kept beside the tree where it can be erased.")
    ] = None,
    entries: Annotated[
        Path | None, typer.Option(help="Instead: a file with one entry a line, JSON with these names.")
    ] = None,
    key_file: KeyFiles = None,
    json_: JsonOption = False,
) -> None:
    """Records one entry, or a file of them, and returns once they are safe on the disk.

    Example: clew ledger append force-ledger --type decision --actor desk:7 --subject event:E12 --basis referral:3
    """
    if (type_ is None) == (entries is None):
        raise UsageError("Give either --type with its options, or --entries.")
    if type_ is not None:
        value = _json_object(read_bytes(payload), str(payload)) if payload else {}
        batch: Iterable[Entry] = [
            Entry(type_, instant(at), actor, subject, basis, value, operation, purpose, recipient)
        ]
    else:
        batch = _read_batch(entries or Path(), instant(at))
    indices = Ledger(folder, open_signers(folder, key_file)).append(batch)
    if json_:
        print_json({"first": indices.start, "count": len(indices)})
    else:
        typer.echo(
            f"Recorded {len(indices)} {'entry' if len(indices) == 1 else 'entries'} from number {indices.start}."
        )


def _json_object(raw: bytes, where: str) -> dict[str, Any]:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"This is not JSON: {error}.", where=where) from error
    if not isinstance(value, dict):
        raise UsageError("This is not a JSON object.", where=where)
    return value


def _read_batch(path: Path, now: datetime) -> Iterator[Entry]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                yield _read_entry(_json_object(line, f"{path}, line {number}"), now, f"{path}, line {number}")
    except OSError as error:
        raise UsageError(f"The file cannot be read: {error.strerror}.", where=str(path)) from error


def _read_entry(fields: dict[str, Any], now: datetime, where: str) -> Entry:
    try:
        fields["type"] = EntryType(fields["type"])
        fields["operation"] = Operation(fields["operation"]) if "operation" in fields else None
        fields["at"] = parse_instant(fields["at"], parse_zone("UTC"), where=where) if "at" in fields else now
        return Entry(**fields)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"This is not an entry: {error}.", where=where) from error


@app.command()
def log(
    folder: Folder,
    first: Annotated[int, typer.Option(min=0, help="The first entry to show.")] = 0,
    count: Annotated[int, typer.Option(min=1, help="How many at most.")] = 1_000,
    out: OutOption = None,
    json_: JsonOption = False,
) -> None:
    """Shows the entries as they are in the folder, without checking them.

    Example: clew ledger log force-ledger --first 100 --count 20
    """
    entries = read_entries(folder, first, first + count)
    if json_:
        shown = [
            {
                "index": e.index,
                **e.leaf,
                "payload": e.payload.value if e.payload else None,
                "held": e.payload is not None,
            }
            for e in entries
        ]
        print_json({"entries": shown}, out)
        return
    lines = (
        f"{e.index:>8}  {e.leaf['at']}  {e.leaf['type']:<16} {e.leaf['actor']:<16} {e.leaf['subject']}"
        f"{'' if e.payload else '  (payload not held)'}\n"
        for e in entries
    )
    write_text("".join(lines), out)


@app.command("fsck")
def fsck_command(
    folder: Folder,
    mend: Annotated[bool, typer.Option(help="Delete the remains of a crash; finish erasures that were begun.")] = False,
    json_: JsonOption = False,
) -> None:
    """Looks for everything that is wrong in the operator's own folder; proves nothing to an outsider.

    Example: clew ledger fsck force-ledger --mend
    """
    size, findings = fsck(folder, mend=mend)
    if json_:
        print_json({"entries": size, "findings": [{"what": f.what, "mended": f.mended} for f in findings]})
    else:
        for finding in findings:
            typer.echo(f"{'mended' if finding.mended else 'FAULT '}  {finding.what}")
        typer.echo(f"{size} entries, {len(findings)} findings.")
    if any(not finding.mended for finding in findings):
        raise typer.Exit(3)


@app.command()
def erase(
    folder: Folder,
    entry: Annotated[int, typer.Argument(min=0, help="The number of the entry whose payload is erased.")],
    *,
    actor: Actor,
    basis: Basis,
    at: At = None,
    key_file: KeyFiles = None,
) -> None:
    """Erases the payload and salt of an entry, and records that it was erased; the tree still verifies.

    Example: clew ledger erase force-ledger 12 --actor records:2 --basis retention:2031
    """
    ledger = Ledger(folder, open_signers(folder, key_file))
    recorded = ledger.erase(entry, at=instant(at), actor=actor, basis=basis)
    typer.echo(f"The payload of entry {entry} is erased; entry {recorded} records it.")


@app.command()
def rotate(
    folder: Folder,
    *,
    new_key_file: Annotated[Path, typer.Option(help="Where to put the new private key.")],
    actor: Actor,
    basis: Basis = "key-rotation",
    at: At = None,
    key_file: KeyFiles = None,
    qr: Annotated[Path | None, typer.Option(help="Also write the QR code here, for paper (.svg or .png).")] = None,
) -> None:
    """Makes a new key that follows the old one, recorded in an entry that both keys sign.

    Example: clew ledger rotate force-ledger --new-key-file new.key --actor records:2
    """
    old = open_signers(folder, key_file)[0]
    refuse_inside(new_key_file, folder, "private key")
    new = new_signing_key(old.name)
    save_signing_key(new, new_key_file)
    index = rotate_key(folder, old, new, at=instant(at), actor=actor, basis=basis)
    typer.echo(f"Entry {index} records the new key. Sign with both (--key-file twice) until all hold the new one.")
    show_key(new.verifier, qr)
