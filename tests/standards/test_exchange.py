"""Logs in and verdicts out: the real logs against counts known from elsewhere, and round trips."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from clew.core import ClewError
from clew.standards import Standard, evaluate, parse_standard
from clew.standards.exchange import LogOptions, read_log, to_ocel, to_oscal
from clew.standards.exchange.log_tables import read_ocel_log

from .records import act, dataset, day

HOW_TO = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "check-an-event-log.md"
SEPSIS = LogOptions(case="Case ID", activity="Activity", time="Complete Timestamp")
FINES = LogOptions(case="case_id", activity="activity", time="timestamp")


def standard_in_how_to(name: str) -> Standard:
    """The standard of that id as the how-to gives it."""
    blocks = HOW_TO.read_text(encoding="utf-8").split("```yaml\n")[1:]
    text = next(block.partition("```")[0] for block in blocks if f"id: {name}," in block)
    return parse_standard(text, name=f"{name}.yaml")


def counts(path: Path, options: LogOptions, standard: Standard, as_of: str | None = None) -> dict[str, dict[str, int]]:
    from clew.core import parse_instant

    log = read_log(path, options, standard)
    at = log.last_recorded_at if as_of is None else parse_instant(as_of, standard.zone)
    table = evaluate(log, standard, at=at).group_by("rule", pl.col("verdict").cast(pl.String)).len()
    result: dict[str, dict[str, int]] = {}
    for rule, verdict, number in table.rows():
        result.setdefault(rule, {})[verdict] = number
    return result


def test_antibiotics_came_within_an_hour_of_sepsis_triage_in_341_of_822(data: Path) -> None:
    found = counts(data / "event_logs" / "sepsis_full.csv", SEPSIS, standard_in_how_to("sepsis"))
    assert found == {"ANTIBIOTICS": {"met": 341, "met_late": 822 - 341, "missed": 1049 - 822}}


def test_every_penalty_fell_sixty_days_after_the_notification(data: Path) -> None:
    found = counts(data / "event_logs" / "traffic_fines_10k.csv", FINES, standard_in_how_to("fines"))
    assert found == {"PENALTY": {"met": 4635}}


def test_the_receipt_log_has_304_violations_late_and_never_told_apart_and_six_of_46_closed_late(data: Path) -> None:
    path = data / "event_logs" / "receipt.csv"
    found = counts(path, LogOptions(), standard_in_how_to("receipt"), as_of="2013-01-01")
    assert found["ADVICE"] == {"met": 1130, "met_late": 179, "missed": 125}
    assert sum(found["ADVICE"][verdict] for verdict in ("met_late", "missed")) == 304
    assert found["CLOSED"] == {"met": 40, "met_late": 6, "missed": 5}


def test_a_compressed_xes_log_of_a_quarter_million_events_is_read_whole(data: Path) -> None:
    own = parse_standard(
        "standard: {id: bpic, version: 1.0.0, title: B, zone: Europe/Amsterdam, authority: event log}\n"
        "rules: [{id: R, norm: obligation, text: r, trigger: {action: A_SUBMITTED}, "
        "oblige: {action: A_PARTLYSUBMITTED}, within: P1D}]\n"
    )
    log = read_log(data / "event_logs" / "bpic2012.xes.gz", LogOptions(), own)
    assert (log.tables["actions"].height, log.tables["events"].height) == (262_200, 13_087)


def test_an_ocel_log_has_a_case_for_each_object_of_the_type_chosen(data: Path) -> None:
    path = data / "event_logs" / "ocel20_example.jsonocel"
    table = read_ocel_log(path, "Purchase Order", ("concept:name",))
    value = json.loads(path.read_text())
    orders = {entry["id"] for entry in value["objects"] if entry["type"] == "Purchase Order"}
    related = [
        relation["objectId"]
        for event in value["events"]
        for relation in event["relationships"]
        if relation["objectId"] in orders
    ]
    assert table.height == len(related)
    assert set(table["Purchase Order"]) == orders


TOY = """\
standard: {id: toy, version: 1.0.0, title: Toy, zone: Europe/London, authority: event log}
log: {attributes: {cost: {column: costs, type: number}, promised: {column: "case:promised", type: instant}}}
rules:
  - {id: R, norm: obligation, text: r, trigger: {action: A, where: cost > 5}, oblige: {action: B}, within: P7D}
  - id: P
    norm: obligation
    text: p
    trigger: {action: A}
    oblige: {action: B, shared: true}
    within: {until: promised}
