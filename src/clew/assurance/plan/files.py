"""A plan of action as a JSON file: recommendations with every event, in the order recorded."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

from clew.assurance.plan.register import Evidence, PlanEvent, Recommendation
from clew.assurance.plan.states import Act
from clew.core import UsageError

FORMAT = "clew plan v1"


def plan_to_json(recommendations: list[Recommendation]) -> dict[str, Any]:
    """The JSON object of a plan; what follows from the events (state, dates) is not stored."""
    text = json.dumps([asdict(entry) for entry in recommendations], default=lambda value: value.isoformat())
    return {"format": FORMAT, "recommendations": json.loads(text)}


def read_plan(path: Path) -> list[Recommendation]:
    """The recommendations in the file at `path`; none if there is no such file yet. Raises `UsageError` for another."""
    if not path.exists():
        return []
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise KeyError(FORMAT)
        return [_recommendation(entry) for entry in content["recommendations"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path} is not a plan of action: {str(error).splitlines()[0] if str(error) else type(error).__name__}.",
            where="plan file",
            mend="give a file that `clew plan open` made",
        ) from None


def _recommendation(entry: dict[str, Any]) -> Recommendation:
    return Recommendation(
        recommendation_id=entry["recommendation_id"],
        text=entry["text"],
        addressee=entry["addressee"],
        made=date.fromisoformat(entry["made"]),
        findings=tuple(entry["findings"]),
        controls=tuple((rule, target) for rule, target in entry["controls"]),
        events=tuple(_event(event) for event in entry["events"]),
    )


def _event(event: dict[str, Any]) -> PlanEvent:
    return PlanEvent(
        act=Act(event["act"]),
        by=event["by"],
        at=datetime.fromisoformat(event["at"]),
        reason=event["reason"],
        owner=event["owner"],
        due=date.fromisoformat(event["due"]) if event["due"] else None,
        evidence=tuple(
            Evidence(item["name"], item["digest"], date.fromisoformat(item["of"])) for item in event["evidence"]
        ),
    )
