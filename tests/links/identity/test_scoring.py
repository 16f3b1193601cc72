"""Pairs are found as a naive search finds them, and scored as Splink scores them."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
import pytest

from clew.links.identity import addresses, scoring
from clew.links.identity.candidates import KEYS, candidate_pairs
from clew.links.identity.comparisons import COMPARISONS
from clew.links.identity.mentions import VALUES, distinct, mentions
from clew.links.identity.model import default_model
from clew.links.identity.scoring import score_pairs

from .by_splink import by_splink
from .people import AT, frame, strangers


def messy(count: int = 400) -> pl.DataFrame:
    """Mentions of strangers, most written twice and otherwise: every comparison meets most of its levels."""
    row = pl.int_range(pl.len())
    again = strangers(count).with_columns(
        name=pl.when(row % 9 == 0).then(pl.col("name").str.replace("a", "e"))
        .when(row % 9 == 1).then(pl.col("name").str.replace(r"(\w+) (\w+)", "$2, x $1"))
        .when(row % 9 == 2).then(pl.col("name").str.replace(r"(\w)\w+ (\w+)", "$1 $2"))
        .when(row % 9 == 3).then(pl.col("name").str.replace(r"(\w+) (\w+)", "$2 $1"))
        .when(row % 9 == 4).then(pl.col("name").str.replace(r"(\w+) (\w+)", "$2"))
        .when(row % 9 == 5).then(pl.col("name").str.replace(r"(\w+) (\w+)", "$1"))
        .when(row % 9 == 6).then(pl.col("name").str.replace(r"\w(\w+) (\w+)", "$1 $2"))
        .when(row % 9 == 7).then(pl.lit("Sir ") + pl.col("name") + ", 2nd Baronet").otherwise("name"),
        birth_date=pl.when(row % 7 == 0).then(pl.col("birth_date").dt.offset_by("10d"))
        .when(row % 7 == 1).then(None).when(row % 7 == 2).then(pl.col("birth_date").dt.truncate("1y"))
        .otherwise("birth_date"),
        age=pl.when(row % 7 == 1).then(2014.4 - pl.col("birth_date").dt.year()),
        sex=pl.when(row % 11 == 0).then(None).when(row % 11 == 1).then(pl.lit("male")).otherwise("sex"),
        phone=pl.when(row % 5 < 3).then("phone"),
        email=pl.when(row % 4 == 0).then(pl.lit("post@ham.example")),
        vehicle=pl.when(row % 6 == 0).then(pl.lit("AB12 ") + (row // 60).cast(pl.String)),
        person_ref=pl.when(row % 8 == 0).then(pl.lit("N") + row.cast(pl.String)),
        address=pl.when(row % 3 == 0).then("address").when(row % 3 == 1).then(pl.lit("E17 4AB")),
        birth_place=pl.when(row % 5 < 2).then(pl.lit("Ham")).when(row % 5 < 4).then(pl.lit("Hamm")),
        occupation=pl.when(row % 4 < 2).then(pl.lit("Painter")).otherwise(pl.lit("clerk")),
    )  # fmt: skip
    numbered = strangers(count).with_columns(
        email=pl.when(row % 4 == 0).then(pl.lit("post@ham.example")),
        person_ref=pl.when(row % 3 == 0).then(pl.lit("M") + row.cast(pl.String)),
        address=pl.when(row % 2 == 0)
        .then("address")
        .otherwise(pl.lit("1 Low Rd, E17 ") + (row % 7).cast(pl.String) + "AB"),
        birth_place=pl.when(row % 3 > 0).then(pl.lit("ham")),
        occupation=pl.when(row % 3 > 0).then(pl.lit("painter")),
    )
    people = pl.concat([numbered, again])
    told = mentions(people, pl.Series([AT] * people.height))
    return distinct(told.with_columns(nominal="part"))


def test_splink_gives_every_pair_the_same_levels_and_the_same_probability(monkeypatch: pytest.MonkeyPatch) -> None:
    told = messy()
    rng = np.random.default_rng(5)
    strange = pl.DataFrame(
        np.unique(np.sort(rng.integers(0, told.height, (4000, 2)), axis=1), axis=0), schema=["l", "r"]
    )
    pairs = pl.concat([candidate_pairs(told), strange.filter(pl.col("l") < pl.col("r"))]).unique()
    monkeypatch.setattr(scoring, "BATCH", 1000)
    mine, theirs = score_pairs(told, pairs, default_model()), by_splink(told, pairs, default_model())
    assert mine.height == theirs.height == pairs.height
    met = 0
    for comparison in COMPARISONS:
        assert mine[comparison.name].to_list() == theirs[comparison.name].to_list(), comparison.name
        met += mine[comparison.name].n_unique()
    assert met >= 38
    assert np.allclose(mine["probability"], theirs["match_probability"], rtol=1e-9, atol=1e-15)


def naive_keys(row: dict[str, Any]) -> set[tuple[object, ...]]:
    """The keys of a mention that bring it together with others, as text; a missing part makes no key."""
    born = row["born"]
    either = born and (born[:4], *sorted((born[5:7], born[8:])))
    names = [name for name in (row["given"], row["family"]) if name is not None]
    made = row | {
        "day_of_birth": either,
        "either_name": tuple(sorted(names * (2 if len(names) == 1 else 1))) if names else None,
        "year_of_birth": None if row["year"] is None else int(row["year"]),
        "initial": row["near_given"] and row["near_given"][0],
        "family_begins": row["family"] and row["family"][:4],
    }
    keys = {name: tuple(made[column] for column in columns) for name, columns in KEYS.items()}
    return {(kind, *key) for kind, key in keys.items() if None not in key}


def test_candidates_are_what_a_naive_search_over_all_pairs_finds() -> None:
    told = messy(150)
    rows = told.to_dicts()
    keys = [naive_keys(row) for row in rows]
    borne: dict[tuple[object, ...], int] = {}
    for each in keys:
        for key in each:
            borne[key] = borne.get(key, 0) + 1
    by_name = {"name": 8, "near_name": 8, "family_initial": 4}
    usable = {key for key, often in borne.items() if often <= by_name.get(str(key[0]), 20)}
    expected = [
        (a, b)
        for a, b in combinations(range(len(rows)), 2)
        if rows[a]["nominal"] != rows[b]["nominal"] and keys[a] & keys[b] & usable
    ]
    assert len(expected) > 100
    assert candidate_pairs(told, 2.0, at_most=20).rows() == expected


def test_mentions_are_in_an_order_that_arrival_does_not_change() -> None:
    told = mentions(frame([{"name": name} for name in ("B", "A", "C aka D", "A")]), pl.Series([AT] * 4))
    told = told.with_columns(nominal=pl.Series([0, 0, 2, 2, 0]))
    kept = distinct(told)
    assert kept.select("nominal", "family").rows() == [(0, "a"), (0, "b"), (2, "c"), (2, "d")]
    assert (
        distinct(told.reverse())
        .select(*VALUES, "nominal", "mention")
        .equals(kept.select(*VALUES, "nominal", "mention"))
    )


def test_an_address_has_one_form_however_many_were_read_before(monkeypatch: pytest.MonkeyPatch) -> None:
    written = pl.Series(["1 High St", None, "2 Low Road", "...", "1 High Street", "2 Low Rd"])
    expected = ["1 high st", None, "2 low rd", None, "1 high st", "2 low rd"]
    for remembered in (0, 3, 1_000):
        monkeypatch.setattr(addresses, "REMEMBERED", remembered)
        monkeypatch.setattr(addresses, "_read", addresses._NONE)
        assert addresses.address_keys(written[:2]).to_list() == expected[:2]
        assert addresses.address_keys(written).to_list() == expected
        assert addresses.address_keys(written.reverse()).to_list() == expected[::-1]
        assert addresses._read.height <= remembered
