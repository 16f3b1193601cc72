"""Very many texts that differ only in their instants and names, printed into one block of memory.

Putting a sentence together from pieces costs more than deciding the duty it is about. So all sentences of a rule are
printed by one loop, each from the template of its reason. It is used only where there are enough of them to pay for
compiling it (`engine.compiled`); `wording` puts the others together, and a test holds that both say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from clew.standards.engine.arrays import EVER, NEVER, Bools, Ints
from clew.standards.engine.compiled import loop, running
from clew.standards.engine.local_time import DAY_US, offsets_around

#: So many texts are printed faster than they are put together, once loops run compiled.
WORTH_PRINTING = 1_000
#: Days from 0001-01-01 to 9999-12-31, since 1970: dates that are ten characters long.
FIRST_DAY, LAST_DAY = -719_162, 2_932_896
#: What is printed in place of an instant that is not on record.
NO_TIME = "no time on record"
_BLOCK_BYTES = 2**31 - 1
_LARGE = 1 << 22
#: A text of so many bytes stands in its view; every sentence is longer.
_SHORT = 12
Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int8]
Views = npt.NDArray[np.uint32]


class Blank(IntEnum):
    """What a template leaves open: instants, told by local date and minute."""

    DUE = 0
    DECIDED = 1


Template = Sequence[str | Blank]


@dataclass(frozen=True, eq=False)
class Names:
    """Texts to choose from, one after another in `data`: text n is at bounds[n]:bounds[n + 1]."""

    bounds: Ints
    data: Bytes

    @staticmethod
    def of(texts: pl.Series) -> Names:
        """`texts`, none of them empty cells."""
        array = texts.rechunk().to_arrow().cast(pa.large_string())
        _, bounds, data = array.buffers()
        own = np.frombuffer(bounds, dtype=np.int64, count=len(texts) + 1, offset=8 * array.offset)
        return Names(own, np.frombuffer(data or b"", dtype=np.uint8))


def worth_printing(count: int) -> bool:
    """Whether so many texts are printed faster than they are put together."""
    return running(count) and count >= WORTH_PRINTING


def printable(*instants: Ints) -> bool:
    """Whether all instants that are told have dates of four figures."""
    return all(first >= FIRST_DAY * DAY_US and last < LAST_DAY * DAY_US for first, last in map(_span, instants))


def is_told(instants: Ints) -> Bools:
    """Which of the instants are on record."""
    return (instants > EVER) & (instants < NEVER)


def printed_names(before: str, names: Names, row: Ints) -> pl.Series:
    """`before` and then number `row` of `names`, for each of `row`."""
    prefix = np.frombuffer(before.encode(), dtype=np.uint8)
    rows_at_once = _BLOCK_BYTES // (prefix.size + int(np.diff(names.bounds).max(initial=0)) + 1)
    blocks = []
    for begin in range(0, row.size, rows_at_once):
        own = row[begin : begin + rows_at_once]
        size = own.size * prefix.size + int((names.bounds[own + 1] - names.bounds[own]).sum())
        views, block = _room(own.size, size)
        _print_names(own, prefix, names.bounds, names.data, views, block)
        blocks.append(_as_texts(views, block))
    return pl.concat(blocks)


def printed_sentences(
    templates: Sequence[Template], number: Numbers, *, due: Ints, decided: Ints, zone: ZoneInfo
) -> pl.Series:
    """Sentences, each by the template of its `number`; all instants that are told are `printable`."""
    texts, begins, places = _laid_out([_in_form(template, untold) for template in templates for untold in _FORMS])
    sizes = np.diff(begins)
    form = _forms(number, due, decided)
    span = np.array([_span(due), _span(decided)])
    first_day, last_day = int(span.min() // DAY_US) - 1, int(span.max() // DAY_US) + 1
    rows_at_once = (_BLOCK_BYTES - texts.size) // int(sizes.max())
    blocks = []
    for begin in range(0, form.size, rows_at_once):
        own = slice(begin, begin + rows_at_once)
        views, block = _room(form[own].size, texts.size + int(sizes[form[own]].sum()))
        _print_sentences(
            form[own],
            (due[own], decided[own]),
            (texts, begins, places),
            offsets_around(zone, span),
            (_dates(first_day, last_day), _minutes()),
            first_day,
            views,
            block,
        )
        blocks.append(_as_texts(views, block))
    return pl.concat(blocks)


#: Which blanks have no instant on record, in the order of `_forms`.
_FORMS: tuple[frozenset[Blank], ...] = (
    frozenset(), frozenset({Blank.DUE}), frozenset({Blank.DECIDED}), frozenset(Blank)
)  # fmt: skip


def _in_form(template: Template, untold: frozenset[Blank]) -> Template:
    return [NO_TIME if piece in untold else piece for piece in template]


def _room(count: int, size: int) -> tuple[Views, Bytes]:
    """Room for so many views and a block of `size` bytes, in one piece: the system takes longer to find fresh memory in
    small pages than a text takes to be printed, and NumPy asks for large ones from `_LARGE` on."""
    whole = 16 * count + size
    room = np.empty(max(whole, _LARGE) if whole > _LARGE // 2 else whole, dtype=np.uint8)
    return room[: 16 * count].view(np.uint32).reshape(-1, 4), room[16 * count : whole]


@loop
def _span(instants: Ints) -> tuple[int, int]:
    """The first and the last of those that are told; both 0 if none is."""
    first, last = NEVER, EVER
    for moment in instants:
        if EVER < moment < NEVER:
            first, last = min(first, moment), max(last, moment)
    return (first, last) if first < NEVER else (0, 0)


@loop
def _forms(number: Numbers, due: Ints, decided: Ints) -> Numbers:
    """The place of each sentence's template in its form among all templates, each in all forms."""
    form = np.empty(number.size, np.int8)
    for i in range(number.size):
        form[i] = 4 * number[i] + (not EVER < due[i] < NEVER) + 2 * (not EVER < decided[i] < NEVER)
    return form


