"""Feeds of real communities: valid octet by octet, and a second reader finds the same dates in them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import feedparser
import icalendar
import pytest
import recurring_ical_events  # type: ignore[import-untyped]

from alongside.model.community import Community
from alongside.model.gatherings import Meetup
from alongside.model.stamps import Ledger, event_names
from alongside.planning.occurrences import Occurrence, occurrences, upcoming
from alongside.planning.stamps import stamp_events
from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings
from alongside.reading.stamps import read_deleted
from alongside.rendering.feeds.listing import render_feeds
from alongside.settings import Settings
from calendar_rules import broken_rules

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WINDOW = datetime(2010, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
COMMUNITIES = ["biodrop", "carpentries", "openstreetmap", "rladies", "ropensci"]

MOST = 400  # meetups read a second time, per community

pytestmark = pytest.mark.real


def load(shared: Path, name: str) -> tuple[Community, Settings]:
    settings, _ = read_settings(shared / "communities" / name / "mkdocs.yml")
    return load_community(settings, today=NOW.date(), cache=False).community, settings


def ours(one: Occurrence) -> str:
    if isinstance(one.starts, datetime):
        return f"{one.starts.astimezone(UTC):%Y-%m-%d %H:%M} {one.status.upper()}"
    return f"{one.starts} {one.status.upper()}"


def theirs(event: icalendar.Event) -> str:
    start = event.start
    if isinstance(start, datetime):
        return f"{start.astimezone(UTC):%Y-%m-%d %H:%M} {event['STATUS']}"
    return f"{start} {event['STATUS']}"


@pytest.mark.parametrize("name", COMMUNITIES)
def test_every_feed_is_valid_and_every_date_is_the_same_to_a_second_reader(shared: Path, name: str) -> None:
    community, settings = load(shared, name)
    # every series, every changed one, and as many others as two readers get through in a while
    step = 1 + len(community.meetups) // MOST
    chosen = [
        meetup
        for number, meetup in enumerate(community.meetups.values())
        if number % step == 0 or meetup.rrule or meetup.changes
    ]
    expected = {
        f"feeds/meetups/{meetup.slug}.ics": Counter(
            ours(one) for one in occurrences(meetup, start=WINDOW[0], end=WINDOW[1] - timedelta(days=2))
        )
        for meetup in chosen
    }
    read = 0
    for artifact in render_feeds(community, settings, now=NOW):
        if artifact.path.endswith(".atom"):
            assert not feedparser.parse(artifact.content).bozo, artifact.path
        single = artifact.path.startswith("feeds/meetups/")
        if not artifact.path.endswith(".ics") or (single and artifact.path not in expected):
            continue
        assert broken_rules(artifact.content) == [], artifact.path
        if artifact.path in expected:
            calendar = icalendar.Calendar.from_ical(artifact.content)
            found = recurring_ical_events.of(calendar).between(WINDOW[0], WINDOW[1] - timedelta(days=2))
            assert Counter(map(theirs, found)) == expected[artifact.path], artifact.path
            read += 1
    assert read == len(chosen)


@pytest.mark.parametrize("name", ["biodrop", "rladies", "ropensci"])
def test_what_is_upcoming_is_the_first_date_ahead(shared: Path, name: str) -> None:
    community, _ = load(shared, name)
    for now in (datetime(2016, 3, 13, 9, tzinfo=UTC), datetime(2021, 10, 31, 1, tzinfo=UTC)):
        found = {one.meetup: one for one in upcoming(community, now=now)}
        for slug, meetup in list(community.meetups.items())[:: 1 + len(community.meetups) // MOST]:
            ahead = (one for one in occurrences(meetup, start=now, end=now + timedelta(days=400)))
            assert found.get(slug) == next((one for one in ahead if one.status != "cancelled"), None)


@pytest.mark.parametrize("name", COMMUNITIES)
def test_every_deleted_meetup_can_be_told_from_its_line(shared: Path, name: str) -> None:
    community, settings = load(shared, name)
    ledger = stamp_events(settings, community, Ledger(path="stamps.jsonl"), now=NOW)
    assert stamp_events(settings, community, ledger, now=NOW + timedelta(days=1)) == ledger
    for slug, event_name in event_names(community.meetups).items():
        meetup = community.meetups[slug]
        left, problems = read_deleted(settings, ledger, ledger.events[event_name, None])
        assert problems == []
        assert left is not None
        assert _remembered(left) == _remembered(meetup)


def _remembered(meetup: Meetup) -> tuple[object, ...]:
    """What decides in which calendars a meetup is, and when."""
    return (
        meetup.slug, meetup.starts, meetup.timezone, meetup.duration, meetup.last_day, meetup.rrule, meetup.until,
        meetup.times, meetup.excluded, meetup.group, meetup.online, meetup.languages, meetup.challenges,
        meetup.place.slug if meetup.place is not None else "",
    )  # fmt: skip
