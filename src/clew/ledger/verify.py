"""What an outsider does with a copy of the ledger and a key that did not come with it; and what that does not prove.

The decisive check is the one against an older checkpoint, or a witness's: a past rewritten and signed again with the
genuine key passes all the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from clew.ledger.audit import EntryAudit, leftovers, recompute
from clew.ledger.checkpoint import Checkpoint, open_checkpoint
from clew.ledger.errors import VerificationError
from clew.ledger.log import CHECKPOINT, COSIGNED, read_checkpoint
from clew.ledger.note import VerifierKey
from clew.ledger.payloads import PAYLOADS
from clew.ledger.policy import Policy
from clew.ledger.tiles import Tiles


@dataclass(frozen=True)
class Verified:
    """A ledger that passed, and how far: `held` entries were covered by what somebody else kept."""

    checkpoint: Checkpoint
    held: int
    proves: tuple[str, ...]
    does_not_prove: tuple[str, ...]
    remarks: tuple[str, ...]


def check_grown_from(old: Checkpoint, tiles: Tiles) -> None:
    """The ledger begins with what `old` saw. `tiles` must have been recomputed; raises `VerificationError`."""
    if old.size > tiles.size:
        raise VerificationError(
            f"The ledger has {tiles.size} entries, and a checkpoint of it with {old.size} exists: it was rolled back.",
            why="entries that others have seen were removed",
            mend="keep both checkpoints: together they are the proof",
        )
    if tiles.mth(0, old.size) != old.root:
        raise VerificationError(
            f"The first {old.size} entries are not those of the older checkpoint: the past was rewritten.",
            why="the same key signed two pasts that contradict each other",
            mend="keep both checkpoints: together they are the proof",
        )


def cosigned_checkpoint(
    folder: Path, keys: Sequence[VerifierKey], policy: Policy
) -> tuple[Checkpoint, dict[VerifierKey, int]]:
    """The newest checkpoint in `folder` that has the quorum of `policy`, with the POSIX time of each cosignature."""
    for name in (CHECKPOINT, COSIGNED):
        if (folder / name).exists():
            checkpoint, note = open_checkpoint(read_checkpoint(folder, name), keys)
            cosigners = note.signers(policy.witnesses.values())
            if policy.satisfied_by(cosigners):
                return checkpoint, cosigners
    raise VerificationError(
        f"No checkpoint in this copy has the quorum {policy.quorum!r}.",
        why="without the witnesses nothing shows that this past is the one that others were shown",
        mend="ask the witnesses what they cosigned last; ask the force to have its checkpoint cosigned",
    )


def verify(
    folder: Path,
    *,
    keys: Sequence[VerifierKey],
    older: Sequence[bytes] = (),
    policy: Policy | None = None,
    stamped: Sequence[tuple[Checkpoint, datetime]] = (),
) -> Verified:
    """Checks the copy in `folder` against `keys`, `older` checkpoints (signed notes), a `policy` and time stamps.

    Raises `VerificationError` at the first thing that is wrong.
    """
    keys = (*keys, *(policy.logs if policy else ()))
    checkpoint, note = open_checkpoint(read_checkpoint(folder), keys)
    tiles = Tiles(folder, checkpoint.size)
    audit = EntryAudit(tiles)
    if recompute(tiles, audit.visit) != checkpoint.root:
        raise VerificationError("The entries do not add up to the signed root.", where=str(folder))
    remains = leftovers(tiles)
    for fault, _ in audit.payload_faults():
        raise VerificationError(fault, where=str(folder / PAYLOADS))

    n, seen, held, said = checkpoint.size, [open_checkpoint(raw, keys)[0] for raw in older], 0, []
    for old in seen:
        check_grown_from(old, tiles)
        held = max(held, old.size)
        said.append(f"It begins with the {old.size} entries of the older checkpoint you hold, unchanged.")
    if policy:
        cosigned, cosigners = cosigned_checkpoint(folder, keys, policy)
        check_grown_from(cosigned, tiles)
        held = max(held, cosigned.size)
        said += [
            f"Its first {cosigned.size} entries were cosigned by {key.name} on {_utc(time)}; they are unchanged since."
            for key, time in cosigners.items()
        ]
    unread = _check_kept_cosigned(folder, keys, tiles)
    for old, time in stamped:
        check_grown_from(old, tiles)
        said.append(f"Its first {old.size} entries existed by {_utc(time.timestamp())}, by a time stamp you trust.")

    signed = ", ".join(sorted(key.key_id.hex() for key in note.signers(keys)))
    proves = (
        f"The key of {checkpoint.origin} ({signed}) signed a ledger of {n} entries, and this copy is that ledger.",
        "Every entry is whole, in its place, and nothing was put between them.",
        *said,
    )
    return Verified(checkpoint, held, proves, _does_not_prove(n, held, said), (*unread, *_remarks(audit, remains)))


def _check_kept_cosigned(folder: Path, keys: Sequence[VerifierKey], tiles: Tiles) -> tuple[str, ...]:
    """The cosigned checkpoint in the copy vouches for nothing without a policy, but it must not contradict the rest."""
    if not (folder / COSIGNED).exists():
        return ()
    raw = read_checkpoint(folder, COSIGNED)
    try:
        checkpoint, _ = open_checkpoint(raw, keys)
    except VerificationError as error:  # of before a rotation, it may be, by a key that this reader does not hold
        return (f"{COSIGNED} was not compared: {error.what}",)
    check_grown_from(checkpoint, tiles)
    return ()


def _does_not_prove(size: int, held: int, said: Sequence[str]) -> tuple[str, ...]:
    rewriting: tuple[str, ...]
    if not said:
        rewriting = (
            f"That this is the past that was shown to others. Whoever has the private key can rewrite all {size} "
            "entries and sign again; only an older checkpoint kept by somebody else, or a witness, would show it.",
        )
    else:
        rewriting = (
            "What happened to the entries before the checkpoint you hold, or the witness's, was made.",
            *(
                [f"That entries from {held} on are as first written: nobody else has seen them yet."]
                if held < size
                else []
            ),
        )
    return (
        "That what was entered was true, or that everything that happened was entered.",
        "That the times in the entries are right: they are the word of whoever made the entry.",
        *rewriting,
    )


def _remarks(audit: EntryAudit, remains: Sequence[Path]) -> tuple[str, ...]:
    remarks = []
    if audit.erased:
        remarks.append(f"Payloads erased: {len(audit.erased)}; each erasure is itself an entry.")
    if not audit.has_payloads:
        remarks.append("This copy has no payloads; what the entries commit to was not compared.")
    if audit.backdated:
        shown = ", ".join(map(str, audit.backdated[:5]))
        remarks.append(
            f"Entries that bear an earlier time than one before them: {len(audit.backdated)} (first: {shown})."
        )
    if remains:
        remarks.append(f"Files that are not part of the signed ledger: {len(remains)} (first: {remains[0].name}).")
    return tuple(remarks)


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
