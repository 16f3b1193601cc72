"""The append-only log, written: leaves, then tiles, then the checkpoint, each durable before the next.

Format: https://c2sp.org/tlog-tiles. What the checkpoint does not cover was never acknowledged: a crash leaves at most
such files, nobody reads them, and the next append writes over them.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from clew.core import UsageError
from clew.ledger.checkpoint import Checkpoint, open_checkpoint
from clew.ledger.durable import DurableFiles, write_durably
from clew.ledger.errors import VerificationError
from clew.ledger.merkle import EMPTY_ROOT, leaf_hash, root_hash
from clew.ledger.note import Algorithm, Note, SigningKey
from clew.ledger.tiles import ENTRIES, MAX_ENTRY_BYTES, TILE_WIDTH, Tiles, tile_path

CHECKPOINT = "checkpoint"
COSIGNED = "checkpoint.cosigned"
LOCK = ".lock"


def read_checkpoint(folder: Path, name: str = CHECKPOINT) -> bytes:
    """The bytes of the ledger's checkpoint; raises `VerificationError` if there is no ledger in `folder`."""
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise VerificationError(
            f"There is no {name} here: {error.strerror}.", where=str(folder), mend="name the folder of a ledger"
        ) from error


def sign_checkpoint(checkpoint: Checkpoint, signers: Sequence[SigningKey]) -> Note:
    """The checkpoint signed by each of `signers` (two during a rotation); all must bear its origin as their name."""
    for signer in signers:
        if signer.name != checkpoint.origin or signer.algorithm is not Algorithm.ED25519:
            raise UsageError(f"The key of {signer.name} is not one of {checkpoint.origin}.", mend="use its own key")
    return Note(str(checkpoint), tuple(signer.sign(str(checkpoint)) for signer in signers))


@dataclass
class _Edge:
    """The right edge of the tree, all that an append needs of the past; `levels[l]` is the partial tile at level l."""

    seen: bytes
    size: int
    levels: list[list[bytes]]
    bundle: bytearray

    def root(self) -> bytes:
        """The root hash: complete subtrees from the largest down, RFC 6962 section 2.1."""
        rest: list[bytes] = []
        for hashes in self.levels:
            if hashes or rest:
                rest = [root_hash([*hashes, *rest])]
        return rest[0] if rest else EMPTY_ROOT


@contextmanager
def hold(lock: FileLock) -> Iterator[None]:
    """Holds `lock`, that of a ledger's folder; waits as long as it says, then raises `UsageError`."""
    try:
        with lock:
            yield
    except Timeout:
        raise UsageError(
            "Another program is writing to this ledger.",
            where=lock.lock_file,
            why="two writers at once would sign two different pasts",
            mend="wait until it has finished, then try again",
        ) from None
    except OSError as error:
        raise UsageError(
            f"The ledger cannot be written: {error.strerror or error}.",
            where=str(error.filename or lock.lock_file),
            why="what is not safe on the disk is not recorded",
            mend="mend the disk, then see with `clew ledger log` whether the last entries are there",
        ) from error


def lock_of(folder: Path, wait_seconds: float = 10.0) -> FileLock:
    """The lock of the ledger in `folder`, which must exist."""
    read_checkpoint(folder)
    return FileLock(folder / LOCK, timeout=wait_seconds)


