"""The operator's side of witnessing: what to send to a witness, and where its cosignature is kept.

``checkpoint`` is cosigned if it is still the one the witness saw; ``checkpoint.cosigned`` is the newest that was, for a
ledger that has grown since.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from clew.ledger.checkpoint import Checkpoint
from clew.ledger.durable import write_durably
from clew.ledger.errors import VerificationError
from clew.ledger.log import CHECKPOINT, COSIGNED, hold, lock_of, read_checkpoint
from clew.ledger.note import Note, VerifierKey
from clew.ledger.tiles import Tiles
from clew.ledger.verify import check_grown_from
from clew.ledger.witness import AddCheckpoint, prove_consistency


def request_cosignature(folder: Path, seen: int) -> AddCheckpoint:
    """The request to a witness that has seen the first `seen` entries (0: none yet) of the ledger in `folder`."""
    raw = read_checkpoint(folder)
    size = Checkpoint.parse(Note.parse(raw).text).size
    return prove_consistency(Tiles(folder, size), seen, raw)


def attach_cosignatures(folder: Path, raw: bytes, witnesses: Sequence[VerifierKey]) -> Checkpoint:
    """Keeps what `witnesses` cosigned: `raw` is a checkpoint of this ledger with their cosignatures; returned.

    Signatures by anyone else are left out. Raises `VerificationError` if none is theirs or it is of another past.
    """
    given = Note.parse(raw)
    cosigners = given.signers(witnesses)
    if not cosigners:
        raise VerificationError("No witness you named has cosigned this.", mend="name its verifier key")
    checkpoint = Checkpoint.parse(given.text)
    known = {(key.name, key.key_id) for key in cosigners}
    cosignatures = [s for s in given.signatures if (s.name, s.key_id) in known]
    by_ledger = [s for s in given.signatures if s.name == checkpoint.origin]
    with hold(lock_of(folder)):
        current = Note.parse(read_checkpoint(folder))
        own = Checkpoint.parse(current.text)
        if own.origin != checkpoint.origin:
            raise VerificationError(f"This is a checkpoint of {checkpoint.origin}, the ledger is {own.origin}.")
        check_grown_from(checkpoint, Tiles(folder, own.size))
        if given.text == current.text:
            write_durably(folder / CHECKPOINT, bytes(current.with_signatures(cosignatures)))
        kept = Note.parse(read_checkpoint(folder, COSIGNED)) if (folder / COSIGNED).exists() else None
        if kept and kept.text == given.text:
            write_durably(folder / COSIGNED, bytes(kept.with_signatures(cosignatures)))
        elif not kept or Checkpoint.parse(kept.text).size < checkpoint.size:
            write_durably(folder / COSIGNED, bytes(Note(given.text, (*by_ledger, *cosignatures))))
    return checkpoint
