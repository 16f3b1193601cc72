"""The line that tops a death: grammar holds for one and for many."""

from __future__ import annotations

import pytest

from clew.review.model import Reason, ReasonKind, StandardFacts
from clew.review.wording import headline


@pytest.mark.parametrize(
    ("gates", "said"),
    [
        ((False,), "No record of one thing that should have been done"),
        ((True,), "No record of one thing that should have been done before it may be closed"),
        ((True, True), "No record of 2 things that should have been done, all before it may be closed"),
        ((True, False, False), "No record of 3 things that should have been done, 1 of them before it may be closed"),
        ((False, False), "No record of 2 things that should have been done"),
    ],
)
def test_duties_without_a_record_are_counted_in_words(gates: tuple[bool, ...], said: str) -> None:
    reasons = [
        Reason(
            kind=ReasonKind.STANDARD,
            text="R1: No record.",
            evidence=(),
            standard=StandardFacts(rule="R1", verdict="missed", due=None, known_at=None, gate=gate),
        )
        for gate in gates
    ]
    assert headline(reasons) == said
