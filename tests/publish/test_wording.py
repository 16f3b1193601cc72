"""Figures in words: rates, strengths, distances, times and rows."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.publish.wording import (
    bound_words,
    clean_text,
    counted,
    distance_words,
    evidence_words,
    interval_words,
    likelier_words,
    number_words,
)
from clew.review.model import Evidence

LONDON = ZoneInfo("Europe/London")


@given(value=st.floats(1e-6, 1e6))
def test_a_figure_in_words_is_within_five_percent_of_the_figure(value: float) -> None:
    assert float(number_words(value).replace(",", "")) == pytest.approx(value, rel=0.0501)


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (0.0, "no evidence either way"),
        (1.0, "10 times likelier if connected"),
        (-0.5, "3.2 times likelier if not connected"),
        (3.5, "3,200 times likelier if connected"),
        (6.5, "3.2 million times likelier if connected"),
        (400.0, "more than a thousand million times likelier if connected"),
    ],
)
def test_a_factor_says_how_many_times_likelier_and_which_way(factor: float, words: str) -> None:
    assert likelier_words(factor) == words


@pytest.mark.parametrize(
    ("metres", "words"),
    [
        (0, "under 25 m"),
        (447, "450 m"),
        (994.9, "990 m"),
        (995, "1.0 km"),
        (9_949, "9.9 km"),
        (9_950, "10 km"),
        (4e6, "4,000 km"),
    ],
)
def test_distances_are_rounded_to_what_can_be_known(metres: float, words: str) -> None:
    assert distance_words(metres) == words


def test_an_interval_says_of_its_end_only_what_differs_in_local_time() -> None:
    start = datetime(2014, 8, 27, 21, tzinfo=UTC)
    ends = {
        None: "27 Aug 2014, 22:00",
        datetime(2014, 8, 27, 22, 30, tzinfo=UTC): "27 Aug 2014, 22:00 to 23:30",
        datetime(2014, 8, 28, 7, tzinfo=UTC): "27 Aug 2014, 22:00 to 28 Aug, 08:00",
        datetime(2015, 1, 1, tzinfo=UTC): "27 Aug 2014, 22:00 to 1 Jan 2015, 00:00",
    }
    assert {end: interval_words(start, end, LONDON) for end in ends} == ends


@given(rows=st.lists(st.integers(1, 30), min_size=1))
def test_rows_in_words_name_every_row_and_no_other(rows: list[int]) -> None:
    (words,) = evidence_words([Evidence(table="t", source="f", row=row) for row in rows])
    named: set[int] = set()
    for part in words.split(" ", 3)[3].split(", "):
        first, _, last = part.partition(" to ")
        named |= set(range(int(first), int(last or first) + 1))
    assert named == set(rows)


@given(text=st.text(st.characters()))
def test_cleaned_text_can_always_be_encoded_and_has_as_many_characters(text: str) -> None:
    cleaned = clean_text(text.replace("\r", ""))
    assert cleaned.encode("utf-8").decode("utf-8") == cleaned
    assert len(cleaned) == len(text.replace("\r", ""))


@pytest.mark.parametrize(
    ("value", "words"), [(4.9e-6, "0"), (0.0, "0"), (0.001, "0.001"), (0.034, "0.034"), (12.4, "12")]
)
def test_an_end_of_an_interval_too_small_to_read_is_nothing(value: float, words: str) -> None:
    assert bound_words(value) == words


@pytest.mark.parametrize(("count", "words"), [(0, "0 deaths"), (1, "1 death"), (1.0, "1 death"), (2.5, "2.5 deaths")])
def test_one_is_counted_in_the_singular(count: float, words: str) -> None:
    assert counted(count, "death") == words
