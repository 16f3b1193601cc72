"""Everything recomputed from the entries up, and every file accounted for. Believes no hash but its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from clew.ledger.durable import TEMPORARY
from clew.ledger.entries import EntryType, parse_leaf
from clew.ledger.errors import VerificationError
from clew.ledger.log import CHECKPOINT, COSIGNED, LOCK
from clew.ledger.merkle import leaf_hash, root_hash
from clew.ledger.payloads import PAYLOADS, Payloads
from clew.ledger.tiles import ENTRIES, TILE_WIDTH, Tiles, tile_path

TIMESTAMPS = "timestamps"
_ERASED = re.compile(r"entry:(0|[1-9]\d{0,18})")
_TILE = re.compile(r"tile/(entries|0|[1-9]\d?)/((?:x\d{3}/)*\d{3})(?:\.p/([1-9]\d{0,2}))?")
Visit = Callable[[int, list[bytes]], None]


def recompute(tiles: Tiles, visit: Visit = lambda first, entries: None) -> bytes:
    """The root hash over all entries, every tile on the way compared; raises `VerificationError` at the first fault.

    `visit` is given each bundle as it is read: the index of its first entry, and the entries.
    """
    level = 0
    below: Iterable[list[bytes]] = _leaf_hashes(tiles, visit)
    while True:
        above: list[bytes] = []
        for number, hashes in enumerate(below):
            _compare(tiles, level, number, hashes)
            if len(hashes) == TILE_WIDTH:
                above.append(root_hash(hashes))
        if not above:
            return tiles.mth(0, tiles.size)
        level, below = level + 1, [above[i : i + TILE_WIDTH] for i in range(0, len(above), TILE_WIDTH)]


def _leaf_hashes(tiles: Tiles, visit: Visit) -> Iterator[list[bytes]]:
    for number in range(-(-tiles.size // TILE_WIDTH)):
        entries = tiles.entries(number)
        visit(number * TILE_WIDTH, entries)
        yield [leaf_hash(entry) for entry in entries]


def _compare(tiles: Tiles, level: int, number: int, computed: list[bytes]) -> None:
    stored = tiles.hashes(level, number)
    if stored == computed:
        return
    place = number * TILE_WIDTH + next(
        i for i, pair in enumerate(zip(stored, computed, strict=True)) if len(set(pair)) > 1
    )
    what = f"Entry {place}" if not level else f"Hash {place} of level {level}"
    raise VerificationError(
        f"{what} is not what was recorded there: it and its hash disagree.", where=str(tiles.folder)
    )


def leftovers(tiles: Tiles) -> list[Path]:
    """The files in the folder that the checkpoint does not cover: remains of a crash, or strangers.

    A partial tile of an earlier checkpoint is covered: it must be the beginning of today's, or `VerificationError`.
    """
    found = []
    for path in sorted(p for p in tiles.folder.rglob("*") if not p.is_dir()):
        name = path.relative_to(tiles.folder).as_posix()
        if name in (CHECKPOINT, COSIGNED, LOCK) or name.split("/")[0] in (PAYLOADS, TIMESTAMPS):
            if name.endswith(TEMPORARY):
                found.append(path)
        elif match := _TILE.fullmatch(name):
            level: int | str = match[1] if match[1] == ENTRIES else int(match[1])
            index = int(re.sub(r"\D", "", match[2]))
            width, expected = int(match[3] or TILE_WIDTH), tiles.width(level, index)
            if width > expected or tile_path(level, index, width) != name:
                found.append(path)
            elif (
                width < expected
                and _contents(_when(tiles.folder, level, index, width), level, index)
                != (_contents(tiles, level, index)[:width])
            ):
                raise VerificationError("An earlier partial tile is not the beginning of today's.", where=name)
        else:
            found.append(path)
    return found


def _when(folder: Path, level: int | str, index: int, width: int) -> Tiles:
    """The ledger when that tile was `width` wide."""
    return Tiles(folder, (index * TILE_WIDTH + width) << (0 if level == ENTRIES else 8 * int(level)))


def _contents(tiles: Tiles, level: int | str, index: int) -> list[bytes]:
    return tiles.entries(index) if level == ENTRIES else tiles.hashes(int(level), index)


class EntryAudit:
    """What the entries say when they are read one after the other; hand `visit` to `recompute`.

    erased: by the index of an entry, the entry that records its erasure. backdated: entries that bear an earlier time
    than one before them.
    """

    def __init__(self, tiles: Tiles) -> None:
        self.tiles, self._payloads = tiles, Payloads(tiles.folder)
        self.has_payloads = self._payloads.folder.is_dir()
        self.erased: dict[int, int] = {}
        self.backdated: list[int] = []
        self._latest = ""
        self._missing: list[int] = []
        self._faults: list[str] = []

    def visit(self, first: int, entries: list[bytes]) -> None:
        """Reads one bundle; raises `VerificationError` if an entry is not in the form of a ledger of Clew."""
        leaves = dict(enumerate(map(parse_leaf, entries), first))
        for index, leaf in leaves.items():
            if leaf["at"] < self._latest:
                self.backdated.append(index)
            self._latest = max(self._latest, leaf["at"])
            if leaf["type"] == EntryType.ERASURE and (match := _ERASED.fullmatch(leaf["subject"])):
                self.erased.setdefault(int(match[1]), index)
        if self.has_payloads:
            self._compare_payloads(first // TILE_WIDTH, leaves)

    def _compare_payloads(self, number: int, leaves: dict[int, dict[str, Any]]) -> None:
        try:
            held = self._payloads.bundle(number, self.tiles.size)
        except VerificationError as error:
            self._faults.append(f"{error.what} ({error.where})")
            return
        for index, leaf in leaves.items():
            if index not in held:
                self._missing.append(index)
            elif held[index].commitment != leaf["commitment"]:
                self._faults.append(f"The payload of entry {index} is not the one that was recorded.")

    def payload_faults(self) -> Iterator[tuple[str, int | None]]:
        """What is wrong between entries, payloads and erasures, a sentence each; none if the copy has no payloads.

        With it the index of the entry, if all that is wrong is that its erasure was not finished.
        """
        missing = set(self._missing)
        for fault in self._faults:
            yield fault, None
        for index in missing - self.erased.keys():
            yield f"The payload of entry {index} is gone, and no entry records its erasure.", None
        for index, by in self.erased.items():
            if self.has_payloads and index < self.tiles.size and index not in missing:
                yield f"Entry {by} records that the payload of entry {index} was erased, and it is still held.", index
