"""Dates and times from text, and local civil time to instants, for whole columns.

A naive time is read in the dataset's zone. An hour that the clock shows twice (autumn) is its first; one that it
never shows (spring) is read with the offset before the change, as Python's `zoneinfo` does with ``fold=0``
(PEP 495). Both are reported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

import polars as pl

_INSTANT = pl.Datetime("us", "UTC")
_NAIVE = pl.Datetime("us")

#: ISO 8601 date-time, to be taken apart where the fast way fails.
_ISO = r"^(\d{4}-\d{2}-\d{2})[T ](\d{2}):?(\d{2})(?::?(\d{2})([.,]\d{1,9})?)? ?(Z|z|[+-]\d{2}(?::?\d{2})?)?$"

#: Years that both Polars and Python can hold in every zone.
_YEARS = (1, 9998)


@dataclass(frozen=True, kw_only=True)
class Instants:
    """Parallel columns: the instant (UTC; null where unreadable or missing), and whether it was written as a bare date,
    in an hour that the clock shows twice, or in one it never shows (Boolean)."""

    instant: pl.Series
    bare: pl.Series
    twice: pl.Series
    never: pl.Series


def parse_dates(text: pl.Series, formats: tuple[str, ...]) -> pl.Series:
    """Dates of `text`: ISO 8601, an ISO date-time's day, else the first of `formats` that fits; null if none."""
    dates = text.str.to_date("%Y-%m-%d", strict=False)
    dates = _where_null(
        dates, text, lambda rest: rest.str.extract(r"^(\d{4}-\d{2}-\d{2})[T ]\d{2}:").str.to_date(strict=False)
    )
    for pattern in formats:
        dates = _where_null(dates, text, partial(_strptime_date, pattern=pattern))
    return dates


