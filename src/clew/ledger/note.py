"""Signed notes (https://c2sp.org/signed-note) and the Ed25519 cosignature/v1 of https://c2sp.org/tlog-cosignature.

A note is text, a blank line and signature lines. Keys are *given* to the reader; a note never vouches for its own keys.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import sha256
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from clew.ledger.errors import VerificationError

MAX_NOTE_BYTES = 1_000_000  # as Go's sumdb/note
MAX_SIGNATURES = 100  # as Go's sumdb/note; the specification asks for at least 16
MAX_POSIX_TIME = 2**63 - 1  # tlog-cosignature, "Format"


class Algorithm(IntEnum):
    """Signature types of the signed-note specification that Clew makes and checks."""

    ED25519 = 0x01
    COSIGNATURE = 0x04


def decode_base64(text: str, what: str) -> bytes:
    """RFC 4648 section 4, strict: one text for one value, so that no byte can change unnoticed."""
    try:
        value = b64decode(text, validate=True)
    except ValueError:
        value = b""
    if not value or b64encode(value).decode() != text:
        raise VerificationError(f"The {what} is not base64.")  # what it is, is not shown: it may be a private key
    return value


def key_id(name: str, algorithm: int, public: bytes) -> bytes:
    """signed-note, "Signatures": SHA-256(name || 0x0A || signature type || public key)[:4]."""
    return sha256(name.encode() + b"\n" + bytes([algorithm]) + public).digest()[:4]


def parse_key(text: str, what: str) -> tuple[str, str, Algorithm, bytes]:
    """Name, id, type and key of ``NAME+ID+BASE64``, the form of both kinds of key."""
    name, _, rest = text.strip().partition("+")
    identity, _, encoded = rest.partition("+")
    value = decode_base64(encoded, what)
    spaced = any(c.isspace() or not c.isprintable() for c in name)
    if not name or spaced or len(value) != 33 or value[0] not in tuple(Algorithm):
        raise VerificationError(
            f"This is not a {what}.",
            why="it is neither an Ed25519 log key (type 1) nor a witness key (type 4)",
            mend="copy the whole line, NAME+ID+KEY, unchanged",
        )
    return name, identity, Algorithm(value[0]), value[1:]


@dataclass(frozen=True)
class VerifierKey:
    """A public key: what the outsider holds, handed over out of band (signed-note, "Verifier keys")."""

    name: str
    algorithm: Algorithm
    public: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads ``NAME+ID+BASE64``; raises `VerificationError` if the id is not that of the key."""
        name, identity, algorithm, public = parse_key(text, "verifier key")
        key = cls(name, algorithm, public)
        if identity != key.key_id.hex():
            raise VerificationError("The verifier key does not match its own id.", where=name, mend="ask for it again")
        return key

    @property
    def key_id(self) -> bytes:
        """The four bytes that name this key in a signature line."""
        return key_id(self.name, self.algorithm, self.public)

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{b64encode(bytes([self.algorithm]) + self.public).decode()}"

    def check(self, text: str, signature: bytes) -> int:
        """Checks `signature` over `text`; the POSIX time of a cosignature, 0 for a plain signature, which has none."""
        time, message = 0, text.encode()
        if self.algorithm is Algorithm.COSIGNATURE:
            time, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            message = _cosigned_message(text, time)
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            raise VerificationError(f"The signature by {self.name} is not genuine.", where=text[:80]) from None
        if time > MAX_POSIX_TIME:
            raise VerificationError(f"The cosignature by {self.name} has no possible time.")
        return time


def _cosigned_message(text: str, time: int) -> bytes:
    """tlog-cosignature, "Ed25519 signed message"."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


@dataclass(frozen=True)
class SigningKey:
    """A private key. Its seed is in no repr, so in no log and no traceback."""

    name: str
    algorithm: Algorithm
    seed: bytes = field(repr=False)

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        return VerifierKey(self.name, self.algorithm, public)

    def sign(self, text: str, time: int = 0) -> Signature:
        """Signs `text`; a witness key cosigns it at POSIX `time`."""
        private, stamp, message = Ed25519PrivateKey.from_private_bytes(self.seed), b"", text.encode()
        if self.algorithm is Algorithm.COSIGNATURE:
            stamp, message = time.to_bytes(8, "big"), _cosigned_message(text, time)
        return Signature(self.name, self.verifier.key_id, stamp + private.sign(message))


@dataclass(frozen=True)
class Signature:
    """One signature line: who, which key (four bytes), and the signature bytes."""

    name: str
    key_id: bytes
    value: bytes

    @classmethod
    def parse(cls, line: str) -> Self:
        """Reads ``— NAME BASE64``."""
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        if dash != "—" or not name or "+" in name or any(c.isspace() for c in name):
            raise VerificationError("A signature line is malformed.", where=line[:80])
        value = decode_base64(encoded, "signature")
        return cls(name, value[:4], value[4:])

    def __str__(self) -> str:
        return f"— {self.name} {b64encode(self.key_id + self.value).decode()}\n"


@dataclass(frozen=True)
class Note:
    """Text that ends in a newline, and its signatures, not yet believed."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """signed-note, "Format"; raises `VerificationError`."""
        try:
            whole = raw.decode("utf-8") if len(raw) <= MAX_NOTE_BYTES else ""
        except UnicodeDecodeError:
            whole = ""
        text, blank, lines = whole.rpartition("\n\n")
        signatures = lines.split("\n")[:-1]
        control = any(c < " " and c != "\n" for c in whole)
        if not blank or control or not lines.endswith("\n") or not 0 < len(signatures) <= MAX_SIGNATURES:
            raise VerificationError("This is not a signed note.", why="only a note with a signature can be checked")
        return cls(text + "\n", tuple(Signature.parse(line) for line in signatures))

    def __bytes__(self) -> bytes:
        return f"{self.text}\n{''.join(map(str, self.signatures))}".encode()

    def signers(self, keys: Iterable[VerifierKey]) -> dict[VerifierKey, int]:
        """Which of `keys` signed this, and when. Unknown signatures are ignored, a false one by a known key refused."""
        known = {(key.name, key.key_id): key for key in keys}
        found: dict[VerifierKey, int] = {}
        for signature in self.signatures:
            if key := known.get((signature.name, signature.key_id)):
                found[key] = max(key.check(self.text, signature.value), found.get(key, 0))
        return found

    def with_signatures(self, more: Iterable[Signature]) -> Note:
        """This note with `more` signatures, a later one by the same key in place of the earlier."""
        merged = {(s.name, s.key_id): s for s in (*self.signatures, *more)}
        return Note(self.text, tuple(merged.values()))
