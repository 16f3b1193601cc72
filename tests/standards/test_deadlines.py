"""Deadlines: known dates, and equality with the naive walk along the calendar over years, zones and pauses."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.standards import Standard, parse_standard
from clew.standards.engine.deadlines import due_times
from clew.standards.engine.local_time import to_instants, to_local
from clew.standards.language.deadline import Deadline, DeadlineKind, DurationError, parse_duration
from clew.standards.oracle import clock

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CALENDARS = """
calendars:
  office: {holidays: GB-ENG, hours: "09:00-17:00"}
  always: {working_days: [mon, tue, wed, thu, fri, sat, sun]}
  shop: {holidays: US, working_days: [tue, wed, sat], hours: "07:30-12:15", closed: [2024-07-03]}
"""


def standard(zone: str) -> Standard:
    return parse_standard(f"standard: {{id: x, version: 1.0.0, title: X, zone: {zone}}}\n{CALENDARS}")


def due(start: str, deadline: Deadline, zone: str = "Europe/London") -> str:
    own = standard(zone)
    begin = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone))
    starts = np.array([(begin - EPOCH) // timedelta(microseconds=1)])
    result = due_times(starts, deadline, zone=own.zone, calendars=own.calendars)
    return (EPOCH + timedelta(microseconds=int(result[0]))).astimezone(own.zone).strftime("%Y-%m-%d %H:%M")


def working_days(count: int) -> Deadline:
    return Deadline(kind=DeadlineKind.WORKING_DAYS, days=count, calendar="office")


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [
        ("2024-03-30 10:00", "P1D", "2024-03-31 10:00"),  # 23 hours: the clocks go forward
        ("2024-03-30 10:00", "PT24H", "2024-03-31 11:00"),  # 24 hours as a clock runs
        ("2024-03-30 01:30", "P1D", "2024-03-31 02:30"),  # 01:30 does not exist on the 31st
        ("2024-10-26 01:30", "P1D", "2024-10-27 01:30"),  # 01:30 exists twice: the first
        ("2024-02-28 12:00", "P1D", "2024-02-29 12:00"),
        ("2023-02-28 12:00", "P1D", "2023-03-01 12:00"),
        ("2023-12-31 23:30", "PT1H", "2024-01-01 00:30"),
        ("2023-12-29 12:00", "P1W", "2024-01-05 12:00"),
    ],
)
def test_durations_are_local_civil_time(start: str, length: str, expected: str) -> None:
    assert due(start, parse_duration(length)) == expected


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        ("2024-12-24 10:00", 1, "2024-12-27 17:00"),  # Christmas and Boxing Day are no working days
        ("2024-12-28 10:00", 1, "2024-12-30 17:00"),  # begun on a Saturday
        ("2024-03-28 18:00", 2, "2024-04-03 17:00"),  # Good Friday and Easter Monday
    ],
)
def test_working_days_leave_out_the_bank_holidays_of_england(start: str, count: int, expected: str) -> None:
    assert due(start, working_days(count)) == expected


def test_working_time_runs_in_working_hours_only() -> None:
    eight_hours = Deadline(kind=DeadlineKind.WORKING_TIME, elapsed_us=9 * 3_600_000_000, calendar="office")
    assert due("2024-03-28 16:00", eight_hours) == "2024-04-02 17:00"


@pytest.mark.parametrize("text", ["P1M", "P1Y", "P1Y2M", "P", "PT", "P1DT", "1 day", "P-1D", "P99999D", "PT1.5H", ""])
def test_what_is_no_duration_of_fixed_length_is_refused_with_a_mend(text: str) -> None:
    with pytest.raises(DurationError) as refusal:
        parse_duration(text)
    assert refusal.value.mend


ZONES = st.sampled_from(("Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"))
INSTANTS = st.integers(1_000_000_000, 2_000_000_000).map(lambda seconds: seconds * 1_000_000)
#: Around the changes of the clocks in London in 2024, to the half hour.
CHANGES = st.integers(-6, 6).flatmap(
    lambda half: st.sampled_from((1_711_846_800, 1_729_990_800)).map(lambda change: (change + half * 1800) * 1_000_000)
)


@given(st.lists(INSTANTS | CHANGES, min_size=1, max_size=20), ZONES)
def test_local_time_is_that_of_zoneinfo(instants: list[int], name: str) -> None:
    zone = ZoneInfo(name)
    local = to_local(np.array(instants), zone)
    walls = [clock.to_wall(instant, zone) for instant in instants]
    naive = datetime(1970, 1, 1)  # noqa: DTZ001 - wall time
    assert [naive + timedelta(microseconds=int(value)) for value in local] == walls
    assert to_instants(local, zone).tolist() == [clock.to_instant(wall, zone) for wall in walls]


LENGTHS = st.one_of(
    st.builds(
        Deadline,
        kind=st.just(DeadlineKind.DURATION),
        days=st.integers(0, 400),
        elapsed_us=st.integers(0, 100).map(lambda half: half * 1_800_000_000),
    ),
    st.builds(Deadline, kind=st.just(DeadlineKind.END_OF_DAY), days=st.integers(0, 40)),
    st.builds(
        Deadline,
        kind=st.just(DeadlineKind.WORKING_DAYS),
        days=st.integers(0, 30),
        calendar=st.sampled_from(("office", "always", "shop")),
    ),
    st.builds(
        Deadline,
        kind=st.just(DeadlineKind.WORKING_TIME),
        elapsed_us=st.integers(1, 200).map(lambda quarter: quarter * 900_000_000),
        calendar=st.sampled_from(("office", "always", "shop")),
    ),
)


@settings(max_examples=150, derandomize=True, deadline=None)
@given(st.lists(INSTANTS | CHANGES, min_size=1, max_size=5), LENGTHS, ZONES)
def test_deadlines_are_those_of_a_walk_along_the_calendar(starts: list[int], length: Deadline, name: str) -> None:
    own = standard(name)
    found = due_times(np.array(starts), length, zone=own.zone, calendars=own.calendars)
    assert found.tolist() == [clock.due_time(start, length, own, ()) for start in starts]


def test_a_calendar_keeps_its_hours() -> None:
    assert standard("UTC").calendars["shop"].closes == time(12, 15)
