"""Where the ledgers of these tests lie: in memory where there is room, as each append waits for the disk often."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")
ROOM_BYTES = 500_000_000


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ROOM_BYTES:
        yield tmp_path_factory.mktemp("ledgers")
        return
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="clew-ledgers-") as folder:
        yield Path(folder)
