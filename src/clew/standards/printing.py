"""Very many sentences that differ only in their instants, printed into one block of memory.

Putting a sentence together from pieces costs more than deciding the duty it is about; all sentences of one reason have
the same length in bytes, so they are copied from one template and the figures are filled in. Compiled by numba, and
used only where there are enough of them to pay for that; `wording` puts the others together, and a test holds that
both say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from clew.standards.engine.arrays import Ints

#: So many sentences pay for starting the compiled printer; once it runs, a few are enough.
WORTH_STARTING, WORTH_PRINTING = 50_000, 1_000
#: Days from 0001-01-01 to 9999-12-31, since 1970: dates that are ten characters long.
FIRST_DAY, LAST_DAY = -719_162, 2_932_896
_DATE_LENGTH, _MINUTE_LENGTH = 10, 5
_BLOCK_BYTES = 2**31 - 1
Bytes = npt.NDArray[np.uint8]


def worth_printing(count: int) -> bool:
    """Whether so many sentences are printed faster than they are put together."""
    return count >= (WORTH_PRINTING if _printer.cache_info().currsize else WORTH_STARTING)


def printed(pieces: Sequence[str | tuple[Ints, Ints]]) -> pl.Series:
    """Sentences made of `pieces`: texts, and instants as (days since 1970, minutes of the day), printed as a date and
    a time. At least one piece is an instant; days lie between `FIRST_DAY` and `LAST_DAY`.
    """
    template, places, instants = b"", [], []
    for piece in pieces:
        if isinstance(piece, str):
            template += piece.encode()
        else:
            places.append(len(template))
            instants.append(piece)
            template += b"0000-00-00 00:00"
    days, minutes = (np.stack([instant[part] for instant in instants]) for part in (0, 1))
    first = int(days.min())
    dates = _characters(np.arange(first, int(days.max()) + 1).astype("datetime64[D]").astype(str), _DATE_LENGTH)
    rows_at_once = _BLOCK_BYTES // len(template)
    blocks = []
    for begin in range(0, days.shape[1], rows_at_once):
        chosen = slice(begin, begin + rows_at_once)
        block = np.empty(days[0, chosen].size * len(template), dtype=np.uint8)
        _printer()(
            block,
            np.frombuffer(template, dtype=np.uint8),
            np.array(places, dtype=np.int64),
            days[:, chosen] - first,
            minutes[:, chosen],
            dates,
            _minutes(),
        )
        blocks.append(_as_texts(block, template))
    return pl.concat(blocks)


def _as_texts(block: Bytes, template: bytes) -> pl.Series:
    """Texts of the template's length, one after another in `block`; a view is length, beginning, buffer, place."""
    length, count = len(template), block.size // len(template)
    views = np.zeros((count, 4), dtype=np.uint32)
    views[:, 0] = length
    views[:, 1] = np.frombuffer(block.reshape(count, length)[:, :4].tobytes(), dtype=np.uint32)
    views[:, 3] = np.arange(count, dtype=np.uint32) * np.uint32(length)
    texts = pa.Array.from_buffers(pa.string_view(), count, [None, pa.py_buffer(views), pa.py_buffer(block)])
    series = pl.from_arrow(texts)
    assert isinstance(series, pl.Series)  # noqa: S101 - an array gives a series
    return series


def _characters(texts: npt.NDArray[Any], length: int) -> Bytes:
    return np.frombuffer("".join(texts).encode("ascii"), dtype=np.uint8).reshape(-1, length)


@cache
def _minutes() -> Bytes:
    texts = np.array([f"{hour:02}:{minute:02}" for hour in range(24) for minute in range(60)])
    return _characters(texts, _MINUTE_LENGTH)


@cache
def _printer() -> Callable[..., None]:
    from numba import njit  # noqa: PLC0415 - slow to start, wanted only by very large tables

    compiled: Callable[..., None]
    try:
        compiled = njit(cache=True, nogil=True)(_print)
    except RuntimeError:  # nowhere to keep what was compiled: it is compiled anew each time
        compiled = njit(nogil=True)(_print)
    return compiled


def _print(  # noqa: PLR0917 - numba takes arguments by place
    block: Bytes, template: Bytes, places: Ints, days: Ints, minutes: Ints, dates: Bytes, minutes_of_day: Bytes
) -> None:
    length = template.size
    for row in range(days.shape[1]):
        begin = row * length
        for k in range(length):
            block[begin + k] = template[k]
        for number in range(places.size):
            at, day, minute = begin + places[number], days[number, row], minutes[number, row]
            for k in range(_DATE_LENGTH):
                block[at + k] = dates[day, k]
            for k in range(_MINUTE_LENGTH):
                block[at + _DATE_LENGTH + 1 + k] = minutes_of_day[minute, k]
