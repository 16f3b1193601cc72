"""A verdict in plain words. It says what is and is not on record as at T, and accuses nobody of anything."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from clew.standards.engine.arrays import Ints
from clew.standards.engine.local_time import to_local
from clew.standards.engine.result import Codes
from clew.standards.language.model import Rule
from clew.standards.printing import NO_TIME, Blank, Template, is_told, printable, printed_sentences, worth_printing
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


def template_of(reason: Reason, rule: Rule, *, at: str) -> list[str | Blank]:
    """The sentence for `reason` with blanks for deadline and deciding instant; at: T in words."""
    text = SENTENCES[reason].format(what=_MARKS[0], due=_MARKS[1], decided=_MARKS[2], at=at)
    filled: dict[str, str | Blank] = {_MARKS[0]: owed(rule), _MARKS[1]: Blank.DUE, _MARKS[2]: Blank.DECIDED}
    return [filled.get(piece, piece) for piece in filter(None, re.split(f"([{''.join(_MARKS)}])", text))]


def sentences(reason: Codes, rule: Rule, *, at: str, due: Ints, decided: Ints, zone: ZoneInfo) -> pl.Series:
    """The sentence of each duty of `rule`: its reason, deadline and deciding instant (microseconds); at: T in words."""
    codes = np.flatnonzero(np.bincount(reason, minlength=len(_REASONS)))
    number = np.zeros(len(_REASONS), dtype=np.int8)
    number[codes] = np.arange(codes.size)
    number = number[reason]
    templates = [template_of(_REASONS[code], rule, at=at) for code in codes]
    if worth_printing(reason.size) and printable(due, decided):
        return printed_sentences(templates, number, due=due, decided=decided, zone=zone)
    chosen = [np.flatnonzero(number == place) for place in range(len(templates))]
    texts = [
        put_together(template, due=due[own], decided=decided[own], zone=zone)
        for template, own in zip(templates, chosen, strict=True)
    ]
    order = np.empty(reason.size, dtype=np.int64)
    order[np.concatenate(chosen)] = np.arange(reason.size)
    return pl.concat(texts).gather(order)


def put_together(template: Template, *, due: Ints, decided: Ints, zone: ZoneInfo) -> pl.Series:
    """One sentence a duty, all by one template."""
    moments = {Blank.DUE: due, Blank.DECIDED: decided}
    parts: list[pl.Series | pl.Expr] = [pl.repeat("", due.size)]
    for piece in template:
        parts += [pl.lit(piece)] if isinstance(piece, str) else local_text(moments[piece], zone)
    return pl.select(pl.concat_str(parts)).to_series()


def local_text(instants: Ints, zone: ZoneInfo) -> tuple[pl.Series, pl.Series]:
    """Local date and time to the minute, as two texts to be put together: each looked up, for that is quick."""
    told = is_told(instants)
    minutes = to_local(np.where(told, instants, instants[told][0] if told.any() else 0), zone) // 60_000_000
    days = minutes // 1440
    first = int(days.min())
    dates = pl.Series(np.arange(first, int(days.max()) + 1), dtype=pl.Int32).cast(pl.Date).cast(pl.String)
    day_text, time_text = dates.gather(days - first), _MINUTES.gather(minutes - days * 1440)
    if not told.all():
        untold = pl.Series(~told)
        day_text, time_text = day_text.set(untold, NO_TIME), time_text.set(untold, "")
    return day_text, time_text


_MINUTES = pl.Series([f" {hour:02}:{minute:02}" for hour in range(24) for minute in range(60)])
_MARKS = "\x01\x02\x03"
_REASONS = list(Reason)
