"""Conflicts and claims: found, worded as questions, gone when somebody has answered on record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from clew.records import TABLES, Dataset, Known, empty_frame
from clew.review.questions import claims, conflicts
from clew.review.standing import standing
from tests.links.backgrounds import frame

START = datetime(2020, 1, 1, tzinfo=UTC)


def _known(*, days: int = 100, **tables: pl.DataFrame) -> Known:
    events = {"event_id": ["A"], "kind": ["death"], "occurred_from": [START], "recorded_at": [START]}
    given = {"events": frame("events", events)} | tables
    whole = {name: given.get(name, empty_frame(table)) for name, table in TABLES.items()}
    return Dataset(name="made", tables=whole).as_known(START + timedelta(days=days))


def _actions(*rows: tuple[str, int, dict[str, str]]) -> pl.DataFrame:
    """rows: activity, day, other columns."""
    names = sorted({name for _, _, other in rows for name in other})
    columns: dict[str, object] = {
        "event_id": ["A"] * len(rows),
        "activity": [activity for activity, _, _ in rows],
        "at": [START + timedelta(days=day) for _, day, _ in rows],
        "recorded_at": [START + timedelta(days=day) for _, day, _ in rows],
    }
    columns |= {name: [other.get(name) for _, _, other in rows] for name in names}
    return frame("actions", columns)


def _noted(*pairs: tuple[str, str]) -> pl.DataFrame:
    features, values = zip(*pairs, strict=True)
    size = len(pairs)
    columns = {"event_id": ["A"] * size, "feature": features, "value": values, "recorded_at": [START] * size}
    return frame("circumstances", columns)


def test_an_account_that_does_not_fit_the_scene_is_asked_about_with_the_rows_of_both() -> None:
    found = conflicts(_known(circumstances=_noted(("account", "seizure"), ("body_temperature", "cold"))))
    assert found["question"].unique().to_list() == ["account seizure"]
    assert sorted(found["row"]) == [2, 3]
    assert conflicts(_known(circumstances=_noted(("account", "seizure"), ("body_temperature", "warm")))).is_empty()


def test_a_conflict_resolved_on_record_is_gone_and_a_newer_account_brings_it_back() -> None:
    noted = _noted(("account", "seizure"), ("body_temperature", "cold"))
    resolved = _actions(("conflict.resolved", 5, {"reason": "tested"}))
    assert conflicts(_known(circumstances=noted, actions=resolved)).is_empty()
    later = noted.with_columns(recorded_at=pl.lit(START + timedelta(days=9)).cast(pl.Datetime("us", "UTC")))
    assert not conflicts(_known(circumstances=later, actions=resolved)).is_empty()


def test_two_professionals_who_differ_are_a_dissent_and_one_who_changed_their_mind_is_not() -> None:
    two = _actions(
        ("opinion.given", 1, {"actor": "PC1", "outcome": "suspicious"}),
        ("opinion.given", 2, {"actor": "FME", "outcome": "not_suspicious"}),
    )
    assert conflicts(_known(actions=two))["question"].unique().to_list() == ["dissent"]
    one = _actions(
        ("opinion.given", 1, {"actor": "PC1", "outcome": "suspicious"}),
        ("opinion.given", 2, {"actor": "PC1", "outcome": "not_suspicious"}),
    )
    assert conflicts(_known(actions=one)).is_empty()


def test_an_explanation_from_one_untested_source_is_asked_about_until_an_independent_one_bears_it_out() -> None:
    alone = _noted(("explanation_source", "last_contact"))
    assert "one source" in conflicts(_known(circumstances=alone))["text"][0]
    both = _noted(("explanation_source", "last_contact"), ("explanation_source", "independent"))
    assert conflicts(_known(circumstances=both)).is_empty()
    corroborated = _actions(("account.corroborated", 3, {}))
    assert conflicts(_known(circumstances=alone, actions=corroborated)).is_empty()


@pytest.mark.parametrize(("reason", "asked"), [(None, True), ("  ", True), ("post-mortem and CCTV", False)])
def test_a_category_chosen_without_reasons_is_asked_about(reason: str | None, asked: bool) -> None:
    other = {"outcome": "not_suspicious"} | ({"reason": reason} if reason else {})
    found = conflicts(_known(actions=_actions(("category.decided", 1, other))))
    assert ("no reasons" in found["question"].to_list()) == asked


def test_a_claim_stands_until_it_is_answered_and_its_words_are_quoted_as_theirs() -> None:
    claim = ("claim.received", 1, {"action_id": "c1", "actor_role": "relative", "reason": "somebody did it"})
    found = claims(_known(actions=_actions(claim)))
    assert found["text"][0].endswith("in their words: “somebody did it”")
    other = ("claim.answered", 4, {"about": "c2"})
    assert claims(_known(actions=_actions(claim, other))).height == 1
    answered = ("claim.answered", 4, {"about": "c1"})
    assert claims(_known(actions=_actions(claim, answered))).is_empty()
    assert claims(_known(actions=_actions(claim, answered), days=3)).height == 1


def test_a_corrected_spelling_does_not_move_the_day_the_category_was_decided() -> None:
    versions = {
        "event_id": ["A"] * 2,
        "kind": ["death"] * 2,
        "occurred_from": [START] * 2,
        "category": ["not_suspicious"] * 2,
        "recorded_at": [START + timedelta(days=1), START + timedelta(days=80)],
    }
    decided = _actions(("category.decided", 1, {"outcome": "not_suspicious"}))
    found = standing(_known(events=frame("events", versions), actions=decided))
    assert found["decided_at"].to_list() == [START + timedelta(days=1)]
    assert not found["open"][0]
