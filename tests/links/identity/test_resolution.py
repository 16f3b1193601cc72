"""Who is who: errors of the pen do not part a person, and a household does not become one."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from clew.links.identity import Identity, resolve
from clew.links.identity.candidates import AT_MOST
from clew.links.identity.mentions import mentions
from clew.links.identity.nominals import births_differ, names_differ

from .people import AT, PERSON, among_strangers, frame, strangers


def same(one: dict[str, object], other: dict[str, object]) -> float:
    return among_strangers(one, other).probability(0, 1)


WRITTEN: list[tuple[dict[str, object], str]] = [
    ({"name": "Marisol Qeunby"}, "by telephone, a name spelt differently and the same birth date"),
    ({"name": "Quenby Marisol"}, "a name with given and family name exchanged"),
    ({"name": "QUENBY, Marisol"}, "the same name"),
    ({"name": "M Quenby"}, "the same family name and initial"),
    ({"name": "Ms. Marisól Quenby"}, "the same name"),
    ({"name": "Tilda Harrow aka Marisol Quenby"}, "the same name"),
    ({"birth_date": date(1971, 9, 4)}, "a birth date with day and month exchanged"),
    ({"birth_date": date(1971, 4, 8)}, "a birth date with one digit different"),
    ({"birth_date": None, "age": 43.0}, "the same age within a year"),
    ({"birth_date": None}, "by telephone and the same name"),
    ({"phone": "+44 20 7946 0123"}, "by telephone"),
    ({"phone": None}, "by the same name and the same birth date"),
    ({"name": None}, "by telephone and the same birth date"),
    ({"sex": None}, "by telephone, the same name and the same birth date"),
]


@pytest.fixture(scope="module")
def written() -> Identity:
    return among_strangers(PERSON, *(PERSON | changed for changed, _ in WRITTEN))


@pytest.mark.parametrize("case", range(len(WRITTEN)), ids=lambda case: str(WRITTEN[case][0]))
def test_a_person_written_otherwise_is_the_same_person_and_the_reason_says_how(written: Identity, case: int) -> None:
    assert written.person[0] == written.person[case + 1]
    assert 0.8 < written.probability(0, case + 1) < 1
    assert WRITTEN[case][1] in written.why(0, case + 1)
    assert "probability" in written.why(0, case + 1)


def test_short_forms_of_a_given_name_meet() -> None:
    whole = {"name": "Elizabeth Quenby", "birth_date": date(1971, 4, 9)}
    assert same(whole, whole | {"name": "Liz Quenby"}) > 0.8


def test_the_same_name_alone_is_not_the_same_person() -> None:
    name = strangers()["name"].mode().sort()[0]
    assert same({"name": name}, {"name": name}) == 0


def test_strangers_stay_strangers() -> None:
    identity = among_strangers()
    assert len(np.unique(identity.person)) > 0.99 * len(identity.person)


def test_a_household_is_not_one_person_and_twins_are_two() -> None:
    home = {"phone": "020 7946 0123", "address": "3 Oak Road, Ham"}
    wife = {"name": "Marisol Quenby", "birth_date": date(1971, 4, 9), "sex": "female", **home}
    husband = {"name": "Oskar Quenby", "birth_date": date(1968, 11, 23), "sex": "male", **home}
    daughter = wife | {"birth_date": date(1996, 12, 27)}  # of her name, in her house
    twin = husband | {"birth_date": date(1971, 4, 9)}
    unknown = {"name": "Walter Quenby", **home}
    neither = {"name": "W Quenby", "address": home["address"]}
    assert len(set(among_strangers(wife, husband, daughter, twin, unknown, neither).person[:6].tolist())) == 6


def test_a_shared_telephone_does_not_chain_two_birth_dates() -> None:
    """The caller who gave only the number may be either of two; both at once they cannot be."""
    phone = {"phone": "020 7946 0123"}
    one, other = phone | {"birth_date": date(1971, 4, 9)}, phone | {"birth_date": date(1938, 12, 27)}
    identity = among_strangers(one, phone, other)
    assert identity.probability(0, 2) == 0
    assert identity.person[0] != identity.person[2]
    several = among_strangers(one, phone, phone, phone | {"age": 43.0}, phone | {"age": 75.0}, other)
    assert several.person[0] != several.person[5]


def test_a_missing_value_is_no_evidence() -> None:
    """What one side does not say changes nothing, whatever the other says."""
    known = PERSON | {"email": "m@q.example", "vehicle": "AB12 CDE", "address": "3 Oak Road, Ham"}
    told = {name: PERSON[name] for name in ("name", "birth_date")}
    assert same(told, known) == pytest.approx(same(told, told), rel=1e-3)


def test_the_forces_number_ties_and_a_second_number_ties_with_a_probability() -> None:
    one = PERSON | {"person_ref": "N1"}
    bare = {name: PERSON[name] for name in ("name", "birth_date")}
    identity = among_strangers(one, {"person_ref": "N1"}, bare | {"person_ref": "N2"})
    assert identity.probability(0, 1) == 1
    assert 0.5 < identity.probability(0, 2) < 1
    assert "though with another number of the force" in identity.why(0, 2)
    assert identity.probability(0, 2) < same(one, bare)


def test_a_number_that_contradicts_itself_does_not_tie_and_is_reported() -> None:
    one = PERSON | {"person_ref": "N1", "phone": None}
    other = {"name": "Oskar Vane", "birth_date": date(1938, 12, 27), "sex": "male", "person_ref": "N1"}
    identity = among_strangers(one, other, one, {"person_ref": "N1"})
    assert [(each.ref, each.parts, each.ties) for each in identity.contradictions] == [("N1", (0, 1), False)]
    assert identity.probability(0, 1) == 0
    assert identity.probability(0, 2) > 0.99
    assert identity.person[3] not in (identity.person[0], identity.person[1])


def test_a_number_of_two_names_and_birth_dates_but_one_sex_ties_and_is_reported() -> None:
    one = PERSON | {"person_ref": "N1", "phone": None}
    other = {"name": "Tilda Vane", "birth_date": date(1938, 12, 27), "person_ref": "N1"}
    identity = among_strangers(one, other)
    assert [(each.ref, each.ties) for each in identity.contradictions] == [("N1", True)]
    assert identity.probability(0, 1) == 1


def test_a_switchboard_ties_nobody_and_costs_nothing() -> None:
    callers = [{"name": f"Caller N{number}", "phone": "020 7946 0999"} for number in range(3 * AT_MOST)]
    identity = among_strangers(*callers)
    assert len(np.unique(identity.person[: len(callers)])) == len(callers)


def test_a_person_in_ten_thousand_events_is_one_person_and_bounded() -> None:
    rows = [PERSON | {"person_ref": "N1", "phone": f"0207946{number % 700:04d}"} for number in range(10_000)]
    identity = among_strangers(*rows)
    assert len(np.unique(identity.person[:10_000])) == 1
    assert identity.ties.height < 50_000


def test_nobody_is_resolved_into_nobody() -> None:
    identity = resolve(frame([]), pl.Series([], dtype=pl.Datetime("us", "UTC")))
    assert len(identity.person) == 0


def test_two_people_of_one_event_are_not_one_for_that() -> None:
    here = {"event_id": "E1", "role": "witness"}
    assert same(here | {"name": "Oskar Vane"}, here | {"name": "Tilda Moor"}) == 0


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_rows_decides_nothing(seed: int) -> None:
    rows = [PERSON, PERSON | {"name": "Marisol Qeunby"}, PERSON | {"birth_date": date(1971, 9, 4), "phone": None}]
    people = pl.concat([frame(rows), strangers(300)])
    order = np.random.default_rng(seed).permutation(people.height)
    at = pl.Series([AT] * people.height)
    straight, shuffled = resolve(people, at), resolve(people[order], at)
    for a, b in ((0, 1), (0, 2), (1, 2), (0, 50)):
        x, y = (int(np.flatnonzero(order == part)[0]) for part in (a, b))
        assert shuffled.probability(x, y) == pytest.approx(straight.probability(a, b), abs=1e-12)


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("1971-04-09", "1971-04-09", False),
        ("1971-04-09", "1971-09-04", False),
        ("1971-04-09", "1971-01-01", False),
        ("1971-04-09", "1971-04-19", False),
        ("1971-04-09", "1938-12-27", True),
        ("1971-04-09", None, False),
    ],
)
def test_birth_dates_differ_when_no_slip_of_the_pen_explains_it(one: str, other: str | None, differ: bool) -> None:
    assert births_differ(one, other) is differ
    if other is not None:
        assert births_differ(other, one) is differ


def test_names_differ_when_no_word_is_alike() -> None:
    assert names_differ(("marisol", "quenby"), ("oskar", "vane"))
    assert not names_differ(("marisol", "quenby"), ("quenby", "marisol"))
    assert not names_differ(("marisol", "quenby"), ("m", "vane"))
    assert not names_differ((None, None), ("oskar", "vane"))


def test_it_prints_nothing_and_writes_nothing(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    same(PERSON, PERSON)
    assert capfd.readouterr() == ("", "")
    assert not list(tmp_path.iterdir())


def test_duckdb_is_imported_only_where_there_is_something_to_score() -> None:
    code = "import sys, clew.links, clew.cli; sys.exit(any(name in sys.modules for name in ('splink', 'duckdb')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_age_is_read_at_the_event() -> None:
    """43 in 2014 and 53 in 2024 are one age; 43 in both years are two."""
    people = pl.concat([frame([PERSON | {"birth_date": None, "age": 43.0}] * 2), strangers(300)])
    late = [datetime(2024, 6, 1, tzinfo=UTC)]
    same_age = people.with_columns(age=pl.Series([43.0, 53.0, *[None] * 300]))
    grown = resolve(same_age, pl.Series([AT, *late, *[AT] * 300])).ties.filter(pl.col("b") == 1)["probability"][0]
    not_grown = resolve(people, pl.Series([AT, *late, *[AT] * 300])).ties.filter(pl.col("b") == 1)["probability"][0]
    assert grown > not_grown


MORE = {"birth_place": "Hamwick", "occupation": "lock-keeper", "address": "E17 4AB"}


def same_among_the_placed(one: dict[str, object], other: dict[str, object]) -> float:
    """As `same`, among strangers with a place of birth, an occupation and a postcode."""
    row = pl.int_range(pl.len())
    placed = strangers().with_columns(
        birth_place=pl.format("Town {}", row % 60),
        occupation=pl.format("trade {}", row % 25),
        address=pl.format("E{} {}AB", row % 20, row % 9),
    )
    people = pl.concat([frame([one, other]), placed])
    return resolve(people, pl.Series([AT] * people.height)).probability(0, 1)


def test_place_of_birth_occupation_and_postcode_say_who_is_who_where_they_are_given() -> None:
    said = {"name": "Marisol Quenby", "sex": "female"}
    elsewhere = {"birth_place": "Town 3", "occupation": "trade 4", "address": "E2 2AB"}
    assert same_among_the_placed(said | MORE, said | MORE) > 0.99
    assert same_among_the_placed(said | MORE, said) == same_among_the_placed(said, said) == 0
    assert same_among_the_placed(said | MORE, said | elsewhere) == 0


def test_neighbours_of_another_name_are_two_whatever_they_share_of_place_and_trade() -> None:
    for other in ("Oskar Vane", "Oskar Quenby", "Marisol Vane"):
        assert same_among_the_placed({"name": "Marisol Quenby"} | MORE, {"name": other} | MORE) == 0


@pytest.mark.parametrize(
    ("written", "given", "family"),
    [
        ("Sir Richard Croft, 6th Baronet", "richard", "croft"),
        ("Rt Hon. J. Vane QC", "j", "vane"),
        ("sir baronet", None, None),
        ("Dr", None, None),
        ("Quenby, Marisol Anne", "marisol anne", "quenby"),
        ("John Vane Jr.", "john", "vane"),
        ("Lionel Bart", "lionel", "bart"),
    ],
)
def test_titles_and_letters_after_a_name_are_no_name(written: str, given: str | None, family: str | None) -> None:
    told = mentions(frame([{"name": written}]), pl.Series([AT]))
    assert told.select("given", "family").row(0) == (given, family)
