"""clew.yaml: what it can say, and what is said of it when it is wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from clew.core import UsageError
from clew.records import Dataset, Feed, check_dataset, read_dataset
from clew.records.mapping_file import find_mapping, parse_mapping, shipped_mappings


def read(folder: Path, settings: str, **files: str) -> Dataset:
    (folder / "clew.yaml").write_text(settings, encoding="utf-8")
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return read_dataset(folder)


def test_what_the_settings_say_is_what_the_dataset_holds(tmp_path: Path) -> None:
    dataset = read(
        tmp_path,
        """\
name: "Force: one"
marking: OFFICIAL
notice: made up
time_zone: America/Chicago
feeds:
  - {name: actions, complete_from: 2014-01-01}
  - name: actions/toxicology.requested
    complete_from: 2014-01-01T00:00Z
    complete_to: 2014-06-01T00:00+02:00
""",
        events="event_id,kind,occurred_from\nE1,death,2014-06-20T10:00\n",
    )
    assert (dataset.name, dataset.marking, dataset.notice, dataset.zone.key) == (
        "Force: one",
        "OFFICIAL",
        "made up",
        "America/Chicago",
    )
    assert dataset.feeds == (
        Feed(name="actions", complete_from=datetime(2014, 1, 1, 6, tzinfo=UTC)),
        Feed(
            name="actions/toxicology.requested",
            complete_from=datetime(2014, 1, 1, tzinfo=UTC),
            complete_to=datetime(2014, 5, 31, 22, tzinfo=UTC),
        ),
    )
    assert dataset.tables["events"]["occurred_from"].item() == datetime(2014, 6, 20, 15, tzinfo=UTC)


REGISTER = """\
No,Died,Sex,Manner,House,Street,Cause,Old,E,N,Note
7,20/06/2014,M,N,12,High Street,"drugs: Heroin, cocaine and heroin",4 Months 3 Days,530000,180000,seen 1/2/14
8,21/06/2014,F,?,,Low Road,,63 years,,,-
"""

MAPPING = r"""
tables:
  events:
    file: register.csv
    coordinates: {x: E, y: N, crs: "EPSG:27700"}
    columns:
      event_id: {columns: [No], patterns: {'^7$': seven}, otherwise: other}
      kind: {constant: death}
      occurred_from: {column: Died, format: '%d/%m/%Y'}
      category: {column: Manner, values: {N: not_suspicious, '?': null}, empty: under_investigation}
      address: {columns: [House, Street], separator: ' '}
      place_type: {column: Street, patterns: {'(?i)high': shop, '(?i)road': home}}
      area: {first: [House, Street]}
  people:
    file: register.csv
    columns:
      event_id: {columns: [No], patterns: {'^7$': seven}, otherwise: other}
      role: {constant: deceased}
      sex: {column: Sex, values: {M: male, F: female}}
      age: {column: Old, units: {years: 1, months: 0.0833, days: 0.00274}}
  circumstances:
    - file: register.csv
      columns:
        event_id: {columns: [No], patterns: {'^7$': seven}, otherwise: other}
        feature: {constant: substance}
        value: {column: Cause, extract: 'drugs: (.*)', split: ',\s*|\s+and\s+', lower: true, values: {heroin: opiate}}
    - file: register.csv
      only_if: [value]
      columns:
        event_id: {columns: [No], patterns: {'^7$': seven}, otherwise: other}
        feature: {constant: seen}
        value: {column: Note, extract: '\d+/\d+/\d+', format: '%d/%m/%y'}
