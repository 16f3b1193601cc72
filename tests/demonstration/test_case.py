"""The case: what the force held at each knowledge time of DOMAIN.md 2.1, and nothing before."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from clew.demonstration import Demonstration
from clew.demonstration.case import CASE_TABLES, DEATHS, SERIES, case_rows, case_tables
from clew.records import TABLES, Known
from clew.records.vocabulary import ACTIVITIES, FEATURES

LONDON = ZoneInfo("Europe/London")
CASE = ("E0", "E1", "D1", "D2", "D3", "D3-missing", "D4")


def known(made: Demonstration, text: str) -> Known:
    return made.as_known(datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC))


def rows(frame: pl.DataFrame, **wanted: str) -> int:
    return frame.filter(*(pl.col(name) == value for name, value in wanted.items())).height


#: (just before, from then on, table, what is known from then on and not before)
KNOWLEDGE = [
    ("2014-06-19T11:59", "2014-06-19T12:00", "events", {"event_id": "E0"}),
    ("2014-06-19T11:59", "2014-06-20T00:00", "people", {"event_id": "E0", "person_ref": "P", "role": "suspect"}),
    ("2014-06-19T04:04", "2014-06-19T04:30", "events", {"event_id": "D1"}),
    ("2014-06-19T04:30", "2014-06-20T00:00", "people", {"event_id": "D1", "person_ref": "P", "role": "caller"}),
    ("2014-06-03T23:59", "2014-06-05T00:00", "events", {"event_id": "E1"}),
    ("2014-06-26T23:59", "2014-06-28T00:00", "people", {"event_id": "E1", "person_ref": "P"}),
    ("2014-06-18T23:59", "2014-06-27T23:59", "actions", {"event_id": "D1", "action_id": "E3"}),
    ("2014-06-18T23:59", "2014-06-27T23:59", "exhibits", {"event_id": "D1", "exhibit_id": "D1-laptop"}),
    ("2014-08-27T23:59", "2014-08-29T00:00", "events", {"event_id": "D2"}),
    ("2014-08-27T23:59", "2014-08-29T00:00", "circumstances", {"event_id": "D2", "value": "seated_propped"}),
    ("2014-09-19T23:59", "2014-09-21T00:00", "events", {"event_id": "D3"}),
    (
        "2014-09-19T23:59",
        "2014-09-21T00:00",
        "circumstances",
        {"event_id": "D3", "feature": "reference", "value": "D2"},
    ),
    (
        "2014-09-19T23:59",
        "2014-09-21T00:00",
        "people",
        {"event_id": "D3", "role": "finder", "person_ref": "dog-walker"},
    ),
    ("2014-08-31T23:59", "2014-11-30T23:59", "actions", {"event_id": "D2", "action_id": "E4"}),
    ("2014-11-30T23:59", "2014-12-31T23:59", "actions", {"event_id": "D3", "action_id": "E5"}),
    ("2014-12-31T23:59", "2015-06-30T23:59", "actions", {"event_id": "D1", "action_id": "E6"}),
    ("2015-06-18T23:59", "2015-06-20T00:00", "actions", {"event_id": "D3", "action_id": "E7"}),
    ("2015-09-13T23:59", "2015-09-15T00:00", "events", {"event_id": "D4"}),
    ("2015-09-14T23:59", "2015-10-13T23:59", "actions", {"event_id": "D4", "action_id": "E8"}),
    ("2015-09-24T23:59", "2015-09-26T00:00", "actions", {"event_id": "D4", "action_id": "E9"}),
    ("2015-10-13T23:59", "2015-10-15T00:00", "actions", {"event_id": "D4", "action_id": "E10"}),
    ("2015-10-13T23:59", "2015-10-15T00:00", "people", {"event_id": "D4", "person_ref": "P"}),
    ("2015-10-17T23:59", "2015-10-19T00:00", "actions", {"event_id": "D4", "activity": "person.charged"}),
]


@pytest.mark.parametrize(("before", "after", "table", "wanted"), KNOWLEDGE, ids=lambda each: str(each)[:60])
def test_the_force_holds_it_from_its_knowledge_time_and_not_before(
    whole: Demonstration, before: str, after: str, table: str, wanted: dict[str, str]
) -> None:
    assert rows(known(whole, before).tables[table], **wanted) == 0
    assert rows(known(whole, after).tables[table], **wanted) == 1


def test_toxicology_of_each_death_comes_weeks_after_it(whole: Demonstration) -> None:
    events, notes = case_tables()["events"], case_tables()["circumstances"]
    found = events.filter(pl.col("event_id").is_in(DEATHS)).group_by("event_id").agg(pl.col("occurred_to").min())
    ghb = notes.filter(pl.col("value") == "GHB").join(found, on="event_id")
    weeks = (ghb["recorded_at"] - ghb["occurred_to"]).dt.total_days() / 7
    assert sorted(ghb["event_id"]) == list(DEATHS)
    assert ((weeks >= 6) & (weeks <= 8)).all()


@pytest.mark.parametrize("name", CASE_TABLES)
def test_nothing_of_the_case_is_recorded_before_it_happened(name: str) -> None:
    frame, table = case_tables()[name], TABLES[name]
    assert frame["recorded_at"].null_count() == 0
    for moment in {"events": ["occurred_from", "occurred_to", "reported_at"]}.get(name, list(table.stands_in)):
        assert (frame["recorded_at"] >= frame[moment]).fill_null(value=True).all(), moment
    first = case_tables()["events"].group_by("event_id").agg(pl.col("recorded_at").min().alias("event"))
    joined = frame.join(first, on="event_id")
    assert joined.height == frame.height
    assert (joined["recorded_at"] >= joined["event"]).all()


@pytest.mark.parametrize("name", CASE_TABLES)
def test_every_row_of_the_case_says_whether_it_is_published_or_assumed_and_on_what_it_rests(name: str) -> None:
    frame = case_rows(name)
    assert frame["certainty"].null_count() == 0
    without = frame.filter(pl.col("basis").is_null())["certainty"]
    assert without.str.contains("assumed|recollection").all()
    known_sources = frame["basis"].drop_nulls().str.split(" ").explode()
    assert known_sources.str.contains(r"^S[0-9]{1,2}$").all()


#: Words with a capital that the case may hold: codes, places, days, beginnings of sentences.
ALLOWED = {
    *("A", "CCTV", "DNA", "GHB"),
    *("Allegation", "Anonymous", "Both", "Declared", "Found", "Friends", "Met", "No", "Not", "Reported", "The"),
    *("Barking", "Dagenham", "Cooke", "Street", "North", "St", "Margaret", "New", "Year", "Eve"),
    *("June", "September", "December"),
}


def test_the_case_names_nobody() -> None:
    assert case_rows("people")["name"].null_count() == case_rows("people").height
    roles = case_rows("people")["person_ref"].drop_nulls().unique().to_list()
    assert [each for each in roles if not re.fullmatch(r"P|([DE][0-9]-)?[a-z-]+(-[0-9])?", each)] == []
    for name in CASE_TABLES:
        text = " ".join(
            value for column in case_rows(name).iter_columns() for value in column.drop_nulls().to_list() if value
        )
        capitals = set(re.findall(r"\b[A-Z][A-Za-z]+\b", text))
        assert capitals <= ALLOWED, capitals - ALLOWED


def test_the_case_uses_the_words_that_the_rules_look_for() -> None:
    tables = case_tables()
    assert set(tables["circumstances"]["feature"]) <= set(FEATURES)
    assert set(tables["actions"]["activity"]) <= set(ACTIVITIES)


def test_e0_to_e9_keep_their_ids_and_the_claims_have_no_answer() -> None:
    tables = case_tables()
    ids = {*tables["events"]["event_id"], *tables["actions"]["action_id"]}
    assert {f"E{number}" for number in range(11)} <= ids
    claims = tables["actions"].filter(pl.col("action_id").is_in(["E4", "E5", "E7", "E9"]))
    assert claims["activity"].to_list() == ["claim.received"] * 4
    assert rows(tables["actions"], activity="claim.answered") == 0
    assert rows(tables["actions"], activity="device.triaged") == 0


def test_conflicting_reports_are_kept_side_by_side() -> None:
    tables = case_tables()
    notes = tables["circumstances"]
    assert set(notes.filter(pl.col("feature") == "call_time")["value"]) == {"04:05", "04:18"}
    assert rows(tables["people"], event_id="D4", role="finder") == 2
    assert notes.filter(pl.col("feature") == "handwriting").height == 2
    call = tables["events"].filter(pl.col("event_id") == "D1").row(0, named=True)
    assert (call["reported_at"] - call["occurred_to"]).total_seconds() == 13 * 60


def test_the_protected_characteristics_of_the_four_men_are_not_in_it(whole: Demonstration) -> None:
    assert not whole.tables["characteristics"]["event_id"].is_in(list(CASE)).any()


def test_the_case_is_the_labelled_series_and_can_be_left_out(whole: Demonstration) -> None:
    assert whole.labels.rows() == [("case", each) for each in SERIES]
    from clew.demonstration import make_demonstration

    without = make_demonstration(scale=0.02, years=(2014,), with_case=False)
    assert without.labels.is_empty()
    assert not without.tables["events"]["event_id"].is_in(list(CASE)).any()
