"""The ledger's files, read: tiles of hashes and bundles of entries (https://c2sp.org/tlog-tiles).

``tile/<L>/<N>[.p/<W>]`` holds up to 256 hashes of subtrees of 256**L entries; ``tile/entries/<N>[.p/<W>]`` up to 256
entries, each after its length as a big-endian uint16.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from clew.ledger.errors import VerificationError
from clew.ledger.merkle import EMPTY_ROOT, HASH_BYTES, node_hash, root_hash, split

TILE_WIDTH = 256
MAX_ENTRY_BYTES = 65_535  # a uint16 length prefix: tlog-tiles, "Log entries"
ENTRIES = "entries"


def numbered_path(index: int) -> str:
    """tlog-tiles, "Merkle Tree": 1234067 is ``x001/x234/067``."""
    path = f"{index % 1000:03d}"
    while index := index // 1000:
        path = f"x{index % 1000:03d}/{path}"
    return path


def tile_path(level: int | str, index: int, width: int = TILE_WIDTH) -> str:
    """The path of a tile (`level` a number) or a bundle (`level` ``entries``), partial if narrower than 256."""
    return f"tile/{level}/{numbered_path(index)}" + (f".p/{width}" if width < TILE_WIDTH else "")


@dataclass(frozen=True)
class Tiles:
    """The tree of the first `size` entries of the ledger in `folder`. What is read is believed once it is hashed."""

    folder: Path
    size: int

    def width(self, level: int | str, index: int) -> int:
        """How many hashes or entries the tile has in a tree of this size."""
        below = self.size if level == ENTRIES else self.size >> 8 * int(level)
        return max(0, min(TILE_WIDTH, below - index * TILE_WIDTH))

    def read(self, level: int | str, index: int) -> tuple[bytes, str]:
        """The bytes of a tile, and where they were; a full tile stands in for a partial one ("Partial Tiles")."""
        width = self.width(level, index)
        for path in dict.fromkeys((tile_path(level, index, width), tile_path(level, index))):
            try:
                return (self.folder / path).read_bytes(), path
            except FileNotFoundError:
                continue
            except OSError as error:
                raise VerificationError(f"A tile cannot be read: {error.strerror}.", where=path) from error
        raise VerificationError(
            "A tile is missing.",
            where=tile_path(level, index, width),
            why="the checkpoint says that it exists; without it nothing can be recomputed",
            mend="copy the whole folder again",
        )

    def _check_length(self, raw: bytes, end: int, path: str, own_path: str) -> None:
        if len(raw) < end or (len(raw) > end and path == own_path):
            raise VerificationError("A tile has the wrong length.", where=path, mend="copy the whole folder again")

    def hashes(self, level: int, index: int) -> list[bytes]:
        """The hashes of a tile."""
        raw, path = self.read(level, index)
        width = self.width(level, index)
        self._check_length(raw, width * HASH_BYTES, path, tile_path(level, index, width))
        return [raw[i : i + HASH_BYTES] for i in range(0, width * HASH_BYTES, HASH_BYTES)]

    def entries(self, index: int) -> list[bytes]:
        """The entries of bundle number `index`."""
        raw, path = self.read(ENTRIES, index)
        width, entries, end = self.width(ENTRIES, index), [], 0
        for _ in range(width):
            start = end + 2
            end = start + int.from_bytes(raw[end:start], "big")
            entries.append(raw[start:end])
        self._check_length(raw, end, path, tile_path(ENTRIES, index, width))
        return entries

    def entry(self, index: int) -> bytes:
        """Entry number `index`; raises `VerificationError` if there is none."""
        if not 0 <= index < self.size:
            raise VerificationError(f"There is no entry {index}.", where=f"the ledger has {self.size} entries, from 0")
        return self.entries(index // TILE_WIDTH)[index % TILE_WIDTH]

    def mth(self, lo: int, hi: int) -> bytes:
        """MTH(D[lo:hi]) for the ranges RFC 6962 asks for: those whose complete subtrees are aligned."""
        count = hi - lo
        if not count:
            return EMPTY_ROOT
        if count & (count - 1):
            middle = lo + split(count)
            return node_hash(self.mth(lo, middle), self.mth(middle, hi))
        level = (count.bit_length() - 1) // 8
        first, wide = lo >> 8 * level, count >> 8 * level
        within = first % TILE_WIDTH
        return root_hash(self.hashes(level, first // TILE_WIDTH)[within : within + wide])
