"""The vector kernel and the naive interpreter agree on random standards and random records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clew.records import Dataset
from clew.standards import Standard, View, evaluate, parse_standard
from clew.standards.engine import compiled
from clew.standards.oracle.interpret import interpret

from .worlds import TICKS, datasets, links, moment, standards_with_links

Line = tuple[str, str, str, int, datetime, datetime | None, str, datetime | None]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def as_instant(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)


def by_kernel(dataset: Dataset, standard: Standard, at: datetime, view: View, pairs: pl.DataFrame) -> list[Line]:
    columns = ("rule", "event_id", "trigger_table", "trigger_row", "known_at", "due", "verdict", "decided_at")
    duties = evaluate(dataset, standard, at=at, view=view, links=pairs).with_columns(pl.col("verdict").cast(pl.String))
    return sorted(duties.select(columns).rows(), key=str)


def by_oracle(dataset: Dataset, standard: Standard, at: datetime, view: View, pairs: pl.DataFrame) -> list[Line]:
    return sorted(
        (
            (
                duty.rule,
                duty.event_id,
                duty.trigger.table,
                duty.trigger.row["source_row"],
                as_instant(duty.known),
                as_instant(duty.due),
                duty.verdict.value,
                as_instant(duty.decided),
            )
            for duty in interpret(dataset, standard, at=at, view=view, links=pairs)
        ),
        key=str,
    )


@settings(
    max_examples=250,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(datasets(), standards_with_links(), links(), TICKS, st.sampled_from(View))
def test_kernel_and_oracle_agree(dataset: Dataset, text: str, pairs: pl.DataFrame, tick: int, view: View) -> None:
    at, standard = moment(tick), parse_standard(text, name="random")
    assert by_kernel(dataset, standard, at, view, pairs) == by_oracle(dataset, standard, at, view, pairs)


@settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(datasets(), standards_with_links(), links(), TICKS, st.sampled_from(View))
def test_kernel_and_oracle_agree_where_loops_run_compiled(
    dataset: Dataset, text: str, pairs: pl.DataFrame, tick: int, view: View
) -> None:
    at, standard = moment(tick), parse_standard(text, name="random")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "WORTH_STARTING", 0)
        assert by_kernel(dataset, standard, at, view, pairs) == by_oracle(dataset, standard, at, view, pairs)
