"""Real meetups that nobody here wrote: five calendar programs find in our feeds the dates that our pages tell of."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from alongside.model.gatherings import Meetup
from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings
from calendars.agreement import compare, compile_calendar
from calendars.others import SOURCES, Source, read_others
from calendars.programs import OF_OUR_ZONES, READERS, left_out, renamed

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MOST = 300  # meetups that happen once, of each source; `make bench AREA=calendar` reads them all

pytestmark = [
    pytest.mark.real,
    pytest.mark.calendars,
    pytest.mark.skipif(bool(left_out()), reason=left_out()),
]


def some(meetups: list[Meetup]) -> list[Meetup]:
    """Every series, and as many others as five programs get through in a while."""
    step = 1 + len(meetups) // MOST
    return [one for number, one in enumerate(meetups) if number % step == 0 or one.rrule or one.changes]


def agree(meetups: list[Meetup]) -> None:
    """Starts, ends and states are the same to all; titles are authored, and escapes in them are not our matter."""
    calendar = compile_calendar(meetups)
    for found in (compare(meetups, calendar, READERS), compare(meetups, renamed(calendar), OF_OUR_ZONES)):
        assert found.percent == 100, str(found)
        assert 100 * len(found.dissenters) <= len(meetups), str(found)


@pytest.mark.parametrize("name", ["biodrop", "rladies", "ropensci"])
def test_programs_agree_on_a_community(shared: Path, name: str) -> None:
    settings, _ = read_settings(shared / "communities" / name / "mkdocs.yml")
    agree(some(list(load_community(settings, today=NOW.date(), cache=False).community.meetups.values())))


@pytest.mark.parametrize("source", SOURCES)
def test_programs_agree_on_what_others_collect(shared: Path, source: Source) -> None:
    agree(some(read_others(shared / "calendar", source)))
