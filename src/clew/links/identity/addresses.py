"""One form for the many spellings of an address: what is compared is the form, what is shown is what was written.

A table of short forms and a few patterns for flats; British first, American and Australian street types as well. No
gazetteer: an address with a postcode and the same address without one stay two.
"""

from __future__ import annotations

import polars as pl

#: Words that mean the same in an address -> the form kept. Both "Street" and "Saint" are written "St.".
SHORT_FORMS: dict[str, str] = {
    "street": "st", "str": "st", "saint": "st", "road": "rd", "avenue": "av", "ave": "av", "aven": "av",
    "close": "cl", "clo": "cl", "gardens": "gdns", "garden": "gdns", "gdn": "gdns", "grdns": "gdns", "lane": "ln",
    "drive": "dr", "drv": "dr", "court": "ct", "crt": "ct", "crescent": "cres", "cresc": "cres", "cr": "cres",
    "place": "pl", "plc": "pl", "square": "sq", "terrace": "ter", "terr": "ter", "tce": "ter", "grove": "gr",
    "grv": "gr", "park": "pk", "hill": "hl", "house": "hse", "ho": "hse", "buildings": "bldg", "building": "bldg",
    "bldgs": "bldg", "bulding": "bldg", "boulevard": "blvd", "boul": "blvd", "parkway": "pkwy", "pky": "pkwy",
    "highway": "hwy", "circuit": "cct", "circle": "cir", "mount": "mt", "walk": "wk", "way": "wy", "row": "rw",
    "view": "vw", "mews": "mws", "north": "n", "south": "s", "east": "e", "west": "w", "northeast": "ne",
    "northwest": "nw", "southeast": "se", "southwest": "sw", "first": "1st", "second": "2nd", "third": "3rd",
    "apartment": "flat", "apt": "flat", "appt": "flat", "unit": "flat", "suite": "flat", "ste": "flat", "flt": "flat",
    "fl": "floor", "flr": "floor", "grd": "ground", "gnd": "ground", "and": "", "the": "", "of": "",
}  # fmt: skip

#: Countries at the end say nothing inside one force's records.
_COUNTRY = r" +(?:united +kingdom|uk|england|wales|scotland|usa|united +states)[ ]*$"

_POSTCODE = r" ([a-z]{1,2}[0-9][a-z0-9]?) *([0-9][a-z]{2}) "
#: The postcode at the end of a form.
POSTCODE = r"(?:^| )([a-z]{1,2}[0-9][a-z0-9]?[0-9][a-z]{2})$"

_FLOOR = r" (ground|1st|2nd|3rd|top|basement|lower|upper)(?: +floor)? +flat "
#: 12 A is 12a; 5 W is a direction.
_LETTERED = r" ([0-9]+) +([a-df-mo-rt-vx-z]) "
_FLAT = r" flat +(?:no +|number +)?([0-9]+[a-z]?|[a-z][0-9]*) "

#: Addresses whose forms are kept, so that one run reads each once; beyond, all are forgotten.
REMEMBERED = 1_000_000

#: So few addresses are read again rather than looked for among all that are remembered: one new death has a few.
FEW = 1_000

_NONE = pl.DataFrame(schema={"written": pl.String, "key": pl.String, "read": pl.Boolean})
_read = _NONE


def address_keys(written: pl.Series) -> pl.Series:
    """(n,) the one form of each address of `written` (n,) text; null where there is nothing of an address.

    Case, accents, punctuation, short forms and the place of the flat do not count: "Flat 2, 12 High St." and "12 High
    Street Flat 2" are both "flat 2 12 high st". The order of the rest does.
    """
    global _read  # noqa: PLW0603  one frame is exchanged for another: what a reader holds stays whole
    given = pl.DataFrame({"written": written.cast(pl.String)})
    if written.null_count() == len(written):
        return given["written"]
    if given.height <= FEW:
        return _forms(given)["key"]
    known = _read
    found = given.join(known, on="written", how="left", maintain_order="left")
    new = found.filter(pl.col("read").is_null() & pl.col("written").is_not_null()).select("written").unique()
    if new.height:
        known = pl.concat([known, _forms(new).with_columns(read=pl.lit(value=True))])
        _read = known if known.height <= REMEMBERED else _NONE
        found = given.join(known, on="written", how="left", maintain_order="left")
    return found["key"]


def _forms(frame: pl.DataFrame) -> pl.DataFrame:
    """`written` with its `key`. In steps, so that each is computed once."""
    text = pl.col("text")
    spaced = pl.concat_str(pl.lit(" "), text.str.strip_chars(), pl.lit(" "))
    short = spaced.str.replace_many(
        [f" {word} " for word in SHORT_FORMS], [f" {form} " if form else " " for form in SHORT_FORMS.values()]
    )
    return (
        frame.lazy()
        .with_columns(text=decomposed(pl.col("written"), frame["written"]).str.to_lowercase())
        .with_columns(text=text.str.replace_all(r"\p{M}|['’]", "").str.replace_all("#", " flat ", literal=True))
        .with_columns(text=text.str.replace_all(r"[^\p{L}\p{N}]+", "  "))  # two blanks: each word has its own
        .with_columns(text=short)
        .with_columns(text=text.str.replace_all(r" +(?:flat +)+", " flat ").str.replace(_COUNTRY, " "))
        .with_columns(text=text.str.replace_all(_LETTERED, " ${1}${2} "))
        .with_columns(floor=text.str.extract(_FLOOR), text=text.str.replace(_FLOOR, " "))
        .with_columns(flat=text.str.extract(_FLAT), text=text.str.replace(_FLAT, " "))
        .with_columns(
            unit=pl.lit("flat ") + pl.coalesce("floor", "flat"),
            post=pl.concat_str(text.str.extract(_POSTCODE, 1), text.str.extract(_POSTCODE, 2)),
            text=text.str.replace(_POSTCODE, " ").str.replace_all(r" +", " ").str.strip_chars(),
        )
        .with_columns(key=pl.concat_str("unit", "text", "post", separator=" ", ignore_nulls=True).str.strip_chars())
        .select("written", key=pl.when(pl.col("key").str.len_chars() > 0).then("key"))
        .collect()
    )


def decomposed(text: pl.Expr, values: pl.Series) -> pl.Expr:
    """`text` with accents as letters of their own; as it is where `values` hold none, which is several times faster."""
    plain = bool((values.str.len_bytes() == values.str.len_chars()).all())
    return text if plain else text.str.normalize("NFKD")
