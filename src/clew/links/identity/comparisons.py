"""What is compared of two mentions of people, level by level: the condition in SQL and the words for it.

A level's weight is in the model file (`model`), by the names given here; the conditions are not, so that a file handed
over cannot bring in any. Every comparison has a level for what is missing on either side, which is no evidence.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Columns of the mentions that are compared; the model file must name the same.
COLUMNS = (
    "full_name", "given", "family", "near_given", "born", "year", "sex", "phone", "email", "handle", "vehicle",
    "address", "postcode", "district", "birth_place", "occupation", "ref",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Level:
    """One way to agree or not. `when`: SQL over columns with _l and _r. `says`: in words, empty for what is silent.

    rarity_of: the column whose rarity among the mentions is the chance of agreeing by accident. per_mention: the
    model gives how many others by accident share it with a mention, whatever their number.
    """

    name: str
    when: str
    says: str = ""
    rarity_of: str = ""
    per_mention: bool = False


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The levels of one comparison, tried in order; `missing` is SQL for no evidence."""

    name: str
    missing: str
    levels: tuple[Level, ...]


def _both(condition: str, *columns: str) -> str:
    """`condition` with {c} for each of `columns`, joined by and."""
    return " and ".join(condition.format(c=column) for column in columns)


_NEAR = "(damerau_levenshtein({c}_l, {c}_r) <= 1 or jaro_winkler_similarity({c}_l, {c}_r) >= 0.9)"
_FAMILY = "family_l = family_r"
#: Alan and Allen, Alfred and Fred, Eliza and Liza.
_ALIKE = (
    "(jaro_winkler_similarity(given_l, given_r) >= 0.8 "
    "or (least(length(given_l), length(given_r)) >= 3 and (contains(given_l, given_r) or contains(given_r, given_l))))"
)
_NEAR_GIVEN = "(near_given_l = near_given_r or " + _NEAR.format(c="given") + ")"

NAME = Comparison(
    name="name",
    missing="(family_l is null or family_r is null)",
    levels=(
        Level(name="same", when=f"{_FAMILY} and given_l = given_r", says="the same name", rarity_of="full_name"),
        Level(
            name="exchanged",
            when="given_l = family_r and family_l = given_r",
            says="a name with given and family name exchanged",
            rarity_of="full_name",
        ),
        Level(
            name="short",
            when=f"{_FAMILY} and near_given_l = near_given_r",
            says="the same family name and another form of the given name",
            rarity_of="near_name",
        ),
        Level(
            name="initial",
            when=f"{_FAMILY} and (length(near_given_l) = 1 or length(near_given_r) = 1) "
            "and substr(given_l, 1, 1) = substr(given_r, 1, 1)",
            says="the same family name and initial",
            rarity_of="family",
        ),
        Level(
            name="part",
            when=f"{_FAMILY} and list_has_any(string_split(given_l, ' '), string_split(given_r, ' '))",
            says="the same family name and one given name of several",
            rarity_of="family",
        ),
        Level(
            name="misspelt",
            when=_both(_NEAR, "family") + f" and {_NEAR_GIVEN}",
            says="a name spelt differently",
        ),
        Level(
            name="family_only",
            when=f"{_FAMILY} and (given_l is null or given_r is null)",
            says="the same family name, where one has no given name",
            rarity_of="family",
        ),
        Level(
            name="one_word",
            when="(given_l is null and family_l = split_part(given_r, ' ', 1)) "
            "or (given_r is null and family_r = split_part(given_l, ' ', 1))",
            says="the same given name, where one has no family name",
            rarity_of="near_given",
        ),
        Level(
            name="alike",
            when=f"{_FAMILY} and {_ALIKE}",
            says="the same family name and a given name much alike",
        ),
        Level(name="family", when=_FAMILY, says="the same family name with another given name"),
        Level(
            name="near_family",
            when=_both(_NEAR, "family") + " and (given_l is null or given_r is null)",
            says="a family name spelt differently, where one has no given name",
        ),
        Level(
            name="given",
            when="near_given_l = near_given_r",
            says="the same given name with another family name",
            rarity_of="near_given",
        ),
        Level(
            name="word",
            when="list_has_any(string_split(full_name_l, ' '), string_split(full_name_r, ' '))",
            says="a name with one word in common",
        ),
        Level(name="other", when="else", says="another name"),
    ),
)

