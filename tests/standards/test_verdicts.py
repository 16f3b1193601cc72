"""The verdicts of DESIGN.md, one by one, and the four views."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from clew.core import UsageError
from clew.records import Dataset, Feed
from clew.standards import SCHEMA, Standard, Verdict, View, evaluate, load_standard, parse_standard, prepare
from clew.standards.gates import check_transition
from clew.standards.queue import coming_deadlines

from .records import act, dataset, day

HEAD = "standard: {id: toy, version: 1.0.0, title: Toy, zone: UTC, authority: event log"
AB = "{id: AB, norm: obligation, text: A leads to B, what: a B, trigger: {action: A}, oblige: {action: B}, within: P7D"


def standard(rule: str = AB, head: str = "") -> Standard:
    return parse_standard(f"{HEAD}{head}}}\nrules:\n  - {rule}}}\n")


def verdicts(records: Dataset, own: Standard | None = None, at: float = 40, view: View = View.LIVE) -> list[str]:
    duties = evaluate(records, own or standard(), at=day(at), view=view).sort("trigger_at", "duty_id")
    return duties["verdict"].cast(pl.String).to_list()


WAIVER = {"about": "AB", "actor_role": "boss", "reason": "not needed"}
CASES: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "answered in time, then not": ([act("A", 0), act("B", 1), act("A", 10)], ["met", "missed"]),
    "answered late, then in time": (
        [act("A", 0), act("B", 10), act("A", 11), act("B", 12)],
        ["met_late", "met"],
    ),
    "nothing asked for": ([act("C", 0)], []),
    "not yet due": ([act("A", 38)], ["pending"]),
    "waived": ([act("A", 0), act("duty.waived", 2, **WAIVER)], ["waived"]),
}


@pytest.mark.parametrize("name", CASES)
def test_the_five_cases_that_no_other_engine_tells_apart(name: str) -> None:
    rows, expected = CASES[name]
    assert verdicts(dataset(actions=rows), standard(AB + ", waiver: {by: [boss]}")) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "waived"),
        ({"at": day(7)}, "waived"),
        ({"at": day(7) + timedelta(microseconds=1)}, "missed"),
        ({"recorded_at": day(8)}, "missed"),
        ({"actor_role": "clerk"}, "missed"),
        ({"actor_role": None}, "missed"),
        ({"reason": None}, "missed"),
        ({"about": "XY"}, "missed"),
    ],
)
def test_a_waiver_counts_if_recorded_in_time_by_an_authorised_role_with_a_reason(
    change: dict[str, Any], expected: str
) -> None:
    rows = [act("A", 0), act("duty.waived", 2, **WAIVER) | change]
    assert verdicts(dataset(actions=rows), standard(AB + ", waiver: {by: [boss]}")) == [expected]


def test_a_duty_met_in_time_is_met_even_if_it_was_waived() -> None:
    rows = [act("A", 0), act("duty.waived", 2, **WAIVER), act("B", 3)]
    assert verdicts(dataset(actions=rows), standard(AB + ", waiver: {by: [boss]}")) == ["met"]


@pytest.mark.parametrize(
    ("feed", "expected"),
    [
        (None, "indeterminate"),
        (Feed(name="actions", complete_from=day(-9)), "missed"),
        (Feed(name="actions", complete_from=day(1)), "indeterminate"),
        (Feed(name="actions", complete_from=day(-9), complete_to=day(6)), "indeterminate"),
        (Feed(name="actions", complete_from=day(-9), complete_to=day(7)), "missed"),
        (Feed(name="actions/B", complete_from=day(-9)), "missed"),
        (Feed(name="actions/C", complete_from=day(-9)), "indeterminate"),
    ],
)
def test_missed_needs_a_feed_known_to_be_complete_past_the_deadline(feed: Feed | None, expected: str) -> None:
    assert verdicts(dataset(feeds=[feed] if feed else [], actions=[act("A", 0)])) == [expected]


def test_the_feed_of_one_activity_holds_before_that_of_its_table() -> None:
    feeds = [Feed(name="actions", complete_from=day(-9)), Feed(name="actions/B", complete_from=day(3))]
    assert verdicts(dataset(feeds=feeds, actions=[act("A", 0)])) == ["indeterminate"]


def test_missed_says_no_record_as_at_and_blames_nobody() -> None:
    duties = evaluate(dataset(actions=[act("A", 0)]), standard(), at=day(40))
    assert duties["reason"].to_list() == ["No record of a B as at 2024-06-10 09:00; due by 2024-05-08 09:00."]
    assert duties["decided_at"].to_list() == [day(7)]


def test_the_deadline_itself_is_in_time_and_the_microsecond_after_it_is_not() -> None:
    late = timedelta(microseconds=1)
    assert verdicts(dataset(actions=[act("A", 0), act("B", 7)])) == ["met"]
    assert verdicts(dataset(actions=[act("A", 0), act("B", 0) | {"at": day(7) + late}])) == ["met_late"]
    assert verdicts(dataset(actions=[act("A", 0)]), at=7) == ["pending"]


def test_a_trigger_withdrawn_makes_the_duty_void_and_says_when() -> None:
    note = {"feature": "note", "value": "found", "source": "scene", "recorded_at": day(0), "retracted_at": day(5)}
    records = dataset(circumstances=[note])
    own = standard(AB.replace("{action: A}", "{circumstance: note}"))
    assert verdicts(records, own, at=4) == ["pending"]
    assert verdicts(records, own, at=5) == ["void"]
    assert evaluate(records, own, at=day(6))["decided_at"].to_list() == [day(5)]


def test_a_category_chosen_later_starts_the_clock_when_it_was_chosen() -> None:
    first = {"kind": "death", "occurred_from": day(-1), "category": "under_investigation", "recorded_at": day(0)}
    then = first | {"category": "not_suspicious", "recorded_at": day(20)}
    own = standard(AB.replace("{action: A}", "{event: death, where: category == 'not_suspicious'}"))
    duties = evaluate(dataset(events=[first, then]), own, at=day(21))
    assert duties.select("known_at", "due", pl.col("verdict").cast(pl.String)).rows() == [(day(20), day(27), "pending")]


def test_a_trigger_whose_time_is_an_interval_is_indeterminate_where_it_straddles_the_deadline() -> None:
    own = standard(AB.replace("{action: A}", "{event: death, clock: occurred}"))
    death = {"kind": "death", "occurred_from": day(0), "occurred_to": day(2)}
    for answered, expected in ((6.5, "met"), (8, "indeterminate"), (9.5, "met_late")):
        assert verdicts(dataset(events=[death], actions=[act("B", answered)]), own) == [expected]


def test_as_known_then_starts_no_clock_before_the_fact_was_known_and_hindsight_does() -> None:
    own = standard(AB.replace("{action: A}", "{action: A, clock: occurred}"))
    records = dataset(actions=[act("A", 0, recorded_at=day(20)), act("B", 22)])
    assert verdicts(records, own, view=View.LIVE) == ["met_late"]
    assert verdicts(records, own, view=View.AS_KNOWN_THEN) == ["met"]
    assert verdicts(records, own, view=View.HINDSIGHT) == ["met_late"]
    assert verdicts(records, standard(), view=View.HINDSIGHT) == ["met_late"]
    assert verdicts(records, standard(), view=View.LIVE) == ["met"]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (", published: 2024-04-01", {View.LIVE: "met", View.AS_KNOWN_THEN: "met"}),
        (", published: 2024-06-01", {View.LIVE: "met", View.AS_KNOWN_THEN: "not_applicable"}),
        (
            ", effective: {from: 2024-06-01}",
            {View.LIVE: "not_applicable", View.AS_KNOWN_THEN: "not_applicable", View.COUNTERFACTUAL: "met"},
        ),
        (", effective: {to: 2024-05-01}", {View.LIVE: "not_applicable", View.COUNTERFACTUAL: "met"}),
    ],
)
def test_nobody_is_judged_by_a_standard_that_was_not_yet_published(head: str, expected: dict[View, str]) -> None:
    records = dataset(actions=[act("A", 0), act("B", 1)])
    for view, verdict in expected.items():
        assert verdicts(records, standard(head=head), view=view) == [verdict]


def test_every_row_bears_its_view_and_the_columns_of_the_contract() -> None:
    for view in View:
        duties = evaluate(dataset(actions=[act("A", 0)]), standard(), at=day(9), view=view)
        assert dict(duties.schema) == SCHEMA
        assert set(duties["view"].cast(pl.String)) == {view.value}


def test_evidence_names_the_rows_of_the_trigger_and_of_what_decided() -> None:
    duties = evaluate(dataset(actions=[act("C", 0), act("A", 0), act("B", 1)]), standard(), at=day(9))
    assert duties.select("trigger_table", "trigger_file", "trigger_row", "deciding_file", "deciding_row").rows() == [
        ("actions", "actions.csv", 3, "actions.csv", 4)
    ]


def test_one_act_answers_the_oldest_open_duty_unless_it_is_shared() -> None:
    rows = [act("A", 0), act("A", 1), act("B", 2)]
    assert verdicts(dataset(actions=rows)) == ["met", "missed"]
    assert verdicts(dataset(actions=rows), standard(AB.replace("{action: B}", "{action: B, shared: true}"))) == [
        "met",
        "met",
    ]


def test_a_pause_stops_the_clock_and_an_open_pause_leaves_the_duty_pending() -> None:
    own = standard(AB + ", pause: {from: {action: sent}, to: {action: back}}")
    rows = [act("A", 0), act("sent", 3)]
    assert verdicts(dataset(actions=rows), own) == ["pending"]
    assert evaluate(dataset(actions=rows), own, at=day(40))["due"].to_list() == [None]
    back = [*rows, act("back", 13)]
    assert evaluate(dataset(actions=back), own, at=day(40))["due"].to_list() == [day(17)]
    assert verdicts(dataset(actions=[*back, act("B", 16)]), own) == ["met"]


def test_a_parameter_has_the_value_of_the_day_the_clock_started() -> None:
    text = f"{HEAD}}}\nparameters: {{soon: {{values: {{2024-01-01: P7D, 2024-05-10: P1D}}}}}}\nrules:\n  - {AB}}}\n"
    own = parse_standard(text.replace("within: P7D", "within: soon"))
    records = dataset(actions=[act("A", 0), act("A", 10)])
    assert evaluate(records, own, at=day(40)).sort("due")["due"].to_list() == [day(7), day(11)]
    counterfactual = evaluate(records, own, at=day(40), view=View.COUNTERFACTUAL).sort("due")
    assert counterfactual["due"].to_list() == [day(1), day(11)]


def test_only_the_verdicts_asked_for_are_written_out() -> None:
    records = dataset(actions=[act("A", 0), act("B", 1), act("A", 10)])
    assert evaluate(records, standard(), at=day(40), verdicts={Verdict.MISSED}).height == 1


def test_t_is_always_an_argument() -> None:
    with pytest.raises(UsageError, match="No T"):
        evaluate(dataset(actions=[]), standard())
    known = dataset(actions=[act("A", 0)]).as_known(day(3))
    assert evaluate(known, standard())["verdict"].cast(pl.String).to_list() == ["pending"]


def test_the_queue_of_deadlines_holds_what_falls_due_in_the_order_in_which_it_does() -> None:
    records = dataset(actions=[act("A", 3), act("A", 1), act("A", -20)])
    duties = evaluate(records, standard(), at=day(4))
    queue = coming_deadlines(duties, standard(), at=day(4), until=day(9))
    assert queue["due"].to_list() == [day(8)]
    assert coming_deadlines(duties, standard(), at=day(4), until=day(99))["due"].to_list() == [day(8), day(10)]


def test_a_gate_bars_the_change_and_says_what_is_open() -> None:
    own = load_standard("uk-unexpected-death")
    death = {"kind": "death", "occurred_from": day(0), "category": "under_investigation"}
    note = {"feature": "note", "value": "found", "source": "scene", "recorded_at": day(0)}
    records = dataset(events=[death], circumstances=[note])
    duties = evaluate(records, own, at=day(9))
    barrier = check_transition(duties, own, event_id="D1", source="under_investigation", target="not_suspicious")
    assert barrier.barred
    assert barrier.open_duties["rule"].to_list() == ["R10"]
    done = dataset(events=[death], circumstances=[note], actions=[act("handwriting.submitted", 1)])
    free = check_transition(
        evaluate(done, own, at=day(9)), own, event_id="D1", source="under_investigation", target="not_suspicious"
    )
    assert not free.barred
    with pytest.raises(UsageError, match="no change"):
        check_transition(duties, own, event_id="D1", source="not_suspicious", target="homicide")


def linked(known_at: float) -> tuple[Dataset, pl.DataFrame]:
    place = {"kind": "death", "lat": 51.5, "lon": 0.07}
    noted = [
        {"event_id": event, "feature": feature, "value": "x", "source": "scene", "recorded_at": day(when)}
        for event, when in (("D1", 0), ("D2", 20))
        for feature in ("position", "phone", "substance")
    ]
    records = dataset(
        events=[
            place | {"event_id": "D1", "occurred_from": day(0)},
            place | {"event_id": "D2", "occurred_from": day(20)},
        ],
        circumstances=noted,
    )
    return records, pl.DataFrame({"event_id_a": ["D2"], "event_id_b": ["D1"], "known_at": [day(known_at)]})


def test_a_link_triggers_a_duty_on_the_later_death_from_the_instant_it_was_known() -> None:
    own = load_standard("uk-unexpected-death")
    records, links = linked(30)
    duties = evaluate(records, own, at=day(60), links=links).filter(pl.col("rule") == "R18")
    assert duties.select("event_id", "known_at", "due", pl.col("verdict").cast(pl.String)).rows() == [
        ("D2", day(30), day(31), "missed")
    ]
    assert evaluate(records, own, at=day(29), links=links).filter(pl.col("rule") == "R18").is_empty()
    assert evaluate(records, own, at=day(60)).filter(pl.col("rule") == "R18").is_empty()


def test_a_feature_noted_after_the_link_was_known_is_not_shared_then() -> None:
    own = load_standard("uk-unexpected-death")
    records, links = linked(10)
    assert evaluate(records, own, at=day(60), links=links).filter(pl.col("rule") == "R18").is_empty()


def test_a_dataset_in_parts_gives_the_same_duties(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [act("A", number % 9, event_id=f"D{number}") for number in range(200)]
    rows += [act("B", number % 13, event_id=f"D{number}") for number in range(0, 200, 3)]
    records = dataset(actions=rows)
    whole = evaluate(records, standard(), at=day(40)).sort("duty_id")
    for name in ("ROWS_AS_ONE", "ROWS_AT_ONCE"):
        monkeypatch.setattr(sys.modules["clew.standards.evaluate"], name, 37)
    assert evaluate(records, standard(), at=day(40)).sort("duty_id").equals(whole)


def test_a_case_of_a_hundred_thousand_acts_is_decided_in_bounded_time() -> None:
    count = 100_000
    rows = pl.DataFrame(
        {
            "event_id": ["D1"] * count,
            "activity": ["A", "B"] * (count // 2),
            "about": [f"p{number % 7}" for number in range(count)],
            "actor": [f"o{number % 3}" for number in range(count)],
        }
    ).with_columns(
        at=pl.Series([day(0) + timedelta(minutes=number) for number in range(count)], dtype=pl.Datetime("us", "UTC"))
    )
    empty = dataset(actions=[])
    frame = pl.concat([empty.tables["actions"], rows.with_columns(recorded_at="at")], how="diagonal_relaxed")
    frame = frame.with_columns(source_file=pl.lit("x"), source_row=pl.int_range(pl.len(), dtype=pl.Int64))
    records = Dataset(name="giant", tables={"actions": frame}, feeds=empty.feeds)
    hard = AB.replace("{action: A}", "{action: A, bind: {p: about, o: actor}}").replace(
        "{action: B}", "{action: B, where: about == $p and actor != $o}"
    )
    for own in (standard(), standard(hard.replace("actor != $o}", "actor != $o, shared: true}"))):
        duties = evaluate(records, own, at=day(400))
        assert duties.height == count // 2


def test_duplicate_rows_and_acts_before_the_case_began_change_nothing_but_their_own_duties() -> None:
    death = {"kind": "death", "occurred_from": day(5)}
    rows = [act("A", 0), act("A", 0), act("B", 1)]
    assert verdicts(dataset(events=[death], actions=rows)) == ["met", "missed"]
    assert prepare(dataset(events=[death], actions=rows), standard()).store.cases.to_list() == ["D1"]
