"""Why a verdict is what it is: the rule, the row that triggered it, the clock, and every act that was considered.

The verdict is the kernel's; what was considered is told by the naive interpreter, so an explanation is also a second,
independent computation. Should the two ever disagree, that is an error and not an explanation.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import polars as pl

from clew.core import ClewError, UsageError
from clew.records import Dataset
from clew.standards.evaluate import evaluate
from clew.standards.language.model import Rule, Standard
from clew.standards.oracle.considered import Considered, considered
from clew.standards.oracle.facts import Version
from clew.standards.render import rule_lines
from clew.standards.verdict import View


@dataclass(frozen=True)
class Explanation:
    """One duty laid open. considered: each act that could have answered it, and what became of it."""

    duty: dict[str, Any]
    rule: Rule
    standard: Standard
    trigger: Version
    considered: tuple[Considered, ...]


def explain(
    dataset: Dataset,
    standard: Standard,
    duty_id: str,
    *,
    at: datetime,
    view: View = View.LIVE,
    links: pl.DataFrame | None = None,
) -> Explanation:
    """The explanation of `duty_id` as known at `at`; raises `UsageError` if there is no such duty then."""
    duties = evaluate(dataset, standard, at=at, view=view, links=links)
    found = (
        duties.filter(pl.col("duty_id") == duty_id).with_columns(pl.col("verdict", "view").cast(pl.String)).to_dicts()
    )
    if not found:
        near = difflib.get_close_matches(duty_id, duties["duty_id"].to_list(), n=3, cutoff=0.3)
        raise UsageError(
            f"There is no duty {duty_id!r} as known at {at.isoformat()}.",
            mend="`clew standards evaluate` lists the duties" + (f"; near ones are {', '.join(near)}" if near else ""),
        )
    duty = found[0]
    rule = standard.rules[duty["rule"]]
    event_id = duty["event_id"]
    own = replace(
        dataset,
        tables={name: frame.filter(pl.col("event_id") == event_id) for name, frame in dataset.tables.items()},
    )
    second, acts = considered(
        own if links is None else dataset,
        standard,
        rule,
        event_id=event_id,
        trigger=(duty["trigger_table"], duty["trigger_row"]),
        at=at,
        view=view,
        links=links,
    )
    if second.verdict.value != duty["verdict"]:
        raise ClewError(
            f"The kernel says {duty['verdict']} of {duty_id}, and the naive interpreter {second.verdict}.",
            why="one of the two is wrong, so neither can be relied on",
            mend="report this with the rule and the rows of the event",
        )
    return Explanation(duty, rule, standard, second.trigger, tuple(acts))


def explanation_lines(explanation: Explanation) -> Iterator[str]:
    """The explanation as plain text, a line at a time; times are local."""
    duty, rule, standard = explanation.duty, explanation.rule, explanation.standard
    yield f"{duty['duty_id']}: {duty['verdict']} ({duty['view']} view)"
    yield duty["reason"]
    yield ""
    yield from rule_lines(standard, rule)
    yield ""
    trigger = explanation.trigger
    yield f"Trigger: {trigger.label}, {duty['trigger_file']} row {duty['trigger_row']}: {_shown(trigger)}"
    yield f"  happened {_local(duty['trigger_at'], standard)}; the duty was known {_local(duty['known_at'], standard)}"
    if duty["due"] is not None:
        lengths = " / ".join(value.deadline.text for value in standard.deadlines(rule)) or "at once"
        yield f"Deadline: {lengths} from the clock's start gives {_local(duty['due'], standard)}"
    yield f"Considered ({len(explanation.considered)}):" if explanation.considered else "Considered: nothing on record."
    for item in explanation.considered:
        row = item.act.row
        mark = "counts" if item.counts else "does not count"
        yield f"  {row['source_file']} row {row['source_row']}, {item.act.label}, {mark}: {item.why}"
        yield f"    {_shown(item.act)}"
    if duty["deciding_row"] is not None:
        yield f"Decided by: {duty['deciding_table']} {duty['deciding_file']} row {duty['deciding_row']}"


def _local(moment: datetime, standard: Standard) -> str:
    return moment.astimezone(standard.zone).strftime("%Y-%m-%d %H:%M:%S %Z")


def _shown(version: Version) -> str:
    hidden = {"event_id", "source_file", "source_row", "recorded_at_assumed", "narrative"}
    return ", ".join(
        f"{name} {value}" for name, value in version.row.items() if name not in hidden and value is not None
    )
