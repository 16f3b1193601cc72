"""The commands of `clew ledger` that show something to an outsider: verify, proofs, cosignatures and time stamps."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from clew.cli.console import JsonOption, OutOption, print_json, write_bytes, write_text
from clew.cli.ledger_options import (
    Folder,
    Keys,
    PolicyFile,
    Roots,
    open_keys,
    open_policy,
    read_bytes,
    write_note,
)
from clew.core import UsageError
from clew.ledger import timestamp
from clew.ledger.checkpoint import Checkpoint, open_checkpoint, parse_size
from clew.ledger.cosign import attach_cosignatures, request_cosignature
from clew.ledger.evidence import check_evidence, prove_entry
from clew.ledger.keys import load_verifier_keys, refuse_inside
from clew.ledger.note import Note, VerifierKey
from clew.ledger.policy import Policy
from clew.ledger.proof import HEADER
from clew.ledger.verify import verify
from clew.ledger.witness import AddCheckpoint
from clew.ledger.witness_http import cosign_over_http


def verify_command(
    folder: Folder,
    *,
    key: Keys = None,
    older: Annotated[
        list[Path] | None, typer.Option(help="An older checkpoint that you kept. May be repeated.")
    ] = None,
    policy: PolicyFile = None,
    tsa_root: Roots = None,
    out: OutOption = None,
    json_: JsonOption = False,
) -> None:
    """Recomputes a copy of the ledger from its entries, offline; prints what that proves and what it does not.

    Example: clew ledger verify copy --key example.police.uk/ledger+1a2b3c4d+AX... --older checkpoint-of-march
    """
    trusted = open_policy(policy, folder)
    keys = open_keys(key, trusted, folder)
    for path in older or ():
        refuse_inside(path, folder, "older checkpoint")
    all_keys = [*keys, *(trusted.logs if trusted else ())]
    stamped = timestamp.read_stamps(folder, all_keys, [read_bytes(root) for root in tsa_root]) if tsa_root else []
    found = verify(folder, keys=keys, older=[read_bytes(path) for path in older or ()], policy=trusted, stamped=stamped)
    if json_:
        value = {
            "origin": found.checkpoint.origin,
            "entries": found.checkpoint.size,
            "entries_held_by_others": found.held,
            "root": found.checkpoint.root.hex(),
            "proves": found.proves,
            "does_not_prove": found.does_not_prove,
            "remarks": found.remarks,
        }
        print_json(value, out)
        return
    parts = (("Proves", found.proves), ("Does not prove", found.does_not_prove), ("To note", found.remarks))
    text = "".join(f"{title}:\n" + "".join(f"  - {line}\n" for line in lines) for title, lines in parts if lines)
    write_text(text, out)


def prove(
    folder: Folder,
    entry: Annotated[int, typer.Argument(min=0, help="The number of the entry.")],
    with_payload: Annotated[bool, typer.Option(help="Disclose the payload too; record that as a disclosure.")] = False,
    out: OutOption = None,
) -> None:
    """Writes one file that proves one entry, to be checked offline, even years later.

    Example: clew ledger prove force-ledger 12 --out entry-12.tlog-proof
    """
    write_note(bytes(prove_entry(folder, entry, with_payload=with_payload)), out)


def check_proof(
    file: Annotated[Path, typer.Argument(help="A .tlog-proof file, or one that `consistency` wrote.")],
    key: Keys = None,
    policy: PolicyFile = None,
    older: Annotated[Path | None, typer.Option(help="For a consistency proof: the older checkpoint you kept.")] = None,
    json_: JsonOption = False,
) -> None:
    """Checks a proof file against a verifier key, and against witnesses if a policy is given.

    Example: clew ledger check-proof entry-12.tlog-proof --key force.vkey
    """
    raw, trusted = read_bytes(file), open_policy(policy)
    keys = open_keys(key, trusted)
    if not raw.startswith(HEADER.encode()):
        _check_growth(raw, [*keys, *(trusted.logs if trusted else ())], older)
        return
    found = check_evidence(raw, keys, trusted)
    if json_:
        print_json(
            {
                "entry": found.index,
                "leaf": found.leaf,
                "payload": found.payload,
                "origin": found.checkpoint.origin,
                "size": found.checkpoint.size,
                "cosigned": found.cosigned,
            }
        )
        return
    ledger = f"{found.checkpoint.origin} ({found.checkpoint.size} entries)"
    typer.echo(f"Entry {found.index} of the ledger {ledger} is proved:")
    for name, value in found.leaf.items():
        typer.echo(f"  {name}: {value}")
    if found.payload is not None:
        typer.echo(f"  payload: {json.dumps(found.payload, ensure_ascii=False)}")
    for name, time in found.cosigned.items():
        typer.echo(f"Cosigned by {name} at {datetime.fromtimestamp(time, UTC).isoformat()}.")
    if not found.cosigned:
        typer.echo("Not proved: that others were shown the same ledger; no witness was asked for (--policy).")
    typer.echo("Not proved: that what was entered was true.")


def _check_growth(raw: bytes, keys: list[VerifierKey], older: Path | None) -> None:
    request = AddCheckpoint.parse(raw)
    if older is None:
        raise UsageError("A consistency proof is checked against the older checkpoint you kept.", mend="give --older")
    new, old = open_checkpoint(request.checkpoint, keys)[0], open_checkpoint(read_bytes(older), keys)[0]
    request.check(old, new)
    typer.echo(f"The ledger {new.origin} of {new.size} entries begins with the {old.size} you saw, unchanged.")


def consistency(
    folder: Folder,
    since: Annotated[
        str, typer.Option("--from", help="How many entries were seen, or the older checkpoint file.")
    ] = "0",
    out: OutOption = None,
) -> None:
    """Writes the newest checkpoint with the proof that it grew from an older one: what a witness is sent.

    Example: clew ledger consistency force-ledger --from 120 --out request.txt
    """
    path = Path(since)
    seen = Checkpoint.parse(Note.parse(read_bytes(path)).text).size if path.is_file() else parse_size(since)
    write_note(bytes(request_cosignature(folder, seen)), out)


def cosign(
    folder: Folder,
    witness: Annotated[list[str] | None, typer.Option(help="The witness's verifier key, or a file with it.")] = None,
    url: Annotated[str | None, typer.Option(help="Ask this witness over HTTP.")] = None,
    from_: Annotated[Path | None, typer.Option("--from", help="Take the cosigned checkpoint from this file.")] = None,
    policy: Annotated[
        Path | None, typer.Option(help="Instead: ask every witness of this policy that has a URL.")
    ] = None,
) -> None:
    """Has the newest checkpoint cosigned by a witness, over HTTP or from a memory stick, and keeps the cosignature.

    Example: clew ledger cosign force-ledger --witness inspectorate.vkey --url http://witness.example:8420
    """
    if policy:
        trusted = Policy.parse(read_bytes(policy))
        asked = [(trusted.witnesses[name], address) for name, address in trusted.urls.items()]
    else:
        keys = [key for text in witness or () for key in load_verifier_keys(text, folder)]
        if not keys or (url is None) == (from_ is None):
            raise UsageError("Give --witness with --url or --from, or a --policy with URLs.")
        if from_:
            size = attach_cosignatures(folder, read_bytes(from_), keys).size
            typer.echo(f"Kept the cosignature over {size} entries.")
        asked = [(keys[0], url)] if url else []
    for key_, address in asked:
        size = cosign_over_http(folder, address, key_)
        typer.echo(f"{key_.name} has cosigned {size} entries.")


def timestamp_command(
    folder: Folder,
    request: Annotated[
        Path | None, typer.Option(help="Write a time stamp request (DER) here, for the authority.")
    ] = None,
    attach: Annotated[Path | None, typer.Option(help="Keep the authority's response in this file.")] = None,
    tsa_root: Roots = None,
) -> None:
    """Asks for an RFC 3161 time stamp over the checkpoint, or checks and keeps the one that came back.

    Example: clew ledger timestamp force-ledger --request checkpoint.tsq
    """
    if (request is None) == (attach is None):
        raise UsageError("Give either --request or --attach.")
    if request:
        path, der = timestamp.request_stamp(folder)
        write_bytes(der, request, "--request")
        typer.echo(f"Send {request} to the authority; it is about {path}.")
        return
    if not tsa_root:
        raise UsageError("A time stamp is checked against the root you trust.", mend="give --tsa-root")
    path, time = timestamp.attach_stamp(folder, read_bytes(attach or Path()), [read_bytes(root) for root in tsa_root])
    typer.echo(f"{path.stem} entries existed by {time.isoformat()}.")
