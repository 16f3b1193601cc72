"""What the joint fit reads of pairs, as columns: stretches of a curve, and pairs of values of a circumstance.

A curve is a sum of stretches: how far the feature reaches into each interval between its knots. With one weight a
stretch, all of one sign, the curve is straight between knots and never turns back: nearer is never less evidence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clew.links.events import Flags, Floats, Integers
from clew.links.model import FACTOR, Curve
from clew.links.model.features import Pairs, feature
from clew.links.scoring import FAMILIES, Scorer

#: Where the time curve bends: quantiles of the training pairs. Assumed: short gaps say most.
_BENDS = (0.02, 0.1, 0.3, 0.6)

#: Families with a curve over their own default factor, where enough series show one.
_BY_FACTOR = ("people", "reference", "profile", "narrative")

#: A family, or a pair of values, that fewer groups of series show is not fitted: it would be learnt from one of them.
_LEAST_GROUPS = {"factor": 5, "values": 2}


@dataclass(frozen=True, kw_only=True)
class Part:
    """One curve to be fitted. knots: two or more, rising. sign: of its slopes, 0 for either. scale: of the feature,
    by which its slopes are made comparable. ridge: the weight of the penalty on them."""

    family: str
    feature: str
    of: tuple[str, ...] = ()
    knots: tuple[float, ...]
    sign: int
    scale: float
    ridge: float

    @property
    def width(self) -> int:
        """How many weights it has."""
        return len(self.knots) - 1

    def columns(self, read: Floats) -> Floats:
        """(p, width) its stretches at each value of the feature, 0 where that is not known."""
        knots = np.asarray(self.knots)
        reach = np.clip(read[:, None], knots[:-1], knots[1:]) - knots[:-1]
        if self.feature == FACTOR:  # through nothing at 0, where nothing is shared or known
            reach -= np.clip(0.0, knots[:-1], knots[1:]) - knots[:-1]
        columns: Floats = np.nan_to_num(reach) / self.scale
        return columns

    def curve(self, weights: Floats, constant: float = 0.0) -> Curve:
        """The curve that `weights` (of natural logarithms) make, in log10; `constant` (log10) is added to it."""
        values = np.concatenate(([0.0], np.cumsum(weights * np.diff(self.knots) / self.scale))) / np.log(10)
        if self.feature == FACTOR:
            values = values - np.interp(0.0, self.knots, values)
        shifted = tuple(float(value) + constant for value in values)
        return Curve(family=self.family, feature=self.feature, of=self.of, knots=self.knots, values=shifted)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """p pairs of solved events, read once. a, b: (p,) rows of the solved events. factors: (p, families) default
    factors. features: what each named feature gives. codes: (m, k) the events' circumstances."""

    a: Integers
    b: Integers
    factors: Floats
    features: dict[str, Floats]
    codes: NDArray[np.int32]
    names: tuple[tuple[str, str], ...]

    def read(self, part: Part) -> Floats:
        """(p,) what `part` reads of each pair."""
        if part.feature == FACTOR:
            return self.factors[:, FAMILIES.index(part.family)]
        if part.feature == "values":
            return self._values(part.of)
        return self.features[part.feature]

    def _values(self, of: tuple[str, ...]) -> Floats:
        one, other = ((self.codes == self.names.index((of[0], value))).any(axis=1) for value in of[1:])
        found = (one[self.a] & other[self.b]) | (one[self.b] & other[self.a])
        flags: Floats = found.astype(np.float64)
        return flags

    def take(self, rows: Integers) -> Reading:
        """Only these pairs."""
        return Reading(
            a=self.a[rows],
            b=self.b[rows],
            factors=self.factors[rows],
            features={name: values[rows] for name, values in self.features.items()},
            codes=self.codes,
            names=self.names,
        )


