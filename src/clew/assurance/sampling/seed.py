"""The seed of a draw, promised before anyone could know what it would pick.

Two ways. *Committed*: the auditor writes the SHA-256 of a secret seed into the ledger before the frame is fixed, and
reveals the seed after; nobody can then fit the frame to the seed, nor the seed to the frame. *Beacon*: the frame is
fixed first and a public random value published afterwards (a national randomness beacon, a lottery) is the seed. This
module does not know the ledger: it takes what was recorded there as a `SeedCommitment`.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from clew.core import IntegrityError, UsageError

DOMAIN = b"clew sample seed v1\n"
LEAST_BYTES = 16
"""A shorter seed could be tried out by somebody who knows the frame (128 bits cannot)."""


class SeedSource(Protocol):
    """Something that can say whether a seed may be used on a frame fixed at a given instant."""

    @property
    def recorded_in(self) -> str:
        """Where an outsider finds the promise or the value: a ledger entry, a web address."""
        ...

    def check(self, seed: bytes, *, frame_fixed_at: datetime, revealed_at: datetime) -> None:
        """Raises `IntegrityError` unless `seed` is the promised one and the order of events is right."""
        ...


@dataclass(frozen=True)
class SeedCommitment:
    """A promise: the SHA-256 `commitment` of a seed, made at `committed_at`, found at `recorded_in`."""

    commitment: str
    committed_at: datetime
    recorded_in: str

    def check(self, seed: bytes, *, frame_fixed_at: datetime, revealed_at: datetime) -> None:
        """Raises `IntegrityError` if the seed differs, was promised after the frame, or revealed before it."""
        if not hmac.compare_digest(commitment_of(seed), self.commitment):
            raise IntegrityError(
                "The seed is not the one that was promised.",
                where=self.recorded_in,
                why="a seed chosen after the frame was known could steer the draw",
                mend="use the seed whose SHA-256 was recorded, or promise a new one and draw anew",
            )
        if self.committed_at > frame_fixed_at:
            raise IntegrityError(
                "The seed was promised after the frame was fixed.",
                where=f"{self.recorded_in}: promised {self.committed_at.isoformat()}, frame fixed "
                f"{frame_fixed_at.isoformat()}",
                why="whoever chose the seed could already see which items it would pick",
                mend="promise a new seed, then fix the frame anew",
            )
        if revealed_at < frame_fixed_at:
            raise IntegrityError(
                "The seed was revealed before the frame was fixed.",
                where=f"{self.recorded_in}: revealed {revealed_at.isoformat()}, frame fixed "
                f"{frame_fixed_at.isoformat()}",
                why="whoever fixed the frame could already see which items would be picked",
                mend="promise a new seed, keep it secret until the frame is fixed, and draw anew",
            )


@dataclass(frozen=True)
class Beacon:
    """A public random value (as text), published at `published_at`, found at `recorded_in`."""

    value: str
    published_at: datetime
    recorded_in: str

    def check(self, seed: bytes, *, frame_fixed_at: datetime, revealed_at: datetime) -> None:
        """Raises `IntegrityError` if the seed is another, or the value was out before the frame was fixed."""
        if not hmac.compare_digest(seed, self.value.encode()):
            raise IntegrityError(
                "The seed is not the beacon's value.", where=self.recorded_in, mend="use the value as published"
            )
        if self.published_at <= frame_fixed_at:
            raise IntegrityError(
                "The beacon's value was public before the frame was fixed.",
                where=f"{self.recorded_in}: published {self.published_at.isoformat()}, frame fixed "
                f"{frame_fixed_at.isoformat()}",
                why="whoever fixed the frame could already see which items would be picked",
                mend="use the first value published after the frame was fixed",
            )


def commitment_of(seed: bytes) -> str:
    """What to record in the ledger for `seed`: SHA-256 in hexadecimal, under a prefix of its own."""
    if len(seed) < LEAST_BYTES:
        raise UsageError(
            f"A seed of {len(seed)} bytes is too short to keep secret.",
            where="seed",
            why="its commitment could be undone by trying every seed",
            mend=f"use at least {LEAST_BYTES} random bytes",
        )
    return hashlib.sha256(DOMAIN + seed).hexdigest()


def new_seed(random_bytes: bytes) -> str:
    """A seed as hexadecimal text from at least 16 `random_bytes` (the caller's, so that tests can repeat them)."""
    commitment_of(random_bytes)
    return random_bytes.hex()
