"""A sample's way through the ledger: the seed promised, the frame fixed, the seed opened, the draw made; in that order.

All of it stands in the leaves of the tree, so a copy without any payload is enough to check it: the subject is the
sample's name, the basis holds the commitment, the frame's digest, the seed, the draw's digest. One name has one promise
and one frame: whoever could promise a dozen seeds, or fix a dozen frames, could open the one that suits. The ledger
proves the order; that an entry stood there by a given day is proved by a witness (see `clew ledger verify`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clew.assurance.sampling.drawing import Draw
from clew.assurance.sampling.files import draw_to_json
from clew.assurance.sampling.frame import Frame
from clew.assurance.sampling.seed import SeedCommitment
from clew.core import IntegrityError, UsageError
from clew.ledger import EntryType, Recorded

STEPS = (EntryType.SEED_PROMISED, EntryType.FRAME_FIXED, EntryType.SEED_OPENED, EntryType.SAMPLE_DRAWN)
LEDGER = "ledger entry "
LONGEST_SEED = 64
_BASIS = {
    EntryType.SEED_PROMISED: "commitment",
    EntryType.FRAME_FIXED: "frame",
    EntryType.SEED_OPENED: "seed",
    EntryType.SAMPLE_DRAWN: "draw",
}


@dataclass(frozen=True)
class Step:
    """One recorded step: its entry, when it says it happened, and the value in its basis."""

    index: int
    at: datetime
    value: str


def subject_of(name: str) -> str:
    """What entries about the sample `name` are about."""
    return f"sample:{name}"


def basis_of(step: EntryType, value: str) -> str:
    """The basis of an entry of type `step` with `value`."""
    return f"{_BASIS[step]}:{value}"


def steps_of(entries: Iterable[Recorded], name: str) -> dict[EntryType, Step]:
    """The steps of the sample `name` in a ledger's entries.

    Raises `IntegrityError` for a step that is there twice or out of order.
    """
    found: dict[EntryType, Step] = {}
    for entry in entries:
        if entry.leaf["subject"] != subject_of(name) or entry.leaf["type"] not in list(STEPS):
            continue
        kind = EntryType(entry.leaf["type"])
        if kind in found:
            raise IntegrityError(
                f"Sample {name} has two entries of type {kind}.",
                where=f"ledger entries {found[kind].index} and {entry.index}",
                why="whoever could promise two seeds or fix two frames could open the one that suits",
                mend="throw the sample away, and promise a new seed under a new name",
            )
        _, _, value = str(entry.leaf["basis"]).partition(":")
        found[kind] = Step(entry.index, datetime.fromisoformat(entry.leaf["at"]), value)
        _check_order(found, name, kind)
    return found


def check_may_record(steps: Mapping[EntryType, Step], name: str, kind: EntryType) -> None:
    """Raises `UsageError` if the next step of `name` cannot be of type `kind`."""
    if kind in steps:
        raise UsageError(
            f"Sample {name} has its {_BASIS[kind]} already, in entry {steps[kind].index}.",
            where="ledger",
            why="a second one could be picked because it suits",
            mend="take a new name",
        )
    _check_order(steps, name, kind)
    before = {EntryType.SEED_OPENED: EntryType.FRAME_FIXED, EntryType.SAMPLE_DRAWN: EntryType.SEED_OPENED}.get(kind)
    if before is not None and before not in steps:
        raise IntegrityError(
            f"Sample {name} has no {_BASIS[before]} in the ledger.",
            where="ledger",
            why="a seed that is open before the frame is fixed shows which items the frame would give",
            mend="record it first, with --ledger and --name",
        )


def commitment_in(steps: Mapping[EntryType, Step], name: str, frame: Frame) -> SeedCommitment:
    """The promise behind sample `name`, if the ledger holds it before this very frame, and the seed is not open yet.

    Raises `IntegrityError` otherwise.
    """
    promised, fixed = steps.get(EntryType.SEED_PROMISED), steps.get(EntryType.FRAME_FIXED)
    if promised is None or fixed is None:
        raise IntegrityError(
            f"Sample {name} has no {'promised seed' if promised is None else 'fixed frame'} in the ledger.",
            where="ledger",
            why="a seed or frame of which nobody holds a record could have been chosen to suit",
            mend="record it first: clew sample seed, then clew sample frame, with --ledger and --name",
        )
    frame.check(fixed.value)
    if promised.at > frame.fixed_at:
        raise IntegrityError(
            "The frame is as known before the seed was promised.",
            where=f"frame as known at {frame.fixed_at.isoformat()}, promise of {promised.at.isoformat()}",
            why="whoever promised the seed could already see which items it would pick",
            mend="fix the frame as known at an instant after the promise",
        )
    return SeedCommitment(promised.value, promised.at, f"{LEDGER}{promised.index}")


def opened(seed: bytes) -> str:
    """What the ledger's leaf says of an opened seed: the seed, or the SHA-256 of one too long for a leaf."""
    return seed.hex() if len(seed) <= LONGEST_SEED else hashlib.sha256(seed).hexdigest()


def check_beacon(steps: Mapping[EntryType, Step], published_at: datetime) -> None:
    """Raises `IntegrityError` if a public value was out before the ledger held the frame."""
    fixed = steps[EntryType.FRAME_FIXED]
    if published_at <= fixed.at:
        raise IntegrityError(
            "The value was public before the frame was recorded.",
            where=f"ledger entry {fixed.index} of {fixed.at.isoformat()}, published {published_at.isoformat()}",
            why="whoever fixed the frame could already see which items would be picked",
            mend="use the first value published after the frame was recorded",
        )


def draw_digest(drawn: Draw) -> str:
    """SHA-256 of the draw as first made: seed, frame, order and items, without what stood in later."""
    content: dict[str, Any] = {**draw_to_json(drawn), "replacements": [], "selected": []}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=list)
    return hashlib.sha256(text.encode()).hexdigest()


def check_draw(steps: Mapping[EntryType, Step], name: str, drawn: Draw) -> None:
    """Raises `IntegrityError` unless the ledger holds every step of `name`, in order, for this very draw."""
    for kind in STEPS:
        if kind is EntryType.SEED_PROMISED and not drawn.seed_recorded_in.startswith(LEDGER):
            continue  # a public value needs no promise
        if kind not in steps:
            raise IntegrityError(f"Sample {name} has no {_BASIS[kind]} in the ledger.", where="ledger")
    said = {
        EntryType.FRAME_FIXED: drawn.frame_digest,
        EntryType.SEED_OPENED: opened(drawn.seed),
        EntryType.SAMPLE_DRAWN: draw_digest(drawn),
    }
    for kind, value in said.items():
        if steps[kind].value != value:
            raise IntegrityError(
                f"The draw's {_BASIS[kind]} is not the one in the ledger.",
                where=f"ledger entry {steps[kind].index}",
                why="somebody changed it after it was recorded",
                mend="bring back the draw as it was made",
            )


def _check_order(found: Mapping[EntryType, Step], name: str, kind: EntryType) -> None:
    later = [after for after in STEPS[STEPS.index(kind) + 1 :] if after in found]
    if later:
        raise IntegrityError(
            f"Sample {name} has its {_BASIS[later[0]]} before its {_BASIS[kind]}.",
            where=f"ledger entry {found[later[0]].index}",
            why="whoever saw the one could fit the other to it",
            mend="throw the sample away, and promise a new seed under a new name",
        )
