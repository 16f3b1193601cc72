"""Lays out a small map without a base map: marks, circles of uncertainty, distance rings, scale bar, labels.

The projection is azimuthal equidistant about the map's centre (Snyder, Map Projections, 1987, chapter 25), on the
sphere that the links engine measures on, so distances from the centre are true, a distance ring is a circle, and a
distance is the same wherever Clew says it. `templates/map.svg.j2` draws the layout.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pyproj import Geod, Proj

from clew.publish.labels import Box, Label, around_mark, place_labels, short_list
from clew.publish.wording import SAME_SPOT_M, distance_words

#: Two marks nearer than this (drawing units) are drawn as one and labelled together.
SAME_MARK = 7.0

#: The least a map spans, in metres: a map of one spot still needs a scale.
LEAST_SPAN_M = 300.0

_MARGIN = 34.0
#: Mean radius of the earth (IUGG), in metres, as in `clew.links.events`.
_RADIUS_M = 6_371_008.8
_SPHERE = Geod(a=_RADIUS_M, b=_RADIUS_M)
#: Where on a ring its label may stand: foot, head, then around, in eighths of a turn from the foot.
_RING_PLACES = (0, 4, 2, 6, 1, 7, 3, 5)


@dataclass(frozen=True, kw_only=True)
class Spot:
    """Something to show. label: short. lat, lon: WGS 84 degrees. uncertainty_m: radius it lies within, 0 if exact.
    chief: the event the map is about. death: drawn as a disc, anything else as a triangle. names: what it is labelled
    with in place of `label`, each said once where spots are drawn as one mark."""

    label: str
    lat: float
    lon: float
    uncertainty_m: float = 0.0
    chief: bool = False
    death: bool = True
    names: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A drawn mark at x, y (units from the top left); count: how many spots it stands for."""

    x: float
    y: float
    count: int
    chief: bool
    death: bool


@dataclass(frozen=True, kw_only=True)
class Circle:
    """A circle in drawing units: of uncertainty, or of distance from the centre."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True, kw_only=True)
class MapLayout:
    """A map ready to draw, in units. points: where each spot lies, in the order given. left_out: labels there was no
    room for."""

    width: float
    height: float
    points: tuple[tuple[float, float], ...]
    marks: tuple[Mark, ...]
    uncertain: tuple[Circle, ...]
    rings: tuple[Circle, ...]
    ring_labels: tuple[Label, ...]
    labels: tuple[Label, ...]
    left_out: int
    bar_units: float
    bar_words: str


#: Circles of distance, and their labels.
Rings = tuple[tuple[Circle, ...], tuple[Label, ...]]


def map_layout(spots: Sequence[Spot], *, width: float = 360.0, height: float = 300.0) -> MapLayout | None:
    """The map of `spots`; None if there is none. The chief spot, if any, is the centre of projection and rings."""
    if not spots:
        return None
    chief = next((spot for spot in spots if spot.chief), None)
    points, reach = _project(spots, chief)
    units_per_m, origin = _fit(points, reach, width, height)
    drawn = [(origin[0] + x * units_per_m, origin[1] - y * units_per_m) for x, y in points]
    bar_m = round_down(width / 3.2 / units_per_m)
    furniture = [
        Box(left=8, top=height - 28, right=16 + bar_m * units_per_m, bottom=height),
        Box(left=width - 30, top=0, right=width, bottom=40),
    ]
    frame = Box(left=2, top=2, right=width - 2, bottom=height - 2)
    rings: Rings = ((), ())
    if chief is not None:
        farthest_m = max(math.hypot(*point) for point in points)
        rings = _rings(
            drawn[spots.index(chief)],
            farthest_m,
            units_per_m,
            frame=frame,
            taken=[*furniture, *map(around_mark, drawn)],
        )
    furniture += [label.box for label in rings[1]]
    groups = _group(drawn)
    marks = tuple(_mark(group, drawn, spots) for group in groups)
    labels, left_out = place_labels(
        [
            (mark.x, mark.y, short_list(_names([spots[at] for at in group])))
            for mark, group in zip(marks, groups, strict=True)
        ],
        frame=frame,
        taken=furniture,
    )
    uncertain = {
        Circle(x=round(x, 1), y=round(y, 1), radius=round(spot.uncertainty_m * units_per_m, 1))
        for (x, y), spot in zip(drawn, spots, strict=True)
        if spot.uncertainty_m * units_per_m > 4
    }
    return MapLayout(
        width=width,
        height=height,
        points=tuple((round(x, 1), round(y, 1)) for x, y in drawn),
        marks=marks,
        uncertain=tuple(sorted(uncertain, key=lambda circle: (-circle.radius, circle.x, circle.y))),
        rings=rings[0],
        ring_labels=rings[1],
        labels=labels,
        left_out=left_out,
        bar_units=bar_m * units_per_m,
        bar_words=_length_words(bar_m),
    )


def distance_m(start: tuple[float, float], end: tuple[float, float]) -> float:
    """Great-circle metres between two (latitude, longitude)."""
    return float(_SPHERE.inv(start[1], start[0], end[1], end[0])[2])


def direction_words(start: tuple[float, float], end: tuple[float, float]) -> str:
    """The compass point of `end` seen from `start`: ``north-east``."""
    azimuth = float(_SPHERE.inv(start[1], start[0], end[1], end[0])[0])
    points = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")
    return points[round(azimuth / 45) % 8]


def apart_words(start: tuple[float, float], end: tuple[float, float]) -> str:
    """``450 m east``; a direction means nothing at the same spot."""
    metres = distance_m(start, end)
    return distance_words(metres) + (f" {direction_words(start, end)}" if metres >= SAME_SPOT_M else "")


def round_down(value: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is at most `value`."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (5, 2, 1) if step * power <= value * (1 + 1e-9))


def _project(spots: Sequence[Spot], chief: Spot | None) -> tuple[list[tuple[float, float]], list[float]]:
    """East and north of the centre in metres, and how far around each spot the map should reach."""
    centre = (chief.lat, chief.lon) if chief else _middle(spots)
    projection = Proj(proj="aeqd", lat_0=centre[0], lon_0=centre[1], R=_RADIUS_M)
    points = [tuple(float(value) for value in projection(spot.lon, spot.lat)) for spot in spots]
    # The antipode of the centre has no image: it is drawn at the centre rather than not at all.
    finite = [(x, y) if math.isfinite(x) and math.isfinite(y) else (0.0, 0.0) for x, y in points]
    span = max(
        *(max(axis) - min(axis) for axis in zip(*finite, strict=True)),
        LEAST_SPAN_M,
    )
    return finite, [min(spot.uncertainty_m, span) for spot in spots]


def _middle(spots: Sequence[Spot]) -> tuple[float, float]:
    """The mean direction of the spots from the earth's centre, as (latitude, longitude); safe at the date line."""
    east = north = up = 0.0
    for spot in spots:
        lat, lon = math.radians(spot.lat), math.radians(spot.lon)
        east += math.cos(lat) * math.cos(lon)
        north += math.cos(lat) * math.sin(lon)
        up += math.sin(lat)
    return math.degrees(math.atan2(up, math.hypot(east, north))), math.degrees(math.atan2(north, east))


