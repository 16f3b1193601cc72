"""The events table: each death and incident in its versions, from the first report to the closed file."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from clew.demonstration.chance import Flags, Integers, Numbers, Words, happens
from clew.demonstration.decisions import NEVER, Decisions
from clew.demonstration.distributions import recording
from clew.demonstration.population import METRES_PER_DEGREE
from clew.demonstration.rows import Rows

VERSIONS: dict[str, pl.DataType] = {
    "event": pl.Int64(),
    "kind": pl.String(),
    "from": pl.Int64(),
    "to": pl.Int64(),
    "reported": pl.Int64(),
    "known": pl.Int64(),
    "category": pl.String(),
    "area": pl.String(),
    "place_type": pl.String(),
    "address": pl.String(),
    "lat": pl.Float64(),
    "lon": pl.Float64(),
    "location_uncertainty_m": pl.Float64(),
    "narrative": pl.String(),
    "status": pl.String(),
}


def recorded(rng: np.random.Generator, reported: Integers) -> Integers:
    """When each event was first recorded: mostly within the hour, a few days late."""
    count = len(reported)
    lag = rng.lognormal(np.log(recording.RECORD_DELAY.median_hours), recording.RECORD_DELAY.log_spread, count)
    late = rng.lognormal(np.log(recording.LATE_DELAY.median_hours), recording.LATE_DELAY.log_spread, count)
    hours = np.where(happens(rng, recording.LATE_RECORD, count), late, lag)
    return np.asarray(reported + (hours * 3600).astype(np.int64) + 1)


def placed(rng: np.random.Generator, lat: Numbers, lon: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Coordinates as recorded, with the radius of uncertainty in metres; NaN where they are missing."""
    count = len(lat)
    rough = happens(rng, recording.ROUGHLY_PLACED, count)
    radius = np.where(rough, rng.choice([100.0, 250.0, 500.0], count), 20.0)
    distance, angle = radius * np.sqrt(rng.random(count)) * 0.9, 2 * np.pi * rng.random(count)
    missing = happens(rng, recording.UNPLACED, count)
    north = lat + distance * np.cos(angle) / METRES_PER_DEGREE
    east = lon + distance * np.sin(angle) / (METRES_PER_DEGREE * np.cos(np.radians(lat)))
    return tuple(
        np.where(missing, np.nan, np.round(values, digits)) for values, digits in ((north, 6), (east, 6), (radius, 0))
    )  # type: ignore[return-value]


def mistyped(rng: np.random.Generator, addresses: pl.Series) -> pl.Series:
    """Addresses as first typed: a few with two letters run together or the house number wrong."""
    frame = addresses.to_frame("address").with_columns(
        pl.Series("wrong", happens(rng, recording.ADDRESS_ERROR, len(addresses))),
        pl.Series("place", rng.integers(2, 9, len(addresses))),
    )
    typed = pl.concat_str(
        pl.col("address").str.slice(0, pl.col("place")), pl.col("address").str.slice(pl.col("place") + 1)
    )
    return frame.select(pl.when("wrong").then(typed).otherwise("address").alias("address"))["address"]


def event_versions(
    rng: np.random.Generator,
    *,
    first_event: int,
    facts: dict[str, Any],
    known: Integers,
    decisions: Decisions | None,
    closed: Integers,
) -> pl.DataFrame:
    """Columns of `VERSIONS`: one row per version. facts: columns of `VERSIONS` that do not change between versions;
    `address` is mistyped in a few first versions. Without `decisions` the events have no category.
    """
    count = len(known)
    versions = Rows(VERSIONS)
    typed = mistyped(rng, facts["address"])

    def version(rows: Flags, at: Integers, *, category: Words | str | None, status: str, address: pl.Series) -> None:
        index = np.flatnonzero(rows)
        columns = {
            name: values.gather(index) if isinstance(values, pl.Series) else values[index]
            for name, values in facts.items()
        } | {"address": address.gather(index)}
        chosen = category[index] if isinstance(category, np.ndarray) else category
        lag = (
            (rng.lognormal(np.log(600), 0.6, len(index))).astype(np.int64)
            if status == "closed" or category is not None
            else 0
        )
        moment = np.maximum(at[index] + lag, known[index] + 60) if at is not known else at[index]
        versions.add(len(index), event=index + first_event, known=moment, category=chosen, status=status, **columns)

    everyone = np.ones(count, dtype=np.bool_)
    right = facts["address"]
    if decisions is None:
        version(everyone, known, category=None, status="open", address=typed)
        version(closed < NEVER, closed, category=None, status="closed", address=right)
        return versions.frame()
    version(everyone, known, category="under_investigation", status="open", address=typed)
    decided, category = decisions.decided, decisions.category
    version(decided < NEVER, decided, category=category, status="open", address=right)
    version(decisions.corrected < NEVER, decisions.corrected, category="homicide", status="open", address=right)
    shut = (closed < NEVER) & (decisions.corrected == NEVER)
    version(shut, closed, category=category, status="closed", address=right)
    return versions.frame()
