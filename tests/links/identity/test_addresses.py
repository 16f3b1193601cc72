"""Spelling variants of one address meet; different addresses do not."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.links.identity.addresses import FEW, SHORT_FORMS, address_keys

SAME = [
    ("Flat 2, 12 High St.", "12 High Street Flat 2", "12 HIGH STREET, FLAT 2", "Apt 2 12 high str"),
    ("Ground Floor Flat, 5 St. Mary's Road", "5 Saint Marys Rd, ground flat", "Grd flr flat 5 St Mary’s Rd."),
    ("4080 S. 65th Street #4", "4080 South 65th St Apt 4", "4080 S 65th St, Apt. #4"),
    ("12 A Park Lane", "12a Park Lane", "12A, PARK LN"),
    ("5 W Wisconsin Ave", "5 West Wisconsin Avenue", "5 W. WISCONSIN AV."),
    ("Flat B, 3 The Avenue, London E17 4AB", "flat b 3 Avenue london e174ab, United Kingdom"),
    ("1 Café Gardens", "1 Cafe\u0301 Gdns", "1 cafe gardens"),
]
APART = [
    ("12 High Street", "21 High Street"),
    ("Flat 2, 12 High Street", "Flat 12, 2 High Street"),
    ("Flat 2, 12 High Street", "12 High Street"),
    ("12 High Street", "12 High Road"),
    ("5 West Street", "5 East Street"),
    ("3 The Avenue, London E17 4AB", "3 The Avenue, London E17 4AD"),
    ("12a Park Lane", "12b Park Lane"),
    ("5 W Park", "5 E Park"),
]


def key(address: str | None) -> str | None:
    return address_keys(pl.Series([address], dtype=pl.String))[0]


@pytest.mark.parametrize("spellings", SAME, ids=lambda each: each[0])
def test_spellings_of_one_address_meet(spellings: tuple[str, ...]) -> None:
    assert len({key(spelling) for spelling in spellings}) == 1


@pytest.mark.parametrize(("one", "other"), APART)
def test_different_addresses_stay_apart(one: str, other: str) -> None:
    assert key(one) != key(other)


@pytest.mark.parametrize("nothing", [None, "", "   ", "...", "-"])
def test_what_is_no_address_has_no_form(nothing: str | None) -> None:
    assert key(nothing) is None


@settings(max_examples=40)
@given(st.text(max_size=60))
def test_a_form_is_its_own_form_and_case_and_punctuation_do_not_count(address: str) -> None:
    once = key(address)
    if once is not None:
        assert key(address.replace(",", " , ")) == once
        assert once == once.strip()


@settings(max_examples=40)
@given(st.integers(1, 400), st.sampled_from(sorted(SHORT_FORMS)), st.integers(1, 40))
def test_the_flat_may_stand_first_or_last(number: int, word: str, flat: int) -> None:
    street = f"{number} Elm {word}, Ham"
    assert key(f"Flat {flat}, {street}") == key(f"{street} flat {flat}")


def test_many_addresses_at_once_and_each_alone_have_the_same_forms() -> None:
    written = pl.Series(
        [None if n % 7 == 0 else f"Flat {n % 5}, {n} St. James' Rd, E{n % 9} 4AB" for n in range(FEW + 50)]
    )
    many = address_keys(written)
    assert many.null_count() == written.null_count()
    assert address_keys(written).equals(many)  # remembered
    for place in range(0, len(written), 97):
        assert address_keys(written[place : place + 1]).to_list() == [many[place]]
