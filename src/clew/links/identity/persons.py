"""Persons from scored pairs of nominals: which pairs cannot be, and how surely each nominal is its person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from clew.links.identity.comparisons import level_number
from clew.links.identity.grouping import counted_from, groups

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


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
    that is not quite the same at one address, with nothing else to say that it is one person; or another name, where
    neither a birth date nor an identifier of one's own says so: neighbours share places and trades.
    """
    name, born, sex, contact = (pl.col(column) for column in ("name", "born", "sex", "contact"))
    alike = _among(name, "name", "same", "exchanged", "short", "misspelt")
    other_sex, one_day = _among(sex, "sex", "other"), _among(born, "born", "same", "exchanged", "one_digit")
    settled = alike & _among(contact, "contact", "several") & ~other_sex
    differs = _among(born, "born", "other") & ~settled
    sibling = _among(name, "name", "family") & (~one_day | other_sex)
    not_quite = _among(name, "name", "initial", "misspelt", "family_only", "alike", "near_family")
    household = not_quite & _among(contact, "contact", "address") & ~one_day
    own = _among(contact, "contact", "several", "phone", "email", "handle", "vehicle")
    stranger = _among(name, "name", "given", "word", "other") & ~one_day & ~own
    return differs | sibling | household | stranger


def _among(column: pl.Expr, comparison: str, *levels: str) -> pl.Expr:
    """Whether a pair falls on one of the `levels` of the comparison."""
    return column.is_in([level_number(comparison, level) for level in levels])


def persons(ties: pl.DataFrame, births: pl.DataFrame, count: int, matches: float = 1.0) -> Persons:
    """The persons that `count` nominals are.

    ties: `a` < `b` (nominals), `probability`, each pair once. births: `nominal`, `born`, the birth dates told of each.
    matches: how many other mentions of the same person a mention has, on average (the model's).
    """
    group = groups(ties, births, count, matches)
    a, b, sure = (ties[name].to_numpy() for name in ("a", "b", "probability"))
    within = np.flatnonzero((group[a] == group[b]) & (sure >= counted_from(matches)))
    a, b, sure = a[within], b[within], sure[within]
    graph = coo_array((np.maximum(-np.log(sure), 1e-15), (a, b)), shape=(count, count)).tocsr()
    label = np.unique(group, return_inverse=True)[1]
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
