"""The register of releases: what was shown, and the counts behind it, so that the next release can be held against it.

A folder that never leaves the force: `pending/DIGEST.json` while a release waits for approval, `released/DIGEST.json`
from then on; DIGEST is SHA-256 of the public file. Each holds a random salt: the ledger names the digest of the whole,
from which nobody can guess at counts. The ledger names every release, so that a file lost from here is noticed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clew.core import IntegrityError, UsageError
from clew.ledger import EntryType, Recorded
from clew.publish.disclosure import CountTable, Relation
from clew.publish.release import Release

FORMAT = "clew register v1"


@dataclass(frozen=True)
class Pending:
    """A release that waits: its digest, who prepared it, the public JSON, and the release with its counts."""

    digest: str
    prepared_by: str
    public: dict[str, Any]
    release: Release


class Register:
    """The register in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def released(self) -> list[Release]:
        """Every release so far, in the order of their digests."""
        return [self._read(path).release for path in sorted((self.folder / "released").glob("*.json"))]

    def add_pending(self, public: bytes, release: Release, *, prepared_by: str, salt: str) -> str:
        """Keeps `release`, which the file `public` shows, until it is approved; its digest."""
        digest = hashlib.sha256(public).hexdigest()
        content = {
            "format": FORMAT,
            "salt": salt,
            "prepared_by": prepared_by,
            "public": json.loads(public),
            "release": _to_json(release),
        }
        self._write(self.folder / "pending" / f"{digest}.json", content)
        return digest

    def pending(self, public: Path) -> Pending:
        """What waits under the digest of the file `public`; raises `UsageError` if nothing does."""
        try:
            digest = hashlib.sha256(public.read_bytes()).hexdigest()
        except OSError as error:
            raise UsageError(f"{public} cannot be read: {error.strerror}.", where="release") from error
        path = self.folder / "pending" / f"{digest}.json"
        if not path.exists():
            out = (self.folder / "released" / f"{digest}.json").exists()
            raise UsageError(
                f"{public} {'is out already' if out else 'is not what was prepared'}.",
                where=str(self.folder),
                why="" if out else "a file that was changed after it was prepared has not been checked",
                mend="" if out else "prepare it again: clew publish prepare",
            )
        return self._read(path)

    def digest_of(self, pending: Pending) -> str:
        """SHA-256 of the whole of a pending release, for the ledger."""
        return hashlib.sha256((self.folder / "pending" / f"{pending.digest}.json").read_bytes()).hexdigest()

    def publish(self, pending: Pending) -> None:
        """Moves it from pending to released."""
        target = self.folder / "released"
        target.mkdir(parents=True, exist_ok=True)
        (self.folder / "pending" / f"{pending.digest}.json").rename(target / f"{pending.digest}.json")

    def check(self, entries: Iterable[Recorded]) -> None:
        """Raises `IntegrityError` unless every release that the ledger names is here as it was."""
        for entry in entries:
            if entry.leaf["type"] != EntryType.RELEASE:
                continue
            digest = str(entry.leaf["subject"]).removeprefix("release:")
            path = self.folder / "released" / f"{digest}.json"
            waiting = self.folder / "pending" / path.name
            if not path.exists() and waiting.exists():  # it was recorded, and a crash came before it was moved
                path.parent.mkdir(parents=True, exist_ok=True)
                waiting.rename(path)
            held = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""
            if f"counts:{held}" != entry.leaf["basis"]:
                raise IntegrityError(
                    f"Release {digest[:16]}... is {'not as it was' if held else 'missing'} in the register.",
                    where=f"{path}, ledger entry {entry.index}",
                    why="a release that is forgotten cannot be protected against the next",
                    mend="bring the file back from a copy",
                )

    def _read(self, path: Path) -> Pending:
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if content["format"] != FORMAT:
                raise KeyError(FORMAT)
            return Pending(path.stem, content["prepared_by"], content["public"], _from_json(content["release"]))
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise UsageError(f"{path} is no entry of a register: {error}.", where=str(self.folder)) from error

    def _write(self, path: Path, content: dict[str, Any]) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_suffix(".part")
            temporary.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
            temporary.chmod(0o600)
            temporary.replace(path)
        except OSError as error:
            raise UsageError(f"The register cannot be written: {error.strerror}.", where=str(self.folder)) from error


def _to_json(release: Release) -> dict[str, Any]:
    return {
        "scope": release.scope,
        "tables": release.tables,
        "threshold": release.threshold,
        "rounding": release.rounding,
        "by_hand": release.by_hand,
        "cells": [[list(cell), count, release.shown[cell]] for cell, count in release.counts.items()],
        "sums": [[list(each.total), [list(part) for part in each.parts]] for each in release.relations.relations],
    }


def _from_json(content: dict[str, Any]) -> Release:
    counts = {tuple(cell): count for cell, count, _ in content["cells"]}
    sums = tuple(Relation(tuple(total), tuple(tuple(part) for part in parts)) for total, parts in content["sums"])
    return Release(
        scope=content["scope"],
        tables=tuple(tuple(columns) for columns in content["tables"]),
        counts=counts,
        shown={tuple(cell): value for cell, _, value in content["cells"]},
        threshold=content["threshold"],
        rounding=content["rounding"],
        by_hand=tuple(content["by_hand"]),
        relations=CountTable(counts, sums),
    )
