"""Laws of the list: the same whatever is recorded later; ordered by the rule that is written down; in its contract."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

import jsonschema
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.core import parse_instant
from clew.demonstration import Demonstration, make_demonstration
from clew.records import Dataset
from clew.review import ReasonKind, review
from clew.review.ordering import FRESH_DAYS, Standing, order_key, tier
from clew.standards import load_standard

AT = datetime(2014, 9, 21, 8, tzinfo=UTC)
SMALL = make_demonstration(years=(2014,), scale=0.05)
STANDARD = load_standard("uk-unexpected-death")


def contract(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((files("clew.review") / name).read_text(encoding="utf-8"))
    return schema


def _list(dataset: Dataset, at: datetime) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = review(dataset.as_known(at), standard=STANDARD, top=10_000).as_json()["items"]
    return items


@settings(max_examples=8, deadline=None)
@given(hours=st.integers(24 * 60, 24 * 364))
def test_the_list_at_t_is_the_same_whether_or_not_later_rows_are_in_the_dataset(hours: int) -> None:
    at = datetime(2014, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
    cut = {name: table.filter(pl.col("recorded_at") <= at) for name, table in SMALL.tables.items()}
    cut["circumstances"] = cut["circumstances"].with_columns(
        retracted_at=pl.when(pl.col("retracted_at") <= at).then("retracted_at")
    )
    known_then = Dataset(name=SMALL.name, tables=cut, zone=SMALL.zone, feeds=SMALL.feeds)
    assert _list(SMALL, at) == _list(known_then, at)


def test_a_review_keeps_its_contract_at_every_season(demonstration: Demonstration) -> None:
    schema = contract("review.schema.json")
    for day in ("2012-12-01", "2013-02-01", "2014-06-20", "2015-12-31"):
        known = demonstration.as_known(parse_instant(day, demonstration.zone))
        found = review(known, standard=STANDARD).as_json()
        jsonschema.validate(found, schema, format_checker=jsonschema.FormatChecker())
        assert [item["rank"] for item in found["items"]] == list(range(1, len(found["items"]) + 1))


def _death(**changed: Any) -> Standing:
    plain: dict[str, Any] = {
        "event_id": "A",
        "open": True,
        "died_at": AT - timedelta(days=100),
        "decided_at": AT - timedelta(days=90),
        "kinds": (),
        "reasons": 1,
        "gates_missed": 0,
        "rarest_per_year": None,
        "link_known_at": None,
    }
    return Standing(**(plain | changed))


def test_the_tiers_are_those_of_the_written_rule() -> None:
    long_ago, yesterday = AT - timedelta(days=FRESH_DAYS + 1), AT - timedelta(days=1)
    linked = {"kinds": (ReasonKind.LINK,), "rarest_per_year": 3.0}
    cases = {
        1: _death(**linked, link_known_at=yesterday),
        2: _death(open=False, **linked, link_known_at=yesterday),
        3: _death(**linked, link_known_at=long_ago),
        4: _death(kinds=(ReasonKind.CONFLICT,)),
        5: _death(open=False, kinds=(ReasonKind.CLAIM,)),
        6: _death(kinds=(ReasonKind.STANDARD,)),
        7: _death(open=False, kinds=(ReasonKind.STANDARD,), gates_missed=1, decided_at=yesterday),
    }
    assert {number: tier(death, AT) for number, death in cases.items()} == {number: number for number in cases}
    assert tier(_death(open=False, **linked, link_known_at=long_ago), AT) is None
    assert tier(_death(open=False, kinds=(ReasonKind.STANDARD,), gates_missed=1, decided_at=long_ago), AT) is None


def test_within_a_tier_the_rarest_link_comes_first_and_another_kind_of_reason_counts_as_half_as_frequent() -> None:
    link = {"link_known_at": AT, "kinds": (ReasonKind.LINK,)}
    rare = _death(event_id="rare", rarest_per_year=1.0, **link)
    common = _death(event_id="common", rarest_per_year=3.0, **link)
    doubted = _death(
        event_id="doubted",
        rarest_per_year=3.0,
        link_known_at=AT,
        kinds=(ReasonKind.LINK, ReasonKind.CONFLICT, ReasonKind.CLAIM),
    )
    ordered = sorted((common, rare, doubted), key=lambda death: order_key(death, AT))
    assert [death.event_id for death in ordered] == ["doubted", "rare", "common"]


def test_the_order_is_total_so_that_nothing_depends_on_the_order_of_rows() -> None:
    deaths = [_death(event_id=name, kinds=(ReasonKind.CONFLICT,)) for name in "abc"]
    orders = {
        tuple(death.event_id for death in sorted(permuted, key=lambda death: order_key(death, AT)))
        for permuted in itertools.permutations(deaths)
    }
    assert orders == {("a", "b", "c")}
