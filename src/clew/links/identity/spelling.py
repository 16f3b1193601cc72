"""Forms in which names, telephones and other identifiers are compared: what is shown stays as it was written."""

from __future__ import annotations

import polars as pl

#: Short forms of given names -> the name they stand for, where one is much the commonest. A name found here on either
#: side counts as near, not as equal.
SHORT_NAMES: dict[str, str] = {
    short: full
    for full, shorts in {
        "alexander": "alex alec sandy sasha", "andrew": "andy drew", "anthony": "tony ant", "benjamin": "ben benny",
        "catherine": "cathy kate katie kathy kitty cath katherine kathryn katharine", "charles": "charlie chas chuck",
        "christine": "chrissie tina", "christopher": "chris kit", "daniel": "dan danny", "david": "dave davy",
        "deborah": "debbie deb", "dorothy": "dot dolly", "edward": "ed eddie ted teddy ned", "elizabeth":
        "liz lizzie beth betty eliza bess lisbeth libby elisabeth", "frances": "fran fanny", "francis": "frank frankie",
        "frederick": "fred freddie freddy", "george": "georgie", "gerald": "gerry", "gregory": "greg", "henry":
        "harry hal hank", "jacob": "jake", "james": "jim jimmy jamie jem", "jeffrey": "jeff geoffrey geoff",
        "jennifer": "jen jenny", "john": "jack johnny jon", "jonathan": "jonny", "joseph": "joe joey", "joshua": "josh",
        "kenneth": "ken kenny", "lawrence": "larry laurie laurence", "margaret": "maggie meg peggy madge greta",
        "martin": "marty", "mary": "molly polly", "matthew": "matt", "michael": "mike mick micky mickey",
        "mohammed": "mohamed muhammad mohammad mohamad muhammed mohd", "nathan": "nate", "nicholas":
        "nick nicky nicolas", "oliver": "ollie", "pamela": "pam", "patricia": "pat patty tricia trish", "patrick":
        "paddy", "peter": "pete", "philip": "phil phillip", "rebecca": "becky becca",
        "richard": "dick rick ricky richie",
        "robert": "bob bobby rob robbie bert", "ronald": "ron ronnie", "samuel": "sam sammy", "sarah": "sally sara",
        "stephen": "steve steven stevie", "susan": "sue susie", "theresa": "terry tess teresa", "thomas": "tom tommy",
        "timothy": "tim", "victoria": "vicky vicki", "vincent": "vince", "walter": "walt wally", "william":
        "bill billy will willie liam", "zachary": "zach zack",
    }.items()
    for short in shorts.split()
}  # fmt: skip

_TITLES = (
    r"^(?:(?:mr|mrs|ms|miss|dr|sir|lady|lord|dame|rev|prof|rt|hon|baron|baroness|viscount|viscountess|earl|countess"
    r"|pc|dc|ds|di|dci|sgt)(?: |$))+"
)
#: Letters after a name: honours, degrees, junior.
_AFTER = r"(?:(?:^| |,)+(?:\d+(?:st|nd|rd|th) *)?(?:baronet|bt|esq|jr|jnr|snr|obe|mbe|cbe|kbe|qc|kc|phd|md|frs)\.?)+$"
_ORDINAL = r"\b\d+(?:st|nd|rd|th)\b"
_ALIAS = r"(?i)\s*(?:\(|,|;|/)?\s*\b(?:a\.?k\.?a\.?|alias|also known as|formerly|n[ée]e)\b[\s.:]*|\s*/\s*"


def aliases(names: pl.Series) -> pl.DataFrame:
    """Each name that `names` (n,) text holds: `part` (index into `names`) and `name`; "X aka Y" holds two."""
    frame = pl.DataFrame({"part": pl.int_range(len(names), dtype=pl.Int64, eager=True), "name": names})
    several = frame["name"].str.contains(_ALIAS).fill_null(value=False)
    if not several.any():
        return frame
    split = (
        frame.filter(several)
        .with_columns(pl.col("name").str.replace_all(_ALIAS, "\u0001").str.strip_chars("() ").str.split("\u0001"))
        .explode("name")
        .with_columns(pl.col("name").str.strip_chars("() "))
        .filter(pl.col("name").str.len_chars() > 0)
    )
    return pl.concat([frame.filter(~several), split]).sort("part", maintain_order=True)


def plain(written: pl.Series) -> pl.Series:
    """Lower case without accents or apostrophes. In ASCII letters nothing is looked for that is not there."""
    if (written.str.len_bytes() != written.str.len_chars()).any():
        written = written.str.normalize("NFKD").str.replace_all(r"[\p{M}’]", "")
    return written.str.replace_all(r"['`]", "").str.to_lowercase()


def split_names(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with `given` and `family` made from `name`: the last word is the family name, unless a comma says so.

    Titles, and letters after a name, are left out. One word alone is a family name. Hyphens part words. Null where
    there is no name.
    """
    words = plain(frame["name"]).str.strip_chars().str.replace(_AFTER, "").str.replace_all(_ORDINAL, " ")
    if words.str.contains(",", literal=True).any():
        words = words.str.replace(r"^\s*([^,]+?)\s*,\s*([^,]+?)\s*$", "${2} ${1}")
    words = words.str.replace_all(r"[^\p{L}]+", " ").str.strip_chars().str.replace(_TITLES, "")
    family = words.str.extract(r"(\S+)$").alias("family")
    given = pl.select(pl.lit(words).str.strip_suffix(pl.lit(family)).str.strip_chars_end(" ")).to_series()
    return frame.with_columns(family, given.set(given.str.len_bytes() == 0, None).alias("given"))


def phone_form(written: pl.Expr) -> pl.Expr:
    """The last nine digits, which drop the trunk zero or the country; null for fewer than seven."""
    digits = written.str.replace_all(r"\D", "")
    return pl.when(digits.str.len_chars() >= 7).then(digits.str.tail(9))


def word_form(written: pl.Expr) -> pl.Expr:
    """An e-mail address or handle in lower case; null where empty."""
    form = written.str.to_lowercase().str.strip_chars().str.strip_prefix("@")
    return pl.when(form.str.len_chars() > 0).then(form)


def vehicle_form(written: pl.Expr) -> pl.Expr:
    """A registration mark in capitals without blanks; null where empty."""
    form = written.str.to_uppercase().str.replace_all(r"[^\p{L}\p{N}]", "")
    return pl.when(form.str.len_chars() > 0).then(form)


def words_form(written: pl.Series) -> pl.Series:
    """A town or an occupation (n,) as its words in lower case, in order; null where empty."""
    if written.null_count() == len(written):  # most records lack it, and reading nothing takes as long
        return written
    form = plain(written).str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()
    return form.set(form.str.len_bytes() == 0, None)
