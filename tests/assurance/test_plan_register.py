"""A recommendation closes only on evidence somebody else has tested, and every slip and late answer stays visible."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.assurance.plan import (
    TRANSITIONS,
    Act,
    Evidence,
    NamedControl,
    PlanEvent,
    Recommendation,
    State,
    find,
    mermaid,
    recommend,
    record,
)
from clew.assurance.plan.standing import due_dates, standing
from clew.assurance.plan.states import BY_ACT, Need
from clew.core import UsageError

ROOT = Path(__file__).resolve().parents[2]
MADE = date(2026, 1, 5)
START = datetime(2026, 1, 6, 9, tzinfo=UTC)
PROOF = Evidence("dip sample", "a" * 64, date(2026, 6, 1))


def fresh() -> Recommendation:
    return recommend(
        "A-7", text="Compare every note.", addressee="Chief Constable", made=MADE, controls=(NamedControl("R05", 0.95),)
    )


def event(act: Act, hours: int, by: str = "owner", **needs: object) -> PlanEvent:
    return PlanEvent(act, by, START + timedelta(hours=hours), **needs)  # type: ignore[arg-type]


def walked(*events: PlanEvent) -> Recommendation:
    recommendation = fresh()
    for step in events:
        recommendation = record(recommendation, step)
    return recommendation


TO_EVIDENCE = (
    event(Act.ACCEPT, 1),
    event(Act.ASSIGN, 2, owner="owner", due=date(2026, 4, 1)),
    event(Act.START, 3),
    event(Act.SUBMIT_EVIDENCE, 4, evidence=(PROOF,)),
)


def test_the_way_to_sustained_and_back_to_reopened() -> None:
    done = walked(
        *TO_EVIDENCE,
        event(Act.VERIFY, 5, by="inspector", reason="drew 60, all met"),
        event(Act.CLOSE, 6, by="inspector", evidence=(PROOF,), operating=("R05",)),
        event(Act.RETEST, 7, by="inspector", evidence=(PROOF,), operating=("R05",)),
    )
    assert done.state is State.SUSTAINED
    assert (
        record(done, event(Act.REOPEN, 8, by="control R05", reason="lower limit below target")).state is State.REOPENED
    )


@pytest.mark.parametrize("act", [Act.VERIFY, Act.RETURN_EVIDENCE])
def test_nobody_who_ever_owned_it_may_judge_its_evidence(act: Act) -> None:
    handed_over = walked(
        *TO_EVIDENCE[:2],
        event(Act.ASSIGN, 3, owner="second owner", due=date(2026, 5, 1)),
        event(Act.START, 4),
        event(Act.SUBMIT_EVIDENCE, 5, evidence=(PROOF,)),
    )
    for owner in ("owner", "second owner"):
        with pytest.raises(UsageError, match="somebody other than the owner"):
            record(handed_over, event(act, 6, by=owner.upper() + " ", reason="looks fine"))


def test_the_one_who_closes_is_not_the_owner() -> None:
    verified = walked(*TO_EVIDENCE, event(Act.VERIFY, 5, by="inspector", reason="tested"))
    with pytest.raises(UsageError, match="somebody other than the owner"):
        record(verified, event(Act.CLOSE, 6, by="owner", evidence=(PROOF,)))


def test_evidence_from_before_the_change_does_not_close_it() -> None:
    verified = walked(*TO_EVIDENCE, event(Act.VERIFY, 5, by="inspector", reason="tested"))
    old = replace(PROOF, of=date(2026, 1, 2))
    with pytest.raises(UsageError, match="after the change began"):
        record(verified, event(Act.CLOSE, 6, by="inspector", evidence=(old,), operating=("R05",)))


def test_evidence_without_a_digest_is_refused() -> None:
    with pytest.raises(UsageError, match="SHA-256"):
        walked(*TO_EVIDENCE[:3], event(Act.SUBMIT_EVIDENCE, 4, evidence=(replace(PROOF, digest="abc"),)))


def test_every_slip_is_kept_with_its_reason() -> None:
    late = walked(
        *TO_EVIDENCE[:2],
        event(Act.SLIP, 3, due=date(2026, 6, 1), reason="system delivered late"),
        event(Act.SLIP, 4, due=date(2026, 9, 1), reason="training not done"),
    )
    assert late.due == date(2026, 9, 1)
    assert [slip.reason for slip in late.slips] == ["system delivered late", "training not done"]


def test_a_late_addressee_can_answer_and_the_answer_is_shown() -> None:
    assert fresh().answer_due == date(2026, 3, 2)
    answered = record(fresh(), event(Act.ANSWER, 24 * 90, by="Chief Constable", reason="sent on 1 March, lost in post"))
    assert answered.answered_at == START + timedelta(days=90)
    assert answered.state is State.RECEIVED


def test_the_past_is_not_rewritten() -> None:
    with pytest.raises(UsageError, match="later event"):
        walked(event(Act.ACCEPT, 2), event(Act.ASSIGN, 1, owner="o", due=date(2026, 4, 1)))


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"addressee": " "}, "no addressee"),
        ({"text": ""}, "no text"),
        ({"controls": (NamedControl("R05", 1.0),)}, "target of 1"),
    ],
)
def test_a_recommendation_nobody_could_answer_or_show_is_refused(options: dict[str, object], word: str) -> None:
    with pytest.raises(UsageError, match=word):
        recommend("A-7", **{"text": "Do it.", "addressee": "Force", "made": MADE, **options})  # type: ignore[arg-type]


@given(st.lists(st.sampled_from(Act), max_size=12), st.data())
def test_no_order_of_acts_closes_without_verification_by_another(acts: list[Act], data: st.DataObject) -> None:
    """Random walks, everything granted: closed is always preceded by verified, and by neither hand of the owner."""
    recommendation = fresh()
    for hour, act in enumerate(acts):
        by = data.draw(st.sampled_from(["owner", "inspector"]))
        step = event(
            act, hour, by=by, reason="r", owner="owner", due=date(2026, 5, 1), evidence=(PROOF,), operating=("R05",)
        )
        try:
            recommendation = record(recommendation, step)
        except UsageError:
            continue
    moves = [step for step in recommendation.events if BY_ACT[step.act].target]
    for before, step in pairwise(moves):
        if step.act is Act.CLOSE:
            assert before.act is Act.VERIFY
            assert {before.by, step.by} == {"inspector"}


def test_only_another_hand_leads_to_verified_closed_or_sustained() -> None:
    for transition in TRANSITIONS:
        if transition.target in (State.VERIFIED, State.CLOSED, State.SUSTAINED):
            assert Need.NOT_THE_OWNER in transition.needs
    assert set(BY_ACT) == set(Act)


def test_every_state_can_be_reached_and_left() -> None:
    reached = {transition.target for transition in TRANSITIONS} | {State.RECEIVED}
    left = {source for transition in TRANSITIONS if transition.target for source in transition.sources}
    assert reached - {None} == set(State) == left


def test_the_diagram_in_the_documentation_is_the_table() -> None:
    page = (ROOT / "docs" / "explanation" / "assurance.md").read_text(encoding="utf-8")
    drawn = re.search(r"```mermaid\n(stateDiagram-v2\n.*?)```", page, re.DOTALL)
    assert drawn
    assert drawn.group(1) == mermaid()


def test_a_recommendation_with_a_control_is_not_closed_while_the_control_is_not_shown_to_operate() -> None:
    verified = walked(*TO_EVIDENCE, event(Act.VERIFY, 5, by="inspector", reason="tested"))
    for shown in ((), ("R06",)):
        with pytest.raises(UsageError, match="each of its controls shown to be operating"):
            record(verified, event(Act.CLOSE, 6, by="inspector", evidence=(PROOF,), operating=shown))


def test_milestones_keep_their_first_date_every_slip_and_when_they_were_reached() -> None:
    done = walked(
        *TO_EVIDENCE[:2],
        event(Act.MILESTONE, 3, milestone="rota", due=date(2026, 2, 1)),
        event(Act.START, 4),
        event(Act.SLIP, 5, milestone="rota", due=date(2026, 3, 1), reason="no agreement yet"),
        event(Act.REACH, 6, milestone="rota", evidence=(PROOF,)),
    )
    (rota,) = done.milestones
    assert (rota.first_due, rota.due, rota.slips) == (date(2026, 2, 1), date(2026, 3, 1), 1)
    assert rota.reached_at == START + timedelta(hours=6)
    assert done.due == date(2026, 4, 1)  # the action's own date did not move
    for wrong in (
        event(Act.REACH, 7, milestone="rota", evidence=(PROOF,)),
        event(Act.MILESTONE, 7, milestone="rota", due=date(2026, 5, 1)),
        event(Act.SLIP, 7, milestone="training", due=date(2026, 5, 1), reason="late"),
        event(Act.REACH, 7, milestone="", evidence=(PROOF,)),
    ):
        with pytest.raises(UsageError, match="milestone"):
            record(done, wrong)


def test_a_late_answer_stands_beside_the_state_with_how_late_it_was() -> None:
    answered = record(fresh(), event(Act.ANSWER, 24 * 90, by="Chief Constable", reason="sent on 1 March, lost in post"))
    row = standing(answered, as_at=date(2026, 5, 1), zone=ZoneInfo("Europe/London"))
    assert row["answers"] == [
        {
            "act": "answer",
            "by": "Chief Constable",
            "on": "2026-04-06",
            "reason": "sent on 1 March, lost in post",
            "days_late": 35,
        }
    ]
    assert row["days_overdue"] == 0
    unanswered = standing(fresh(), as_at=date(2026, 5, 1), zone=ZoneInfo("Europe/London"))
    assert unanswered["days_overdue"] == 60
    assert due_dates([fresh()]) == [("A-7-answer", date(2026, 3, 2), "Answer due: A-7")]


FINDING = {
    "criterion": "Every note is compared.",
    "condition": "One in five was not.",
    "cause": "Nobody was asked.",
    "effect": "A forged note stands.",
    "severity": "high",
    "evidence": (PROOF,),
    "found_on": date(2026, 6, 2),
}


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"cause": " "}, "no cause"),
        ({"effect": ""}, "no effect"),
        ({"severity": "very bad"}, "severity 'very bad'"),
        ({"evidence": ()}, "no evidence"),
        ({"evidence": (replace(PROOF, digest="abc"),)}, "SHA-256"),
        ({"found_on": date(2026, 5, 1)}, "later day"),
    ],
)
def test_a_finding_that_leaves_a_part_out_is_refused(change: dict[str, object], word: str) -> None:
    assert find("F-1", **FINDING).severity == "high"  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=word):
        find("F-1", **{**FINDING, **change})  # type: ignore[arg-type]
