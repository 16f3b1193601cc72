"""Checkpoints (https://c2sp.org/tlog-checkpoint): which ledger, how many entries, and the root over them, signed."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from clew.ledger.errors import VerificationError
from clew.ledger.merkle import HASH_BYTES
from clew.ledger.note import Algorithm, Note, VerifierKey, decode_base64

MAX_TREE_SIZE = 2**63 - 1


def parse_size(text: str) -> int:
    """A tree size or index: ASCII decimal with no leading zeroes."""
    if (
        text.isascii()
        and text.isdecimal()
        and len(text) <= 19
        and str(int(text)) == text
        and int(text) <= MAX_TREE_SIZE
    ):
        return int(text)
    raise VerificationError("A number of entries is malformed.", where=text[:40])


@dataclass(frozen=True)
class Checkpoint:
    """A tree head: `origin` names the ledger, `size` counts its entries, `root` is the RFC 6962 root hash."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """tlog-checkpoint, "Note text"; extension lines are signed with the rest and otherwise ignored."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
            raise VerificationError("This is not a checkpoint.", where=text[:80])
        root = decode_base64(lines[2], "root hash")
        if len(root) != HASH_BYTES:
            raise VerificationError("The root hash has not 32 bytes.", where=lines[2])
        return cls(lines[0], parse_size(lines[1]), root)

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


def open_checkpoint(raw: bytes, keys: Iterable[VerifierKey]) -> tuple[Checkpoint, Note]:
    """The checkpoint in `raw`, signed by one of `keys` whose name is its origin; raises `VerificationError`."""
    note = Note.parse(raw)
    checkpoint = Checkpoint.parse(note.text)
    keys = [key for key in keys if key.algorithm is Algorithm.ED25519]
    own = [key for key in keys if key.name == checkpoint.origin]
    if not own:
        names = ", ".join(sorted({key.name for key in keys})) or "none of a ledger"
        raise VerificationError(
            f"The checkpoint is of {checkpoint.origin!r}, and no key given is of that ledger.",
            where=f"keys given: {names}",
            mend="use the verifier key that was handed to you for this ledger",
        )
    if not note.signers(own):
        raise VerificationError(
            f"The checkpoint of {checkpoint.origin} is not signed by the key you hold.",
            why="another key of the same name signed it, or nobody did",
            mend="ask, by another way than this copy, whether the key was changed",
        )
    return checkpoint, note
