"""How much there is, against the numbers stated for it."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from scipy import stats

from clew.demonstration import Demonstration
from clew.demonstration.chance import stream
from clew.demonstration.deaths import Deaths, draw_deaths
from clew.demonstration.distributions import deaths as table
from clew.demonstration.distributions import incidents as rates
from clew.demonstration.places import make_places
from clew.demonstration.population import small_areas

ALPHA = 1e-5


def first_versions(made: Demonstration) -> pl.DataFrame:
    """The background's events as first recorded (the case left out)."""
    case = pl.col("event_id").str.contains("^[DE][0-9](-missing)?$")
    return made.tables["events"].filter(~case).unique("event_id", keep="first", maintain_order=True)


@pytest.mark.parametrize(
    ("letter", "mean"),
    [("D", table.DEATHS_A_YEAR.value), ("I", rates.INCIDENTS_A_YEAR.value)],
    ids=["deaths", "others"],
)
@pytest.mark.parametrize("year", [2013, 2014, 2015])
def test_each_year_has_the_stated_number_within_poisson_bounds(
    whole: Demonstration, letter: str, mean: float, year: int
) -> None:
    ids = first_versions(whole)["event_id"]
    count = ids.str.starts_with(f"{year}-{letter}").sum()
    # Deaths planted in groups may move over the turn of a year, and the last hours' reports miss the extract.
    assert stats.poisson.ppf(ALPHA, mean) - 40 <= count <= stats.poisson.ppf(1 - ALPHA, mean) + 40


def test_fifty_eight_deaths_have_ghb_besides_the_case_and_they_are_spread_over_many_boroughs(
    whole: Demonstration,
) -> None:
    ghb = whole.tables["circumstances"].filter((pl.col("value") == "GHB") & pl.col("event_id").str.contains("-D"))
    late = 58 - ghb.height  # results that come after the extract
    assert 0 <= late <= 8
    events = first_versions(whole).join(ghb.select("event_id"), on="event_id", how="semi")
    assert events["area"].n_unique() >= 18


def test_every_kind_of_planted_group_is_there_in_the_stated_number(whole: Demonstration) -> None:
    counted = whole.groups.group_by("kind").agg(pl.col("group_id").n_unique())
    groups = dict(counted.iter_rows())
    assert groups == {
        "fire": rates.FIRES_A_YEAR.value * 3,
        "pact": rates.PACTS_A_YEAR.value * 3,
        "collision": rates.COLLISIONS_A_YEAR.value * 3,
        "batch": rates.BATCHES_A_YEAR.value * 3,
        "spouses": rates.SPOUSES_A_YEAR.value * 3,
        "same_finder": rates.DOG_WALKERS.value,
        "hoax_caller": rates.HOAX_CALLERS.value,
    }


def test_the_months_follow_the_stated_season(whole: Demonstration) -> None:
    deaths = first_versions(whole).filter(pl.col("kind") == "death")
    months = deaths["occurred_to"].dt.month().value_counts(sort=False).sort("occurred_to")["count"].to_numpy()
    days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    expected = table.SEASON.probabilities * days
    assert stats.chisquare(months, expected / expected.sum() * months.sum()).pvalue > ALPHA


@pytest.fixture(scope="module")
def drawn() -> Deaths:
    areas = small_areas()
    places = make_places(stream(5, 0, "places"), areas)
    return draw_deaths(stream(5, 0, "deaths"), years=(2013, 2014, 2015), scale=1.0, areas=areas, places=places)


def test_manners_are_drawn_in_their_stated_shares(drawn: Deaths) -> None:
    counts = [int((drawn.manner == each).sum()) for each in table.MANNER.values]
    assert stats.chisquare(counts, table.MANNER.probabilities * drawn.count).pvalue > ALPHA


@pytest.mark.parametrize("manner", ["natural", "drugs", "suicide", "homicide"])
def test_sex_and_age_are_drawn_in_their_stated_shares(drawn: Deaths, manner: str) -> None:
    shares = table.AGE_SEX[manner]
    rows = drawn.manner == manner
    counts = []
    for band in shares.values:
        sex, ages = band.split()
        low, high = (int(each) for each in ages.split("-"))
        in_band = rows & (drawn.male == (sex == "male")) & (drawn.age >= low) & (drawn.age < high + 1)
        counts.append(int(in_band.sum()))
    assert sum(counts) == rows.sum()
    assert stats.chisquare(counts, shares.probabilities * sum(counts)).pvalue > ALPHA


@pytest.mark.parametrize("manner", ["drugs", "homicide"])
def test_places_are_drawn_in_their_stated_shares(drawn: Deaths, manner: str) -> None:
    shares = table.PLACE[manner]
    counts = [int((drawn.kind[drawn.manner == manner] == each).sum()) for each in shares.values]
    assert stats.chisquare(counts, shares.probabilities * sum(counts)).pvalue > ALPHA


def test_boroughs_have_deaths_in_proportion_to_their_residents(drawn: Deaths) -> None:
    areas = small_areas()
    young = (drawn.manner == "natural") & (drawn.age >= 45) & (drawn.age < 65) & drawn.male
    counts = [int((areas.borough[drawn.home[young] // 800] == each).sum()) for each in range(len(areas.boroughs))]
    residents = areas.cumulative[:, 3]
    own = [residents[-1] * 0.0] * len(areas.boroughs)
    per_area = residents.copy()
    per_area[1:] -= residents[:-1]
    for borough, number in zip(areas.borough.tolist(), per_area.tolist(), strict=True):
        own[borough] += number
    expected = [each / sum(own) * sum(counts) for each in own]
    assert stats.chisquare(counts, expected).pvalue > ALPHA


def test_the_extract_holds_every_small_area_and_resident_of_london(data: Path) -> None:
    whole = pl.read_csv(data / "london" / "london_lsoa11_pop_centroid_crime.csv")
    areas = small_areas()
    assert areas.count == whole.height == 4835
    assert set(areas.boroughs) == set(whole["LAD11NM"])
    assert areas.residents.sum() == whole["Persons_All-Ages"].sum()
    assert abs(areas.lat.mean() - whole["lat"].mean()) < 1e-5
