"""What a command records of itself in the ledger: the data it read, and what it made of it.

Digests are of canonical content, so the same inputs give the same digests on another machine: a table's is of its
rows as CSV in UTC, a result's of its JSON. The wall clock is read here, at the face, and nowhere below.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from clew.core import format_instant
from clew.ledger import Entry, EntryType, digest_file, digest_json, record
from clew.links import Weights
from clew.records import Dataset
from clew.standards import Standard

LedgerOption = Annotated[
    Path | None, typer.Option("--ledger", help="Record this run in the ledger in this folder (clew ledger init).")
]
ActorOption = Annotated[str, typer.Option("--actor", help="Who runs it, for the ledger: a role or account, no name.")]
PurposeOption = Annotated[str, typer.Option("--purpose", help="Why, for the ledger (DPA 2018 s.62); optional.")]
RecipientOption = Annotated[str, typer.Option("--recipient", help="To whom --out goes, for the ledger.")]
DEFAULT_ACTOR = "clew"


@dataclass(frozen=True, kw_only=True)
class Recording:
    """Where and on whose behalf a run is recorded. folder: None records nothing."""

    folder: Path | None
    actor: str = DEFAULT_ACTOR
    purpose: str = ""
    recipient: str = ""


def dataset_digests(dataset: Dataset) -> dict[str, str]:
    """``sha256:<hex>`` of every table with rows, over its rows in the order of their source, as CSV."""
    found = {}
    for name, frame in sorted(dataset.tables.items()):
        if frame.height:
            ordered = frame.sort("source_file", "source_row")
            found[name] = f"sha256:{hashlib.sha256(ordered.write_csv().encode()).hexdigest()}"
    return found


def model_digest(weights: Weights) -> str:
    """The digest of the weights that the links were found with."""
    facts = asdict(weights)
    roles = {"+".join(sorted(pair)): share for pair, share in facts["people"].pop("roles").items()}
    return digest_json(facts | {"roles": roles})


def record_run(
    recording: Recording,
    kind: EntryType,
    *,
    dataset: Dataset,
    standard: Standard,
    asked: dict[str, Any],
    result: dict[str, Any],
    exported: Path | None = None,
) -> None:
    """Records the reading of `dataset` and one run over it (a review or a replay), and the file it went to, if any.

    asked: what the run was asked for (T, budget, seed). result: its JSON, of which only the digest is kept. exported:
    a file that was written, recorded by its digest as a disclosure. Does nothing where no ledger is named.
    """
    if recording.folder is None:
        return
    now = datetime.now(UTC)
    tables = dataset_digests(dataset)
    inputs = digest_json(tables)
    counts = asdict(dataset.counts) | {"last_recorded_at": format_instant(dataset.last_recorded_at, dataset.zone)}
    version = f"{standard.id} {standard.version}"
    made = {"asked": asked, "inputs": inputs, "standard": version, "model": model_digest(Weights())}
    entry = partial(
        Entry,
        at=now,
        actor=recording.actor,
        basis=f"standard:{standard.id}/{standard.version}",
        purpose=recording.purpose,
    )
    entries = [
        entry(
            EntryType.DATASET_READ,
            subject=inputs,
            payload={"dataset": dataset.name, "tables": tables, "counts": counts},
        ),
        entry(kind, subject=inputs, payload=made | {"result": digest_json(result)}),
    ]
    if exported is not None:
        recipient = recording.recipient or "unknown"
        entries.append(entry(EntryType.EXPORT, subject=digest_file(exported), payload=made, recipient=recipient))
    record(recording.folder, *entries)
