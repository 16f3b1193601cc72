"""Made-up events and circumstances as arrays, with as much missing as one asks for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from clew.links.events import LinkEvents
from clew.links.evidence.circumstances import Circumstances


def made_events(count: int, *, seed: int, missing: float = 0.0) -> LinkEvents:
    """`count` deaths around one town over two years: times are intervals, places have radii; a share is missing."""
    rng = np.random.default_rng(seed)
    lat, lon = np.radians(rng.normal((51.5, 0.0), 0.03, (count, 2)).T)
    xyz = 6371.0088 * np.column_stack((np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)))
    start = rng.uniform(0, 730, count)
    events = LinkEvents(
        event_id=np.array([f"M{number:07d}" for number in range(count)]),
        death=np.ones(count, dtype=bool),
        xyz_km=xyz,
        uncertainty_km=rng.exponential(0.1, count),
        from_day=start,
        to_day=start + rng.exponential(2.0, count),
        known_day=start + 3,
        learned_day=start + 4,
        age_years=np.round(rng.uniform(0, 100, count)),
        sex=rng.integers(0, 2, count).astype(np.int8),
        area=np.zeros(count, dtype=np.int64),
        institution=np.zeros(count, dtype=bool),
        public=np.zeros(count, dtype=bool),
    )
    lost = rng.random((4, count)) < missing
    return replace(
        events,
        xyz_km=np.where(lost[0][:, None], np.nan, events.xyz_km),
        from_day=np.where(lost[1], np.nan, events.from_day),
        age_years=np.where(lost[2], np.nan, events.age_years),
        sex=np.where(lost[3], -1, events.sex).astype(np.int8),
    )


def made_circumstances(count: int, *, kinds: int, seed: int, per_event: int) -> Circumstances:
    """Each event has each of `kinds` codes or not; a fifth of the codes are substances."""
    rng = np.random.default_rng(seed)
    share = np.sort(0.3 * rng.random(kinds) ** 3 + 4 / count)
    has = rng.random((count, kinds)) < share
    codes = np.full((count, per_event), -1, dtype=np.int32)
    for event in range(count):
        held = np.flatnonzero(has[event])[:per_event]
        codes[event, : len(held)] = held
    return Circumstances(
        codes=codes,
        factor=np.log10((0.3 + 0.7 * share) / share),
        substance=rng.random(kinds) < 0.2,
        holders=np.maximum(has.sum(axis=0), 2),
        noted=max(int((codes[:, 0] >= 0).sum()), 1),
        names=pl.DataFrame(
            {"code": range(kinds), "feature": ["made"] * kinds, "value": [f"{number}" for number in range(kinds)]}
        ),
    )
