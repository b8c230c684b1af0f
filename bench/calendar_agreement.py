"""Area calendar, what programs make of our feeds: real dates, and each change of the clocks in every zone.

Real meetups are those of `../shared` (or ALONGSIDE_SHARED). They are compiled by our feeds and read by five programs,
once as published, and once in zones whose names nobody knows, so that those who read a VTIMEZONE have ours alone.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from alongside.model.gatherings import Meetup
from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings
from bench.harness import Figure

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))  # the programs are those of the tests

from calendars.agreement import Agreement, compare, compile_calendar
from calendars.others import SOURCES, read_others
from calendars.programs import OF_OUR_ZONES, READERS, missing, read_dates, renamed
from calendars.subscribers import Subscriber, listed, real_feed, static_host
from calendars.zones import WallTime, different_zones, is_repeated, misread, misread_by_dateutil, wall_times

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
COMMUNITIES = ("biodrop", "carpentries", "openstreetmap", "rladies", "ropensci")
FIRST_YEAR, LAST_YEAR = 1970, 2037
SUBSCRIBED = 300  # real events in the feed that khal lists


def measure(arguments: argparse.Namespace) -> Iterator[Figure]:  # noqa: ARG001 - asked as all areas are
    """Yield the figures; says what is left out where a program or the data is missing."""
    if absent := missing():
        print(f"# not measured, what programs make of our calendars: {', '.join(absent)}")
        return
    yield from _of_real_dates()
    yield from _of_a_subscriber()
    yield from _of_zones()


def _of_real_dates() -> Iterator[Figure]:
    published, with_our_zones, guessed = [], [], []
    for name, meetups in _real_meetups():
        calendar = compile_calendar(meetups, name=name)
        nameless = renamed(calendar)
        published.append(compare(meetups, calendar, READERS))
        with_our_zones.append(compare(meetups, nameless, OF_OUR_ZONES))
        guessed.append(compare(meetups, nameless, ("KCalendarCore",)))
        print(f"# {name}: {len(meetups)} meetups, {published[-1].dates} dates")
    if not published:
        return
    yield _agreed(f"dates on which {', '.join(READERS)} and our plan agree", published)
    yield _agreed(f"the same of {', '.join(OF_OUR_ZONES)}, zones renamed", with_our_zones)
    yield _agreed("the same of KCalendarCore, which looks for a zone that is like ours", guessed)
    dissenters: dict[str, set[str]] = {}
    for found in (*published, *with_our_zones, *guessed):
        for uid, who in found.dissenters.items():
            dissenters.setdefault(uid, set()).update(who)
    for uid, readers in sorted(dissenters.items()):
        print(f"# not read alike: {uid}, in {', '.join(sorted(readers))}")
    share = 100 * len(dissenters) / sum(one.meetups for one in published)
    yield Figure(name="meetups not read alike, titles too", value=share, goal=1, unit="%")


def _agreed(name: str, found: Sequence[Agreement]) -> Figure:
    """Of all dates of several calendars, the percentage that everybody has."""
    dates, moved = sum(one.dates for one in found), sum(one.moved for one in found)
    return Figure(name=name, value=100 * (dates - moved) / dates, goal=100, relation=">=", unit="%")


def _real_meetups() -> Iterator[tuple[str, list[Meetup]]]:
    """Each real community and collection, with its name."""
    shared = _shared()
    for name in COMMUNITIES:
        if (shared / "communities" / name).is_dir():
            settings, _ = read_settings(shared / "communities" / name / "mkdocs.yml")
            yield name, list(load_community(settings, today=NOW.date(), cache=False).community.meetups.values())
        else:
            print(f"# {name}: not measured, {shared} does not have it")
    for source in SOURCES:
        if (shared / "calendar" / source).is_dir():
            yield source, read_others(shared / "calendar", source)
        else:
            print(f"# {source}: not measured, {shared} does not have it")


def _of_a_subscriber() -> Iterator[Figure]:
    """What khal lists of a feed that vdirsyncer fetched over HTTP, beside what ical.js reads in it."""
    communities = _shared() / "communities"
    if not communities.is_dir():
        print(f"# not measured, what a subscriber sees: {communities} is not there")
        return
    first, last = date(2023, 1, 1), date(2027, 12, 31)
    with tempfile.TemporaryDirectory(prefix="bench-calendar-") as temporary:
        site, home = Path(temporary, "site"), Path(temporary, "home")
        chosen = real_feed(communities, site, day=NOW.date(), first=first, last=last, count=SUBSCRIBED)
        with static_host(site) as address:
            subscriber = Subscriber.of(home, f"{address}/all.ics")
            subscriber.fetch()
        seen = subscriber.dates(first, last)
        read = listed(read_dates("ical.js", (site / "all.ics").read_bytes(), first=first, end=last + timedelta(days=1)))
    print(f"# {len(chosen)} real events, {len(read)} dates from {first} to {last}")
    value = 100 * len(seen & read) / len(seen | read)
    yield Figure(name="khal through vdirsyncer as ical.js", value=value, goal=100, relation=">=", unit="%")


def _shared() -> Path:
    return Path(os.environ.get("ALONGSIDE_SHARED", ROOT.parent / "shared"))


def _of_zones() -> Iterator[Figure]:
    """Wall times around each change, and the last ones that a rule gives; the repeated hour is only told of."""
    zones = different_zones(FIRST_YEAR)
    times = [one for zone in zones for one in wall_times(zone, FIRST_YEAR, LAST_YEAR)]
    clear = [one for one in times if not is_repeated(one)]
    print(f"# {len(zones)} zones that differ, {len(times)} wall times, {len(times) - len(clear)} of them come twice")
    wrong = {
        "libical": misread("libical", times, FIRST_YEAR, LAST_YEAR),
        "ical.js": misread("ical.js", times, FIRST_YEAR, LAST_YEAR),
        "python-dateutil": misread_by_dateutil(times, FIRST_YEAR),
    }
    for reader, found in wrong.items():
        yield _zone_figure(reader, found, clear)


def _zone_figure(reader: str, wrong: Sequence[WallTime], clear: Sequence[WallTime]) -> Figure:
    once = [one for one in wrong if not is_repeated(one)]
    for one in once[:10]:
        print(f"# {reader} is wrong in {one.zone} at {one.wall}")
    print(f"# {reader} takes the second of two in {len(wrong) - len(once)} of the others")
    value = 100 * (len(clear) - len(once)) / len(clear)
    return Figure(name=f"VTIMEZONE of every zone in {reader}", value=value, goal=99.99, relation=">=", unit="%")