"""
XES = """<?xml version="1.0"?><log xmlns="http://www.xes-standard.org/">
<trace><string key="concept:name" value="c1"/><date key="promised" value="2024-05-03T00:00:00Z"/>
<event><string key="concept:name" value="A"/>
<date key="time:timestamp" value="2024-05-01T10:00:00.000+02:00"/>
<float key="costs" value="9.5"><string key="costs" value="1"/></float></event>
<event><string key="concept:name" value="B"/>
<date key="time:timestamp" value="2024-05-04T10:00:00Z"/></event></trace></log>"""
CSV = """costs,case:promised,case:concept:name,concept:name,time:timestamp
9.5,2024-05-03T00:00:00Z,c1,A,2024-05-01T10:00:00.000+02:00
,2024-05-03T00:00:00Z,c1,B,2024-05-04T10:00:00Z
"""


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("log.xes", XES.encode()),
        ("log.xes.gz", gzip.compress(XES.encode())),
        ("log.csv", CSV.encode()),
        ("log.csv", b"\xef\xbb\xbf" + CSV.replace(",", ";").encode()),
    ],
)
def test_the_same_log_in_any_form_gives_the_same_duties(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    own = parse_standard(TOY)
    duties = evaluate(read_log(tmp_path / name, LogOptions(), own), own, at=day(90)).sort("rule")
    assert duties.select("rule", "event_id", pl.col("verdict").cast(pl.String)).rows() == [
        ("P", "c1", "met_late"),
        ("R", "c1", "met"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("log.csv", b"case,b\n1,2\n", "no column"),
        ("log.csv", CSV.replace("2024-05-04T10:00:00Z", "yesterday").encode(), "yesterday"),
        ("log.csv", CSV.replace("c1,B", ",B").encode(), "no case"),
        ("log.csv", b"", "cannot be read"),
        ("log.xes", XES.encode()[:300], "cannot be read"),
        ("log.xes", b'<?xml version="1.0"?><!DOCTYPE log [<!ENTITY a "b">]><log/>', "document type"),
        ("log.xes.gz", b"not gzip", "cannot be read"),
        ("log.jsonocel", b"{}", "no OCEL"),
        ("log.jsonocel", b'{"objects": [], "events": []}', "of type"),
    ],
)
def test_what_is_no_log_is_refused_with_its_place(tmp_path: Path, name: str, content: bytes, what: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ClewError, match=what):
        read_log(tmp_path / name, LogOptions(), parse_standard(TOY))


def duties_and_standard() -> tuple[pl.DataFrame, Standard]:
    own = parse_standard(
        "standard: {id: toy, version: 1.0.0, title: Toy, zone: UTC, authority: event log}\n"
        "rules: [{id: R.1, norm: obligation, text: r, trigger: {action: A}, oblige: {action: B}, within: P7D}]\n"
    )
    records = dataset(actions=[act("A", 0), act("B", 1), act("A", 10), act("A", 38)])
    return evaluate(records, own, at=day(40)), own


def oscal() -> dict[str, Any]:
    duties, own = duties_and_standard()
    return to_oscal(duties, own, at=day(40), dataset="test")


def test_oscal_says_the_finer_verdict_in_its_properties_and_is_the_same_each_time() -> None:
    document = oscal()
    findings = document["assessment-results"]["results"][0]["findings"]
    states = [
        (finding["target"]["status"]["state"], finding["target"]["status"]["reason"], finding["props"][0]["value"])
        for finding in findings
    ]
    assert sorted(states) == [
        ("not-satisfied", "fail", "missed"),
        ("not-satisfied", "other", "pending"),
        ("satisfied", "pass", "met"),
    ]
    assert document == oscal()


def test_oscals_own_models_accept_the_verdicts() -> None:
    pytest.importorskip("trestle.oscal", reason="compliance-trestle is not installed: models not checked")
    from trestle.oscal.assessment_results import Model

    read = getattr(Model, "model_validate", None) or Model.parse_obj  # pydantic 2, or 1
    assert read(oscal())


def test_verdicts_as_ocel_can_be_read_again_as_a_log(tmp_path: Path) -> None:
    duties, own = duties_and_standard()
    path = tmp_path / "verdicts.ocel.json"
    path.write_text(json.dumps(to_ocel(duties, own)))
    table = read_ocel_log(path, "duty", ("concept:name",))
    assert table["concept:name"].value_counts().sort("count").rows() == [("duty settled", 2), ("duty arises", 3)]
    value = json.loads(path.read_text())
    known = {entry["id"] for entry in value["objects"]}
    assert {link["objectId"] for event in value["events"] for link in event["relationships"]} <= known
