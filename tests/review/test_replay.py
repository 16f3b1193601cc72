"""The replay: budget kept, journal gone on with, series raised when first shown, contract kept."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import jsonschema
import polars as pl
import pytest
from scipy.stats import poisson

from clew.core import UsageError, parse_instant
from clew.demonstration import Demonstration, make_demonstration
from clew.review import raised, replay, replay_as_json, replay_as_text
from clew.review.journal import Shown
from clew.review.replay import mornings
from clew.standards import Standard

START, END = datetime(2014, 3, 1, tzinfo=UTC), datetime(2014, 5, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def small() -> Demonstration:
    return make_demonstration(years=(2013, 2014), scale=0.05, with_case=False)


@pytest.mark.parametrize("budget", [26, 104])
def test_over_the_replayed_months_the_desk_is_shown_no_more_links_than_its_budget(
    small: Demonstration, uk_standard: Standard, budget: int
) -> None:
    shown = replay(small, start=START, end=END, standard=uk_standard, budget_per_year=budget, top=10_000)
    before = set(shown[0].links)  # what already stood on the first morning was earlier months' budget
    new = {pair for one in shown[1:] for pair in one.links} - before
    years = (END - START) / timedelta(days=365.25)
    assert len(new) <= poisson.ppf(0.999, budget * years)


def test_a_replay_that_was_broken_off_goes_on_from_its_journal_and_gives_the_same(
    small: Demonstration, uk_standard: Standard, tmp_path: Path
) -> None:
    end = START + timedelta(days=6)
    journal = tmp_path / "journal"
    settings = {"start": START, "standard": uk_standard, "budget_per_year": 52.0}
    whole = replay(small, end=end, **settings)
    replay(small, end=START + timedelta(days=3), journal=journal, **settings)
    with journal.open("a", encoding="utf-8") as broken:
        broken.write('{"at": "2014-03-0')
    assert replay(small, end=end, journal=journal, **settings) == whole
    assert replay(small, end=end, journal=journal, **settings) == whole
    assert len(journal.read_text(encoding="utf-8").splitlines()) == 1 + len(whole)
    assert [one.at for one in whole][1:] == mornings(small, START, end)


def test_a_journal_of_other_settings_is_refused(small: Demonstration, uk_standard: Standard, tmp_path: Path) -> None:
    end, journal = START + timedelta(days=1), tmp_path / "journal"
    replay(small, start=START, end=end, standard=uk_standard, budget_per_year=52, journal=journal)
    with pytest.raises(UsageError, match="not the journal of this replay"):
        replay(small, start=START, end=end, standard=uk_standard, budget_per_year=53, journal=journal)
    head = journal.read_text(encoding="utf-8").splitlines()[0]
    morning = '{"at": "2014-03-01T09:00:00+00:00", "items": [], "links": []}'
    for text in ("not a journal", "", "[]", f'{head}\n{{"at": 3}}\n{morning}', f"{head}\n[]\n{morning}"):
        journal.write_text(text, encoding="utf-8")
        with pytest.raises(UsageError, match="not the journal"):
            replay(small, start=START, end=end, standard=uk_standard, budget_per_year=52, journal=journal)
    journal.write_bytes(b"\xff\xfe\x00")
    for path in (journal, tmp_path, tmp_path / "none" / "journal"):
        with pytest.raises(UsageError):
            replay(small, start=START, end=end, standard=uk_standard, budget_per_year=52, journal=path)


def test_a_journal_of_edited_rows_is_refused(small: Demonstration, uk_standard: Standard, tmp_path: Path) -> None:
    end, journal = START + timedelta(days=1), tmp_path / "journal"
    replay(small, start=START, end=end, standard=uk_standard, budget_per_year=52, journal=journal)
    events = small.tables["events"].with_columns(lat=pl.col("lat") + 0.001)
    edited = replace(small, tables=dict(small.tables) | {"events": events})
    with pytest.raises(UsageError, match="other data"):
        replay(edited, start=START, end=end, standard=uk_standard, budget_per_year=52, journal=journal)


def test_a_series_is_raised_on_the_first_morning_a_link_between_two_members_is_shown(
    demonstration: Demonstration,
) -> None:
    labels = pl.DataFrame({"series_id": ["s"] * 4, "event_id": ["D1", "D2", "D3", "D4"]})
    days = [parse_instant(day, demonstration.zone) for day in ("2014-08-28T09:00", "2014-08-29T09:00", "2014-09-21")]
    shown = [
        Shown(at=days[0], items=("D1",), links=(("D1", "E0"),)),
        Shown(at=days[1], items=("D2",), links=(("D1", "D2"),)),
        Shown(at=days[2], items=("D3",), links=(("D2", "D3"),)),
    ]
    (series,) = raised(demonstration, labels, shown)
    assert series.first_raised_at == days[1]
    assert series.raised_at_member == 2
    assert series.members_after == 2
    (never,) = raised(demonstration, labels, shown[:1])
    assert never.first_raised_at is None
    assert never.raised_at_member is None


def test_labels_that_name_no_event_are_refused(demonstration: Demonstration) -> None:
    labels = pl.DataFrame({"series_id": ["s"], "event_id": ["nobody"]})
    with pytest.raises(UsageError, match="nobody"):
        raised(demonstration, labels, [])


def test_mornings_keep_local_time_over_the_change_of_clocks(small: Demonstration) -> None:
    days = mornings(small, datetime(2014, 3, 28, tzinfo=UTC), datetime(2014, 4, 2, tzinfo=UTC))
    assert {day.astimezone(small.zone).hour for day in days} == {9}
    assert {day.astimezone(UTC).hour for day in days} == {8, 9}
    assert len(days) == 5


def test_the_replay_keeps_its_contract_and_says_that_it_is_no_validation(
    demonstration: Demonstration, uk_standard: Standard
) -> None:
    start = parse_instant("2014-06-19", demonstration.zone)
    end = parse_instant("2014-06-22", demonstration.zone)
    shown = replay(demonstration, start=start, end=end, standard=uk_standard, budget_per_year=52.0)
    found = replay_as_json(
        demonstration,
        shown,
        raised(demonstration, demonstration.labels, shown),
        start=start,
        end=end,
        standard=uk_standard,
        budget_per_year=52.0,
    )
    schema = json.loads((files("clew.review") / "replay.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(found, schema, format_checker=jsonschema.FormatChecker())
    assert "a demonstration with hindsight, not a validation" in replay_as_text(found)
    (case,) = found["series"]
    assert case["first_raised_at"] == "2014-06-20T09:00:00+01:00"
