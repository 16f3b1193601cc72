"""Deaths by unit: one row for each death and the place, area or professional that it counts for.

Age band, sex and kind of place are read for the risk; nothing here reads `characteristics`. A professional is known
by the force's own number alone; what that number is never leaves this package.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from clew.backstop.rule import By, Rule
from clew.records import Kind, Known, Role

#: Upper ages of the bands, in years; above is 85 and over.
AGE_BANDS = (64.0, 74.0, 84.0)
PROFESSIONALS = "professionals"
AREAS = "areas"


@dataclass(frozen=True, kw_only=True)
class Series:
    """rows: event_id, unit (words), group (units that are alike), cell (age band and sex), at (UTC instant).

    left_out: deaths that count for no unit, because the record does not say where, or who.
    """

    rows: pl.DataFrame
    left_out: int


def deaths_by_unit(known: Known, rule: Rule) -> Series:
    """The deaths of `known` that the rule watches; a death with two professionals counts once for each."""
    deaths = known.events.filter(pl.col("kind") == Kind.DEATH.value).select(
        "event_id", "area", "place_type", "address", at=pl.coalesce("occurred_to", "occurred_from")
    )
    deaths = deaths.filter(pl.col("at") <= known.at).join(_cells(known), on="event_id", how="left")
    if rule.by is By.PLACE:
        watched = deaths.filter(pl.col("place_type").is_in(rule.place_types))
        rows = watched.with_columns(unit=_written("address"), group=pl.col("place_type"))
    elif rule.by is By.AREA:
        watched = deaths
        rows = deaths.with_columns(unit=pl.col("area"), group=pl.lit(AREAS))
    else:
        watched = deaths
        beside = known.people.filter(pl.col("role") == Role.PROFESSIONAL.value)
        beside = beside.select("event_id", unit="person_ref").unique()
        rows = deaths.join(beside, on="event_id", how="inner").with_columns(group=pl.lit(PROFESSIONALS))
    rows = rows.filter(pl.col("unit").is_not_null() & (pl.col("unit") != ""))
    return Series(
        rows=rows.select("event_id", "unit", "group", pl.col("cell").fill_null(-1), "at").sort(
            "unit", "at", "event_id"
        ),
        left_out=watched.height - rows["event_id"].n_unique(),
    )


def _cells(known: Known) -> pl.DataFrame:
    """Age band and sex of each deceased as one number; each not known is a band of its own (law 5)."""
    deceased = known.people.filter(pl.col("role") == Role.DECEASED.value)
    age = pl.col("age")
    band = pl.sum_horizontal((age > end).cast(pl.Int64) for end in AGE_BANDS)
    sex = pl.col("sex").replace_strict({"female": 0, "male": 1}, default=2, return_dtype=pl.Int64)
    return (
        deceased.sort("event_id", "source_file", "source_row")
        .group_by("event_id", maintain_order=True)
        .agg(age.drop_nulls().last(), pl.col("sex").drop_nulls().last())
        .select("event_id", cell=pl.when(age.is_null()).then(len(AGE_BANDS) + 1).otherwise(band) * 3 + sex)
    )


def _written(column: str) -> pl.Expr:
    """An address without regard to case, points and spaces, as people would write it again."""
    return pl.col(column).str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars().str.to_titlecase()