def parse_instants(text: pl.Series, zone: ZoneInfo, *, formats: tuple[str, ...] = (), day: str = "start") -> Instants:
    """Instants of `text`: ISO 8601 with or without offset, a bare date (the `day`'s "start" or "end" in `zone`), else
    the first strptime pattern of `formats` that fits."""
    day_only = text.str.to_date("%Y-%m-%d", strict=False).cast(_NAIVE)
    naive = _where_null(
        day_only, text, lambda rest: rest.str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False, time_unit="us")
    )
    bare = day_only.is_not_null()
    offset_minutes = pl.Series([None], dtype=pl.Int64).new_from_index(0, len(text))
    left = naive.is_null() & text.is_not_null()
    if left.any():
        parts = text.filter(left).str.extract_groups(_ISO).struct.unnest()
        parts.columns = ["date", "hour", "minute", "second", "fraction", "offset"]
        written = parts.select(
            pl.concat_str(
                pl.col("date"), pl.lit("T"), "hour", pl.lit(":"), "minute", pl.lit(":"),
                pl.col("second").fill_null("00"), pl.col("fraction").str.replace(",", ".").fill_null(""),
            )
        ).to_series()  # fmt: skip
        naive = _put(naive, left, written.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", strict=False, time_unit="us"))
        offset_minutes = _put(offset_minutes, left, _offset_minutes(parts["offset"]))
    for pattern in formats:
        left = naive.is_null() & text.is_not_null()
        if not left.any():
            break
        found = _strptime(text.filter(left), pattern)
        naive = _put(naive, left, found.dt.replace_time_zone(None))
        if isinstance(found.dtype, pl.Datetime) and found.dtype.time_zone is not None:
            offset_minutes = _put(offset_minutes, left, pl.Series([0]).new_from_index(0, len(found)))
        if not any(code in pattern for code in ("%H", "%I", "%R", "%T", "%c", "%s")):
            bare = _put(bare, left, found.is_not_null())
    return _place(naive, bare, offset_minutes, zone, day=day)


def instants_of_dates(dates: pl.Series, zone: ZoneInfo, *, day: str) -> Instants:
    """Instants of bare dates: the `day`'s "start" or "end" in `zone`."""
    nowhere = pl.Series([None], dtype=pl.Int64).new_from_index(0, len(dates))
    return _place(dates.cast(_NAIVE), dates.is_not_null(), nowhere, zone, day=day)


def instants_of_naive(naive: pl.Series, zone: ZoneInfo) -> Instants:
    """Instants of naive date-times in `zone`."""
    nowhere = pl.Series([None], dtype=pl.Int64).new_from_index(0, len(naive))
    return _place(naive.cast(_NAIVE), pl.Series([False]).new_from_index(0, len(naive)), nowhere, zone, day="start")


def end_of_day(instants: pl.Series, zone: ZoneInfo) -> pl.Series:
    """The last microsecond of the local day in which each of `instants` lies."""
    day = instants.dt.convert_time_zone(zone.key).dt.date().cast(_NAIVE)
    return _local(day.dt.offset_by("1d"), zone)[0].dt.offset_by("-1us")


def _place(naive: pl.Series, bare: pl.Series, offset_minutes: pl.Series, zone: ZoneInfo, *, day: str) -> Instants:
    """Instants of `naive`: at `offset_minutes` where that is known, else in `zone`."""
    naive = naive.set(~naive.dt.year().is_between(*_YEARS).fill_null(value=True), None)
    local = naive.set(offset_minutes.is_not_null(), None)
    if day == "end":
        local = (
            local.to_frame("t").select(pl.when(bare).then(pl.col("t").dt.offset_by("1d")).otherwise("t")).to_series()
        )
    instant, twice, never = _local(local, zone)
    offset = pl.duration(minutes=pl.col("offset"))
    frame = pl.DataFrame({"instant": instant, "naive": naive, "offset": offset_minutes, "bare": bare})
    instant = frame.select(
        pl.when(pl.col("offset").is_not_null())
        .then((pl.col("naive") - offset).dt.replace_time_zone("UTC"))
        .when(pl.col("bare") & (pl.lit(day) == "end"))
        .then(pl.col("instant").dt.offset_by("-1us"))
        .otherwise("instant")
        .cast(_INSTANT)
    ).to_series()
    return Instants(instant=instant, bare=bare & instant.is_not_null(), twice=twice & ~bare, never=never & ~bare)


def _local(naive: pl.Series, zone: ZoneInfo) -> tuple[pl.Series, pl.Series, pl.Series]:
    """Instants of local times, and which of them the clock shows twice or never."""
    first = naive.dt.replace_time_zone(zone.key, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC")
    last = naive.dt.replace_time_zone(zone.key, ambiguous="latest", non_existent="null").dt.convert_time_zone("UTC")
    twice = (first != last).fill_null(value=False)
    never = first.is_null() & naive.is_not_null()
    if never.any():
        gaps = naive.filter(never).unique().to_list()
        moved = {gap: gap.replace(tzinfo=zone).astimezone(UTC) for gap in gaps if isinstance(gap, datetime)}
        first = _put(first, never, naive.filter(never).replace_strict(moved, return_dtype=_INSTANT))
    return first, twice, never


def _strptime(text: pl.Series, pattern: str) -> pl.Series:
    if any(code in pattern for code in ("%H", "%I", "%R", "%T", "%c", "%s")):
        return text.str.to_datetime(pattern, strict=False, time_unit="us")
    return text.str.to_date(pattern, strict=False).cast(_NAIVE)


def _strptime_date(text: pl.Series, *, pattern: str) -> pl.Series:
    return _strptime(text, pattern).dt.date()


def _offset_minutes(offset: pl.Series) -> pl.Series:
    digits = offset.str.replace_all(r"\D", "")
    hours = digits.str.slice(0, 2).cast(pl.Int64, strict=False).fill_null(0)
    minutes = digits.str.slice(2, 2).cast(pl.Int64, strict=False).fill_null(0)
    sign = offset.str.starts_with("-").cast(pl.Int64) * -2 + 1
    return (hours * 60 + minutes) * sign


def _put(values: pl.Series, where: pl.Series, found: pl.Series) -> pl.Series:
    """`values` with `found` in the places where `where` is true. (`Series.scatter` alone changes `values`.)"""
    return values.clone().scatter(where.arg_true(), found)


def _where_null(values: pl.Series, text: pl.Series, parse: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """`values`, and where they are null but `text` is not, what `parse` makes of the text."""
    left = values.is_null() & text.is_not_null()
    return _put(values, left, parse(text.filter(left))) if left.any() else values
