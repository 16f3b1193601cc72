"""Local civil time to instants: the standard library's `zoneinfo` is the oracle."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clew.records.local_time import end_of_day, parse_dates, parse_instants

ZONES = st.sampled_from(["Europe/London", "America/Chicago", "UTC", "Australia/Lord_Howe", "America/Sao_Paulo"]).map(
    ZoneInfo
)
LONDON = ZoneInfo("Europe/London")
FIRST, LAST = datetime(1950, 1, 1), datetime(2037, 1, 1)  # noqa: DTZ001


@given(st.lists(st.datetimes(FIRST, LAST), min_size=1), ZONES)
@example([datetime(2014, 3, 30, 1, 30), datetime(2014, 10, 26, 1, 30)], LONDON)  # noqa: DTZ001
def test_naive_times_are_read_as_zoneinfo_reads_them(moments: list[datetime], zone: ZoneInfo) -> None:
    found = parse_instants(pl.Series([moment.isoformat() for moment in moments]), zone)
    expected = [moment.replace(tzinfo=zone).astimezone(UTC) for moment in moments]
    assert found.instant.to_list() == expected
    folds = [moment.replace(tzinfo=zone, fold=1).astimezone(UTC) for moment in moments]
    back = [instant.astimezone(zone).replace(tzinfo=None) for instant in expected]
    never = [shown != moment for shown, moment in zip(back, moments, strict=True)]
    twice = [a != b and not n for a, b, n in zip(expected, folds, never, strict=True)]
    assert found.never.to_list() == never
    assert found.twice.to_list() == twice


@given(
    st.lists(
        st.datetimes(FIRST, LAST, timezones=st.timezones()),
        min_size=1,
        max_size=5,
    )
)
def test_times_with_an_offset_need_no_zone(moments: list[datetime]) -> None:
    whole = [moment.replace(second=moment.second) for moment in moments]
    in_minutes = [moment for moment in whole if moment.utcoffset().total_seconds() % 60 == 0]  # type: ignore[union-attr]
    written = pl.Series([moment.isoformat() for moment in in_minutes], dtype=pl.String)
    assert parse_instants(written, LONDON).instant.to_list() == [moment.astimezone(UTC) for moment in in_minutes]


@given(st.lists(st.dates(date(1950, 1, 1), date(2037, 1, 1)), min_size=1), ZONES)
def test_a_bare_date_is_the_whole_local_day(days: list[date], zone: ZoneInfo) -> None:
    text = pl.Series([day.isoformat() for day in days])
    start, end = parse_instants(text, zone, day="start"), parse_instants(text, zone, day="end")
    assert start.bare.all()
    for day, first, last in zip(days, start.instant.to_list(), end.instant.to_list(), strict=True):
        assert first.astimezone(zone).date() == day
        assert last.astimezone(zone).date() == day
        assert (first - timedelta(microseconds=1)).astimezone(zone).date() < day
        assert (last + timedelta(microseconds=1)).astimezone(zone).date() > day
    assert end_of_day(start.instant, zone).to_list() == end.instant.to_list()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2014-06-20T10:05", "2014-06-20T09:05Z"),
        ("2014-06-20 10:05:06.25", "2014-06-20T09:05:06.25Z"),
        ("2014-06-20T10:05Z", "2014-06-20T10:05Z"),
        ("2014-06-20T10:05:00+0100", "2014-06-20T09:05Z"),
        ("2014-06-20 10:05 -05:30", "2014-06-20T15:35Z"),
        ("2014-06-20T1005", "2014-06-20T09:05Z"),
        ("0014-06-20", "0014-06-20T00:01:15Z"),
        ("2014-02-30", None),
        ("2014-06-20T25:00", None),
        ("20/06/2014", None),
        ("yesterday", None),
        ("0000-01-01", None),
        ("9999-12-31", None),
    ],
)
def test_written_forms(text: str, expected: str | None) -> None:
    wanted = datetime.fromisoformat(expected) if expected else None
    assert parse_instants(pl.Series([text]), LONDON).instant.item() == wanted


def test_formats_are_tried_in_order_after_iso() -> None:
    text = pl.Series(["01/02/14", "01/02/2014", "2014-02-01", "1/2/2014 13:30", None])
    forms = ("%d/%m/%y", "%d/%m/%Y", "%d/%m/%Y %H:%M")
    found = parse_instants(text, LONDON, formats=forms)
    day = datetime(2014, 2, 1, tzinfo=UTC)
    assert found.instant.to_list() == [day, day, day, day + timedelta(hours=13.5), None]
    assert found.bare.to_list() == [True, True, True, False, False]
    assert parse_dates(text, forms).to_list() == [date(2014, 2, 1)] * 4 + [None]


def test_parsing_leaves_its_input_as_it_was() -> None:
    text = pl.Series(["2014-06-20", "2014-06-20T10:00", "20/06/2014"])
    before = text.to_list()
    parse_instants(text, LONDON, formats=("%d/%m/%Y",))
    assert text.to_list() == before
