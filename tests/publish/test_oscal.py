"""OSCAL documents hold what was found, validate against OSCAL's own models, and are the same for the same results."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from clew.assurance.control import Control, ControlHistory, control_history
from clew.assurance.plan import Act, NamedControl, PlanEvent, Recommendation, recommend, record
from clew.core import UsageError
from clew.publish.oscal import assessment_results, plan_of_action

CHANGE = datetime(2026, 1, 1, tzinfo=UTC)
MADE = datetime(2026, 9, 1, tzinfo=UTC)
ZONE = ZoneInfo("Europe/London")


def history(rule: str = "R05", verdicts: tuple[str, ...] = ("met",) * 60) -> ControlHistory:
    decided = [CHANGE + timedelta(days=i + 1) for i in range(len(verdicts))]
    duties = pl.DataFrame({"rule": rule, "trigger_at": decided, "verdict": verdicts, "decided_at": decided})
    return control_history(duties, Control(rule, 0.9, CHANGE), as_at=MADE)


def plan() -> list[Recommendation]:
    entry = recommend(
        "A-7", text="Do it.", addressee="Force", made=date(2026, 1, 5), controls=(NamedControl("R05", 0.95),)
    )
    for act, needs in (
        (Act.ACCEPT, {}),
        (Act.ASSIGN, {"owner": "head", "due": date(2026, 6, 1)}),
        (Act.SLIP, {"due": date(2026, 9, 1), "reason": "late"}),
    ):
        entry = record(entry, PlanEvent(act, "secretary", CHANGE, **needs))  # type: ignore[arg-type]
    return [entry]


def results(*histories: ControlHistory) -> dict[str, Any]:
    return assessment_results(histories, title="Controls", plan_href="./plan.json", made_at=MADE, zone=ZONE)


def actions() -> dict[str, Any]:
    return plan_of_action(plan(), title="Plan", system_id="force", made_at=MADE, zone=ZONE)


def props(thing: dict[str, Any]) -> dict[str, str]:
    return {prop["name"]: prop["value"] for prop in thing["props"]}


def test_a_control_is_satisfied_only_while_it_operates() -> None:
    found = results(history(), history("R06", ("met", "missed")))["assessment-results"]["results"][0]["findings"]
    assert [finding["target"]["status"]["state"] for finding in found] == ["satisfied", "not-satisfied"]
    assert props(found[0])["status"] == "operating"
    assert props(found[1])["status"] == "not_yet_evidenced"


def test_every_related_observation_is_in_the_document() -> None:
    result = results(history(), history("R06"))["assessment-results"]["results"][0]
    known = {observation["uuid"] for observation in result["observations"]}
    assert len(known) == len(result["observations"])
    for finding in result["findings"]:
        assert {related["observation-uuid"] for related in finding["related-observations"]} <= known


def test_a_recommendation_keeps_its_moved_deadline_and_its_log() -> None:
    document = actions()["plan-of-action-and-milestones"]
    risk = document["risks"][0]
    assert risk["deadline"].startswith("2026-09-01T23:59:59")
    assert [entry["title"] for entry in risk["risk-log"]["entries"]] == ["accept", "assign", "slip"]
    assert props(document["poam-items"][0])["slips"] == "1"
    assert document["poam-items"][0]["related-risks"] == [{"risk-uuid": risk["uuid"]}]


def test_the_same_results_give_the_same_document_to_the_byte() -> None:
    assert json.dumps(results(history())) == json.dumps(results(history()))
    assert json.dumps(actions()) == json.dumps(actions())


def test_an_empty_report_and_a_rule_that_is_no_identifier_are_refused() -> None:
    with pytest.raises(UsageError, match="no control"):
        results()
    with pytest.raises(UsageError, match="identifier"):
        results(history("rule five"))


def test_oscals_own_models_accept_both_documents() -> None:
    trestle = pytest.importorskip("trestle.oscal", reason="compliance-trestle is not installed: models not checked")
    assert trestle
    from trestle.oscal.assessment_results import Model as Results
    from trestle.oscal.poam import Model as Poam

    for model, document in ((Results, results(history(), history("R06", ("missed",) * 40))), (Poam, actions())):
        read = getattr(model, "model_validate", None) or model.parse_obj  # pydantic 2, or 1
        assert read(document)
