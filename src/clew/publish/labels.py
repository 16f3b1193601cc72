"""Places labels beside marks so that no label covers another, a mark, or the map's furniture.

Greedy: each mark in turn takes the first free of the places around it, near ones first; farther ones get a leader
line. A label with no free place is left out and counted, never drawn over something else.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

#: Size of the labels in drawing units.
FONT_UNITS = 13.0

#: More labels than this make a map unreadable; the rest are counted as left out.
MOST_LABELS = 80

_MARK_RADIUS = 7.0
_LONGEST = 22


@dataclass(frozen=True, kw_only=True)
class Box:
    """An upright rectangle in drawing units, y downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Whether the two overlap."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def inside(self, frame: Box) -> bool:
        """Whether it lies within `frame`."""
        return (
            self.left >= frame.left
            and self.right <= frame.right
            and self.top >= frame.top
            and self.bottom <= frame.bottom
        )


@dataclass(frozen=True, kw_only=True)
class Label:
    """Text centred at x on the baseline y, its box, and the mark it is led to from (None: it stands beside it)."""

    text: str
    x: float
    y: float
    box: Box
    leader: tuple[float, float] | None = None

    @classmethod
    def around(cls, text: str, x: float, y: float, *, leader: tuple[float, float] | None = None) -> Label:
        """The label whose middle is x, y."""
        half, tall = text_units(text) / 2, FONT_UNITS
        box = Box(left=x - half, top=y - tall * 0.6, right=x + half, bottom=y + tall * 0.6)
        return cls(text=text, x=x, y=y + tall * 0.35, box=box, leader=leader)


def text_units(text: str) -> float:
    """A width that `text` does not exceed in common sans-serif fonts, in drawing units."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" or letter in "MW@%—…" for letter in text)
    return FONT_UNITS * (0.64 * (len(text) - wide) + 1.02 * wide)


def short_list(names: Sequence[str]) -> str:
    """The first names that fit in a label, and how many more: ``D2, D3 +4``."""
    names = [name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…" for name in names]
    kept = 1
    while kept < len(names) and len(", ".join(names[: kept + 1])) <= _LONGEST:
        kept += 1
    more = f" +{len(names) - kept}" if kept < len(names) else ""
    return ", ".join(names[:kept]) + more


def place_labels(
    marks: Sequence[tuple[float, float, str]], *, frame: Box, taken: Sequence[Box]
) -> tuple[tuple[Label, ...], int]:
    """Labels for `marks` (x, y, text) inside `frame` and clear of `taken`; and how many found no room."""
    obstacles = [*taken, *(around_mark((x, y)) for x, y, _ in marks)]
    labels: list[Label] = []
    for x, y, text in marks[:MOST_LABELS]:
        for label in _places(x, y, text):
            if label.box.inside(frame) and not any(label.box.meets(box) for box in obstacles):
                labels.append(label)
                obstacles.append(label.box)
                break
    return tuple(labels), len(marks) - len(labels)


def around_mark(mark: tuple[float, float]) -> Box:
    """What the mark at (x, y) covers."""
    x, y = mark
    return Box(left=x - _MARK_RADIUS, top=y - _MARK_RADIUS, right=x + _MARK_RADIUS, bottom=y + _MARK_RADIUS)


def _places(x: float, y: float, text: str) -> list[Label]:
    """Right, left, above, below, then the corners; at three distances."""
    half, tall = text_units(text) / 2, FONT_UNITS * 0.6
    places = []
    for gap in (_MARK_RADIUS + 2, 22.0, 40.0, 62.0):
        for dx, dy in ((1, 0), (-1, 0), (0, -1), (0, 1), (1, -1), (1, 1), (-1, -1), (-1, 1)):
            across = dx * (gap * (1 if dy == 0 else math.sqrt(0.5)) + half)
            down = dy * (gap * (1 if dx == 0 else math.sqrt(0.5)) + tall)
            leader = (x, y) if gap > 2 * _MARK_RADIUS else None
            places.append(Label.around(text, x + across, y + down, leader=leader))
    return places
