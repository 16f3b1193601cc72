"""The most that a model can make of a pair of which only bounds are known: what the search for pairs goes by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from clew.links.events import Floats, LinkEvents
from clew.links.evidence.circumstances import Circumstances
from clew.links.model.curves import FACTOR, Curve, LinkModel
from clew.links.model.features import LOG_DISTANCE, SHARED_RARITY, VALUES, Pairs, holds, shared_rarity

#: A curve as the compiled search reads it: knots, and the value at each.
Bound = tuple[Floats, Floats]


class Reach(NamedTuple):
    """What a model can make of default factors, at most, log10. place, profile, shared, words: of rising default
    factors, the most that any factor up to there contributes. far: of ln of the distance, the most from there on.
    extra: (n,) the most that anything but the factor could add to what an event shares."""

    place: Bound
    far: Bound
    profile: Bound
    shared: Bound
    words: Bound
    extra: Floats


def reach_of(model: LinkModel, held: Circumstances, events: LinkEvents) -> Reach:
    """The reach of `model` over `events`, whose circumstances are `held`; a bound is the sum of those of its curves."""
    place, profile, shared, words = (
        [one for one in model.curves if one.family == family]
        for family in ("place", "profile", "circumstances", "narrative")
    )
    extra = np.zeros(len(events))
    for curve in shared:
        if curve.feature != FACTOR:
            extra += _most_of(curve, held, events)
    far = [one for one in place if one.feature == LOG_DISTANCE]
    return Reach(
        place=_rising(place, _anything(one for one in place if one.feature != LOG_DISTANCE)),
        far=_falling(far),
        profile=_rising(profile, _anything(profile)),
        shared=_rising(shared, 0.0),
        words=_rising(words, 0.0),
        extra=extra,
    )


def _rising(curves: list[Curve], more: float) -> Bound:
    """The most that the curves of one family make of any default factor up to each knot, and `more`.

    A family without curves keeps its factor. Between knots a chord is never below what it bounds: the running maximum
    of a line is convex there.
    """
    if not curves:
        return np.array([-1e3, 1e3]), np.array([-1e3, 1e3])
    by_factor = [one for one in curves if one.feature == FACTOR]
    knots = _knots(by_factor)
    most = np.full(len(knots), more)
    for one in by_factor:
        values = np.interp(knots, one.knots, one.values)
        values[knots >= 0] = np.maximum(values[knots >= 0], 0.0)  # nothing known gives nothing
        most += np.maximum.accumulate(values)
    return knots, most


def _falling(curves: list[Curve]) -> Bound:
    """The most that curves over one feature give from each knot on."""
    knots = _knots(curves)
    most = np.zeros(len(knots))
    for one in curves:
        most += np.maximum.accumulate(np.interp(knots, one.knots, one.values)[::-1])[::-1]
    return knots, most


def _knots(curves: list[Curve]) -> Floats:
    knots: Floats = np.unique([0.0, *(knot for one in curves for knot in one.knots)])
    return knots


def _anything(curves: Iterable[Curve]) -> float:
    """The most that those of `curves` that do not read the factor could give."""
    return sum((one.bounds()[1] for one in curves if one.feature != FACTOR), 0.0)


def _most_of(curve: Curve, held: Circumstances, events: LinkEvents) -> Floats:
    """(n,) the most that a curve over what is shared, other than the factor, could give a pair of each event."""
    if curve.feature == SHARED_RARITY:  # nobody shares more with an event than it has
        every = np.arange(len(events))
        knots = _knots([curve])
        most = np.maximum.accumulate(np.interp(knots, curve.knots, curve.values))
        with_itself: Floats = np.interp(shared_rarity(Pairs(events=events, held=held, a=every, b=every)), knots, most)
        return with_itself
    if curve.feature == VALUES:
        name, *values = curve.of
        neither, both = curve.at(np.array([0.0, 1.0]))
        has = np.any([holds(held, name, value) for value in values], axis=0)
        found: Floats = neither + np.where(has, max(both - neither, 0.0), 0.0)
        return found
    return np.full(len(events), curve.bounds()[1])
