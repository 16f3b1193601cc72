"""The watch finds a planted excess, keeps its promise where nothing is wrong, and knows only what was known."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from clew.backstop import By, Rule, pre_specified, review_packet, watch
from clew.backstop.expectation import expectation
from clew.core import UsageError
from tests.backstop.records import AT, dataset, homes

FROM = datetime(2014, 1, 1, tzinfo=UTC)


def rule(alarms: float = 1.0, by: By = By.PLACE) -> Rule:
    return Rule(by=by, watch_from=FROM, false_alarms_per_year=alarms)


def test_a_home_whose_deaths_quadruple_is_found_with_its_records() -> None:
    made = homes(np.random.default_rng(5), times={24: 4.0}, per_year=4.0)
    found = watch(made.as_known(AT), rule())
    assert [signal.unit for signal in found.signals] == ["Home 24 Any Lane"]
    (signal,) = found.signals
    events = made.tables["events"].filter(pl.col("address") == "HOME 24 any lane.", pl.col("occurred_to") >= FROM)
    assert list(signal.event_ids) == events.sort("occurred_to")["event_id"].to_list()
    assert signal.observed.sum() == len(signal.event_ids) > 2 * signal.expected.sum()
    assert signal.tail < 0.01
    assert signal.z > 2
    assert found.units + found.without_history <= 80
    assert found.share == pytest.approx(found.by_chance / found.units)


@pytest.mark.parametrize("spread", [0.0, 0.25])
def test_where_nothing_is_wrong_alarms_are_no_more_often_than_promised(spread: float) -> None:
    """Whether homes keep their rates, or all change them for reasons of their own."""
    alarms, promised = 0, 0.0
    for seed in range(4):
        made = homes(np.random.default_rng(100 + seed), spread=spread)
        found = watch(made.as_known(AT), rule(alarms=3.0), seed=seed)
        alarms += len(found.signals)
        promised += found.by_chance
    assert promised == pytest.approx(24, rel=0.01)
    assert alarms <= promised + 3 * math.sqrt(promised)


def test_the_result_is_the_same_whether_or_not_later_rows_are_there_and_whatever_their_order() -> None:
    made = homes(np.random.default_rng(2), times={3: 4.0})
    early = datetime(2015, 6, 1, tzinfo=UTC)
    whole = watch(made.as_known(early), rule(alarms=4.0))
    cut = {name: table.filter(pl.col("recorded_at") <= early) for name, table in made.tables.items()}
    shuffled = {name: table.sample(fraction=1.0, shuffle=True, seed=1) for name, table in cut.items()}
    for tables in (cut, shuffled):
        again = watch(replace(made, tables=tables).as_known(early), rule(alarms=4.0))
        assert [(s.unit, s.crossed, s.event_ids, s.cusum_limit) for s in again.signals] == [
            (s.unit, s.crossed, s.event_ids, s.cusum_limit) for s in whole.signals
        ]
        assert review_packet(again).records == review_packet(whole).records


def test_a_units_own_deaths_during_the_watch_do_not_enter_its_expectation() -> None:
    rng = np.random.default_rng(1)
    before, during = rng.poisson(2.0, (30, 4)) + 1, rng.poisson(0.4, (30, 4, 12))
    plain = expectation(before, during, new=np.zeros((4, 12), dtype=np.int64))
    more = during.copy()
    more[7] += 5
    raised = expectation(before, more, new=np.zeros((4, 12), dtype=np.int64))
    np.testing.assert_array_equal(raised.expected[7], plain.expected[7])
    assert (raised.expected[8] > plain.expected[8]).all()


def test_expected_and_observed_agree_over_all_units_where_nothing_changed() -> None:
    found = watch(homes(np.random.default_rng(4), count=300).as_known(AT), rule())
    (group,) = found.groups
    assert group.expected == pytest.approx(group.deaths, abs=3 * math.sqrt(group.deaths))


def test_each_kind_of_unit_is_counted_and_what_cannot_be_watched_is_said() -> None:
    rng = np.random.default_rng(3)
    made = homes(rng)
    events = made.tables["events"].with_columns(
        place_type=pl.when(pl.col("address").str.contains("^Home 5,")).then(pl.lit("hostel")).otherwise("place_type"),
        area=pl.when(pl.col("event_id") == "D00000").then(None).otherwise("area"),
    )
    known = replace(made, tables={**made.tables, "events": events}).as_known(AT)
    by_place = watch(known, rule())
    assert by_place.too_few_alike == 1  # the only hostel
    assert [group.name for group in by_place.groups] == ["care_home"]
    by_area = watch(known, rule(alarms=0.5, by=By.AREA))
    assert by_area.units == 12
    assert by_area.left_out == 1
    assert watch(known, rule(by=By.PROFESSIONAL)).units == pytest.approx(80, abs=10)
    none = watch(homes(rng, role="witness").as_known(AT), rule(by=By.PROFESSIONAL))
    assert (none.units, none.signals, none.share) == (0, (), 0.0)


def test_a_home_first_seen_during_the_watch_is_counted_and_not_judged() -> None:
    rng = np.random.default_rng(9)
    rows = [(home, FROM - timedelta(days=40 * step + home)) for home in range(20) for step in range(1, 6)]
    rows += [(home, FROM + timedelta(days=30 * step + home)) for home in range(20) for step in range(1, 6)]
    rows += [(99, FROM + timedelta(days=step)) for step in range(1, 40)]
    found = watch(dataset(rows, rng=rng).as_known(AT), rule())
    assert found.without_history == 1
    assert not [signal for signal in found.signals if "99" in signal.unit]


def test_rules_are_fixed_by_their_digest_and_nonsense_is_refused() -> None:
    assert rule().digest == rule().digest != rule(alarms=2.0).digest
    assert len({rule(by=by).digest for by in By}) == 3
    known = homes(np.random.default_rng(1)).as_known(AT)
    half = pre_specified(known, by=By.PLACE)
    assert half.watch_from == pytest.approx(AT - timedelta(days=730.5), abs=timedelta(days=15))
    for alarms in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(UsageError, match="cannot be promised"):
            rule(alarms=alarms)
    with pytest.raises(UsageError):
        Rule(by=By.PLACE, watch_from=FROM, rate_ratio=1.0)
    with pytest.raises(UsageError, match="leave no limit"):
        watch(known, rule(alarms=30.0))
    with pytest.raises(UsageError, match="The watch begins"):
        watch(known, replace(rule(), watch_from=AT))
    empty = replace(homes(np.random.default_rng(1)), tables={}).as_known(AT)
    with pytest.raises(UsageError, match="no death"):
        pre_specified(empty, by=By.PLACE)
