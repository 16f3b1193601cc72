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


def dependent_background(*, deaths: int, years: float, seed: int, people: int = 0) -> Dataset:
    """A force in which much depends on much and no two deaths are connected: given its kind, each is drawn by itself.

    Three in ten deaths are of one kind: of young men, in ten streets, twice as often in summer, each circumstance five
    times as often, and most of them noted by method. The others are as in `null_background`.
    """
    dataset = null_background(deaths=deaths, years=years, seed=seed, people=people)
    rng = np.random.default_rng((seed, 1))
    young = rng.random(deaths) < 0.3
    events, persons, noted = (dataset.tables[name] for name in ("events", "people", "circumstances"))
    streets = rng.normal((51.5, 0.0), 0.05, (10, 2))
    place = streets[rng.integers(0, 10, deaths)] + rng.normal(0, 0.002, (deaths, 2))
    summer = np.where(rng.random(deaths) < 0.5, rng.integers(150, 240, deaths), rng.integers(0, 365, deaths))
    day = rng.integers(0, int(years), deaths) * 365.25 + summer + rng.random(deaths)
    at = pl.Series([START + timedelta(days=float(one)) for one in day]).cast(pl.Datetime("us", "UTC"))
    moved = pl.Series(young)
    columns = {"occurred_from": timedelta(0), "occurred_to": timedelta(hours=6), "recorded_at": timedelta(hours=8)}
    events = events.with_columns(
        pl.when(moved).then(at + later).otherwise(pl.col(name)).alias(name) for name, later in columns.items()
    ).with_columns(
        lat=pl.when(moved).then(pl.Series(place[:, 0])).otherwise("lat"),
        lon=pl.when(moved).then(pl.Series(place[:, 1])).otherwise("lon"),
    )
    kind = pl.DataFrame({"event_id": events["event_id"], "young": moved, "known": events["recorded_at"]})
    age = pl.Series(np.clip(rng.normal(24, 4, persons.height), 16, 40).round())
    subject = pl.col("young") & (pl.col("role") == "deceased")
    persons = persons.join(kind, on="event_id", maintain_order="left").with_columns(
        age=pl.when(subject).then(age).otherwise("age"),
        sex=pl.when(subject).then(pl.lit("male")).otherwise("sex"),
        recorded_at=pl.col("known"),
    )
    often = (rng.random((deaths, 6)) < [0.6, 0.4, 0.2, 0.1, 0.05, 0.025]) & young[:, None]
    which, feature = np.nonzero(often)
    method = np.flatnonzero(young & (rng.random(deaths) < 0.6))
    more = frame(
        "circumstances",
        {
            "event_id": events["event_id"].gather(np.concatenate((which, method))).to_list(),
            "feature": [f"feature {number}" for number in feature] + ["method"] * len(method),
            "value": ["yes"] * len(which) + ["drugs"] * len(method),
            "recorded_at": [START] * (len(which) + len(method)),
        },
    )
    noted = pl.concat([noted, more]).unique(["event_id", "feature"], keep="first", maintain_order=True)
    noted = noted.join(kind, on="event_id", maintain_order="left").with_columns(recorded_at=pl.col("known"))
    tables = {
        "events": events,
        "people": persons.drop("young", "known"),
        "circumstances": noted.drop("young", "known"),
    }
    return Dataset(name="dependent", tables=dict(dataset.tables) | tables)
