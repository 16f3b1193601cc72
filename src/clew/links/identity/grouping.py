"""Groups of nominals that are one person, from scored pairs: from the surest pair up, without chains.

Average linkage, as Splink's connected components chain: two groups are joined where the pairs across them support it
together, and never while a birth date in one clearly differs from one in the other, so that a telephone or an address,
which a household shares, cannot make one of two people.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from clew.links.identity.nominals import births_differ

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

#: Two nominals are one person from this probability: more likely than not. The doubt left weakens the evidence.
TIES_FROM = 0.5

#: Two groups are joined where the probabilities across them add up to `TIES_FROM` and are, over all pairs across,
#: compared or not, at least this on average. Chosen on half of the people of Splink's historical figures.
MEAN_FROM = 0.05

#: Pairs below this never count.
LEAST = 0.1


def counted_from(matches: float) -> float:
    """The probability from which a pair counts, where a mention has `matches` others of its person on average.

    A person of many mentions is met in several weak ties that differ; with few, two weak ties are one piece of evidence
    told twice, and only ties count.
    """
    return max(LEAST, TIES_FROM / max(matches, 1.0))


def groups(ties: pl.DataFrame, births: pl.DataFrame, count: int, matches: float = 1.0) -> Integers:
    """(count,) the group of each nominal, named by one of its nominals.

    ties: `a` < `b` (nominals), `probability`, each pair once. births: `nominal`, `born`, the birth dates told of each.
    matches: as in the model.
    """
    ties = ties.filter(pl.col("probability") >= counted_from(matches)).sort(
        "probability", "a", "b", descending=[True, False, False]
    )
    a, b, sure = (ties[name].to_numpy() for name in ("a", "b", "probability"))
    component = connected_components(coo_array((np.ones(len(a)), (a, b)), shape=(count, count)), directed=False)[1]
    alone = np.bincount(component[a], minlength=count)[component[a]] == 1
    leader = np.arange(count, dtype=np.int64)
    pair = alone & (sure >= TIES_FROM)
    leader[b[pair]] = a[pair]
    looked_into = ~alone
    told = births.filter(
        pl.col("born").is_not_null(),
        pl.Series(np.isin(births["nominal"], a[looked_into]) | np.isin(births["nominal"], b[looked_into])),
    )
    found = _Groups(a[looked_into], b[looked_into], sure[looked_into], told)
    for nominal in found.leader:
        leader[nominal] = found.lead(nominal)
    return leader


class _Groups:
    """Groups that grow. Ties come surest first; those not yet supported are tried again when others have joined."""

    def __init__(self, a: Integers, b: Integers, sure: Floats, births: pl.DataFrame) -> None:
        self.leader: dict[int, int] = {}
        self.size: dict[int, int] = {}
        self.dates: dict[int, set[str]] = {}
        self.across: dict[int, dict[int, float]] = {}
        for nominal, born in births.select("nominal", "born").unique().iter_rows():
            self.dates.setdefault(nominal, set()).add(born)
        self.own = {nominal: frozenset(dates) for nominal, dates in self.dates.items()}
        ties = list(zip(a.tolist(), b.tolist(), sure.tolist(), strict=True))
        for one, other, probability in ties:
            for here, there in ((one, other), (other, one)):
                self.across.setdefault(here, {})[there] = probability
                self.leader[here], self.size[here] = here, 1
        waiting, joined = ties, True
        while waiting and joined:
            waiting, joined = self._pass(waiting)

    def lead(self, nominal: int) -> int:
        """The nominal that stands for the group of `nominal`."""
        while (above := self.leader[nominal]) != nominal:
            self.leader[nominal] = self.leader[above]
            nominal = above
        return nominal

    def _pass(self, ties: list[tuple[int, int, float]]) -> tuple[list[tuple[int, int, float]], bool]:
        """Joins what may be joined; the ties still waiting, and whether any joined."""
        waiting, joined = [], False
        for tie in ties:
            one, other = self.lead(tie[0]), self.lead(tie[1])
            if one == other or self._contradict(one, other, tie):
                continue
            if self._supported(one, other):
                self._join(one, other)
                joined = True
            else:
                waiting.append(tie)
        return waiting, joined

    def _supported(self, one: int, other: int) -> bool:
        total = self.across[one][other]
        return total >= max(TIES_FROM, MEAN_FROM * self.size[one] * self.size[other])

    def _contradict(self, one: int, other: int, tie: tuple[int, int, float]) -> bool:
        """Whether birth dates differ; between two nominals alone that was judged before (`persons.impossible`)."""
        if not _differ(self.dates.get(one, ()), self.dates.get(other, ())):
            return False
        judged = _differ(self.own.get(tie[0], ()), self.own.get(tie[1], ()))
        return not (judged and self.size[one] == self.size[other] == 1)

    def _join(self, one: int, other: int) -> None:
        """The group with fewer neighbours goes into the other."""
        if len(self.across[one]) < len(self.across[other]):
            one, other = other, one
        self.leader[other] = one
        self.size[one] += self.size[other]
        if other in self.dates:
            self.dates.setdefault(one, set()).update(self.dates[other])
        mine = self.across[one]
        del mine[other]
        for third, total in self.across.pop(other).items():
            if third != one:
                del self.across[third][other]
                mine[third] = self.across[third][one] = mine.get(third, 0.0) + total


def _differ(some: Iterable[str], others: Iterable[str]) -> bool:
    return any(births_differ(one, other) for one in some for other in others)
