"""Meetups nobody thought of: any zone, all that `repeats` may say, exceptions, changes, and texts of any script."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import islice
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from alongside.model.gatherings import Change, Meetup, MeetupStatus
from alongside.model.places import Place
from alongside.model.recurrences import WEEKDAYS, RecurrenceError, Rule, next_day
from alongside.model.texts import LocalText
from alongside.planning.occurrences import planned_days
from alongside.problems import Position
from alongside.reading.recurrences import parse_repeats, parse_rrule
from alongside.reading.times import zone_names
from alongside.rendering.feeds.time_zones import unclear_days

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


# Forms of words, with what may stand in them.
_WORDS = (
    st.tuples(st.just("every"), st.sampled_from(("", "other", "3", "12")), st.sampled_from(("day", "week", "month", "year"))),
    st.tuples(st.just("every"), st.sampled_from(("", "2", "5")), st.sampled_from(("weeks on Tue, Sun", "weeks on Mon", "weekday"))),
    st.tuples(st.just("every"), st.sampled_from(("", "2", "7")), st.sampled_from(("months on the 1st and 31st", "months on the last day"))),
    st.tuples(
        st.sampled_from(("first Mon", "second and fourth Thursday", "5th Sunday", "last Friday", "last day")),
        st.sampled_from(("of every", "in the")), st.sampled_from(("month", "2nd month", "other month")),
    ),
    st.tuples(st.sampled_from(("first Monday", "last Sunday", "last day")), st.just("of"), st.sampled_from(("Feb", "March", "October"))),
)  # fmt: skip


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """A rule that `repeats` takes, in words or as the standard writes it."""
    try:
        if draw(st.integers(0, 3)) == 0:
            return parse_repeats(" ".join(draw(st.one_of(_WORDS))))
        return parse_rrule(draw(_rrules()))[0]
    except RecurrenceError:
        assume(False)
        raise


@st.composite
def _rrules(draw: st.DrawFn) -> str:
    """Parts of a rule in any combination, many of which are refused."""
    frequency = draw(st.sampled_from(("DAILY", "WEEKLY", "MONTHLY", "YEARLY")))
    parts = [f"FREQ={frequency}", f"INTERVAL={draw(st.sampled_from((1, 1, 2, 3, 4, 5, 7, 12, 13, 24, 53)))}"]
    if draw(st.booleans()):
        parts.append(f"BYMONTH={_joined(draw(st.sets(st.integers(1, 12), min_size=1, max_size=5)))}")
    plain = st.sampled_from(WEEKDAYS)
    numbered = st.builds("{}{}".format, st.sampled_from((1, 2, 3, 4, 5, -1, -2, -5)), plain)
    if draw(st.integers(0, 3)):
        kind = numbered if frequency in ("MONTHLY", "YEARLY") and draw(st.booleans()) else plain
        parts.append(f"BYDAY={_joined(draw(st.sets(kind, min_size=1, max_size=5)))}")
        if draw(st.integers(0, 3)) == 0:
            parts.append(
                f"BYSETPOS={_joined(draw(st.sets(st.sampled_from((1, 2, 3, -1, -2)), min_size=1, max_size=2)))}"
            )
    if draw(st.integers(0, 2)) == 0 and frequency in ("MONTHLY", "YEARLY"):
        days = st.one_of(st.integers(1, 31), st.integers(-31, -1), st.integers(28, 31))
        parts.append(f"BYMONTHDAY={_joined(draw(st.sets(days, min_size=1, max_size=4)))}")
    if draw(st.booleans()):
        parts.append(f"WKST={draw(plain)}")
    return ";".join(parts)


def _joined(found: set[int] | set[str]) -> str:
    return ",".join(sorted(map(str, found)))


@st.composite
def meetups(draw: st.DrawFn, slug: str = "x") -> Meetup:
    """One meetup from 2010 on, once or recurring, as `reading` would make it."""
    zone, all_day = draw(st.sampled_from(ZONES)), draw(st.integers(0, 4)) == 0
    clock = time(draw(st.integers(0, 23)), draw(st.sampled_from((0, 0, 15, 30, 59))))
    rule = draw(st.one_of(st.none(), rules(), rules()))
    day = draw(st.dates(date(2010, 1, 1), date(2026, 12, 31)))
    if draw(st.integers(0, 3)) == 0 and (
        unclear := _unclear(zone)
    ):  # on or before a day of a clock change, at its hour
        change = draw(st.sampled_from(unclear))
        day, clock = change.date() - timedelta(days=draw(st.sampled_from((0, 1, 7, 28)))), change.time()
    first = day if rule is None else next_day(rule, day, start=day)
    # counted from its own first day a rule may give others: an open month or day is that of the start
    first = next_day(rule, first, start=first) if rule is not None and first is not None else first
    assume(first is not None and first.year < 2028)
    assert first is not None
    fields: dict[str, Any] = {
        "title": LocalText((("en", draw(TEXTS)),)), "status": draw(st.sampled_from(("confirmed", "confirmed", *STATUSES[1:]))),
    }  # fmt: skip
    if all_day:
        fields["last_day"] = first + timedelta(days=draw(st.integers(1, 10))) if draw(st.booleans()) else None
    else:
        fields["duration"] = draw(
            st.sampled_from((None, *(timedelta(hours=hours) for hours in (0.75, 2, 10, 30, 168))))
        )
    if rule is not None:
        until = first + timedelta(days=draw(st.sampled_from((0, 6, 400))))
        fields |= {"rrule": str(rule)} | draw(st.sampled_from(({}, {"times": 1}, {"times": 9}, {"until": until})))
    also = draw(st.sets(st.dates(first, first + timedelta(days=300)), max_size=2)) - {first}
    fields["also"] = tuple(sorted(also))
    starts: date = first if all_day else datetime.combine(first, clock)
    meetup = Meetup(slug=slug, starts=starts, timezone=zone, position=HERE, **fields)
    days = list(islice(planned_days(meetup, start=first, end=date(2028, 12, 31)), TOUCHED))
    touched = draw(st.lists(st.sampled_from(days), unique=True, max_size=5))
    excluded = tuple(day for day in touched[:2] if rule is not None and day not in meetup.also)
    touched = touched[2:] if rule is not None else [day for day in touched if day in also]
    return Meetup(
        slug=slug, starts=starts, timezone=zone, excluded=excluded, position=HERE,
        changes={day: draw(_changes(day, days, all_day=all_day)) for day in touched},
        place=draw(st.one_of(st.none(), TEXTS.map(_place))), **fields,
    )  # fmt: skip


@cache
def _unclear(zone: str) -> tuple[datetime, ...]:
    """Wall times within the clock changes of 2010 to 2026, on the half hour."""
    halves = (time(hour, minute) for hour in range(24) for minute in (0, 30))
    found = (datetime.combine(day, clock) for clock in halves for day in unclear_days(zone, clock, timedelta()))
    return tuple(one for one in found if 2010 <= one.year < 2027)


def _place(text: str) -> Place:
    return Place(label=text, slug="x", name=text, country="DE", lat=52.5, lon=13.4)


@st.composite
def _changes(draw: st.DrawFn, original: date, days: list[date], *, all_day: bool) -> Change:
    """A date moved somewhere else, also onto another of `days`, renamed, called off, or all of it."""
    near = [
        day for day in days if abs((day - original).days) < 400
    ]  # of one moved further, programs are asked too little
    day = draw(
        st.one_of(st.sampled_from(near), st.integers(-40, 40).map(lambda number: original + timedelta(days=number)))
    )
    moved: date = day if all_day else datetime.combine(day, time(draw(st.integers(0, 23)), 30))
    return Change(
        original=original,
        starts=moved if draw(st.booleans()) else None,
        duration=timedelta(hours=3) if not all_day and draw(st.booleans()) else None,
        place=draw(st.one_of(st.none(), TEXTS.map(_place))),
        title=LocalText((("en", draw(TEXTS)),)) if draw(st.booleans()) else None,
        status=draw(st.sampled_from(STATUSES)),
        reason=draw(TEXTS),
        position=HERE,
    )
