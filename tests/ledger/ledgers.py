"""Small ledgers made for the tests, with keys that everybody knows, and a second, naive implementation of RFC 6962."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from clew.ledger import Entry, EntryType, Ledger, SigningKey, Witness
from clew.ledger.checkpoint import Checkpoint
from clew.ledger.log import CHECKPOINT
from clew.ledger.merkle import leaf_hash
from clew.ledger.note import Algorithm

ORIGIN = "example.police.uk/ledger"
LOG_KEY = SigningKey(ORIGIN, Algorithm.ED25519, b"\x01" * 32)
OTHER_KEY = SigningKey(ORIGIN, Algorithm.ED25519, b"\x02" * 32)
WITNESS_KEY = SigningKey("inspectorate.example/w1", Algorithm.COSIGNATURE, b"\x03" * 32)
SECOND_WITNESS_KEY = SigningKey("coroner.example/w2", Algorithm.COSIGNATURE, b"\x04" * 32)
START = datetime(2014, 6, 20, 9, 0, tzinfo=UTC)
NOON = 1_403_265_600  # 2014-06-20 12:00 UTC


def entry(number: int, note: str = "") -> Entry:
    return Entry(
        EntryType.DECISION,
        at=START + timedelta(minutes=number),
        actor="desk:7",
        subject=f"event:E{number}",
        basis="standard:death-report/2014",
        payload={"number": number, "note": note},
    )


def build(
    folder: Path, count: int, *, batches: Sequence[int] = (), note: str = "", key: SigningKey = LOG_KEY
) -> Ledger:
    """A ledger of `count` entries, appended in batches of the sizes given and then the rest."""
    ledger = Ledger.create(folder, key)
    first = 0
    for size in (*batches, count - sum(batches)):
        ledger.append(entry(number, note) for number in range(first, first + size))
        first += size
    return ledger


def copy(folder: Path, name: str) -> Path:
    return Path(shutil.copytree(folder, folder.with_name(name)))


def checkpoint(folder: Path) -> bytes:
    return (folder / CHECKPOINT).read_bytes()


def witness(folder: Path, key: SigningKey = WITNESS_KEY, logs: Iterable[SigningKey] = (LOG_KEY,)) -> Witness:
    return Witness(folder, key, [log.verifier for log in logs])


def naive_root(entries: Sequence[bytes]) -> bytes:
    """MTH, word for word from RFC 6962 section 2.1."""
    n = len(entries)
    if n == 0:
        return sha256(b"").digest()
    if n == 1:
        return leaf_hash(entries[0])
    k = 1
    while k * 2 < n:
        k *= 2
    return sha256(b"\x01" + naive_root(entries[:k]) + naive_root(entries[k:])).digest()


def resign(folder: Path, key: SigningKey, size: int, root: bytes) -> None:
    """Signs another tree head over what is in `folder`."""
    from clew.ledger.log import sign_checkpoint

    (folder / CHECKPOINT).write_bytes(bytes(sign_checkpoint(Checkpoint(key.name, size, root), [key])))