def _laid_out(templates: Sequence[Template]) -> tuple[Bytes, Ints, Ints]:
    """The templates one after another, their bounds, and where in each template its blanks are (-1: it has it not)."""
    texts, begins = b"", [0]
    places = np.full((len(templates), len(Blank)), -1, dtype=np.int64)
    for number, template in enumerate(templates):
        for piece in template:
            if isinstance(piece, Blank):
                places[number, piece] = len(texts) - begins[-1]
            texts += b"0000-00-00 00:00" if isinstance(piece, Blank) else piece.encode()
        begins.append(len(texts))
    return np.frombuffer(texts, dtype=np.uint8), np.array(begins, dtype=np.int64), places


def _as_texts(views: Views, block: Bytes) -> pl.Series:
    """Texts that `views` cut out of `block`: a view is length, beginning, buffer, place; or length and a short text."""
    buffers = [None, pa.py_buffer(views), pa.py_buffer(block)]
    series = pl.from_arrow(pa.Array.from_buffers(pa.string_view(), len(views), buffers))
    assert isinstance(series, pl.Series)  # noqa: S101 - an array gives a series
    return series


def _characters(texts: npt.NDArray[Any]) -> Bytes:
    return np.frombuffer("".join(texts).encode("ascii"), dtype=np.uint8).reshape(texts.size, -1)


@lru_cache(maxsize=8)
def _dates(first: int, last: int) -> Bytes:
    return _characters(np.arange(first, last + 1).astype("datetime64[D]").astype(str))


@cache
def _minutes() -> Bytes:
    return _characters(np.array([f"{hour:02}:{minute:02}" for hour in range(24) for minute in range(60)]))


@loop
def _print_names(  # noqa: PLR0917 - loops take arguments by place
    row: Ints, before: Bytes, bounds: Ints, names: Bytes, views: Views, block: Bytes
) -> None:
    """Fills in views of the texts, and the block they are in."""
    at = 0
    for i in range(row.size):
        name = names[bounds[row[i]] : bounds[row[i] + 1]]
        text = block[at : at + before.size + name.size]
        for k in range(before.size):
            text[k] = before[k]
        rest = text[before.size :]
        for k in range(name.size):
            rest[k] = name[k]
        view = views[i]
        view[0], view[1], view[2], view[3] = text.size, 0, 0, 0
        if text.size > _SHORT:
            view[1], view[3] = text[0] | text[1] << 8 | text[2] << 16 | text[3] << 24, at
        else:
            for k in range(text.size):
                view[1 + k // 4] |= text[k] << (8 * (k % 4))
        at += text.size


@loop
def _print_sentences(  # noqa: PLR0917 - loops take arguments by place
    form: Numbers,
    instants: tuple[Ints, Ints],
    templates: tuple[Bytes, Ints, Ints],
    offsets: tuple[Ints, Ints],
    characters: tuple[Bytes, Bytes],
    first_day: int,
    views: Views,
    block: Bytes,
) -> None:
    """Fills in views of the sentences, and the block they are in. It begins with the templates: one without blanks is
    there."""
    texts, begins, places = templates
    changes, shifts = offsets
    dates, minutes = characters
    for k in range(texts.size):
        block[k] = texts[k]
    at, shift = texts.size, 0
    for i in range(form.size):
        template = texts[begins[form[i]] : begins[form[i] + 1]]
        begin = begins[form[i]]
        if places[form[i], 0] >= 0 or places[form[i], 1] >= 0:
            begin = at
            at += template.size
        text = block[begin : begin + template.size]
        for k in range(template.size):
            text[k] = template[k]
        for blank in range(2):
            place = places[form[i], blank]
            if place >= 0:
                moment = instants[blank][i]
                if (shift > 0 and changes[shift - 1] > moment) or (shift < changes.size and changes[shift] <= moment):
                    shift = np.searchsorted(changes, moment, side="right")
                minute = (moment + shifts[shift]) // 60_000_000
                day_text, minute_text = dates[minute // 1440 - first_day], minutes[minute % 1440]
                told = text[place : place + 16]
                for k in range(10):
                    told[k] = day_text[k]
                for k in range(5):
                    told[11 + k] = minute_text[k]
        view = views[i]
        view[0], view[2], view[3] = template.size, 0, begin
        view[1] = text[0] | text[1] << 8 | text[2] << 16 | text[3] << 24
