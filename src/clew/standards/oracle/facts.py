"""A dataset as plain rows, case by case: each fact with its versions, naively."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from clew.records import Dataset
from clew.standards.language.model import LABEL_COLUMNS, LINKS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Row = Mapping[str, Any]


def microseconds(moment: datetime | None) -> int | None:
    """`moment` as microseconds since 1970."""
    return None if moment is None else (moment - _EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True)
class Version:
    """One version of a fact: its row, when it happened, and from when to when it held (None: to this day)."""

    table: str
    label: str
    row: Row
    number: int
    low: int
    high: int
    recorded: int
    until: int | None

    def holds(self, at: int) -> bool:
        """Whether it is in force at `at`."""
        return self.recorded <= at and (self.until is None or at < self.until)


Fact = tuple[Version, ...]
Case = Mapping[str, list[Fact]]


def cases_of(dataset: Dataset, links: pl.DataFrame | None) -> Iterator[tuple[str, Case]]:
    """Every event of the dataset with its facts by table; links: rows of `clew.standards.links.link_facts`."""
    cases: dict[str, dict[str, list[Fact]]] = defaultdict(lambda: defaultdict(list))
    tables = dict(dataset.tables)
    if links is not None:
        tables[LINKS] = links
    for table, frame in tables.items():
        if table not in LABEL_COLUMNS:
            continue
        facts: dict[object, list[tuple[int, Row]]] = defaultdict(list)
        for number, row in enumerate(frame.iter_rows(named=True)):
            facts[_key(table, row, number)].append((number, row))
        for versions in facts.values():
            fact = _versions(table, versions)
            cases[fact[0].row["event_id"]][table].append(fact)
    for event_id in sorted(cases):
        yield event_id, cases[event_id]


def _key(table: str, row: Row, number: int) -> object:  # noqa: PLR0911 - a case a table
    match table:
        case "events":
            return row["event_id"]
        case "actions":
            return (row["event_id"], row["action_id"]) if row["action_id"] is not None else number
        case "circumstances":
            return row["event_id"], row["feature"], row["value"], row["source"]
        case "exhibits":
            return row["event_id"], row["exhibit_id"]
        case "people":
            if row["role"] == "deceased":
                return row["event_id"], "deceased"
            if row["person_ref"] is not None:
                return row["event_id"], row["role"], row["person_ref"]
            return (
                row["event_id"],
                row["role"],
                None,
                *(row[name] for name in ("name", "phone", "email", "handle", "vehicle")),
            )
    return number


def _versions(table: str, rows: list[tuple[int, Row]]) -> Fact:
    rows = sorted(
        rows, key=lambda item: (item[1]["recorded_at"], item[1]["source_file"], item[1]["source_row"], item[0])
    )
    first = microseconds(rows[0][1]["recorded_at"])
    result = []
    for place, (number, row) in enumerate(rows):
        ends = [microseconds(row.get("retracted_at"))]
        if place + 1 < len(rows):
            ends.append(microseconds(rows[place + 1][1]["recorded_at"]))
        known_ends = [end for end in ends if end is not None]
        low, high = _happened(table, row, first)
        recorded = microseconds(row["recorded_at"])
        assert recorded is not None  # noqa: S101 - a dataset's recorded_at is never null
        result.append(
            Version(
                table=table,
                label=row[LABEL_COLUMNS[table]] or "",
                row=row,
                number=number,
                low=low,
                high=high,
                recorded=max(recorded, low),
                until=min(known_ends) if known_ends else None,
            )
        )
    return tuple(result)


def _happened(table: str, row: Row, first: int | None) -> tuple[int, int]:
    low, high = {
        "events": (row.get("occurred_from"), row.get("occurred_to")),
        "actions": (row.get("at"), row.get("at_to")),
        "exhibits": (row.get("found_at"), row.get("found_at")),
    }.get(table, (None, None))
    begin = microseconds(low) if low is not None else first
    assert begin is not None  # noqa: S101 - as above
    end = microseconds(high) if high is not None else begin
    assert end is not None  # noqa: S101 - as above
    return begin, max(begin, end)
