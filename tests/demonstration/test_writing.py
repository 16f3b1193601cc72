"""The demonstration on disk: it reads back as it was made, without a problem."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from clew.core import UsageError
from clew.demonstration import NOTICE, make_demonstration, write_demonstration
from clew.demonstration.case import SERIES
from clew.records import TABLES, check_dataset, read_dataset

FACTS = {name: [*table.names, "recorded_at_assumed"] for name, table in TABLES.items()}


def test_it_reads_back_the_same_without_a_problem(tmp_path: Path) -> None:
    write_demonstration(tmp_path, seed=7, scale=0.03, years=(2014,))
    made = make_demonstration(seed=7, scale=0.03, years=(2014,))
    checked = check_dataset(tmp_path)
    assert checked.problems.is_empty()
    read = read_dataset(tmp_path)
    for name, columns in FACTS.items():
        assert read.tables[name].select(columns).equals(made.tables[name].select(columns)), name
    assert (read.name, read.marking, read.notice, read.feeds) == (made.name, made.marking, made.notice, made.feeds)
    assert read.counts.recorded_at_assumed == made.counts.recorded_at_assumed


def test_labels_groups_and_a_plain_warning_lie_beside_the_tables(tmp_path: Path) -> None:
    write_demonstration(tmp_path, scale=0.02, years=(2013, 2014, 2015))
    assert pl.read_csv(tmp_path / "labels.csv").rows() == [("case", event_id) for event_id in SERIES]
    assert pl.read_csv(tmp_path / "groups.csv").columns == ["group_id", "kind", "event_id"]
    assert NOTICE in (tmp_path / "README.md").read_text()
    assert "a demonstration on a synthetic background, written with hindsight, not a validation" in NOTICE.lower()


def test_tiles_are_written_as_one_dataset(tmp_path: Path) -> None:
    write_demonstration(tmp_path, seed=3, scale=0.01, years=(2014,), tiles=3)
    read = read_dataset(tmp_path)
    assert check_dataset(tmp_path).problems.is_empty()
    ids = read.tables["events"]["event_id"]
    assert {ids.str.starts_with(prefix).any() for prefix in ("2014-", "T01-", "T02-", "D1")} == {True}
    alone = make_demonstration(seed=3, scale=0.01, years=(2014,))
    own = read.tables["people"].filter(~pl.col("event_id").str.starts_with("T"))
    assert own.select(FACTS["people"]).equals(alone.tables["people"].select(FACTS["people"]))
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == []


@pytest.mark.parametrize(
    "wrong",
    [{"scale": 0}, {"scale": float("nan")}, {"years": ()}, {"years": (2013, 2015)}, {"tiles": 0}, {"tables": ("x",)}],
)
def test_arguments_that_cannot_be_used_are_refused_in_words(tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError) as refused:
        write_demonstration(tmp_path, **wrong)  # type: ignore[arg-type]
    assert refused.value.mend


def test_a_folder_that_cannot_be_made_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError):
        write_demonstration(tmp_path / "file" / "folder", scale=0.01, years=(2014,))
