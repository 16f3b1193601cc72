"""Recurrences on the morning list: told with their deaths, in the contract, within their share, decided like links."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import jsonschema
import polars as pl
import pytest

from clew.demonstration import make_demonstration
from clew.links import FAMILIES, find_links, list_links
from clew.publish import render_report
from clew.records import TABLES, Dataset, Known
from clew.review import Item, Reason, Review, review
from clew.review.replay import show
from clew.standards import load_standard
from tests.links.backgrounds import frame

STANDARD = load_standard("uk-unexpected-death")


def _with_rows(dataset: Dataset, table: str, rows: list[dict[str, object]]) -> Dataset:
    columns = {name: [row.get(name) for row in rows] for name in TABLES[table].names}
    added = pl.concat([dataset.tables[table], frame(table, columns)])
    return replace(dataset, tables={**dataset.tables, table: added})


@pytest.fixture(scope="module")
def planted() -> tuple[Dataset, list[str], datetime]:
    """Half a year of a small force in which one person finds three of the dead at home, far apart, lately."""
    data = make_demonstration(years=(2014,), scale=0.1, with_case=False)
    events = data.tables["events"].filter(kind="death", place_type="home")
    taken = set(data.tables["people"].filter(role="finder")["event_id"])
    late = events.filter(pl.col("recorded_at") > datetime(2014, 8, 1, tzinfo=UTC))
    chosen = (
        late.filter(~pl.col("event_id").is_in(list(taken))).sort("recorded_at").unique("event_id").sort("recorded_at")
    )
    picks = chosen[[0, chosen.height // 8, chosen.height // 4]]
    rows: list[dict[str, object]] = [
        {"event_id": one["event_id"], "role": "finder", "person_ref": "Q7", "recorded_at": one["recorded_at"]}
        for one in picks.iter_rows(named=True)
    ]
    at = picks["recorded_at"].max() + timedelta(hours=2)
    return _with_rows(data, "people", rows), picks["event_id"].to_list(), at


def _review(known: Known, budget: float = 52.0) -> Review:
    return review(known, standard=STANDARD, budget_per_year=budget, top=10_000)


def _recurrence(found: Review, ids: list[str]) -> list[tuple[Item, Reason]]:
    return [
        (item, reason)
        for item in found.items
        for reason in item.reasons
        if reason.link is not None
        and reason.link.recurrence
        and {item.event_id, *reason.link.other_event_ids} == set(ids)
    ]


def test_the_third_death_one_person_found_brings_back_all_three_with_rows_and_rates(
    planted: tuple[Dataset, list[str], datetime],
) -> None:
    data, ids, at = planted
    found = _review(data.as_known(at))
    told = _recurrence(found, ids)
    assert {item.event_id for item, _ in told} == set(ids)
    for item, reason in told:
        assert reason.link is not None
        assert set(reason.link.other_event_ids) == set(ids) - {item.event_id}
        assert reason.link.families["people"] == reason.link.log10_bayes_factor > 0
        assert sum(reason.link.families[name] for name in FAMILIES) == reason.link.log10_bayes_factor
        assert reason.link.chance_low <= reason.link.chance_per_year <= reason.link.chance_high
        assert reason.text.startswith(f"One person is the finder in {ids[0]}, {ids[1]} and {ids[2]}, within")
        assert "Q7" not in reason.text
        assert {row.table for row in reason.evidence} == {"people"}
        assert len(reason.evidence) == 3
        assert any("how one person came to be beside" in what for what in reason.settle)
    schema = json.loads((files("clew.review") / "review.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(found.as_json(), schema)
    page = render_report(found)
    assert "One person is the finder in" in page
    assert "Differing rates alone would make" in page
    assert '<strong class="kind">Recurrence</strong>' in page
    pairs = show(data.as_known(at), standard=STANDARD, budget_per_year=52.0, top=10_000).links
    assert {tuple(sorted((ids[2], other))) for other in ids[:2]} <= set(pairs)


def test_before_the_third_was_known_nothing_is_told_of_it(planted: tuple[Dataset, list[str], datetime]) -> None:
    data, ids, at = planted
    assert not _recurrence(_review(data.as_known(at - timedelta(hours=3))), ids)


def test_a_budget_of_nothing_shows_none(planted: tuple[Dataset, list[str], datetime]) -> None:
    data, ids, at = planted
    assert not _recurrence(_review(data.as_known(at), budget=0.0), ids)


@pytest.mark.parametrize(("outcome", "about", "told"), [("rejected", 2, 0), ("confirmed", 2, 0), ("rejected", 1, 3)])
def test_it_stays_down_once_people_decided_about_the_newest_beside_each_of_the_others(
    planted: tuple[Dataset, list[str], datetime], outcome: str, about: int, told: int
) -> None:
    data, ids, at = planted
    rows: list[dict[str, object]] = [
        {
            "event_id": ids[2],
            "activity": "link.reviewed",
            "about": other,
            "outcome": outcome,
            "at": at,
            "recorded_at": at,
            "actor_role": "detective_inspector",
        }
        for other in ids[:about]
    ]
    known = _with_rows(data, "actions", rows).as_known(at + timedelta(minutes=1))
    assert len(_recurrence(_review(known), ids)) == told
    listed = list_links(find_links(known, replicates=1), budget_per_year=400).recurring
    assert (ids in listed["event_ids"].to_list()) == (told > 0)
