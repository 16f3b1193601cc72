"""A plan of action as a JSON file: findings, and recommendations with every event, in the order recorded."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from clew.assurance.plan.findings import Evidence, Finding, Severity
from clew.assurance.plan.register import NamedControl, PlanEvent, Recommendation
from clew.assurance.plan.states import Act
from clew.core import UsageError

FORMAT = "clew plan v2"


@dataclass(frozen=True)
class Plan:
    """Findings and what was recommended on them."""

    findings: tuple[Finding, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()

    def recommendation(self, name: str) -> Recommendation:
        """The recommendation called `name`; raises `UsageError` if there is none."""
        found = next((entry for entry in self.recommendations if entry.recommendation_id == name), None)
        if found is None:
            raise UsageError(f"{name} is not in the plan.", where="plan of action", mend="add it: clew plan open")
        return found

    def with_finding(self, finding: Finding) -> Plan:
        """The plan with a new finding; raises `UsageError` if its id is taken."""
        if any(entry.finding_id == finding.finding_id for entry in self.findings):
            raise UsageError(
                f"{finding.finding_id} is in the plan already.",
                where="plan of action",
                why="a finding is not overwritten",
                mend="make a new one and say which it replaces",
            )
        return replace(self, findings=(*self.findings, finding))

    def with_new(self, entry: Recommendation) -> Plan:
        """The plan with a new recommendation; raises `UsageError` if its id is taken or a finding of it is unknown."""
        if any(known.recommendation_id == entry.recommendation_id for known in self.recommendations):
            raise UsageError(
                f"{entry.recommendation_id} is in the plan already.", where="plan of action", mend="use `clew plan act`"
            )
        known = {finding.finding_id for finding in self.findings}
        if absent := [name for name in entry.findings if name not in known]:
            raise UsageError(
                f"{entry.recommendation_id} rests on finding {absent[0]}, which is not in the plan.",
                where="plan of action",
                mend="add it first: clew plan find",
            )
        return replace(self, recommendations=(*self.recommendations, entry))

    def with_changed(self, entry: Recommendation) -> Plan:
        """The plan with `entry` in the place of the recommendation of the same id."""
        self.recommendation(entry.recommendation_id)
        same = entry.recommendation_id
        changed = tuple(entry if each.recommendation_id == same else each for each in self.recommendations)
        return replace(self, recommendations=changed)


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """The JSON object of a plan; what follows from the events (state, dates) is not stored."""
    text = json.dumps(asdict(plan), default=lambda value: value.isoformat())
    return {"format": FORMAT, **json.loads(text)}


def read_plan(path: Path) -> Plan:
    """The plan in the file at `path`; an empty one if there is no such file yet. Raises `UsageError` for another."""
    if not path.exists():
        return Plan()
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise KeyError(FORMAT)
        return Plan(
            tuple(_finding(entry) for entry in content["findings"]),
            tuple(_recommendation(entry) for entry in content["recommendations"]),
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(
            f"{path} is not a plan of action: {str(error).splitlines()[0] if str(error) else type(error).__name__}.",
            where="plan file",
            mend="give a file that `clew plan open` made",
        ) from None


def _finding(entry: dict[str, Any]) -> Finding:
    return Finding(
        finding_id=entry["finding_id"],
        criterion=entry["criterion"],
        condition=entry["condition"],
        cause=entry["cause"],
        effect=entry["effect"],
        severity=Severity(entry["severity"]),
        evidence=_evidence(entry["evidence"]),
        found_on=date.fromisoformat(entry["found_on"]),
    )


def _recommendation(entry: dict[str, Any]) -> Recommendation:
    return Recommendation(
        recommendation_id=entry["recommendation_id"],
        text=entry["text"],
        addressee=entry["addressee"],
        made=date.fromisoformat(entry["made"]),
        findings=tuple(entry["findings"]),
        controls=tuple(
            NamedControl(control["rule"], control["target"], _day(control["changed_on"]))
            for control in entry["controls"]
        ),
        events=tuple(_event(event) for event in entry["events"]),
    )


def _event(event: dict[str, Any]) -> PlanEvent:
    return PlanEvent(
        act=Act(event["act"]),
        by=event["by"],
        at=datetime.fromisoformat(event["at"]),
        reason=event["reason"],
        owner=event["owner"],
        due=_day(event["due"]),
        evidence=_evidence(event["evidence"]),
        milestone=event["milestone"],
        operating=tuple(event["operating"]),
    )


def _evidence(items: list[dict[str, str]]) -> tuple[Evidence, ...]:
    return tuple(Evidence(item["name"], item["digest"], date.fromisoformat(item["of"])) for item in items)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