def _fit(
    points: Sequence[tuple[float, float]], reach: Sequence[float], width: float, height: float
) -> tuple[float, tuple[float, float]]:
    """Units per metre, and where the projection's centre is drawn."""
    west = min(x - around for (x, _), around in zip(points, reach, strict=True))
    east = max(x + around for (x, _), around in zip(points, reach, strict=True))
    south = min(y - around for (_, y), around in zip(points, reach, strict=True))
    north = max(y + around for (_, y), around in zip(points, reach, strict=True))
    scale = min(
        (width - 2 * _MARGIN) / max(east - west, LEAST_SPAN_M),
        (height - 2 * _MARGIN) / max(north - south, LEAST_SPAN_M),
    )
    return scale, (width / 2 - (east + west) / 2 * scale, height / 2 + (north + south) / 2 * scale)


def _rings(
    middle: tuple[float, float], farthest_m: float, units_per_m: float, *, frame: Box, taken: Sequence[Box]
) -> Rings:
    """One to three rings at round distances about `middle`, each labelled where it is free of `taken`."""
    x, y = middle
    step = round_down(max(farthest_m, LEAST_SPAN_M / 2) / 1.8)
    rings: list[Circle] = []
    labels: list[Label] = []
    for number in (1, 2, 3):
        radius = step * number * units_per_m
        if radius > frame.right:
            break
        rings.append(Circle(x=x, y=y, radius=radius))
        for place in _RING_PLACES:
            turn = place * math.pi / 4
            label = Label.around(_length_words(step * number), x + radius * math.sin(turn), y + radius * math.cos(turn))
            if label.box.inside(frame) and not any(label.box.meets(box) for box in taken):
                labels.append(label)
                taken = [*taken, label.box]
                break
    return tuple(rings), tuple(labels)


def _group(drawn: Sequence[tuple[float, float]]) -> list[list[int]]:
    """Indices of spots to draw as one mark: each joins the first group whose first spot is near."""
    groups: list[list[int]] = []
    for index, point in enumerate(drawn):
        near = next((group for group in groups if math.dist(drawn[group[0]], point) < SAME_MARK), None)
        if near is None:
            groups.append([index])
        else:
            near.append(index)
    return groups


def _mark(group: Sequence[int], drawn: Sequence[tuple[float, float]], spots: Sequence[Spot]) -> Mark:
    return Mark(
        x=sum(drawn[at][0] for at in group) / len(group),
        y=sum(drawn[at][1] for at in group) / len(group),
        count=len(group),
        chief=any(spots[at].chief for at in group),
        death=any(spots[at].death for at in group),
    )


def _names(spots: Sequence[Spot]) -> list[str]:
    """What a mark is labelled with: every spot's label, or every name of its spots once."""
    if not any(spot.names for spot in spots):
        return [spot.label for spot in spots]
    names = list(dict.fromkeys(name for spot in spots for name in spot.names or (spot.label,)))
    return sorted(names, key=int) if all(name.isdecimal() for name in names) else names


def _length_words(metres: float) -> str:
    return f"{metres:,.0f} m" if metres < 1000 else f"{metres / 1000:,.0f} km"