"""


def test_one_file_feeds_several_tables_through_every_facility_of_the_mapping(tmp_path: Path) -> None:
    dataset = read(tmp_path, MAPPING, register=REGISTER)
    events, people, noted = (dataset.tables[name] for name in ("events", "people", "circumstances"))
    columns = ["event_id", "category", "address", "place_type", "area", "source_row"]
    assert events.select(columns).rows() == [
        ("seven", "not_suspicious", "12 High Street", "shop", "12", 2),
        ("other", "under_investigation", "Low Road", "home", "Low Road", 3),
    ]
    assert events["lat"].to_list() == [pytest.approx(51.504, abs=1e-3), None]
    assert people.select("event_id", "sex").rows() == [("seven", "male"), ("other", "female")]
    assert people["age"].to_list() == [pytest.approx(4 * 0.0833 + 3 * 0.00274), 63.0]
    assert noted.select("event_id", "feature", "value", "source_row").rows() == [
        ("seven", "substance", "opiate", 2), ("seven", "substance", "cocaine", 2), ("seven", "seen", "2014-02-01", 2)
    ]  # fmt: skip
    assert dataset.counts.rows_quarantined == 0


def test_find_gives_a_row_for_each_match_and_none_where_there_is_none(tmp_path: Path) -> None:
    rules = "{feature: {constant: word}, value: {column: narrative, find: '[a-z]+'}}"
    mapping = f"tables: {{circumstances: {{file: events.csv, columns: {rules}}}}}"
    narratives = ("one two one", "1", "")
    rows = "".join(f"E{n},death,2014-06-20,{text}\n" for n, text in enumerate(narratives, start=1))
    events = "event_id,kind,occurred_from,narrative\n" + rows
    noted = read(tmp_path, mapping, events=events).tables["circumstances"]
    assert noted.select("event_id", "value").rows() == [("E1", "one"), ("E1", "two")]


def test_a_column_taken_over_as_it_is_keeps_the_name_of_the_table(tmp_path: Path) -> None:
    mapping = "tables: {events: {columns: {event_id: number}}}"
    events = "number,kind,occurred_from,area\nE1,death,2014-06-20,North\n"
    assert read(tmp_path, mapping, events=events).tables["events"]["area"].to_list() == ["North"]


def test_texts_that_mean_nothing_are_missing_everywhere(tmp_path: Path) -> None:
    mapping = "missing: [Unknown, n/a]\n"
    events = "event_id,kind,occurred_from,occurred_to,lat,area,category\nE1,death,2014-06-20,Unknown,n/a,n/a,Unknown\n"
    (tmp_path / "clew.yaml").write_text(mapping)
    (tmp_path / "events.csv").write_text(events)
    result = check_dataset(tmp_path)
    assert result.problems.is_empty()
    assert result.dataset is not None
    row = result.dataset.tables["events"].row(0, named=True)
    assert [row[name] for name in ("occurred_to", "lat", "area", "category")] == [None] * 4


def test_the_only_data_file_of_a_folder_is_the_one_a_mapping_means(tmp_path: Path) -> None:
    (tmp_path / "LICENCE.txt").write_text("free")
    mapping = "tables: {events: {columns: {event_id: id, kind: {constant: death}, occurred_from: day}}}"
    assert read(tmp_path, mapping, download="id,day\n1,2014-06-20\n").tables["events"].height == 1
    (tmp_path / "other.csv").write_text("x\n")
    with pytest.raises(UsageError, match="not clear which file feeds events"):
        read_dataset(tmp_path)


@pytest.mark.parametrize(
    ("settings", "line", "mend"),
    [
        ("name: x\nlos_limit: 0.1\n", 2, "did you mean 'loss_limit'"),
        ("name: x\ntables:\n  event:\n    file: a.csv\n", 3, "did you mean 'events'"),
        ("tables:\n  events:\n    columns:\n      event_idd: No\n", 4, "did you mean 'event_id'"),
        ("tables:\n  events:\n    columns:\n      kind: {constant: death, valeus: {}}\n", 4, "did you mean 'values'"),
        ("tables:\n  events:\n    columns:\n      kind: {lower: true}\n", 4, "give one of"),
        (
            "tables:\n  events:\n    columns:\n      area:\n        column: x\n        patterns: {'(': y}\n",
            6,
            "regular|look-around",
        ),
        (
            "tables:\n  events:\n    columns:\n      area:\n        column: x\n        extract: '(?=a)b'\n",
            6,
            "look-around",
        ),
        ("tables:\n  events:\n    file: ../secret.csv\n", 3, "inside the dataset"),
        ("tables:\n  events:\n    columns: [a]\n", 3, "key: value"),
        ("time_zone: London\n", 1, "Europe/London"),
        ("crs: EPSG:1\n", 1, "EPSG:27700"),
        ("name: x\nloss_limit: 5\n", 2, "such a number"),
        ("loss_limit: {events: many}\n", 1, "such a number"),
        ("feeds:\n  - name: actions\n", 2, "complete_from"),
        ("feeds:\n  - {name: action, complete_from: 2014-01-01}\n", 2, "begin it with"),
        ("plausible: {from: soon}\n", 1, "2014-06-20"),
        ("name: a\nname: b\n", 2, ""),
        ("name: [a\n", 2, "indent"),
        ("decimal: ';'\n", 1, "write one of"),
        ("- a\n", 1, "key: value"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_line_and_what_was_meant(settings: str, line: int, mend: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_mapping(settings, where="clew.yaml")
    assert f"line {line}" in caught.value.where
    assert any(part in caught.value.mend for part in mend.split("|"))


def test_a_mapping_that_names_a_column_the_file_lacks_is_refused_with_those_it_has(tmp_path: Path) -> None:
    mapping = "tables:\n  events:\n    columns:\n      event_id: Nr\n"
    with pytest.raises(UsageError, match="has no column 'Nr'") as caught:
        read(tmp_path, mapping, events="No,kind,occurred_from\n1,death,2014-06-20\n")
    assert "No, kind, occurred_from" in caught.value.mend


def test_a_column_that_must_be_filled_must_come_from_somewhere(tmp_path: Path) -> None:
    mapping = "tables:\n  events:\n    only_if: [area]\n"
    with pytest.raises(UsageError, match="which nothing fills"):
        read(tmp_path, mapping, events="event_id,kind,occurred_from\n1,death,2014-06-20\n")


def test_an_encoding_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not an encoding"):
        read(tmp_path, "tables: {events: {encoding: klingon}}", events="event_id,kind,occurred_from\n")


def test_a_named_encoding_is_used_without_a_remark(tmp_path: Path) -> None:
    (tmp_path / "clew.yaml").write_text("tables: {events: {encoding: cp850}}")
    (tmp_path / "events.csv").write_bytes("event_id,kind,occurred_from,area\nE1,death,2014-06-20,Zoë\n".encode("cp850"))
    result = check_dataset(tmp_path)
    assert result.problems.is_empty()
    assert result.dataset is not None
    assert result.dataset.tables["events"]["area"].item() == "Zoë"


@pytest.mark.parametrize("name", shipped_mappings())
def test_every_shipped_mapping_can_be_read_by_its_name(name: str) -> None:
    assert "events" in find_mapping(name).tables


def test_a_mapping_nobody_knows_is_refused_with_those_that_ship() -> None:
    with pytest.raises(UsageError, match="no mapping 'milwaukee'") as caught:
        find_mapping("milwaukee")
    assert "milwaukee-medical-examiner" in caught.value.mend


def test_a_mapping_file_beside_the_data_is_not_needed_when_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "tables: {events: {columns: {event_id: id, kind: {constant: death}, occurred_from: day}}}"
    )
    (tmp_path / "download.csv").write_text("id,day\n1,2014-06-20\n")
    dataset = read_dataset(tmp_path / "download.csv", mapping=str(tmp_path / "mine.yaml"))
    rows: list[dict[str, Any]] = dataset.tables["events"].to_dicts()
    assert rows[0]["event_id"] == "1"
    assert pl.Series([rows[0]["source_file"]]).item() == "download.csv"