class Log:
    """The writer of the ledger in `folder`. Knows bytes only; what an entry means is `clew.ledger.entries`."""

    def __init__(self, folder: Path, signers: Sequence[SigningKey], *, wait_seconds: float = 10.0) -> None:
        if not signers:
            raise UsageError("A ledger is written with its private key.", mend="name the key file")
        self.folder, self._signers = folder, tuple(signers)
        self._lock = lock_of(folder, wait_seconds)
        self._edge: _Edge | None = None

    @classmethod
    def create(cls, folder: Path, signers: Sequence[SigningKey]) -> Log:
        """Starts an empty ledger, named by the key, in a new or empty `folder`."""
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError("A new ledger needs a folder of its own.", where=str(folder), mend="name an empty folder")
        empty = Checkpoint(signers[0].name, 0, EMPTY_ROOT)
        write_durably(folder / CHECKPOINT, bytes(sign_checkpoint(empty, signers)))
        return cls(folder, signers)

    @contextmanager
    def writing(self) -> Iterator[int]:
        """Holds the ledger for one writer, as it is on the disk; yields its size. A second one waits, then fails."""
        with hold(self._lock):
            yield self._refresh().size

    def append(self, leaves: Iterable[bytes]) -> range:
        """Appends `leaves`, each at most 65,535 bytes, as one batch; their indices, once all of it is durable."""
        with self.writing():
            edge = self._refresh()
            self._edge = None  # if anything below fails, the next append reads the disk again
            first, files, filled = edge.size, DurableFiles(), []
            for leaf in leaves:
                if len(leaf) > MAX_ENTRY_BYTES:
                    raise UsageError(f"An entry has {len(leaf)} bytes.", why=f"the format holds {MAX_ENTRY_BYTES}")
                edge.bundle += len(leaf).to_bytes(2, "big") + leaf
                edge.levels[0].append(leaf_hash(leaf))
                edge.size += 1
                if edge.size % TILE_WIDTH == 0:
                    filled += self._write_full(edge, files)
            self._write_partial(edge, first, files)
            files.sync()
            signed = bytes(sign_checkpoint(Checkpoint(self._signers[0].name, edge.size, edge.root()), self._signers))
            write_durably(self.folder / CHECKPOINT, signed)
            edge.seen = signed
            self._edge = edge
            for path in filled:  # tlog-tiles, "Partial Tiles": may go once the full tile is there
                shutil.rmtree(self.folder / f"{path}.p", ignore_errors=True)
            return range(first, edge.size)

    def _write_full(self, edge: _Edge, files: DurableFiles) -> list[str]:
        """Writes the bundle and every tile that entry number `edge.size` has filled; their paths."""
        number = edge.size // TILE_WIDTH - 1
        paths = [tile_path(ENTRIES, number)]
        files.write(self.folder / paths[0], edge.bundle)
        edge.bundle = bytearray()
        for level, hashes in enumerate(edge.levels):
            if len(hashes) < TILE_WIDTH:
                break
            paths.append(tile_path(level, number))
            files.write(self.folder / paths[-1], b"".join(hashes))
            if level + 1 == len(edge.levels):
                edge.levels.append([])
            edge.levels[level + 1].append(root_hash(hashes))
            edge.levels[level] = []
            number //= TILE_WIDTH
        return paths

    def _write_partial(self, edge: _Edge, first: int, files: DurableFiles) -> None:
        """Writes the tiles and the bundle at the right edge that are not full; `first` is the acknowledged size."""
        acknowledged, tiles = Tiles(self.folder, first), Tiles(self.folder, edge.size)
        contents = {ENTRIES: bytes(edge.bundle)} | {n: b"".join(hashes) for n, hashes in enumerate(edge.levels)}
        for level, data in contents.items():
            number = edge.size >> 8 * (1 if level == ENTRIES else int(level) + 1)
            path = self.folder / tile_path(level, number, tiles.width(level, number))
            if data:
                for stray in path.parent.glob(
                    "*"
                ):  # of a batch cut off by a crash: it must not pass for an earlier tile
                    if not stray.name.isdecimal() or int(stray.name) > acknowledged.width(level, number):
                        stray.unlink()
                files.write(path, data)

    def _refresh(self) -> _Edge:
        """The right edge as on the disk; refuses to go on from tiles that do not add up to the signed root."""
        raw = read_checkpoint(self.folder)
        if self._edge and self._edge.seen == raw:
            return self._edge
        checkpoint, _ = open_checkpoint(raw, [signer.verifier for signer in self._signers])
        tiles, size = Tiles(self.folder, checkpoint.size), checkpoint.size
        levels: list[list[bytes]] = [] if size else [[]]
        for level in range((size.bit_length() + 7) // 8):
            number = size >> 8 * (level + 1)
            levels.append(tiles.hashes(level, number) if tiles.width(level, number) else [])
        bundle = bytearray()
        if size % TILE_WIDTH:
            for leaf in tiles.entries(size // TILE_WIDTH):
                bundle += len(leaf).to_bytes(2, "big") + leaf
        edge = _Edge(raw, size, levels, bundle)
        if edge.root() != checkpoint.root:
            raise VerificationError(
                "The ledger's newest tiles do not add up to its own signed root; nothing was written.",
                where=str(self.folder),
                mend="run `clew ledger fsck` to see what was altered, and restore it from a copy",
            )
        self._edge = edge
        return edge
