"""The people of a tile and how they are seen in records: with gaps, typing errors, and now and then a second number."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from clew.demonstration.chance import DAY_S, Flags, Integers, Numbers, happens
from clew.demonstration.distributions import recording
from clew.demonstration.invented import FAMILY_NAMES, GIVEN_NAMES, family_names, given_names, ranks

#: A number past any tile's persons, prime to 10,000,000, so that numbers do not tell in which order people came.
_SCRAMBLE = 7_654_321
_REF_SPACE = 10_000_000
DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, kw_only=True)
class Persons:
    """One element per person. `born`: days since 1970; `house`: where they live; `given`, `family`: ranks of names;
    `phone`: number of the person whose telephone it is or was; `professional`: known by badge, not by name.
    """

    male: Flags
    born: Integers
    house: Integers
    given: Integers
    family: Integers
    phone: Integers
    professional: Flags

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.male)


@dataclass(kw_only=True)
class Register:
    """People while they are being added; each call of `add` gives their indices."""

    rng: np.random.Generator
    _columns: dict[str, list[np.ndarray]] = field(default_factory=dict)
    count: int = 0

    def add(
        self,
        *,
        male: Flags,
        age: Numbers,
        at: Integers,
        house: Integers,
        family: Integers | None = None,
        professional: bool = False,
    ) -> Integers:
        """New people, `age` years old at the instants `at`; a family name drawn unless given."""
        size = len(male)
        new = np.arange(self.count, self.count + size, dtype=np.int64)
        reused = happens(self.rng, recording.PHONE_REUSED, size)
        columns = {
            "male": male,
            "born": at // DAY_S - (age * DAYS_PER_YEAR).astype(np.int64),
            "house": house,
            "given": ranks(self.rng, GIVEN_NAMES, size) + np.where(male, 0, GIVEN_NAMES),
            "family": ranks(self.rng, FAMILY_NAMES, size) if family is None else family,
            "phone": np.where(reused, (self.rng.random(size) * (new + 1)).astype(np.int64), new),
            "professional": np.full(size, professional),
        }
        for name, values in columns.items():
            self._columns.setdefault(name, []).append(values)
        self.count += size
        return new

    def persons(self) -> Persons:
        """Everybody added so far."""
        return Persons(**{name: np.concatenate(parts) for name, parts in self._columns.items()})


def references(person: Integers, *, professional: Flags, second: Flags, prefix: str) -> pl.Series:
    """The force's number for each person; `second`: the other number that some hold."""
    number = (person * 2 + second) * _SCRAMBLE % _REF_SPACE
    frame = pl.DataFrame({"number": number, "professional": professional})
    digits = pl.col("number").cast(pl.String).str.zfill(7)
    letter = pl.when("professional").then(pl.lit("K")).otherwise(pl.lit("N"))
    return frame.select(pl.concat_str(pl.lit(prefix), letter, digits).alias("person_ref"))["person_ref"]


def phones(owner: Integers, tile: int) -> pl.Series:
    """A telephone number for each owner. Numbers beginning 06 are not in use in the United Kingdom."""
    number = (owner * _SCRAMBLE % _REF_SPACE) + (tile + 1) * _REF_SPACE
    return pl.select(pl.concat_str(pl.lit("06"), pl.Series(number).cast(pl.String).str.zfill(9)))["literal"]


def _typing_error(names: pl.Expr, place: pl.Expr, letter: pl.Expr) -> pl.Expr:
    at = place % names.str.len_chars().clip(1)
    return pl.concat_str(names.str.slice(0, at), letter, names.str.slice(at + 1))


def written_names(rng: np.random.Generator, persons: Persons, index: Integers) -> pl.Series:
    """The name of each person as somebody wrote it: mostly right."""
    size = len(index)
    frame = pl.DataFrame(
        {
            "given": given_names().gather(persons.given[index]),
            "family": family_names().gather(persons.family[index]),
            "error": happens(rng, recording.NAME_TYPING_ERROR, size),
            "swapped": happens(rng, recording.NAME_SWAPPED, size),
            "initial": happens(rng, recording.NAME_INITIAL, size),
            "place": rng.integers(1, 9, size),
            "letter": pl.Series(np.array(list("aeiourstln"))[rng.integers(10, size=size)]),
        }
    )
    family = (
        pl.when("error").then(_typing_error(pl.col("family"), pl.col("place"), pl.col("letter"))).otherwise("family")
    )
    given = pl.when("initial").then(pl.col("given").str.slice(0, 1)).otherwise("given")
    return frame.select(
        pl.when("swapped")
        .then(pl.concat_str(family, pl.lit(" "), given))
        .otherwise(pl.concat_str(given, pl.lit(" "), family))
        .alias("name")
    )["name"]


def true_names(persons: Persons, index: Integers) -> pl.Series:
    """The name of each person as it is."""
    given, family = given_names().gather(persons.given[index]), family_names().gather(persons.family[index])
    return pl.select(pl.concat_str(given, pl.lit(" "), family).alias("name"))["name"]


def written_births(rng: np.random.Generator, persons: Persons, index: Integers) -> pl.Series:
    """The date of birth as somebody wrote it: now and then with day and month the wrong way round."""
    born = pl.Series("born", persons.born[index].astype("datetime64[D]").astype("datetime64[ms]")).cast(pl.Date)
    frame = pl.DataFrame({"born": born, "swap": happens(rng, recording.BIRTH_DAY_MONTH_SWAPPED, len(index))})
    day, month = pl.col("born").dt.day(), pl.col("born").dt.month()
    swapped = pl.date(
        pl.col("born").dt.year(),
        pl.when(day <= 12).then(day).otherwise(month),
        pl.when(day <= 12).then(month).otherwise(day),
    )
    return frame.select(pl.when("swap").then(swapped).otherwise("born").alias("born"))["born"]
