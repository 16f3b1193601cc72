"""A second, naive implementation of the evidence: one pair at a time, in plain Python, from the tables.

Shares nothing with `clew.links` but the weights and the background counts it is handed.
"""

from __future__ import annotations

import math

from clew.links.evidence.families import Background
from clew.links.weights import Weights


def km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance by the haversine formula."""
    p1, p2 = math.radians(lat1), math.radians(lat2)
    h = math.sin((p2 - p1) / 2) ** 2 + math.cos(p1) * math.cos(p2) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return 2 * 6371.0088 * math.asin(math.sqrt(h))


def place(
    weights: Weights, apart_km: float, unsure_km: tuple[float, float], around: tuple[float, float], spot: float
) -> float:
    w = weights.place
    scale2 = w.scale_km**2 + (unsure_km[0] ** 2 + unsure_km[1] ** 2) / 4
    connected = (w.exponent - 1) / (math.pi * scale2) * (1 + apart_km**2 / scale2) ** -w.exponent
    background = math.sqrt(around[0] * around[1]) + spot * math.exp(-((apart_km / w.finest_km) ** 2))
    return math.log10(w.share * connected / background + 1 - w.share)


def time(weights: Weights, usual: Background, first: tuple[float, float], second: tuple[float, float]) -> float:
    """The connected density averaged over the gaps the intervals allow, by summing 20,000 slices."""
    w = weights.time
    shortest = max(0.0, max(first[0], second[0]) - min(first[1], second[1]))
    longest = max(max(first[1], second[1]) - min(first[0], second[0]), shortest + 1 / 24)
    slices = 20_000
    width = (longest - shortest) / slices
    mean = (
        sum(
            w.exponent / w.scale_days * (1 + (shortest + (number + 0.5) * width) / w.scale_days) ** -(w.exponent + 1)
            for number in range(slices)
        )
        / slices
    )
    length = usual.history_days
    middle = min((shortest + longest) / 2, 0.95 * length)
    background = 2 * (length - middle) / length**2
    return math.log10(w.share * mean / background + 1 - w.share)


def profile(weights: Weights, usual: Background, ages: tuple[float, float], sexes: tuple[str, str]) -> float:
    w = weights.profile
    normal = math.exp(-0.5 * ((ages[0] - ages[1]) / w.age_scale_years) ** 2) / (
        w.age_scale_years * math.sqrt(2 * math.pi)
    )
    around = math.sqrt(usual.age_per_year[int(ages[0])] * usual.age_per_year[int(ages[1])])
    age = math.log10(w.age_share * normal / around + 1 - w.age_share)
    share = usual.male_share if sexes[0] == "male" else 1 - usual.male_share
    if sexes[0] == sexes[1]:
        return age + max(0.0, math.log10(w.same_sex / share))
    return age + math.log10((1 - w.same_sex) / (2 * share * (1 - share)))


def circumstances(weights: Weights, shared: list[tuple[str, float]]) -> float:
    """shared: (feature, share of events that have it), any order."""
    w = weights.circumstances
    substances = others = 0.0
    for position, (feature, share) in enumerate(sorted(shared, key=lambda one: one[1])):
        gain = math.log10((w.repeat + (1 - w.repeat) * share) / share) * w.discount**position
        if feature == "substance":
            substances += gain
        else:
            others += gain
    return others + min(substances, w.substance_cap)


def people(connected: float, appearances: int, events: int) -> float:
    usual = appearances / events
    return math.log10((connected + (1 - connected) * usual) / usual)
