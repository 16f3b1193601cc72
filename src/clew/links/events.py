"""What the link engine needs of each event, as arrays: one row per event, in order of `event_id`.

The order makes every result independent of the order in which rows arrived. Nothing here reads `characteristics`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clew.links.places import places_of
from clew.links.weights import SUBJECTS
from clew.records import Kind, Known, Role

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: Place types where people die for the place's own reasons: two deaths there on one day are not one incident.
INSTITUTIONS = ("hospital", "care_home", "hospice", "nursing_home")

#: Places that are a spot (`recurrence`) for those who live there only.
_NOT_PUBLIC = ("home", *INSTITUTIONS)

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
    area: (n,) code of the force's area. institution: (n,) whether it happened in an institution (`places`). public:
    (n,) whether the kind of place is told, and is no home and no institution.
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
    public: Flags

    def __len__(self) -> int:
        return len(self.event_id)

    @property
    def history_days(self) -> float:
        """Length of the force's history, from its first event to its last, at least 30 days."""
        start, end = self.from_day[np.isfinite(self.from_day)], self.to_day[np.isfinite(self.to_day)]
        if not len(start) or not len(end):
            return 30.0
        return max(float(end.max() - np.quantile(start, 0.001)), 30.0)


def link_events(known: Known, mapped: pl.DataFrame | None = None) -> LinkEvents:
    """The events of `known` as arrays. mapped: where addresses lie (`places.address_map`); as the events of `known` say
    if None."""
    people, circumstances = known.people.lazy(), known.circumstances.lazy()
    subject = (
        people.filter(pl.col("role").is_in([role.value for role in SUBJECTS]))
        .sort("event_id", "role", "source_file", "source_row")
        .group_by("event_id")
        .agg(pl.col("age").drop_nulls().last(), pl.col("sex").drop_nulls().last())
    )
    read = (
        people.filter(pl.col("role") != Role.PROFESSIONAL.value),
        circumstances.filter(~pl.col("feature").is_in(NOT_READ)),
    )
    learned = [
        table.group_by("event_id").agg(pl.col("recorded_at").max().alias(f"learned_{number}"))
        for number, table in enumerate(read)
    ]
    events = known.events.lazy().drop("lat", "lon", "location_uncertainty_m")
    for table in (subject, *learned, places_of(known, mapped).lazy()):
        events = events.join(table, on="event_id", how="left")
    start, end = pl.col("occurred_from"), pl.coalesce("occurred_to", "occurred_from")
    institution = pl.col("place_type").is_in(INSTITUTIONS).fill_null(value=False) & ~pl.col("elsewhere")
    columns = (
        events.sort("event_id")
        .select(
            "event_id",
            "lat",
            "lon",
            death=pl.col("kind") == Kind.DEATH.value,
            uncertainty_km=pl.col("location_uncertainty_m").fill_null(0.0),
            from_day=start.dt.epoch("us"),
            to_day=pl.max_horizontal(start, end).dt.epoch("us"),
            known_day=pl.col("first_recorded_at").dt.epoch("us"),
            learned_day=pl.max_horizontal("recorded_at", "learned_0", "learned_1").dt.epoch("us"),
            age_years=pl.col("age").cast(pl.Float64),
            sex=pl.col("sex").replace_strict({"male": 1, "female": 0}, default=-1, return_dtype=pl.Int8),
            area=(pl.col("area").rank("dense").cast(pl.Int64) - 1).fill_null(-1),
            institution=institution,
            public=((pl.col("place_type") != "") & ~pl.col("place_type").is_in(_NOT_PUBLIC)).fill_null(value=False),
        )
        .collect()
    )
    arrays = {column.name: column.to_numpy() for column in columns.drop("event_id", "lat", "lon")}
    # Divided here: Polars multiplies long columns by the reciprocal, and one event alone would lie at another instant.
    days = {name: values / _MICROSECONDS_PER_DAY for name, values in arrays.items() if name.endswith("_day")}
    return LinkEvents(
        event_id=columns["event_id"].to_numpy().astype(np.str_),
        xyz_km=_on_the_sphere(columns["lat"].to_numpy(), columns["lon"].to_numpy()),
        **arrays | days | {"uncertainty_km": arrays["uncertainty_km"] / 1000.0},
    )


def _on_the_sphere(lat: Floats, lon: Floats) -> Floats:
    """Straight-line coordinates in km: exact near and far, with no map projection to choose."""
    lat, lon = np.radians(lat), np.radians(lon)
    xyz = np.column_stack((np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)))
    located: Floats = xyz * _EARTH_RADIUS_KM
    return located
