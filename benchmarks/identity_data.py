"""The three data sets of `benchmarks.identity`, as Clew's table `people`, with the true person of each row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from clew.demonstration.invented import family_names, given_names, ranks, street_names
from clew.records import TABLES

SEED = 1
FORMS = {name: TABLES["people"].column(name).type.dtype for name in TABLES["people"].names}


def as_people(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with all columns of the table `people`, those it lacks null."""
    missing = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in FORMS.items() if name not in frame.columns]
    return frame.with_columns(missing).select(list(FORMS))


def synthetic(records: int, seed: int = SEED) -> tuple[pl.DataFrame, np.ndarray]:
    """`records` rows, 23 % of them a second record of somebody: typing errors in names, day and month of birth
    exchanged, people who have moved, telephones missing in 30 %. Assumed shares are those named in the code.

    Gives `given`, `family`, `birth_date`, `sex`, `phone`, `street`, `city`, `address`, `name`, and the true person.
    """
    rng = np.random.default_rng(seed)
    people = records - round(0.23 * records)
    person = np.concatenate((np.arange(people), rng.choice(people, records - people, replace=False)))
    again = np.arange(records) >= people
    given = given_names().gather(ranks(rng, len(given_names()), people)).to_numpy()[person]
    family = family_names().gather(ranks(rng, len(family_names()), people)).to_numpy()[person]
    born = rng.integers(-15_000, 14_000, people)[person]
    house = rng.integers(1, 200, people)[person]
    street = rng.integers(0, len(street_names()), people)[person]
    moved = again & (rng.random(records) < 0.15)
    house, street = (
        np.where(moved, house + 211, house),
        np.where(moved, (street * 7 + 13) % len(street_names()), street),
    )
    phone = np.where(again & (rng.random(records) < 0.1), person + records, person)
    frame = pl.DataFrame(
        {
            "given": _mistyped(rng, given, again & (rng.random(records) < 0.08)),
            "family": _mistyped(rng, family, again & (rng.random(records) < 0.10)),
            "birth_date": pl.Series(born.astype("datetime64[D]").astype("datetime64[ms]")).cast(pl.Date),
            "exchanged": again & (rng.random(records) < 0.05),
            "sex": np.where(rng.integers(0, 2, people)[person] == 1, "male", "female"),
            "phone": np.char.add("07", np.char.zfill(((phone * 7919 + 13) % 10**9).astype(str), 9)),
            "silent": rng.random(records) < 0.3,
            "house": house,
            "street": street_names().gather(street),
            "city": pl.Series([f"Town {number}" for number in street % 300]),
        }
    )
    day, month = pl.col("birth_date").dt.day(), pl.col("birth_date").dt.month()
    swapped = pl.date(
        pl.col("birth_date").dt.year(),
        pl.when(day <= 12).then(day).otherwise(month),
        pl.when(day <= 12).then(month).otherwise(day),
    )
    frame = frame.with_columns(
        birth_date=pl.when("exchanged").then(swapped).otherwise("birth_date"),
        phone=pl.when(~pl.col("silent")).then("phone"),
        address=pl.concat_str(pl.col("house").cast(pl.String), pl.lit(" "), "street", pl.lit(", "), "city"),
        name=pl.concat_str("given", pl.lit(" "), "family"),
    )
    order = rng.permutation(records)
    return frame[order], person[order]


def _mistyped(rng: np.random.Generator, words: np.ndarray, wrong: np.ndarray) -> list[str]:
    """`words` with one letter replaced, left out, doubled or exchanged with the next, where `wrong`."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    out = words.tolist()
    for row in np.flatnonzero(wrong).tolist():
        word, at, how = out[row], int(rng.integers(0, len(out[row]))), int(rng.integers(0, 4))
        letter = letters[int(rng.integers(0, 26))]
        pair = word[at : at + 2][::-1]
        changes = (letter, "", word[at] * 2, pair)
        out[row] = word[:at] + changes[how] + word[at + (len(pair) if how == 3 else 1) :]
    return out


def historical(data: Path) -> tuple[pl.DataFrame, np.ndarray]:
    """Splink's 50,578 rows on 5,156 historical figures, with the errors that were put in."""
    rows = pl.read_parquet(data / "persons" / "historical_figures_with_errors_50k.parquet")
    return rows, rows["cluster"].rank("dense").to_numpy().astype(np.int64)


def historical_people(rows: pl.DataFrame) -> pl.DataFrame:
    """As Clew's people, the postcode as the address."""
    return as_people(
        rows.select(
            name=pl.col("full_name"),
            birth_date=pl.col("dob").str.to_date("%Y-%m-%d", strict=False),
            sex=pl.when(pl.col("gender").is_in(["male", "female"])).then("gender"),
            address=pl.col("postcode_fake"),
            birth_place=pl.col("birth_place"),
            occupation=pl.col("occupation"),
        )
    )


def febrl(data: Path) -> tuple[pl.DataFrame, np.ndarray]:
    """The two files of febrl 4, one under the other (`source`), with the true person."""
    both = []
    for letter in "ab":
        rows = pl.read_csv(data / "persons" / f"febrl_dataset4{letter}.csv", infer_schema_length=0)
        rows = rows.rename({name: name.strip() for name in rows.columns}).with_columns(source=pl.lit(letter))
        both.append(rows.with_columns(pl.all().str.strip_chars()))
    rows = pl.concat(both).with_columns(pl.when(pl.all().str.len_chars() > 0).then(pl.all()))
    return rows, rows["rec_id"].str.extract(r"rec-(\d+)-").cast(pl.Int64).to_numpy()


def febrl_people(rows: pl.DataFrame) -> pl.DataFrame:
    """As Clew's people; the social security number is the force's own number of a person."""
    return as_people(
        rows.select(
            name=pl.concat_str("given_name", pl.lit(" "), "surname", ignore_nulls=True),
            birth_date=pl.col("date_of_birth").str.to_date("%Y%m%d", strict=False),
            address=pl.concat_str("street_number", pl.lit(" "), "address_1", pl.lit(" "), "suburb"),
            person_ref=pl.col("soc_sec_id"),
        )
    )


def held_out_half(true: np.ndarray) -> np.ndarray:
    """Which rows are of the half of the people on whom no threshold was chosen (`clew.links.identity.grouping`)."""
    people = np.unique(true)
    chosen_on = people[np.random.default_rng(0).permutation(len(people))[: len(people) // 2]]
    return ~np.isin(true, chosen_on)


def pairwise(found: np.ndarray, true: np.ndarray, of: np.ndarray | None = None) -> dict[str, float]:
    """Precision, recall and F1 over the pairs that are together in `found`, against those together in `true`.

    of: which rows count, as ends of a pair; all if None. A pair of which one end counts counts half.
    """
    ends = np.ones(len(true), dtype=bool) if of is None else of

    def pairs(*labels: np.ndarray) -> float:
        _, row, size = np.unique(np.stack(labels), axis=1, return_inverse=True, return_counts=True)
        return float((size[row.reshape(-1)] - 1)[ends].sum()) / 2

    both, mine, theirs = pairs(found, true), pairs(found), pairs(true)
    precision, recall = both / max(mine, 1), both / max(theirs, 1)
    return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / max(precision + recall, 1e-12)}
