"""The journal of a replay: a line of JSON a morning, so that a replay that was broken off can be gone on with.

Its first line says what it is a replay of, by a digest of data and settings; a journal of anything else is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import clew
from clew.core import UsageError
from clew.links.setup import LinkSetup
from clew.records import Dataset
from clew.standards import Standard


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the list of one morning showed: deaths, in order, and links as pairs of event ids in order of id."""

    at: datetime
    items: tuple[str, ...]
    links: tuple[tuple[str, str], ...]


def settings_digest(
    dataset: Dataset, standard: Standard, *, budget_per_year: float, top: int, seed: int, setup: LinkSetup
) -> str:
    """What must be the same for a journal to be gone on with: the rows, the standard, the settings and this Clew."""
    rows = [(name, str(frame.hash_rows(seed=0).sum())) for name, frame in sorted(dataset.tables.items())]
    facts = [
        clew.__version__,
        dataset.name,
        rows,
        standard.id,
        standard.version,
        budget_per_year,
        top,
        seed,
        setup.facts(),
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


@dataclass(frozen=True)
class Journal:
    """The file at `path`. Every fault of it is a `UsageError`."""

    path: Path
    settings: str

    def read(self) -> Iterator[Shown]:
        """The mornings it holds; starts the file if there is none."""
        try:
            if not self.path.exists():
                self._write([json.dumps({"replay_of": self.settings})])
                return
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise self._refused(str(error)) from None
        if _value(lines[0] if lines else "") != {"replay_of": self.settings}:
            raise self._refused("it is of other data, settings or another version of Clew")
        for number, line in enumerate(lines[1:], start=1):
            shown = _shown(_value(line))
            if shown is not None:
                yield shown
            elif number == len(lines) - 1:  # broken off as it was written: that morning is done again
                self._write(lines[:number])
            else:
                raise self._refused(f"line {number + 1} is no morning")

    def add(self, shown: Shown) -> None:
        """Adds one morning."""
        line = json.dumps({"at": shown.at.isoformat(), "items": shown.items, "links": shown.links})
        with self.path.open("a", encoding="utf-8") as journal:
            journal.write(line + "\n")

    def _write(self, lines: list[str]) -> None:
        self.path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _refused(self, fault: str) -> UsageError:
        return UsageError(
            f"{self.path} is not the journal of this replay: {fault}.",
            where="--journal",
            why="mornings of other data or settings would be counted as this one's",
            mend="name another file, or delete it to start again",
        )


def _value(line: str) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError:
        return None


def _shown(value: Any) -> Shown | None:
    """The morning that a line holds, None if it holds none."""
    try:
        return Shown(
            at=datetime.fromisoformat(value["at"]),
            items=tuple(map(str, value["items"])),
            links=tuple((str(a), str(b)) for a, b in value["links"]),
        )
    except (KeyError, TypeError, ValueError):
        return None
