"""Our VTIMEZONEs, read by dateutil, give the offsets of the IANA database, for every zone there is."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from importlib import resources
from io import StringIO
from zoneinfo import ZoneInfoNotFoundError

import pytest
from dateutil.tz import tzical
from hypothesis import given
from hypothesis import strategies as st

from alongside.planning.zones import local_time, read_zone
from alongside.rendering.feeds.time_zones import read_history, render_timezone, unclear_days

ZONES = [
    name
    for name in resources.files("tzdata").joinpath("zones").read_text().split()
    if name not in ("Factory", "localtime")
]


def wall_times(zone: str, first_year: int, last_year: int) -> list[datetime]:
    """Naive wall times hours before and after every change of a zone."""
    found = [datetime.combine(date(year, 1, 1), time(12)) for year in (first_year, last_year)]
    day = datetime(first_year, 1, 1, tzinfo=UTC)
    iana = read_zone(zone)
    offset = day.astimezone(iana).utcoffset()
    while day.year <= last_year:
        day += timedelta(days=1)
        now = day.astimezone(iana).utcoffset()
        if now != offset:
            offset = now
            wall = day.astimezone(iana).replace(tzinfo=None)
            found += [wall + timedelta(hours=hours) for hours in (-30, -26, 2, 6)]
    # Samoa left out a whole day: a wall time that no clock showed has no offset to agree on
    return [wall for wall in found if local_time(wall, iana).replace(tzinfo=None) == wall]


def disagreements(zone: str, first_year: int, last_year: int) -> list[str]:
    reader, iana = second_reader(zone, first_year), read_zone(zone)
    return [
        f"{zone} {wall}"
        for wall in wall_times(zone, first_year, last_year)
        if wall.replace(tzinfo=reader).utcoffset() != wall.replace(tzinfo=iana).utcoffset()
    ]


def disagreements_by_month(zone: str) -> list[str]:
    """The same, coarser, over all the years that feeds show."""
    reader, iana = second_reader(zone, 2010), read_zone(zone)
    walls = [
        datetime.combine(date(year, month, 15), time(12)) for year in range(2010, 2031) for month in range(1, 13, 3)
    ]
    return [
        f"{zone} {wall}"
        for wall in walls
        if wall.replace(tzinfo=reader).utcoffset() != wall.replace(tzinfo=iana).utcoffset()
    ]


def second_reader(zone: str, first_year: int) -> tzinfo:
    text = f"BEGIN:VCALENDAR\r\n{render_timezone(zone, first_year)}END:VCALENDAR\r\n"
    reader = tzical(StringIO(text.replace("\r\n", "\n"))).get(zone)
    assert reader is not None
    return reader


@pytest.mark.parametrize(
    "zone",
    [
        "Europe/Berlin", "America/New_York", "Europe/Dublin", "Africa/Cairo", "Africa/Casablanca", "Asia/Gaza",
        "Asia/Jerusalem", "America/Nuuk", "America/Santiago", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Tehran",
        "Etc/GMT+5", "Pacific/Apia", "Asia/Kathmandu", "Europe/Istanbul", "Asia/Pyongyang", "Africa/Juba",
        "Pacific/Norfolk", "Pacific/Yap",
    ],
)  # fmt: skip
@pytest.mark.parametrize("first_year", [2010, 2026])
def test_offsets_are_those_of_the_database(zone: str, first_year: int) -> None:
    assert disagreements(zone, first_year, 2040) == []


@given(zone=st.sampled_from(ZONES), first_year=st.integers(1985, 2035))
def test_every_zone_from_any_year(zone: str, first_year: int) -> None:
    assert disagreements(zone, first_year, first_year + 6) == []


def test_every_zone_can_be_read_and_has_no_list_of_dates() -> None:
    for zone in ZONES:
        text = render_timezone(zone, 2026)
        assert disagreements_by_month(zone) == []
        assert "RDATE" not in text
        assert text.count("BEGIN:") == text.count("END:") >= 2
        assert all(len(line) <= 75 for line in text.split("\r\n"))
        assert read_history(zone).first is not None


def test_berlin_as_text() -> None:
    assert render_timezone("Europe/Berlin", 2026).splitlines() == [
        "BEGIN:VTIMEZONE",
        "TZID:Europe/Berlin",
        "BEGIN:DAYLIGHT",
        "DTSTART:20250330T020000",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
        "TZNAME:CEST",
        "END:DAYLIGHT",
        "BEGIN:STANDARD",
        "DTSTART:20251026T030000",
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100",
        "TZNAME:CET",
        "END:STANDARD",
        "END:VTIMEZONE",
    ]


def test_ireland_has_its_summer_in_summer() -> None:
    text = render_timezone("Europe/Dublin", 2026)
    assert "BEGIN:DAYLIGHT\r\nDTSTART:20250330T010000" in text


@pytest.mark.parametrize("name", ["Nowhere/Atall", "../../etc/passwd", "", "Europe", "Europe/Berlin\r\nX:1", "zones"])
def test_what_is_no_zone(name: str) -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        render_timezone(name, 2026)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Sao_Paulo", "Africa/Cairo", "Pacific/Apia", "Asia/Kolkata"])
@pytest.mark.parametrize("clock", [time(0), time(0, 30), time(2, 30), time(18)])
def test_unclear_days_are_those_whose_time_is_skipped_or_repeated(zone: str, clock: time) -> None:
    found = [day for day in unclear_days(zone, clock, timedelta()) if 2010 <= day.year <= 2030]
    days = (date(2010, 1, 1) + timedelta(days=number) for number in range(365 * 21 + 5))
    walls = (datetime.combine(day, clock, read_zone(zone)) for day in days)
    assert found == [wall.date() for wall in walls if wall.utcoffset() != wall.replace(fold=1).utcoffset()]


def test_unclear_days_are_also_those_on_which_clocks_change_meanwhile() -> None:
    found = unclear_days("Europe/Berlin", time(20), timedelta(hours=11))
    assert [day for day in found if day.year == 2026] == [date(2026, 3, 28), date(2026, 10, 24)]
