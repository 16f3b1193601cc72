"""The page of distributions says what the code draws from."""

from __future__ import annotations

from pathlib import Path

import pytest

from clew.demonstration.distributions import ALL, ASSUMED, Delay, Rate, Shares
from clew.demonstration.document import page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "demonstration.md"
EVERY = [each for distributions in ALL.values() for each in distributions]


def test_the_page_is_the_one_that_the_tables_give() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("each", EVERY, ids=lambda each: each.meaning)
def test_every_distribution_has_a_source_or_says_that_it_is_assumed_and_can_be_drawn(
    each: Shares | Rate | Delay,
) -> None:
    assert each.meaning
    assert each.source == ASSUMED or len(each.source) > 12
    if isinstance(each, Shares):
        assert abs(each.probabilities.sum() - 1) < 1e-12
        assert (each.probabilities > 0).all()
    elif isinstance(each, Rate) and each.unit == "probability":
        assert 0 <= each.value <= 1


def test_the_small_areas_bear_their_licence() -> None:
    from importlib import resources

    text = resources.files("clew.demonstration").joinpath("data/LICENCE.md").read_text(encoding="utf-8")
    assert "Open Government Licence v3.0" in text
    assert "National Statistics" in text
