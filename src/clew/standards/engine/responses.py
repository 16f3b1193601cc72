"""Finds, for many duties at once, the earliest act that certainly answers each and the earliest that may.

A response is certain if its condition is true, it lies wholly after the bound, and its correlations hold; possible
if none of that is known to be false. The two times are what the law of verdicts works on (`kernel`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from clew.standards.engine.arrays import (
    NEVER,
    Bools,
    Ints,
    first_in_group,
    first_not_below,
    found_values,
    group_bounds,
    minimum_from_here,
    next_different,
    running_maximum,
    sorted_in_groups,
)
from clew.standards.engine.matches import Matches
from clew.standards.language.model import Response


@dataclass(frozen=True, eq=False)
class Answers:
    """Per duty: time and position of the earliest certain and the earliest possible act; NEVER and -1 if none."""

    certain: Ints
    certain_position: Ints
    possible: Ints
    possible_position: Ints

    @staticmethod
    def none(count: int) -> Answers:
        """No act for any duty."""
        never, nowhere = np.full(count, NEVER, dtype=np.int64), np.full(count, -1, dtype=np.int64)
        return Answers(never, nowhere, never.copy(), nowhere.copy())


@dataclass(frozen=True, eq=False)
class _Keys:
    """Codes of a correlated column on both sides, shared; 0 where empty."""

    trigger: Ints
    response: Ints
    size: int


def _codes(triggers: Matches, trigger_column: str, acts: Matches, act_column: str) -> _Keys:
    left = _column(triggers, trigger_column)
    right = _column(acts, act_column)
    both = pl.concat([left.cast(right.dtype), right])
    values = both.drop_nulls().unique()
    numbers = pl.DataFrame({"value": values, "code": np.arange(1, len(values) + 1, dtype=np.int64)})
    codes = (
        pl.DataFrame({"value": both})
        .join(numbers, on="value", how="left", maintain_order="left")["code"]
        .fill_null(0)
        .to_numpy()
    )
    return _Keys(trigger=codes[: len(left)], response=codes[len(left) :], size=len(values) + 1)


def _column(matches: Matches, name: str) -> pl.Series:
    if matches.table is None or name not in matches.table.frame.columns:
        return pl.Series(name, [None] * len(matches), dtype=pl.String)
    return matches.table.frame[name].gather(matches.position)


@dataclass(frozen=True, eq=False)
class _Duties:
    """What is asked: per duty its group, the bounds, and its turn in one-for-one matching (`find_answers`)."""

    group: Ints
    certain_from: Ints
    possible_from: Ints
    differs: Ints | None
    turn: Ints


@dataclass(frozen=True, eq=False)
class _Acts:
    """Candidates of one kind, in any order."""

    group: Ints
    low: Ints
    high: Ints
    position: Ints
    differs: Ints | None

    def take(self, picked: Bools) -> _Acts:
        if picked.all():
            return self
        return _Acts(
            self.group[picked],
            self.low[picked],
            self.high[picked],
            self.position[picked],
            None if self.differs is None else self.differs[picked],
        )


def find_answers(
    response: Response,
    triggers: Matches,
    acts: Matches,
    *,
    certain_from: Ints,
    possible_from: Ints,
    turn: Ints,
) -> Answers:
    """Answers among `acts` to the duties of `triggers`, each looked for from its bounds on.

    turn: where the response is not shared, duties of turn 0 take their acts first, those of turn 1 take from what is
    left (they were waived), and others take none.
    """
    if not len(triggers) or not len(acts):
        return Answers.none(len(triggers))
    keys = _codes(triggers, response.equals.trigger, acts, response.equals.response) if response.equals else None
    differs = _codes(triggers, response.differs.trigger, acts, response.differs.response) if response.differs else None
    size = keys.size if keys else 1
    candidates = _Acts(
        group=acts.case * size + (keys.response if keys else 0),
        low=acts.low,
        high=acts.high,
        position=acts.position,
        differs=differs.response if differs else None,
    )
    own = _Duties(
        group=triggers.case * size + (keys.trigger if keys else 0),
        certain_from=certain_from,
        possible_from=possible_from,
        # An empty value on the trigger's side is equal to none: nothing can be ruled out by it.
        differs=np.where(differs.trigger == 0, -1, differs.trigger) if differs else None,
        turn=turn,
    )
    ordered = not response.shared or response.at_least > 1 or differs is not None
    search = _ordered if ordered else _plain
    sure = acts.certain.copy()
    told = np.ones(len(triggers), dtype=np.bool_)
    if keys:
        sure &= keys.response > 0
        told &= keys.trigger > 0
    if differs:
        sure &= differs.response > 0
        told &= differs.trigger > 0
    point = acts.low == acts.high
    if ordered:
        sure &= point
    certain, certain_position = search(response, own, candidates.take(sure), certain=True)
    if not told.all():
        certain = np.where(told, certain, NEVER)
    elif sure.all() and point.all() and (certain_from is possible_from or (certain_from == possible_from).all()):
        return _finished(certain, certain_position, certain, certain_position)
    coded = keys.response > 0 if keys else np.ones(len(acts), dtype=np.bool_)
    firm = coded & point if ordered else coded
    possible, possible_position = search(response, own, candidates.take(firm), certain=False)
    loose = ~firm
    if loose.any():
        mine = _plain(response, own, candidates.take(loose), certain=False)
        possible, possible_position = _earlier((possible, possible_position), mine)
        if keys:
            unkeyed = _Duties(triggers.case * size, certain_from, possible_from, None, turn)
            theirs = _plain(response, unkeyed, candidates.take(loose & ~coded), certain=False)
            possible, possible_position = _earlier((possible, possible_position), theirs)
    if keys and not (keys.trigger > 0).all():
        by_case = _Acts(acts.case, acts.low, acts.high, acts.position, None)
        whole = _Duties(triggers.case, certain_from, possible_from, None, turn)
        anything, anything_position = _plain(response, whole, by_case, certain=False)
        unknown = keys.trigger == 0
        possible = np.where(unknown, anything, possible)
        possible_position = np.where(unknown, anything_position, possible_position)
    return _finished(certain, certain_position, possible, possible_position)


def _finished(certain: Ints, certain_position: Ints, possible: Ints, possible_position: Ints) -> Answers:
    return Answers(
        certain,
        np.where(certain < NEVER, certain_position, -1),
        possible,
        np.where(possible < NEVER, possible_position, -1),
    )


def _earlier(first: tuple[Ints, Ints], second: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    closer = second[0] < first[0]
    return np.where(closer, second[0], first[0]), np.where(closer, second[1], first[1])


def _sorted(acts: _Acts, key: Ints) -> _Acts:
    if sorted_in_groups(acts.group, key):
        return acts
    order = np.lexsort((key, acts.group))
    return _Acts(
        acts.group[order],
        acts.low[order],
        acts.high[order],
        acts.position[order],
        None if acts.differs is None else acts.differs[order],
    )


def _plain(_response: Response, duties: _Duties, acts: _Acts, *, certain: bool) -> tuple[Ints, Ints]:
    """The earliest act of the group from the bound on.

    Certain: begins at the bound or later, and ends first. Possible: ends at the bound or later, and begins first.
    """
    if not acts.group.size:
        nothing = Answers.none(duties.group.size)
        return nothing.certain, nothing.certain_position
    acts = _sorted(acts, acts.low if certain else acts.high)
    key, value = (acts.low, acts.high) if certain else (acts.high, acts.low)
    found = first_in_group(duties.group, duties.certain_from if certain else duties.possible_from, acts.group, key)
    if not (acts.low == acts.high).all():
        # The row that holds the best from here on is the next one whose value is the best from itself on.
        best = minimum_from_here(value, acts.group)
        holders = np.flatnonzero(value == best)
        found = np.where(found >= 0, holders[np.searchsorted(holders, np.maximum(found, 0))], -1)
    return found_values(found, value, NEVER), found_values(found, acts.position, -1)


def _ordered(response: Response, duties: _Duties, acts: _Acts, *, certain: bool) -> tuple[Ints, Ints]:
    """The n-th act, the first by another hand, or the one left over by older duties; acts are points in time."""
    nothing = Answers.none(duties.group.size)
    if not acts.group.size:
        return nothing.certain, nothing.certain_position
    acts = _sorted(acts, acts.low)
    begin, end = group_bounds(acts.group, duties.group)
    bound = duties.certain_from if certain else duties.possible_from
    found = first_not_below(begin, end, acts.low, bound)
    if response.at_least > 1:
        found = found + response.at_least - 1
    elif duties.differs is not None and acts.differs is not None:
        following = next_different(acts.differs, acts.group)
        inside = np.minimum(found, acts.group.size - 1)
        same = (found < end) & (acts.differs[inside] == duties.differs)
        found = np.where(same, following[inside], found)
    elif not response.shared:
        return _in_turns(duties, acts, bound)
    hit = found < end
    found = np.where(hit, found, 0)
    return np.where(hit, acts.low[found], NEVER), acts.position[found]


def _in_turns(duties: _Duties, acts: _Acts, bound: Ints) -> tuple[Ints, Ints]:
    """Acts taken one for one, by the duties of turn 0 and then, of what is left, by those of turn 1."""
    times = np.full(bound.size, NEVER, dtype=np.int64)
    position = np.zeros(bound.size, dtype=np.int64)
    for turn in (0, 1):
        own = np.flatnonzero(duties.turn == turn)
        if not own.size or not acts.group.size:
            continue
        taken = _one_for_one(duties.group[own], acts, bound[own])
        hit = taken >= 0
        times[own[hit]], position[own[hit]] = acts.low[taken[hit]], acts.position[taken[hit]]
        left = np.ones(acts.group.size, dtype=np.bool_)
        left[taken[hit]] = False
        acts = acts.take(left)
    return times, position


def _one_for_one(group: Ints, acts: _Acts, bound: Ints) -> Ints:
    """First come, first served: each act answers the oldest duty that it can and that has none yet; -1 for no act.

    In a group's order of bounds, duty i takes max(its first act, one after the act of duty i - 1): that is i plus
    the running maximum of (first act - i).
    """
    begin, end = group_bounds(acts.group, group)
    first = first_not_below(begin, end, acts.low, bound)
    order = np.lexsort((first, bound, group))
    number = np.arange(order.size, dtype=np.int64)
    taken = number + running_maximum(first[order] - number, group[order])
    result = np.full(group.size, -1, dtype=np.int64)
    result[order] = np.where(taken < end[order], taken, -1)
    return result
