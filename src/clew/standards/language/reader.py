"""Reads a standard's document into its typed form, resolving every name and refusing what cannot be kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from clew.core import ClewError, parse_instant, parse_zone
from clew.records import TABLES, Type
from clew.standards.calendars import known_holidays
from clew.standards.language.checks import check_standard
from clew.standards.language.deadline import DeadlineKind
from clew.standards.language.document import Document, Path
from clew.standards.language.model import (
    FeedRule,
    LogColumns,
    Parameter,
    Rule,
    Standard,
    Transition,
    Value,
    WorkCalendar,
)
from clew.standards.language.read_deadline import DeadlineReader
from clew.standards.language.read_rule import RuleReader

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def read_standard(document: Document) -> Standard:
    """The `Standard` that `document` holds, its schema checked; raises `StandardError` with line, fault and mend."""
    return _Reader(document).standard()


class _Reader:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.value: Mapping[str, Any] = document.value
        head = self.value["standard"]
        try:
            self.zone = parse_zone(head["zone"])
        except ClewError as error:
            raise document.error(("standard", "zone"), error.what, why=error.why, mend=error.mend) from None
        self.calendars = {
            name: self.calendar(name, item, ("calendars", name))
            for name, item in self.value.get("calendars", {}).items()
        }
        self.deadlines = DeadlineReader(document, self.calendars)
        self.parameters = {
            name: self.parameter(name, item, ("parameters", name))
            for name, item in self.value.get("parameters", {}).items()
        }

    def standard(self) -> Standard:
        head = self.value["standard"]
        effective = head.get("effective", {})
        log = self.log(self.value.get("log", {}))
        states = self.value.get("states", {})
        standard = Standard(
            id=head["id"],
            version=head["version"],
            title=head["title"],
            zone=self.zone,
            rules=self.rules(log),
            published=self.date(head.get("published"), ("standard", "published")),
            effective_from=self.date(effective.get("from"), ("standard", "effective", "from")),
            effective_to=self.date(effective.get("to"), ("standard", "effective", "to")),
            supersedes=head.get("supersedes", ""),
            authority=head.get("authority", ""),
            sources=head.get("sources", {}),
            calendars=self.calendars,
            feeds={name: self.feed(name, item, ("feeds", name)) for name, item in self.value.get("feeds", {}).items()},
            parameters=self.parameters,
            initial_state=states.get("initial", ""),
            transitions=tuple(
                Transition(source=item["from"], target=item["to"], gate=item.get("gate", ""), says=item.get("says", ""))
                for item in states.get("transitions", [])
            ),
            log=log,
            path=self.document.name,
        )
        return check_standard(standard, self.document)

    def rules(self, log: LogColumns) -> dict[str, Rule]:
        extra = {name: kind for name, (_, kind) in log.attributes.items()}
        columns = {name: {column.name: column.type for column in table.columns} for name, table in TABLES.items()}
        columns["actions"] |= extra
        reader = RuleReader(
            document=self.document,
            zone=self.zone,
            columns=columns,
            deadlines=self.deadlines,
            parameters=self.parameters,
            sources=self.value["standard"].get("sources", {}),
        )
        rules: dict[str, Rule] = {}
        for number, item in enumerate(self.value.get("rules", [])):
            if item["id"] in rules:
                raise self.document.error(
                    ("rules", number, "id"),
                    f"There are two rules called {item['id']}.",
                    why="a duty's number is made from its rule's",
                    mend="give each rule its own id",
                )
            rules[item["id"]] = reader.rule(item, ("rules", number))
        return rules

    def date(self, text: str | None, path: Path) -> date | None:
        if text is None:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise self.document.error(path, f"{text!r} is not a date.", mend="write it as 2026-03-01") from None

    def instant(self, text: str, path: Path) -> datetime:
        try:
            return parse_instant(text, self.zone)
        except ClewError as error:
            raise self.document.error(path, error.what, mend=error.mend) from None

    def calendar(self, name: str, item: Mapping[str, Any], path: Path) -> WorkCalendar:
        opens, closes = time(0, 0), None
        if "hours" in item:
            try:
                opens, closes = (time.fromisoformat(part) for part in item["hours"].split("-"))
            except ValueError:
                raise self.document.error((*path, "hours"), f"{item['hours']!r} are no hours.") from None
            if closes <= opens:
                raise self.document.error(
                    (*path, "hours"),
                    f"The day would close at {closes:%H:%M}, before it opens.",
                    mend="write hours as 09:00-17:00; a shift over midnight needs no calendar",
                )
        holidays = item.get("holidays", "")
        if holidays and not known_holidays(holidays):
            raise self.document.error(
                (*path, "holidays"),
                f"No holidays are kept for {holidays!r}.",
                mend="use a country, with subdivision where there is one: GB-ENG, GB-SCT, US, US-WI",
            )
        return WorkCalendar(
            name=name,
            holidays=holidays,
            working_days=tuple(sorted({_WEEKDAYS.index(day) for day in item.get("working_days", _WEEKDAYS[:5])})),
            opens=opens,
            closes=closes,
            extra_closed=tuple(
                day
                for number, text in enumerate(item.get("closed", []))
                if (day := self.date(text, (*path, "closed", number)))
            ),
        )

    def parameter(self, name: str, item: Mapping[str, Any], path: Path) -> Parameter:
        if ("value" in item) == ("values" in item):
            raise self.document.error(
                path, f"{name} needs either `value` or `values` by date.", mend="write value: PT4H"
            )
        if item.get("status") == "sourced" and not item.get("source"):
            raise self.document.error(
                path, f"{name} is marked sourced and names no source.", mend="add source: ..., or mark it proposed"
            )
        if "value" in item:
            values = [Value(start=None, deadline=self.deadlines.read(item["value"], (*path, "value")))]
        else:
            values = [
                Value(
                    start=self.date(text, (*path, "values", text)),
                    deadline=self.deadlines.read(value, (*path, "values", text)),
                )
                for text, value in item["values"].items()
            ]
            values.sort(key=lambda value: value.start or date.min)
        kinds = {value.deadline.kind for value in values}
        if DeadlineKind.COLUMN in kinds:
            raise self.document.error(path, "A parameter cannot be a column of the trigger.", mend="use `until` itself")
        return Parameter(
            name=name,
            values=tuple(values),
            meaning=item.get("meaning", ""),
            status=item.get("status", "proposed"),
            source=item.get("source", ""),
        )

    def feed(self, name: str, item: Mapping[str, Any], path: Path) -> FeedRule:
        if name.partition("/")[0] not in TABLES:
            raise self.document.error(path, f"There is no table {name!r}.", mend=f"the tables are {', '.join(TABLES)}")
        lag = self.deadlines.read(item["lag"], (*path, "lag")) if "lag" in item else None
        return FeedRule(
            name=name,
            complete_from=self.instant(item["complete_from"], (*path, "complete_from"))
            if "complete_from" in item
            else None,
            lag_us=lag.elapsed_us + lag.days * 86_400_000_000 if lag else 0,
        )

    def log(self, item: Mapping[str, Any]) -> LogColumns:
        own = {column.name for column in TABLES["actions"].columns}
        for name in item.get("attributes", {}):
            if name in own:
                raise self.document.error(
                    ("log", "attributes", name), f"{name} is a column already.", mend="give it another name"
                )
        return LogColumns(
            attributes={
                name: (str(entry["column"]), Type(entry["type"])) for name, entry in item.get("attributes", {}).items()
            },
            milestones=item.get("milestones", {}),
        )
