"""The witness: https://c2sp.org/tlog-witness. It keeps the last checkpoint it saw and cosigns only what grew from it.

A force that rewrites and re-signs its own history passes every other check. `Witness.add_checkpoint` is the same
whether the request came over HTTP (`clew.ledger.witness_http`) or on a memory stick.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Self

from filelock import FileLock

from clew.ledger.checkpoint import Checkpoint, open_checkpoint, parse_size
from clew.ledger.durable import write_durably
from clew.ledger.errors import VerificationError
from clew.ledger.merkle import EMPTY_ROOT, check_consistency, consistency_proof
from clew.ledger.note import Note, Signature, SigningKey, VerifierKey
from clew.ledger.proof import encode_hashes, parse_hashes, split_head
from clew.ledger.tiles import Tiles

MAX_EVIDENCE_FILES = 1_000  # per ledger: a log that misbehaves endlessly must not fill the witness's disk


class RefusedError(VerificationError):
    """The witness does not cosign; `status` is the HTTP status of tlog-witness, `held` the size it has seen."""

    def __init__(self, what: str, *, status: HTTPStatus, held: int = 0, why: str = "") -> None:
        super().__init__(what, why=why)
        self.status, self.held = status, held


@dataclass(frozen=True)
class AddCheckpoint:
    """The request of tlog-witness: a checkpoint, and the proof that it grew from the one of `old` entries."""

    old: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """tlog-witness, "add-checkpoint"."""
        lines, note = split_head(raw)
        if not lines[0].startswith("old "):
            raise VerificationError("This is not a request to a witness.", where=lines[0][:80])
        return cls(parse_size(lines[0][4:]), parse_hashes(lines[1:]), note)

    def __bytes__(self) -> bytes:
        return f"old {self.old}\n{encode_hashes(self.hashes)}\n".encode() + self.checkpoint

    def check(self, old: Checkpoint, new: Checkpoint) -> None:
        """Proves that `new`, whose signature was checked, grew from `old`; raises `VerificationError`."""
        if old.origin != new.origin or old.size != self.old:
            raise VerificationError(
                f"It proves growth from {self.old} entries of {new.origin}, not from {old.size} of {old.origin}."
            )
        check_consistency(old.size, old.root, new.size, new.root, self.hashes)


def prove_consistency(tiles: Tiles, old: int, checkpoint: bytes) -> AddCheckpoint:
    """The proof that the tree of `checkpoint`, whose size is that of `tiles`, begins with its first `old` entries."""
    if old > tiles.size:
        raise VerificationError(
            f"The ledger has {tiles.size} entries, and {old} were seen before.", why="it has been cut back"
        )
    return AddCheckpoint(old, tuple(consistency_proof(old, tiles.size, tiles.mth)), checkpoint)


def state_path(folder: Path, kind: str, origin: str) -> Path:
    """Where the witness in `folder` keeps what it has of `origin`: ``held`` is a file, ``evidence`` a folder."""
    return folder / kind / sha256(origin.encode()).hexdigest()[:32]


class Witness:
    """The witness whose state is in `folder`; `logs` are the verifier keys of the ledgers it watches."""

    def __init__(self, folder: Path, signer: SigningKey, logs: Iterable[VerifierKey]) -> None:
        self.folder, self.signer, self.logs = folder, signer, tuple(logs)

    def add_checkpoint(self, raw: bytes, at: int) -> Signature:
        """Cosigns the checkpoint of the request `raw` at POSIX time `at` and remembers it, or raises `RefusedError`."""
        try:
            request = AddCheckpoint.parse(raw)
            origin = Checkpoint.parse(Note.parse(request.checkpoint).text).origin
        except VerificationError as error:
            raise RefusedError(error.what, status=HTTPStatus.BAD_REQUEST) from error
        keys = [key for key in self.logs if key.name == origin]
        if not keys:
            raise RefusedError(f"{origin} is not watched here.", status=HTTPStatus.NOT_FOUND)
        try:
            new, note = open_checkpoint(request.checkpoint, keys)
        except VerificationError as error:
            raise RefusedError(error.what, status=HTTPStatus.FORBIDDEN, why=error.why) from error
        path = state_path(self.folder, "held", origin)
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock")):  # check and remember as one step, or two requests could fork the past
            self._check(request, new, path.read_bytes() if path.exists() else None, at)
            signature = self.signer.sign(str(note.text), at)
            write_durably(path, bytes(note.with_signatures([signature])))
        return signature

    def _check(self, request: AddCheckpoint, new: Checkpoint, held: bytes | None, at: int) -> None:
        """The checks of tlog-witness in its order, with what is wrong kept as evidence."""
        own = self.signer.verifier
        old, cosigned = open_checkpoint(held, self.logs) if held else (Checkpoint(new.origin, 0, EMPTY_ROOT), None)
        if cosigned and at < cosigned.signers([own]).get(own, 0):
            raise RefusedError("The clock of this witness has gone back.", status=HTTPStatus.INTERNAL_SERVER_ERROR)
        if new.size < old.size:
            self._keep(request, new, held)
        if request.old > new.size or request.old != old.size:
            what = f"The ledger shows {new.size} entries, with a proof from {request.old}; {old.size} were seen here."
            status = HTTPStatus.BAD_REQUEST if request.old > new.size else HTTPStatus.CONFLICT
            why = "it has been rolled back" if new.size < old.size else "the proof must start from what was seen"
            raise RefusedError(what, status=status, held=old.size, why=why)
        try:
            request.check(old, new)
        except VerificationError as error:
            self._keep(request, new, held)
            status = HTTPStatus.CONFLICT if old.size == new.size else HTTPStatus.UNPROCESSABLE_ENTITY
            raise RefusedError(error.what, status=status, held=old.size, why=error.why) from error

    def _keep(self, request: AddCheckpoint, new: Checkpoint, held: bytes | None) -> None:
        """Two signed statements that contradict each other: the proof of a rewritten past."""
        folder = state_path(self.folder, "evidence", new.origin)
        if folder.exists() and len(list(folder.iterdir())) >= MAX_EVIDENCE_FILES:
            return
        name = f"{new.size}-{sha256(bytes(request)).hexdigest()[:16]}"
        write_durably(folder / f"{name}.held", held or b"")
        write_durably(folder / f"{name}.request", bytes(request))
