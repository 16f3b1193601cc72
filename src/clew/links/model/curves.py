"""The link model: turns the families' default log10 factors into contributions that were fitted jointly.

A model is a set of curves. Each belongs to one family and reads one thing about a pair: the family's default factor, or
a feature of `features` (how far, how long between, ...). A family's contribution is the sum of its curves, and a pair's
log10 Bayes factor is the sum of its families; so a fitted model is shown one family at a time, as the default is. A
family that the model has no curve for keeps its default factor. Nothing known gives exactly nothing. `IDENTITY`, the
model of a force that has no solved series, has no curves at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from clew.links.events import Floats, Integers, LinkEvents
from clew.links.evidence.circumstances import Circumstances
from clew.links.model.features import DATED as DATED_FEATURES
from clew.links.model.features import Pairs, feature

#: The feature that is the family's own default factor.
FACTOR = "factor"

#: The families that read what two events share: a curve of theirs reads the factor, and nothing else of a pair. So what
#: shares nothing says nothing, and a pair need not be known to be sure of that.
SHARED = ("people", "reference", "narrative")

#: The family whose factor decoys change by exchanging dates; the features that change with it belong to no other.
DATED = "time"


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A contribution that is straight between knots and constant beyond them.

    family: it belongs to. feature: what it reads of a pair, `FACTOR` or a name in `features`, asked about `of`. knots:
    rising values of the feature. values: log10 contribution at each. Where the feature is not known, and where a
    factor is exactly 0 (nothing shared, or not known), the contribution is exactly 0. Raises `ValueError` for a feature
    that the family may not read.
    """

    family: str
    feature: str
    of: tuple[str, ...] = ()
    knots: tuple[float, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if self.feature in DATED_FEATURES and self.family != DATED:
            raise ValueError(f"{self.feature} reads dates and belongs to the family {DATED}")
        if self.family in SHARED and self.feature != FACTOR:
            raise ValueError(f"{self.family} reads what two events share: its {FACTOR}, and not {self.feature}")

    def at(self, read: Floats) -> Floats:
        """(p,) contribution at each value of the feature."""
        nothing = np.isnan(read) | (read == 0.0) if self.feature == FACTOR else np.isnan(read)
        contribution: Floats = np.where(nothing, 0.0, np.interp(read, self.knots, self.values))
        return contribution

    def bounds(self, least: float = -np.inf, most: float = np.inf) -> tuple[float, float]:
        """The least and the most it gives for values of the feature from `least` to `most`, or unknown."""
        inside = [value for knot, value in zip(self.knots, self.values, strict=True) if least <= knot <= most]
        ends = np.interp([least, most], self.knots, self.values)
        reached = (0.0, *inside, *(float(end) for end in ends))
        return min(reached), max(reached)


@dataclass(frozen=True, kw_only=True)
class LinkModel:
    """Curves, and where they come from. provenance: as `training` writes it; empty for the default."""

    curves: tuple[Curve, ...] = ()
    provenance: Mapping[str, object] = field(default_factory=dict)

    @property
    def fitted(self) -> frozenset[str]:
        """The families that have curves; the others keep their default factor."""
        return frozenset(curve.family for curve in self.curves)

    def dated_bounds(self, bounds: tuple[float, float]) -> tuple[float, float]:
        """The least and the most that the dated family contributes, where its factor lies within `bounds`."""
        if DATED not in self.fitted:
            return bounds
        reach = [
            curve.bounds(*bounds) if curve.feature == FACTOR else curve.bounds()
            for curve in self.curves
            if curve.family == DATED
        ]
        return sum(low for low, _ in reach), sum(high for _, high in reach)

    def over(self, held: Circumstances, families: tuple[str, ...]) -> ModelOver:
        """This model over the events whose circumstances are `held`; factors come in the order of `families`."""
        return ModelOver(model=self, families=families, held=held)


@dataclass(frozen=True, kw_only=True)
class ModelOver:
    """A model over one force's events. families: the order in which factors and contributions come."""

    model: LinkModel
    families: tuple[str, ...]
    held: Circumstances

    def contributions(self, factors: Floats, events: LinkEvents, ends: tuple[Integers, Integers]) -> Floats:
        """(p, families) what each family contributes to the pairs `ends`, from its default `factors`, same shape.

        events: with the dates that the factors were scored at.
        """
        if not self.model.fitted:
            return factors
        columns = enumerate(self.families)
        return np.column_stack([self.contribution(name, factors[:, number], events, ends) for number, name in columns])

    def contribution(self, family: str, factor: Floats, events: LinkEvents, ends: tuple[Integers, Integers]) -> Floats:
        """(p,) what one family contributes to the pairs `ends`, from its default `factor` (p,)."""
        curves = [curve for curve in self.model.curves if curve.family == family]
        if not curves:
            return factor
        given = np.zeros(len(factor))
        for curve in curves:
            if curve.feature == FACTOR:
                given += curve.at(factor)
            else:
                given += curve.at(
                    feature(curve.feature)(Pairs(events=events, held=self.held, a=ends[0], b=ends[1], of=curve.of))
                )
        return given


#: The model of a force that has no solved series: every family keeps its default factor (`weights`).
IDENTITY = LinkModel()
