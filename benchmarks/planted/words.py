"""Narratives for the ablation of their family: invented words as unequal as words are, in real and planted alike.

The demonstration's own narratives are turns of phrase, in which any rare word would stand out; so the background gets
words of its own first. Their number follows Zipf's law (the k-th commonest word as often as 1 / k), one in three
narratives has one to three, and a planted series repeats one word of the rarer half.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from benchmarks.planted.series import Planted
from clew.records import Dataset

WORDS = 20_000
_SHARE_WITH_WORDS = 1 / 3
_REPEATED = 0.6
_MISSPELT = 0.2


def vocabulary(rng: np.random.Generator) -> np.ndarray:
    """(WORDS,) distinct invented words, commonest first."""
    parts = ["".join(each) for each in rng.choice(list("bcdfghklmnprstvw"), (WORDS, 4))]
    vowels = ["".join(each) for each in rng.choice(list("aeiou"), (WORDS, 3))]
    made = [f"{p[0]}{v[0]}{p[1]}{v[1]}{p[2]}{v[2]}{p[3]}" for p, v in zip(parts, vowels, strict=True)]
    return np.array(list(dict.fromkeys(made)))


def with_words(background: Dataset, words: np.ndarray, rng: np.random.Generator) -> Dataset:
    """`background` with words in its narratives."""
    events = background.tables["events"]
    likely = 1 / np.arange(1, len(words) + 1)
    has = np.flatnonzero(rng.random(events.height) < _SHARE_WITH_WORDS)
    said = np.full(events.height, "", dtype=object)
    for row in has:
        picks = rng.choice(len(words), size=int(rng.integers(1, 4)), p=likely / likely.sum())
        said[row] = " Seen: " + ", ".join(words[picks]) + "."
    told = events.with_columns(narrative=pl.col("narrative").fill_null("") + pl.Series(said.tolist()))
    return Dataset(
        name=background.name, tables={**background.tables, "events": told}, zone=background.zone, feeds=background.feeds
    )


def tell(planted: Planted, words: np.ndarray, rng: np.random.Generator) -> None:
    """Gives each series a word of the rarer half, which most of its narratives repeat, one in five misspelt."""
    own = {series: str(words[int(rng.integers(len(words) // 2, len(words)))]) for series in planted.kind_of}
    for row in planted.rows["events"]:
        word = own[planted.series[str(row["event_id"])]]
        if rng.random() < _MISSPELT:
            at = int(rng.integers(1, len(word) - 1))
            word = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        row["narrative"] = f"Officers called. Seen: {word}." if rng.random() < _REPEATED else "Officers called."
