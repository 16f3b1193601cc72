"""How long a duty may take: civil days and elapsed time, working days, working time, the end of a day, or a column.

``PT4H`` is four hours as a clock runs; ``P7D`` is the same local time seven days later, whatever the clocks did in
between; ``P1DT12H`` is a civil day, then twelve hours. Months and years are refused: P1M after 31 January names
no day, and a deadline that two people read differently is none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

MICROSECONDS = 1_000_000
#: No deadline may be longer: keeps all arithmetic far inside 64 bits.
MAXIMUM_DAYS = 36_525

_DURATION = re.compile(
    r"P(?:(?P<weeks>\d+)W|(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?)"
)


class DeadlineKind(StrEnum):
    """The arithmetic by which a deadline is reached."""

    DURATION = "duration"
    WORKING_DAYS = "working_days"
    WORKING_TIME = "working_time"
    END_OF_DAY = "end_of_day"
    COLUMN = "column"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """One length of time. `days`: civil or working days; `elapsed_us`: microseconds beside (or of working time).

    calendar: name of the calendar that says which hours are worked. column: of the trigger row, an instant that
    is itself the deadline. text: as written.
    """

    kind: DeadlineKind
    days: int = 0
    elapsed_us: int = 0
    calendar: str = ""
    column: str = ""
    text: str = ""


class DurationError(Exception):
    """A text that is no duration; `mend` says what would be."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what, self.mend = what, mend


def parse_duration(text: str) -> Deadline:
    """The `Deadline` that an ISO 8601 duration names; raises `DurationError` for months, years and anything else."""
    if re.fullmatch(r"P.*\d+[YM].*", text) and not re.fullmatch(r"P[^YM]*(T.*)?", text):
        raise DurationError(
            f"{text} counts in months or years, which are of no fixed length",
            "count in days or weeks: P30D, P4W, P365D",
        )
    found = _DURATION.fullmatch(text)
    if found is None or text in ("P", "PT") or text.endswith("T"):
        raise DurationError(
            f"{text!r} is not a duration", "write PT15M, PT4H, P7D, P2W or P1DT12H, or the name of a parameter"
        )
    parts = {name: int(value or 0) for name, value in found.groupdict().items()}
    days = parts["weeks"] * 7 + parts["days"]
    seconds = parts["hours"] * 3600 + parts["minutes"] * 60 + parts["seconds"]
    if days + seconds // 86_400 > MAXIMUM_DAYS:
        raise DurationError(f"{text} is longer than a century", "write a deadline that somebody can keep")
    return Deadline(kind=DeadlineKind.DURATION, days=days, elapsed_us=seconds * MICROSECONDS, text=text)
