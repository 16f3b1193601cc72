"""Due dates as an iCalendar file (RFC 5545), for whatever diary the desk uses. No names of people, only references."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

LINE_OCTETS = 75


def calendar(entries: Iterable[tuple[str, date, str]], *, stamp: datetime) -> str:
    """An iCalendar of all-day entries: (a unique id, the day, what is due). `stamp` is when it was made, in UTC."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Clew//plan of action//EN"]
    for unique, day, text in entries:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{_escaped(unique)}@clew",
            f"DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}",
            f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_escaped(text)}",
            "END:VEVENT",
        ]
    return "".join(_folded(line) for line in [*lines, "END:VCALENDAR"])


def _escaped(text: str) -> str:
    for mark in ("\\", ";", ","):
        text = text.replace(mark, "\\" + mark)
    return " ".join(text.split())


def _folded(line: str) -> str:
    """Lines of at most 75 octets, continued after a space, never cutting a character in two."""
    parts, current, size = [], "", 0
    for character in line:
        width = len(character.encode())
        if size + width > LINE_OCTETS:
            parts.append(current)
            current, size = " ", 1
        current, size = current + character, size + width
    return "\r\n".join([*parts, current]) + "\r\n"
