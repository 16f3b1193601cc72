"""``clew witness``: on the inspector's own machine. It remembers what it saw, and cosigns only what grew from it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from clew.cli.console import JsonOption, OutOption, print_json
from clew.cli.ledger_options import read_bytes, show_key, write_note
from clew.core import UsageError
from clew.ledger.checkpoint import Checkpoint
from clew.ledger.cosign import request_cosignature
from clew.ledger.durable import write_durably
from clew.ledger.keys import default_key_file, load_signing_key, load_verifier_keys, new_signing_key, save_signing_key
from clew.ledger.note import Algorithm, Note, VerifierKey
from clew.ledger.witness import AddCheckpoint, Witness, state_path
from clew.ledger.witness_http import WitnessServer

LOGS = "logs"

app = typer.Typer(help="Remembers what a ledger showed, and cosigns only what grew from it.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(metavar="WITNESS", help="The folder of the witness, on its own machine.")]
KeyFile = Annotated[Path | None, typer.Option("--key-file", help="Its private key. Default: WITNESS.key.")]


def _logs(folder: Path) -> list[VerifierKey]:
    path = folder / LOGS
    if not path.is_file():
        raise UsageError("There is no witness here.", where=str(folder), mend="start one with `clew witness init`")
    return load_verifier_keys(str(path)) if path.stat().st_size else []


def _open(folder: Path, key_file: Path | None) -> Witness:
    signer = load_signing_key(key_file or default_key_file(folder), folder)
    if signer.algorithm is not Algorithm.COSIGNATURE:
        raise UsageError("This is the key of a ledger, not of a witness.", where=str(key_file))
    return Witness(folder, signer, _logs(folder))


@app.command()
def init(
    folder: Folder,
    name: Annotated[str, typer.Option(help="The name of the witness, like inspectorate.example/w1.")],
    key_file: KeyFile = None,
    qr: Annotated[Path | None, typer.Option(help="Also write the QR code here, for paper (.svg or .png).")] = None,
) -> None:
    """Starts a witness with a new key, and prints the verifier key to publish.

    Example: clew witness init witness --name inspectorate.example/w1
    """
    if (folder / LOGS).exists():
        raise UsageError("There is a witness here already.", where=str(folder), mend="name another folder")
    key = new_signing_key(name, Algorithm.COSIGNATURE)
    save_signing_key(key, key_file or default_key_file(folder))
    write_durably(folder / LOGS, b"")
    show_key(key.verifier, qr)


@app.command()
def watch(
    folder: Folder, key: Annotated[str, typer.Argument(help="The ledger's verifier key, or a file with it.")]
) -> None:
    """Adds a ledger to those the witness watches, by the verifier key that was handed over.

    Example: clew witness watch witness example.police.uk/ledger+1a2b3c4d+AX...
    """
    known, new = _logs(folder), load_verifier_keys(key)
    if any(k.algorithm is not Algorithm.ED25519 for k in new):
        raise UsageError("This is the key of a witness, not of a ledger.")
    keys = dict.fromkeys([*known, *new])
    write_durably(folder / LOGS, "".join(f"{k}\n" for k in keys).encode())
    typer.echo(f"The witness watches {', '.join(sorted({k.name for k in keys}))}.")


@app.command()
def cosign(
    folder: Folder,
    given: Annotated[Path, typer.Argument(metavar="FILE_OR_COPY")],
    key_file: KeyFile = None,
    out: OutOption = None,
) -> None:
    """Cosigns what a memory stick brought, a request file or a copy of the ledger, or refuses and keeps the evidence.

    Example: clew witness cosign witness request.txt --out cosigned.txt
    """
    witness = _open(folder, key_file)
    if given.is_dir():
        origin = Checkpoint.parse(Note.parse(read_bytes(given / "checkpoint")).text).origin
        held = state_path(folder, "held", origin)
        seen = Checkpoint.parse(Note.parse(read_bytes(held)).text).size if held.exists() else 0
        raw = bytes(request_cosignature(given, seen))
    else:
        raw = read_bytes(given)
    signature = witness.add_checkpoint(raw, int(time.time()))
    write_note(bytes(Note.parse(AddCheckpoint.parse(raw).checkpoint).with_signatures([signature])), out)


@app.command()
def serve(
    folder: Folder,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 8420,
    key_file: KeyFile = None,
) -> None:
    """Answers requests for cosignatures over HTTP (C2SP tlog-witness) until it is stopped.

    Example: clew witness serve witness --port 8420
    """
    witness = _open(folder, key_file)
    try:
        server = WitnessServer((host, port), witness, lambda: int(time.time()))
    except OSError as error:
        raise UsageError(f"The witness cannot listen there: {error.strerror}.", where=f"{host}:{port}") from error
    typer.echo(f"The witness listens at http://{host}:{server.server_port}", err=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()


@app.command()
def show(folder: Folder, json_: JsonOption = False) -> None:
    """Shows what the witness has seen of each ledger, when it cosigned it, and the evidence it kept.

    Example: clew witness show witness
    """
    rows: list[dict[str, Any]] = []
    for origin in sorted({key.name for key in _logs(folder)}):
        held, evidence = state_path(folder, "held", origin), state_path(folder, "evidence", origin)
        size = Checkpoint.parse(Note.parse(read_bytes(held)).text).size if held.exists() else 0
        kept = sorted(str(path) for path in evidence.glob("*.request"))
        rows.append({"origin": origin, "entries": size, "held": str(held) if size else None, "evidence": kept})
    if json_:
        print_json({"ledgers": rows})
        return
    for row in rows:
        typer.echo(f"{row['origin']}: {row['entries']} entries seen; last checkpoint: {row['held'] or 'none'}")
        typer.echo("".join(f"  refused, evidence kept: {path}\n" for path in row["evidence"]), nl=False)
