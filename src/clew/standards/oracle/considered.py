"""What was considered for one duty, act by act, and why each did or did not count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from clew.core import ClewError
from clew.records import Dataset
from clew.standards.language.model import Response, Rule, Standard
from clew.standards.language.write_expression import text_of
from clew.standards.links import link_facts
from clew.standards.oracle.facts import Version, cases_of, microseconds
from clew.standards.oracle.interpret import CaseInterpreter, Duty, Opened
from clew.standards.oracle.logic import truth
from clew.standards.verdict import View


@dataclass(frozen=True)
class Considered:
    """One act that could have answered the duty: its version, whether it counts, and in words why or why not."""

    act: Version
    counts: bool
    why: str


def considered(
    dataset: Dataset,
    standard: Standard,
    rule: Rule,
    *,
    event_id: str,
    trigger: tuple[str, int],
    at: datetime,
    view: View,
    links: pl.DataFrame | None = None,
) -> tuple[Duty, list[Considered]]:
    """The duty that the row `trigger` (table, source row) opened, as the oracle sees it, and what it weighed."""
    moment = microseconds(at)
    assert moment is not None  # noqa: S101 - an instant was handed in
    facts = None if links is None else link_facts(dataset, links)
    for name, case in cases_of(dataset, facts):
        if name != event_id:
            continue
        interpreter = CaseInterpreter(event_id, case, moment, standard, view, dataset.feeds)
        for duty in interpreter.duties(rule):
            if (duty.trigger.table, duty.trigger.row["source_row"]) == trigger:
                return duty, [
                    item for response in rule.responses for item in _weighed(interpreter, rule, response, duty)
                ]
    raise ClewError(f"The naive interpreter finds no duty of {rule.id} at {trigger[0]} row {trigger[1]}.")


def _weighed(interpreter: CaseInterpreter, rule: Rule, response: Response, duty: Duty) -> list[Considered]:
    opened = next(
        (
            interpreter.opened(rule, sighting)
            for sighting in interpreter.sightings(rule.trigger.pattern if rule.trigger else response.pattern)
            if sighting.version is duty.trigger or sighting.version == duty.trigger
        ),
        None,
    )
    if opened is None:
        return []
    interpreter.set_due(rule, opened)
    acts = [
        version
        for fact in interpreter.facts(response.pattern)
        for version in fact
        if not response.pattern.labels or version.label in response.pattern.labels
    ]
    return [_weigh(interpreter, rule, response, opened, act) for act in sorted(acts, key=lambda act: act.low)]


def _weigh(  # noqa: PLR0911 - a reason a line
    interpreter: CaseInterpreter, rule: Rule, response: Response, opened: Opened, act: Version
) -> Considered:
    at, due = interpreter.at, opened.due[1]
    bound = interpreter.bounds(rule, response, opened)[1]
    told = truth(response.pattern.where, act.row)
    condition = text_of(response.pattern.where) if response.pattern.where else ""
    if act.recorded > at:
        return Considered(act, False, "it was not yet on record at T")
    if not act.holds(at):
        return Considered(act, False, "it was corrected or withdrawn by T")
    if told is False:
        return Considered(act, False, f"it does not satisfy: {condition}")
    if bound is not None and act.high < bound:
        return Considered(act, False, "it lies before the time from which acts count")
    for correlation, wanted in ((response.equals, True), (response.differs, False)):
        if correlation is None:
            continue
        mine, its = opened.sighting.version.row.get(correlation.trigger), act.row.get(correlation.response)
        if mine is None or its is None:
            return Considered(act, False, f"whether its {correlation.response} fits cannot be told: a value is empty")
        if (mine == its) is not wanted:
            return Considered(act, False, f"its {correlation.response} is {its!r}, the trigger's {mine!r}")
    if told is None:
        return Considered(act, False, f"whether it satisfies {condition} cannot be told: a value is empty")
    if due is not None and act.low > due:
        return Considered(act, True, "it answers the duty, after the deadline")
    if act.low != act.high and due is not None and act.high > due:
        return Considered(act, False, "its time is an interval that straddles the deadline")
    if not response.shared:
        return Considered(act, True, "it can answer the duty; each act answers the oldest open duty only")
    return Considered(act, True, "it answers the duty in time")
