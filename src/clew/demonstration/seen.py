"""The people table: each part as somebody wrote it down, with what was not asked, misheard or held twice."""

from __future__ import annotations

import numpy as np
import polars as pl

from clew.demonstration.chance import DAY_S, Flags, Integers, delays_s, fraction, happens
from clew.demonstration.distributions import recording
from clew.demonstration.persons import (
    DAYS_PER_YEAR,
    Persons,
    phones,
    references,
    true_names,
    written_births,
    written_names,
)
from clew.demonstration.places import Places, addresses
from clew.demonstration.population import SmallAreas

_DETAILS = ("person_ref", "name", "birth_date", "age", "sex", "address", "phone", "email", "handle", "vehicle")


def people_frame(
    rng: np.random.Generator,
    parts: pl.DataFrame,
    *,
    persons: Persons,
    event_at: Integers,
    areas: SmallAreas,
    places: Places,
    boroughs: pl.Series,
    tile: int,
    prefix: str,
) -> pl.DataFrame:
    """Columns of `PARTS` and the details of `records.schema.PEOPLE`; one row per part."""
    index = parts["person"].to_numpy()
    size = len(index)
    professional = persons.professional[index]
    second = _second(rng, index)
    house = persons.house[index]
    moved = happens(rng, recording.MOVED, size)
    house = np.where(moved, areas.near(rng, house), house)
    age = (event_at[parts["event"].to_numpy()] // DAY_S - persons.born[index]) / DAYS_PER_YEAR
    names = written_names(rng, persons, index)
    owner = pl.Series(index).cast(pl.String)
    frame = parts.with_columns(
        references(index, professional=professional, second=second, prefix=prefix),
        names,
        written_births(rng, persons, index).alias("birth_date"),
        pl.Series("age", np.clip(np.floor(age), 0, 120)),
        pl.Series("sex", np.where(persons.male[index], "male", "female")),
        addresses(house, places, areas, boroughs).alias("address"),
        phones(persons.phone[index], tile).alias("phone"),
        _joined(names.str.to_lowercase().str.replace(" ", "."), owner, prefix, "@mail.example").alias("email"),
        _joined(names.str.slice(0, 5).str.to_lowercase(), owner, prefix, "").alias("handle"),
        # No registration mark begins with Q and I.
        pl.select(pl.format("QI{} {}", pl.lit(f"{tile:02d}"), owner.str.zfill(7)).alias("vehicle"))["vehicle"],
        birth_place=pl.lit(None, dtype=pl.String),  # nobody was asked
        occupation=pl.lit(None, dtype=pl.String),
    )
    frame = frame.with_columns(
        pl.when(pl.Series(_given(rng, parts["role"], name))).then(pl.col(name)).otherwise(None).alias(name)
        for name in _DETAILS
    )
    return pl.concat([frame, _corrections(rng, frame, persons)])


def _corrections(rng: np.random.Generator, frame: pl.DataFrame, persons: Persons) -> pl.DataFrame:
    """Later versions of some numbered persons' rows, with the name as it should be."""
    again = frame.filter(
        pl.Series(happens(rng, recording.CORRECTED, frame.height)) & pl.col("person_ref").is_not_null()
    )
    index = again["person"].to_numpy()
    return again.with_columns(
        pl.col("known") + pl.Series(delays_s(rng, recording.PEOPLE_LATER_DELAY, again.height)),
        true_names(persons, index).alias("name"),
    )


def _given(rng: np.random.Generator, role: pl.Series, detail: str) -> Flags:
    """Whether the detail was filled in, by role."""
    rates = role.replace_strict({each: filled[detail] for each, filled in recording.FILLED.items()}).to_numpy()
    return np.asarray(rng.random(len(rates)) < rates)


def _second(rng: np.random.Generator, person: Integers) -> Flags:
    """Whether the person's second number is used: some hold one, and then it is used half the time."""
    holds = fraction(person, 3) < recording.SECOND_NUMBER.value
    return holds & happens(rng, recording.SECOND_NUMBER_USED, len(person))


def _joined(start: pl.Series, owner: pl.Series, prefix: str, end: str) -> pl.Series:
    return pl.select(pl.concat_str(start, owner, pl.lit(prefix.lower().strip("-") + end)).alias("joined"))["joined"]
