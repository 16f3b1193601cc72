"""The law of verdicts, one rule and one case at a time. Slow, plain, and the measure of the kernel.

Shares with the kernel the typed form of a standard and nothing else; where the two disagree, one of them is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import polars as pl

from clew.records import Dataset, Feed
from clew.standards.language.checks import required_rules
from clew.standards.language.deadline import Deadline, DeadlineKind
from clew.standards.language.model import Response, Rule, Standard
from clew.standards.language.overlap import overlaps
from clew.standards.links import link_facts
from clew.standards.oracle.clock import due_time, shifted, to_wall
from clew.standards.oracle.completeness import complete
from clew.standards.oracle.facts import Version, cases_of, microseconds
from clew.standards.oracle.logic import Truth, conjunction
from clew.standards.oracle.on_record import OnRecord, Sighting
from clew.standards.verdict import Clock, Norm, Verdict, View


@dataclass(frozen=True)
class Duty:
    """One duty as the oracle sees it; instants in microseconds, None where there is none."""

    rule: str
    event_id: str
    trigger: Version
    known: int
    due: int | None
    verdict: Verdict
    decided: int | None


@dataclass
class Opened:
    """A duty while it is being decided."""

    sighting: Sighting
    known: int
    low: int
    high: int
    applies: Truth
    in_force: bool
    due: tuple[int | None, int | None] = (None, None)
    told: bool = True
    waived: int | None = None
    certain: int | None = None
    possible: int | None = None


def interpret(
    dataset: Dataset, standard: Standard, *, at: datetime, view: View, links: pl.DataFrame | None = None
) -> list[Duty]:
    """Every duty of the dataset under the standard, as known at `at`."""
    moment = microseconds(at)
    assert moment is not None  # noqa: S101 - `at` is an instant
    facts = None if links is None else link_facts(dataset, links)
    duties: list[Duty] = []
    for event_id, case in cases_of(dataset, facts):
        interpreter = CaseInterpreter(event_id, case, moment, standard, view, dataset.feeds)
        for rule in standard.rules.values():
            if rule.decidable:
                duties += interpreter.duties(rule)
    return duties


@dataclass
class CaseInterpreter(OnRecord):
    """The rules of one standard on one case as known at `at`."""

    standard: Standard
    view: View
    feeds: Sequence[Feed]

    # -- a rule ------------------------------------------------------------------------------------------------

    def duties(self, rule: Rule) -> list[Duty]:
        """Every duty of `rule` in this case."""
        assert rule.trigger is not None  # noqa: S101 - the reader refuses such a rule
        opened = [self.opened(rule, sighting) for sighting in self.sightings(rule.trigger.pattern)]
        if not rule.unknown_trigger_counts:
            opened = [duty for duty in opened if duty.sighting.sure]
        for duty in opened:
            self.set_due(rule, duty)
            self.set_waiver(rule, duty)
        if rule.norm is Norm.GATE:
            self.answer_gate(rule, opened)
        else:
            for response in rule.responses:
                self.answer(rule, response, opened)
        result = [self.decided(rule, duty) for duty in opened]
        for version, known in self.withdrawn(rule.trigger.pattern):
            result.append(Duty(rule.id, self.event_id, version, known, None, Verdict.VOID, version.until))
        return result

    def opened(self, rule: Rule, sighting: Sighting) -> Opened:
        """The duty that a sighting of the trigger opens, its clock started."""
        assert rule.trigger is not None  # noqa: S101 - as above
        known, tellings = sighting.known, []
        for condition in rule.conditions:
            found = [item for pattern in condition.options for item in self.sightings(pattern)]
            if condition.before:
                found = [item for item in found if item.version.low < sighting.known]
            sure = [
                item.known
                for item in found
                if item.sure and (not condition.before or item.version.high < sighting.known)
            ]
            tellings.append(True if sure else None if found else False)
            if found:
                known = max(known, min(sure) if sure else min(item.known for item in found))
        version = sighting.version
        by_occurrence = rule.norm in (Norm.PRECEDENCE, Norm.GATE) or self.view is View.HINDSIGHT
        if by_occurrence:
            low, high = version.low, version.high
        elif rule.trigger.clock is Clock.RECORDED:
            low = high = max(version.recorded, known)
        elif rule.trigger.clock is Clock.OCCURRED:
            low, high = version.low, version.high
            if self.view is View.AS_KNOWN_THEN:
                low, high = max(low, known), max(high, known)
        else:
            low = high = known
        return Opened(sighting, known, low, high, conjunction(tellings), self.in_force(low))

    def in_force(self, start: int) -> bool:
        """Whether the standard bound when the clock started."""
        standard = self.standard
        if self.view is View.COUNTERFACTUAL:
            return True
        day = to_wall(start, standard.zone).date()
        begins = [standard.effective_from]
        if self.view is View.AS_KNOWN_THEN:
            begins.append(standard.published)
        if any(begin is not None and day < begin for begin in begins):
            return False
        return standard.effective_to is None or day < standard.effective_to

    def deadline(self, rule: Rule, start: int) -> Deadline | None:
        """The rule's length of time in force when the clock started."""
        day = to_wall(self.at if self.view is View.COUNTERFACTUAL else start, self.standard.zone).date()
        chosen = None
        for value in self.standard.deadlines(rule):
            if value.start is None or value.start <= day:
                chosen = value.deadline
        return chosen

    def set_due(self, rule: Rule, duty: Opened) -> None:
        """Works the deadline out."""
        zone = self.standard.zone
        if rule.norm in (Norm.PRECEDENCE, Norm.GATE):
            low, high = duty.low, duty.high
            if rule.after is not None:
                low, high = shifted(low, rule.after, zone, -1), shifted(high, rule.after, zone, -1)
            duty.due = low, high
            return
        dues = []
        for start in (duty.low, duty.high):
            deadline = self.deadline(rule, start)
            if deadline is not None and deadline.kind is DeadlineKind.COLUMN:
                due = microseconds(duty.sighting.version.row.get(deadline.column))
                duty.told = duty.told and due is not None
                dues.append(due)
            elif deadline is None:
                duty.told = False
                dues.append(None)
            else:
                dues.append(due_time(start, deadline, self.standard, self.pauses(rule)))
        duty.due = dues[0], dues[1]

    def pauses(self, rule: Rule) -> list[tuple[int, int | None]]:
        """The intervals in which the rule's clock stands still."""
        if rule.pause is None:
            return []
        stops = sorted(item.version.low for item in self.sightings(rule.pause.stop) if item.sure)
        result: list[tuple[int, int | None]] = []
        for begin in sorted(item.version.low for item in self.sightings(rule.pause.start) if item.sure):
            if result and (result[-1][1] is None or begin <= result[-1][1]):
                continue
            result.append((begin, next((stop for stop in stops if stop >= begin), None)))
        return result

    def set_waiver(self, rule: Rule, duty: Opened) -> None:
        """The first waiver recorded after the duty was known (or its deadline, if that came first)."""
        if rule.waiver is None or not duty.told:
            return
        due = duty.due[0]
        since = duty.known if due is None else min(duty.known, due)
        times = [item.known for item in self.sightings(rule.waiver.pattern) if item.sure and item.known >= since]
        duty.waived = min(times, default=None)

    def lifted(self, duty: Opened) -> bool:
        """Whether the duty was waived in time."""
        return duty.waived is not None and (duty.due[0] is None or duty.waived <= duty.due[0])

    # -- what answers ------------------------------------------------------------------------------------------

    def bounds(self, rule: Rule, response: Response, duty: Opened) -> tuple[int | None, int | None]:
        """From when an act counts: surely, and possibly. None: from ever."""
        assert rule.trigger is not None  # noqa: S101 - as above
        version, zone = duty.sighting.version, self.standard.zone
        if overlaps(rule.trigger.pattern, response.pattern):
            return version.high + 1, version.high + 1
        if rule.norm is Norm.PRECEDENCE:
            deadline = self.deadline(rule, version.low)
            if deadline is None:
                return None, None
            return shifted(version.high, deadline, zone, -1), shifted(version.low, deadline, zone, -1)
        sure, maybe = min(version.high, duty.high), min(version.low, duty.low)
        if response.look_back is not None:
            sure, maybe = shifted(sure, response.look_back, zone, -1), shifted(maybe, response.look_back, zone, -1)
        if rule.after is not None:
            sure = max(sure, shifted(duty.high, rule.after, zone))
            maybe = max(maybe, shifted(duty.low, rule.after, zone))
        return sure, maybe

    def correlated(self, response: Response, duty: Opened, act: Sighting) -> tuple[Truth, Truth]:
        """Whether the act is about the same thing, and whether by another hand."""
        same: Truth = True
        other: Truth = True
        trigger, row = duty.sighting.version.row, act.version.row
        if response.equals is not None:
            pair = trigger.get(response.equals.trigger), row.get(response.equals.response)
            same = None if None in pair else pair[0] == pair[1]
        if response.differs is not None:
            pair = trigger.get(response.differs.trigger), row.get(response.differs.response)
            other = None if None in pair else pair[0] != pair[1]
        return same, other

    def answer(self, rule: Rule, response: Response, opened: list[Opened]) -> None:
        """Finds what answers each duty, surely and possibly."""
        needed = rule.at_most + 1 if rule.at_most else response.at_least
        shared = response.shared or bool(rule.at_most)
        one_for_one = not shared and needed == 1 and response.differs is None
        ordered = one_for_one or needed > 1 or response.differs is not None
        acts = self.sightings(response.pattern)
        taken: dict[str, set[int]] = {"sure": set(), "maybe": set()}
        in_turn = {
            level: sorted(opened, key=partial(self.turn, rule, response, place))
            for place, level in enumerate(("sure", "maybe"))
        }
        for level, duties in in_turn.items():
            for duty in duties:
                bound = self.bounds(rule, response, duty)[0 if level == "sure" else 1]
                found = self.found(response, duty, acts, level=level, bound=bound, ordered=ordered)
                if one_for_one:
                    eligible = duty.sighting.sure and duty.applies is True and duty.in_force
                    free = [act for act in found if act.version.number not in taken[level]]
                    found = free[:1] if eligible else []
                    taken[level].update(act.version.number for act in found)
                else:
                    found = found[needed - 1 : needed]
                time_of: Callable[[Sighting], int] = (
                    (lambda act: act.version.high) if level == "sure" else (lambda act: act.version.low)
                )
                times = [time_of(act) for act in found]
                if level == "maybe" and ordered:
                    times += self.loose(response, duty, acts, bound)
                if times:
                    best = min(times)
                    if level == "sure":
                        duty.certain = best if duty.certain is None else min(duty.certain, best)
                    else:
                        duty.possible = best if duty.possible is None else min(duty.possible, best)

    def turn(self, rule: Rule, response: Response, place: int, duty: Opened) -> tuple[bool, int]:
        """Whose turn it is to take an act: those not waived first, then by the time from which acts count."""
        return self.lifted(duty), _or_ever(self.bounds(rule, response, duty)[place])

    def found(
        self,
        response: Response,
        duty: Opened,
        acts: list[Sighting],
        *,
        level: str,
        bound: int | None,
        ordered: bool,
    ) -> list[Sighting]:
        """Acts that answer the duty, surely or possibly, in the order in which they are counted."""
        result = []
        for act in acts:
            same, other = self.correlated(response, duty, act)
            point = act.version.low == act.version.high
            if level == "sure":
                fits = act.sure and same is True and other is True and (point or not ordered)
                after = bound is None or act.version.low >= bound
            else:
                fits = same is not False and other is not False
                if ordered:
                    fits = fits and point and same is True
                after = bound is None or act.version.high >= bound
            if fits and after:
                result.append(act)
        return sorted(result, key=lambda act: act.version.high if level == "sure" else act.version.low)

    def loose(self, response: Response, duty: Opened, acts: list[Sighting], bound: int | None) -> list[int]:
        """Times of acts that cannot be counted in order, because when or about what they were is not certain."""
        times = []
        for act in acts:
            same, _ = self.correlated(response, duty, act)
            point = act.version.low == act.version.high
            keyless = same is None
            if same is not False and (keyless or not point) and (bound is None or act.version.high >= bound):
                times.append(act.version.low)
        return times

    def answer_gate(self, rule: Rule, opened: list[Opened]) -> None:
        """A gate is answered when the last duty known by then was closed."""
        others = [
            other
            for name in required_rules(self.standard, rule)
            if self.standard.rules[name].decidable
            for other in self.duties(self.standard.rules[name])
        ]
        for duty in opened:
            relevant = [
                other
                for other in others
                if other.known <= duty.low and other.verdict not in (Verdict.NOT_APPLICABLE, Verdict.VOID)
            ]
            settled = [other.decided for other in relevant if other.verdict in _SETTLED]
            unsure = [other for other in relevant if other.verdict is Verdict.INDETERMINATE]
            open_yet = [other for other in relevant if other.verdict in (Verdict.PENDING, Verdict.MISSED)]
            last = max((moment for moment in settled if moment is not None), default=_EVER)
            duty.certain = None if unsure or open_yet else last
            duty.possible = None if open_yet else last

    # -- the verdict -------------------------------------------------------------------------------------------

    def decided(self, rule: Rule, duty: Opened) -> Duty:
        """The duty with its verdict."""
        verdict, decided = self.verdict(rule, duty)
        decided = None if decided == _EVER else decided  # a gate that had nothing to wait for
        due = duty.due[0] if duty.told and duty.applies is True and duty.in_force else None
        return Duty(rule.id, self.event_id, duty.sighting.version, duty.known, due, verdict, decided)

    def verdict(self, rule: Rule, duty: Opened) -> tuple[Verdict, int | None]:  # noqa: PLR0911 - a rung a line
        """The law of verdicts, and when what settled it happened."""
        if not duty.in_force or duty.applies is False:
            return Verdict.NOT_APPLICABLE, None
        if not duty.sighting.sure or duty.applies is None or not duty.told:
            return Verdict.INDETERMINATE, None
        due_low, due_high = duty.due
        certain, possible = duty.certain, duty.possible
        in_time = certain is not None and (due_low is None or certain <= due_low)
        may_be_in_time = possible is not None and (due_high is None or possible <= due_high)
        still_open = due_high is None or self.at <= due_high
        if rule.norm is Norm.PROHIBITION or (rule.norm is Norm.COUNT and rule.at_most):
            if self.lifted(duty):
                return Verdict.WAIVED, duty.waived
            if in_time:
                return Verdict.MISSED, certain
            if may_be_in_time:
                return Verdict.INDETERMINATE, None
            if still_open:
                return Verdict.PENDING, None
            return (
                (Verdict.MET, due_low)
                if complete(self.feeds, self.standard, rule, start=duty.low, due=duty.due[1], at=self.at)
                else (Verdict.INDETERMINATE, None)
            )
        if in_time:
            return Verdict.MET, certain
        if self.lifted(duty):
            return Verdict.WAIVED, duty.waived
        if still_open:
            return Verdict.PENDING, None
        if not may_be_in_time and certain is not None:
            return Verdict.MET_LATE, certain
        if possible is not None:
            return Verdict.INDETERMINATE, None
        return (
            (Verdict.MISSED, due_low)
            if complete(self.feeds, self.standard, rule, start=duty.low, due=duty.due[1], at=self.at)
            else (Verdict.INDETERMINATE, None)
        )


_SETTLED = (Verdict.MET, Verdict.MET_LATE, Verdict.WAIVED)
_EVER = -(2**62)


def _or_ever(bound: int | None) -> int:
    return _EVER if bound is None else bound
