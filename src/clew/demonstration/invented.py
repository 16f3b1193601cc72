"""Invented words for names and streets: built from syllables, so that no real person or address is meant."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl

from clew.demonstration.chance import Integers

_ONSETS = ("b", "br", "d", "dr", "f", "fl", "g", "gr", "h", "k", "kl", "l", "m", "n", "p", "pr", "r", "s", "sk", "st")
_VOWELS = ("a", "e", "i", "o", "u", "ai", "ea")
_MIDDLES = ("ld", "lm", "ln", "nd", "nn", "rb", "rl", "rm", "rn", "rv", "sk", "ss", "st", "tt", "v", "z", "mb", "nk")
_ENDINGS = ("ak", "am", "ard", "ax", "en", "ett", "ik", "im", "in", "ock", "old", "om", "or", "ow", "um", "ury", "wick")
_GIVEN_ENDINGS = (["an", "ek", "iel", "im", "o", "or", "us"], ["a", "elle", "ia", "ine", "is", "ora", "yn"])
_STREET_TYPES = ("Road", "Street", "Avenue", "Close", "Gardens", "Lane")

FAMILY_NAMES = 6000
GIVEN_NAMES = 420  #: of each sex
STREETS = 43_200


def _word(number: int) -> str:
    rest, onset = divmod(number, len(_ONSETS))
    rest, vowel = divmod(rest, len(_VOWELS))
    rest, middle = divmod(rest, len(_MIDDLES))
    return (_ONSETS[onset] + _VOWELS[vowel] + _MIDDLES[middle] + _ENDINGS[rest % len(_ENDINGS)]).capitalize()


@cache
def family_names() -> pl.Series:
    """`FAMILY_NAMES` family names, the commonest first."""
    # 7,919 is prime to the number of words, so that neighbours in rank do not look alike.
    words = len(_ONSETS) * len(_VOWELS) * len(_MIDDLES) * len(_ENDINGS)
    return pl.Series("family", [_word(rank * 7919 % words) for rank in range(FAMILY_NAMES)])


@cache
def given_names() -> pl.Series:
    """`GIVEN_NAMES` male and then as many female given names, each commonest first."""
    names = []
    for endings in _GIVEN_ENDINGS:
        for rank in range(GIVEN_NAMES):
            number = rank * 1009 % (len(_ONSETS) * len(_VOWELS) * 3)
            rest, onset = divmod(number, len(_ONSETS))
            middle, vowel = divmod(rest, len(_VOWELS))
            names.append((_ONSETS[onset] + _VOWELS[vowel] + "lnr"[middle] + endings[rank % 7]).capitalize())
    return pl.Series("given", names)


@cache
def street_names() -> pl.Series:
    """`STREETS` street names."""
    kinds = len(_STREET_TYPES)
    return pl.Series("street", [f"{_word(n // kinds * 31)} {_STREET_TYPES[n % kinds]}" for n in range(STREETS)])


def ranks(rng: np.random.Generator, names: int, count: int, exponent: float = 0.75) -> Integers:
    """`count` ranks below `names`, the r-th with weight r to the minus `exponent` (Zipf; assumed)."""
    running = np.cumsum(np.arange(1, names + 1) ** -exponent)
    return np.asarray(np.searchsorted(running, rng.random(count) * running[-1], side="right"), dtype=np.int64)
