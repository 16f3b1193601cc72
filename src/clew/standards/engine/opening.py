"""Which duties arise, and when the clock of each starts: triggers, conditions, view, and the standard's own dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import numpy as np

from clew.standards.engine.arrays import NEVER, Bools, Ints
from clew.standards.engine.matches import Matcher, Matches
from clew.standards.engine.result import Opening
from clew.standards.language.model import Rule, Standard, Trigger
from clew.standards.verdict import Clock, Norm, View

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Rules about the order of acts start at the act itself; nothing that was learnt later moves it.
_BY_OCCURRENCE = frozenset({Norm.PRECEDENCE, Norm.GATE})


def microseconds(moment: datetime) -> int:
    """`moment` as microseconds since 1970 in UTC."""
    return (moment - _EPOCH) // (datetime.resolution)


def midnight(day: date, zone: ZoneInfo) -> int:
    """The beginning of a local day."""
    return microseconds(datetime.combine(day, time(), tzinfo=zone))


@dataclass(frozen=True)
class Frame:
    """What holds for a whole evaluation. only: by rule the cases in which it is decided; None: in all."""

    standard: Standard
    view: View
    matcher: Matcher
    only: Mapping[str, Bools] | None = None

    def wanted(self, rule: Rule, rows: Matches) -> Matches:
        """The rows of those cases in which `rule` is to be decided."""
        return rows if self.only is None else rows.take(self.only[rule.id][rows.case])


def open_duties(frame: Frame, rule: Rule, trigger: Trigger) -> Opening:
    """Every duty of `rule` that arose or may have, in force or not, applicable or not."""
    triggers = frame.wanted(rule, frame.matcher.rows(trigger.pattern))
    if not rule.unknown_trigger_counts:
        triggers = triggers.take(triggers.certain)
    known, applies, tells = _conditions(frame.matcher, rule, triggers)
    low, high = _clock(frame, rule, trigger, triggers, known)
    return Opening(triggers, known, low, high, applies, tells, _in_force(frame, low))


def _conditions(matcher: Matcher, rule: Rule, triggers: Matches) -> tuple[Ints, Bools, Bools]:
    """When all was known that makes the duty apply; whether it does; whether that can be told."""
    known = triggers.known.copy()
    applies = np.ones(len(triggers), dtype=np.bool_)
    possible = applies.copy()
    for condition in rule.conditions:
        if condition.before:
            sure = matcher.earliest_known_before(condition.options, triggers, certain=True)
            maybe = matcher.earliest_known_before(condition.options, triggers, certain=False)
        else:
            sure = matcher.earliest_known(condition.options, certain=True)[triggers.case]
            maybe = matcher.earliest_known(condition.options, certain=False)[triggers.case]
        applies &= sure < NEVER
        possible &= maybe < NEVER
        since = np.where(sure < NEVER, sure, maybe)
        np.maximum(known, np.where(since < NEVER, since, known), out=known)
    return known, applies, applies | ~possible


def _clock(frame: Frame, rule: Rule, trigger: Trigger, triggers: Matches, known: Ints) -> tuple[Ints, Ints]:
    if rule.norm in _BY_OCCURRENCE or frame.view is View.HINDSIGHT:
        return triggers.low, triggers.high
    if trigger.clock is Clock.RECORDED and triggers.table is not None:
        start = np.maximum(triggers.table.recorded[triggers.position], known)
        return start, start
    if trigger.clock is Clock.OCCURRED:
        if frame.view is View.AS_KNOWN_THEN:
            return np.maximum(triggers.low, known), np.maximum(triggers.high, known)
        return triggers.low, triggers.high
    return known, known


def _in_force(frame: Frame, start: Ints) -> Bools:
    standard = frame.standard
    result = np.ones(start.size, dtype=np.bool_)
    if frame.view is View.COUNTERFACTUAL:
        return result
    begins = [standard.effective_from]
    if frame.view is View.AS_KNOWN_THEN:
        begins.append(standard.published)
    for day in begins:
        if day is not None:
            result &= start >= midnight(day, standard.zone)
    if standard.effective_to is not None:
        result &= start < midnight(standard.effective_to, standard.zone)
    return result
