"""Laws about time: the order of arrival is nothing, and verdicts change only when something became known or due."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clew.core import ClewError
from clew.records import Dataset, Feed
from clew.standards import View, evaluate, history, parse_standard, prepare
from clew.standards.engine.arrays import Ints
from clew.standards.engine.replicas import Labels
from clew.standards.engine.store import Store
from clew.standards.history import verdict_intervals
from clew.standards.increment import Night

from .worlds import EVENTS, START, STEP, TICKS, datasets, frame, links, moment, standards, standards_with_links

few = settings(max_examples=30, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
SAID = ["duty_id", "verdict", "due", "decided_at", "known_at"]
NAMED = ["rule", "event_id", "trigger_table", "trigger_at", "known_at", "due", "verdict", "decided_at"]


def said(duties: pl.DataFrame, columns: list[str] = SAID) -> list[tuple[Any, ...]]:
    return sorted(duties.select(columns).with_columns(pl.col("verdict").cast(pl.String)).rows(), key=str)


@few
@given(datasets(), standards(), TICKS, st.randoms(use_true_random=False))
def test_the_order_in_which_rows_arrive_does_not_matter(dataset: Dataset, text: str, tick: int, random: Any) -> None:
    standard = parse_standard(text)
    shuffled = {}
    for name, rows in dataset.tables.items():
        order = list(range(rows.height))
        random.shuffle(order)
        shuffled[name] = rows[order]
    other = Dataset(name="shuffled", tables=shuffled, feeds=dataset.feeds)
    at = moment(tick)
    assert said(evaluate(other, standard, at=at), NAMED) == said(evaluate(dataset, standard, at=at), NAMED)


@few
@given(datasets(), standards(), TICKS)
def test_what_is_recorded_after_t_changes_nothing_at_t(dataset: Dataset, text: str, tick: int) -> None:
    standard, at = parse_standard(text), moment(tick)
    until = {
        name: frame.filter(pl.col("recorded_at") <= at).with_columns(
            *(
                [pl.when(pl.col("retracted_at") <= at).then("retracted_at").alias("retracted_at")]
                if "retracted_at" in frame.columns
                else []
            )
        )
        for name, frame in dataset.tables.items()
    }
    cut = Dataset(name="cut", tables=until, feeds=dataset.feeds)
    assert said(evaluate(cut, standard, at=at)) == said(evaluate(dataset, standard, at=at))


@few
@given(datasets(), standards(), st.integers(-8, 75 * 24), st.sampled_from(View))
def test_as_known_at_any_instant_is_a_filter_on_the_verdict_intervals(
    dataset: Dataset, text: str, quarter_hours: int, view: View
) -> None:
    standard = parse_standard(text)
    if view is View.COUNTERFACTUAL:  # it reads today's parameters, so each T asks another question
        with pytest.raises(ClewError, match="no history"):
            verdict_intervals(prepare(dataset, standard), until=START, view=view)
        view = View.LIVE
    end, at = START + 75 * STEP, START + quarter_hours * timedelta(minutes=15)
    intervals = verdict_intervals(prepare(dataset, standard), until=end, view=view)
    then = intervals.filter(
        (pl.col("known_from") <= at) & (pl.col("known_to").is_null() | (pl.col("known_to") > at)) & (at <= end)
    )
    expected = evaluate(dataset, standard, at=at, view=view) if at <= end else then
    assert said(then) == said(expected)


def many_in_one_case(count: int) -> Dataset:
    """One event with `count` acts, an hour apart and recorded up to two days later, two in a hundred of them twice."""
    rng = np.random.default_rng(count)
    rows = [
        {
            "event_id": "E1",
            "activity": ("a", "b", "c")[rng.integers(3)],
            "at": START + number * timedelta(hours=1),
            "recorded_at": START + timedelta(hours=number + int(rng.integers(48))),
            "action_id": f"n{number - 1 if rng.random() < 0.02 else number}",
        }
        for number in range(count)
    ]
    feeds = (Feed(name="actions", complete_from=START - timedelta(days=9)),)
    return Dataset(name="one", tables={"actions": frame("actions", rows)}, feeds=feeds)


ONE_RULE = """standard: {id: x, version: 1.0.0, title: X, zone: UTC}
rules:
  - {id: R, norm: obligation, text: t, trigger: {action: a}, oblige: {action: b}, within: PT6H}
  - {id: S, norm: obligation, text: t, trigger: {action: a}, oblige: {action: c, shared: true}, within: PT2H}
