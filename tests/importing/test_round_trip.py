"""Our own calendars, read again: the same meetups on the same dates, and they pass `check`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from hypothesis import given, settings

from alongside.importing.components import read_components
from alongside.importing.files import file_text
from alongside.importing.meetups import Wishes, read_meetups
from alongside.model.gatherings import Meetup
from alongside.planning.occurrences import Occurrence, occurrences
from alongside.reading.fields import Defaults
from alongside.reading.loader import read_content
from rendering.feeds.test_calendars import calendar, meetups

WINDOW = datetime(1990, 1, 1, tzinfo=UTC), datetime(2035, 1, 1, tzinfo=UTC)
Dates = list[tuple[datetime, datetime | date | None, str, str]]


def dates(meetup: Meetup) -> Dates:
    """Starts and ends in UTC (days as they are), status, title."""
    return [
        (
            one.instant,
            one.ends.astimezone(UTC) if isinstance(one.ends, datetime) else _last(one),
            one.status,
            " ".join(one.title.text("en").split()),
        )
        for one in occurrences(meetup, start=WINDOW[0], end=WINDOW[1])
    ]


def _last(one: Occurrence) -> date | None:
    """The last day of days; None for an hour whose end is not said."""
    return None if isinstance(one.starts, datetime) else one.ends or one.starts


def read_again(content: bytes, zone: str) -> dict[str, Meetup]:
    """The meetups of a calendar, through files, by UID; a problem in one of them fails."""
    found = read_meetups(read_components(content), Wishes(zone=zone))
    meetups: dict[str, Meetup] = {}
    for entry in found.entries:
        reading = read_content(
            "meetup", "content/meetups/x.md", "meetups/x.md", file_text(entry).encode(), Defaults(timezone=zone)
        )
        assert not [problem for problem in reading.problems if problem.severity == "error"], file_text(entry)
        record = reading.drafts[0].record
        assert isinstance(record, Meetup)
        meetups[record.uid] = replace(record, timezone=record.timezone or zone)
    assert not [notice for notice in found.notices if notice.left_out]
    return meetups


@settings(max_examples=60)
@given(meetups())
def test_a_meetup_comes_back_from_its_calendar(one: Meetup) -> None:
    again = read_again(calendar(one), one.timezone)
    if not dates(one):  # a series that is over before it begins is no event
        assert not [date for meetup in again.values() for date in dates(meetup)]
        return
    assert list(again) == ["x@community.example.org"]
    assert dates(again["x@community.example.org"]) == dates(one)
