"""The model is a file with its own provenance; one that does not fit is refused, and says why."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from clew.core import UsageError
from clew.links.identity import training
from clew.links.identity.comparisons import COMPARISONS
from clew.links.identity.mentions import VALUES, mentions
from clew.links.identity.model import default_model, parse_model, read_model
from clew.links.identity.scoring import score_pairs
from clew.links.identity.training import ENOUGH

from .people import AT, frame, strangers


def test_the_model_that_ships_says_where_it_is_from() -> None:
    provenance = default_model().provenance
    assert provenance["how"]
    assert provenance["data"]
    assert provenance["dated"]
    assert provenance["counted"]["seed"] == 1
    assert provenance["versions"]["duckdb"]


@pytest.mark.parametrize("comparison", COMPARISONS, ids=lambda each: each.name)
def test_shares_of_the_model_that_ships_add_up(comparison: Any) -> None:
    weights = default_model().weights[comparison.name]
    by_age = [level.name for level in comparison.levels if level.name.endswith("age") and comparison.name == "born"]
    rest = [level.name for level in comparison.levels if level.name not in by_age]
    for group in filter(None, (by_age, rest)):
        assert sum(weights[name]["m"] for name in group) == pytest.approx(1, abs=0.02)
        assert sum(weights[name].get("u", 0) for name in group) <= 1.0001


def test_a_model_is_written_and_read_back(tmp_path: Path) -> None:
    file = tmp_path / "model.json"
    file.write_text(default_model().as_json(), encoding="utf-8")
    assert read_model(file) == default_model()


BROKEN: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
    ("format", lambda model: model.update(format="clew-identity-model/2")),
    ("this version compares", lambda model: model["columns"].append("shoe_size")),
    ("its comparisons are not", lambda model: model["weights"].pop("sex")),
    ("the levels of 'sex'", lambda model: model["weights"]["sex"].update(unknown={"m": 0.1, "u": 0.1})),
    ("does not hold m and u", lambda model: model["weights"]["sex"]["same"].pop("u")),
    ("born.other.m is 0", lambda model: model["weights"]["born"]["other"].update(m=0)),
    ("born.other.m is True", lambda model: model["weights"]["born"]["other"].update(m=True)),
    ("contact.phone.others", lambda model: model["weights"]["contact"]["phone"].update(others=math.inf)),
    ("`matches` is None", lambda model: model.update(matches=None)),
]


@pytest.mark.parametrize(("says", "breaks"), BROKEN, ids=[says for says, _ in BROKEN])
def test_a_model_that_does_not_fit_is_refused_and_says_why(
    says: str, breaks: Callable[[dict[str, Any]], object]
) -> None:
    model = json.loads(default_model().as_json())
    breaks(model)
    with pytest.raises(UsageError, match="does not fit") as refused:
        parse_model(json.dumps(model), where="mine.json")
    assert says in str(refused.value)
    assert "mine.json" in str(refused.value)


def test_what_is_no_model_or_no_file_is_refused(tmp_path: Path) -> None:
    for text in ("", "[]", "{}", "null"):
        with pytest.raises(UsageError, match="does not fit"):
            parse_model(text, where="x")
    with pytest.raises(UsageError, match="cannot be read"):
        read_model(tmp_path / "none.json")


def test_the_probability_is_prior_odds_times_m_over_u() -> None:
    """Prior odds times m over u, level by level, with rarity counted by hand: a second, naive implementation."""
    rows = [
        {"name": "Marisol Quenby", "sex": "female", "phone": "020 7946 0123"},
        {"name": "Marisol Quenby", "sex": "female", "phone": "020 7946 0123", "person_ref": "N1"},
        {"name": "Marisol Quenby", "sex": "male", "email": "m@q.example", "person_ref": "N2"},
    ]
    people = pl.concat([frame(rows), strangers(200)])
    told = mentions(people, pl.Series([AT] * people.height)).with_columns(mention=pl.int_range(pl.len()))
    pairs = pl.DataFrame({"l": [0, 1], "r": [1, 2]}, schema={"l": pl.Int64, "r": pl.Int64})
    found = score_pairs(told.select("mention", *VALUES), pairs, default_model())["probability"].to_list()
    weights, size = default_model().weights, told.height
    prior = default_model().matches / size
    rarity = 3 / told["full_name"].drop_nulls().len()
    name = weights["name"]["same"]["m"] / rarity
    sex = {level: share["m"] / share["u"] for level, share in weights["sex"].items()}
    phone = weights["contact"]["phone"]["m"] / (weights["contact"]["phone"]["others"] / size)
    ref = weights["ref"]["other"]["m"] / weights["ref"]["other"]["u"]
    for probability, factors in zip(found, ((name, sex["same"], phone), (name, sex["other"], ref)), strict=True):
        odds = prior / (1 - prior) * np.prod(factors)
        assert probability == pytest.approx(odds / (1 + odds), rel=1e-9)


def _written(count: int, *, numbered: bool) -> pl.DataFrame:
    """`count` strangers written twice, a tenth of the birth dates lost and a tenth of the telephones changed."""
    people = strangers(count)
    again = people.with_row_index("row").with_columns(
        birth_date=pl.when(pl.col("row") % 10 != 3).then("birth_date"),
        phone=pl.when(pl.col("row") % 10 != 5).then("phone").otherwise(pl.lit("0161 ") + pl.col("row").cast(pl.String)),
    )
    both = pl.concat([people, again.drop("row")])
    if not numbered:
        return both
    numbers = [f"N{number}" for number in range(count)] * 2
    return both.with_columns(person_ref=pl.Series(numbers))


@pytest.mark.parametrize("numbered", [True, False])
def test_training_finds_how_often_people_agree_and_twice_the_same(
    *, numbered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "ROUNDS", 1)
    monkeypatch.setattr(training, "RANDOM_PAIRS", 20_000)
    people = _written(ENOUGH + 100, numbered=numbered)
    at = pl.Series([AT] * people.height)
    model = training.train(people, at, seed=4, provenance={"data": "made up"}).model
    assert model.provenance["data"] == "made up"
    assert model.provenance["seed"] == 4
    assert ("expectation" in model.provenance["m"]) is not numbered
    assert parse_model(model.as_json(), where="x") == model
    if numbered:  # 9 in 10 telephones stayed; the default counts as PRIOR_PAIRS pairs more
        default = default_model().weights["contact"]
        seen, before = people.height / 2, training.PRIOR_PAIRS
        share = default["phone"]["m"] / sum(level["m"] for level in default.values())
        assert model.weights["contact"]["phone"]["m"] == pytest.approx(
            (0.9 * seen + before * share) / (seen + before), rel=1e-6
        )
        assert training.train(people, at, seed=4, provenance={"data": "made up"}).model == model


def test_training_on_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="nothing to train on"):
        training.train(frame([{"name": "A Lone"}]), pl.Series([AT]), seed=1, provenance={})
