"""The benchmark's own arithmetic: pairwise scores by a naive count, and records made as they are said to be."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import polars as pl
import pytest
from benchmarks.identity_data import as_people, pairwise, synthetic

from clew.links.identity import resolve


def test_pairwise_scores_are_those_of_a_naive_count() -> None:
    rng = np.random.default_rng(5)
    found, true = rng.integers(0, 12, 60), rng.integers(0, 15, 60)
    pairs = list(combinations(range(60), 2))
    both = sum(found[a] == found[b] and true[a] == true[b] for a, b in pairs)
    precision = both / sum(found[a] == found[b] for a, b in pairs)
    recall = both / sum(true[a] == true[b] for a, b in pairs)
    scores = pairwise(found, true)
    assert scores["precision"] == pytest.approx(precision)
    assert scores["recall"] == pytest.approx(recall)
    assert scores["f1"] == pytest.approx(2 * precision * recall / (precision + recall))


def test_made_records_are_a_quarter_second_records_and_are_found_again() -> None:
    rows, true = synthetic(3000)
    assert len(np.unique(true)) == 3000 - round(0.23 * 3000)
    assert rows["phone"].null_count() / rows.height == pytest.approx(0.3, abs=0.04)
    again, same = synthetic(3000)
    assert again.equals(rows)
    assert (same == true).all()
    found = resolve(as_people(rows), pl.Series([None] * rows.height, dtype=pl.Datetime("us", "UTC")))
    assert pairwise(found.person, true)["f1"] > 0.97
