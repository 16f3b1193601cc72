"""The strongest links among all pairs, and the pairs that could be as strong at other dates.

How strong the weakest of them is, a part of the pairs tells beforehand: the fewer pairs the search is asked for, the
quicker it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from clew.core import UsageError
from clew.links.candidates import MOST_PAIRS, Search
from clew.links.events import Integers
from clew.links.evidence.reference import References
from clew.links.pair_keys import pair_keys
from clew.links.scoring import ROUNDING, Scored, Scorer, SharedKeys, Static, linkable

#: One pair in so many is looked at first, to see how strong the weakest link will be that is kept.
_SAMPLED = 16


def strongest(
    scorer: Scorer,
    shared: SharedKeys,
    named: References,
    *,
    incident: Integers,
    keep: int,
    at_least: float | None,
) -> tuple[Static, Scored, float, bool]:
    """All pairs that could be as strong as the weakest link at other dates, without a person or reference; the links,
    the `keep` strongest or those that reach `at_least`; how strong the weakest may be, log10; and whether that is as
    many as are wanted. Where more pairs than can be held could be among them, only links are given that are stronger
    than those: never some of one strength and not others, since the others would be missing from every rate.

    incident: (n,) of each event. Raises `UsageError` where more pairs than can be held could reach `at_least`.
    """
    search = Search.of(scorer, incident)

    def linked(at: float, one_in: int = 1) -> tuple[Static, Scored, float]:
        keys, least = search.pairs(at - scorer.most_of_dates, one_in=one_in)
        static = scorer.static(keys)
        scored = scorer.score(scorer.widened(static, shared, named), shared, named, scorer.events, at_least=at)
        return static, shown(scored, incident, at), least + scorer.most_of_dates

    if at_least is not None:
        at = at_least
    else:
        at = _first_asked(scorer, np.r_[shared.keys, scorer.named_keys(named)], linked, keep=keep)
    while True:
        static, found, least = linked(at)
        if at_least is not None and least > at_least + ROUNDING:
            raise UsageError(
                f"More than {MOST_PAIRS:,} pairs could reach a strength of {at_least:g}.",
                where="--all-pairs-above",
                why="they are held at once, to be asked again at the dates that chance gives them",
                mend=f"ask for {least + 0.1:.1f} or more, or for a budget",
            )
        if at_least is not None or at == -np.inf or len(found.a) >= keep or least > at + ROUNDING:
            break
        at = _next_asked(at, len(found.a), keep)
    whole = least <= at + ROUNDING
    if not whole:
        at = least
        found = found.take(found.total >= at)
    if at_least is None and len(found.a) >= keep:
        whole = True
        at = float(np.partition(found.total, len(found.a) - keep)[len(found.a) - keep])
        found = found.take(found.total >= at)
    return static.take(scorer.reaching(static, at)), found, at, whole


def _first_asked(
    scorer: Scorer, known: Integers, linked: Callable[[float, int], tuple[Static, Scored, float]], *, keep: int
) -> float:
    """A strength, log10, that some more pairs reach than are kept, as a part of them shows. known: the keys of those
    that are all asked.

    No more than one pair in 10^s reaches s by chance, if the factors are what they say; mostly it is far fewer.
    """
    deaths, count = int(scorer.events.death.sum()), len(scorer.events)
    pairs = deaths * (count - deaths) + deaths * (deaths - 1) // 2
    if pairs <= keep:
        return -np.inf
    at = math.log10(pairs / keep) - 2.0
    _, found, _ = linked(at, _SAMPLED)
    stands_for = np.where(np.isin(pair_keys(found.a, found.b, count), known), 1, _SAMPLED)
    falling = np.argsort(-found.total)
    seen = np.cumsum(stands_for[falling])
    enough = int(np.searchsorted(seen, keep))
    if enough < len(seen):
        return float(found.total[falling[enough]]) - 0.1
    return _next_asked(at, int(seen[-1]) if len(seen) else 0, keep)


def _next_asked(at: float, found: int, keep: int) -> float:
    """A lower strength to ask from, where `found` reach `at` and `keep` are wanted."""
    lower = at - 0.1 - 0.7 * math.log10(keep / max(found, 1))
    return lower if lower > 0 else -np.inf


def shown(scored: Scored, incident: Integers, floor: float) -> Scored:
    """The pairs that may be shown as links, at or above `floor` (log10). incident: (n,) of each event."""
    return scored.take(linkable(scored) & (incident[scored.a] != incident[scored.b]) & (scored.total >= floor))
