"""What clocks of a zone show around each change, and what readers of our VTIMEZONE make of it.

One event a wall time is put into a calendar, in a zone that nobody knows by name, and the start that a program finds is
compared with `zoneinfo`. A second before a gap and the second after it, a second before the hour that comes twice and
the second after that, and within it, where section 3.3.5 of RFC 5545 takes the first of the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from importlib import resources
from io import StringIO

from dateutil.tz import tzical

from alongside.planning.zones import local_time, read_zone
from alongside.rendering.feeds.time_zones import render_timezone
from calendars.programs import ReaderName, read_dates

ZONES = tuple(
    name
    for name in resources.files("tzdata").joinpath("zones").read_text().split()
    if name not in ("Factory", "localtime")
)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class WallTime:
    """A time that clocks of a zone show, naive, and the instant it is."""

    zone: str
    wall: datetime
    instant: datetime


def is_repeated(shown: WallTime) -> bool:
    """Whether clocks show it twice, once on either side of a change."""
    first, second = (shown.wall.replace(tzinfo=read_zone(shown.zone), fold=fold).utcoffset() for fold in (0, 1))
    return first != second


def different_zones(first_year: int) -> tuple[str, ...]:
    """One name for each VTIMEZONE that differs from all others in more than its TZID."""
    found: dict[str, str] = {}
    for zone in ZONES:
        found.setdefault(render_timezone(zone, first_year).replace(f"TZID:{zone}\r\n", ""), zone)
    return tuple(found.values())


def wall_times(zone: str, first_year: int, last_year: int) -> list[WallTime]:
    """Those around each change of the clocks, both years included, and noon of each first of July."""
    iana = read_zone(zone)
    walls = [datetime.combine(date(year, 7, 1), time(12)) for year in range(first_year, last_year + 1)]
    for at in changes(zone, first_year, last_year):
        before, after = ((at + step).astimezone(iana).replace(tzinfo=None) for step in (-_SECOND, timedelta()))
        low, high = sorted((before + _SECOND, after))
        walls += [low - _SECOND, high]
        if after < before:
            walls += [low, high - _SECOND]
    return [WallTime(zone, wall, local_time(wall, iana).astimezone(UTC)) for wall in sorted(set(walls))]


def changes(zone: str, first_year: int, last_year: int) -> Iterator[datetime]:
    """The first second, in UTC, of each time the offset changes: found by looking, not in the file."""
    iana = read_zone(zone)

    def offset(seconds: int) -> timedelta | None:
        return datetime.fromtimestamp(seconds, iana).utcoffset()

    day, start = 86_400, int(datetime(first_year, 1, 1, tzinfo=UTC).timestamp())
    before = offset(start)
    for evening in range(start + day, int(datetime(last_year + 1, 1, 1, tzinfo=UTC).timestamp()), day):
        if (now := offset(evening)) != before:
            low, high = evening - day, evening
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == before else (low, middle)
            yield datetime.fromtimestamp(high, UTC)
            before = now


def wall_time_calendar(times: Sequence[WallTime], first_year: int) -> bytes:
    """A calendar with an event at each wall time; their UIDs are its places in `times`."""
    zones = [
        render_timezone(zone, first_year).replace(f"TZID:{zone}", f"TZID:X-{zone}")
        for zone in dict.fromkeys(one.zone for one in times)
    ]
    events = [
        f"BEGIN:VEVENT\r\nUID:{number}\r\nDTSTAMP:20260101T000000Z\r\n"
        f"DTSTART;TZID=X-{one.zone}:{one.wall:%Y%m%dT%H%M%S}\r\nEND:VEVENT\r\n"
        for number, one in enumerate(times)
    ]
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Alongside//Tests//EN\r\n"
    return "".join([head, *zones, *events, "END:VCALENDAR\r\n"]).encode()


def misread(reader: ReaderName, times: Sequence[WallTime], first_year: int, last_year: int) -> list[WallTime]:
    """Those that a program takes for another instant, or leaves out."""
    calendar = wall_time_calendar(times, first_year)
    dates = read_dates(reader, calendar, first=date(first_year - 1, 1, 1), end=date(last_year + 2, 1, 1))
    found = {int(one.uid): one.start for one in dates}
    return [one for number, one in enumerate(times) if found.get(number) != f"{one.instant:%Y-%m-%dT%H:%M:%SZ}"]


def misread_by_dateutil(times: Iterable[WallTime], first_year: int) -> list[WallTime]:
    """The same of python-dateutil, which reads a VTIMEZONE and no events."""
    readers = {}
    wrong = []
    for one in times:
        if one.zone not in readers:
            text = f"BEGIN:VCALENDAR\r\n{render_timezone(one.zone, first_year)}END:VCALENDAR\r\n"
            readers[one.zone] = tzical(StringIO(text.replace("\r\n", "\n"))).get(one.zone)
        if one.wall.replace(tzinfo=readers[one.zone]).astimezone(UTC) != one.instant:
            wrong.append(one)
    return wrong
