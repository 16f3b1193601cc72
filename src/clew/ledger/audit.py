"""Everything recomputed from the entries up, and every file accounted for. Believes no hash but its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from clew.ledger.durable import TEMPORARY
from clew.ledger.entries import EntryType, parse_leaf
from clew.ledger.errors import VerificationError
from clew.ledger.log import CHECKPOINT, COSIGNED, LOCK
from clew.ledger.merkle import leaf_hash, root_hash
from clew.ledger.payloads import PAYLOADS, Payloads
from clew.ledger.tiles import ENTRIES, TILE_WIDTH, Tiles

TIMESTAMPS = "timestamps"
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
            if width > expected:
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


@dataclass
class EntryAudit:
    """What the entries say when they are read one after the other; hand `visit` to `recompute`."""

    tiles: Tiles
    erased: dict[int, int] = field(default_factory=dict)
    commitments: list[str] = field(default_factory=list)
    latest: str = ""
    backdated: list[int] = field(default_factory=list)

    def visit(self, first: int, entries: list[bytes]) -> None:
        """Reads one bundle; raises `VerificationError` if an entry is not in the form of a ledger of Clew."""
        for index, entry in enumerate(entries, first):
            leaf = parse_leaf(entry)
            self.commitments.append(leaf["commitment"])
            if leaf["at"] < self.latest:
                self.backdated.append(index)
            else:
                self.latest = leaf["at"]
            subject = leaf["subject"]
            if leaf["type"] == EntryType.ERASURE and re.fullmatch(r"entry:(0|[1-9]\d{0,18})", subject):
                self.erased.setdefault(int(subject[6:]), index)

    def payload_faults(self) -> Iterator[str]:
        """What is wrong between entries, payloads and erasures, a sentence each; none if the copy has no payloads."""
        payloads = Payloads(self.tiles.folder)
        if not payloads.folder.is_dir():
            return
        for number in range(-(-self.tiles.size // TILE_WIDTH)):
            try:
                held = payloads.bundle(number, self.tiles.size)
            except VerificationError as error:
                yield f"{error.what} ({error.where})"
                continue
            for index in range(number * TILE_WIDTH, min((number + 1) * TILE_WIDTH, self.tiles.size)):
                payload, erased = held.get(index), self.erased.get(index)
                if payload and payload.commitment != self.commitments[index]:
                    yield f"The payload of entry {index} is not the one that was recorded."
                if payload and erased is not None:
                    yield f"Entry {erased} records that the payload of entry {index} was erased, and it is still held."
                if not payload and erased is None:
                    yield f"The payload of entry {index} is gone, and no entry records its erasure."
