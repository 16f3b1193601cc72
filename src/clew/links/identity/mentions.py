"""Mentions: what the records say of the person in each part, in the forms in which it is compared.

A part whose name holds an alias is mentioned once under each name. Parts that bear one number of the force are one
*nominal*, unless what they say contradicts itself (`nominals`); a part without a number is a nominal of its own.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from clew.links.identity.addresses import POSTCODE, address_keys
from clew.links.identity.spelling import (
    SHORT_NAMES,
    aliases,
    phone_form,
    split_names,
    vehicle_form,
    word_form,
    words_form,
)

#: Columns of a mention that hold what is compared, in the order in which mentions are sorted.
VALUES = (
    "ref", "full_name", "given", "family", "near_given", "near_name", "born", "year", "sex", "phone", "email", "handle",
    "vehicle", "address", "postcode", "district", "birth_place", "occupation",
)  # fmt: skip


def mentions(people: pl.DataFrame, at: pl.Series) -> pl.DataFrame:
    """One row per part and name that it holds: `part` (index into `people`) and `VALUES`.

    people: columns of the table `people`. at: (n,) when each part's event happened, from which an age becomes a year
    of birth. full_name, given, family: plain text; near_given: the first given name, a short form as the name it stands
    for; near_name: that and the family name; born: "YYYY-MM-DD"; year: of birth, with its fraction (from the age: half
    a year either way); sex: male or female; postcode, district: of the address, which is none if it is a postcode
    alone; the rest in the forms of `spelling` and `addresses`.
    """
    born = pl.col("birth_date")
    year = born.dt.year() + (born.dt.ordinal_day() - 1) / 365.25
    by_age = pl.col("_at").dt.year() + (pl.col("_at").dt.ordinal_day() - 1) / 365.25 - pl.col("age") - 0.5
    address = address_keys(people["address"])
    postcode = address.str.extract(POSTCODE)
    frame = people.select(
        part=pl.int_range(pl.len(), dtype=pl.Int64),
        ref="person_ref",
        born=born.dt.to_string("%Y-%m-%d"),
        year=pl.coalesce(year, people.select("age").with_columns(_at=at).select(by_age).to_series()),
        sex=pl.when(pl.col("sex").is_in(["male", "female"])).then("sex"),
        phone=phone_form(pl.col("phone")),
        email=word_form(pl.col("email")),
        handle=word_form(pl.col("handle")),
        vehicle=vehicle_form(pl.col("vehicle")),
        address=address.set(address == postcode, None),  # a postcode alone is no address
        postcode=postcode,
        district=postcode.str.head(-3),
        birth_place=words_form(people["birth_place"]),
        occupation=words_form(people["occupation"]),
    )
    return aliases(people["name"]).pipe(_named).join(frame, on="part", maintain_order="left").select("part", *VALUES)


def distinct(told: pl.DataFrame) -> pl.DataFrame:
    """`told` (mentions with their `nominal`) without what a nominal says twice, in order of nominal, with `mention`.

    mention: 0 to n - 1. The order does not depend on the order in which a nominal's parts arrived.
    """
    nominal = told["nominal"].to_numpy()
    alone = np.bincount(nominal)[nominal] == 1
    row = pl.Series("row", np.arange(len(nominal)))
    several = told.with_columns(row).filter(pl.Series(~alone))
    several = several.unique(["nominal", *VALUES], keep="first", maintain_order=True).sort("nominal", *VALUES)
    kept = np.concatenate((np.flatnonzero(alone), several["row"].to_numpy()))
    kept = kept[np.argsort(nominal[kept], kind="stable")]
    return told[kept].with_columns(mention=pl.int_range(pl.len(), dtype=pl.Int64))


def _named(names: pl.DataFrame) -> pl.DataFrame:
    """`part`, `name` with the forms of the name."""
    named = split_names(names)
    first = named["given"].str.extract(r"^(\S+)").replace(SHORT_NAMES).alias("near_given")
    return named.with_columns(
        first,
        full_name=pl.concat_str("given", pl.lit(" "), "family"),
        near_name=pl.concat_str(first, pl.lit(" "), "family"),
    )
