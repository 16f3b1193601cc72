"""What stands under a key is what a dictionary of sets holds, however it came and went."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clew.links.updates.postings import Postings

_PAIRS = st.tuples(st.integers(0, 3), st.integers(0, 4))


@given(first=st.sets(_PAIRS), changes=st.lists(_PAIRS, max_size=30))
def test_values_put_and_taken_away_are_those_of_a_plain_dictionary(
    first: set[tuple[int, int]], changes: list[tuple[int, int]]
) -> None:
    keys, values = (np.array([pair[side] for pair in sorted(first)], dtype=np.int64) for side in (0, 1))
    kept, plain = Postings(keys.astype(np.uint64), values), set(first)
    for key, value in changes:
        if (key, value) in plain:
            kept.drop(key, value)
        else:
            kept.add(key, value)
        plain ^= {(key, value)}
        for one in range(4):
            mine = sorted(held for other, held in plain if other == one)
            assert sorted(kept.of(one)) == mine
            assert kept.count(one) == len(mine)
