"""Verdicts as OSCAL 1.1.2 assessment results (JSON), for governance and audit systems.

OSCAL knows only *satisfied* and *not-satisfied*; the verdict itself, finer than that, is in `props` under Clew's
namespace. Ids are UUIDs made from the duty (version 5), so the same verdicts give the same document.
Source: https://pages.nist.gov/OSCAL-Reference/models/v1.1.2/assessment-results/json-reference/
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import polars as pl

from clew.standards.language.model import Rule, Standard
from clew.standards.verdict import Verdict

OSCAL_VERSION = "1.1.2"
NAMESPACE = "urn:clew:standards"
_UUID_SPACE = UUID("9f1c2f0e-6a5b-5d0e-8a57-1c0f3c1b7a44")
#: A duty counts as satisfied only if it was met; what was waived or cannot be told is shown by its own verdict.
_STATES = {Verdict.MET.value: ("satisfied", "pass"), Verdict.MISSED.value: ("not-satisfied", "fail")}


def to_oscal(duties: pl.DataFrame, standard: Standard, *, at: datetime, dataset: str) -> dict[str, Any]:
    """The OSCAL document of `duties` as at `at`; duties that do not apply are left out, as OSCAL would have it."""
    rows = (
        duties.with_columns(pl.col("verdict", "view").cast(pl.String))
        .filter(pl.col("verdict") != Verdict.NOT_APPLICABLE.value)
        .to_dicts()
    )
    made_at = at.isoformat()
    result = {
        "uuid": _uuid("result", standard.label, dataset, made_at),
        "title": f"{standard.title}: duties as known at {made_at}",
        "description": f"Verdicts of {standard.label} on {dataset}. A record that is absent is not an act undone.",
        "start": made_at,
        "end": made_at,
        "reviewed-controls": {
            "control-selections": [
                {
                    "include-controls": [
                        {"control-id": _token(name)} for name, rule in standard.rules.items() if rule.decidable
                    ]
                }
            ]
        },
        "observations": [_observation(row, standard, made_at) for row in rows],
        "findings": [_finding(row, standard.rules[row["rule"]], made_at) for row in rows],
    }
    for name in ("observations", "findings"):
        if not result[name]:
            del result[name]
    return {
        "assessment-results": {
            "uuid": _uuid("document", standard.label, dataset, made_at),
            "metadata": {
                "title": f"Clew: {standard.label} on {dataset}",
                "last-modified": made_at,
                "version": standard.version,
                "oscal-version": OSCAL_VERSION,
            },
            "import-ap": {"href": f"#{_uuid('plan', standard.label)}"},
            "results": [result],
            "back-matter": {
                "resources": [
                    {
                        "uuid": _uuid("plan", standard.label),
                        "title": standard.label,
                        "description": "The standard, every rule of which was evaluated on every case.",
                    }
                ]
            },
        }
    }


def _uuid(*parts: str) -> str:
    return str(uuid5(_UUID_SPACE, "\x1f".join(parts)))


def _token(text: str) -> str:
    """An OSCAL token: letters, digits, dot, dash, underscore, beginning with a letter or underscore."""
    return "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in text)


def _property(name: str, value: object) -> dict[str, str]:
    return {"name": name, "ns": NAMESPACE, "value": str(value)}


def _observation(row: dict[str, Any], standard: Standard, at: str) -> dict[str, Any]:
    props = [_property(name, row[name]) for name in ("rule", "verdict", "view")]
    props += [_property(name, row[name].isoformat()) for name in ("known_at", "due", "decided_at") if row[name]]
    for side in ("trigger", "deciding"):
        if row[f"{side}_file"] is not None:
            place = f"{row[f'{side}_table']} {row[f'{side}_file']} row {row[f'{side}_row']}"
            props.append(_property(f"{side}-record", place))
    return {
        "uuid": _uuid("observation", standard.label, row["duty_id"], at),
        "title": row["duty_id"],
        "description": row["reason"],
        "props": props,
        "methods": ["TEST"],
        "collected": at,
    }


def _finding(row: dict[str, Any], rule: Rule, at: str) -> dict[str, Any]:
    state, why = _STATES.get(row["verdict"], ("not-satisfied", "other"))
    return {
        "uuid": _uuid("finding", rule.id, row["duty_id"], at),
        "title": f"{rule.id}: {row['verdict']}",
        "description": row["reason"],
        "props": [_property("verdict", row["verdict"]), _property("event-id", row["event_id"])],
        "target": {
            "type": "objective-id",
            "target-id": _token(rule.id),
            "description": rule.text,
            "status": {"state": state, "reason": why},
        },
    }
