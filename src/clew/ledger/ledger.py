"""The ledger as the rest of Clew uses it: entries go in, each with its payload beside the tree, and come out again."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from clew.core import UsageError
from clew.ledger.checkpoint import Checkpoint
from clew.ledger.durable import DurableFiles
from clew.ledger.entries import SALT_BYTES, Entry, EntryType, Operation, parse_leaf
from clew.ledger.keys import default_key_file, load_signing_key
from clew.ledger.log import Log, read_checkpoint
from clew.ledger.note import Note, SigningKey
from clew.ledger.payloads import Payload, Payloads
from clew.ledger.tiles import TILE_WIDTH, Tiles


def new_salt() -> bytes:
    """32 random bytes from the operating system."""
    return secrets.token_bytes(SALT_BYTES)


@dataclass(frozen=True)
class Recorded:
    """Entry number `index` as read back: the fields of its leaf, and its payload unless erased or not in this copy."""

    index: int
    leaf: dict[str, Any]
    payload: Payload | None


class Ledger:
    """A ledger opened for writing. Safe against a second writer and against a crash at any point.

    purpose_for: the operations that a force's policy wants a purpose for. The law no longer asks for one: section 82 of
    the Data (Use and Access) Act 2025 took the justification out of section 62 of the Data Protection Act 2018.
    """

    def __init__(
        self,
        folder: Path,
        signers: Sequence[SigningKey],
        *,
        salt: Callable[[], bytes] = new_salt,
        purpose_for: Collection[Operation] = (),
    ) -> None:
        self.folder, self._log, self._salt = folder, Log(folder, signers), salt
        self._purpose_for = frozenset(purpose_for)
        self._payloads = Payloads(folder)

    @classmethod
    def create(cls, folder: Path, signer: SigningKey, *, salt: Callable[[], bytes] = new_salt) -> Ledger:
        """Starts an empty ledger in a new or empty `folder`; its origin is the name of the key."""
        Log.create(folder, [signer])
        return cls(folder, [signer], salt=salt)

    def append(self, entries: Iterable[Entry]) -> range:
        """Records `entries` as one batch; their indices, once entries and payloads are durable.

        If it raises, they are not acknowledged: none of them is in the ledger, or all are (the disk failed at the end).
        """
        with self._log.writing() as size:
            return self._log.append(self._leaves(entries, size))

    def _leaves(self, entries: Iterable[Entry], size: int) -> Iterator[bytes]:
        """The leaves of `entries`, whose payloads are durable when the last of them has been taken."""
        files, waiting = DurableFiles(), list[Payload]()
        for index, entry in enumerate(entries, size):
            if entry.operation in self._purpose_for and not entry.purpose:
                raise UsageError(
                    f"The {entry.operation} of {entry.subject} has no purpose.",
                    why="this force's policy wants one",
                    mend="say why it was done",
                )
            salt, canonical = self._salt(), entry.payload_bytes()
            waiting.append(Payload(index, salt, canonical))
            if index % TILE_WIDTH == TILE_WIDTH - 1:
                self._payloads.add(waiting, size, files)
                waiting = []
            yield entry.leaf(salt, canonical)
        if waiting:
            self._payloads.add(waiting, size, files)
        files.sync()

    def erase(self, index: int, *, at: datetime, actor: str, basis: str) -> int:
        """Records that the payload of entry `index` is erased, then erases it; the index of that record.

        The entry itself stays, so that the tree still verifies and shows what was erased, when and on what basis.
        Calling it again after a crash between the two finishes the erasure without a second record.
        """
        with self._log.writing() as size:
            tiles = Tiles(self.folder, size)
            tiles.entry(index)
            recorded = find_erasure(tiles, index)
            if recorded is not None and self._payloads.get(index, size) is None:
                raise UsageError(f"The payload of entry {index} was already erased.", where=f"entry {recorded}")
            if recorded is None:
                entry = Entry(EntryType.ERASURE, at=at, actor=actor, subject=f"entry:{index}", basis=basis)
                recorded = self.append([entry])[0]
            self._payloads.erase(index, size + 1)
        return recorded


def rotate_key(folder: Path, old: SigningKey, new: SigningKey, *, at: datetime, actor: str, basis: str) -> int:
    """Records that `new` follows `old`, in an entry that both keys sign; its index.

    Sign with both until everyone who checks the ledger holds the new verifier key, then with the new one alone.
    """
    keys = {"from": str(old.verifier), "to": str(new.verifier)}
    subject = f"key:{new.verifier.key_id.hex()}"
    entry = Entry(EntryType.KEY_ROTATED, at=at, actor=actor, subject=subject, basis=basis, payload=keys)
    return Ledger(folder, [old, new]).append([entry])[0]


def find_erasure(tiles: Tiles, index: int) -> int | None:
    """The entry that records the erasure of entry `index`, or None."""
    mark = f'"subject":"entry:{index}","type":"{EntryType.ERASURE}"'.encode()
    for number in range(index // TILE_WIDTH, -(-tiles.size // TILE_WIDTH)):
        for i, leaf in enumerate(tiles.entries(number)):
            if mark in leaf:
                return number * TILE_WIDTH + i
    return None


def read_entries(folder: Path, first: int = 0, stop: int | None = None) -> Iterator[Recorded]:
    """The entries from `first` to before `stop`, as they are in the folder; reading is not verifying."""
    size = Checkpoint.parse(Note.parse(read_checkpoint(folder)).text).size
    tiles, payloads = Tiles(folder, size), Payloads(folder)
    stop = size if stop is None else min(stop, size)
    for number in range(first // TILE_WIDTH, -(-stop // TILE_WIDTH)):
        held = payloads.bundle(number, size)
        for index, leaf in enumerate(tiles.entries(number), number * TILE_WIDTH):
            if first <= index < stop:
                yield Recorded(index, parse_leaf(leaf), held.get(index))


def record(folder: Path, *entries: Entry, key_files: Sequence[Path] = ()) -> range:
    """Records `entries` in the ledger at `folder` with the private key beside it (``FOLDER.key``) or with `key_files`.

    The one call that the other floors need; returns the indices, once everything is durable.
    """
    signers = [load_signing_key(path, folder) for path in key_files or (default_key_file(folder),)]
    return Ledger(folder, signers).append(entries)
