"""Meetups that calendar programs could read in different ways: rules, days, changed dates, and zones with a history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from alongside.model.gatherings import Change, Meetup
from alongside.model.texts import LocalText
from alongside.problems import Position

HERE = Position("content/meetups/x.md")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LAST = date(2025, 6, 30)  # of zones that may change their clocks: what is known of later depends on the machine

# (first wall time, rule); a start that does not fit the rule is moved by our feeds to the first day that does
RULES = (
    ("2023-01-01 19:00", "FREQ=DAILY;INTERVAL=3"),
    ("2023-01-02 19:00", "FREQ=DAILY;INTERVAL=2;BYDAY=MO,TU,WE,TH,FR"),
    ("2019-01-01 19:00", "FREQ=DAILY;BYMONTH=1,12;INTERVAL=5"),
    ("2012-02-29 19:00", "FREQ=WEEKLY"),
    ("2012-03-06 19:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH"),
    ("2012-03-04 19:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU"),
    ("2012-03-04 19:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO"),
    ("2012-03-07 19:00", "FREQ=WEEKLY;INTERVAL=5;BYMONTH=3,4,5"),
    ("2012-03-07 19:00", "FREQ=WEEKLY;BYDAY=TU"),
    ("2012-01-05 19:00", "FREQ=MONTHLY;BYDAY=1TH"),
    ("2012-01-27 19:00", "FREQ=MONTHLY;BYDAY=-1FR"),
    ("2012-01-09 19:00", "FREQ=MONTHLY;BYDAY=2MO,4MO"),
    ("2012-01-30 19:00", "FREQ=MONTHLY;BYDAY=5MO"),
    ("2012-01-03 19:00", "FREQ=MONTHLY;INTERVAL=2;BYDAY=1TU"),
    ("2012-01-31 19:00", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"),
    ("2012-01-15 19:00", "FREQ=MONTHLY;BYMONTHDAY=15"),
    ("2012-01-31 19:00", "FREQ=MONTHLY;BYMONTHDAY=31"),
    ("2012-01-31 19:00", "FREQ=MONTHLY;BYMONTHDAY=-1"),
    ("2012-01-13 19:00", "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR"),
    ("2012-01-07 19:00", "FREQ=MONTHLY;BYMONTHDAY=7,8,9,10,11,12,13;BYDAY=SA"),
    ("2012-01-15 19:00", "FREQ=MONTHLY"),
    ("2012-01-31 19:00", "FREQ=MONTHLY"),  # left as it is, node-ical takes the last day of shorter months
    ("2012-02-29 19:00", "FREQ=YEARLY"),  # and 28 February, where ical.js takes 1 March
    ("2012-05-17 19:00", "FREQ=YEARLY"),
    ("2012-03-10 19:00", "FREQ=YEARLY;BYMONTH=3,9;BYDAY=2SA"),
    ("2012-12-28 19:00", "FREQ=YEARLY;BYMONTH=12;BYDAY=-1FR"),
    ("2012-04-09 19:00", "FREQ=YEARLY;BYYEARDAY=100"),
    ("2012-11-06 19:00", "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8"),
    ("2012-03-01 19:00", "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=1,15"),
)
# Zones with a history since 2010, and the hours in which they move their clocks.
ZONES = (
    ("Europe/Berlin", "2010-03-24 20:00"),
    ("America/New_York", "2010-03-10 20:00"),
    ("Europe/Kiev", "2010-03-24 20:00"),  # a former name, which is what many programs know
    ("Europe/Kyiv", "2010-03-24 20:00"),
    ("Europe/Dublin", "2010-03-24 20:00"),  # its winter is the daylight time of the database
    ("Africa/Cairo", "2010-03-24 20:00"),  # without summer time, with it, without, with
    ("Africa/Casablanca", "2010-03-24 20:00"),  # puts its clocks back for Ramadan
    ("Australia/Lord_Howe", "2010-03-24 20:00"),  # moves by half an hour
    ("Pacific/Apia", "2012-01-04 20:00"),  # had no 30 December 2011
    ("Antarctica/Troll", "2010-03-24 20:00"),  # moves by two hours
    ("Europe/Istanbul", "2010-03-24 20:00"),  # stays in summer
    ("Europe/Moscow", "2010-03-24 20:00"),
    ("America/Sao_Paulo", "2010-03-24 20:00"),  # had its change at midnight
    ("America/Caracas", "2010-03-24 20:00"),
    ("Asia/Pyongyang", "2010-03-24 20:00"),
    ("Asia/Gaza", "2010-03-24 20:00"),
    ("Asia/Tehran", "2010-03-24 20:00"),
    ("Asia/Kathmandu", "2010-03-24 20:00"),
    ("Australia/Brisbane", "2010-03-24 20:00"),  # shares its last change with Sydney
    ("America/Nuuk", "2010-03-24 20:00"),
    ("Asia/Kolkata", "2010-03-24 20:00"),
    ("Etc/GMT+5", "2010-03-24 20:00"),
    ("UTC", "2010-03-24 20:00"),
)


def nasty_meetups() -> list[Meetup]:
    """All of them; the slug says what each is about."""
    return [*_by_rule(), *_by_zone(), *_of_days(), *_changed(), *_bounded(), *_single()]


def doubtful_meetups() -> list[tuple[Meetup, tuple[str, ...]]]:
    """Series on which programs differ however good the calendar is, and which of them read it in a way of their own."""
    return [
        (_meetup("twentieth-monday", at("2012-05-14 19:00"), "FREQ=YEARLY;BYDAY=20MO", times=3), ("ical.js",)),
        (
            _meetup("by-position", at("2012-03-05 19:00"), "FREQ=YEARLY;BYMONTH=3,6;BYDAY=MO;BYSETPOS=1", times=3),
            ("ical.js",),
        ),
        (
            _meetup("last-day-of-the-year", at("2012-12-31 19:00"), "FREQ=YEARLY;BYYEARDAY=-1", times=3),
            ("KCalendarCore",),
        ),
        # has the offset of the rest of the year
        (_meetup("once-in-ramadan", at("2020-04-30 19:00"), "", "Africa/Casablanca"), ("node-ical",)),
    ]


def at(text: str) -> datetime:
    """Wall time."""
    return datetime.fromisoformat(text)


def _meetup(slug: str, starts: datetime | date, rrule: str = "", zone: str = "Europe/Berlin", **fields: Any) -> Meetup:
    title = LocalText((("en", f"Meetup: {slug}"),))
    return Meetup(slug=slug, title=title, starts=starts, timezone=zone, rrule=rrule, position=HERE, **fields)


def _slug(text: str) -> str:
    return text.lower().translate(str.maketrans(";=,/_+", "------"))


def _by_rule() -> Iterator[Meetup]:
    for starts, rule in RULES:
        slug = f"{_slug(rule)}-{starts[:10]}"
        first, frequent = at(starts).date(), "YEARLY" not in rule
        yield _meetup(slug, at(starts), rule, duration=2 * HOUR, until=first + 1500 * DAY if frequent else None)
        yield _meetup(f"{slug}-new-york", at(starts), rule, "America/New_York", until=first + 500 * DAY)
        yield _meetup(f"{slug}-utc", at(starts), rule, "UTC", times=9)
        yield _meetup(f"{slug}-day", first, rule, until=first + 500 * DAY)


def _by_zone() -> Iterator[Meetup]:
    for zone, starts in ZONES:
        yield _meetup(
            f"weekly-{_slug(zone)}", at(starts), "FREQ=WEEKLY;INTERVAL=5", zone, until=LAST, duration=3 * HOUR / 2
        )
        yield _meetup(
            f"overnight-{_slug(zone)}", at("2012-03-17 20:00"), "FREQ=WEEKLY", zone, times=4, duration=11 * HOUR
        )
        yield _meetup(f"monthly-{_slug(zone)}", at(starts), "FREQ=MONTHLY;INTERVAL=2;BYDAY=4WE", zone, until=LAST)


def _of_days() -> Iterator[Meetup]:
    first = date(2020, 3, 27)
    yield _meetup("one-day", first)
    yield _meetup("three-days", first, last_day=first + 2 * DAY)
    yield _meetup("three-days-a-year", first, "FREQ=YEARLY;BYMONTH=3;BYDAY=-1FR", last_day=first + 2 * DAY)
    yield _meetup("weekly-days", first, "FREQ=WEEKLY", until=date(2020, 11, 1), excluded=(first + 7 * DAY,))
    yield _meetup("days-in-apia", date(2011, 12, 28), "FREQ=DAILY", "Pacific/Apia", times=5)
    changes = {
        first + 7 * DAY: Change(original=first + 7 * DAY, starts=first + 8 * DAY, position=HERE),
        first + 14 * DAY: Change(original=first + 14 * DAY, status="cancelled", position=HERE),
    }
    yield _meetup("days-moved", first, "FREQ=WEEKLY", times=6, changes=changes)


def _changed() -> Iterator[Meetup]:
    for zone in ("Europe/Berlin", "America/New_York", "Pacific/Apia", "UTC"):
        days = [date(2020, 3, 5) + 7 * number * DAY for number in range(12)]
        renamed = LocalText((("en", "Spring; with cake, and tea – été"),))
        changes = {
            days[1]: Change(original=days[1], starts=at("2020-03-12 21:30"), position=HERE),
            days[2]: Change(original=days[2], starts=at("2020-04-20 09:00"), duration=5 * HOUR, position=HERE),
            days[3]: Change(original=days[3], status="cancelled", reason="Holidays", position=HERE),
            days[4]: Change(original=days[4], title=renamed, position=HERE),
            days[5]: Change(original=days[5], starts=days[6], position=HERE),  # two on one day
            days[7]: Change(original=days[7], status="tentative", starts=at("2020-02-01 19:00"), position=HERE),
            days[8]: Change(original=days[8], starts=at("2027-10-30 23:30"), position=HERE),
            date(2020, 3, 6): Change(original=date(2020, 3, 6), status="cancelled", position=HERE),  # no such date
        }
        yield _meetup(
            f"changed-{_slug(zone)}", at("2020-03-05 19:00"), "FREQ=WEEKLY", zone,
            duration=2 * HOUR, times=12, excluded=(days[9], days[10], date(2020, 3, 7)), changes=changes,
        )  # fmt: skip
    yield _meetup("cancelled", at("2020-03-05 19:00"), "FREQ=MONTHLY;BYDAY=1TH", status="cancelled", times=5)
    first = date(2020, 3, 5)
    gone = {first: Change(original=first, status="cancelled", position=HERE)}
    yield _meetup("first-cancelled", at("2020-03-05 19:00"), "FREQ=WEEKLY", times=3, changes=gone)
    yield _meetup("first-excluded", at("2020-03-05 19:00"), "FREQ=WEEKLY", times=3, excluded=(first,))
    all_gone = tuple(first + 7 * number * DAY for number in range(3))
    yield _meetup("all-excluded", at("2020-03-05 19:00"), "FREQ=WEEKLY", times=3, excluded=all_gone)


def _bounded() -> Iterator[Meetup]:
    for zone in ("Europe/Berlin", "Pacific/Auckland", "America/Los_Angeles", "UTC"):
        for clock in ("00:00", "00:15", "12:00", "23:45"):
            slug = f"until-{_slug(zone)}-{clock.replace(':', '')}"
            starts = at(f"2024-01-04 {clock}")
            yield _meetup(slug, starts, "FREQ=WEEKLY", zone, until=date(2024, 7, 4), duration=HOUR)
            yield _meetup(f"{slug}-daily", starts, "FREQ=DAILY", zone, until=date(2024, 1, 9))
    # clocks skip the hour, or the day: of one date, or of a day that libical looks at for the rule
    yield _meetup("skipped-hour", at("2015-03-15 02:30"), "FREQ=WEEKLY", times=6)
    yield _meetup("skipped-twelfth-week", at("2016-09-18 02:00"), "FREQ=WEEKLY;INTERVAL=12", times=20)
    yield _meetup("skipped-on-the-last-day", at("2018-11-14 02:45"), "FREQ=MONTHLY;INTERVAL=4;BYDAY=2WE")
    yield _meetup("skipped-midnight", at("2024-04-20 00:30"), "FREQ=DAILY", "Africa/Cairo", until=date(2025, 5, 1))
    yield _meetup("lost-day", at("2011-12-23 10:00"), "FREQ=WEEKLY", "Pacific/Apia", times=4)
    yield _meetup("until-and-times", at("2024-01-04 19:00"), "FREQ=WEEKLY", until=date(2024, 3, 1), times=4)
    yield _meetup("for-ever", at("2009-12-31 23:59"), "FREQ=WEEKLY;INTERVAL=4")


def _single() -> Iterator[Meetup]:
    for zone, _ in ZONES:
        for starts in ("2011-12-29 23:30", "2016-07-01 00:00", "2021-11-01 23:59", "2024-04-26 00:30"):
            yield _meetup(f"once-{_slug(zone)}-{starts[:10]}", at(starts), "", zone, duration=3 * HOUR)
    yield _meetup("repeated-hour", at("2015-10-25 02:30"), duration=HOUR)
    yield _meetup("tentative", at("2024-01-04 19:00"), status="tentative")
    yield _meetup("without-an-end", at("2024-01-04 19:00"), "", "Asia/Tokyo")