"""


def test_the_history_of_a_busy_case_is_worked_out_in_bounded_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, standard = many_in_one_case(400), parse_standard(ONE_RULE)
    monkeypatch.setattr(history, "ROWS_AT_ONCE", 2_000)
    laid_out = []
    whole = history.replicas

    def watched(store: Store, labels: Labels, *, case: Ints, at: Ints) -> tuple[Store, dict[str, Ints]]:
        result = whole(store, labels, case=case, at=at)
        laid_out.append(sum(table.case.size for table in result[0].tables.values()))
        return result

    monkeypatch.setattr(history, "replicas", watched)
    end = START + timedelta(days=40)
    intervals = verdict_intervals(prepare(dataset, standard), until=end)
    assert len(laid_out) > 20
    assert max(laid_out) <= 2_000 + 400
    for hours in (0, 31, 200, 389, 900):
        at = START + timedelta(hours=hours)
        then = intervals.filter(
            (pl.col("known_from") <= at) & (pl.col("known_to").is_null() | (pl.col("known_to") > at))
        )
        assert said(then) == said(evaluate(dataset, standard, at=at))


def test_a_history_that_would_take_too_long_is_refused_with_its_event(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MAXIMUM_READINGS", 1_000)
    with pytest.raises(ClewError, match="E1 has") as refused:
        verdict_intervals(prepare(many_in_one_case(100), parse_standard(ONE_RULE)), until=START + timedelta(days=40))
    assert "at the instants you need" in str(refused.value)


def between(frame: pl.DataFrame, column: str, begin: datetime | None, end: datetime) -> pl.DataFrame:
    return frame.filter((pl.col(column) <= end) & (pl.lit(True) if begin is None else pl.col(column) > begin))


@settings(few, max_examples=50)
@given(datasets(), standards_with_links(), links(), st.lists(TICKS, min_size=2, max_size=4, unique=True))
def test_night_after_night_is_the_same_as_all_at_once(
    dataset: Dataset, text: str, pairs: pl.DataFrame, ticks: list[int]
) -> None:
    standard = parse_standard(text)
    instants = [moment(tick) for tick in sorted(ticks)]

    def rows(begin: datetime | None, end: datetime) -> dict[str, pl.DataFrame]:
        return {name: between(frame, "recorded_at", begin, end) for name, frame in dataset.tables.items()}

    first = Dataset(name="first", tables=rows(None, instants[0]), feeds=dataset.feeds)
    night = Night(first, standard, links=between(pairs, "known_at", None, instants[0]))
    duties = night.first_run(at=instants[0]).duties()
    for before, at in pairwise(instants):
        fresh = between(pairs, "known_at", before, at)
        duties = night.run(rows(before, at), at=at, links=fresh).replacing(duties)
    whole = evaluate(dataset, standard, at=instants[-1], links=pairs)
    assert said(duties) == said(whole)
    places = ("duty_id", "trigger_table", "trigger_file", "trigger_row", "deciding_file", "deciding_row")
    assert sorted(duties.select(places).rows(), key=str) == sorted(whole.select(places).rows(), key=str)
    assert duties["duty_id"].n_unique() == duties.height or whole["duty_id"].n_unique() < whole.height


@few
@given(datasets(), standards_with_links(), links(), TICKS)
def test_links_and_corrections_of_the_future_change_nothing_at_t(
    dataset: Dataset, text: str, pairs: pl.DataFrame, tick: int
) -> None:
    standard, at = parse_standard(text), moment(tick)
    cut = Dataset(
        name="cut",
        tables={name: between(frame, "recorded_at", None, at) for name, frame in dataset.tables.items()},
        feeds=dataset.feeds,
    )
    then = evaluate(cut, standard, at=at, links=between(pairs, "known_at", None, at))
    now = evaluate(dataset, standard, at=at, links=pairs)
    assert said(then.filter(pl.col("rule") == "L")) == said(now.filter(pl.col("rule") == "L"))


def test_a_link_found_late_and_dated_early_is_refused() -> None:
    value = json.loads(
        '{"standard": {"id": "x", "version": "1.0.0", "title": "X", "zone": "UTC"}, "rules": [{"id": "L", "norm": '
        '"related_event", "text": "t", "trigger": {"link": "any"}, "oblige": {"action": "b"}, "within": "P1D"}]}'
    )
    events = [
        {"event_id": name, "kind": "death", "occurred_from": moment(0), "recorded_at": moment(0)} for name in EVENTS
    ]
    dataset = Dataset(name="two", tables={"events": frame("events", events), "actions": frame("actions", [])})
    night = Night(dataset, parse_standard(json.dumps(value)))
    night.first_run(at=moment(8))
    pair = pl.DataFrame({"event_id_a": ["E1"], "event_id_b": ["E2"], "known_at": [moment(4)]})
    with pytest.raises(ClewError, match="never back-dates"):
        night.run({}, at=moment(9), links=pair)
    found = pair.with_columns(known_at=pl.lit(moment(9)))
    duty = night.run({}, at=moment(9), links=found).duties().row(0, named=True)
    assert (duty["known_at"], duty["due"]) == (moment(9), moment(9) + timedelta(days=1))
    # Handed in again, dated earlier or later, the pair is the one that is known already.
    assert night.run({}, at=moment(10), links=pair).duties().is_empty()
