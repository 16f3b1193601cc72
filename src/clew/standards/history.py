"""Verdicts over knowledge time: for each duty, what could be said of it from when to when.

With these intervals, "as known at K" is a filter: `known_from <= K < known_to`. A verdict can only change when
something its rule reads became known or ceased to hold, or a deadline passed; so each rule is evaluated, in every case,
at exactly those instants: a case stands many times in one store, each time as it was at another instant.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

import numpy as np
import polars as pl

from clew.core import ClewError, UsageError
from clew.standards.duties import SCHEMA, VERDICTS, VIEWS, instants
from clew.standards.engine.arrays import EVER, NEVER, Ints
from clew.standards.engine.opening import microseconds
from clew.standards.engine.replicas import Labels, replicas, rows_a_case, slices_read
from clew.standards.engine.result import RuleDuties
from clew.standards.engine.run import in_order, run
from clew.standards.engine.store import Store, labels_read
from clew.standards.evaluate import Prepared
from clew.standards.language.checks import required_rules
from clew.standards.places import Places
from clew.standards.verdict import Norm, Verdict, View

#: Rows that are laid out at once; what is held in memory follows from it.
ROWS_AT_ONCE = 500_000
#: A rule reads a case's rows once for each of the case's instants; where that is more rows than this, it is refused.
MAXIMUM_READINGS = 4_000_000_000
_INSTANT = pl.Datetime("us", "UTC")
INTERVAL_SCHEMA: dict[str, pl.DataType] = {
    name: SCHEMA[name]
    for name in ("duty_id", "rule", "event_id", "trigger_at", "known_at", "due", "verdict", "decided_at", "view")
} | {"known_from": _INSTANT, "known_to": _INSTANT}
#: What has to be the same for two statements to be one, and where it is in `RuleDuties`.
_SAID = {
    "trigger_at": "trigger_at",
    "known_at": "known",
    "due": "due",
    "verdict": "verdict",
    "decided_at": "decided",
}


@dataclass(frozen=True, eq=False)
class _Group:
    """A rule, or a gate with the rules it requires, and what of the store they read. tells: whose verdicts are told."""

    tells: str
    rules: tuple[str, ...]
    labels: Labels


@dataclass(frozen=True, eq=False)
class _Looks:
    """Instants at which cases are looked at: sorted by case and instant, each pair once."""

    case: Ints
    at: Ints

    @staticmethod
    def of(case: Ints, at: Ints) -> _Looks:
        order = np.lexsort((at, case))
        case, at = case[order], at[order]
        first = np.ones(case.size, dtype=np.bool_)
        first[1:] = (case[1:] != case[:-1]) | (at[1:] != at[:-1])
        return _Looks(case[first], at[first])


def verdict_intervals(prepared: Prepared, *, until: datetime, view: View = View.LIVE) -> pl.DataFrame:
    """One row a duty and stretch of knowledge time in which the same was said of it, up to `until`.

    Columns: duty_id, rule, event_id, trigger_at, known_at, due, verdict, decided_at, view, known_from and known_to
    (UTC; known_to is empty in the last row of a duty that still exists at `until`). Raises `UsageError` for the
    counterfactual view and `ClewError` where one case would take more than `MAXIMUM_READINGS`.
    """
    if view is View.COUNTERFACTUAL:
        raise UsageError(
            "A counterfactual view has no history.",
            where="--view",
            why="it asks what a standard with today's parameters would say, and each instant has another today",
            mend="take live, as_known_then or hindsight, or evaluate counterfactually at one instant",
        )
    end = microseconds(until)
    frames = [pl.DataFrame(schema=INTERVAL_SCHEMA)]
    for group in _groups(prepared):
        frames += _group_history(prepared, group, end=end, view=view)
    return pl.concat(frames)


def _groups(prepared: Prepared) -> Iterator[_Group]:
    standard = prepared.standard
    for rule in in_order(standard):
        rules = [rule.id]
        if rule.norm is Norm.GATE:
            waiting = list(required_rules(standard, rule))
            while waiting:
                name = waiting.pop()
                if name not in rules:
                    rules.append(name)
                    waiting += required_rules(standard, standard.rules[name])
        yield _Group(rule.id, tuple(rules), labels_read(standard.rules[name] for name in rules))


def _group_history(prepared: Prepared, group: _Group, *, end: int, view: View) -> Iterator[pl.DataFrame]:
    looks = _fact_changes(prepared.store, group.labels, end)
    looks = _with_deadlines(prepared, group, looks, end=end, view=view)
    runs = [
        _runs(_statements(prepared.store, duties, batch))
        for batch in _batches(prepared.store, group, looks)
        for duties in _evaluated(prepared, group, batch, view)
        if duties.rule == group.tells and len(duties)
    ]
    if runs:
        yield _intervals(prepared, group, _runs(pl.concat(runs)), looks, view)


def _fact_changes(store: Store, labels: Labels, end: int) -> _Looks:
    """Case and instant of every change of what is on record under `labels`, up to `end`."""
    cases, instants = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for table in store.tables.values():
        for _, begin, last in slices_read(table, labels):
            for moments in (table.recorded, table.until):
                if moments is not None:
                    kept = moments[begin:last] <= end
                    cases.append(table.case[begin:last][kept])
                    instants.append(moments[begin:last][kept])
    return _Looks.of(np.concatenate(cases), np.concatenate(instants))


def _with_deadlines(prepared: Prepared, group: _Group, looks: _Looks, *, end: int, view: View) -> _Looks:
    """`looks` and the instants after deadlines, as each is told at some of them, at which a clock changes a verdict."""
    lags = {1, *(rule.lag_us for rule in prepared.standard.feeds.values() if rule.lag_us)}
    found = [looks]
    for batch in _batches(prepared.store, group, looks):
        for duties in _evaluated(prepared, group, batch, view):
            due = duties.latest_due
            for lag in lags:
                coming = (due > EVER) & (due <= end - lag)
                found.append(_Looks.of(batch.looks.case[duties.case[coming]], due[coming] + lag))
    return _Looks.of(np.concatenate([item.case for item in found]), np.concatenate([item.at for item in found]))


@dataclass(frozen=True, eq=False)
class _Batch:
    """Some looks, one after another, and the number of the first."""

    first: int
    looks: _Looks


def _batches(store: Store, group: _Group, looks: _Looks) -> Iterator[_Batch]:
    """`looks` in batches that lay out some `ROWS_AT_ONCE` rows; refuses what would take too long."""
    rows = rows_a_case(store, group.labels)[looks.case] + 1
    readings = np.bincount(looks.case, weights=rows) if rows.size else np.zeros(0)
    if readings.max(initial=0) > MAXIMUM_READINGS:
        busiest = int(readings.argmax())
        raise ClewError(
            f"{store.cases[busiest]} has {int((looks.case == busiest).sum())} instants at which the records that "
            f"{group.tells} reads changed.",
            where="history",
            why=f"its history would take more than {MAXIMUM_READINGS:.0e} readings of a row",
            mend="evaluate it at the instants you need instead",
        )
    part = np.cumsum(rows) // ROWS_AT_ONCE
    bounds = [0, *(np.flatnonzero(part[1:] != part[:-1]) + 1).tolist(), looks.case.size]
    for begin, last in pairwise(bounds):
        if last > begin:
            yield _Batch(begin, _Looks(looks.case[begin:last], looks.at[begin:last]))


def _evaluated(prepared: Prepared, group: _Group, batch: _Batch, view: View) -> Iterator[RuleDuties]:
    """The group's duties at each look of the batch: `case` is the look's number in it, `position` one of the store."""
    store, places = replicas(prepared.store, group.labels, case=batch.looks.case, at=batch.looks.at)
    every = np.ones(batch.looks.case.size, dtype=np.bool_)
    only = dict.fromkeys(group.rules, every)
    for duties in run(store, prepared.standard, at=batch.looks.at, view=view, feeds=prepared.feeds, only=only):
        if len(duties):
            yield replace(duties, position=places[duties.trigger_table][duties.position])


def _statements(store: Store, duties: RuleDuties, batch: _Batch) -> pl.DataFrame:
    """What is said of each duty at each look: a row a statement, first and last being the look's number."""
    table = store.tables[duties.trigger_table]
    look = duties.case + batch.first
    return pl.DataFrame(
        {
            "fact": duties.position if table.fact is None else table.fact[duties.position],
            "position": duties.position,
            **{name: getattr(duties, column) for name, column in _SAID.items()},
            "first": look,
            "last": look,
        }
    )


