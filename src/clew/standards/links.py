"""Links with other events, as rows that rules can be triggered by.

The links engine is not known here (the floors of the house): it hands in pairs, and what a rule asks about a pair
beside its Bayes factors is worked out from the records of both events, as they were when the link was first known.
"""

from __future__ import annotations

import polars as pl

from clew.core import UsageError
from clew.records import Dataset
from clew.standards.language.read_rule import LINK_COLUMNS

#: Mean radius of the Earth (IUGG), in metres.
EARTH_RADIUS_M = 6_371_008.8
_NEEDED = ("event_id_a", "event_id_b", "known_at")
_MEND = "hand in event_id_a, event_id_b and known_at (when the link was first known, with its offset), one row a pair"


def checked_links(links: pl.DataFrame) -> pl.DataFrame:
    """`links` with event ids as text, `known_at` in UTC and factors as numbers.

    Raises `UsageError` for a column that is missing and for the first row that is no link, with its number.
    """
    missing = [name for name in _NEEDED if name not in links.columns]
    if missing:
        raise UsageError(f"The links have no column {', '.join(missing)}.", where="links", mend=_MEND)
    if not isinstance(links["known_at"].dtype, pl.Datetime) or links["known_at"].dtype.time_zone is None:
        raise UsageError("known_at of the links is no instant with its offset.", where="links", mend=_MEND)
    factors = [name for name in LINK_COLUMNS if name not in _COMPUTED and name in links.columns]
    checked = links.with_columns(
        pl.col("event_id_a", "event_id_b").cast(pl.String),
        pl.col("known_at").dt.cast_time_unit("us").dt.convert_time_zone("UTC"),
        *(pl.col(name).cast(pl.Float64, strict=False) for name in factors),
    )
    faults = [
        *((checked[name].is_null(), f"has no {name}") for name in _NEEDED),
        (checked["event_id_a"] == checked["event_id_b"], "joins an event with itself"),
        *((checked[name].is_null() & links[name].is_not_null(), f"has a {name} that is no number") for name in factors),
    ]
    for wrong, what in faults:
        if wrong.any():
            first = int(wrong.arg_true()[0])
            row = links["source_row"][first] if "source_row" in links.columns else first + 1
            raise UsageError(f"Row {row} of the links {what}.", where="links", mend=_MEND)
    return checked


def link_facts(dataset: Dataset, links: pl.DataFrame, *, earlier: int = 0) -> pl.DataFrame:
    """A row a link, on the later of its two events: the duty to look arises on the newer death.

    A pair handed in more than once counts from when it was first known. links: see `checked_links`; with source_file
    and source_row where they come from a file, else links are numbered in the order in which they became known, after
    the `earlier` ones. Columns: event_id, other_event_id, kind (always "link"), recorded_at, distance_m, days_apart,
    shared_features, same_finder ("yes", "no", empty if unknown), the factors handed in, and provenance. Raises
    `UsageError` as `checked_links` does.
    """
    pairs = (
        checked_links(links)
        .with_columns(*pair_ends())
        .sort("known_at", "_first", "_second", maintain_order=True)
        .unique(["_first", "_second"], keep="first", maintain_order=True)
        .drop("_first", "_second")
        .with_columns(_link=pl.int_range(earlier + 1, pl.len() + earlier + 1, dtype=pl.Int64))
    )
    places = {"source_file": pl.lit("links"), "source_row": pl.col("_link")}
    pairs = pairs.with_columns(**{name: place for name, place in places.items() if name not in links.columns})
    pairs = _with_event(dataset, _with_event(dataset, pairs, "a"), "b").sort("_link")
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
        "source_file",
        pl.col("source_row").cast(pl.Int64),
    )


_COMPUTED = frozenset({"other_event_id", "distance_m", "days_apart", "shared_features", "same_finder"})


def pair_ends() -> tuple[pl.Expr, pl.Expr]:
    """Both events of a pair, whichever way round it was handed in, as _first and _second."""
    ends = pl.col("event_id_a"), pl.col("event_id_b")
    return pl.min_horizontal(ends).alias("_first"), pl.max_horizontal(ends).alias("_second")


def _with_event(dataset: Dataset, pairs: pl.DataFrame, side: str) -> pl.DataFrame:
    """`pairs`, in order of `known_at`, with time and place of one of their events as on record then, not as since
    corrected: what a duty is judged on must have been there to be seen."""
    names = {name: f"{name}_{side}" for name in ("event_id", "occurred_from", "lat", "lon")}
    versions = (
        dataset.tables["events"]
        .sort("recorded_at", "source_file", "source_row")
        .select(pl.col(name).alias(new) for name, new in names.items() | {"recorded_at": "_recorded"}.items())
    )
    joined = pairs.join_asof(
        versions,
        left_on="known_at",
        right_on="_recorded",
        by=f"event_id_{side}",
        strategy="backward",
        check_sortedness=False,
    )
    return joined.drop("_recorded", strict=False)


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
    known = pl.col("known_at")
    held = (pl.col("recorded_at") <= known) & (pl.col("recorded_at_other") <= known)
    for name in ("retracted_at", "retracted_at_other"):
        if name in both.columns:
            held &= pl.col(name).is_null() | (pl.col(name) > known)
    return both.filter(held)


def _shared_features(dataset: Dataset, pairs: pl.DataFrame) -> pl.DataFrame:
    facts = dataset.tables.get("circumstances")
    if facts is None:
        return pl.DataFrame(schema={"_link": pl.Int64, "shared_features": pl.UInt32})
    shared = _in_both(
        pairs, facts.select("event_id", "feature", "value", "recorded_at", "retracted_at"), ["feature", "value"]
    )
    return shared.group_by("_link").agg(pl.struct("feature", "value").n_unique().alias("shared_features"))


def _same_finder(dataset: Dataset, pairs: pl.DataFrame) -> pl.DataFrame:
    facts = dataset.tables.get("people")
    if facts is None:
        return pl.DataFrame(schema={"_link": pl.Int64, "same_finder": pl.String})
    finders = facts.filter((pl.col("role") == "finder") & pl.col("person_ref").is_not_null()).select(
        "event_id", "person_ref", "recorded_at"
    )
    shared = _in_both(pairs, finders, ["person_ref"])["_link"].unique()
    named = _in_both(
        pairs,
        finders.select("event_id", "recorded_at")
        .sort("recorded_at")
        .unique("event_id", keep="first", maintain_order=True),
        [],
    )
    return pairs.select(
        "_link",
        pl.when(pl.col("_link").is_in(shared.implode()))
        .then(pl.lit("yes"))
        .when(pl.col("_link").is_in(named["_link"].unique().implode()))
        .then(pl.lit("no"))
        .alias("same_finder"),
    )
