"""What a fitted curve may read of a pair besides the families' default factors. NaN where it is not known.

Every feature is symmetric in the pair. Times are intervals: what is read of them is its exact mean over all instants
that the two intervals allow, each as likely as the other. A feature that reads dates belongs to the family `time`,
because decoys exchange dates and the search bounds what a date can add.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from clew.core import UsageError
from clew.links.events import Flags, Floats, Integers, LinkEvents
from clew.links.evidence.circumstances import Circumstances, signatures

#: No time is known better than this: intervals are widened to it, in days.
_LEAST_DAYS = 1 / 24

#: Added to every distance, in km: below it, near is near.
NEAR_KM = 0.1


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """p pairs of `events`. held: the events' circumstances. a, b: (p,) event indices. of: what the feature is asked
    about, if anything: for `values` the circumstance's feature and two of its values."""

    events: LinkEvents
    held: Circumstances
    a: Integers
    b: Integers
    of: tuple[str, ...] = ()


Feature = Callable[[Pairs], Floats]


def log_distance(pairs: Pairs) -> Floats:
    """ln of the distance in km, with 100 m added to it."""
    place = pairs.events.xyz_km
    apart: Floats = np.sqrt(((place[pairs.a] - place[pairs.b]) ** 2).sum(axis=1))
    return np.log(apart + NEAR_KM)


def log_gap(pairs: Pairs) -> Floats:
    """The mean of ln(1 + days between the two)."""
    return _mean_over_intervals(pairs, _log_twice_integrated)


def hours_apart(pairs: Pairs) -> Floats:
    """The mean of the hours between the two times of day, 0 to 12; 6 where the hour of one is not known at all."""
    return 24 * _mean_over_intervals(pairs, _round_the_clock_twice_integrated)


def both_noted(pairs: Pairs) -> Floats:
    """1 where something that other events have too is noted of both, else 0."""
    noted = pairs.held.codes[:, 0] >= 0 if pairs.held.codes.shape[1] else np.zeros(len(pairs.events), dtype=np.bool_)
    return (noted[pairs.a] & noted[pairs.b]).astype(np.float64)


def shared_rarity(pairs: Pairs) -> Floats:
    """-log10 of the share of events that have it, of those of which anything is noted, summed over what both have."""
    from clew.links.evidence import kernel  # noqa: PLC0415 - compiles; not for who only wants help

    codes, rarity = pairs.held.codes, -np.log10(pairs.held.holders / pairs.held.noted)
    total, same = np.zeros(len(pairs.a)), np.zeros(len(pairs.a))
    no_substance = np.zeros(len(rarity), dtype=np.bool_)
    kernel.shared_of(codes, signatures(codes), rarity, no_substance, 1.0, 0.0, pairs.a, pairs.b, total, same)
    return total


def values(pairs: Pairs) -> Floats:
    """1 where one event has the first value of the circumstance asked about and the other the second, else 0."""
    name, one, other = pairs.of
    has_one, has_other = holds(pairs.held, name, one), holds(pairs.held, name, other)
    found = (has_one[pairs.a] & has_other[pairs.b]) | (has_one[pairs.b] & has_other[pairs.a])
    return found.astype(np.float64)


def holds(held: Circumstances, name: str, value: str) -> Flags:
    """(n,) whether each event has this value of a circumstance."""
    code = held.names.filter((pl.col("feature") == name) & (pl.col("value") == value))["code"]
    if code.is_empty():
        return np.zeros(len(held.codes), dtype=np.bool_)
    flags: Flags = np.zeros(len(held.codes), dtype=np.bool_)
    flags[np.flatnonzero(held.codes == code[0]) // held.codes.shape[1]] = True
    return flags


def _mean_over_intervals(pairs: Pairs, twice_integrated: Callable[[Floats], Floats]) -> Floats:
    """The mean of an even function of the gap over the two intervals, from its even second antiderivative H.

    For independent uniform times, the mean over [a, b] x [c, d] of f(x - y) is
    ``(H(b - c) - H(a - c) - H(b - d) + H(a - d)) / ((b - a)(d - c))``.
    """
    (start_a, end_a), (start_b, end_b) = (_interval(pairs.events, ends) for ends in (pairs.a, pairs.b))
    corners = (
        twice_integrated(end_a - start_b)
        - twice_integrated(start_a - start_b)
        - twice_integrated(end_a - end_b)
        + twice_integrated(start_a - end_b)
    )
    mean: Floats = corners / ((end_a - start_a) * (end_b - start_b))
    return mean


def _interval(events: LinkEvents, ends: Integers) -> tuple[Floats, Floats]:
    start, end = events.from_day[ends], events.to_day[ends]
    short = np.maximum(_LEAST_DAYS - (end - start), 0.0) / 2
    return start - short, end + short


def _log_twice_integrated(days: Floats) -> Floats:
    """H with H'' = ln(1 + |t|) and H'(0) = 0."""
    grown = 1 + np.abs(days)
    curve: Floats = grown**2 / 2 * np.log(grown) - 0.75 * grown**2 + grown
    return curve


def _round_the_clock_twice_integrated(days: Floats) -> Floats:
    """H with H'' = the distance in days from t to the nearest whole number of days, and H'(0) = 0."""
    gap = np.abs(days)
    whole = np.floor(gap)
    part = gap - whole
    within = np.where(part < 0.5, part**3 / 6, part**2 / 2 - part**3 / 6 - part / 4 + 1 / 24)
    curve: Floats = whole**2 / 8 + whole * part / 4 + within
    return curve


#: Features that the search for pairs bounds one by one (`reach`).
LOG_DISTANCE, SHARED_RARITY, VALUES = "log_distance", "shared_rarity", "values"

_FEATURES: Mapping[str, Feature] = {
    LOG_DISTANCE: log_distance,
    "log_gap": log_gap,
    "hours_apart": hours_apart,
    "both_noted": both_noted,
    SHARED_RARITY: shared_rarity,
    VALUES: values,
}

#: Features that change with an event's dates: they belong to the family `time`.
DATED = ("log_gap", "hours_apart")


def feature(name: str) -> Feature:
    """The feature that a model's file calls `name`; raises `UsageError` if this version knows none of that name."""
    if name not in _FEATURES:
        raise UsageError(
            f"The link model reads {name!r}, which this version of Clew does not know.",
            where="link model",
            mend="use the version that trained it, or train again",
        )
    return _FEATURES[name]