def _runs(statements: pl.DataFrame) -> pl.DataFrame:
    """Statements put together where the same was said at one look after another."""
    rows = statements.sort("fact", "first")
    same = pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in ("fact", "position", *_SAID))
    follows = pl.col("first") == pl.col("last").shift(1) + 1
    return (
        rows.with_columns((~(same & follows)).fill_null(True).cum_sum().alias("_run"))
        .group_by("_run", maintain_order=True)
        .agg(pl.exclude("last").first(), pl.col("last").last())
        .drop("_run")
    )


def _intervals(prepared: Prepared, group: _Group, runs: pl.DataFrame, looks: _Looks, view: View) -> pl.DataFrame:
    store, rule = prepared.store, prepared.standard.rules[group.tells]
    assert rule.trigger is not None  # noqa: S101 - it has duties
    table, position = rule.trigger.pattern.table, runs["position"].to_numpy()
    last = runs["last"].to_numpy()
    following = np.minimum(last + 1, looks.case.size - 1)
    ends = (following > last) & (looks.case[following] == looks.case[last])
    codes = runs["verdict"].to_numpy()
    return pl.DataFrame(
        {
            "duty_id": Places(store).names(table, position, before=f"{rule.id}/"),
            "rule": pl.Series([rule.id]).new_from_index(0, runs.height),
            "event_id": store.cases.gather(store.tables[table].case[position]),
            **{name: instants(runs[name].to_numpy()) for name in ("trigger_at", "known_at", "due")},
            "verdict": pl.Series([verdict.value for verdict in Verdict]).cast(VERDICTS).gather(codes),
            "decided_at": instants(runs["decided_at"].to_numpy()),
            "view": pl.Series([view.value], dtype=VIEWS).new_from_index(0, runs.height),
            "known_from": instants(looks.at[runs["first"].to_numpy()]),
            "known_to": instants(np.where(ends, looks.at[following], NEVER)),
        },
        schema=INTERVAL_SCHEMA,
    ).sort("duty_id", "known_from")
