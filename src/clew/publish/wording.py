"""How times, rates, distances and strengths are put into words, and how recorded text is made fit to show.

Every face of Clew words a figure here, so that the terminal, the page and the spreadsheet say the same.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from clew.review.model import Evidence, Reason, ReasonKind

#: Longest text shown of one recorded value, in characters; what is left out is said.
LONGEST_TEXT = 2_000

#: Short names of the months; not from the locale, so that a report is the same everywhere.
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
#: Places nearer than this are called the same spot, in metres; as in `clew.links.explain`.
SAME_SPOT_M = 25.0

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

#: Control characters (a terminal obeys them), overrides of writing direction (they forge text), and what is no text.
_UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]"
)

_REASON_WORDS = {
    ReasonKind.LINK: "Link",
    ReasonKind.STANDARD: "Standard",
    ReasonKind.CONFLICT: "Conflict",
    ReasonKind.CLAIM: "Claim",
}
FAMILY_WORDS = {
    "people": "People",
    "reference": "Reference",
    "place": "Place",
    "time": "Time",
    "profile": "Age and sex",
    "circumstances": "Circumstances",
    "narrative": "Rare words",
}


def reason_word(reason: Reason) -> str:
    """What kind of reason it is, in a word."""
    if reason.link is not None and reason.link.recurrence:
        return "Recurrence"
    return _REASON_WORDS[reason.kind]


def clean_text(text: str, *, limit: int = LONGEST_TEXT) -> str:
    """`text` with every character that is no text shown as U+FFFD, and cut at `limit` with a statement of the cut."""
    kept = _UNFIT.sub("\ufffd", text[:limit].replace("\r\n", "\n").replace("\r", "\n"))
    if len(text) <= limit:
        return kept
    return f"{kept.rstrip()} … [the first {limit:,} of {len(text):,} characters are shown]"


def one_line(text: str, *, limit: int = LONGEST_TEXT) -> str:
    """`clean_text` with its white space run together."""
    return " ".join(clean_text(text, limit=limit).split())


def label_words(value: str) -> str:
    """A vocabulary word as people write it: ``under_investigation`` as "under investigation"."""
    return value.replace("_", " ")


def day_words(moment: datetime, zone: ZoneInfo) -> str:
    """``28 Aug 2014`` in `zone`."""
    local = moment.astimezone(zone)
    return f"{local.day} {MONTHS[local.month - 1]} {local.year}"


def moment_words(moment: datetime, zone: ZoneInfo) -> str:
    """``28 Aug 2014, 08:55`` in `zone`."""
    return f"{day_words(moment, zone)}, {moment.astimezone(zone):%H:%M}"


def long_moment_words(moment: datetime, zone: ZoneInfo) -> str:
    """``Thursday 28 Aug 2014, 08:55`` in `zone`."""
    return f"{_DAYS[moment.astimezone(zone).weekday()]} {moment_words(moment, zone)}"


def interval_words(start: datetime, end: datetime | None, zone: ZoneInfo) -> str:
    """``27 Aug 2014, 22:00 to 28 Aug, 08:55``: of the end only what differs; one time where they are equal."""
    if end is None or end == start:
        return moment_words(start, zone)
    first, last = start.astimezone(zone), end.astimezone(zone)
    if first.date() == last.date():
        return f"{moment_words(start, zone)} to {last:%H:%M}"
    to = f"{last.day} {MONTHS[last.month - 1]}, {last:%H:%M}" if first.year == last.year else moment_words(end, zone)
    return f"{moment_words(start, zone)} to {to}"


def number_words(value: float) -> str:
    """A positive figure to two significant digits, whole from 10 up: ``0.07``, ``4``, ``4.2``, ``1,250``."""
    if value >= 10:
        return f"{value:,.0f}"
    if value <= 0:
        return "0"
    places = max(0, 1 - math.floor(math.log10(value)))
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def bound_words(value: float) -> str:
    """An end of an interval of rates, as `number_words`, but ``0`` below a thousandth: that is no figure to read."""
    return number_words(value) if value >= 0.001 else "0"


def counted(count: float, one: str, many: str = "") -> str:
    """``1 death``, ``2 deaths``, ``0.5 deaths``. many: the plural, where it is not `one` with an s."""
    return f"{count:g} {one if count == 1 else many or one + 's'}"


def likelier_words(log10_factor: float) -> str:
    """What a log10 Bayes factor says, in words: how many times likelier the evidence is if the two are connected."""
    times = 10 ** min(abs(log10_factor), 300.0)
    if times < 1.05:
        return "no evidence either way"
    if times >= 1e9:
        size = "more than a thousand million times"
    elif times >= 1e6:
        size = f"{number_words(times / 1e6)} million times"
    else:
        size = f"{number_words(float(f'{times:.2g}'))} times"
    return f"{size} likelier if {'connected' if log10_factor > 0 else 'not connected'}"


def distance_words(metres: float) -> str:
    """``under 25 m``, ``450 m``, ``1.2 km``, ``38 km``."""
    if metres < SAME_SPOT_M:
        return "under 25 m"
    if metres < 995:
        return f"{round(metres, -1):.0f} m"
    return f"{metres / 1000:.1f} km" if metres < 9_950 else f"{metres / 1000:,.0f} km"


def evidence_words(evidence: Iterable[Evidence]) -> list[str]:
    """The rows, one text per table and file: ``people: people.csv, rows 4, 7 to 9``."""
    grouped: dict[tuple[str, str], set[int]] = {}
    for row in evidence:
        grouped.setdefault((row.table, row.source), set()).add(row.row)
    texts = []
    for (table, source), rows in grouped.items():
        spans = [f"{first} to {last}" if last > first else f"{first}" for first, last in _spans(sorted(rows))]
        texts.append(f"{table}: {source}, row{'s' if len(rows) > 1 else ''} {', '.join(spans)}")
    return texts


def _spans(rows: list[int]) -> list[tuple[int, int]]:
    """Runs of three or more rows as (first, last); shorter ones row by row."""
    runs: list[tuple[int, int]] = []
    for row in rows:
        if runs and row == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], row)
        else:
            runs.append((row, row))
    return [
        span
        for first, last in runs
        for span in ([(first, last)] if last - first >= 2 else [(row, row) for row in range(first, last + 1)])
    ]


def shown_words(shown: int, in_all: int) -> str:
    """``showing 20 of 214``."""
    return f"showing {shown:,} of {in_all:,}"
