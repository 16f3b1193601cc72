"""Reviewers are blind, score once, never their own cases; their errors are measured and corrected for."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.assurance.evaluation import evaluate
from clew.assurance.scoring import (
    Adjudication,
    Answer,
    Score,
    Sheet,
    assign,
    corrected_rate,
    form_of,
    rule_agreement,
)
from clew.core import UsageError

NOW = datetime(2026, 4, 1, tzinfo=UTC)
SEED = bytes(range(16))
FORM = form_of(
    [{"id": "R05", "ask": "Was the note compared within 7 days?"}, {"id": "R09", "ask": ""}],
    standard="example",
    version="1.0.0",
)
ITEMS = [f"E{i}" for i in range(20)]
PEOPLE = ["amber", "blue", "cyan", "dove"]


def sheet() -> Sheet:
    return Sheet(FORM, assign(ITEMS, PEOPLE, involved={"E3": {"amber", "blue"}}, seed=SEED))


def score(item: str, reviewer: str, answer: Answer = Answer.MET) -> Score:
    return Score(item, reviewer, {"R05": answer}, NOW)


def double_item(of: Sheet) -> tuple[str, str, str]:
    item = of.assignments.filter(pl.col("part") == "second")["item_id"][0]
    first, second = of.assignments.filter(pl.col("item_id") == item).sort("part")["reviewer"]
    return item, first, second


def test_a_form_asks_only_what_rules_ask() -> None:
    assert FORM.rules == ("R05",)


@given(
    st.lists(st.sampled_from(ITEMS), min_size=1, unique=True),
    st.dictionaries(st.sampled_from(ITEMS), st.sets(st.sampled_from(PEOPLE), max_size=2)),
    st.floats(0.15, 1),
)
def test_nobody_is_given_their_own_case_and_loads_are_even(
    items: list[str], involved: dict[str, set[str]], share: float
) -> None:
    got = assign(items, PEOPLE, involved=involved, seed=SEED, double_share=share)
    assert all(reviewer not in involved.get(item, ()) for item, reviewer, _ in got.iter_rows())
    assert got.select("item_id", "reviewer").is_duplicated().sum() == 0
    assert got.filter(pl.col("part") == "second").height >= share * len(items)
    if not involved:
        load = Counter(got["reviewer"].to_list())
        assert max(load.values()) - min(load.get(person, 0) for person in PEOPLE) <= 2


def test_an_item_everybody_worked_on_is_refused() -> None:
    with pytest.raises(UsageError, match="did not work on it"):
        assign(["E1"], PEOPLE, involved={"E1": set(PEOPLE)}, seed=SEED)


def test_a_reviewer_scoring_twice_is_refused() -> None:
    item, first, _ = double_item(sheet())
    once = sheet().submit(score(item, first))
    with pytest.raises(UsageError, match="already scored"):
        once.submit(score(item, first, Answer.NOT_MET))


def test_an_unassigned_reviewer_and_a_partial_form_are_refused() -> None:
    item, first, second = double_item(sheet())
    stranger = next(person for person in PEOPLE if person not in (first, second))
    with pytest.raises(UsageError, match="not assigned"):
        sheet().submit(score(item, stranger))
    with pytest.raises(UsageError, match="exactly the questions"):
        sheet().submit(Score(item, first, {}, NOW))


def test_neither_reviewer_sees_the_other_until_both_are_in() -> None:
    item, first, second = double_item(sheet())
    one = sheet().submit(score(item, first))
    assert [seen.reviewer for seen in one.seen_by(first, item)] == [first]
    assert one.seen_by(second, item) == ()
    both = one.submit(score(item, second, Answer.NOT_MET))
    assert {seen.reviewer for seen in both.seen_by(second, item)} == {first, second}


def test_a_difference_is_settled_by_a_third_person_with_a_reason_and_both_answers_stay() -> None:
    item, first, second = double_item(sheet())
    both = sheet().submit(score(item, first)).submit(score(item, second, Answer.NOT_MET))
    assert both.differences() == [(item, "R05")]
    with pytest.raises(UsageError, match="one of its two reviewers"):
        both.adjudicate(Adjudication(item, "R05", Answer.MET, first, "I was right", NOW))
    third = next(person for person in PEOPLE if person not in (first, second))
    done = both.adjudicate(Adjudication(item, "R05", Answer.NOT_MET, third, "result came on day 9", NOW))
    row = done.answers().filter(pl.col("item_id") == item).row(0, named=True)
    assert (row["first"], row["second"], row["final"]) == ("met", "not_met", "not_met")
    with pytest.raises(UsageError, match="not a difference"):
        done.adjudicate(Adjudication(item, "R05", Answer.MET, third, "again", NOW))


def noisy_answers(n: int, double: int, rng: np.random.Generator) -> tuple[pl.DataFrame, float]:
    """Truth met 85%; first reviewers call 8% of met ones not met, 30% of not met ones met; settled answers are true."""
    truth = rng.random(n) < 0.85
    called = np.where(truth, rng.random(n) < 0.92, rng.random(n) < 0.30)
    word = np.array(["not_met", "met"])
    frame = pl.DataFrame(
        {
            "item_id": [f"E{i}" for i in range(n)],
            "rule": ["R05"] * n,
            "first": word[called.astype(int)],
            "second": word[truth.astype(int)],
            "double": np.arange(n) < double,
            "final": word[np.where(np.arange(n) < double, truth, called).astype(int)],
        }
    )
    return frame, float(truth.mean())


def test_correction_recovers_the_true_rate_that_the_scores_miss() -> None:
    frame, truth = noisy_answers(40_000, 8_000, np.random.default_rng(4))
    got = corrected_rate(frame, "R05")
    assert abs(got.as_scored - truth) > 0.02
    assert got.corrected == pytest.approx(truth, abs=0.01)
    assert got.wrongly_met == pytest.approx(0.15 * 0.30 / (0.15 * 0.30 + 0.85 * 0.92), abs=0.01)


def test_the_corrected_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(11)
    covered = 0
    for _ in range(200):
        frame, _ = noisy_answers(400, 120, rng)
        got = corrected_rate(frame, "R05")
        covered += got.lower <= 0.85 <= got.upper
    assert 0.89 <= covered / 200 <= 0.99


def test_agreement_counts_only_items_scored_twice() -> None:
    frame, _ = noisy_answers(500, 100, np.random.default_rng(2))
    assert rule_agreement(frame, "R05").cases == 100


def outcomes(met: int, not_met: int, undecided: int, stratum: str = "all") -> pl.DataFrame:
    answers = ["met"] * met + ["not_met"] * not_met + ["cannot_tell"] * undecided
    return pl.DataFrame({"item_id": [f"{stratum}{i}" for i in range(len(answers))], "answer": answers}).with_columns(
        pl.lit(stratum).alias("stratum")
    )


def test_undecided_items_widen_what_is_said_in_both_directions_and_decide_nothing_by_themselves() -> None:
    clear = evaluate(outcomes(58, 0, 0), sizes={"all": 1000}, tolerable=0.06)
    clouded = evaluate(outcomes(54, 0, 4), sizes={"all": 1000}, tolerable=0.06)
    assert clear.shown
    assert not clouded.shown
    assert clouded.best_upper <= clouded.upper <= clouded.worst_upper
    assert "4 could not be decided" in clouded.sentence


def test_over_sampling_a_bad_stratum_does_not_raise_the_rate() -> None:
    both = pl.concat([outcomes(50, 50, 0, "small"), outcomes(99, 1, 0, "large")])
    got = evaluate(both, sizes={"small": 100, "large": 9_900})
    assert got.rate == pytest.approx((0.5 * 100 + 0.01 * 9_900) / 10_000)


def test_a_stratum_nobody_looked_at_is_refused() -> None:
    with pytest.raises(UsageError, match="no scored item"):
        evaluate(outcomes(5, 0, 0), sizes={"all": 10, "other": 10})
