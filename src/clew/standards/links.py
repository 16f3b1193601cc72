"""Links with other events, as rows that rules can be triggered by.

The links engine is not known here (the floors of the house): it hands in pairs, and what a rule asks about a pair
beside its Bayes factors is worked out from the records of both events, as they were when the link was first known.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from clew.core import UsageError
from clew.records import Dataset
from clew.standards.language.read_rule import LINK_COLUMNS

#: Mean radius of the Earth (IUGG), in metres.
EARTH_RADIUS_M = 6_371_008.8
_NEEDED = ("event_id_a", "event_id_b", "known_at")


def link_facts(dataset: Dataset, links: pl.DataFrame) -> pl.DataFrame:
    """A row a link, on the later of its two events: the duty to look arises on the newer death.

    Columns: event_id, other_event_id, kind (always "link"), recorded_at, distance_m, days_apart, shared_features,
    same_finder ("yes", "no", empty if unknown), the factors handed in, and provenance. Raises `UsageError` if a
    needed column is missing.
    """
    missing = [name for name in _NEEDED if name not in links.columns]
    if missing:
        raise UsageError(
            f"The links have no column {', '.join(missing)}.",
            where="links",
            mend="hand in event_id_a, event_id_b and known_at (when the link was first known), one row a pair",
        )
    events = (
        dataset.tables["events"]
        .sort("recorded_at", maintain_order=True)
        .unique("event_id", keep="last", maintain_order=True)
        .select("event_id", "occurred_from", "lat", "lon")
    )
    pairs = links.with_row_index("_link").with_columns(pl.col("_link").cast(pl.Int64))
    for side in ("a", "b"):
        renamed = events.rename({name: f"{name}_{side}" for name in events.columns})
        pairs = pairs.join(renamed, on=f"event_id_{side}", how="left", maintain_order="left")
    later = pl.col("occurred_from_a") > pl.col("occurred_from_b")
    pairs = pairs.with_columns(
        pl.when(later).then("event_id_a").otherwise("event_id_b").alias("event_id"),
        pl.when(later).then("event_id_b").otherwise("event_id_a").alias("other_event_id"),
        _distance().alias("distance_m"),
        ((pl.col("occurred_from_a") - pl.col("occurred_from_b")).abs().dt.total_microseconds() / 86_400_000_000).alias(
            "days_apart"
        ),
    )
    pairs = pairs.join(_shared_features(dataset, pairs), on="_link", how="left", maintain_order="left")
    pairs = pairs.join(_same_finder(dataset, pairs), on="_link", how="left", maintain_order="left")
    factors = [
        pl.col(name).cast(pl.Float64) if name in links.columns else pl.lit(None, dtype=pl.Float64).alias(name)
        for name in LINK_COLUMNS
        if name not in _COMPUTED
    ]
    return pairs.select(
        "event_id",
        "other_event_id",
        pl.lit("link").alias("kind"),
        pl.col("known_at").alias("recorded_at"),
        "distance_m",
        "days_apart",
        pl.col("shared_features").fill_null(0).cast(pl.Float64),
        "same_finder",
        *factors,
        pl.lit("links").alias("source_file"),
        pl.col("_link").alias("source_row"),
    )


_COMPUTED = frozenset({"other_event_id", "distance_m", "days_apart", "shared_features", "same_finder"})


def _distance() -> pl.Expr:
    """Great-circle distance (haversine); empty where a place is unknown."""
    lat_a, lat_b = pl.col("lat_a").radians(), pl.col("lat_b").radians()
    across = ((lat_a - lat_b) / 2).sin() ** 2
    along = lat_a.cos() * lat_b.cos() * (((pl.col("lon_a") - pl.col("lon_b")).radians() / 2).sin() ** 2)
    return 2 * EARTH_RADIUS_M * (across + along).clip(0, 1).sqrt().arcsin()


def _in_both(pairs: pl.DataFrame, facts: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    """Facts that both events of a pair have, known by the time the link was: a row each."""
    first = pairs.select("_link", "known_at", event_id="event_id_a").join(facts, on="event_id")
    second = pairs.select("_link", event_id="event_id_b").join(facts, on="event_id")
    both = first.join(second, on=["_link", *on], suffix="_other")
    return both.filter(
        (pl.col("recorded_at") <= pl.col("known_at")) & (pl.col("recorded_at_other") <= pl.col("known_at"))
    )


def _shared_features(dataset: Dataset, pairs: pl.DataFrame) -> pl.DataFrame:
    facts = dataset.tables.get("circumstances")
    if facts is None:
        return pl.DataFrame(schema={"_link": pl.Int64, "shared_features": pl.UInt32})
    shared = _in_both(pairs, facts.select("event_id", "feature", "value", "recorded_at"), ["feature", "value"])
    return shared.group_by("_link").agg(pl.struct("feature", "value").n_unique().alias("shared_features"))


def _same_finder(dataset: Dataset, pairs: pl.DataFrame) -> pl.DataFrame:
    facts = dataset.tables.get("people")
    if facts is None:
        return pl.DataFrame(schema={"_link": pl.Int64, "same_finder": pl.String})
    finders = facts.filter((pl.col("role") == "finder") & pl.col("person_ref").is_not_null())
    shared = _in_both(pairs, finders.select("event_id", "person_ref", "recorded_at"), ["person_ref"])
    numbers = np.sort(shared["_link"].unique().to_numpy())
    named = finders["event_id"].unique()
    return pairs.select(
        "_link",
        pl.when(pl.col("_link").is_in(numbers.tolist()))
        .then(pl.lit("yes"))
        .when(pl.col("event_id_a").is_in(named.implode()) & pl.col("event_id_b").is_in(named.implode()))
        .then(pl.lit("no"))
        .alias("same_finder"),
    )
