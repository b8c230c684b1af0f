"""Five calendar programs read our feeds, and find the dates that our pages and mails tell of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from alongside.model.gatherings import Meetup
from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings
from calendar_rules import broken_rules
from calendars.agreement import compare, compile_calendar
from calendars.nasty import doubtful_meetups, nasty_meetups
from calendars.programs import OF_OUR_ZONES, READERS, ROOT, left_out, read_dates, renamed

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)

pytestmark = [pytest.mark.calendars, pytest.mark.skipif(bool(left_out()), reason=left_out())]


def example_meetups() -> list[Meetup]:
    """Those of the example community in this checkout."""
    settings, _ = read_settings(ROOT / "mkdocs.yml")
    return list(load_community(settings, today=NOW.date(), cache=False).community.meetups.values())


@pytest.mark.parametrize("meetups", [example_meetups(), nasty_meetups()], ids=["example", "nasty"])
@pytest.mark.parametrize("names", ["published", "renamed"])
def test_every_program_finds_the_dates_of_our_plan(meetups: Sequence[Meetup], names: str) -> None:
    calendar = compile_calendar(meetups)
    if names == "published":
        assert broken_rules(calendar) == []
        found = compare(meetups, calendar, READERS)
    else:
        found = compare(meetups, renamed(calendar), OF_OUR_ZONES)
    assert str(found) == ""
    assert found.dates >= 100


def test_programs_with_a_way_of_their_own_are_known() -> None:
    """Nobody else disagrees, and only on these."""
    known = {meetup.slug: who for meetup, who in doubtful_meetups()}
    meetups = [meetup for meetup, _ in doubtful_meetups()]
    for slug, who in compare(meetups, compile_calendar(meetups), READERS).dissenters.items():
        assert set(who) <= set(known[slug]), slug


def test_zones_that_nobody_knows_are_those_of_the_calendar() -> None:
    """So that the tests above ask for our VTIMEZONE: where it is wrong, all who read one are wrong with it."""
    calendar = renamed(compile_calendar(example_meetups()))
    wrong = calendar.replace(b"TZOFFSETTO:+0100", b"TZOFFSETTO:+0400")
    assert wrong != calendar
    assert b"TZID:X-Europe/Berlin" in calendar
    for reader in OF_OUR_ZONES:
        assert read_dates(reader, wrong) != read_dates(reader, calendar), reader
