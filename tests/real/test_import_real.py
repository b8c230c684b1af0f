"""Calendars of real communities: ours come back from their feeds, those of others come in with every date."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import icalendar
import pytest
import recurring_ical_events  # type: ignore[import-untyped]
import yaml2ics  # type: ignore[import-untyped]

from alongside.importing.components import Components, read_components
from alongside.importing.files import file_text
from alongside.importing.meetups import Wishes, read_meetups
from alongside.importing.yaml2ics import read_yaml2ics
from alongside.model.gatherings import Meetup
from alongside.planning.occurrences import occurrences
from alongside.reading.fields import Defaults
from alongside.reading.loader import load_community, read_content
from alongside.reading.settings_file import read_settings
from alongside.rendering.feeds.calendars import render_calendar, render_event
from alongside.rendering.feeds.listing import event_texts, meetup_uids
from alongside.rendering.tracking import Site
from importing.test_round_trip import dates, read_again
from real.test_feeds_real import COMMUNITIES

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WINDOW = datetime(2024, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
MOST = 300  # meetups read again, per community

pytestmark = pytest.mark.real


@pytest.mark.parametrize("name", COMMUNITIES)
def test_a_community_comes_back_from_its_feed(shared: Path, name: str) -> None:
    settings, _ = read_settings(shared / "communities" / name / "mkdocs.yml")
    community = load_community(settings, today=NOW.date(), cache=False).community
    site = Site(community=community, settings=settings, now=NOW)
    uids = meetup_uids(site)
    step = 1 + len(community.meetups) // MOST
    chosen = {
        uids[slug]: meetup
        for number, (slug, meetup) in enumerate(community.meetups.items())
        if number % step == 0 or meetup.rrule
    }
    events = [(meetup, render_event(meetup, event_texts(site, meetup, uid))) for uid, meetup in chosen.items()]
    again = read_again(render_calendar(events, name=name), settings.timezone)
    expected = {uid: dates(meetup) for uid, meetup in chosen.items()}
    assert {uid: dates(meetup) for uid, meetup in again.items()} == {
        uid: found for uid, found in expected.items() if found
    }


def imported(components: Components) -> Counter[str]:
    """Every date of every meetup in the window, and what it is called."""
    found = read_meetups(components, Wishes(zone="UTC"))
    assert not [notice for notice in found.notices if notice.left_out]
    rows: Counter[str] = Counter()
    for entry in found.entries:
        reading = read_content("meetup", "m/x.md", "meetups/x.md", file_text(entry).encode(), Defaults())
        assert not [problem for problem in reading.problems if problem.severity == "error"], file_text(entry)
        record = reading.drafts[0].record
        assert isinstance(record, Meetup)
        for one in occurrences(record, start=WINDOW[0], end=WINDOW[1]):
            rows[row(one.starts, record.title.text("en"))] += 1
    return rows


def row(starts: datetime | date, title: str) -> str:
    when = starts.astimezone(UTC) if isinstance(starts, datetime) else starts
    return f"{when:%Y-%m-%d %H:%M} {' '.join(title.split())}"


def test_calendars_of_yaml2ics_come_in_as_it_reads_them(shared: Path) -> None:
    """Each file twice: as YAML, and as the calendar that yaml2ics makes of it, which a third reader expands."""
    read = 0
    for file in sorted((shared / "calendar/scientific-python-calendars/calendars").glob("*.yaml")):
        if "events:" not in file.read_text():
            continue
        content = yaml2ics.files_to_calendar([str(file)]).serialize()
        theirs: Counter[str] = Counter(
            row(event.start, str(event["SUMMARY"]))
            for event in recurring_ical_events.of(icalendar.Calendar.from_ical(content)).between(*WINDOW)
        )
        components, notices = read_yaml2ics(file)
        assert not notices, file.name
        assert imported(components) == theirs, file.name
        assert imported(read_components(content.encode())) == theirs, file.name
        read += sum(theirs.values())
    assert read > 200
