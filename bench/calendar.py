"""Area calendar: meetups in four feeds each, against calendars filled anew for each feed, and many next dates."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

import icalendar

from alongside.model.community import Community
from alongside.model.gatherings import Meetup
from alongside.model.texts import LocalText
from alongside.planning.occurrences import upcoming
from alongside.planning.zones import read_zone
from alongside.problems import Position
from alongside.rendering.feeds.calendars import EventTexts, render_calendar, render_event
from bench.harness import BenchError, Figure

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ZONES = ("Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata", "Africa/Lagos", "UTC")
RULES = (
    "",
    "",
    "FREQ=WEEKLY",
    "FREQ=MONTHLY;BYDAY=1TH",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
    "FREQ=MONTHLY;BYMONTHDAY=15",
)
WORDS = "We meet, talk about what went wrong; and eat cake – everybody is welcome. Bring a laptop and a question. "
FEEDS = 4  # all, a group's, a place's, a challenge's


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--meetups", type=int, default=10_000, help="calendar: how many meetups (default 10,000)")


def measure(arguments: argparse.Namespace) -> Iterator[Figure]:
    """Yield the figures of this area; raises `BenchError` when the two sides do not say the same."""
    count = arguments.meetups
    meetups = [_meetup(number) for number in range(count)]
    started = time.process_time()
    naive_feeds = _naive(meetups)
    naive = time.process_time() - started
    seconds = []
    for _ in range(3):
        started = time.process_time()
        our_feeds = _ours(meetups)
        seconds.append(time.process_time() - started)
        _check_equal(our_feeds[0], naive_feeds[0])
    ours = statistics.median(seconds)
    print(f"{count} meetups x {FEEDS} feeds: {ours:.2f} s, naive icalendar {naive:.2f} s (CPU)")
    yield Figure(name=f"{count} meetups x {FEEDS} feeds / naive icalendar", value=ours / naive, goal=0.3)
    community = Community(name="X", meetups={one.slug: one for one in meetups})
    started = time.process_time()
    found = upcoming(community, now=NOW)
    spent = time.process_time() - started
    print(f"next dates of {count} meetups: {spent:.2f} s, {len(found)} coming (CPU)")
    yield Figure(name=f"next dates of {count} meetups / naive icalendar's feeds", value=spent / naive, goal=0.1)


def _meetup(number: int) -> Meetup:
    rrule = RULES[number % len(RULES)]
    starts = datetime.combine(date(2010, 1, 5), datetime.min.time()) + timedelta(days=number % 5000, hours=18)
    if rrule:  # a start that satisfies the rule: Thursday the first, Tuesday, the 15th
        starts = datetime.combine(date(2010, 1, 7 if "1TH" in rrule else 15 if "15" in rrule else 5), starts.time())
    return Meetup(
        slug=f"meetup-{number}",
        title=LocalText((("en", f"Meetup {number}: Grüße, everybody"),)),
        starts=starts,
        timezone=ZONES[number % len(ZONES)],
        duration=timedelta(hours=2),
        rrule=rrule,
        rsvp=f"https://rsvp.example.org/{number}",
        position=Position("content/meetups/x.yml", number + 1),
    )


def _description(number: int) -> str:
    return WORDS * (4 + number % 9)


def _ours(meetups: Sequence[Meetup]) -> list[bytes]:
    """Each event made once, and joined into every feed."""
    events = []
    for number, one in enumerate(meetups):
        texts = EventTexts(
            uid=f"{one.slug}@example.org",
            url=f"https://example.org/{one.path}",
            description=_description(number),
            categories=("Giving a first talk", "docs"),
        )
        events.append((one, render_event(one, texts)))
    return [render_calendar(events, name="All meetups") for _ in range(FEEDS)]


def _naive(meetups: Sequence[Meetup]) -> list[bytes]:
    """What everybody writes first: a calendar filled and serialised for each feed."""
    made = []
    for _ in range(FEEDS):
        calendar = icalendar.Calendar()
        calendar.add("PRODID", "-//naive//EN")
        calendar.add("VERSION", "2.0")
        for number, one in enumerate(meetups):
            calendar.add_component(_naive_event(one, number))
        made.append(calendar.to_ical())
    return made


def _naive_event(one: Meetup, number: int) -> icalendar.Event:
    assert isinstance(one.starts, datetime)
    assert one.duration is not None
    event = icalendar.Event()
    starts = one.starts.replace(tzinfo=UTC if one.timezone == "UTC" else read_zone(one.timezone))
    event.add("UID", f"{one.slug}@example.org")
    event.add("DTSTAMP", NOW)
    event.add("SEQUENCE", 0)
    event.add("DTSTART", starts)
    event.add("DTEND", starts + one.duration)
    if one.rrule:
        event.add("RRULE", icalendar.vRecur.from_ical(one.rrule))
    event.add("STATUS", "CONFIRMED")
    event.add("TRANSP", "TRANSPARENT")
    event.add("SUMMARY", str(one.title))
    event.add("DESCRIPTION", f"{_description(number).strip()}\n\n{one.rsvp}")
    event.add("URL", f"https://example.org/{one.path}")
    event.add("CATEGORIES", ["Giving a first talk", "docs"])
    return event


def _check_equal(ours: bytes, naive: bytes) -> None:
    """Both calendars, read again, hold the same events."""
    for mine, other in zip(_events(ours), _events(naive), strict=True):
        for name in ("UID", "DTSTART", "DTEND", "RRULE", "SUMMARY", "DESCRIPTION", "URL"):
            if mine.get(name) != other.get(name):
                raise BenchError(f"{mine.get('UID')}: {name} differs: {mine.get(name)!r}, {other.get(name)!r}")


def _events(content: bytes) -> list[icalendar.Event]:
    """The first 500: reading takes them longer than writing."""
    head = b"BEGIN:VEVENT".join(content.split(b"BEGIN:VEVENT")[:501])
    return icalendar.Calendar.from_ical(head.removesuffix(b"END:VCALENDAR\r\n") + b"END:VCALENDAR\r\n").events
