"""What the link engine needs of each event, as arrays: one row per event, in order of `event_id`.

The order makes every result independent of the order in which rows arrived. Nothing here reads `characteristics`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clew.links.places import places_of
from clew.links.rates.strata import date_strata
from clew.links.weights import SUBJECTS
from clew.records import Kind, Known, Role

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: Place types where people die for the place's own reasons: two deaths there on one day are not one incident.
INSTITUTIONS = ("hospital", "care_home", "hospice", "nursing_home")

#: Features that no family of evidence reads: what was only said, and what another table tells.
NOT_READ = ("on_bail", "explanation_source", "account", "injury_date")

_EARTH_RADIUS_KM = 6371.0088
_MICROSECONDS_PER_DAY = 86_400_000_000


@dataclass(frozen=True, kw_only=True)
class LinkEvents:
    """n events; NaN or -1 where not known.

    event_id: (n,) text. death: (n,) whether it is a death. xyz_km: (n, 3) on the sphere, NaN without a place.
    uncertainty_km: (n,). from_day, to_day: (n,) days since 1970, the interval it happened in. known_day: (n,) when
    the force first knew of it. learned_day: (n,) when it last learned something about it that the engine reads.
    age_years: (n,) of its subject (the deceased or the complainant). sex: (n,) 1 male, 0 female, -1 not known.
    area: (n,) code of the force's area. institution: (n,) whether it happened in an institution (`places`).
    stratum: (n,) within which decoys exchange dates.
    """

    event_id: NDArray[np.str_]
    death: Flags
    xyz_km: Floats
    uncertainty_km: Floats
    from_day: Floats
    to_day: Floats
    known_day: Floats
    learned_day: Floats
    age_years: Floats
    sex: NDArray[np.int8]
    area: Integers
    institution: Flags
    stratum: Integers

    def __len__(self) -> int:
        return len(self.event_id)

    @property
    def history_days(self) -> float:
        """Length of the force's history, from its first event to its last, at least 30 days."""
        start, end = self.from_day[np.isfinite(self.from_day)], self.to_day[np.isfinite(self.to_day)]
        if not len(start) or not len(end):
            return 30.0
        return max(float(end.max() - np.quantile(start, 0.001)), 30.0)


def link_events(known: Known) -> LinkEvents:
    """The events of `known` as arrays."""
    subject = (
        known.people.filter(pl.col("role").is_in([role.value for role in SUBJECTS]))
        .sort("event_id", "role", "source_file", "source_row")
        .group_by("event_id")
        .agg(pl.col("age").drop_nulls().last(), pl.col("sex").drop_nulls().last())
    )
    read = (
        known.people.filter(pl.col("role") != Role.PROFESSIONAL.value),
        known.circumstances.filter(~pl.col("feature").is_in(NOT_READ)),
    )
    learned = [
        table.group_by("event_id").agg(pl.col("recorded_at").max().alias(f"learned_{number}"))
        for number, table in enumerate(read)
    ]
    events = known.events.join(subject, on="event_id", how="left")
    for table in learned:
        events = events.join(table, on="event_id", how="left")
    events = events.drop("lat", "lon", "location_uncertainty_m").join(places_of(known), on="event_id")
    events = events.sort("event_id").with_columns(
        pl.coalesce("occurred_to", "occurred_from").alias("occurred_to"),
        pl.max_horizontal("recorded_at", "learned_0", "learned_1").alias("learned_at"),
    )
    place = (events["place_type"].is_in(INSTITUTIONS).fill_null(value=False) & ~events["elsewhere"]).to_numpy()
    death = (events["kind"] == Kind.DEATH.value).to_numpy()
    return LinkEvents(
        event_id=events["event_id"].to_numpy().astype(np.str_),
        death=death,
        xyz_km=_on_the_sphere(events),
        uncertainty_km=events["location_uncertainty_m"].fill_null(0.0).to_numpy() / 1000.0,
        from_day=_days(events["occurred_from"]),
        to_day=np.maximum(_days(events["occurred_to"]), _days(events["occurred_from"])),
        known_day=_days(events["first_recorded_at"]),
        learned_day=_days(events["learned_at"]),
        age_years=events["age"].fill_null(float("nan")).to_numpy().astype(np.float64),
        sex=events["sex"].replace_strict({"male": 1, "female": 0}, default=-1, return_dtype=pl.Int8).to_numpy(),
        area=_codes(events["area"]),
        institution=place,
        stratum=date_strata(events, known),
    )


def _codes(column: pl.Series) -> Integers:
    """Dense codes in order of value; -1 where null. Does not depend on the order of rows."""
    dense = column.rank("dense").cast(pl.Int64) - 1
    codes: Integers = dense.fill_null(-1).to_numpy()
    return codes


def _days(column: pl.Series) -> Floats:
    days: Floats = column.dt.epoch("us").to_numpy().astype(np.float64) / _MICROSECONDS_PER_DAY
    return days


def _on_the_sphere(events: pl.DataFrame) -> Floats:
    """Straight-line coordinates in km: exact near and far, with no map projection to choose."""
    lat = np.radians(events["lat"].fill_null(float("nan")).to_numpy().astype(np.float64))
    lon = np.radians(events["lon"].fill_null(float("nan")).to_numpy().astype(np.float64))
    xyz = np.column_stack((np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)))
    located: Floats = xyz * _EARTH_RADIUS_KM
    return located
