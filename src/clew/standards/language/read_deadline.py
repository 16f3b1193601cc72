"""Reads the forms of `within:` and of a parameter's value into a `Deadline`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clew.standards.language.deadline import Deadline, DeadlineKind, DurationError, parse_duration
from clew.standards.language.document import Document, Path
from clew.standards.language.model import WorkCalendar


class DeadlineReader:
    """Turns texts and mappings into deadlines, against one document and its calendars."""

    def __init__(self, document: Document, calendars: Mapping[str, WorkCalendar]) -> None:
        self.document, self.calendars = document, calendars

    def read(self, item: str | Mapping[str, Any], path: Path) -> Deadline:
        """The deadline that `item` says; raises `StandardError`."""
        if isinstance(item, str):
            return self._duration(item, path)
        if "working_days" in item:
            return Deadline(
                kind=DeadlineKind.WORKING_DAYS,
                days=int(item["working_days"]),
                calendar=self._calendar(item, path),
                text=f"{item['working_days']} working days",
            )
        if "working_time" in item:
            length = self._duration(item["working_time"], (*path, "working_time"))
            if not length.elapsed_us and not length.days:
                raise self.document.error(
                    (*path, "working_time"), "No working time is allowed at all.", mend="write PT1H or more"
                )
            if length.days:
                raise self.document.error(
                    (*path, "working_time"),
                    f"{length.text} counts in days, and a working day has no fixed number of hours.",
                    mend="write hours, PT16H, or use working_days",
                )
            return Deadline(
                kind=DeadlineKind.WORKING_TIME,
                elapsed_us=length.elapsed_us,
                calendar=self._calendar(item, path),
                text=f"{length.text} of working time",
            )
        if "end_of_day" in item:
            days = int(item["end_of_day"])
            return Deadline(
                kind=DeadlineKind.END_OF_DAY,
                days=days,
                text="the end of the same day" if days == 0 else f"the end of the day {days} days later",
            )
        return Deadline(kind=DeadlineKind.COLUMN, column=item["until"], text=f"until {item['until']}")

    def _calendar(self, item: Mapping[str, Any], path: Path) -> str:
        name = str(item["calendar"])
        if name not in self.calendars:
            raise self.document.error(
                (*path, "calendar"),
                f"There is no calendar {name!r}.",
                mend=f"define it under calendars; there are {', '.join(self.calendars) or 'none'}",
            )
        return name

    def _duration(self, text: str, path: Path) -> Deadline:
        try:
            return parse_duration(text)
        except DurationError as fault:
            raise self.document.error(
                path,
                f"{fault.what}.",
                why="two people must reach the same instant from the same rule",
                mend=fault.mend,
            ) from None
