"""When absence may be read as absence (law 5): which feeds are complete from when to when, and how late they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from clew.records import Feed
from clew.standards.engine.arrays import EVER, NEVER, Bools, Ints
from clew.standards.engine.matches import Instant
from clew.standards.engine.opening import microseconds
from clew.standards.language.model import Pattern, Rule, Standard


@dataclass(frozen=True)
class Window:
    """One span over which a feed is complete, in microseconds; `end` NEVER means up to T."""

    begin: int
    end: int = NEVER


@dataclass(frozen=True)
class Coverage:
    """windows: per feed name (table, or table/label); lags: per feed name, how late rows may come in."""

    windows: Mapping[str, tuple[Window, ...]]
    lags: Mapping[str, int]

    def of(self, table: str, label: str) -> tuple[tuple[Window, ...], int]:
        """Windows and lag of one label: its own feed where it has one, else its table's."""
        own = f"{table}/{label}"
        return (
            self.windows.get(own, self.windows.get(table, ())),
            self.lags.get(own, self.lags.get(table, 0)),
        )


def coverage(feeds: Sequence[Feed], standard: Standard) -> Coverage:
    """What dataset and standard together say of completeness; where both do, the later beginning holds."""
    windows: dict[str, list[Window]] = {}
    for feed in feeds:
        end = NEVER if feed.complete_to is None else microseconds(feed.complete_to)
        windows.setdefault(feed.name, []).append(Window(microseconds(feed.complete_from), end))
    for name, rule in standard.feeds.items():
        if rule.complete_from is None:
            continue
        begin = microseconds(rule.complete_from)
        given = windows.get(name) or windows.get(name.partition("/")[0]) or [Window(EVER)]
        windows[name] = [Window(max(begin, window.begin), window.end) for window in given]
    return Coverage(
        windows={name: tuple(given) for name, given in windows.items()},
        lags={name: rule.lag_us for name, rule in standard.feeds.items() if rule.lag_us},
    )


def covered(coverage: Coverage, rule: Rule, *, start: Ints, due: Ints, at: Instant) -> Bools:
    """Whether everything that could answer each duty is known to be complete from its start past its deadline."""
    result = np.ones(start.size, dtype=np.bool_)
    for table, label in sorted({name for response in rule.responses for name in _names(response.pattern)}):
        windows, lag = coverage.of(table, label)
        late = np.minimum(due, NEVER - lag) + lag
        complete = np.zeros(start.size, dtype=np.bool_)
        for window in windows:
            complete |= (start >= window.begin) & (late <= np.minimum(at, window.end))
        result &= complete
    return result


def _names(pattern: Pattern) -> list[tuple[str, str]]:
    return [(pattern.table, label) for label in pattern.labels or ("",)]
