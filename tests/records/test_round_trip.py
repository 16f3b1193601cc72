"""Law: what is written is what is read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from clew.records import TABLES, Counts, Dataset, Feed, empty_frame, read_dataset, write_dataset

TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t\r"), min_size=1, max_size=12
).filter(lambda text: pl.Series([text]).str.strip_chars().item() == text)
CELLS = TEXT | st.sampled_from(
    ["=1+1", "-x", "@a", "+b", '"', '""', "a,b", "a\nb", "a\r\nb", "NULL", "1,234", "007", "é\u2028x"]
)
INSTANTS = st.datetimes(min_value=datetime(1950, 1, 1), max_value=datetime(2030, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=UTC)
)


@st.composite
def datasets(draw: st.DrawFn) -> Dataset:
    ids = draw(st.lists(CELLS, min_size=1, max_size=4, unique=True))
    events = []
    for event_id in ids:
        start = draw(INSTANTS)
        later = [None, *(start + timedelta(microseconds=draw(st.integers(0, 10**13))) for _ in range(3))]
        place = draw(st.none() | st.tuples(st.floats(51, 52), st.floats(-1, 1, exclude_min=True)))
        events.append(
            {
                "event_id": event_id,
                "kind": draw(st.sampled_from(["death", "incident"])),
                "occurred_from": start,
                "occurred_to": draw(st.sampled_from(later)),
                "reported_at": draw(st.sampled_from(later)),
                "recorded_at": draw(st.sampled_from(later[1:])),
                "category": draw(st.sampled_from([None, "homicide", "expected"])),
                "address": draw(st.none() | CELLS),
                "lat": place and place[0],
                "lon": place and place[1],
                "location_uncertainty_m": draw(st.none() | st.floats(0, 1000)),
                "narrative": draw(st.none() | CELLS),
                "recorded_at_assumed": draw(st.booleans()),
            }
        )
    people = [
        {
            "event_id": draw(st.sampled_from(ids)),
            "role": "deceased",
            "person_ref": f"p{number}",
            "name": draw(st.none() | CELLS),
            "birth_date": draw(st.none() | st.dates(date(1930, 1, 1), date(1949, 1, 1))),
            "recorded_at": draw(INSTANTS),
            "recorded_at_assumed": False,
        }
        for number in range(draw(st.integers(0, 4)))
    ]
    rows = {"events": events, "people": people}
    frames = {
        name: pl.DataFrame(
            [dict.fromkeys(table.frame_schema) | row for row in rows.get(name, [])],
            schema=table.frame_schema,
            orient="row",
        )
        for name, table in TABLES.items()
    }
    zone = ZoneInfo(draw(st.sampled_from(["Europe/London", "UTC"])))
    feeds = (Feed(name="events", complete_from=draw(INSTANTS), complete_to=draw(st.none() | INSTANTS)),)
    return Dataset(name="A force: 1", tables=frames, zone=zone, feeds=feeds, notice="a # b", marking="OFFICIAL")


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@given(dataset=datasets())
@settings(max_examples=60, deadline=None)
def test_reading_what_was_written_gives_the_same_dataset(kind: str, dataset: Dataset) -> None:
    with TemporaryDirectory() as folder:
        write_dataset(dataset, Path(folder), format=kind)
        again = read_dataset(Path(folder))
    assert (again.name, again.zone, again.feeds) == (dataset.name, dataset.zone, dataset.feeds)
    assert (again.marking, again.notice) == (dataset.marking, dataset.notice)
    for name, table in TABLES.items():
        expected = dataset.tables[name].select(*table.names, "recorded_at_assumed")
        assert_frame_equal(again.tables[name].select(expected.columns), expected, check_exact=True)


def test_a_dataset_without_rows_can_be_written_and_read(tmp_path: Path) -> None:
    empty = Dataset(name="none", tables={name: empty_frame(table) for name, table in TABLES.items()})
    write_dataset(empty, tmp_path)
    assert read_dataset(tmp_path).counts == Counts()
