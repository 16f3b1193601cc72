"""Where each event happened: not the hospital that received the dying, and not nowhere because an address has no map.

Two remedies, both from the force's own records as known at T. A circumstance `happened_at` tells where it happened, as
an address or as "latitude, longitude"; it stands before the place of death. An event with an address but no position
takes the position that other events at that address have, however it was spelt. What neither tells is not known, which
is no evidence.
"""

from __future__ import annotations

import polars as pl

from clew.links.keys import form_keys
from clew.records import Known

#: The circumstance that tells where it happened, where the death came elsewhere (records.vocabulary).
HAPPENED_AT = "happened_at"

#: Events at one address that lie further apart than this, in degrees of latitude (about 250 m), place nobody else.
SPREAD_DEGREES = 0.00225
_METRES_PER_DEGREE = 111_195.0
_POSITION = r"^\s*(-?\d{1,2}(?:\.\d+)?)\s*[,;]\s*(-?\d{1,3}(?:\.\d+)?)\s*$"

#: The columns of an `address_map`: a key of the address's form; degrees; metres.
MAPPED = {
    "key": pl.UInt64,
    "mapped_lat": pl.Float64,
    "mapped_lon": pl.Float64,
    "mapped_location_uncertainty_m": pl.Float64,
}


def places_of(known: Known, mapped: pl.DataFrame | None = None) -> pl.DataFrame:
    """One row per event of `known`, in order of `event_id`: where it happened.

    event_id; lat, lon (degrees, null where not known); location_uncertainty_m (radius, null where not given);
    elsewhere (whether a record says that it happened elsewhere than the death). mapped: where addresses lie
    (`address_map`); as the events of `known` say if None.
    """
    events = known.events.select("event_id", "lat", "lon", "location_uncertainty_m", "address").sort("event_id")
    told = _told(known)
    unplaced = events.filter(pl.col("lat").is_null() & pl.col("address").is_not_null())
    if not told.height and not unplaced.height:
        return events.drop("address").with_columns(elsewhere=pl.lit(value=False))
    mapped = address_map(known) if mapped is None else mapped
    events = (
        events.with_columns(key=form_keys(events["address"]))
        .join(mapped, on="key", how="left", maintain_order="left")
        .join(_placed(told, mapped), on="event_id", how="left", maintain_order="left")
        .with_columns(elsewhere=pl.col("told").fill_null(value=False), no_map=pl.col("lat").is_null())
    )
    return events.select(
        "event_id",
        *(
            pl.when("elsewhere").then(f"told_{name}").when("no_map").then(f"mapped_{name}").otherwise(name).alias(name)
            for name in ("lat", "lon", "location_uncertainty_m")
        ),
        "elsewhere",
    )


def address_map(known: Known) -> pl.DataFrame:
    """The position of each form of an address that the located events of `known` agree on: the columns of `MAPPED`."""
    located = known.events.filter(pl.col("lat").is_not_null() & pl.col("lon").is_not_null()).sort("event_id")
    return (
        located.with_columns(key=form_keys(located["address"]))
        .drop_nulls("key")
        .group_by("key", maintain_order=True)
        .agg(
            mapped_lat=pl.col("lat").median(),
            mapped_lon=pl.col("lon").median(),
            spread=pl.max_horizontal(
                pl.col("lat").max() - pl.col("lat").min(),
                (pl.col("lon").max() - pl.col("lon").min()) * pl.col("lat").first().radians().cos(),
            ),
            unsure=pl.col("location_uncertainty_m").fill_null(0.0).median(),
        )
        .filter(pl.col("spread") <= SPREAD_DEGREES)
        .with_columns(mapped_location_uncertainty_m=pl.col("unsure") + pl.col("spread") * _METRES_PER_DEGREE)
        .select(*MAPPED)
    )


def _told(known: Known) -> pl.DataFrame:
    """What the records say of where each event happened: the last word recorded. event_id, value, radius_m."""
    said = known.circumstances.filter(pl.col("feature") == HAPPENED_AT)
    return (
        said.sort("event_id", "recorded_at", "value", "source_file", "source_row")
        .group_by("event_id", maintain_order=True)
        .last()
        .select("event_id", "value", radius_m="quantity")
    )


def _placed(told: pl.DataFrame, mapped: pl.DataFrame) -> pl.DataFrame:
    """`told` with positions: read as one, or that of the address; null where neither."""
    position = [pl.col("value").str.extract(_POSITION, group).cast(pl.Float64) for group in (1, 2)]
    sound = (position[0].abs() <= 90) & (position[1].abs() <= 180)
    placed = told.with_columns(
        key=form_keys(told["value"]),
        at_lat=pl.when(sound).then(position[0]),
        at_lon=pl.when(sound).then(position[1]),
    ).join(mapped, on="key", how="left", maintain_order="left")
    return placed.select(
        "event_id",
        told=pl.lit(value=True),
        told_lat=pl.coalesce("at_lat", "mapped_lat"),
        told_lon=pl.coalesce("at_lon", "mapped_lon"),
        told_location_uncertainty_m=pl.coalesce(
            "radius_m", pl.when(pl.col("at_lat").is_null()).then("mapped_location_uncertainty_m")
        ),
    )
