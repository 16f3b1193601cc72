"""A made-up force with solved series whose laws are known: place, time and one coded circumstance."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl

from clew.records import TABLES, Dataset, empty_frame
from tests.links.backgrounds import START, frame


def solved_force(*, series: int, singles: int, seed: int, near_km: float = 0.8) -> tuple[Dataset, pl.DataFrame]:
    """Series of two to four events about a home each, and single events anywhere within 20 km: the dataset, and its
    series file (event_id, series_id). Events of a series lie within about `near_km` and 30 days, and share `entry`
    twice in three; every event has an `entry` out of eight, the first the commonest."""
    rng = np.random.default_rng(seed)
    rarity = 0.5 ** np.arange(1, 9)
    x, y, day, entry, of = [], [], [], [], []
    for number in range(series + singles):
        size = int(rng.integers(2, 5)) if number < series else 1
        home, start = rng.uniform(-10, 10, 2), rng.uniform(0, 700)
        usual = int(rng.choice(8, p=rarity / rarity.sum()))
        for _ in range(size):
            x.append(home[0] + rng.normal(0, near_km))
            y.append(home[1] + rng.normal(0, near_km))
            day.append(start + rng.exponential(30) * (size > 1))
            entry.append(usual if rng.random() < 0.67 else int(rng.choice(8, p=rarity / rarity.sum())))
            of.append(f"S{number}")
    ids = [f"E{number:04d}" for number in range(len(x))]
    at = [START + timedelta(days=float(value)) for value in day]
    events = frame(
        "events",
        {
            "event_id": ids,
            "kind": ["death"] * len(ids),
            "occurred_from": at,
            "occurred_to": [moment + timedelta(hours=3) for moment in at],
            "recorded_at": [moment + timedelta(hours=8) for moment in at],
            "lat": 51.5 + np.array(y) / 111.2,
            "lon": np.array(x) / (111.2 * np.cos(np.radians(51.5))),
        },
    )
    noted = frame(
        "circumstances",
        {
            "event_id": ids,
            "feature": ["entry"] * len(ids),
            "value": [f"way {number}" for number in entry],
            "recorded_at": [moment + timedelta(hours=8) for moment in at],
        },
    )
    tables = {"events": events, "circumstances": noted}
    dataset = Dataset(
        name="solved", tables={name: tables.get(name, empty_frame(table)) for name, table in TABLES.items()}
    )
    return dataset, pl.DataFrame({"event_id": ids, "series_id": of})
