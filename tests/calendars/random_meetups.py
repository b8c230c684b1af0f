"""Meetups nobody thought of: any zone, all that `repeats` may say, exceptions, changes, and texts of any script."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from alongside.model.gatherings import Change, Meetup, MeetupStatus
from alongside.model.places import Place
from alongside.model.recurrences import RecurrenceError, Rule, next_day
from alongside.model.texts import LocalText
from alongside.planning.occurrences import planned_days
from alongside.problems import Position
from alongside.reading.recurrences import parse_rrule
from alongside.reading.times import zone_names

HERE = Position("content/meetups/x.md")
ZONES = ("UTC", "Etc/GMT+5", *zone_names())
STATUSES: tuple[MeetupStatus | None, ...] = (None, "cancelled", "tentative", "confirmed")
TOUCHED = 40  # of the dates of a series, those that may be taken out or changed
# What is hard to escape, to fold or to show.
_FRAGMENTS = (
    "\r\n", "\r", "\n", "\u2028", "\x00", "\x07", "\t", "\\", "\\n", "\\N", "\\,", ";", ",", ":", '"', "'", "^n", "^^",
    "BEGIN:VEVENT", "END:VCALENDAR\r\n", "اللقاء الشهري", "‮exe.gpj", "会合は", "зустріч", "👩‍👩‍👧‍👦", "é" * 40, "e\u0301" * 30,
    "x" * 300, "  ", "{{ 7 * 7 }}", "<b>", "&amp;", "https://example.org/?a=1&b=2",
)  # fmt: skip
TEXTS = st.lists(st.one_of(st.sampled_from(_FRAGMENTS), st.text(max_size=12)), max_size=8).map("".join)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """A rule that `repeats` takes."""
    frequency = draw(st.sampled_from(("DAILY", "WEEKLY", "MONTHLY", "YEARLY")))
    parts = [f"FREQ={frequency}", f"INTERVAL={draw(st.integers(1, 5))}"]
    months = draw(st.lists(st.integers(1, 12), max_size=3))
    weekdays = draw(st.lists(st.sampled_from(("MO", "TU", "WE", "TH", "FR", "SA", "SU")), max_size=3, unique=True))
    if draw(st.booleans()) and months:
        parts.append(f"BYMONTH={','.join(map(str, months))}")
    if weekdays:
        ordinal = draw(st.sampled_from(("", "", "1", "2", "-1", "3", "4", "5", "-2")))
        parts.append(f"BYDAY={','.join(f'{ordinal}{day}' for day in weekdays)}")
        if not ordinal and draw(st.booleans()):
            parts.append(f"BYSETPOS={draw(st.sampled_from(('1', '-1', '2', '1,-1')))}")
    elif draw(st.booleans()):
        days = draw(st.lists(st.one_of(st.integers(1, 31), st.integers(-5, -1)), min_size=1, max_size=3, unique=True))
        parts.append(f"BYMONTHDAY={','.join(map(str, days))}")
    if draw(st.booleans()):
        parts.append(f"WKST={draw(st.sampled_from(('MO', 'SU', 'WE')))}")
    try:
        return parse_rrule(";".join(parts))[0]
    except RecurrenceError:
        assume(False)
        raise


@st.composite
def meetups(draw: st.DrawFn, slug: str = "x") -> Meetup:
    """One meetup from 2012 on, once or recurring, as `reading` would make it."""
    zone, all_day = draw(st.sampled_from(ZONES)), draw(st.integers(0, 4)) == 0
    clock = time(draw(st.integers(0, 23)), draw(st.sampled_from((0, 0, 15, 30, 59))))
    rule = draw(st.one_of(st.none(), rules(), rules()))
    day = draw(st.dates(date(2012, 1, 1), date(2025, 12, 31)))
    first = day if rule is None else next_day(rule, day, start=day)
    # counted from its own first day a rule may give others: an open month or day is that of the start
    first = next_day(rule, first, start=first) if rule is not None and first is not None else first
    assume(first is not None and first.year < 2027)
    assert first is not None
    fields: dict[str, Any] = {"title": LocalText((("en", draw(TEXTS)),))}
    if all_day:
        fields["last_day"] = first + timedelta(days=draw(st.integers(1, 4))) if draw(st.booleans()) else None
    else:
        fields["duration"] = draw(
            st.sampled_from((None, timedelta(minutes=45), timedelta(hours=2), timedelta(hours=30)))
        )
    if rule is not None:
        fields |= {"rrule": str(rule)} | draw(
            st.sampled_from(({}, {"times": 1}, {"times": 9}, {"until": first + timedelta(days=400)}))
        )
    fields["also"] = tuple(sorted(draw(st.sets(st.dates(first, first + timedelta(days=300)), max_size=2)) - {first}))
    starts: date = first if all_day else datetime.combine(first, clock)
    meetup = Meetup(slug=slug, starts=starts, timezone=zone, position=HERE, **fields)
    days = list(islice(planned_days(meetup, start=first, end=date(2027, 12, 31)), TOUCHED))
    touched = draw(st.lists(st.sampled_from(days), unique=True, max_size=5))
    excluded = tuple(day for day in touched[:2] if rule is not None and day not in meetup.also)
    changes = {day: draw(_changes(day, all_day=all_day)) for day in touched[2:]} if rule is not None else {}
    return Meetup(
        slug=slug, starts=starts, timezone=zone, excluded=excluded, changes=changes, position=HERE,
        place=draw(st.one_of(st.none(), TEXTS.map(_place))), **fields,
    )  # fmt: skip


def _place(text: str) -> Place:
    return Place(label=text, slug="x", name=text, country="DE", lat=52.5, lon=13.4)


@st.composite
def _changes(draw: st.DrawFn, original: date, *, all_day: bool) -> Change:
    """A date moved somewhere else, renamed, called off, or all of it."""
    day = original + timedelta(days=draw(st.integers(-40, 40)))
    moved: date = day if all_day else datetime.combine(day, time(draw(st.integers(0, 23)), 30))
    return Change(
        original=original,
        starts=moved if draw(st.booleans()) else None,
        duration=timedelta(hours=3) if not all_day and draw(st.booleans()) else None,
        title=LocalText((("en", draw(TEXTS)),)) if draw(st.booleans()) else None,
        status=draw(st.sampled_from(STATUSES)),
        reason=draw(TEXTS),
        position=HERE,
    )
