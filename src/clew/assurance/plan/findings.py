"""Findings in the auditor's five parts, each resting on evidence that nobody can change afterwards.

Criterion (what should be), condition (what is), cause (why), effect (what follows), severity; a finding without one of
them, or without evidence whose SHA-256 is known, is an opinion. Source: the elements of a finding in public audit
(INTOSAI ISSAI 3000; GAO Government Auditing Standards, 2018, 6.17 and 8.127).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from clew.core import UsageError

SHA256 = re.compile(r"[0-9a-f]{64}\Z")


class Severity(StrEnum):
    """How grave a finding is."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True)
class Evidence:
    """A document or data set that was relied on: its name, SHA-256, and the day up to which it speaks."""

    name: str
    digest: str
    of: date


@dataclass(frozen=True)
class Finding:
    """What was found, in the auditor's parts, with how grave it is and on what it rests."""

    finding_id: str
    criterion: str
    condition: str
    cause: str
    effect: str
    severity: Severity
    evidence: tuple[Evidence, ...]
    found_on: date


PARTS = {
    "criterion": "what should have been",
    "condition": "what was found instead",
    "cause": "why it was so",
    "effect": "what follows from it",
}


def find(
    finding_id: str,
    *,
    criterion: str,
    condition: str,
    cause: str,
    effect: str,
    severity: str,
    evidence: tuple[Evidence, ...],
    found_on: date,
) -> Finding:
    """A new finding. Raises `UsageError` for a part left out, an unknown severity, or evidence without its digest."""
    given = {"criterion": criterion, "condition": condition, "cause": cause, "effect": effect}
    for name, meaning in PARTS.items():
        if not given[name].strip():
            raise UsageError(
                f"Finding {finding_id} has no {name}.",
                where="finding",
                why="a finding that leaves a part out cannot be answered or acted on",
                mend=f"say {meaning}",
            )
    if severity not in list(Severity):
        raise UsageError(
            f"Finding {finding_id} has the severity {severity!r}.",
            where="finding",
            mend=f"choose among {', '.join(Severity)}",
        )
    if not evidence:
        raise UsageError(
            f"Finding {finding_id} rests on no evidence.",
            where="finding",
            why="nobody could check it",
            mend="name at least one file that it rests on",
        )
    for item in evidence:
        if fault := digest_fault(item):
            raise UsageError(f"Finding {finding_id} {fault}.", where="finding")
        if item.of > found_on:
            raise UsageError(
                f"Finding {finding_id} rests on {item.name}, which speaks of a later day.",
                where="finding",
                mend="date the finding on or after the last day its evidence speaks of",
            )
    stripped = {name: text.strip() for name, text in given.items()}
    return Finding(finding_id, **stripped, severity=Severity(severity), evidence=evidence, found_on=found_on)


def digest_fault(item: Evidence) -> str:
    """What is wrong with the digest of `item`; empty if nothing."""
    if SHA256.match(item.digest):
        return ""
    return f"needs the SHA-256 of {item.name}, so that nobody can change it afterwards"
