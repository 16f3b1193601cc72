"""The clock's one entrance: T is read from what the caller says, never from the wall (law 1 of DESIGN.md)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from clew.core.errors import UsageError

#: Room that every T must leave before and after it, for windows, deadlines and local time.
ROOM = timedelta(days=400)


def parse_zone(name: str, *, where: str = "time zone") -> ZoneInfo:
    """The IANA time zone called `name`; raises `UsageError` if there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            f"{name!r} is not a time zone.",
            where=where,
            why="every deadline and every 'as known at' is local civil time",
            mend="use an IANA name such as Europe/London",
        ) from None


def parse_instant(text: str, zone: ZoneInfo, *, where: str = "--as-of") -> datetime:
    """The UTC instant that `text` (ISO 8601) names.

    A bare date means the start of that day in `zone`; a naive time is read in `zone`. So ``2014-06-20`` in
    Europe/London is 2014-06-19T23:00Z: what was known when the desk opened on the 20th. Raises `UsageError`.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        moment = moment.astimezone(UTC)
        _ = (moment - ROOM, moment + ROOM)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{text!r} is not a date or time.",
            where=where,
            mend="write it as 2014-06-20 or 2014-06-20T09:00, with +01:00 or Z if it is not local time",
        ) from None
    return moment


def format_instant(moment: datetime, zone: ZoneInfo) -> str:
    """`moment` in `zone` as ISO 8601 with its offset, to the second."""
    return moment.astimezone(zone).isoformat(timespec="seconds")
