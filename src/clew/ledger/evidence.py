"""One entry taken out of the ledger as a `.tlog-proof` file, with the entry itself in it, and read again years later.

The extra data of the proof is RFC 8785 JSON: ``{"leaf": text}``, and ``"payload"`` and ``"salt"`` if they are
disclosed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rfc8785

from clew.core import UsageError
from clew.ledger.checkpoint import Checkpoint
from clew.ledger.entries import commitment, parse_leaf
from clew.ledger.errors import VerificationError
from clew.ledger.log import CHECKPOINT, COSIGNED, read_checkpoint
from clew.ledger.note import Note, VerifierKey
from clew.ledger.payloads import Payloads
from clew.ledger.policy import Policy
from clew.ledger.proof import InclusionProof, prove_inclusion
from clew.ledger.tiles import Tiles


@dataclass(frozen=True)
class Evidence:
    """An entry proved: `cosigned` maps the witnesses that cosigned the checkpoint to the POSIX time they did."""

    index: int
    leaf: dict[str, Any]
    payload: Any
    checkpoint: Checkpoint
    cosigned: dict[str, int]


def prove_entry(folder: Path, index: int, *, with_payload: bool = False) -> InclusionProof:
    """The proof of entry `index`, under the newest cosigned checkpoint that covers it, else under the newest.

    `with_payload` discloses the payload and its salt: record that as a disclosure first.
    """
    for name in (COSIGNED, CHECKPOINT):
        if not (folder / name).exists():
            continue
        raw = read_checkpoint(folder, name)
        tiles = Tiles(folder, Checkpoint.parse(Note.parse(raw).text).size)
        if index < tiles.size:
            break
    extra: dict[str, Any] = {"leaf": tiles.entry(index).decode()}
    if with_payload:
        payload = Payloads(folder).get(index, tiles.size)
        if payload is None:
            raise UsageError(f"The payload of entry {index} is not held here.", mend="prove the entry without it")
        extra |= {"payload": payload.value, "salt": payload.salt.hex()}
    return prove_inclusion(tiles, index, raw, rfc8785.dumps(extra))


def check_evidence(raw: bytes, keys: Sequence[VerifierKey], policy: Policy | None = None) -> Evidence:
    """Checks a `.tlog-proof` against keys held beforehand and the quorum of `policy`; raises `VerificationError`."""
    proof = InclusionProof.parse(raw)
    try:
        extra = json.loads(proof.extra)
        if rfc8785.dumps(extra) != proof.extra or set(extra) not in ({"leaf"}, {"leaf", "payload", "salt"}):
            raise ValueError("not in the form that prove_entry writes")
        leaf, disclosed = extra["leaf"].encode(), "payload" in extra
        committed = commitment(bytes.fromhex(extra["salt"]), rfc8785.dumps(extra["payload"])) if disclosed else ""
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, rfc8785.CanonicalizationError) as error:
        raise VerificationError("The proof does not carry the entry it is about.", mend="ask for it again") from error
    checkpoint, note = proof.check(leaf, (*keys, *(policy.logs if policy else ())))
    fields = parse_leaf(leaf)
    if disclosed and committed != fields["commitment"]:
        raise VerificationError(f"The payload is not the one that entry {proof.index} committed to.")
    cosigners = note.signers(policy.witnesses.values()) if policy else {}
    if policy and not policy.satisfied_by(cosigners):
        raise VerificationError(f"The proof has not the quorum {policy.quorum!r} of witnesses.")
    cosigned = {key.name: time for key, time in cosigners.items()}
    return Evidence(proof.index, fields, extra.get("payload"), checkpoint, cosigned)
