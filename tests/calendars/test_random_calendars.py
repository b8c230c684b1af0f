"""Meetups nobody thought of, through our feeds: valid octets, texts that come back, and dates that programs agree on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import icalendar
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alongside.model.gatherings import Meetup
from alongside.rendering.feeds.calendars import EventTexts, render_calendar, render_event
from alongside.rendering.feeds.content_lines import clean_text, one_line
from calendar_rules import broken_rules
from calendars.agreement import compile_calendar, planned_dates
from calendars.programs import Date, ReaderName, left_out, read_dates
from calendars.random_meetups import TEXTS, meetups

_AT_ONCE = 8  # meetups of one calendar: a program starts once for all of them
_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much, HealthCheck.large_base_example]


@settings(deadline=None, max_examples=12, suppress_health_check=_SLOW)
@given(meetups(), TEXTS)
def test_texts_come_back_as_they_were_written(one: Meetup, text: str) -> None:
    texts = EventTexts(uid="x@example.org", description=text, categories=(f"{text}.", "b"))
    content = render_calendar([(one, render_event(one, texts))], name=text, description=text)
    assert broken_rules(content) == []
    titles = {one.title, *(change.title for change in one.changes.values() if change.title is not None)}
    said = {one_line(title.text("en")) for title in titles}
    places = {
        one_line(place.label) for place in (one.place, *(change.place for change in one.changes.values())) if place
    }
    for event, lines in zip(icalendar.Calendar.from_ical(content).events, _lines(content), strict=True):
        assert unescaped(lines["SUMMARY"]) in said
        assert unescaped(lines.get("DESCRIPTION", "")) == clean_text(text).strip()
        if "LOCATION" in lines:
            assert unescaped(lines["LOCATION"]) in places
        assert "LOCATION" in lines or one.place is None
        for name in ("SUMMARY", "DESCRIPTION", "LOCATION"):
            if name in lines and "\\\\" not in lines[name]:  # they take \\n for a line break after a backslash
                assert str(event[name]) == unescaped(lines[name])


def _lines(content: bytes) -> list[Mapping[str, str]]:
    """Each event's content lines, by name."""
    events = re.findall(r"BEGIN:VEVENT\r\n(.*?)END:VEVENT\r\n", content.decode().replace("\r\n ", ""), re.DOTALL)
    return [dict(line.split(":", 1) for line in event.split("\r\n") if line) for event in events]


def unescaped(value: str) -> str:
    """TEXT back to what it says, escape by escape (RFC 5545 section 3.3.11)."""
    return re.sub(r"\\(.)", lambda escape: {"n": "\n", "N": "\n"}.get(escape[1], escape[1]), value)


@pytest.mark.parametrize("reader", ["icalendar", "ical.js"])
def test_programs_find_the_dates_of_our_plan(reader: ReaderName) -> None:
    if reader == "ical.js" and left_out():
        pytest.skip(left_out())

    @settings(deadline=None, max_examples=3, suppress_health_check=_SLOW)
    @given(st.tuples(*(meetups(f"m{number}") for number in range(_AT_ONCE))))
    def agree(several: tuple[Meetup, ...]) -> None:
        content = compile_calendar(several)
        assert broken_rules(content) == []
        found = {_told_of_its_meetup(one) for one in read_dates(reader, content)}
        assert found ^ set(planned_dates(several)) == set()

    agree()


def _told_of_its_meetup(one: Date) -> Date:
    """A date that is an event by itself has the UID of its meetup and its day."""
    return replace(one, uid=one.uid.partition("+")[0])
