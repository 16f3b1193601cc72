"""What the morning list shows of the case, by what was known each morning; and what is left when facts are taken away.

A demonstration with hindsight, not a validation: one known series measures nothing about sensitivity.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import polars as pl
import pytest

from clew.core import parse_instant
from clew.demonstration import Demonstration
from clew.links import Links, find_links
from clew.records import Dataset
from clew.review import Item, ReasonKind, Review, review
from clew.standards import Standard

BUDGET = 52.0


@pytest.fixture(scope="module")
def morning_of(demonstration: Demonstration, uk_standard: Standard) -> Callable[[str], Review]:
    @cache
    def reviewed(day: str) -> Review:
        at = parse_instant(day, demonstration.zone)
        return review(demonstration.as_known(at), standard=uk_standard, budget_per_year=BUDGET, top=100)

    return reviewed


def _item(found: Review, event_id: str) -> Item:
    return next(item for item in found.items if item.event_id == event_id)


def _families(item: Item, other: str) -> dict[str, float]:
    return next(reason.link.families for reason in item.reasons if reason.link and other in reason.link.other_event_ids)


def test_the_morning_after_the_first_death_it_is_linked_by_a_person_to_the_allegation(
    morning_of: Callable[[str], Review],
) -> None:
    first = _item(morning_of("2014-06-20"), "D1")
    assert _families(first, "E0")["people"] > 2
    conflicts = [reason.text for reason in first.reasons if reason.kind is ReasonKind.CONFLICT]
    assert any("does not fit" in text and "seated propped" in text for text in conflicts)
    assert any("paramedic" in text and "medical examiner" in text for text in conflicts)


def test_the_morning_after_the_second_death_it_is_among_the_first_five_and_linked_to_the_first(
    morning_of: Callable[[str], Review],
) -> None:
    second = _item(morning_of("2014-08-29"), "D2")
    assert second.rank <= 5
    families = _families(second, "D1")
    assert families["place"] > 1.5
    assert families["circumstances"] > 1


def test_the_morning_after_the_third_death_it_is_first_and_in_a_series_with_both(
    morning_of: Callable[[str], Review],
) -> None:
    found = morning_of("2014-09-21")
    third = found.items[0]
    assert third.event_id == "D3"
    families = _families(third, "D2")
    assert families["place"] > 2
    assert families["people"] > 2
    assert families["reference"] > 2
    link = next(r.link for r in third.reasons if r.link and "D2" in r.link.other_event_ids)
    assert link.series_id is not None
    assert {"D1", "D2", "D3"} <= set(found.series[link.series_id])


def test_the_morning_after_the_fourth_death_it_is_linked_to_the_second_and_the_third(
    morning_of: Callable[[str], Review],
) -> None:
    fourth = _item(morning_of("2015-09-15"), "D4")
    others = {other for reason in fourth.reasons if reason.link for other in reason.link.other_event_ids}
    assert {"D2", "D3"} <= others


def test_claims_without_an_answer_put_a_closed_death_back_on_the_list(morning_of: Callable[[str], Review]) -> None:
    third = _item(morning_of("2015-06-22"), "D3")
    texts = [reason.text for reason in third.reasons if reason.kind is ReasonKind.CLAIM]
    assert len(texts) >= 3
    assert any("press" in text for text in texts)
    assert any("coroner" in text for text in texts)


def test_every_number_has_its_reason(morning_of: Callable[[str], Review]) -> None:
    for day in ("2014-06-20", "2014-09-21"):
        for item in morning_of(day).items:
            assert item.reasons
            for reason in item.reasons:
                assert reason.evidence
                assert reason.text
                if reason.link:
                    assert sum(reason.link.families.values()) == pytest.approx(reason.link.log10_bayes_factor)
                    assert reason.link.seen_per_year <= BUDGET
                    assert reason.link.chance_per_year > 0


def test_the_ghb_deaths_draw_no_link_on_substance(demonstration: Demonstration) -> None:
    known = demonstration.as_known(demonstration.last_recorded_at)
    ghb = known.circumstances.filter((pl.col("feature") == "substance") & (pl.col("value").str.to_lowercase() == "ghb"))
    case = ("D1", "D2", "D3", "D4")
    others = set(ghb["event_id"]) - set(case)
    assert len(others) >= 50  # all 58 but for those whose toxicology comes after the last row
    shown = find_links(known, replicates=1).within(BUDGET)
    both = pl.col("event_id_a").is_in(others | set(case)) & pl.col("event_id_b").is_in(others | set(case))
    linked = shown.filter(both & ~(pl.col("event_id_a").is_in(case) & pl.col("event_id_b").is_in(case)))
    assert linked.is_empty()


# Ablations (DOMAIN 2.4): what is taken away, and what must still be seen.


def _links(dataset: Dataset, day: str) -> Links:
    return find_links(dataset.as_known(parse_instant(day, dataset.zone)), replicates=1)


def _without(dataset: Dataset, **changed: pl.DataFrame) -> Dataset:
    return Dataset(name="ablated", tables=dict(dataset.tables) | changed, zone=dataset.zone, feeds=dataset.feeds)


def _linked(links: Links, one: str, other: str) -> bool:
    pairs = links.within(BUDGET).select("event_id_a", "event_id_b").iter_rows()
    return any({one, other} == set(pair) for pair in pairs)


def test_without_toxicology_the_second_and_third_are_still_linked(demonstration: Demonstration) -> None:
    kept = demonstration.tables["circumstances"].filter(pl.col("feature") != "substance")
    assert _linked(_links(_without(demonstration, circumstances=kept), "2014-09-21"), "D2", "D3")


def test_with_coordinates_blurred_by_300_metres_the_second_and_third_are_still_linked(
    demonstration: Demonstration,
) -> None:
    rng = np.random.default_rng(300)
    events = demonstration.tables["events"]
    angle, blur = rng.uniform(0, 2 * np.pi, events.height), 300 / 111_195
    blurred = events.with_columns(
        lat=pl.col("lat") + pl.Series(blur * np.sin(angle)),
        lon=pl.col("lon") + pl.Series(blur * np.cos(angle) / np.cos(np.radians(51.5))),
        location_uncertainty_m=pl.col("location_uncertainty_m").fill_null(0) + 300,
    )
    assert _linked(_links(_without(demonstration, events=blurred), "2014-09-21"), "D2", "D3")


def test_without_the_earlier_incidents_the_first_two_deaths_reach_the_list_by_toxicology(
    demonstration: Demonstration, uk_standard: Standard
) -> None:
    kept = {name: table.filter(~pl.col("event_id").is_in(["E0", "E1"])) for name, table in demonstration.tables.items()}
    ablated = _without(demonstration, **kept)
    day = "2014-10-17"  # the morning after toxicology of the second is known; of the first it was before
    assert _linked(_links(ablated, day), "D1", "D2")
    found = review(ablated.as_known(parse_instant(day, ablated.zone)), standard=uk_standard, top=10_000)
    on_list = {item.event_id for item in found.items if any(r.kind is ReasonKind.LINK for r in item.reasons)}
    assert {"D1", "D2"} <= on_list


def test_with_another_finder_the_second_and_third_are_still_linked(demonstration: Demonstration) -> None:
    people = demonstration.tables["people"]
    third = (pl.col("event_id") == "D3") & (pl.col("role") == "finder")
    changed = people.with_columns(
        person_ref=pl.when(third).then(pl.lit("somebody-else")).otherwise(pl.col("person_ref"))
    )
    links = _links(_without(demonstration, people=changed), "2014-09-21")
    assert _linked(links, "D2", "D3")
    pair = links.frame.filter((pl.col("event_id_a") == "D2") & (pl.col("event_id_b") == "D3"))
    assert pair["people"][0] == 0


def test_nothing_on_the_list_reads_characteristics(demonstration: Demonstration, uk_standard: Standard) -> None:
    scrambled = demonstration.tables["characteristics"].with_columns(value=pl.col("value").shuffle(seed=1))
    at = parse_instant("2014-09-21", demonstration.zone)
    lists = [
        review(dataset.as_known(at), standard=uk_standard, top=20).as_json()["items"]
        for dataset in (
            _without(demonstration),
            _without(demonstration, characteristics=scrambled),
            _without(demonstration, characteristics=scrambled.clear()),
        )
    ]
    assert lists[0] == lists[1] == lists[2]
