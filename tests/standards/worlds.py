"""Random standards and random records for the property tests: small, but with everything that is awkward in them.

Times fall on a grid of six hours around a change of the clocks, so that ties, straddles and deadlines met to the
microsecond are common; values are few and often missing; facts are corrected, relabelled and withdrawn.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import strategies as st

from clew.records import TABLES, Dataset, Feed

START = datetime(2024, 3, 27, tzinfo=UTC)  # Europe/London goes forward on 31 March 2024, a bank holiday weekend
STEP = timedelta(hours=6)
EVENTS = ("E1", "E2")
ACTIVITIES = ("a", "b", "c", "duty.waived")
VALUES = ("x", "y", None)
ROLES = ("boss", "clerk", None)
TICKS = st.integers(0, 60)


def moment(tick: int) -> datetime:
    return START + tick * STEP


def _row(table: str, number: int, **values: Any) -> dict[str, Any]:
    return {"source_file": table, "source_row": number + 2, "recorded_at_assumed": False, **values}


@st.composite
def actions(draw: st.DrawFn) -> list[dict[str, Any]]:
    rows = []
    for _ in range(draw(st.integers(0, 14))):
        at = draw(TICKS)
        rows.append(
            {
                "event_id": draw(st.sampled_from(EVENTS)),
                "activity": draw(st.sampled_from(ACTIVITIES)),
                "at": moment(at),
                "at_to": moment(at + draw(st.sampled_from((0, 0, 0, 1, 5)))),
                "recorded_at": moment(at + draw(st.sampled_from((-1, 0, 0, 0, 1, 6)))),
                "action_id": draw(st.sampled_from((None, None, "n1", "n2", "n3"))),
                "actor": draw(st.sampled_from(VALUES)),
                "actor_role": draw(st.sampled_from(ROLES)),
                "about": draw(st.sampled_from(("x", "y", "R", None))),
                "outcome": draw(st.sampled_from(VALUES)),
                "reason": draw(st.sampled_from(("because", None))),
            }
        )
    return rows


@st.composite
def circumstances(draw: st.DrawFn) -> list[dict[str, Any]]:
    rows = []
    for _ in range(draw(st.integers(0, 5))):
        at = draw(TICKS)
        retracted = draw(st.sampled_from((None, None, None, 1, 9)))
        rows.append(
            {
                "event_id": draw(st.sampled_from(EVENTS)),
                "feature": draw(st.sampled_from(("note", "phone"))),
                "value": draw(st.sampled_from(("x", "y"))),
                "quantity": draw(st.sampled_from((1.0, 5.0, None))),
                "source": draw(st.sampled_from(("scene", None))),
                "recorded_at": moment(at),
                "retracted_at": None if retracted is None else moment(at + retracted),
            }
        )
    return rows


@st.composite
def events(draw: st.DrawFn) -> list[dict[str, Any]]:
    rows = []
    for event_id in EVENTS:
        for version in range(draw(st.integers(1, 2))):
            at = draw(st.integers(0, 12))
            rows.append(
                {
                    "event_id": event_id,
                    "kind": draw(st.sampled_from(("death", "incident"))),
                    "occurred_from": moment(at),
                    "occurred_to": moment(at + draw(st.sampled_from((0, 0, 2, 20)))),
                    "recorded_at": moment(at + 8 * version + draw(st.integers(0, 4))),
                    "category": draw(st.sampled_from(("under_investigation", "not_suspicious", None))),
                }
            )
    return rows


def frame(table: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    schema = dict(TABLES[table].frame_schema)
    if table == "actions":
        schema["at_to"] = pl.Datetime("us", "UTC")
    return pl.DataFrame([_row(table, number, **row) for number, row in enumerate(rows)], schema=schema)


@st.composite
def datasets(draw: st.DrawFn) -> Dataset:
    tables = {
        "events": frame("events", draw(events())),
        "actions": frame("actions", draw(actions())),
        "circumstances": frame("circumstances", draw(circumstances())),
    }
    feeds = []
    if draw(st.booleans()):
        end = draw(st.sampled_from((None, 20, 50)))
        feeds.append(
            Feed(
                name="actions",
                complete_from=moment(draw(st.sampled_from((-99, 5)))),
                complete_to=None if end is None else moment(end),
            )
        )
    if draw(st.booleans()):
        feeds.append(Feed(name="actions/b", complete_from=moment(draw(st.integers(0, 20)))))
    return Dataset(name="random", tables=tables, feeds=tuple(feeds))


_WITHIN = st.sampled_from(
    (
        "PT6H",
        "P1D",
        "P3D",
        "P5DT6H",
        "by_date",
        {"working_days": 1, "calendar": "office"},
        {"working_days": 0, "calendar": "always"},
        {"working_time": "PT9H", "calendar": "office"},
        {"end_of_day": 0},
        {"end_of_day": 1},
    )
)
_PAUSABLE = st.sampled_from(("PT6H", "P1D", "P3D", "by_date", {"working_time": "PT9H", "calendar": "office"}))
_WHERE = st.sampled_from(
    (
        None,
        "outcome == 'x'",
        "outcome != 'x'",
        "outcome in ['x', 'y']",
        "has(outcome) and actor_role != 'clerk'",
        "not outcome == 'x' or actor == 'y'",
        "starts_with(about, 'X') or outcome == actor",
        "at >= '2024-03-30T12:00+00:00'",
    )
)


@st.composite
def action_pattern(draw: st.DrawFn, labels: tuple[str, ...] = ("a", "b", "c")) -> dict[str, Any]:
    label: Any = draw(st.sampled_from(labels))
    if draw(st.integers(0, 4)) == 0:
        label = draw(st.sampled_from((list(labels), "any")))
    pattern = {"action": label}
    where = draw(_WHERE)
    return pattern | ({"where": where} if where else {})


@st.composite
def trigger(draw: st.DrawFn) -> dict[str, Any]:
    pattern = draw(
        st.one_of(
            action_pattern(("a", "c")),
            st.sampled_from(
                (
                    {"circumstance": "note", "where": "quantity > 2"},
                    {"circumstance": ["note", "phone"]},
                    {"event": "death", "where": "category == 'under_investigation'"},
                    {"event": ["death", "incident"]},
                )
            ),
        )
    )
    return pattern | {"clock": draw(st.sampled_from(("known", "occurred", "recorded")))}


@st.composite
def rule(draw: st.DrawFn, number: int) -> dict[str, Any]:  # noqa: PLR0912 - many kinds of rule
    norm = draw(st.sampled_from(("obligation", "obligation", "prohibition", "precedence", "count", "four_eyes")))
    fired = draw(trigger())
    response = draw(action_pattern(("b",)))
    if "action" in fired:
        key = draw(st.sampled_from((None, "about", "actor")))
        if key:
            fired["bind"] = {"it": key}
            test = f"about {draw(st.sampled_from(('==', '==', '!=')))} $it"
            if norm in ("count", "four_eyes") or draw(st.booleans()):
                test = "about == $it"
            response["where"] = test + (f" and ({response['where']})" if "where" in response else "")
    overlapping = "action" in fired and not _labels(fired["action"]).isdisjoint(_labels(response["action"]))
    differs = "!= $it" in response.get("where", "")
    if norm == "precedence" and overlapping:
        norm = "obligation"
    if norm == "four_eyes":
        response["differs"] = "actor_role"
    elif not differs and norm != "count":
        response["shared"] = overlapping or draw(st.booleans())
    if not overlapping and draw(st.integers(0, 2)) == 0:
        response["look_back"] = "P1D"
    result: dict[str, Any] = {"id": f"R{number}", "norm": norm, "text": "a rule", "trigger": fired}
    if norm != "precedence" or draw(st.booleans()):
        result["within"] = "P3D" if norm == "precedence" else draw(_WITHIN)
    if norm == "prohibition":
        result["forbid"] = response
    elif norm == "count" and draw(st.booleans()):
        result["forbid"], result["at_most"] = response, draw(st.integers(1, 2))
    else:
        result["oblige"] = (
            [response, {"action": "c", "shared": True}]
            if (norm == "obligation" and fired.get("action") == "a" and draw(st.integers(0, 3)) == 0)
            else response
        )
        if norm == "count":
            response["at_least"] = draw(st.integers(2, 3))
    if norm == "obligation" and draw(st.integers(0, 3)) == 0:
        result["within"] = draw(_PAUSABLE)
        result["pause"] = {"from": {"action": "c"}, "to": {"action": "b"}}
    if norm not in ("precedence", "prohibition") and draw(st.integers(0, 4)) == 0:
        result["after"] = "PT6H"
    if draw(st.booleans()):
        result["waiver"] = {"by": ["boss"]}
    if draw(st.integers(0, 2)) == 0:
        result["applies_when"] = [
            draw(
                st.sampled_from(
                    (
                        {"event": "death", "where": "category != 'not_suspicious'"},
                        {"action": "c", "where": "outcome != 'y'", "before": "trigger"},
                        {
                            "any": [{"circumstance": "note", "where": "quantity > 2"}, {"action": "c"}],
                            "before": "trigger",
                        },
                        {"any": [{"circumstance": "note", "where": "quantity > 2"}, {"action": "c"}]},
                    )
                )
            )
        ]
    if draw(st.integers(0, 3)) == 0:
        result["missing"] = {"trigger": "ignore"}
    result["gate"] = draw(st.booleans())
    return result


def _labels(written: Any) -> set[str]:
    if written == "any":
        return set(ACTIVITIES)
    return {written} if isinstance(written, str) else set(written)


@st.composite
def standards(draw: st.DrawFn) -> str:
    """The text of a standard."""
    rules = [draw(rule(number)) for number in range(draw(st.integers(1, 3)))]
    if any(item["gate"] for item in rules):
        rules.append(
            {
                "id": "G",
                "norm": "gate",
                "text": "a gate",
                "trigger": {"action": "c", "where": "outcome == 'x'"},
                "requires": "gates",
            }
        )
    for item in rules:
        if "waiver" in item:
            item["id"] = "R" if item is rules[0] else item["id"]
    value = {
        "standard": {
            "id": "random",
            "version": "1.0.0",
            "title": "Random",
            "zone": "Europe/London",
            "published": "2024-03-30",
            "effective": {"from": "2024-03-28", "to": "2024-04-09"},
        },
        "calendars": {
            "office": {"holidays": "GB-ENG", "hours": "09:00-17:00"},
            "always": {"working_days": ["mon", "tue", "wed", "thu", "fri"]},
        },
        "parameters": {"by_date": {"values": {"2024-03-29": "P1D", "2024-04-01": "PT12H", "2024-04-04": "P4D"}}},
        "feeds": draw(
            st.sampled_from(
                (
                    {},
                    {"actions": {"lag": "PT6H"}},
                    {"actions": {"complete_from": "2024-03-28"}},
                    {"actions/b": {"complete_from": "2024-03-29", "lag": "PT6H"}},
                )
            )
        ),
        "rules": rules,
    }
    return json.dumps(value)


@st.composite
def links(draw: st.DrawFn) -> pl.DataFrame:
    """Pairs of events, some handed in more than once, with the time at which each was known."""
    rows = [
        {"event_id_a": first, "event_id_b": second, "known_at": moment(draw(TICKS)), "place": draw(st.floats(0, 2))}
        for first, second in draw(st.lists(st.permutations(EVENTS), max_size=3))
    ]
    schema = {
        "event_id_a": pl.String,
        "event_id_b": pl.String,
        "known_at": pl.Datetime("us", "UTC"),
        "place": pl.Float64,
    }
    return pl.DataFrame(rows, schema=schema)


@st.composite
def standards_with_links(draw: st.DrawFn) -> str:
    """A standard with a rule on related events, which a gate may require."""
    value = json.loads(draw(standards()))
    where = draw(st.sampled_from((None, "shared_features >= 1", "days_apart < 1.5", "has(same_finder) or place > 1")))
    value["rules"].insert(
        0,
        {
            "id": "L",
            "norm": "related_event",
            "text": "a related event is looked at",
            "trigger": {"link": "any", **({"where": where} if where else {})},
            "oblige": draw(action_pattern(("b", "c"))) | {"shared": draw(st.booleans())},
            "within": draw(_WITHIN),
            "gate": any(item["id"] == "G" for item in value["rules"]) and draw(st.booleans()),
        },
    )
    return json.dumps(value)
