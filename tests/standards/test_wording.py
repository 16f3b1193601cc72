"""Sentences printed by the thousand are those that are put together one by one."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from clew.standards import printing
from clew.standards.engine.arrays import NEVER
from clew.standards.language.model import Rule
from clew.standards.verdict import Norm, Reason
from clew.standards.wording import put_together, sentences

LONDON = ZoneInfo("Europe/London")
RULE = Rule(id="R", norm=Norm.OBLIGATION, text="r", what="a search for “Łukasz’s” phone")
DAY_US = 86_400_000_000


def some(count: int, *, years: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    rng = np.random.default_rng(5)
    return rng.integers(-years * 365 * DAY_US, years * 365 * DAY_US, count)


def test_printed_sentences_are_those_put_together() -> None:
    count = printing.WORTH_STARTING
    due, decided = some(count, years=1900), some(count, years=300)[::-1].copy()
    assert printing.worth_printing(count)
    printed = sentences(Reason.DONE_LATE, RULE, at="T", due=due, decided=decided, zone=LONDON)
    pieces = ["On record late: a search for “Łukasz’s” phone, ", decided, "; due by ", due, "."]
    assert printed.equals(put_together(pieces, LONDON))
    for row in (0, 777, count - 1):
        told = datetime.fromtimestamp(decided[row] / 1e6, UTC).astimezone(LONDON)
        assert told.strftime("%Y-%m-%d %H:%M") in printed[row]


def test_what_has_no_time_or_none_of_four_figures_is_put_together() -> None:
    due = np.full(printing.WORTH_STARTING, 0, dtype=np.int64)
    due[0], due[1] = NEVER, 9_000 * 366 * DAY_US
    told = sentences(Reason.NOT_DONE, RULE, at="T", due=due, decided=due, zone=LONDON)
    assert "due by no time on record." in told[0]
    assert "due by +10988" in told[1]
    assert told[2] == "No record of a search for “Łukasz’s” phone as at T; due by 1970-01-01 01:00."


def test_a_block_too_large_for_one_piece_is_printed_in_several(monkeypatch: pytest.MonkeyPatch) -> None:
    days, minutes = np.arange(100, dtype=np.int64), np.arange(100, dtype=np.int64)
    whole = printing.printed(["at ", (days, minutes)])
    monkeypatch.setattr(printing, "_BLOCK_BYTES", 19 * 30)
    assert printing.printed(["at ", (days, minutes)]).equals(whole)
    assert whole[61] == "at 1970-03-03 01:01"
    assert whole.dtype == pl.String
