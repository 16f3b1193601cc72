"""How well scores tell linked pairs from the rest: on all pairs of held-out events, and as a desk would see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from clew.links.events import Flags, Floats

#: False alerts per 100 new cases at which the recall of second events is stated.
FALSE_ALERTS = (2, 5, 10)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Figures of one held-out half, or their means.

    auc, average_precision: over all pairs. top_k: share of events with a link that have one among their k strongest
    pairs. second_top_k: events come one by one in order of time, each paired with all before it: share of the second
    events of a series whose link to the first is among the k strongest. second_recall_k: share of second events whose
    link is stronger than the threshold at which k of 100 new cases raise a false alert (their strongest pair is one
    that is not linked).
    """

    auc: float
    average_precision: float
    top_1: float
    top_5: float
    top_10: float
    second_top_1: float
    second_top_5: float
    second_top_10: float
    second_recall_2: float
    second_recall_5: float
    second_recall_10: float


NAMES = tuple(Figures.__dataclass_fields__)


def figures(score: Floats, linked: Flags, *, member: Flags, day: Floats) -> Figures:
    """Figures of `score` (m, m) for the truth `linked` (m, m). member: (m, series). day: (m,) middle of its time."""
    from sklearn.metrics import average_precision_score, roc_auc_score  # noqa: PLC0415  slow to import

    upper = np.triu_indices(len(score), 1)
    alone = score.astype(np.float64, copy=True)
    np.fill_diagonal(alone, -np.inf)
    has = linked.any(axis=1)
    rank = _rank(alone, linked)[has]
    order = np.argsort(day, kind="stable")
    second_rank, recalls = _second(alone[np.ix_(order, order)], linked[np.ix_(order, order)], member[order])
    top = {f"top_{k}": _share(rank <= k) for k in (1, 5, 10)}
    second = {f"second_top_{k}": _share(second_rank <= k) for k in (1, 5, 10)}
    recall = {f"second_recall_{k}": each for k, each in zip(FALSE_ALERTS, recalls, strict=True)}
    return Figures(
        auc=float(roc_auc_score(linked[upper], score[upper])),
        average_precision=float(average_precision_score(linked[upper], score[upper])),
        **top,
        **second,
        **recall,
    )


def _share(hit: Flags) -> float:
    return float(hit.mean()) if len(hit) else float("nan")


def _rank(score: Floats, linked: Flags) -> Floats:
    """(m,) rank of each row's strongest linked partner; where scores tie, their middle rank."""
    best = np.where(linked, score, -np.inf).max(axis=1)[:, None]
    rank: Floats = (score > best).sum(axis=1) + ((score == best).sum(axis=1) + 1) / 2
    return rank


def _second(score: Floats, linked: Flags, member: Flags) -> tuple[Floats, list[float]]:
    """Rows in order of time: ranks of the second events' links, and their recall at each of `FALSE_ALERTS`."""
    count = len(score)
    before = np.tril(np.ones((count, count), dtype=np.bool_), -1)
    turn = np.cumsum(member, axis=0)
    second = (member & (turn == 2)).any(axis=1)
    first_of = np.zeros((count, count), dtype=np.bool_)
    for column in np.flatnonzero(turn[-1] >= 2):
        first, then = np.flatnonzero(member[:, column])[:2]
        first_of[then, first] = True
    earlier = np.where(before, score, -np.inf)
    best = np.where(first_of, earlier, -np.inf).max(axis=1)
    rank = (earlier > best[:, None]).sum(axis=1) + ((earlier == best[:, None]).sum(axis=1) + 1) / 2
    strongest = earlier.max(axis=1)
    right = np.where(linked, earlier, -np.inf).max(axis=1) >= strongest
    false_alerts = np.sort(strongest[~right & np.isfinite(strongest)])[::-1]
    recalls = []
    for per_100 in FALSE_ALERTS:
        allowed = int(per_100 * count / 100)
        threshold = false_alerts[allowed] if allowed < len(false_alerts) else -np.inf
        recalls.append(_share(best[second] > threshold))
    return rank[second], recalls


def mean(each: Sequence[Figures]) -> Figures:
    """The mean of every figure; halves in which one is not defined do not count for it."""
    return Figures(**{name: float(np.nanmean([getattr(one, name) for one in each])) for name in NAMES})


def spread(each: Sequence[Figures]) -> Figures:
    """The standard deviation of every figure over the halves."""
    return Figures(**{name: float(np.nanstd([getattr(one, name) for one in each], ddof=1)) for name in NAMES})


def as_row(one: Figures) -> dict[str, float]:
    """By name."""
    return asdict(one)
