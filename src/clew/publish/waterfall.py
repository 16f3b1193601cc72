"""Lays out the evidence of one link as a waterfall: from nothing, family by family, to the sum.

Each step starts where the one before it ended, so that the last bar's end is the sum and a family that speaks against
the link is seen to take away. Families are those the engine has, whatever they are; what a sum has beyond its families
(a model's own starting point) is a step of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate

from clew.links import FAMILIES, Explanation
from clew.publish.bars import Scale
from clew.publish.wording import FAMILY_WORDS, label_words, likelier_words

#: A sum that differs from that of its families by more than this has something beside them.
_ROUNDING = 1e-6


@dataclass(frozen=True, kw_only=True)
class Step:
    """One family: its name, log10 factor, what that says and what it rests on in words; its bar from left by width,
    and where the sum stands after it, all in percent of the drawing."""

    family: str
    factor: float
    words: str
    clause: str
    left: float
    width: float
    stands_at: float


def parts_of(why: Explanation) -> dict[str, float]:
    """The log10 factors that add up to the link's, in the engine's order."""
    order = {family: number for number, family in enumerate(FAMILIES)}
    parts = dict(sorted(why.factors.items(), key=lambda part: (order.get(part[0], len(order)), part[0])))
    beyond = why.log10_bayes_factor - sum(parts.values())
    return parts | ({"all families": beyond} if abs(beyond) > _ROUNDING else {})


def waterfall_scale(explanations: Iterable[Explanation]) -> Scale:
    """One scale on which every sum on the way fits, so that equal lengths mean equal strength."""
    stands = [stand for why in explanations for stand in accumulate(parts_of(why).values())]
    return Scale(low=min([0.0, *stands]), high=max([1.0, *stands]))


def waterfall(why: Explanation, scale: Scale) -> tuple[Step, ...]:
    """The steps from nothing to the link's log10 Bayes factor."""
    steps, before = [], 0.0
    for family, factor in parts_of(why).items():
        after = before + factor
        left, right = sorted((scale.percent(before), scale.percent(after)))
        steps.append(
            Step(
                family=FAMILY_WORDS.get(family, label_words(family).capitalize()),
                factor=factor,
                words=likelier_words(factor),
                clause=why.clauses.get(family, ""),
                left=left,
                width=round(right - left, 2),
                stands_at=scale.percent(after),
            )
        )
        before = after
    return tuple(steps)


def strongest_first(parts: Mapping[str, float]) -> list[str]:
    """The names of `parts` that speak for a link, strongest first: what a glance should say."""
    telling = [name for name, factor in parts.items() if factor >= 0.3]
    return [FAMILY_WORDS.get(name, label_words(name)).lower() for name in sorted(telling, key=lambda one: -parts[one])]
