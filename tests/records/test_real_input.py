"""The shipped mappings on the real registers they were written for; skipped, aloud, where those are absent."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from clew.records import CheckResult, check_dataset


@pytest.fixture(scope="module")
def examiner(data: Path) -> CheckResult:
    return check_dataset(data / "milwaukee" / "milwaukee_me_2020_2026.csv", mapping="milwaukee-medical-examiner")


@pytest.fixture(scope="module")
def homicides(data: Path) -> CheckResult:
    return check_dataset(data / "wapo", mapping="washington-post-homicides")


def test_every_death_of_the_medical_examiners_register_is_kept(examiner: CheckResult) -> None:
    assert examiner.dataset is not None
    assert examiner.tables[0].rows_read == 22_397
    assert examiner.tables[0].rows_kept == 22_397
    assert examiner.tables[0].recorded_at_assumed == 22_397
    assert examiner.dataset.tables["events"]["lat"].null_count() == 727


def test_manner_becomes_category_and_no_manner_is_under_investigation(examiner: CheckResult) -> None:
    assert examiner.dataset is not None
    counts = dict(examiner.dataset.tables["events"]["category"].value_counts().rows())
    assert counts == {
        "not_suspicious": 13_738 + 6_196 + 751,
        "homicide": 1_249,
        "under_investigation": 404 + 59,
    }


def test_ages_written_in_five_units_are_years(examiner: CheckResult, data: Path) -> None:
    assert examiner.dataset is not None
    people = examiner.dataset.tables["people"]
    raw = pl.read_csv(data / "milwaukee" / "milwaukee_me_2020_2026.csv", infer_schema=False)
    assert people["age"].null_count() == raw["Age"].null_count()
    months = raw["Age"].str.contains("Month|Day|Hr|Min").fill_null(value=False)
    assert people.filter(months)["age"].max() < 2  # type: ignore[operator]
    years = raw.filter(~months)["Age"].str.extract(r"(\d+)").cast(pl.Float64)
    assert people.filter(~months)["age"].equals(years.alias("age"), null_equal=True)


def test_the_one_impossible_date_of_injury_is_the_one_row_set_aside(examiner: CheckResult) -> None:
    lost = examiner.problems.filter(pl.col("effect") == "row set aside")
    assert lost.select("table", "column", "value", "source_row").rows() == [
        ("circumstances", "value", "6/31/2024", 17_895)
    ]


def test_substances_are_told_for_nearly_every_drug_death(examiner: CheckResult, data: Path) -> None:
    assert examiner.dataset is not None
    noted = examiner.dataset.tables["circumstances"]
    told = noted.filter(pl.col("feature") == "substance")["event_id"].unique()
    raw = pl.read_csv(data / "milwaukee" / "milwaukee_me_2020_2026.csv", infer_schema=False)
    intoxications = raw.filter(pl.col("CauseA").str.contains("(?i)mixed drug|multidrug"))["CaseNum"]
    assert intoxications.is_in(told.implode()).mean() > 0.99  # type: ignore[operator]


def test_hospital_addresses_are_hospitals_however_they_are_written(examiner: CheckResult) -> None:
    assert examiner.dataset is not None
    events = examiner.dataset.tables["events"]
    places = events.filter(pl.col("address").str.contains(r"(?i)^9200 w\S* wisc"))
    assert places.height > 1_900
    assert set(places["place_type"]) == {"hospital"}


def test_the_two_impossible_dates_of_the_homicide_register_are_set_aside_and_nothing_else(
    homicides: CheckResult,
) -> None:
    assert homicides.usable
    assert homicides.tables[0].rows_read == 37_509
    lost = homicides.quarantine.filter(pl.col("table") == "events")["source_row"].to_list()
    assert lost == [33_586, 33_589]


def test_dates_of_homicides_span_eleven_years_and_unknown_is_missing(homicides: CheckResult) -> None:
    assert homicides.dataset is not None
    days = homicides.dataset.tables["events"]["occurred_from"].dt.convert_time_zone("America/Chicago").dt.date()
    assert (days.min(), days.max()) == (date(2007, 1, 1), date(2017, 12, 31))
    people = homicides.dataset.tables["people"]
    assert people["sex"].null_count() == 3_257
    assert not people["name"].str.contains("(?i)unknown").any()