def reading(scorer: Scorer, factors: Floats, event: Integers, rows: tuple[Integers, Integers]) -> Reading:
    """What the fit reads of the pairs `rows` of the solved events `event`, whose default `factors` are given."""
    ends = (event[rows[0]], event[rows[1]])
    pairs = Pairs(events=scorer.events, held=scorer.held, a=ends[0], b=ends[1])
    names = ("log_distance", "log_gap", "hours_apart", "both_noted", "shared_rarity")
    return Reading(
        a=rows[0],
        b=rows[1],
        factors=factors,
        features={name: feature(name)(pairs) for name in names},
        codes=scorer.held.codes[event],
        names=tuple(scorer.held.names.select("feature", "value").iter_rows()),
    )


def parts(pairs: Reading, linked: Flags, group: Integers, *, form: Form) -> list[Part]:
    """The curves that these training pairs can tell something about. group: (p,) group of each linked pair's events."""
    found = [
        _stretched(pairs, "place", "log_distance", sign=-1),
        _stretched(pairs, "time", "log_gap", sign=-1, bends=_BENDS),
        _stretched(pairs, "time", FACTOR, sign=1),
        _stretched(pairs, "time", "hours_apart", sign=-1),
        _stretched(pairs, "circumstances", "shared_rarity", sign=1),
    ]
    for family in _BY_FACTOR:
        said = pairs.factors[:, FAMILIES.index(family)] != 0
        if len(np.unique(group[said & linked])) >= _LEAST_GROUPS["factor"]:
            found.append(_stretched(pairs, family, FACTOR, sign=1))
    found += _value_parts(pairs, linked, group, ridge=form.value_ridge)
    return [part for part in found if part is not None]


@dataclass(frozen=True, kw_only=True)
class Form:
    """What is chosen inside the training series. value_ridge: how strongly the weights of pairs of values are held at
    nothing."""

    value_ridge: float


#: The forms that are tried.
FORMS = tuple(Form(value_ridge=ridge) for ridge in (2.0, 5.0, 20.0))

_RIDGE = 0.01


def _stretched(pairs: Reading, family: str, name: str, *, sign: int, bends: tuple[float, ...] = ()) -> Part | None:
    """A part whose knots span the training pairs; None where they do not differ."""
    read = pairs.factors[:, FAMILIES.index(family)] if name == FACTOR else pairs.features[name]
    known = read[np.isfinite(read) & (read != 0)] if name == FACTOR else read[np.isfinite(read)]
    if len(known) < 2 or known.min() == known.max():
        return None
    ends = np.quantile(known, (0.0002, 0.9999))
    if name == FACTOR:  # the curve passes through nothing at 0
        ends = np.array([min(ends[0], 0.0), max(ends[1], 0.0)])
    knots = np.unique(np.concatenate((ends, np.quantile(known, bends))))
    return Part(
        family=family,
        feature=name,
        knots=tuple(float(knot) for knot in knots),
        sign=sign,
        scale=float(known.std()),
        ridge=_RIDGE,
    )


def _value_parts(pairs: Reading, linked: Flags, group: Integers, *, ridge: float) -> list[Part]:
    """A part for each two values of one circumstance that linked events of two groups or more have between them."""
    rows = np.flatnonzero(linked)
    seen: dict[tuple[int, int], set[int]] = {}
    for a, b, of in zip(pairs.a[rows].tolist(), pairs.b[rows].tolist(), group[rows].tolist(), strict=True):
        for one in pairs.codes[a][pairs.codes[a] >= 0].tolist():
            for other in pairs.codes[b][pairs.codes[b] >= 0].tolist():
                if pairs.names[one][0] == pairs.names[other][0]:
                    seen.setdefault((min(one, other), max(one, other)), set()).add(of)
    return [
        Part(
            family="circumstances",
            feature="values",
            of=(pairs.names[one][0], pairs.names[one][1], pairs.names[other][1]),
            knots=(0.0, 1.0),
            sign=0,
            scale=1.0,
            ridge=ridge,
        )
        for (one, other), groups in sorted(seen.items())
        if len(groups) >= _LEAST_GROUPS["values"]
    ]
