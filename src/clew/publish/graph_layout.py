"""Lays out a graph of events and links, the same for the same links, with every event's number beside its mark.

Each connected group is laid out by itself: rings about its busiest event, improved by stress majorisation of the path
lengths (SMACOF; Gansner, Koren and North 2004), then pushed apart until no label covers another. Groups are set in rows
like words on a page, largest first. No randomness anywhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, shortest_path

from clew.publish.labels import text_units

Floats = NDArray[np.float64]

#: Length of an edge that nothing disturbs, in drawing units.
_EDGE = 125.0

_MARK_RADIUS = 7.0
_GAP = 16.0
_LONGEST_LABEL = 22
_ROUNDS = 80


@dataclass(frozen=True, kw_only=True)
class Event:
    """A node to lay out. label: what stands below it. death: drawn as a disc, anything else as a triangle. ringed: in a
    candidate series."""

    event_id: str
    label: str
    death: bool = True
    ringed: bool = False


@dataclass(frozen=True, kw_only=True)
class Tie:
    """An edge to lay out: two events, the number it has in the list, and its status (candidate, confirmed, ...)."""

    one: str
    other: str
    number: int
    status: str = "candidate"


@dataclass(frozen=True, kw_only=True)
class Node:
    """A drawn event: mark at x, y; label centred below it."""

    label: str
    x: float
    y: float
    death: bool
    ringed: bool


@dataclass(frozen=True, kw_only=True)
class Edge:
    """A drawn link from x1, y1 to x2, y2, with its number at its middle."""

    x1: float
    y1: float
    x2: float
    y2: float
    number: int
    status: str

    @property
    def middle(self) -> tuple[float, float]:
        """Where its number stands."""
        return (self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2


@dataclass(frozen=True, kw_only=True)
class GraphLayout:
    """A graph ready to draw, in units."""

    width: float
    height: float
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def graph_layout(events: Sequence[Event], ties: Sequence[Tie], *, width: float = 1000.0) -> GraphLayout | None:
    """The graph of `events` and `ties`, at least `width` wide; None without ties. Every end of a tie is an event."""
    if not ties:
        return None
    labels = [_short(event.label) for event in events]
    index = {event.event_id: place for place, event in enumerate(events)}
    ends = np.array([(index[tie.one], index[tie.other]) for tie in ties])
    joined = coo_array((np.ones(len(ties)), (ends[:, 0], ends[:, 1])), shape=(len(events), len(events)))
    _, group = connected_components(joined, directed=False)
    first = [min(tie.number for tie, (a, _) in zip(ties, ends, strict=True) if group[a] == each) for each in group]
    at = np.zeros((len(events), 2))
    shelf = _Shelf(width)
    sizes = np.bincount(group)
    for each in sorted(set(group.tolist()), key=lambda one: (-sizes[one], first[group.tolist().index(one)])):
        members = np.flatnonzero(group == each)
        inside = np.isin(ends[:, 0], members)
        place = np.searchsorted(members, ends[inside])
        boxes = np.array([_half_box(labels[member]) for member in members])
        points = _apart(_laid_out(len(members), place), boxes)
        low, high = (points - boxes).min(axis=0), (points + boxes).max(axis=0)
        at[members] = points - low + shelf.room_for(high - low)
    nodes = tuple(
        Node(label=label, x=round(float(x), 1), y=round(float(y), 1), death=event.death, ringed=event.ringed)
        for event, label, (x, y) in zip(events, labels, at, strict=True)
    )
    edges = tuple(
        Edge(x1=nodes[a].x, y1=nodes[a].y, x2=nodes[b].x, y2=nodes[b].y, number=tie.number, status=tie.status)
        for tie, (a, b) in zip(ties, ends, strict=True)
    )
    return GraphLayout(width=round(shelf.widest, 1), height=round(shelf.bottom, 1), nodes=nodes, edges=edges)


class _Shelf:
    """Sets boxes in rows from the top left, as words are set."""

    def __init__(self, width: float) -> None:
        self.widest = width
        self._left = self._top = _GAP
        self._tall = 0.0

    def room_for(self, size: Floats) -> Floats:
        """Where the top left of a box of `size` goes."""
        if self._left > _GAP and self._left + size[0] + _GAP > self.widest:
            self._left, self._top, self._tall = _GAP, self._top + self._tall + _GAP, 0.0
        corner = np.array([self._left, self._top])
        self._left += float(size[0]) + 2 * _GAP
        self._tall = max(self._tall, float(size[1]))
        self.widest = max(self.widest, corner[0] + float(size[0]) + _GAP)
        return corner

    @property
    def bottom(self) -> float:
        """How far down the last row reaches."""
        return self._top + self._tall + _GAP


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"


def _half_box(label: str) -> tuple[float, float]:
    """Half the width and height that a mark and the label below it need."""
    return max(text_units(label) / 2, _MARK_RADIUS) + 3, 21.0


def _laid_out(count: int, ends: NDArray[np.int64]) -> Floats:
    """(count, 2) positions of one connected group, from the pairs of its members that are tied."""
    joined = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(count, count)).tocsr()
    wanted: Floats = shortest_path(joined, directed=False, unweighted=True) * _EDGE
    if count == 2:
        return np.array([[0.0, 0.0], [_EDGE, 0.0]])
    points = _around_the_busiest(wanted)
    weight = np.divide(1.0, wanted**2, out=np.zeros_like(wanted), where=wanted > 0)
    laplacian = np.diag(weight.sum(axis=1)) - weight
    back = np.linalg.pinv(laplacian)
    for _ in range(_ROUNDS):
        apart = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
        pull = np.divide(weight * wanted, apart, out=np.zeros_like(wanted), where=apart > 1e-9)
        points = back @ ((np.diag(pull.sum(axis=1)) - pull) @ points)
    return points


def _around_the_busiest(wanted: Floats) -> Floats:
    """Where to begin: rings about the event with most links, one a step away from it, in order of the events."""
    busiest = int(np.argmax((wanted == _EDGE).sum(axis=1)))
    order = np.argsort(wanted[busiest], kind="stable")
    turn = np.empty(len(wanted))
    turn[order] = 2 * math.pi * np.arange(len(wanted)) / len(wanted)
    rings: Floats = np.column_stack((np.cos(turn), np.sin(turn))) * wanted[busiest][:, None]
    return rings


def _apart(points: Floats, half: Floats) -> Floats:
    """`points` moved until the boxes of `half` width and height about them do not meet, along the shorter way out.

    First all is drawn larger, until there is room for the boxes; again a little larger where pushing does not end.
    """
    room = float(np.prod(np.ptp(points, axis=0) + 2 * half.max(axis=0)))
    points = points * max(math.sqrt(2.0 * 4.0 * float(np.prod(half, axis=1).sum()) / room), 1.0)
    while not _pushed_apart(points, half):
        points = points * 1.25
    return points


def _pushed_apart(points: Floats, half: Floats) -> bool:
    """Pushes `points` apart in place for some rounds; whether no two boxes meet in the end."""
    for _ in range(_ROUNDS // 4):
        gap = np.abs(points[:, None] - points[None]) - (half[:, None] + half[None])
        meets = np.triu((gap < -1e-6).all(axis=2), k=1)
        if not meets.any():
            return True
        for one, other in zip(*np.nonzero(meets), strict=True):
            over = (half[one] + half[other]) - np.abs(points[one] - points[other])
            axis = int(over[1] <= over[0])
            if over[axis] <= 0:
                continue
            way = 1.0 if points[other, axis] >= points[one, axis] else -1.0
            points[one, axis] -= way * over[axis] / 2
            points[other, axis] += way * over[axis] / 2
    return False
