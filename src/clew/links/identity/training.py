"""Trains an identity model on a force's own records, for a file that later runs read; never on an ordinary run.

How pairs of one person agree (`m`) is counted on pairs that the force's own number ties, without numbers that
contradict themselves; where there are fewer than `ENOUGH` such pairs, by expectation-maximisation from the default: on
pairs that share a telephone or an e-mail address for names, birth dates and sex, on pairs that share a name for the
rest, so that no comparison is judged on pairs chosen by it. How pairs of two people agree (`u`) is counted on pairs
drawn at random. Each count is joined with the default as so many pairs seen before (`PRIOR_PAIRS`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from clew.core import UsageError
from clew.links.identity.candidates import candidate_pairs
from clew.links.identity.comparisons import COMPARISONS, Comparison
from clew.links.identity.mentions import VALUES, distinct, mentions
from clew.links.identity.model import IdentityModel, Weights, default_model, wanted
from clew.links.identity.nominals import nominals
from clew.links.identity.scoring import score_pairs

#: Pairs tied by the force's own number from which they are counted as they are.
ENOUGH = 500

#: What the default weighs against the counts, in pairs.
PRIOR_PAIRS = 200

#: Pairs drawn at random for `u`, and rounds of expectation-maximisation.
RANDOM_PAIRS = 1_000_000
ROUNDS = 6

#: Mentions of one number that are paired with each other; more would let one person speak for all.
_PER_NUMBER = 6

#: comparison -> the columns that choose the pairs on which it is judged, where there are no labels.
_JUDGED_ON = {
    "name": ("phone", "email", "postcode", "born"),
    "born": ("phone", "email", "postcode", "name"),
    "sex": ("phone", "email", "postcode", "born", "name"),
    "contact": ("name", "born"),
    "birth_place": ("name", "postcode", "born"),
    "occupation": ("name", "postcode", "born"),
}


@dataclass(frozen=True, kw_only=True)
class Training:
    """A trained model and what it was counted on. labelled: pairs tied by the force's own number."""

    model: IdentityModel
    mentions: int
    labelled: int
    compared: int


def train(
    people: pl.DataFrame,
    at: pl.Series,
    *,
    seed: int,
    provenance: dict[str, Any],
    start: IdentityModel | None = None,
) -> Training:
    """Trains on `people` (columns of the table) whose events happened `at`.

    seed: of the pairs drawn. provenance: what the file says of the data and the run; counts are added. start: where it
    begins, and what few counts lean on; the model that ships if None. Raises `UsageError` if there is nothing to
    compare.
    """
    start = start or default_model()
    told = mentions(people, at)
    nominal, contradictions = nominals(told, people.height)
    told = told.with_columns(nominal=pl.Series(nominal)[told["part"]])
    every = told.sort("nominal", *VALUES).with_columns(mention=pl.int_range(pl.len(), dtype=pl.Int64))
    told = distinct(told)
    pairs = candidate_pairs(told)
    labelled = _labelled(every, {each.ref for each in contradictions})
    if not pairs.height and labelled.height < ENOUGH:
        raise UsageError(
            "There is nothing to train on: no two people share a name, a birth date or an identifier.",
            where="people",
            mend="use the identity model that ships, which needs no training",
        )
    values = told.select("mention", *VALUES)
    model = replace(start, weights=_with_u(values, start, seed))
    enough = labelled.height >= ENOUGH
    if enough:
        levels = score_pairs(every.select("mention", *VALUES), labelled, model).with_columns(weight=pl.lit(1.0))
        model = _with_m(model, start, dict.fromkeys(_JUDGED_ON, levels))
    for _ in range(ROUNDS):
        pairs = candidate_pairs(told, model.matches)
        scored = score_pairs(values, pairs, model).with_columns(weight="probability")
        model = _with_counts(model, start, scored, told.height)
        if not enough:
            model = _with_m(model, start, {name: _sharing(scored, values, on) for name, on in _JUDGED_ON.items()})
    told_of = {
        "mentions": told.height,
        "pairs_with_one_number": labelled.height,
        "pairs_compared": pairs.height,
        "m": "counted on pairs with one number" if enough else "expectation-maximisation from the default",
        "seed": seed,
    }
    model = replace(model, provenance=provenance | told_of)
    return Training(model=model, mentions=told.height, labelled=labelled.height, compared=pairs.height)


def _labelled(told: pl.DataFrame, contradict: set[str]) -> pl.DataFrame:
    """Pairs of mentions with one number, at most `_PER_NUMBER` mentions each, without numbers that contradict."""
    numbered = told.filter(pl.col("ref").is_not_null() & ~pl.col("ref").is_in(sorted(contradict)))
    numbered = (
        numbered.unique("part", keep="first", maintain_order=True)
        .select("mention", "ref")
        .filter(pl.int_range(pl.len()).over("ref") < _PER_NUMBER)
    )
    pairs = numbered.join(numbered, on="ref", suffix="_r").filter(pl.col("mention") < pl.col("mention_r"))
    return pairs.select(l="mention", r="mention_r").sort("l", "r")


