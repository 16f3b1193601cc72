"""Runs the examples that every rule carries: a small case, and the verdicts that must come out.

An example gives only what matters. Without `events` there is one unexpected death, X1, found at the earliest time
the example names; a row without `event_id` belongs to X1, and one without `recorded_at` was recorded when it happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from clew.core import ClewError, parse_instant
from clew.records import TABLES, Dataset, Feed, Table, Type
from clew.standards.evaluate import evaluate
from clew.standards.language.document import StandardError
from clew.standards.language.model import LINKS, Example, Rule, Standard
from clew.standards.verdict import View

EVENT = "X1"
_MOMENTS = ("at", "found_at", "occurred_from", "recorded_at", "reported_at")


@dataclass(frozen=True)
class Outcome:
    """What came of one example. found: verdicts in the order in which their duties were known."""

    rule: str
    name: str
    line: int
    expected: tuple[str, ...]
    found: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether what came out is what was said."""
        return self.expected == self.found


def run_examples(standard: Standard) -> list[Outcome]:
    """Every example of every rule, run; raises `StandardError` if one cannot be read."""
    return [run_example(standard, rule, example) for rule in standard.rules.values() for example in rule.examples]


def run_example(standard: Standard, rule: Rule, example: Example) -> Outcome:
    """One example of `rule`, counterfactually: its dates need not lie after the standard's publication."""
    dataset, links = example_dataset(standard, example)
    duties = evaluate(dataset, standard, at=example.at, view=View.COUNTERFACTUAL, links=links)
    own = duties.filter((pl.col("rule") == rule.id) & (pl.col("event_id") == EVENT)).sort("known_at", "duty_id")
    return Outcome(rule.id, example.name, example.line, example.expect, tuple(own["verdict"].cast(pl.String)))


def example_dataset(standard: Standard, example: Example) -> tuple[Dataset, pl.DataFrame | None]:
    """The rows of an example as a dataset of complete feeds (unless it says otherwise), and its links."""
    reader = _Rows(standard, example)
    tables = {name: reader.frame(table) for name, table in TABLES.items()}
    feeds = tuple(Feed(name=name, complete_from=datetime(1900, 1, 1, tzinfo=UTC)) for name in TABLES)
    dataset = Dataset(
        name=example.name,
        tables=tables,
        zone=standard.zone,
        feeds=feeds if example.feeds_complete else (),
    )
    return dataset, reader.links()


class _Rows:
    def __init__(self, standard: Standard, example: Example) -> None:
        self.standard, self.example = standard, example
        self.extra = {name: kind for name, (_, kind) in standard.log.attributes.items()}
        moments = [
            self.value(row[name], Type.INSTANT, name)
            for rows in example.tables.values()
            for row in rows
            for name in _MOMENTS
            if name in row
        ]
        self.first = min((moment for moment in moments if isinstance(moment, datetime)), default=example.at)

    def fault(self, what: str, mend: str) -> StandardError:
        return StandardError(
            what, where=f"{self.standard.path}, line {self.example.line} ({self.example.name})", mend=mend
        )

    def value(self, value: object, kind: Type, name: str) -> Any:
        if value is None:
            return None
        try:
            match kind:
                case Type.INSTANT:
                    return parse_instant(str(value), self.standard.zone)
                case Type.DATE:
                    return date.fromisoformat(str(value))
                case Type.NUMBER:
                    return float(str(value))
                case _:
                    return str(value)
        except (ClewError, ValueError):
            raise self.fault(f"{name}: {value!r} is no {kind}.", "write instants as 2014-06-20T09:00") from None

    def rows(self, name: str) -> Iterable[Mapping[str, object]]:
        given = self.example.tables.get(name, ())
        if name == "events" and not any(row.get("event_id", EVENT) == EVENT for row in given):
            yield {"kind": "death", "occurred_from": self.first, "category": "under_investigation"}
        yield from given

    def frame(self, table: Table) -> pl.DataFrame:
        types = {column.name: column.type for column in table.columns}
        if table.name == "actions":
            types |= self.extra
        schema = {name: kind.dtype for name, kind in types.items()} | {
            name: dtype for name, dtype in table.frame_schema.items() if name not in types
        }
        records = []
        for number, row in enumerate(self.rows(table.name)):
            unknown = [name for name in row if name not in types]
            if unknown:
                raise self.fault(f"{table.name} have no column {unknown[0]!r}.", f"the columns are {', '.join(types)}")
            record = {
                name: value if isinstance(value, datetime) else self.value(value, types[name], name)
                for name, value in row.items()
            }
            record.setdefault("event_id", EVENT)
            stand_ins = (record.get(name) for name in ("recorded_at", *table.stands_in))
            record["recorded_at"] = next((moment for moment in stand_ins if moment is not None), self.first)
            records.append(record | {"source_file": table.name, "source_row": number + 2, "recorded_at_assumed": False})
        return pl.DataFrame(records, schema=schema)

    def links(self) -> pl.DataFrame | None:
        given = self.example.tables.get(LINKS)
        if given is None:
            return None
        records = []
        for row in given:
            if "event_id_a" not in row or "event_id_b" not in row:
                raise self.fault("A link needs event_id_a and event_id_b.", "name both events")
            record: dict[str, Any] = {name: value for name, value in row.items() if name != "known_at"}
            record["known_at"] = self.value(row.get("known_at"), Type.INSTANT, "known_at") or self.first
            records.append(record)
        return pl.DataFrame(records, schema_overrides={"known_at": pl.Datetime("us", "UTC")})
