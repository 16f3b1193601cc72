"""Laws about time: the order of arrival is nothing, and verdicts change only when something became known or due."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clew.records import Dataset
from clew.standards import View, evaluate, parse_standard, prepare
from clew.standards.history import verdict_intervals
from clew.standards.increment import Night

from .worlds import START, STEP, TICKS, datasets, moment, standards

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
    for name, frame in dataset.tables.items():
        order = list(range(frame.height))
        random.shuffle(order)
        shuffled[name] = frame[order]
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
    if view is View.COUNTERFACTUAL:
        view = View.LIVE  # a counterfactual view reads today's parameters, so each T asks another question
    end, at = START + 75 * STEP, START + quarter_hours * timedelta(minutes=15)
    intervals = verdict_intervals(prepare(dataset, standard), until=end, view=view)
    then = intervals.filter(
        (pl.col("known_from") <= at) & (pl.col("known_to").is_null() | (pl.col("known_to") > at)) & (at <= end)
    )
    expected = evaluate(dataset, standard, at=at, view=view) if at <= end else then
    assert said(then) == said(expected)


@few
@given(datasets(), standards(), st.lists(TICKS, min_size=2, max_size=4, unique=True))
def test_night_after_night_is_the_same_as_all_at_once(dataset: Dataset, text: str, ticks: list[int]) -> None:
    standard = parse_standard(text)
    instants = [moment(tick) for tick in sorted(ticks)]

    def between(begin: datetime | None, end: datetime) -> dict[str, pl.DataFrame]:
        return {
            name: frame.filter(
                (pl.col("recorded_at") <= end) & (pl.lit(True) if begin is None else pl.col("recorded_at") > begin)
            )
            for name, frame in dataset.tables.items()
        }

    first = Dataset(name="first", tables=between(None, instants[0]), feeds=dataset.feeds)
    night = Night(first, standard)
    duties = night.first_run(at=instants[0]).duties()
    for before, at in pairwise(instants):
        duties = night.run(between(before, at), at=at).replacing(duties)
    assert said(duties) == said(evaluate(dataset, standard, at=instants[-1]))
