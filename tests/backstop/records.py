"""Small made-up records of deaths at homes, for the tests of the backstop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from clew.records import TABLES, Dataset, empty_frame

START = datetime(2012, 1, 1, tzinfo=UTC)
YEARS = 4
AT = datetime(2016, 1, 1, tzinfo=UTC)


def homes(
    rng: np.random.Generator,
    *,
    count: int = 80,
    per_year: float = 3.0,
    spread: float = 0.0,
    watch_from: datetime = datetime(2014, 1, 1, tzinfo=UTC),
    times: dict[int, float] | None = None,
    role: str = "professional",
) -> Dataset:
    """Deaths at `count` care homes of unequal size over four years, with winters; one professional to each home.

    spread: relative variance by which a home's rate changes, for no reason, at `watch_from`; times: by how much a
    home's rate rises then.
    """
    size = per_year * rng.gamma(1.5, 1 / 1.5, count)
    after = size * (rng.gamma(1 / spread, spread, count) if spread else 1.0)
    for home, factor in (times or {}).items():
        after[home] = size[home] * factor
    rows: list[tuple[int, datetime]] = []
    edge = (watch_from - START) / timedelta(days=365.25)
    for home in range(count):
        for rate, begin, end in ((size[home], 0.0, edge), (after[home], edge, float(YEARS))):
            when = begin + (end - begin) * rng.random(rng.poisson(1.3 * rate * (end - begin)))
            winter = rng.random(len(when)) < (1 + 0.3 * np.cos(2 * np.pi * when)) / 1.3  # thinned to the season
            rows += [(home, START + timedelta(days=365.25 * float(year))) for year in when[winter]]
    return dataset(rows, rng=rng, role=role)


def dataset(rows: Sequence[tuple[int, datetime]], *, rng: np.random.Generator, role: str = "professional") -> Dataset:
    """Deaths at homes by number and instant; recorded two hours later."""
    home, at = [home for home, _ in rows], [at for _, at in rows]
    ids = [f"D{number:05d}" for number in range(len(rows))]
    common = {
        "event_id": ids,
        "recorded_at": [moment + timedelta(hours=2) for moment in at],
        "source_file": ["made.csv"] * len(rows),
        "source_row": list(range(2, len(rows) + 2)),
        "recorded_at_assumed": [False] * len(rows),
    }
    events = common | {
        "kind": ["death"] * len(rows),
        "occurred_from": at,
        "occurred_to": at,
        "place_type": ["care_home"] * len(rows),
        "address": [f"Home {number}, Any Lane" if number % 2 else f"HOME {number} any lane." for number in home],
        "area": [f"Area {number % 12}" for number in home],
        "lat": [51.5 + 0.01 * (number % 9) for number in home],
        "lon": [-0.1 + 0.01 * (number // 9) for number in home],
    }
    deceased = common | {
        "role": ["deceased"] * len(rows),
        "age": rng.uniform(60, 100, len(rows)),
        "sex": rng.choice(["male", "female"], len(rows)),
    }
    beside = common | {"role": [role] * len(rows), "person_ref": [f"K{number:04d}" for number in home]}
    return Dataset(
        name="homes",
        marking="MADE UP",
        tables={
            "events": frame("events", [events]),
            "people": frame("people", [deceased, beside]),
        },
    )


def frame(table: str, parts: list[dict[str, object]]) -> pl.DataFrame:
    """The parts as one frame with the table's columns and types."""
    schema = TABLES[table].frame_schema
    frames = [pl.DataFrame(part, schema_overrides={k: v for k, v in schema.items() if k in part}) for part in parts]
    return pl.concat([empty_frame(TABLES[table]), *frames], how="diagonal").select(list(schema))
