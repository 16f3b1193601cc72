"""Sentences printed by the thousand are those that are put together one by one."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from clew.standards import printing, wording
from clew.standards.engine import compiled
from clew.standards.engine.arrays import NEVER
from clew.standards.language.model import Rule
from clew.standards.verdict import REASON_CODE, Norm, Reason
from clew.standards.wording import sentences

LONDON = ZoneInfo("Europe/London")
RULE = Rule(id="R", norm=Norm.OBLIGATION, text="r", what="a search for “Łukasz’s” phone")
DAY_US = 86_400_000_000
Ints = np.ndarray[tuple[int], np.dtype[np.int64]]


@pytest.fixture(autouse=True)
def _loops_run_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "WORTH_STARTING", 0)


def some(count: int, *, years: int) -> Ints:
    rng = np.random.default_rng(5)
    return rng.integers(-years * 365 * DAY_US, years * 365 * DAY_US, count)


def told(reason: np.ndarray[tuple[int], np.dtype[np.int8]], due: Ints, decided: Ints) -> pl.Series:
    return sentences(reason, RULE, at="T", due=due, decided=decided, zone=LONDON)


def put_together(
    monkeypatch: pytest.MonkeyPatch, reason: np.ndarray[tuple[int], np.dtype[np.int8]], due: Ints, decided: Ints
) -> pl.Series:
    with monkeypatch.context() as patch:
        patch.setattr(wording, "worth_printing", lambda _count: False)
        return told(reason, due, decided)


def test_printed_sentences_of_all_reasons_are_those_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 5_000
    rng = np.random.default_rng(6)
    due, decided = some(count, years=1900), some(count, years=300)[::-1].copy()
    due[rng.random(count) < 0.2], decided[rng.random(count) < 0.2] = NEVER, NEVER
    reason = rng.integers(0, len(Reason), count).astype(np.int8)
    printed = told(reason, due, decided)
    assert printing.worth_printing(count)
    assert printing.printable(due, decided)
    assert printed.equals(put_together(monkeypatch, reason, due, decided))
    assert "no time on record" in "".join(printed)
    for row in np.flatnonzero((reason == REASON_CODE[Reason.DONE_LATE]) & (decided < NEVER))[:20]:
        moment = datetime.fromtimestamp(decided[row] / 1e6, UTC).astimezone(LONDON)
        assert moment.strftime("%Y-%m-%d %H:%M") in printed[int(row)]


def test_what_has_no_time_or_none_of_four_figures_is_put_together() -> None:
    due = np.full(printing.WORTH_PRINTING, 0, dtype=np.int64)
    due[0], due[1] = NEVER, 9_000 * 366 * DAY_US
    texts = told(np.full(due.size, REASON_CODE[Reason.NOT_DONE], dtype=np.int8), due, due)
    assert "due by no time on record." in texts[0]
    assert "due by +10988" in texts[1]
    assert texts[2] == "No record of a search for “Łukasz’s” phone as at T; due by 1970-01-01 01:00."


def test_a_block_too_large_for_one_piece_is_printed_in_several(monkeypatch: pytest.MonkeyPatch) -> None:
    due = some(printing.WORTH_PRINTING, years=40)
    reason = np.full(due.size, REASON_CODE[Reason.NOT_DONE], dtype=np.int8)
    whole = told(reason, due, due)
    monkeypatch.setattr(printing, "_BLOCK_BYTES", 10_000)
    pieces = told(reason, due, due)
    assert pieces.n_chunks() > 1
    assert pieces.equals(whole)


@pytest.mark.parametrize("before", ["", "R1/", "Łukasz/"])
def test_printed_names_are_those_put_together(before: str) -> None:
    texts = pl.Series(["", "a", "twelve bytes", "thirteen byte", "“Łukasz’s” phone", "x" * 300])
    row = np.arange(3_000, dtype=np.int64) * 5 % len(texts)
    assert printing.printed_names(before, printing.Names.of(texts), row).equals(before + texts.gather(row))
    cut = texts.slice(2, 3)
    assert printing.printed_names(before, printing.Names.of(cut), row % 3).equals(before + cut.gather(row % 3))
