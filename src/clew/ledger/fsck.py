"""The operator's own check: all that can be wrong in the folder, not the first thing only, and what can be mended.

Needs no key and proves nothing to an outsider: `clew.ledger.verify` is for that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clew.ledger.audit import EntryAudit, leftovers, recompute
from clew.ledger.checkpoint import Checkpoint
from clew.ledger.errors import VerificationError
from clew.ledger.log import hold, lock_of, read_checkpoint
from clew.ledger.note import Note
from clew.ledger.payloads import Payloads
from clew.ledger.tiles import Tiles


@dataclass(frozen=True)
class Finding:
    """One fault; `mended` if it was put right."""

    what: str
    mended: bool = False


def fsck(folder: Path, *, mend: bool = False) -> tuple[int, list[Finding]]:
    """The number of entries, and the faults found.

    With `mend`, the remains of a crash are deleted (they were never acknowledged) and erasures that were recorded but
    not finished are finished. Nothing else can be mended from inside: it needs a copy.
    """
    with hold(lock_of(folder)):
        checkpoint = Checkpoint.parse(Note.parse(read_checkpoint(folder)).text)
        tiles = Tiles(folder, checkpoint.size)
        audit, findings = EntryAudit(tiles), []
        try:
            if recompute(tiles, audit.visit) != checkpoint.root:
                raise VerificationError("The entries do not add up to the root in the checkpoint.", where=str(folder))
            for path in leftovers(tiles):
                if mend:
                    path.unlink()
                findings.append(Finding(f"{path.relative_to(folder).as_posix()} is not part of the ledger.", mend))
            if audit.has_payloads:
                findings += _check_payloads(audit, Payloads(folder), mend)
        except VerificationError as error:
            findings.append(Finding(f"{error.what} ({error.where})"))
    return checkpoint.size, findings


def _check_payloads(audit: EntryAudit, payloads: Payloads, mend: bool) -> Iterator[Finding]:
    size = audit.tiles.size
    for number in payloads.unacknowledged(size):
        if mend:
            payloads.trim(number, size)
        yield Finding(f"Payload file {number} holds payloads of entries never acknowledged.", mend)
    for fault, unfinished in audit.payload_faults():
        if mend and unfinished is not None:
            payloads.erase(unfinished, size)
        yield Finding(fault, mend and unfinished is not None)
