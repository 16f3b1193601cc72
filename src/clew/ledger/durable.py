"""Files that are on the disk before anything is said about them: temporary file, fsync, rename, fsync of the folder."""

from __future__ import annotations

import os
from pathlib import Path

TEMPORARY = ".part"
_BINARY = getattr(os, "O_BINARY", 0)  # Windows would change the line ends


def sync_folder(folder: Path) -> None:
    """Makes the names in `folder` durable: a POSIX rename is, once its folder is synced; Windows has no such call."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir()
        sync_folder(folder.parent)


class DurableFiles:
    """Writes files whole or not at all. What was written is durable once `sync` has returned."""

    def __init__(self) -> None:
        self._folders: set[Path] = set()

    def write(self, path: Path, data: bytes | bytearray, *, mode: int = 0o644) -> None:
        """Puts `data` at `path` in one step; a reader sees the old file or the new one."""
        if path.parent not in self._folders:
            _make_folder(path.parent)
            self._folders.add(path.parent)
        temporary = path.with_name(path.name + TEMPORARY)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _BINARY, mode)
        try:
            remaining = memoryview(data)
            while remaining:
                remaining = remaining[os.write(handle, remaining) :]
            os.fsync(handle)
        finally:
            os.close(handle)
        temporary.replace(path)

    def sync(self) -> None:
        """Makes all names written so far durable."""
        for folder in self._folders:
            sync_folder(folder)
        self._folders.clear()


def write_durably(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """One file, durable on return."""
    files = DurableFiles()
    files.write(path, data, mode=mode)
    files.sync()
