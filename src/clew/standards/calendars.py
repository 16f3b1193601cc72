"""Which days are not worked: bank holidays from the `holidays` package, kept by others, and days closed besides."""

from __future__ import annotations

from datetime import date
from functools import cache

from clew.standards.language.model import WorkCalendar

#: Bank holidays are looked up for these years only; outside them nothing reliable is known.
FIRST_YEAR, LAST_YEAR = 1900, 2200


def _split(code: str) -> tuple[str, str | None]:
    country, _, subdivision = code.partition("-")
    # The package names Great Britain's parts under its own country code, with ENG, SCT, WLS, NIR.
    return country, (_SUBDIVISIONS.get(code, subdivision) or None)


_SUBDIVISIONS = {"GB-EAW": "ENG"}


def known_holidays(code: str) -> bool:
    """Whether holidays are kept for `code` (GB-ENG, US, ...)."""
    import holidays  # noqa: PLC0415 - a large package, wanted only by standards that count working days

    country, subdivision = _split(code)
    kept = holidays.list_supported_countries(include_aliases=True)
    return country in kept and (subdivision is None or subdivision in kept[country])


@cache
def _holidays_of(code: str, year: int) -> tuple[date, ...]:
    import holidays  # noqa: PLC0415 - as above

    country, subdivision = _split(code)
    return tuple(sorted(holidays.country_holidays(country, subdiv=subdivision, years=year)))


def closed_days(calendar: WorkCalendar, first_year: int, last_year: int) -> list[date]:
    """Every holiday of `calendar` from `first_year` to `last_year`, in order."""
    years = range(max(first_year, FIRST_YEAR), min(last_year, LAST_YEAR) + 1)
    kept = {day for year in years for day in (_holidays_of(calendar.holidays, year) if calendar.holidays else ())}
    return sorted(kept | {day for day in calendar.extra_closed if first_year <= day.year <= last_year})
