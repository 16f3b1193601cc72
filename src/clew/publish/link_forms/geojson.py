"""Links as GeoJSON (RFC 7946): events as points, links as lines, for any geographical program.

Positions are longitude, latitude in WGS 84 degrees, to six decimals (a tenth of a metre). What has no known place has
no geometry (section 3.2) and keeps its properties. A line that crosses the antimeridian is cut there (3.1.9).
Programs drop what they do not know of a collection, so every feature bears the marking too.
"""

from __future__ import annotations

import json
from typing import Any

from clew.links import STATEMENT, Listing
from clew.publish.facts import EventFacts
from clew.publish.link_forms.facts import event_values, events_of, heading, link_values

Position = tuple[float, float]

_DECIMALS = 6


def links_geojson(listing: Listing) -> str:
    """`listing` as one FeatureCollection: first the events, in order of id, then the links, strongest first."""
    said, events = heading(listing), events_of(listing)
    marked = {"marking": said["marking"], "notice": said["notice"], "statement": STATEMENT}
    features = []
    for event_id in sorted(events):
        values = event_values(events[event_id], listing)
        properties = {name: value for name, value in values.items() if name not in ("lat", "lon")}
        features.append(_feature(f"event {values['event_id']}", _point(events[event_id]), properties | marked))
    for row in listing.table().iter_rows(named=True):
        values = link_values(row, listing)
        line = _line(events.get(row["event_id_a"]), events.get(row["event_id_b"]))
        name = f"link {values['event_id_a']} {values['event_id_b']}"
        features.append(_feature(name, line, values | marked))
    whole = {"type": "FeatureCollection", **said, "features": features}
    return json.dumps(whole, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _feature(name: str, geometry: dict[str, Any] | None, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "id": name, "geometry": geometry, "properties": properties}


def _position(event: EventFacts | None) -> Position | None:
    if event is None or event.place is None:
        return None
    lat, lon = event.place
    return round(lon, _DECIMALS), round(lat, _DECIMALS)


def _point(event: EventFacts) -> dict[str, Any] | None:
    position = _position(event)
    return {"type": "Point", "coordinates": position} if position else None


def _line(start: EventFacts | None, end: EventFacts | None) -> dict[str, Any] | None:
    one, other = _position(start), _position(end)
    if one is None or other is None:
        return None
    if abs(one[0] - other[0]) <= 180:
        return {"type": "LineString", "coordinates": [one, other]}
    edge = 180.0 if one[0] > 0 else -180.0
    whole = 360.0 - abs(one[0] - other[0])
    share = abs(edge - one[0]) / whole if whole else 0.0
    lat = round(one[1] + share * (other[1] - one[1]), _DECIMALS)
    return {"type": "MultiLineString", "coordinates": [[one, (edge, lat)], [(-edge, lat), other]]}
