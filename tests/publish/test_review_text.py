"""The terminal table: marked first and last, honest about what is left out, and readable at any width."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from clew.publish import print_review, render_report
from clew.review.model import Review
from tests.publish import samples
from tests.publish.page import read


def _printed(review: Review, *, width: int = 100, colour: bool = False) -> str:
    out = io.StringIO()
    print_review(review, Console(file=out, width=width, force_terminal=colour, legacy_windows=False))
    return out.getvalue()


@pytest.mark.parametrize("width", [30, 59, 60, 100, 240])
def test_the_marking_is_first_and_last_and_no_line_is_wider_than_the_terminal(width: int) -> None:
    lines = _printed(samples.review(), width=width).splitlines()
    assert lines[0].strip() == lines[-1].strip() == samples.MARKING
    assert max(len(line) for line in lines) <= width


@pytest.mark.parametrize("width", [30, 100])
def test_nothing_of_a_reason_is_lost_at_any_width(width: int) -> None:
    printed = "".join(_printed(samples.review(), width=width).split())
    for item in samples.review().items:
        for text in (item.event_id, item.headline, *(reason.text for reason in item.reasons)):
            assert "".join(text.split()) in printed


def test_it_says_how_many_are_shown_of_how_many_and_each_links_two_rates() -> None:
    printed = " ".join(_printed(samples.review()).split())
    assert "Showing 3 of 214 deaths with a reason to look" in printed
    links = [reason.link for item in samples.review().items for reason in item.reasons if reason.link]
    assert printed.count("Links at least this strong:") == len(links) == 3
    assert samples.NOTICE in printed


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[1;36m" in _printed(samples.review(), colour=True)
    monkeypatch.setenv("NO_COLOR", "1")
    plain = _printed(samples.review(), colour=True)
    assert "36m" not in plain
    assert "33m" not in plain


def test_more_reasons_than_fit_are_counted() -> None:
    review = samples.review()
    first = review.items[0]
    crowded = replace(review, items=(replace(first, reasons=first.reasons[:1] * 9),))
    assert "and 5 more reasons" in _printed(crowded)


def test_table_and_page_say_how_many_links_people_confirmed_and_how_many_stay_down() -> None:
    decided = replace(samples.review(), links_confirmed=2, links_rejected=3)
    assert "2 confirmed and 3 rejected by people" in " ".join(_printed(decided).split())
    page = " ".join(read(render_report(decided)).text.split())
    assert "people confirmed 2 of those within it, and 3 stay down because people rejected them" in page


def test_what_would_settle_it_is_told_in_whole_questions_and_the_rest_counted() -> None:
    review = samples.review()
    asked = tuple(f"question {number} of forty letters and no fewer" for number in range(20))
    printed = " ".join(_printed(replace(review, items=(replace(review.items[0], settle=asked),))).split())
    told = printed.split("Would settle it: ")[1]
    kept = next(at for at, question in enumerate(asked) if question not in told)
    assert 0 < kept < 20
    assert told.startswith(f"{'; '.join(asked[:kept])}; and {20 - kept} more")
    assert "characters are shown" not in printed
