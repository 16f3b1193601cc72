"""A force's own numbers for people: used, and checked.

Parts with one number are one nominal. Where two of them contradict each other in name and birth date and sex, the
number does not tie them; where in name and birth date only, it does, and somebody should look. Both are reported.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Integers = NDArray[np.int64]

#: A number borne by more different mentions than this is not looked into pair by pair.
_LOOKED_INTO = 200


@dataclass(frozen=True, kw_only=True)
class Contradiction:
    """A number of the force whose parts contradict each other. parts: two of them, indices into the people read.

    ties: whether the number still makes them one person (the sex does not contradict).
    """

    ref: str
    parts: tuple[int, int]
    ties: bool


def nominals(mentions: pl.DataFrame, parts: int) -> tuple[Integers, tuple[Contradiction, ...]]:
    """(parts,) the nominal of each part, named by its first part, and the numbers that contradict themselves."""
    nominal = np.arange(parts, dtype=np.int64)
    numbered = mentions.select("part", "ref", "full_name", "given", "family", "born", "sex").drop_nulls("ref")
    first = numbered.select("part", first=pl.col("part").min().over("ref"))
    nominal[first["part"].to_numpy()] = first["first"].to_numpy()
    again = numbered.filter(pl.len().over("ref") > 1)
    doubtful = again.filter((pl.col("full_name").n_unique().over("ref") > 1) & _several("born"))
    found: list[Contradiction] = []
    for (ref,), told in doubtful.sort("ref", "part", "full_name").group_by("ref", maintain_order=True):
        clashes, apart = _clashes(told)
        part = told["part"].to_numpy()
        found += [Contradiction(ref=str(ref), parts=(int(part[a]), int(part[b])), ties=ties) for a, b, ties in clashes]
        if apart is not None:
            nominal[part] = apart
    return nominal, tuple(found)


def _several(column: str) -> pl.Expr:
    return pl.col(column).drop_nulls().n_unique().over("ref") > 1


def _clashes(told: pl.DataFrame) -> tuple[list[tuple[int, int, bool]], Integers | None]:
    """The first clash of each kind among the mentions of one number: (row, row, whether it still ties).

    And, if any does not tie, the nominal of each row: rows that agree with each other in name or in birth date stay
    together, and a row that says neither is one of its own.
    """
    rows = list(told.select("part", "given", "family", "born", "sex").iter_rows())[:_LOOKED_INTO]
    clashes: dict[bool, tuple[int, int, bool]] = {}
    agree, against = [], []
    for a, one in enumerate(rows):
        for b in range(a + 1, len(rows)):
            other = rows[b]
            name, born = names_differ(one[1:3], other[1:3]), births_differ(one[3], other[3])
            sex = one[4] is not None and other[4] is not None and one[4] != other[4]
            if name and born:
                clashes.setdefault(not sex, (a, b, not sex))
                against += [(a, b)] if sex else []
            elif not (name or born) and (one[0] == other[0] or _both_say(one, other)):
                agree.append((a, b))
    if not against:
        return list(clashes.values()), None
    ends = np.array(agree, dtype=np.int64).reshape(-1, 2)
    ties = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(told.height, told.height))
    label = connected_components(ties, directed=False)[1].astype(np.int64)
    if any(label[a] == label[b] for a, b in against):  # a third part agrees with both: none of them is to be trusted
        label = np.arange(told.height)
    part = told["part"].to_numpy()
    apart = np.array([part[label == mine].min() for mine in label], dtype=np.int64)
    return list(clashes.values()), apart


def _both_say(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    """Whether both tell the family name, or both the birth date."""
    return any(one[column] is not None and other[column] is not None for column in (2, 3))


@lru_cache(maxsize=100_000)
def births_differ(one: str | None, other: str | None) -> bool:
    """Whether two birth dates ("YYYY-MM-DD") cannot well be one written twice: more than two digits apart.

    Day and month exchanged, and the first of January of the same year (no day known), are no difference.
    """
    if one is None or other is None or one == other:
        return False
    if one[:4] == other[:4] and ((one[5:7] == other[8:] and one[8:] == other[5:7]) or "01-01" in (one[5:], other[5:])):
        return False
    return sum(a != b for a, b in zip(one, other, strict=True)) > 2


def names_differ(one: tuple[str | None, str | None], other: tuple[str | None, str | None]) -> bool:
    """Whether two names (given, family) have no word alike; initials are like any word that begins so."""
    words = [re.findall(r"\w+", " ".join(filter(None, name))) for name in (one, other)]
    return bool(words[0] and words[1]) and not any(_alike(a, b) for a in words[0] for b in words[1])


def _alike(one: str, other: str) -> bool:
    if 1 in (len(one), len(other)):
        return one[0] == other[0]
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= 0.75
