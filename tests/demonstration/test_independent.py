"""The background without links: sharing a person says nothing of place, time or circumstance."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy import stats

from clew.core import UsageError
from clew.demonstration import null_background
from clew.records import Dataset


@pytest.fixture(scope="module")
def background() -> Dataset:
    return null_background(seed=11, years=2, deaths_per_year=3000, incidents_per_year=3000)


def sharing(background: Dataset) -> pl.DataFrame:
    """Pairs of events that share a person's number, with how far apart they are (km, days)."""
    people = background.tables["people"].drop_nulls("person_ref").unique(["event_id", "person_ref"])
    people = people.filter(pl.len().over("person_ref").is_between(2, 6))
    pairs = people.join(people, on="person_ref", suffix="_b").filter(pl.col("event_id") < pl.col("event_id_b"))
    events = background.tables["events"].select("event_id", "lat", "lon", "occurred_to")
    pairs = pairs.select("event_id", "event_id_b").join(events, on="event_id")
    pairs = pairs.join(events, left_on="event_id_b", right_on="event_id", suffix="_b")
    return pairs.with_columns(
        km=(((pl.col("lat") - pl.col("lat_b")) * 111) ** 2 + ((pl.col("lon") - pl.col("lon_b")) * 69) ** 2).sqrt(),
        days=(pl.col("occurred_to") - pl.col("occurred_to_b")).dt.total_days().abs(),
    )


def test_people_are_shared_and_some_much(background: Dataset) -> None:
    counts = background.tables["people"]["person_ref"].drop_nulls().value_counts(sort=True)["count"]
    assert counts[0] > 20
    assert (counts >= 2).sum() > 1000


def test_events_that_share_a_person_are_no_nearer_than_any_others(background: Dataset) -> None:
    pairs = sharing(background)
    assert pairs.height > 1000
    events = background.tables["events"].select("lat", "lon", "occurred_to").sample(fraction=1, shuffle=True, seed=1)
    half = events.height // 2
    one, two = events.head(half), events.slice(half, half)
    km = np.hypot((one["lat"] - two["lat"]).to_numpy() * 111, (one["lon"] - two["lon"]).to_numpy() * 69)
    days = (one["occurred_to"] - two["occurred_to"]).dt.total_days().abs().to_numpy()
    assert stats.ks_2samp(pairs["km"].to_numpy(), km).pvalue > 1e-4
    assert stats.ks_2samp(pairs["days"].to_numpy(), days).pvalue > 1e-4


def test_circumstances_do_not_depend_on_one_another(background: Dataset) -> None:
    wide = background.tables["circumstances"].pivot(
        "feature", index="event_id", values="value", aggregate_function="first"
    )
    counts = wide.drop_nulls(["position", "company"]).group_by("position", "company").len()
    crossed = counts.pivot("company", index="position", values="len").fill_null(0).drop("position").to_numpy()
    crossed = crossed[crossed.sum(axis=1) > 40][:, crossed.sum(axis=0) > 40]
    assert stats.chi2_contingency(crossed).pvalue > 1e-4


def test_equal_seeds_give_equal_backgrounds_and_bad_numbers_are_refused() -> None:
    one, two = (null_background(seed=3, years=0.2, deaths_per_year=500, incidents_per_year=0) for _ in range(2))
    assert one.tables["people"].equals(two.tables["people"])
    with pytest.raises(UsageError):
        null_background(seed=1, years=0)
