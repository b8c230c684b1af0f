"""Our VTIMEZONEs in the hands of other programs: each change of the clocks to the second, 1970 to 2037."""

from __future__ import annotations

import pytest

from calendars.programs import ReaderName, left_out
from calendars.zones import WallTime, different_zones, is_repeated, misread, misread_by_dateutil, wall_times

SAMPLE = (
    "Europe/Berlin", "Europe/Dublin", "Africa/Cairo", "Africa/Casablanca", "Australia/Lord_Howe", "Pacific/Apia",
    "Antarctica/Troll", "America/Caracas", "Asia/Gaza", "Asia/Tehran", "America/Nuuk", "America/Sao_Paulo",
)  # fmt: skip

pytestmark = [pytest.mark.calendars, pytest.mark.skipif(bool(left_out()), reason=left_out())]


def once(times: list[WallTime]) -> list[WallTime]:
    """Without the hour that comes twice, in which programs differ whatever the VTIMEZONE says."""
    return [one for one in times if not is_repeated(one)]


@pytest.mark.parametrize(("first_year", "last_year"), [(1970, 2037), (2026, 2060)])
def test_each_change_is_read_to_the_second(first_year: int, last_year: int) -> None:
    times = once([one for zone in SAMPLE for one in wall_times(zone, first_year, last_year)])
    readers: tuple[ReaderName, ...] = ("ical.js", "libical")
    for reader in readers:
        assert misread(reader, times, first_year, last_year) == [], reader
    assert misread_by_dateutil(times, first_year) == []


def test_samoa_in_the_week_of_its_lost_day() -> None:
    """icalendar could read no date of a calendar whose VTIMEZONE called that change daylight time."""
    times = [one for one in once(wall_times("Pacific/Apia", 2011, 2012)) if one.wall.year < 2013]
    assert misread("icalendar", times, 2011, 2012) == []


def test_zones_with_the_same_history_are_one() -> None:
    assert len(different_zones(2026)) < 150
