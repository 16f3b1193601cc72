"""What an entry of the ledger says: who did which operation on what, when, and on what basis; never anything personal.

A leaf is RFC 8785 JSON: ``{"actor", "at", "basis", "commitment", "operation"?, "subject", "type", "v"}``. The
commitment is SHA-256(salt || payload); payload and salt lie beside the tree (`clew.ledger.payloads`) and can lawfully
be erased. The six operations are those that section 62 of the Data Protection Act 2018 wants logged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

import rfc8785

from clew.core import UsageError
from clew.ledger.errors import VerificationError
from clew.ledger.tiles import MAX_ENTRY_BYTES

LEAF_VERSION = 1
SALT_BYTES = 32
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/#=,+-]{0,254}")
_REFERENCE_FIELDS = ("actor", "subject", "basis")


class EntryType(StrEnum):
    """What kind of thing an entry records."""

    DATASET_READ = "dataset_read"
    REVIEW = "review"
    REPLAY = "replay"
    STANDARD_ADOPTED = "standard_adopted"
    MODEL_ADOPTED = "model_adopted"
    DECISION = "decision"
    CONSULTATION = "consultation"
    DISCLOSURE = "disclosure"
    EXPORT = "export"
    ERASURE = "erasure"
    KEY_ROTATED = "key_rotated"
    SEED_PROMISED = "seed_promised"
    FRAME_FIXED = "frame_fixed"
    SEED_OPENED = "seed_opened"
    SAMPLE_DRAWN = "sample_drawn"
    ITEM_REPLACED = "item_replaced"
    APPROVAL = "approval"
    RELEASE = "release"


class Operation(StrEnum):
    """The processing operations of section 62(1) of the Data Protection Act 2018."""

    COLLECTION = "collection"
    ALTERATION = "alteration"
    CONSULTATION = "consultation"
    DISCLOSURE = "disclosure"
    COMBINATION = "combination"
    ERASURE = "erasure"


OPERATION_OF: Mapping[EntryType, Operation | None] = {
    EntryType.DATASET_READ: Operation.COLLECTION,
    EntryType.REVIEW: Operation.COMBINATION,
    EntryType.REPLAY: Operation.COMBINATION,
    EntryType.STANDARD_ADOPTED: None,
    EntryType.MODEL_ADOPTED: None,
    EntryType.DECISION: Operation.ALTERATION,
    EntryType.CONSULTATION: Operation.CONSULTATION,
    EntryType.DISCLOSURE: Operation.DISCLOSURE,
    EntryType.EXPORT: Operation.DISCLOSURE,
    EntryType.ERASURE: Operation.ERASURE,
    EntryType.KEY_ROTATED: None,
    EntryType.SEED_PROMISED: None,
    EntryType.FRAME_FIXED: Operation.CONSULTATION,
    EntryType.SEED_OPENED: None,
    EntryType.SAMPLE_DRAWN: None,
    EntryType.ITEM_REPLACED: None,
    EntryType.APPROVAL: None,
    EntryType.RELEASE: Operation.DISCLOSURE,
}
"""The section 62 operation each type is, unless the entry says otherwise; None: no personal data is processed."""


@dataclass(frozen=True)
class Entry:
    """One thing to record.

    at: when it happened, with a time zone. actor: a role or an account number, never a name. subject, basis:
    references, such as ``dataset:essex`` and ``standard:death-report/2014``. payload: JSON values, which may be
    personal and can be erased. purpose, recipient: of a consultation or disclosure (section 62(2) and (3)), kept in the
    payload. A disclosure names its recipient. Raises `UsageError`.
    """

    type: EntryType
    at: datetime
    actor: str
    subject: str
    basis: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    operation: Operation | None = None
    purpose: str = ""
    recipient: str = ""

    def __post_init__(self) -> None:
        for name in _REFERENCE_FIELDS:
            if not _REFERENCE.fullmatch(getattr(self, name)):
                raise UsageError(
                    f"{getattr(self, name)!r} is not a reference.",
                    where=name,
                    why="what is written into the tree stays for ever, so it takes no prose, names or e-mail addresses",
                    mend="use letters, digits and . _ : / # = , + - without spaces; put the rest into the payload",
                )
        if self.at.tzinfo is None:
            raise UsageError("The time of an entry has no time zone.", where="at", mend="give it one, such as UTC")
        if self.operation is None:
            object.__setattr__(self, "operation", OPERATION_OF[self.type])
        if (self.operation is Operation.DISCLOSURE) != bool(self.recipient):
            raise UsageError(
                "A disclosure names its recipient, and nothing else has one.",
                where="recipient",
                why="section 62(3) of the Data Protection Act 2018 asks to whom the data were disclosed",
                mend="name the body it went to, or write 'unknown'",
            )
        if clash := {"purpose", "recipient"} & set(self.payload):
            raise UsageError(f"The payload has a key {min(clash)!r}.", mend="hand it over as the entry's own field")

    def payload_bytes(self) -> bytes:
        """The payload, with purpose and recipient, as RFC 8785 JSON of at most 65,535 bytes."""
        told = {name: text for name in ("purpose", "recipient") if (text := getattr(self, name))}
        try:
            canonical = rfc8785.dumps({**self.payload, **told})
        except (rfc8785.CanonicalizationError, RecursionError) as error:
            raise UsageError(f"The payload cannot be written as JSON: {error}.", where="payload") from error
        if len(canonical) > MAX_ENTRY_BYTES:
            raise UsageError(
                f"The payload has {len(canonical)} bytes.",
                why=f"the ledger keeps at most {MAX_ENTRY_BYTES} for an entry",
                mend="record the digest of the document instead of the document",
            )
        return canonical

    def leaf(self, salt: bytes, payload: bytes) -> bytes:
        """The bytes that go into the tree.

        No field can hold a character that JSON escapes, so RFC 8785 is this template; a test holds it equal to
        `rfc8785`.
        """
        fields = {
            "actor": self.actor,
            "at": self.at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z",
            "basis": self.basis,
            "commitment": commitment(salt, payload),
            "operation": self.operation,
            "subject": self.subject,
            "type": self.type,
        }
        return _canonical(fields)


def _canonical(fields: Mapping[str, Any]) -> bytes:
    operation = f'"operation":"{fields["operation"]}",' if fields.get("operation") else ""
    return (
        f'{{"actor":"{fields["actor"]}","at":"{fields["at"]}","basis":"{fields["basis"]}",'
        f'"commitment":"{fields["commitment"]}",{operation}"subject":"{fields["subject"]}",'
        f'"type":"{fields["type"]}","v":{LEAF_VERSION}}}'
    ).encode()


def commitment(salt: bytes, payload: bytes) -> str:
    """SHA-256(salt || payload), in hexadecimal; without the salt nobody can guess at what was erased."""
    return sha256(salt + payload).hexdigest()


def parse_leaf(leaf: bytes) -> dict[str, Any]:
    """The fields of a leaf; raises `VerificationError` if it is not in the one form that `Entry.leaf` writes."""
    fields: dict[str, Any] = {}
    try:
        fields = json.loads(leaf)
        intact = isinstance(fields, dict) and _canonical(fields) == leaf
    except (ValueError, KeyError, RecursionError):
        intact = False
    if not intact:
        raise VerificationError("An entry is not in the form of this ledger.", where=repr(leaf[:120]))
    return fields
