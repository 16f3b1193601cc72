"""The payloads and salts of the entries, beside the tree: what may be personal, and can lawfully be erased.

``payloads/<N>.jsonl`` holds those of bundle N (entries 256 N to 256 N + 255), a line each: ``{"index", "payload",
"salt"}``. The ledger can be handed on without this folder. A file is written whole each time: a crash leaves the old or
the new.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clew.ledger.durable import DurableFiles, write_durably
from clew.ledger.entries import commitment
from clew.ledger.errors import VerificationError
from clew.ledger.tiles import TILE_WIDTH, numbered_path

PAYLOADS = "payloads"
_START = b'{"index":'
_LINE = re.compile(rb'\{"index":(0|[1-9]\d{0,18}),"payload":(.*),"salt":"([0-9a-f]{64})"\}\n')


@dataclass(frozen=True)
class Payload:
    """What an entry's commitment is to."""

    index: int
    salt: bytes
    canonical: bytes

    @property
    def value(self) -> Any:
        """The payload as JSON values."""
        return json.loads(self.canonical)

    @property
    def commitment(self) -> str:
        """SHA-256(salt || payload), in hexadecimal."""
        return commitment(self.salt, self.canonical)

    def line(self) -> bytes:
        """The line of the file, itself RFC 8785 JSON."""
        return b'{"index":%d,"payload":%b,"salt":"%b"}\n' % (self.index, self.canonical, self.salt.hex().encode())


class Payloads:
    """The payloads beside the ledger in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / PAYLOADS

    def _path(self, bundle: int) -> Path:
        return self.folder / f"{numbered_path(bundle)}.jsonl"

    def _lines(self, number: int, size: int) -> dict[int, bytes]:
        """The lines of bundle `number` that belong to the first `size` entries; others were never acknowledged."""
        path = self._path(number)
        if not path.exists():
            return {}
        try:
            lines = path.read_bytes().splitlines(keepends=True)
            found = {int(line[len(_START) :].partition(b",")[0]): line for line in lines if line.startswith(_START)}
        except ValueError:
            found = {}
        if len(found) != len(lines) or any(index // TILE_WIDTH != number for index in found):
            raise VerificationError("A file of payloads is not as it was written.", where=str(path))
        return {index: line for index, line in found.items() if index < size}

    def bundle(self, number: int, size: int) -> dict[int, Payload]:
        """The payloads of bundle `number` among the first `size` entries, by index."""
        return {index: self._parse(line) for index, line in self._lines(number, size).items()}

    def _parse(self, line: bytes) -> Payload:
        match = _LINE.fullmatch(line)
        if not match:
            raise VerificationError("A payload is not as it was written.", where=repr(line[:80]))
        return Payload(int(match[1]), bytes.fromhex(match[3].decode()), match[2])

    def get(self, index: int, size: int) -> Payload | None:
        """The payload of entry `index`, or None if it was erased or did not come with this copy."""
        line = self._lines(index // TILE_WIDTH, size).get(index)
        return self._parse(line) if line else None

    def add(self, payloads: Sequence[Payload], size: int, files: DurableFiles) -> None:
        """Writes `payloads`, all of one bundle, after those of the first `size` entries."""
        number = payloads[0].index // TILE_WIDTH
        kept = self._lines(number, size).values() if size // TILE_WIDTH == number else ()
        files.write(self._path(number), b"".join((*kept, *(payload.line() for payload in payloads))), mode=0o600)

    def unacknowledged(self, size: int) -> list[int]:
        """The bundles whose file holds more than the first `size` entries: the remains of a crash."""
        paths = self.folder.rglob("*.jsonl") if self.folder.is_dir() else ()
        numbers = sorted(int(re.sub(r"\D", "", path.relative_to(self.folder).as_posix())) for path in paths)
        return [n for n in numbers if len(self._lines(n, size)) < len(self._lines(n, (n + 1) * TILE_WIDTH))]

    def trim(self, number: int, size: int) -> None:
        """Drops from bundle `number` what does not belong to the first `size` entries."""
        write_durably(self._path(number), b"".join(self._lines(number, size).values()), mode=0o600)

    def erase(self, index: int, size: int) -> None:
        """Forgets the payload and the salt of entry `index`."""
        number = index // TILE_WIDTH
        kept = (line for held, line in self._lines(number, size).items() if held != index)
        write_durably(self._path(number), b"".join(kept), mode=0o600)
