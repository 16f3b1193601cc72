"""Series grown from pairs, without chaining: two strangers joined through a hostel do not make a series.

The links a desk looks at tie events into components; within each, every pair is scored, and average linkage keeps
together only events that are strong with *all* the others on average. A candidate series never changes a record.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import polars as pl
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from clew.links.decisions import Pair, pair_of
from clew.links.events import Integers
from clew.links.find import Links

#: An event joins a series if its mean strength with the members is within this many orders of magnitude of the weakest
#: link shown.
WITHIN_ORDERS = 0.5

#: A component larger than this is no series but a place or a name that everything shares; it is left as pairs.
LARGEST_COMPONENT = 60

#: How far a rejected pair is taken to be from any link, in log10: farther than any other evidence can make good.
_NEVER = -1e6


def grow_series(links: Links, shown: pl.DataFrame, *, rejected: Collection[Pair] = ()) -> dict[str, tuple[str, ...]]:
    """The series of three events or more among the links `shown` (rows of `Links.frame`).

    rejected: pairs that a person said are not connected; no series holds both. Returns event ids in order of time by
    series id, which is ``S-`` and the id of the earliest member.
    """
    if not shown.height:
        return {}
    least = float(shown["log10_bayes_factor"].to_numpy().min()) - WITHIN_ORDERS
    names = np.unique(np.concatenate((shown["event_id_a"].to_numpy(), shown["event_id_b"].to_numpy())).astype(np.str_))
    a = np.searchsorted(names, shown["event_id_a"].to_numpy().astype(np.str_))
    b = np.searchsorted(names, shown["event_id_b"].to_numpy().astype(np.str_))
    ties = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(len(names), len(names)))
    _, component = connected_components(ties, directed=False)
    found: dict[str, tuple[str, ...]] = {}
    for label in np.flatnonzero(np.bincount(component) >= 3):
        members = names[component == label]
        if len(members) > LARGEST_COMPONENT:
            continue
        where = np.searchsorted(links.scorer.events.event_id, members)
        for group in _compact(links, where, least, rejected):
            ordered = group[np.lexsort((group, links.scorer.events.from_day[group]))]
            ids = tuple(str(event_id) for event_id in links.scorer.events.event_id[ordered])
            found[f"S-{ids[0]}"] = ids
    return dict(sorted(found.items()))


def _compact(links: Links, where: Integers, least: float, rejected: Collection[Pair]) -> list[Integers]:
    """Groups of three or more of the events `where` whose mean strength with each other is at least `least`, none with
    a `rejected` pair in it."""
    upper, lower = np.triu_indices(len(where), k=1)
    scored = links.score_pairs(where[upper], where[lower])
    strength = np.full((len(where), len(where)), 0.0)
    row, column = np.searchsorted(where, scored.a), np.searchsorted(where, scored.b)
    strength[row, column] = strength[column, row] = scored.total
    top = float(strength.max())
    names = [str(event_id) for event_id in links.scorer.events.event_id[where]]
    for one, other in zip(upper, lower, strict=True):
        if rejected and pair_of(names[one], names[other]) in rejected:
            strength[one, other] = strength[other, one] = _NEVER
    tree = linkage(top - strength[upper, lower], method="average")
    label = fcluster(tree, t=top - least, criterion="distance")
    return [where[label == group] for group in np.unique(label) if (label == group).sum() >= 3]
