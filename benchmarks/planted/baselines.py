"""Three things a desk could do instead, run on the same events. Each gives alerts with a strength: greater is stronger.

A baseline is given every advantage that costs it nothing: it looks at deaths only (fewer false alerts), and what Clew
sets apart (one incident, deaths in institutions, professionals, kin and residents) is taken out for it too.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.spatial import cKDTree

from clew.records import Known

ALERTS = {
    "event_id_a": pl.String,
    "event_id_b": pl.String,
    "strength": pl.Float64,
    "known_at": pl.Datetime("us", "UTC"),
}
_INSTITUTIONS = ("hospital", "care_home", "hospice", "nursing_home")
_ENTITIES = ("person_ref", "phone", "email", "handle", "vehicle", "address")
_FREQUENT = 25
KNOX_KM, KNOX_DAYS = 0.5, 30.0


def knox_neighbours(known: Known) -> pl.DataFrame:
    """Space-time neighbours: pairs of deaths, nearest first, where 0.5 km counts as much as 30 days (Knox 1964 bands,
    made a ranking so that a budget can be set)."""
    deaths = _deaths(known)
    lat, lon = deaths["lat"].to_numpy(), deaths["lon"].to_numpy()
    east = lon * 111.32 * np.cos(np.radians(lat.mean()))
    day = deaths["occurred_to"].dt.epoch("us").to_numpy() / 86_400e6
    scaled = np.column_stack((lat * 111.32 / KNOX_KM, east / KNOX_KM, day / KNOX_DAYS))
    pairs = cKDTree(scaled).query_pairs(1.0, p=np.inf, output_type="ndarray")
    a, b = pairs[:, 0], pairs[:, 1]
    distance = np.maximum(np.hypot(*(scaled[a, :2] - scaled[b, :2]).T), np.abs(scaled[a, 2] - scaled[b, 2]))
    apart = (np.abs(day[a] - day[b]) > 1) | (np.hypot(*(scaled[a, :2] - scaled[b, :2]).T) * KNOX_KM > 0.1)
    keep = apart & (distance <= 1)
    return _alerts(deaths, a[keep], b[keep], -distance[keep])


def cell_rule(known: Known) -> pl.DataFrame:
    """The Murder Accountability Project's cells (area, sex, age group, means), as published: the fullest cell first.

    Each death is an alert of its own (`event_id_b` is the same death), as strong as its cell is full with the deaths
    of the year before it that nobody has been charged for. Ages 0-14, 15-19, 20-50, 51 and over.
    """
    deaths = _deaths(known, placed=False)
    means = (
        known.circumstances.filter(pl.col("feature").is_in(["method", "substance"]))
        .sort("event_id", "feature", "value")
        .group_by("event_id", maintain_order=True)
        .agg(means=pl.col("value").first())
    )
    people = known.people.filter(pl.col("role") == "deceased").select("event_id", "sex", "age").unique("event_id")
    cells = (
        deaths.join(people, on="event_id", how="left")
        .join(means, on="event_id", how="left")
        .with_columns(group=pl.col("age").cut([14.5, 19.5, 50.5]).cast(pl.String))
        .filter(pl.col("category") != "homicide", pl.col("means").is_not_null())
        .sort("occurred_to")
    )
    keys = ["area", "sex", "group", "means"]
    day = cells["occurred_to"].dt.epoch("us").to_numpy() / 86_400e6
    cell = cells.select(pl.concat_str(keys, separator="|", ignore_nulls=True).rank("dense")).to_series().to_numpy()
    strength = np.zeros(len(day))
    for code in np.unique(cell):
        rows = np.flatnonzero(cell == code)
        strength[rows] = np.arange(len(rows)) - np.searchsorted(day[rows], day[rows] - 365.25) + 1
    return pl.DataFrame(
        {
            "event_id_a": cells["event_id"],
            "event_id_b": cells["event_id"],
            "strength": strength,
            "known_at": cells["first_recorded_at"],
        },
        schema=ALERTS,
    )


def shared_entity(known: Known) -> pl.DataFrame:
    """Look-up of whatever is shared to the letter (number, telephone, e-mail, handle, vehicle, address): events that
    share it are paired, the rarest entity first, then the shortest time between. How many events hold an entity is
    counted as known when the later event of the pair was."""
    events = known.events.select("event_id", "kind", "occurred_to", "first_recorded_at")
    people = known.people.filter(~pl.col("role").is_in(["professional", "relative", "resident"]))
    entities = pl.concat(
        people.select("event_id", entity=pl.lit(f"{name}:") + pl.col(name).cast(pl.String)).drop_nulls()
        for name in _ENTITIES
    ).unique()
    held = (
        entities.filter(pl.len().over("entity").is_between(2, _FREQUENT))
        .join(events, on="event_id")
        .sort("first_recorded_at", "event_id")
        .with_columns(often=pl.int_range(1, pl.len() + 1).over("entity"))
    )
    pairs = held.join(held, on="entity", suffix="_b").filter(pl.col("often") < pl.col("often_b"))
    # A person's own history is set apart, as it is for Clew: two parts as deceased or complainant.
    own = people.filter(pl.col("role").is_in(["deceased", "complainant"])).select(
        pl.col("event_id"), own=pl.coalesce("person_ref", "phone", "address")
    )
    pairs = (
        pairs.filter((pl.col("kind") == "death") | (pl.col("kind_b") == "death"))
        .join(own.unique("event_id"), on="event_id", how="left")
        .join(own.unique("event_id"), left_on="event_id_b", right_on="event_id", how="left", suffix="_b")
        .filter((pl.col("own") != pl.col("own_b")).fill_null(value=True))
    )
    days = (pl.col("occurred_to") - pl.col("occurred_to_b")).dt.total_seconds().abs() / 86_400
    alerts = pairs.select(
        event_id_a="event_id",
        event_id_b="event_id_b",
        strength=-(pl.col("often_b").cast(pl.Float64) + days.clip(0, 5000) / 10_000),
        known_at="first_recorded_at_b",
    )
    return alerts.group_by("event_id_a", "event_id_b").agg(pl.col("strength").max(), pl.col("known_at").first())


def _deaths(known: Known, *, placed: bool = True) -> pl.DataFrame:
    deaths = known.events.filter(
        pl.col("kind") == "death", ~pl.col("place_type").is_in(_INSTITUTIONS).fill_null(value=False)
    ).with_columns(occurred_to=pl.coalesce("occurred_to", "occurred_from"))
    return deaths.filter(pl.col("lat").is_not_null(), pl.col("lon").is_not_null()) if placed else deaths


def _alerts(events: pl.DataFrame, a: np.ndarray, b: np.ndarray, strength: np.ndarray) -> pl.DataFrame:
    name, known = events["event_id"], events["first_recorded_at"]
    return pl.DataFrame(
        {
            "event_id_a": name.gather(a),
            "event_id_b": name.gather(b),
            "strength": strength,
            "known_at": pl.select(pl.max_horizontal(known.gather(a), known.gather(b))).to_series(),
        },
        schema=ALERTS,
    )