_ALL_DIGITS = "born_l is not null and born_r is not null"
_APART = "abs(year_l - year_r)"
BORN = Comparison(
    name="born",
    missing="(year_l is null or year_r is null)",
    levels=(
        Level(name="same", when="born_l = born_r", says="the same birth date", rarity_of="born"),
        Level(
            name="exchanged",
            when="substr(born_l, 1, 4) = substr(born_r, 1, 4) and substr(born_l, 6, 2) = substr(born_r, 9, 2) "
            "and substr(born_l, 9, 2) = substr(born_r, 6, 2)",
            says="a birth date with day and month exchanged",
        ),
        Level(
            name="years_only",
            when="born_l like '%-01-01' and born_r like '%-01-01' and born_l <> born_r "
            f"and ({_APART} <= 2.5 or damerau_levenshtein(born_l, born_r) <= 1)",
            says="years of birth much alike, where neither has a day",
        ),
        Level(
            name="one_digit",
            when="damerau_levenshtein(born_l, born_r) <= 1",
            says="a birth date with one digit different",
        ),
        Level(
            name="year_only",
            when="substr(born_l, 1, 4) = substr(born_r, 1, 4) and (born_l like '%-01-01' or born_r like '%-01-01')",
            says="the same year of birth, where one has no day",
        ),
        Level(name="two_digits", when="damerau_levenshtein(born_l, born_r) <= 2", says="a birth date much alike"),
        Level(name="other", when=_ALL_DIGITS, says="another birth date"),
        Level(name="age", when=f"{_APART} <= 1.5", says="the same age within a year"),
        Level(name="near_age", when=f"{_APART} <= 3"),
        Level(name="other_age", when="else", says="another age"),
    ),
)

SEX = Comparison(
    name="sex",
    missing="(sex_l is null or sex_r is null)",
    levels=(Level(name="same", when="sex_l = sex_r"), Level(name="other", when="else", says="another sex")),
)

_HARD = ("phone", "email", "handle", "vehicle")
_MARKS = " + ".join(f"coalesce(({column}_l = {column}_r)::int, 0)" for column in _HARD)
_ANY = " or ".join(f"({column}_l is not null and {column}_r is not null)" for column in (*_HARD, "address", "postcode"))
CONTACT = Comparison(
    name="contact",
    missing=f"not ({_ANY})",
    levels=(
        Level(
            name="several",
            when=f"({_MARKS}) >= 2",
            says="two or more of telephone, e-mail, handle and vehicle",
            per_mention=True,
        ),
        Level(name="phone", when="phone_l = phone_r", says="telephone", per_mention=True),
        Level(name="email", when="email_l = email_r", says="e-mail", per_mention=True),
        Level(name="handle", when="handle_l = handle_r", says="handle", per_mention=True),
        Level(name="vehicle", when="vehicle_l = vehicle_r", says="vehicle", per_mention=True),
        Level(name="address", when="address_l = address_r", says="address", per_mention=True),
        Level(name="postcode", when="postcode_l = postcode_r", says="postcode", rarity_of="postcode"),
        Level(name="district", when="district_l = district_r", says="postal district", rarity_of="district"),
        Level(name="other", when="else"),
    ),
)

BIRTH_PLACE = Comparison(
    name="birth_place",
    # Those who live in one district were mostly born in one town: what that says is said.
    missing="(birth_place_l is null or birth_place_r is null "
    "or (birth_place_l = birth_place_r and coalesce(district_l = district_r, false)))",
    levels=(
        Level(
            name="same", when="birth_place_l = birth_place_r", says="the same place of birth", rarity_of="birth_place"
        ),
        Level(
            name="misspelt",
            when="jaro_winkler_similarity(birth_place_l, birth_place_r) >= 0.9",
            says="a place of birth spelt differently",
        ),
        Level(name="other", when="else", says="another place of birth"),
    ),
)

OCCUPATION = Comparison(
    name="occupation",
    missing="(occupation_l is null or occupation_r is null)",
    levels=(
        Level(name="same", when="occupation_l = occupation_r", says="the same occupation", rarity_of="occupation"),
        Level(name="other", when="else", says="another occupation"),
    ),
)

REF = Comparison(
    name="ref",
    missing="(ref_l is null or ref_r is null)",
    levels=(
        Level(name="same", when="ref_l = ref_r", per_mention=True),
        Level(name="other", when="else", says="another number of the force"),
    ),
)

COMPARISONS = (NAME, BORN, SEX, CONTACT, BIRTH_PLACE, OCCUPATION, REF)


def level_number(comparison: str, level: str) -> int:
    """The place of a level in its comparison; ValueError if there is none."""
    levels = next(each for each in COMPARISONS if each.name == comparison).levels
    return [each.name for each in levels].index(level)
