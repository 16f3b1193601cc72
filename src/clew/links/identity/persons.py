"""Persons from scored pairs of nominals: which are one, and how surely each belongs.

Ties are taken from the surest down. Two groups are never joined while a birth date in one clearly differs from one in
the other, so that a telephone or an address, which a household shares, cannot chain two people into one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra

from clew.links.identity.comparisons import level_number
from clew.links.identity.nominals import births_differ

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

#: Two nominals are one person from this probability: more likely than not. The doubt left weakens the evidence.
TIES_FROM = 0.5


@dataclass(frozen=True, kw_only=True)
class Persons:
    """For n nominals. person: (n,) the person of each, named by the lowest nominal. certainty: (n,) the probability
    that the nominal is the nominal at the middle of its person: 1 there, else the product along the surest ties."""

    person: Integers
    certainty: Floats


def impossible() -> pl.Expr:
    """Of scored pairs: those that are not tied whatever their probability, as two people of one household look so.

    Birth dates clearly differ (unless the same name and two identifiers agree); or the family name is the same, the
    given name another, and no birth date says that it is one person; or so, and of different sex (twins); or a name
    that is not quite the same at one address, with nothing else to say that it is one person.
    """
    name, born, sex, contact = (pl.col(column) for column in ("name", "born", "sex", "contact"))
    alike = _among(name, "name", "same", "exchanged", "short", "misspelt")
    other_sex, one_day = _among(sex, "sex", "other"), _among(born, "born", "same", "exchanged", "one_digit")
    settled = alike & _among(contact, "contact", "several") & ~other_sex
    differs = _among(born, "born", "other") & ~settled
    sibling = _among(name, "name", "family") & (~one_day | other_sex)
    not_quite = _among(name, "name", "initial", "misspelt", "family_only")
    return differs | sibling | (not_quite & _among(contact, "contact", "address") & ~one_day)


def _among(column: pl.Expr, comparison: str, *levels: str) -> pl.Expr:
    """Whether a pair falls on one of the `levels` of the comparison."""
    return column.is_in([level_number(comparison, level) for level in levels])


def persons(ties: pl.DataFrame, births: pl.DataFrame, count: int) -> Persons:
    """The persons that `count` nominals are.

    ties: `a` < `b` (nominals), `probability`, each pair once. births: `nominal`, `born`, the birth dates told of each.
    """
    kept = ties.filter(pl.col("probability") >= TIES_FROM).sort(
        "probability", "a", "b", descending=[True, False, False]
    )
    a, b = kept["a"].to_numpy(), kept["b"].to_numpy()
    group: Integers = connected_components(coo_array((np.ones(len(a)), (a, b)), shape=(count, count)), directed=False)[
        1
    ].astype(np.int64)
    usable = _without_chains(a, b, group, births)
    a, b, sure = a[usable], b[usable], kept["probability"].to_numpy()[usable]
    graph = coo_array((np.maximum(-np.log(sure), 1e-15), (a, b)), shape=(count, count)).tocsr()
    _, label = connected_components(graph, directed=False)
    lowest = np.full(label.max(initial=-1) + 1, count, dtype=np.int64)
    np.minimum.at(lowest, label, np.arange(count))
    weight = np.bincount(a, weights=sure, minlength=count) + np.bincount(b, weights=sure, minlength=count)
    order = np.lexsort((np.arange(count), -weight, label))
    middle = order[np.r_[True, label[order][1:] != label[order][:-1]]] if count else order
    certainty = np.ones(count)
    tied = np.unique(np.concatenate((a, b)))
    if len(tied):
        at_middle = np.zeros(count, dtype=bool)
        at_middle[middle] = True
        far = dijkstra(graph, directed=False, indices=tied[at_middle[tied]], min_only=True)
        certainty[tied] = np.exp(-far[tied])
    return Persons(person=lowest[label], certainty=certainty)


def _without_chains(a: Integers, b: Integers, group: Integers, births: pl.DataFrame) -> NDArray[np.bool_]:
    """Which ties (surest first) may be used: those that never bring clearly different birth dates into one group.

    A tie between two nominals whose own birth dates differ is a judgement on that pair, made before (`impossible`).
    """
    usable = np.ones(len(a), dtype=bool)
    told = births.filter(pl.col("born").is_not_null()).select("nominal", "born").unique()
    told = told.with_columns(group=pl.Series(group[told["nominal"].to_numpy()]))
    several = told.filter(pl.col("born").n_unique().over("group") > 1)
    if not several.height:
        return usable
    dates: dict[int, set[str]] = {}
    for nominal, born in several.select("nominal", "born").iter_rows():
        dates.setdefault(nominal, set()).add(born)
    looked_into = np.isin(group[a], several["group"].unique().to_numpy())
    leader: dict[int, int] = {}

    def lead(nominal: int) -> int:
        while (above := leader.get(nominal, nominal)) != nominal:
            leader[nominal] = leader.get(above, above)
            nominal = above
        return nominal

    for place in np.flatnonzero(looked_into).tolist():
        one, other = lead(int(a[place])), lead(int(b[place]))
        if one == other:
            continue
        mine, theirs = dates.get(one, set()), dates.get(other, set())
        judged = _differ(dates.get(int(a[place]), set()), dates.get(int(b[place]), set()))
        if _differ(mine, theirs) and not (judged and one == a[place] and other == b[place]):
            usable[place] = False
            continue
        leader[other] = one
        dates[one] = mine | theirs
    return usable


def _differ(some: set[str], others: set[str]) -> bool:
    return any(births_differ(one, other) for one in some for other in others)
