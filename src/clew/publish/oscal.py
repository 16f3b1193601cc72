"""OSCAL 1.1.2 JSON: control statuses as assessment-results, recommendations as a plan of action and milestones.

So that an inspectorate's own tools can take in what Clew found. OSCAL knows only "satisfied" and "not-satisfied"; the
finer status, the limit and the dates go into `props` under Clew's own namespace. Identifiers are made from content
(UUID version 5), so that the same results give the same file. Source: NIST, Open Security Controls Assessment Language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, time
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from clew.assurance.control import ControlHistory, ControlStatus, StatusChange
from clew.assurance.plan.register import Recommendation
from clew.assurance.plan.states import State
from clew.core import UsageError

VERSION = "1.1.2"
NAMESPACE = "https://clew.example/ns/oscal"
ROOT = UUID("6f0f9d6e-8a0c-5f0e-9d3e-2f1d3a7c5b10")
TOKEN = re.compile(r"[^\W\d][\w.\-]*\Z")

_RISK = {
    State.RECEIVED: "open",
    State.REJECTED: "deviation-requested",
    State.CLOSED: "closed",
    State.SUSTAINED: "closed",
}
"""Other states are being worked on; REOPENED is open again."""


def assessment_results(
    histories: Iterable[ControlHistory], *, title: str, plan_href: str, made_at: datetime, zone: ZoneInfo
) -> dict[str, Any]:
    """The assessment-results document of controls' histories; `plan_href` points to the assessment plan it follows."""
    every = list(histories)
    if not every:
        raise UsageError("There is no control to report.", where="OSCAL", mend="evaluate at least one control")
    observations = [_observation(history, change, zone) for history in every for change in history.changes]
    result = {
        "uuid": _uuid(title, "result", made_at.isoformat()),
        "title": title,
        "description": "Status of each control from the duties that arose after its change.",
        "start": _instant(min(history.control.changed_at for history in every), zone),
        "end": _instant(made_at, zone),
        "reviewed-controls": {"control-selections": [{"include-controls": [_control_id(each) for each in every]}]},
        "observations": observations,
        "findings": [_finding(history, zone) for history in every],
    }
    return {
        "assessment-results": {
            "uuid": _uuid(title, "assessment-results", made_at.isoformat()),
            "metadata": _metadata(title, made_at, zone),
            "import-ap": {"href": plan_href},
            "results": [result],
        }
    }


def plan_of_action(
    recommendations: Iterable[Recommendation], *, title: str, system_id: str, made_at: datetime, zone: ZoneInfo
) -> dict[str, Any]:
    """The plan-of-action-and-milestones document of `recommendations`; `system_id` names the force it is about."""
    every = list(recommendations)
    if not every:
        raise UsageError("There is no recommendation to report.", where="OSCAL", mend="open at least one")
    return {
        "plan-of-action-and-milestones": {
            "uuid": _uuid(title, "poam", made_at.isoformat()),
            "metadata": _metadata(title, made_at, zone),
            "system-id": {"identifier-type": NAMESPACE, "id": system_id},
            "risks": [_risk(entry, zone) for entry in every],
            "poam-items": [_item(entry) for entry in every],
        }
    }


def _observation(history: ControlHistory, change: StatusChange, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "uuid": _uuid(history.control.rule, change.at.isoformat(), change.status),
        "title": f"{history.control.rule}: {change.status.value.replace('_', ' ')}",
        "description": change.reason,
        "props": _props(
            {
                "status": change.status.value,
                "duties-decided": change.decided,
                "duties-not-met": change.not_met,
                "duties-indeterminate": change.indeterminate,
                "share-met-at-least": round(change.lower, 6),
            }
        ),
        "methods": ["TEST"],
        "collected": _instant(change.at, zone),
    }


def _finding(history: ControlHistory, zone: ZoneInfo) -> dict[str, Any]:
    operating = history.status is ControlStatus.OPERATING
    reason = "pass" if operating else "fail" if history.status is ControlStatus.FAILED else "other"
    found: dict[str, Any] = {"status": history.status.value, "target": history.control.target}
    if history.reopened_at is not None:
        found["reopened-at"] = _instant(history.reopened_at, zone)
    return {
        "uuid": _uuid(history.control.rule, "finding", history.changes[-1].at.isoformat()),
        "title": history.control.rule,
        "description": history.changes[-1].reason,
        "props": _props(found),
        "target": {
            "type": "objective-id",
            "target-id": _control_id(history)["control-id"],
            "status": {"state": "satisfied" if operating else "not-satisfied", "reason": reason},
        },
        "related-observations": [
            {"observation-uuid": _uuid(history.control.rule, change.at.isoformat(), change.status)}
            for change in history.changes
        ],
    }


def _risk(entry: Recommendation, zone: ZoneInfo) -> dict[str, Any]:
    risk: dict[str, Any] = {
        "uuid": _uuid(entry.recommendation_id, "risk"),
        "title": entry.recommendation_id,
        "description": entry.text,
        "statement": f"Addressed to {entry.addressee} on {entry.made.isoformat()}.",
        "status": "open" if entry.state is State.REOPENED else _RISK.get(entry.state, "remediating"),
        "deadline": datetime.combine(entry.due or entry.answer_due, time(23, 59, 59), zone).isoformat(),
    }
    if entry.events:
        risk["risk-log"] = {
            "entries": [
                {
                    "uuid": _uuid(entry.recommendation_id, str(number), event.at.isoformat()),
                    "title": event.act.value.replace("_", " "),
                    "description": event.reason or event.act.value.replace("_", " "),
                    "start": _instant(event.at, zone),
                }
                for number, event in enumerate(entry.events)
            ]
        }
    return risk


def _item(entry: Recommendation) -> dict[str, Any]:
    controls = {f"control-{number}": f"{each.rule}>={each.target}" for number, each in enumerate(entry.controls, 1)}
    about = {"state": entry.state.value, "slips": len(entry.slips), "answer-due": entry.answer_due.isoformat()}
    return {
        "uuid": _uuid(entry.recommendation_id, "item"),
        "title": entry.recommendation_id,
        "description": entry.text,
        "props": _props({**about, **controls}),
        "related-risks": [{"risk-uuid": _uuid(entry.recommendation_id, "risk")}],
    }


def _metadata(title: str, made_at: datetime, zone: ZoneInfo) -> dict[str, Any]:
    made = _instant(made_at, zone)
    return {"title": title, "last-modified": made, "version": made, "oscal-version": VERSION}


def _props(values: dict[str, object]) -> list[dict[str, str]]:
    return [{"name": name, "ns": NAMESPACE, "value": str(value)} for name, value in values.items()]


def _control_id(history: ControlHistory) -> dict[str, str]:
    rule = history.control.rule
    if not TOKEN.match(rule):
        raise UsageError(
            f"{rule!r} cannot be an OSCAL identifier.",
            where="OSCAL",
            mend="name rules with letters, digits, dots, hyphens and underscores, a letter first",
        )
    return {"control-id": rule}


def _instant(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(timespec="seconds")


def _uuid(*parts: str) -> str:
    return str(uuid5(ROOT, "\x00".join(parts)))
