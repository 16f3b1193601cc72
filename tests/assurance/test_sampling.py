"""A draw can be repeated by anyone and steered by nobody."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.assurance.sampling import (
    Beacon,
    Draw,
    Frame,
    SeedCommitment,
    allocate,
    commitment_of,
    draw,
    fix_frame,
    new_seed,
    repeat,
    replace,
)
from clew.core import IntegrityError, UsageError

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SEED = bytes(range(32))
PROMISE = SeedCommitment(commitment_of(SEED), NOON - HOUR, "ledger entry 7")


def rows(count: int = 40) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "event_id": [f"E{i:03}" for i in range(count)],
            "category": ["not_suspicious" if i % 4 else "homicide" for i in range(count)],
            "borough": [None if i == 3 else "A" for i in range(count)],
        }
    )


def frame(table: pl.DataFrame | None = None) -> Frame:
    return fix_frame(rows() if table is None else table, id_column="event_id", strata=["category"], fixed_at=NOON)


def drawn() -> Draw:
    return draw(
        frame(),
        seed=SEED,
        source=PROMISE,
        wanted={"not_suspicious": 6, "homicide": 2},
        revealed_at=NOON + HOUR,
    )


def test_the_draw_is_the_smallest_sha256_keys_of_each_stratum() -> None:
    got = drawn().selected
    for stratum, count in (("not_suspicious", 6), ("homicide", 2)):
        ids = rows().filter(pl.col("category") == stratum)["event_id"]
        naive = sorted(ids, key=lambda item: hashlib.sha256(SEED + b"\x00" + item.encode()).hexdigest())[:count]
        assert got.filter(pl.col("stratum") == stratum)["item_id"].to_list() == naive
    assert got.group_by("stratum").agg(pl.col("weight").sum()).sort("stratum")["weight"].to_list() == [10.0, 30.0]


@given(st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_of_columns_changes_the_digest(random: object) -> None:
    order = list(range(40))
    random.shuffle(order)
    assert frame(rows()[order].select("borough", "event_id", "category")).digest == frame().digest


@pytest.mark.parametrize("column", ["event_id", "category", "borough"])
def test_a_change_to_any_value_changes_the_digest_and_is_refused_after_the_draw(column: str) -> None:
    changed = rows().with_columns(
        pl.when(pl.col("event_id") == "E007").then(pl.lit("X")).otherwise(column).alias(column)
    )
    with pytest.raises(IntegrityError, match="not the one that was fixed"):
        repeat(drawn(), frame(changed))


def test_a_draw_repeats_from_its_frame_and_a_doctored_one_does_not() -> None:
    first = drawn()
    assert repeat(first, frame()).selected.equals(first.selected)
    doctored = dataclasses.replace(first, order=first.order.with_columns(pl.col("item_id").reverse()))
    with pytest.raises(IntegrityError, match="does not follow"):
        repeat(doctored, frame())


def test_a_null_is_not_the_word_null() -> None:
    assert frame(rows().with_columns(pl.col("borough").fill_null("null"))).digest != frame().digest


def test_a_seed_revealed_before_the_frame_was_fixed_is_refused() -> None:
    with pytest.raises(IntegrityError, match="revealed before"):
        draw(frame(), seed=SEED, source=PROMISE, wanted={"homicide": 1}, revealed_at=NOON - HOUR / 2)


def test_a_seed_promised_after_the_frame_was_fixed_is_refused() -> None:
    late = SeedCommitment(commitment_of(SEED), NOON + HOUR, "ledger entry 9")
    with pytest.raises(IntegrityError, match="after the frame"):
        draw(frame(), seed=SEED, source=late, wanted={"homicide": 1}, revealed_at=NOON + 2 * HOUR)


def test_another_seed_than_the_promised_one_is_refused() -> None:
    with pytest.raises(IntegrityError, match="not the one that was promised"):
        draw(frame(), seed=bytes(32), source=PROMISE, wanted={"homicide": 1}, revealed_at=NOON + HOUR)


def test_a_beacon_value_counts_only_if_published_after_the_frame_was_fixed() -> None:
    after = Beacon("a public random value", NOON + HOUR, "beacon pulse 1")
    wanted = {"homicide": 3}
    got = draw(frame(), seed=b"a public random value", source=after, wanted=wanted, revealed_at=NOON + HOUR)
    assert got.selected.height == 3
    before = Beacon("a public random value", NOON - HOUR, "beacon pulse 0")
    with pytest.raises(IntegrityError, match="public before"):
        draw(frame(), seed=b"a public random value", source=before, wanted=wanted, revealed_at=NOON + HOUR)


def test_a_replacement_is_the_next_in_order_and_is_logged() -> None:
    first = drawn()
    order = first.order.filter(pl.col("stratum") == "homicide")["item_id"].to_list()
    second = replace(first, order[0], reason="file destroyed in 2019", by="auditor", at=NOON + 2 * HOUR)
    assert second.selected.filter(pl.col("stratum") == "homicide")["item_id"].to_list() == order[1:3]
    assert second.replacements[0].stood_in_by == order[2]
    with pytest.raises(UsageError, match="without a reason"):
        replace(second, order[1], reason=" ", by="auditor", at=NOON)


@pytest.mark.parametrize(
    ("table", "word"),
    [
        (rows(0), "is empty"),
        (pl.concat([rows(3), rows(1)]), "repeats an id"),
        (rows(3).with_columns(pl.lit(None, pl.String).alias("event_id")), "without an id"),
    ],
)
def test_a_frame_in_which_chances_are_not_equal_is_refused(table: pl.DataFrame, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        frame(table)


def test_a_short_seed_is_refused() -> None:
    with pytest.raises(UsageError, match="too short"):
        new_seed(b"short")


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 200), min_size=1),
    st.integers(1, 300),
    st.floats(0.5, 5),
)
def test_an_allocation_adds_up_and_never_exceeds_a_stratum(sizes: dict[str, int], n: int, factor: float) -> None:
    n = min(n, sum(sizes.values()))
    got = allocate(n, sizes, oversample={next(iter(sizes)): factor}, least=0)
    assert sum(got.values()) == n
    assert all(0 <= got[stratum] <= size for stratum, size in sizes.items())


def test_over_sampling_takes_more_of_what_was_called_not_suspicious() -> None:
    sizes = {"homicide": 100, "not_suspicious": 100}
    assert allocate(40, sizes, oversample={"not_suspicious": 3.0}) == {"homicide": 10, "not_suspicious": 30}
