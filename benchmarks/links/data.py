"""A made-up force of as many deaths as one asks for: towns of unequal size, hostels, persons in several events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from clew.records import TABLES, Dataset, Known, empty_frame

START = datetime(2013, 1, 1, tzinfo=UTC)
END = START + timedelta(days=3660)
FEATURES = 64


def made_force(deaths: int, *, seed: int = 1, one_point: bool = False) -> Known:
    """`deaths` over ten years. Each: place with a radius, an interval of time, age, sex, some four of 64 features; a
    third have a caller or last contact, of whom a tenth take part in two events. one_point: all at one place."""
    rng = np.random.default_rng(seed)
    towns = rng.normal((52.5, -1.0), 0.9, (max(deaths // 800, 10), 2))
    place = towns[rng.choice(len(towns), deaths, p=rng.dirichlet(np.ones(len(towns))))] + rng.normal(
        0, 0.02, (deaths, 2)
    )
    hostel = rng.random(deaths) < 0.03
    place[hostel] = towns[rng.integers(0, len(towns), int(hostel.sum()))]
    if one_point:
        place[:] = towns[0]
    start = np.int64(START.timestamp()) + rng.integers(0, 3650 * 86_400, deaths)
    ids = pl.select(pl.format("D{}", pl.int_range(deaths).cast(pl.String).str.zfill(7))).to_series()
    at = pl.from_epoch(pl.Series(start), time_unit="s").dt.replace_time_zone("UTC").dt.cast_time_unit("us")
    found = at + pl.Series(rng.exponential(12 * 3600, deaths).astype(np.int64) * 1_000_000).cast(pl.Duration("us"))
    known = found + timedelta(hours=3)
    events = pl.DataFrame(
        {
            "event_id": ids,
            "kind": ["death"] * deaths,
            "occurred_from": at,
            "occurred_to": found,
            "recorded_at": known,
            "area": pl.Series(rng.integers(0, 30, deaths)).cast(pl.String),
            "lat": place[:, 0],
            "lon": place[:, 1],
            "location_uncertainty_m": rng.exponential(40.0, deaths),
        }
    )
    dead = pl.DataFrame(
        {
            "event_id": ids,
            "role": ["deceased"] * deaths,
            "age": np.round(np.clip(rng.normal(62, 20, deaths), 0, 104)),
            "sex": np.where(rng.random(deaths) < 0.56, "male", "female"),
            "recorded_at": known,
        }
    )
    row = np.sort(rng.choice(deaths, deaths // 3, replace=False))
    ref = np.where(rng.random(len(row)) < 0.2, rng.integers(0, max(len(row) // 10, 1), len(row)), 10**9 + row)
    others = pl.DataFrame(
        {
            "event_id": ids.gather(row),
            "role": np.where(rng.random(len(row)) < 0.5, "caller", "last_contact"),
            "person_ref": pl.select(pl.format("P{}", pl.Series(ref))).to_series(),
            "recorded_at": known.gather(row),
        }
    )
    event, feature = _noted(rng, deaths)
    circumstances = pl.DataFrame(
        {
            "event_id": ids.gather(event),
            "feature": pl.select(pl.format("feature {}", pl.Series(feature))).to_series(),
            "value": ["yes"] * len(event),
            "recorded_at": known.gather(event),
        }
    )
    tables = {
        "events": _framed("events", events),
        "people": _framed("people", pl.concat((dead, others), how="diagonal")),
        "circumstances": _framed("circumstances", circumstances),
    }
    full = {name: tables.get(name, empty_frame(table)) for name, table in TABLES.items()}
    return Dataset(name="made force", tables=full).as_known(END)


def feature_shares() -> np.ndarray:
    """(64,) share of events that have each feature, rarest first: from 3 in 1,000 to 3 in 10."""
    return np.sort(0.3 * 0.93 ** np.arange(FEATURES))


def _noted(rng: np.random.Generator, deaths: int) -> tuple[np.ndarray, np.ndarray]:
    events, features = [], []
    for number, share in enumerate(feature_shares()):
        held = rng.choice(deaths, rng.binomial(deaths, share), replace=False)
        events.append(held)
        features.append(np.full(len(held), number))
    return np.concatenate(events), np.concatenate(features)


def _framed(table: str, columns: pl.DataFrame) -> pl.DataFrame:
    """The columns of `table`, those not given null, with their provenance."""
    schema = TABLES[table].frame_schema
    given = columns.with_columns(
        source_file=pl.lit(f"{table}.csv"),
        source_row=pl.int_range(2, columns.height + 2, dtype=pl.Int64),
        recorded_at_assumed=pl.lit(value=False),
    )
    return given.select(
        (pl.col(name).cast(kind) if name in given.columns else pl.lit(None, dtype=kind).alias(name))
        for name, kind in schema.items()
    )