def _with_u(values: pl.DataFrame, start: IdentityModel, seed: int) -> Weights:
    """The weights of `start` with `u` counted on pairs drawn at random."""
    rng = np.random.default_rng(seed)
    drawn = np.sort(rng.integers(0, max(values.height, 1), (min(RANDOM_PAIRS, values.height**2 // 2), 2)), axis=1)
    drawn = np.unique(drawn[drawn[:, 0] < drawn[:, 1]], axis=0)
    levels = score_pairs(values, pl.DataFrame({"l": drawn[:, 0], "r": drawn[:, 1]}), start)
    weights: Weights = {}
    for comparison in COMPARISONS:
        given = start.weights[comparison.name]
        before = np.array([given[level.name].get("u", 0.0) for level in comparison.levels])
        counts = _counts(levels.with_columns(weight=pl.lit(1.0)), comparison)
        shares = _shares(comparison, counts, before)
        weights[comparison.name] = {
            level.name: given[level.name] | ({"u": float(u)} if wanted(level) == "u" else {})
            for level, u in zip(comparison.levels, shares, strict=True)
        }
    return weights


def _with_m(model: IdentityModel, start: IdentityModel, judged: dict[str, pl.DataFrame]) -> IdentityModel:
    """`model` with the `m` of each comparison counted on its own weighted pairs, joined with `start`."""
    weights = dict(model.weights)
    for comparison in COMPARISONS:
        if comparison.name not in judged:
            continue
        counts = _counts(judged[comparison.name], comparison)
        default = start.weights[comparison.name]
        before = np.array([default[level.name]["m"] for level in comparison.levels])
        counted = _shares(comparison, counts, before)
        weights[comparison.name] = {
            level.name: model.weights[comparison.name][level.name] | {"m": float(m)}
            for level, m in zip(comparison.levels, counted, strict=True)
        }
    return replace(model, weights=weights)


def _shares(comparison: Comparison, counts: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Shares of pairs by level: `counts` joined with those `before`.

    The levels of an age (no birth date) are shares among themselves, and the others among themselves.
    """
    by_age = np.array([comparison.name == "born" and level.name.endswith("age") for level in comparison.levels])
    shares = before.copy()
    for group in (by_age, ~by_age):
        if (total := before[group].sum()) > 0:
            joined = counts[group] + PRIOR_PAIRS * before[group] / total
            shares[group] = joined / joined.sum()
    return shares


def _with_counts(model: IdentityModel, start: IdentityModel, scored: pl.DataFrame, mentions_: int) -> IdentityModel:
    """`model` with how many others share an identifier by accident, and how many mentions one person has."""
    weights = dict(model.weights)
    for comparison in COMPARISONS:
        levels = {}
        for number, level in enumerate(comparison.levels):
            weight = dict(model.weights[comparison.name][level.name])
            if wanted(level) == "others" and comparison.name == "contact":
                here = scored.filter(pl.col(comparison.name) == number)["weight"].to_numpy()
                before = start.weights[comparison.name][level.name]["others"]
                weight["others"] = float((2 * (1 - here).sum() + PRIOR_PAIRS * before) / (mentions_ + PRIOR_PAIRS))
            levels[level.name] = weight
        weights[comparison.name] = levels
    tied = float(scored["weight"].to_numpy().sum())
    matches = (2 * tied + PRIOR_PAIRS * start.matches) / (mentions_ + PRIOR_PAIRS)
    return replace(model, weights=weights, matches=max(matches, 1e-3))


def _sharing(scored: pl.DataFrame, values: pl.DataFrame, on: tuple[str, ...]) -> pl.DataFrame:
    """The scored pairs that agree in one of the columns `on`; "name" means the whole name."""
    columns = ["full_name" if name == "name" else name for name in on]
    same = pl.any_horizontal(
        *(pl.Series(values[column])[scored["l"]] == pl.Series(values[column])[scored["r"]] for column in columns)
    )
    return scored.filter(pl.select(same.fill_null(value=False)).to_series())


def _counts(levels: pl.DataFrame, comparison: Comparison) -> np.ndarray:
    """How many pairs, by `weight`, fall on each level of the comparison."""
    found = levels.filter(pl.col(comparison.name) >= 0)
    return np.bincount(
        found[comparison.name].to_numpy(), weights=found["weight"].to_numpy(), minlength=len(comparison.levels)
    )
