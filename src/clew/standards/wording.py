"""A verdict in plain words. It says what is and is not on record as at T, and accuses nobody of anything."""

from __future__ import annotations

import re
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from clew.standards.engine.arrays import EVER, NEVER, Ints
from clew.standards.engine.local_time import DAY_US, to_local
from clew.standards.language.model import Rule
from clew.standards.printing import FIRST_DAY, LAST_DAY, printed, worth_printing
from clew.standards.verdict import Reason

#: {what} the thing owed, {due} and {decided} local times, {at} T, {trigger} what made the duty arise.
SENTENCES: dict[Reason, str] = {
    Reason.DONE_IN_TIME: "On record in time: {what}, {decided}; due by {due}.",
    Reason.DONE_LATE: "On record late: {what}, {decided}; due by {due}.",
    Reason.NOT_DONE: "No record of {what} as at {at}; due by {due}.",
    Reason.NOT_YET_DUE: "No record yet of {what} as at {at}; due by {due}.",
    Reason.PAUSED: "No record yet of {what} as at {at}; the clock is paused.",
    Reason.WAIVED: "Waived {decided}, with a reason on record: {what}; due by {due}.",
    Reason.WAIVED_TOO_LATE: "No record of {what} as at {at}; due by {due}. A waiver was recorded after the deadline.",
    Reason.TRIGGER_WITHDRAWN: "The record that called for this was withdrawn or corrected {decided}: {what}.",
    Reason.CONDITION_NOT_MET: "Does not apply as at {at}: the conditions of the rule are not on record.",
    Reason.NOT_IN_FORCE: "Does not apply: the standard was not in force, or not yet published, when the clock started.",
    Reason.TRIGGER_UNKNOWN: "Cannot be told as at {at}: whether the rule arises turns on a value that is not recorded.",
    Reason.CONDITION_UNKNOWN: "Cannot be told as at {at}: whether the rule applies turns on a value not recorded.",
    Reason.CANNOT_TELL_WHETHER_DONE: (
        "Cannot be told as at {at}: a record may be {what} in time, but its time, subject or outcome is not certain; "
        "due by {due}."
    ),
    Reason.FEED_INCOMPLETE: (
        "No record of {what} as at {at}; due by {due}. The records are not known to be complete past that time, "
        "so absence proves nothing."
    ),
    Reason.FORBIDDEN_ACT: "On record although the rule bars it: {what}, {decided}.",
    Reason.NO_FORBIDDEN_ACT: "No record of {what} as at {at}, as the rule asks; the time ended {due}.",
    Reason.DEADLINE_UNKNOWN: "Cannot be told as at {at}: the record that holds the deadline for {what} is empty.",
}


def owed(rule: Rule) -> str:
    """What a rule asks for, as a phrase that follows "No record of"."""
    return rule.what or rule.title or rule.id


def sentences(reason: Reason, rule: Rule, *, at: str, due: Ints, decided: Ints, zone: ZoneInfo) -> pl.Series:
    """The sentence for `reason`, once for each deadline and deciding instant (microseconds); at: T in words."""
    text = SENTENCES[reason].format(what=_MARK_WHAT, due=_MARK_DUE, decided=_MARK_DECIDED, at=at)
    moments = {_MARK_DUE: due, _MARK_DECIDED: decided}
    pieces: list[str | Ints] = [
        moments[piece] if piece in moments else owed(rule) if piece == _MARK_WHAT else piece
        for piece in filter(None, _MARKS.split(text))
    ]
    instants = [piece for piece in pieces if not isinstance(piece, str)]
    if not instants:
        return pl.Series(["".join(str(piece) for piece in pieces)]).new_from_index(0, due.size)
    if worth_printing(due.size) and all(map(_printable, instants)):
        return printed([piece if isinstance(piece, str) else local_minutes(piece, zone) for piece in pieces])
    return put_together(pieces, zone)


def put_together(pieces: Sequence[str | Ints], zone: ZoneInfo) -> pl.Series:
    """Sentences made of texts and instants, at least one of them an instant."""
    parts: list[pl.Series | pl.Expr] = []
    for piece in pieces:
        parts += [pl.lit(piece)] if isinstance(piece, str) else local_text(piece, zone)
    return pl.select(pl.concat_str(parts)).to_series()


def _printable(instants: Ints) -> bool:
    first, last = (day * DAY_US for day in (FIRST_DAY + 1, LAST_DAY - 1))
    return bool(instants.min() >= first and instants.max() <= last)


def local_minutes(instants: Ints, zone: ZoneInfo) -> tuple[Ints, Ints]:
    """Local days since 1970, and minutes of the day."""
    minutes = to_local(instants, zone) // 60_000_000
    days = minutes // 1440
    return days, minutes - days * 1440


def local_text(instants: Ints, zone: ZoneInfo) -> tuple[pl.Series, pl.Series]:
    """Local date and time to the minute, as two texts to be put together: each looked up, for that is quick."""
    told = (instants > EVER) & (instants < NEVER)
    days, minute = local_minutes(np.where(told, instants, instants[told][0] if told.any() else 0), zone)
    first = int(days.min())
    dates = pl.Series(np.arange(first, int(days.max()) + 1), dtype=pl.Int32).cast(pl.Date).cast(pl.String)
    day_text, time_text = dates.gather(days - first), _MINUTES.gather(minute)
    if not told.all():
        untold = pl.Series(~told)
        day_text, time_text = day_text.set(untold, "no time on"), time_text.set(untold, " record")
    return day_text, time_text


_MINUTES = pl.Series([f" {hour:02}:{minute:02}" for hour in range(24) for minute in range(60)])
_MARK_WHAT, _MARK_DUE, _MARK_DECIDED = "\x01", "\x02", "\x03"
_MARKS = re.compile("([\x01-\x03])")
