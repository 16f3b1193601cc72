"""Made-up backgrounds for the link tests: places clustered, dates and people truly independent of everything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from clew.records import TABLES, Dataset, empty_frame

START = datetime(2013, 1, 1, tzinfo=UTC)


def frame(table: str, columns: dict[str, object]) -> pl.DataFrame:
    """A frame of `table` with these columns, the others null, and its provenance filled."""
    given = pl.DataFrame(columns)
    given = given.with_columns(
        source_file=pl.lit(f"{table}.csv"),
        source_row=pl.int_range(2, given.height + 2, dtype=pl.Int64),
        recorded_at_assumed=pl.lit(value=False),
    )
    return pl.concat(
        [
            empty_frame(TABLES[table]),
            given.cast({k: v for k, v in TABLES[table].frame_schema.items() if k in given.columns}),
        ],
        how="diagonal",
    )


def null_background(*, deaths: int, years: float, seed: int, people: int = 0, growth: float = 0.0) -> Dataset:
    """`deaths` over `years`: towns of unequal size, hostels where many die, shared people drawn at random.

    people: how many persons take two parts as caller or suspect. growth: how much denser the last day is than the
    first.
    """
    rng = np.random.default_rng(seed)
    towns = rng.normal((51.5, 0.0), 0.15, (40, 2))
    weight = rng.dirichlet(np.ones(40))
    place = towns[rng.choice(40, deaths, p=weight)] + rng.normal(0, 0.01, (deaths, 2))
    hostels = towns[:10]
    in_hostel = rng.random(deaths) < 0.05
    place[in_hostel] = hostels[rng.integers(0, 10, int(in_hostel.sum()))]
    uniform = rng.random(deaths)
    share = uniform if not growth else (-1 + np.sqrt(1 + uniform * (2 * growth + growth**2))) / growth
    at = [START + timedelta(days=float(day)) for day in share * years * 365.25]
    ids = [f"X{number:06d}" for number in range(deaths)]
    events = frame(
        "events",
        {
            "event_id": ids,
            "kind": ["death"] * deaths,
            "occurred_from": at,
            "occurred_to": [moment + timedelta(hours=6) for moment in at],
            "recorded_at": [moment + timedelta(hours=8) for moment in at],
            "area": [f"area {number}" for number in rng.integers(0, 5, deaths)],
            "lat": place[:, 0],
            "lon": place[:, 1],
        },
    )
    rows: dict[str, list[object]] = {
        "event_id": [],
        "role": [],
        "person_ref": [],
        "age": [],
        "sex": [],
        "recorded_at": [],
    }

    def play(event: int, role: str, ref: str | None, age: float | None, sex: str | None) -> None:
        values = (ids[event], role, ref, age, sex, at[event] + timedelta(hours=8))
        for column, value in zip(rows.values(), values, strict=True):
            column.append(value)

    ages = np.clip(rng.normal(65, 20, deaths), 0, 100)
    for event in range(deaths):
        play(event, "deceased", None, float(round(ages[event])), "male" if rng.random() < 0.55 else "female")
    for person in range(people):
        for event in rng.integers(0, deaths, 2):
            play(int(event), ("caller", "suspect", "witness")[rng.integers(0, 3)], f"p{person}", None, None)
    noted = rng.random((deaths, 6)) < [0.3, 0.1, 0.04, 0.02, 0.01, 0.005]
    which, feature = np.nonzero(noted)
    circumstances = frame(
        "circumstances",
        {
            "event_id": [ids[event] for event in which],
            "feature": [f"feature {number}" for number in feature],
            "value": ["yes"] * len(which),
            "recorded_at": [at[event] + timedelta(hours=8) for event in which],
        },
    )
    tables = {"events": events, "people": frame("people", rows), "circumstances": circumstances}
    return Dataset(name="null", tables={name: tables.get(name, empty_frame(table)) for name, table in TABLES.items()})
