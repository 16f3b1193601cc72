"""Lays out the evidence of a link by family as horizontal bars on one scale, negative ones to the left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from clew.links import FAMILIES
from clew.publish.wording import FAMILY_WORDS, label_words, likelier_words


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The log10 factors at the two ends of every bar's box; 0 lies within."""

    low: float
    high: float

    def percent(self, value: float) -> float:
        """Where `value` lies from left to right."""
        return round(100 * (min(max(value, self.low), self.high) - self.low) / (self.high - self.low), 2)


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One family: its name, log10 factor, what that says in words, and its bar in percent. clause: what it rests on."""

    family: str
    factor: float
    words: str
    clause: str
    left: float
    width: float


def common_scale(breakdowns: Iterable[Mapping[str, float]]) -> Scale:
    """One scale for all `breakdowns` (log10 factor by family), so that equal lengths mean equal strength."""
    values = [value for families in breakdowns for value in families.values()]
    return Scale(low=min([0.0, *values]), high=max([1.0, *values]))


def family_bars(families: Mapping[str, float], *, scale: Scale, clauses: Mapping[str, str]) -> tuple[Bar, ...]:
    """A bar per family, in the engine's order; families it does not know come last."""
    order = {family: number for number, family in enumerate(FAMILIES)}
    bars = []
    for family, factor in sorted(families.items(), key=lambda entry: (order.get(entry[0], len(order)), entry[0])):
        ends = sorted((scale.percent(0.0), scale.percent(factor)))
        bars.append(
            Bar(
                family=FAMILY_WORDS.get(family, label_words(family)),
                factor=factor,
                words=likelier_words(factor),
                clause=clauses.get(family, ""),
                left=ends[0],
                width=round(ends[1] - ends[0], 2),
            )
        )
    return tuple(bars)
