"""The vector kernel: all duties of a rule at once, from triggers to verdicts.

The law of verdicts (DESIGN.md; `docs/explanation/verdicts.md`) works on two times per duty, the earliest act that
certainly answers it and the earliest that may, and on its deadline as an interval. The oracle states the same law
case by case and shares nothing with this module but the typed form of the rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from clew.standards.engine.arrays import EVER, NEVER, Bools, Ints, first_in_group, found_values
from clew.standards.engine.deadlines import due_times, shift
from clew.standards.engine.feeds import Coverage, covered
from clew.standards.engine.gates import Closings, closing_times
from clew.standards.engine.law import Found, decide, void_duties
from clew.standards.engine.matches import Instant, Matches, at_case
from clew.standards.engine.opening import Frame, midnight, open_duties
from clew.standards.engine.pauses import put_off
from clew.standards.engine.responses import Answers, find_answers
from clew.standards.engine.result import Opening, RuleDuties, joined
from clew.standards.language.deadline import Deadline, DeadlineKind
from clew.standards.language.model import Response, Rule, Trigger
from clew.standards.language.overlap import overlaps
from clew.standards.verdict import Norm, View


@dataclass(frozen=True)
class Kernel:
    """Evaluates rules of one standard against one store as at T. coverage: per table, when absence means absence."""

    frame: Frame
    at: Instant
    coverage: Coverage

    def duties(self, rule: Rule, others: Sequence[Closings]) -> RuleDuties:
        """The duties of `rule`; `others`: when those of the rules that a gate requires were closed."""
        assert rule.trigger is not None  # noqa: S101 - the reader refuses a decidable rule without a trigger
        trigger = rule.trigger
        opening = open_duties(self.frame, rule, trigger)
        at = at_case(self.at, opening.triggers.case)
        due_low, due_high, told = self._due(rule, trigger, opening)
        waived, waiver = self._waived(rule, opening, due_low)
        found = self._answers(rule, trigger, opening, (waived <= due_low) & (waived < NEVER), others)
        alive = decide(
            rule,
            opening,
            at=at,
            due=(due_low, due_high, told),
            waived=(waived, waiver),
            found=found,
            complete=covered(self.coverage, rule, start=opening.low, due=due_high, at=at),
        )
        withdrawn = self.frame.wanted(rule, self.frame.matcher.withdrawn(trigger.pattern))
        return joined([alive, void_duties(rule, withdrawn)]) if len(withdrawn) else alive

    def _due(self, rule: Rule, trigger: Trigger, opening: Opening) -> tuple[Ints, Ints, Bools]:
        """The deadline as an interval, and whether it can be told."""
        told = np.ones(opening.low.size, dtype=np.bool_)
        if rule.norm in (Norm.PRECEDENCE, Norm.GATE):
            if rule.after is None:
                return opening.low, opening.high, told
            return self._shifted(opening.low, rule.after), self._shifted(opening.high, rule.after), told
        low = self._deadline(rule, opening.low, opening.triggers)
        high = low if opening.low is opening.high else self._deadline(rule, opening.high, opening.triggers)
        told = low > EVER
        if rule.pause is not None:
            matcher, standard = self.frame.matcher, self.frame.standard
            case = opening.triggers.case
            low = put_off(matcher, standard, rule, case=case, starts=opening.low, due=low)
            high = put_off(matcher, standard, rule, case=case, starts=opening.high, due=high)
        return low, high, told

    def _shifted(self, starts: Ints, back: Deadline) -> Ints:
        return shift(starts, back, self.frame.standard.zone, backwards=True)

    def _deadline(self, rule: Rule, starts: Ints, triggers: Matches) -> Ints:
        values = self.frame.standard.deadlines(rule)
        if len(values) == 1 and values[0].start is None:
            return self._one_deadline(values[0].deadline, starts, triggers)
        result = np.full(starts.size, EVER, dtype=np.int64)
        for deadline, chosen in self._values(rule, starts):
            result[chosen] = self._one_deadline(deadline, starts[chosen], triggers.take(chosen))
        return result

    def _values(self, rule: Rule, starts: Ints) -> Iterator[tuple[Deadline, Bools]]:
        """Each value of the rule's deadline and the duties it holds for: by the day the clock starts, or, in a
        counterfactual view, today's."""
        values, zone = self.frame.standard.deadlines(rule), self.frame.standard.zone
        when = starts
        if self.frame.view is View.COUNTERFACTUAL:
            when = np.full(starts.size, int(np.max(self.at)), dtype=np.int64)
        begins = [EVER if value.start is None else midnight(value.start, zone) for value in values]
        for number, value in enumerate(values):
            end = begins[number + 1] if number + 1 < len(values) else NEVER
            yield value.deadline, (when >= begins[number]) & (when < end)

    def _one_deadline(self, deadline: Deadline, starts: Ints, triggers: Matches) -> Ints:
        standard = self.frame.standard
        if deadline.kind is not DeadlineKind.COLUMN:
            return due_times(starts, deadline, zone=standard.zone, calendars=standard.calendars)
        if triggers.table is None:
            return starts
        column = triggers.table.frame[deadline.column].gather(triggers.position)
        return column.dt.timestamp("us").fill_null(EVER).to_numpy()

    def _waived(self, rule: Rule, opening: Opening, due: Ints) -> tuple[Ints, Ints]:
        """When each duty was waived, NEVER if it was not; and the waiver's row. Late waivers lie after the deadline."""
        count = opening.low.size
        nothing = np.full(count, NEVER, dtype=np.int64), np.full(count, -1, dtype=np.int64)
        if rule.waiver is None:
            return nothing
        acts = self.frame.matcher.rows(rule.waiver.pattern)
        acts = acts.take(acts.certain)
        if not len(acts):
            return nothing
        order = np.lexsort((acts.known, acts.case))
        case, known, position = acts.case[order], acts.known[order], acts.position[order]
        # A waiver is of a duty somebody knew of: one recorded before the trigger was known does not count.
        found = first_in_group(opening.triggers.case, np.minimum(opening.known, due), case, known)
        return found_values(found, known, NEVER), found_values(found, position, -1)

    def _answers(
        self, rule: Rule, trigger: Trigger, opening: Opening, waived: Bools, others: Sequence[Closings]
    ) -> Found:
        if rule.norm is Norm.GATE:
            return Found(closing_times(opening, others), np.full(opening.low.size, -1, dtype=np.int8), ())
        best, chosen = Answers.none(0), np.zeros(opening.low.size, dtype=np.int8)
        takes_part = opening.triggers.certain & opening.applies & opening.in_force
        turn = np.where(takes_part, waived.astype(np.int64), 2)
        for number, response in enumerate(rule.responses):
            certain_from, possible_from = self._bounds(rule, trigger, opening, response)
            found = find_answers(
                replace(response, at_least=rule.at_most + 1, shared=True) if rule.at_most else response,
                opening.triggers,
                self.frame.matcher.rows(response.pattern),
                certain_from=certain_from,
                possible_from=possible_from,
                turn=turn,
            )
            if number == 0:
                best = found
                continue
            surer, nearer = found.certain < best.certain, found.possible < best.possible
            chosen = np.where(surer | (nearer & (best.certain >= NEVER)), np.int8(number), chosen)
            best = Answers(
                np.where(surer, found.certain, best.certain),
                np.where(surer, found.certain_position, best.certain_position),
                np.where(nearer, found.possible, best.possible),
                np.where(nearer, found.possible_position, best.possible_position),
            )
        return Found(best, chosen, tuple(response.pattern.table for response in rule.responses))

    def _bounds(self, rule: Rule, trigger: Trigger, opening: Opening, response: Response) -> tuple[Ints, Ints]:
        """From when on an act counts: for certain, and possibly."""
        triggers = opening.triggers
        if overlaps(trigger.pattern, response.pattern):
            # An act does not answer itself, nor one of the same instant.
            after = triggers.high + 1
            return after, after
        if rule.norm is Norm.PRECEDENCE:
            certain = np.full(len(triggers), EVER, dtype=np.int64)
            possible = certain.copy()
            for deadline, chosen in self._values(rule, triggers.low):
                certain[chosen] = self._shifted(triggers.high[chosen], deadline)
                possible[chosen] = self._shifted(triggers.low[chosen], deadline)
            return certain, possible
        certain, possible = np.minimum(triggers.high, opening.high), np.minimum(triggers.low, opening.low)
        if response.look_back is not None:
            certain, possible = (self._shifted(bound, response.look_back) for bound in (certain, possible))
        if rule.after is not None:
            zone = self.frame.standard.zone
            certain = np.maximum(certain, shift(opening.high, rule.after, zone))
            possible = np.maximum(possible, shift(opening.low, rule.after, zone))
        return certain, possible
