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
from clew.ledger.merkle import check_consistency, consistency_proof
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


def prove_consistency(tiles: Tiles, old: int, checkpoint: bytes) -> AddCheckpoint:
    """The proof that the tree of `checkpoint`, whose size is that of `tiles`, begins with its first `old` entries."""
    if old > tiles.size:
        raise VerificationError(
            f"The ledger has {tiles.size} entries, and {old} were seen before.", why="it has been cut back"
        )
    return AddCheckpoint(old, tuple(consistency_proof(old, tiles.size, tiles.mth)), checkpoint)


class Witness:
    """The witness whose state is in `folder`; `logs` are the verifier keys of the ledgers it watches."""

    def __init__(self, folder: Path, signer: SigningKey, logs: Iterable[VerifierKey]) -> None:
        self.folder, self.signer, self.logs = folder, signer, tuple(logs)

    def _state(self, kind: str, origin: str) -> Path:
        return self.folder / kind / sha256(origin.encode()).hexdigest()[:32]

    def held(self, origin: str) -> bytes | None:
        """The last checkpoint of `origin` that this witness cosigned, with its cosignature."""
        path = self._state("held", origin)
        return path.read_bytes() if path.exists() else None

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
        path = self._state("held", origin)
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock")):  # check and remember as one step, or two requests could fork the past
            self._check(request, new, at)
            signature = self.signer.sign(str(note.text), at)
            write_durably(path, bytes(note.with_signatures([signature])))
        return signature

    def _check(self, request: AddCheckpoint, new: Checkpoint, at: int) -> None:
        """The checks of tlog-witness in its order, with what is wrong kept as evidence."""
        own, raw = self.signer.verifier, self.held(new.origin)
        old, cosigned = open_checkpoint(raw, self.logs) if raw else (Checkpoint(new.origin, 0, b""), None)
        if cosigned and at < cosigned.signers([own]).get(own, 0):
            raise RefusedError("The clock of this witness has gone back.", status=HTTPStatus.INTERNAL_SERVER_ERROR)
        if new.size < old.size or request.old > new.size:
            self._keep(request, new, raw)
            what = f"The ledger shows {new.size} entries; this witness has seen {old.size}."
            raise RefusedError(what, status=HTTPStatus.BAD_REQUEST, held=old.size, why="it has been rolled back")
        if request.old != old.size:
            what = f"The proof starts from {request.old} entries; this witness has seen {old.size}."
            raise RefusedError(what, status=HTTPStatus.CONFLICT, held=old.size)
        try:
            check_consistency(old.size, old.root if raw else sha256(b"").digest(), new.size, new.root, request.hashes)
        except VerificationError as error:
            self._keep(request, new, raw)
            status = HTTPStatus.CONFLICT if old.size == new.size else HTTPStatus.UNPROCESSABLE_ENTITY
            raise RefusedError(error.what, status=status, held=old.size, why=error.why) from error

    def _keep(self, request: AddCheckpoint, new: Checkpoint, held: bytes | None) -> None:
        """Two signed statements that contradict each other: the proof of a rewritten past."""
        folder = self._state("evidence", new.origin)
        if folder.exists() and len(list(folder.iterdir())) >= MAX_EVIDENCE_FILES:
            return
        name = f"{new.size}-{sha256(bytes(request)).hexdigest()[:16]}"
        write_durably(folder / f"{name}.held", held or b"")
        write_durably(folder / f"{name}.request", bytes(request))
