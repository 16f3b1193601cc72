"""One file that proves one entry, offline and years later: https://c2sp.org/tlog-proof.

The extra data, which the format leaves to the application, carries the entry itself (`clew.ledger.entries`); it is
believed only after it has been hashed.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from clew.ledger.checkpoint import Checkpoint, open_checkpoint, parse_size
from clew.ledger.errors import VerificationError
from clew.ledger.merkle import HASH_BYTES, check_inclusion, inclusion_proof, leaf_hash
from clew.ledger.note import MAX_NOTE_BYTES, Note, VerifierKey, decode_base64
from clew.ledger.tiles import Tiles

HEADER = "c2sp.org/tlog-proof@v1"
MAX_PROOF_HASHES = 63  # RFC 6962 trees of at most 2**63 leaves


def encode_hashes(hashes: Iterable[bytes]) -> str:
    """One base64 hash a line."""
    return "".join(b64encode(value).decode() + "\n" for value in hashes)


def parse_hashes(lines: list[str]) -> tuple[bytes, ...]:
    """The hashes of a proof, at most 63."""
    hashes = tuple(decode_base64(line, "hash of the proof") for line in lines)
    if len(hashes) > MAX_PROOF_HASHES or any(len(value) != HASH_BYTES for value in hashes):
        raise VerificationError("The hashes of the proof are malformed.")
    return hashes


def split_head(raw: bytes) -> tuple[list[str], bytes]:
    """The lines before the first blank line, and the signed note after it."""
    head, blank, note = raw.partition(b"\n\n")
    if not blank or len(raw) > 2 * MAX_NOTE_BYTES or not head.isascii():
        raise VerificationError("This is neither a proof nor a request to a witness.")
    return head.decode("ascii").split("\n"), note


@dataclass(frozen=True)
class InclusionProof:
    """A tlog-proof: `extra` is opaque, `checkpoint` a signed note verbatim."""

    extra: bytes
    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """tlog-proof, "Format"."""
        lines, note = split_head(raw)
        extra = decode_base64(lines.pop(1)[6:], "extra data") if lines[1:] and lines[1].startswith("extra ") else b""
        if lines[0] != HEADER or len(lines) < 2 or not lines[1].startswith("index "):
            raise VerificationError("This is not a proof of an entry.", where=lines[0][:80])
        return cls(extra, parse_size(lines[1][6:]), parse_hashes(lines[2:]), note)

    def __bytes__(self) -> bytes:
        extra = f"extra {b64encode(self.extra).decode()}\n" if self.extra else ""
        return f"{HEADER}\n{extra}index {self.index}\n{encode_hashes(self.hashes)}\n".encode() + self.checkpoint

    def check(self, leaf: bytes, keys: Iterable[VerifierKey]) -> tuple[Checkpoint, Note]:
        """Proves that `leaf` is entry `index` of the ledger that one of `keys` signed; raises `VerificationError`."""
        checkpoint, note = open_checkpoint(self.checkpoint, keys)
        check_inclusion(leaf_hash(leaf), self.index, checkpoint.size, self.hashes, checkpoint.root)
        return checkpoint, note


def prove_inclusion(tiles: Tiles, index: int, checkpoint: bytes, extra: bytes = b"") -> InclusionProof:
    """The proof that entry `index` is in the tree of `checkpoint`, whose size is that of `tiles`."""
    return InclusionProof(extra, index, tuple(inclusion_proof(index, tiles.size, tiles.mth)), checkpoint)
