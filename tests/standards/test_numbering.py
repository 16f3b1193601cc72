"""Events keep their numbers, whatever their hashes."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.standards import numbering
from clew.standards.engine import compiled

IDS = st.lists(st.sampled_from("abcdefghij"), max_size=12)


@pytest.mark.parametrize("alike", [False, True])
@pytest.mark.parametrize("worth", [0, 10**9])
@settings(max_examples=60, deadline=None)
@given(IDS, st.lists(IDS, max_size=4))
def test_an_event_has_one_number_for_ever(alike: bool, worth: int, first: list[str], later: list[list[str]]) -> None:
    """Alike: all texts have one of two hashes, as two in very many may."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "WORTH_STARTING", worth)
        if alike:
            patch.setattr(numbering, "_hashes", two_hashes)
        events = pl.Series("event_id", sorted(set(first)), dtype=pl.String)
        numbers, expected = numbering.EventNumbers(events), {name: place for place, name in enumerate(events)}
        for names in later:
            found = numbers.of(pl.Series("event_id", names, dtype=pl.String))
            for name in names:
                expected.setdefault(name, len(expected))
            assert found.tolist() == [expected[name] for name in names]
            assert len(numbers) == len(expected)
            everything = np.arange(len(expected), dtype=np.int64)
            assert numbers.ids(everything).to_list() == sorted(expected, key=expected.__getitem__)


def two_hashes(texts: pl.Series) -> Any:
    return np.array([ord(text) % 2 - 1 for text in texts], dtype=np.int64)
