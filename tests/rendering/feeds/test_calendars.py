"""Calendars: octets by the standard's rules, and what a second reader makes of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar
import pytest
import recurring_ical_events  # type: ignore[import-untyped]
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alongside.model.gatherings import Change, Meetup, MeetupStatus
from alongside.model.places import Place
from alongside.model.stamps import Stamp, Stamps
from alongside.model.texts import LocalText
from alongside.planning.occurrences import Occurrence, occurrences
from alongside.problems import Position
from alongside.rendering.feeds.calendars import Color, EventTexts, render_calendar, render_event
from alongside.rendering.feeds.content_lines import clean_text, uri_value
from calendar_rules import broken_rules

HERE = Position("content/meetups/x.md")
TEXTS = EventTexts(uid="x@community.example.org", url="https://community.example.org/meetups/x/", description="A talk.")
WINDOW = datetime(2010, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
BERLIN = Place(
    label="c-base, Rungestraße 20; Berlin", slug="berlin", name="Berlin", country="DE", lat=52.513, lon=13.42
)
HOSTILE = [
    "x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:evil",
    "BEGIN:VEVENT",
    "a\rb\nc\vd\x00e\x1bf\x85g\u2028h",
    "\u202egnp.exe\u202c \u2066x",
    "x" * 10_000,
    "👩‍👩‍👧‍👦" * 300,
    "é" * 37 + "\\" * 40 + ";,:\"'",
    r"C:\New\names",
    "\ud800 half",
    " ",
    "",
    "{{ 7 * 7 }}<script>alert(1)</script>",
]


def at(text: str) -> datetime:
    """Wall time."""
    return datetime.fromisoformat(text)


def meetup(starts: datetime | date, rrule: str = "", zone: str = "Europe/Berlin", **fields: Any) -> Meetup:
    fields = {"slug": "x", "title": LocalText((("en", "A meetup"),)), "position": HERE, **fields}
    return Meetup(starts=starts, timezone=zone, rrule=rrule, **fields)


def calendar(*meetups: Meetup, texts: EventTexts = TEXTS) -> bytes:
    return render_calendar([(one, render_event(one, texts)) for one in meetups], name="Test community")


def instants(found: Iterable[Occurrence]) -> list[str]:
    """Starts (in UTC), ends and status, as `second_reader` gives them."""
    rows = []
    for one in found:
        ends = one.starts if one.ends is None else one.ends
        if not isinstance(ends, datetime):
            ends += timedelta(days=1)
        rows.append(f"{shown(one.starts)} {shown(ends)} {one.status.upper()}")
    return sorted(rows)


def shown(moment: datetime | date) -> str:
    return moment.astimezone(UTC).isoformat() if isinstance(moment, datetime) else moment.isoformat()


def second_reader(content: bytes) -> list[str]:
    """The same from `icalendar` and `recurring-ical-events`."""
    parsed = icalendar.Calendar.from_ical(content)
    rows = []
    for event in recurring_ical_events.of(parsed).between(*WINDOW):
        start = event.start
        instant = start if isinstance(start, datetime) else datetime.combine(start, datetime.min.time(), UTC)
        if instant >= WINDOW[0]:  # they count what began before and still lasts
            rows.append(f"{shown(start)} {shown(event.end)} {event['STATUS']}")
    return sorted(rows)


def agree(one: Meetup) -> None:
    content = calendar(one)
    assert broken_rules(content) == []
    assert second_reader(content) == instants(occurrences(one, start=WINDOW[0], end=WINDOW[1]))


def test_a_series_as_text() -> None:
    one = meetup(
        at("2026-12-03 18:30"),
        "FREQ=MONTHLY;BYDAY=1TH",
        duration=timedelta(hours=2),
        until=date(2027, 12, 31),
        excluded=(date(2027, 1, 7), date(2027, 1, 8)),
        changes={
            date(2027, 2, 4): Change(
                original=date(2027, 2, 4), starts=at("2027-02-11 18:30"), reason="venue", position=HERE
            ),
            date(2027, 3, 4): Change(original=date(2027, 3, 4), status="cancelled", position=HERE),
        },
        place=BERLIN,
        online_url="https://meet.example.org/ä b",
        rsvp="https://rsvp.example.org/1",
    )
    texts = EventTexts(
        uid=TEXTS.uid, url=TEXTS.url, description="Talks, *cake*.", categories=("Talks, first", "docs"),
        organizer='Docs "B", Berlin', organizer_url="https://community.example.org/groups/docs-berlin/",
        picture="https://community.example.org/meetups/room, one.png", join="Join online; now",
    )  # fmt: skip
    lines = render_event(one, texts).decode().replace("\r\n ", "").split("\r\n")
    assert lines[:24] == [
        "BEGIN:VEVENT",
        "UID:x@community.example.org",
        "DTSTAMP:20260101T000000Z",
        "SEQUENCE:0",
        "DTSTART;TZID=Europe/Berlin:20261203T183000",
        "DTEND;TZID=Europe/Berlin:20261203T203000",
        "RRULE:FREQ=MONTHLY;UNTIL=20271231T225959Z;BYDAY=1TH",
        "EXDATE;TZID=Europe/Berlin:20270107T183000",
        "STATUS:CONFIRMED",
        "TRANSP:TRANSPARENT",
        "SUMMARY:A meetup",
        r"DESCRIPTION:Talks\, *cake*.\n\nhttps://rsvp.example.org/1\n\nhttps://meet.example.org/%C3%A4%20b",
        r"LOCATION:c-base\, Rungestraße 20\; Berlin",
        "GEO:52.513000;13.420000",
        'CONFERENCE;FEATURE=VIDEO;LABEL="Join online; now";VALUE=URI:https://meet.example.org/%C3%A4%20b',
        "URL:https://community.example.org/meetups/x/",
        # RFC 6868: a double quote in a parameter
        "ORGANIZER;CN=\"Docs ^'B^', Berlin\":https://community.example.org/groups/docs-berlin/",
        "IMAGE;VALUE=URI;DISPLAY=BADGE:https://community.example.org/meetups/room,%20one.png",
        r"CATEGORIES:Talks\, first,docs",
        "END:VEVENT",
        "BEGIN:VEVENT",
        "UID:x@community.example.org",
        "DTSTAMP:20260101T000000Z",
        "SEQUENCE:0",
    ]
    assert "RECURRENCE-ID;TZID=Europe/Berlin:20270204T183000" in lines
    assert "DTSTART;TZID=Europe/Berlin:20270211T183000" in lines
    assert "COMMENT:venue" in lines
    assert "STATUS:CANCELLED" in lines
    agree(one)


def test_what_a_calendar_says_of_itself() -> None:
    content = render_calendar(
        [], name="Docs, Berlin", description="Meetups, in Berlin.", url="https://x.org/",
        source="https://x.org/feeds/all.ics", color=Color("seagreen", "#2E8B57"), timezone="America/Recife",
    )  # fmt: skip
    assert broken_rules(content) == []
    assert content.decode().split("\r\n")[:17] == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Alongside//Community calendars//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        r"NAME:Docs\, Berlin",
        r"X-WR-CALNAME:Docs\, Berlin",
        r"DESCRIPTION:Meetups\, in Berlin.",
        r"X-WR-CALDESC:Meetups\, in Berlin.",
        "URL:https://x.org/",
        "SOURCE;VALUE=URI:https://x.org/feeds/all.ics",
        "REFRESH-INTERVAL;VALUE=DURATION:PT12H",
        "X-PUBLISHED-TTL:PT12H",
        "COLOR:seagreen",
        "X-APPLE-CALENDAR-COLOR:#2E8B57",
        "BEGIN:VTIMEZONE",  # a calendar without any component is none
        "TZID:America/Recife",
    ]


@pytest.mark.parametrize(
    ("one", "lines"),
    [
        (meetup(at("2026-12-03 18:00"), zone="UTC"), ["DTSTART:20261203T180000Z"]),
        (meetup(date(2026, 12, 3)), ["DTSTART;VALUE=DATE:20261203", "DTEND;VALUE=DATE:20261204"]),
        (meetup(date(2026, 12, 3), last_day=date(2026, 12, 5)), ["DTEND;VALUE=DATE:20261206"]),
        (meetup(date(2026, 12, 3), "FREQ=DAILY", until=date(2026, 12, 9)), ["RRULE:FREQ=DAILY;UNTIL=20261209"]),
        (meetup(at("2026-12-03 18:00"), "FREQ=DAILY", times=3), ["RRULE:FREQ=DAILY;UNTIL=20261205T225959Z"]),
        (
            meetup(at("2026-12-03 18:00"), "FREQ=DAILY", times=3, until=date(2026, 12, 31)),
            ["RRULE:FREQ=DAILY;UNTIL=20261205T225959Z"],
        ),
        (meetup(at("2026-12-03 18:00"), zone="Etc/GMT+5"), ["DTSTART;TZID=Etc/GMT+5:20261203T180000"]),
        (meetup(at("2026-03-29 02:30")), ["DTSTART;TZID=Europe/Berlin:20260329T033000"]),  # a time that exists
        (meetup(at("2026-12-03 18:00"), status="tentative"), ["STATUS:TENTATIVE"]),
        (meetup(at("2026-12-03 18:00"), status="cancelled"), ["STATUS:CANCELLED"]),
        (meetup(at("2026-12-03 18:00"), online_url="https://x.org/1"), ["LOCATION:https://x.org/1"]),
        (meetup(at("2026-12-02 18:00"), "FREQ=WEEKLY;BYDAY=TH"), ["DTSTART;TZID=Europe/Berlin:20261203T180000"]),
    ],
)
def test_forms_of_time_and_place(one: Meetup, lines: list[str]) -> None:
    content = calendar(one)
    assert set(lines) <= set(content.decode().split("\r\n"))
    agree(one)


@pytest.mark.parametrize(
    "one",
    [
        meetup(at("2026-12-03 18:00"), excluded=(date(2026, 12, 3),)),
        meetup(at("2026-12-03 18:00"), "FREQ=DAILY", until=date(2026, 12, 2)),
        meetup(at("2026-12-03 18:00"), "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"),
    ],
)
def test_a_meetup_without_a_date_is_no_event(one: Meetup) -> None:
    assert render_event(one, TEXTS) == b""
    assert broken_rules(calendar(one)) == []


@pytest.mark.parametrize(
    ("one", "lines"),
    [
        # 29 March 2026 skips 02:30, 25 October shows it twice: events by themselves, and nothing is counted
        (
            meetup(at("2026-03-28 02:30"), "FREQ=DAILY", times=3),
            [
                "DTSTART;TZID=Europe/Berlin:20260328T023000", "RRULE:FREQ=DAILY;UNTIL=20260328T013000Z",
                "UID:x+20260329@community.example.org", "DTSTART;TZID=Europe/Berlin:20260329T033000",
                "UID:x+20260329+@community.example.org", "DTSTART;TZID=Europe/Berlin:20260330T023000",
                "RRULE:FREQ=DAILY;UNTIL=20260330T215959Z",
            ],
        ),
        (  # of rules by the month the whole month; not where the series that goes on would start too late for node-ical
            meetup(at("2036-01-08 02:30"), "FREQ=MONTHLY;BYDAY=2TU", times=16),
            ["RRULE:FREQ=MONTHLY;UNTIL=20370414T215959Z;BYDAY=2TU"],
        ),
        (
            meetup(at("2026-02-10 02:30"), "FREQ=MONTHLY;BYDAY=2TU", times=3),
            ["DTSTART;TZID=Europe/Berlin:20260310T023000", "DTSTART;TZID=Europe/Berlin:20260414T023000"],
        ),
        (
            meetup(at("2026-10-25 02:30"), "FREQ=DAILY", times=3, duration=timedelta(hours=1)),
            ["DTSTART;TZID=Europe/Berlin:20261026T023000", "DTSTART:20261025T003000Z", "DTEND:20261025T013000Z"],
        ),
        (
            meetup(at("2026-10-17 20:00"), "FREQ=WEEKLY", times=3, duration=timedelta(hours=11)),
            ["EXDATE;TZID=Europe/Berlin:20261024T200000", "DTEND;TZID=Europe/Berlin:20261025T060000"],
        ),
        (
            meetup(at("2026-12-03 18:00"), "FREQ=WEEKLY", also=(date(2026, 12, 5),), excluded=(date(2026, 12, 3),)),
            [
                "DTSTART;TZID=Europe/Berlin:20261210T180000", "UID:x+20261205@community.example.org",
                "DTSTART;TZID=Europe/Berlin:20261205T180000",
            ],
        ),
        (meetup(date(2026, 12, 3), also=(date(2026, 12, 5),)), ["DTSTART;VALUE=DATE:20261205"]),
        (meetup(at("2026-12-03 18:00"), "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH,SU"), ["RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TH,SU;WKST=MO"]),
        (meetup(at("2026-12-03 18:00"), "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;WKST=SU"), ["RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;WKST=MO"]),
        (meetup(at("2026-12-03 18:00"), "FREQ=MONTHLY;BYDAY=1TH;WKST=SU"), ["RRULE:FREQ=MONTHLY;BYDAY=1TH"]),
        (meetup(date(2026, 1, 31), "FREQ=YEARLY;INTERVAL=2;BYMONTH=1,2,3"), ["RRULE:FREQ=YEARLY;INTERVAL=2;BYMONTHDAY=31;BYMONTH=1,3"]),
        (meetup(date(2024, 2, 29), "FREQ=YEARLY"), ["RRULE:FREQ=YEARLY;BYMONTHDAY=29;BYMONTH=2"]),
        (meetup(date(2026, 1, 31), "FREQ=MONTHLY"), ["RRULE:FREQ=MONTHLY;BYMONTHDAY=31"]),
        (meetup(date(2026, 1, 31), "FREQ=YEARLY;BYMONTHDAY=-1"), ["RRULE:FREQ=MONTHLY;BYMONTHDAY=-1"]),
        (
            meetup(date(2026, 1, 31), "FREQ=YEARLY;INTERVAL=4;BYMONTH=1;BYMONTHDAY=-1"),
            ["RRULE:FREQ=MONTHLY;INTERVAL=48;BYMONTHDAY=-1"],
        ),
    ],
)  # fmt: skip
def test_what_programs_would_read_in_different_ways_is_said_in_another(one: Meetup, lines: list[str]) -> None:
    content = calendar(one)
    assert [line for line in lines if line not in content.decode().replace("\r\n ", "").split("\r\n")] == []
    agree(one)


def test_a_changed_date_among_those_by_themselves_is_no_override() -> None:
    """An override of a date that the rule does not give is shown by some, and passed over by others."""
    day = date(2026, 3, 29)
    moved = Change(original=day, starts=at("2026-03-30 18:00"), reason="sleep", position=HERE)
    off = Change(original=date(2026, 12, 5), status="cancelled", position=HERE)
    one = meetup(
        at("2026-03-28 02:30"), "FREQ=DAILY", times=3, also=(date(2026, 12, 5),),
        changes={day: moved, date(2026, 12, 5): off},
    )  # fmt: skip
    content = calendar(one)
    assert b"RECURRENCE-ID" not in content
    assert content.count(b"STATUS:CANCELLED") == 1
    agree(one)


def test_a_country_has_no_coordinates() -> None:
    place = Place(label="Brazil", slug="brazil", name="Brazil", country="BR", lat=-10.0, lon=-50.0, precise=False)
    assert b"GEO" not in render_event(meetup(at("2026-12-03 18:00"), place=place), TEXTS)


def test_coordinates_are_never_written_with_an_exponent() -> None:
    place = Place(label="A buoy", slug="buoy", name="A buoy", country="GH", lat=0.00001, lon=-0.00002)
    assert b"\r\nGEO:0.000010;-0.000020\r\n" in render_event(meetup(at("2026-12-03 18:00"), place=place), TEXTS)


def test_hosts_are_not_named() -> None:
    one = meetup(at("2026-12-03 18:00"), hosts=("ana-souza",))
    assert b"ana" not in render_event(one, TEXTS)


@pytest.mark.parametrize("url", ["", "mailto:team@example.org", "javascript:alert(1)"])
def test_an_organizer_has_a_page_and_never_an_address(url: str) -> None:
    texts = EventTexts(uid="x", organizer="Docs Berlin", organizer_url=url, picture=url)
    wire = render_event(meetup(at("2026-12-03 18:00")), texts)
    assert b"ORGANIZER" not in wire
    assert b"IMAGE" not in wire


def test_a_second_reader_reads_all_of_an_event() -> None:
    texts = EventTexts(
        uid="x", organizer="Docs\\Berlin", organizer_url="https://x.org/groups/b/", picture="https://x.org/a.png",
        join="Join", categories=("a, b", "c"),
    )  # fmt: skip
    one = meetup(at("2026-12-03 18:00"), online_url="https://meet.example.org/x", place=BERLIN)
    (event,) = icalendar.Calendar.from_ical(calendar(one, texts=texts)).events
    place = event["GEO"]
    assert isinstance(place, icalendar.vGeo)
    assert (place.latitude, place.longitude) == (52.513, 13.42)
    assert (event["ORGANIZER"], event["ORGANIZER"].params["CN"]) == ("https://x.org/groups/b/", "Docs/Berlin")
    assert [(one.uri, one.label, one.feature) for one in event.conferences] == [
        ("https://meet.example.org/x", "Join", "VIDEO")
    ]
    assert [(one.uri, one.display) for one in event.images] == [("https://x.org/a.png", "BADGE")]
    assert event.categories == ["a, b", "c"]


def test_a_stamp_says_when_an_event_changed() -> None:
    stamp = Stamp(instant=datetime(2026, 11, 1, 12, tzinfo=UTC), sequence=3)
    text = render_event(meetup(at("2026-12-03 18:00")), TEXTS, stamps=Stamps(own=stamp))
    assert b"DTSTAMP:20261101T120000Z\r\nLAST-MODIFIED:20261101T120000Z\r\nSEQUENCE:3\r\n" in text
    assert b"LAST-MODIFIED" not in render_event(meetup(at("2026-12-03 18:00")), TEXTS)


def test_why_the_first_date_differs_is_not_said_of_the_whole_series() -> None:
    first = date(2026, 12, 3)
    changes = {first: Change(original=first, reason="ill", status="cancelled", position=HERE)}
    text = render_event(meetup(at("2026-12-03 18:00"), "FREQ=WEEKLY", changes=changes), TEXTS)
    series, changed = text.split(b"END:VEVENT\r\n")[:2]
    assert (b"COMMENT" in series, b"COMMENT:ill" in changed) == (False, True)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    place = Place(label=text, slug="x", name=text, country="DE")
    one = meetup(
        at("2026-12-03 18:00"), title=LocalText((("en", text),)), place=place, online_url=text, rsvp=text,
        changes={date(2026, 12, 3): Change(original=date(2026, 12, 3), reason=text, position=HERE)},
    )  # fmt: skip
    texts = EventTexts(
        uid=text or "x", url=text, description=text, categories=(text, "b"), organizer=text, picture=text, join=text,
        organizer_url="https://x.org/",
    )  # fmt: skip
    content = render_calendar([(one, render_event(one, texts))], name=text, description=text, url=text, source=text)
    assert [rule for rule in broken_rules(content) if "UID" not in rule or text.strip()] == []
    assert content.count(b"\r\nBEGIN:VEVENT\r\n") == content.count(b"\r\nEND:VEVENT\r\n") == 1
    (event,) = icalendar.Calendar.from_ical(content).events
    if "\\" not in text:  # their reader takes the n after an escaped backslash for a line break
        assert str(event["SUMMARY"]) == " ".join(clean_text(text).split())


@pytest.mark.parametrize(
    "scheme", ["javascript:alert(1)", "data:text/html,x", "mailto:x@y.org", "//x.org", "", "http://["]
)
def test_only_web_addresses_are_links(scheme: str) -> None:
    assert uri_value(scheme) == ""


@given(st.text(max_size=400))
@example(r"C:\New\\Names\n, not lines")
@example("\\" * 200 + "N")
def test_any_text_comes_back_from_the_wire(text: str) -> None:
    texts = EventTexts(uid="x", description=f"{text}.", categories=(f"{text}.", "b"))
    wire = render_event(meetup(at("2026-12-03 18:00")), texts)
    for line in wire.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()
    lines = wire.decode().replace("\r\n ", "").split("\r\n")
    values = {name: value for name, _, value in (line.partition(":") for line in lines)}
    assert unescaped(values["DESCRIPTION"]) == clean_text(texts.description).strip()
    assert unescaped(values["CATEGORIES"].removesuffix(",b")) == " ".join(clean_text(f"{text}.").split())


def unescaped(value: str) -> str:
    """TEXT back to what it says, escape by escape (section 3.3.11)."""
    found, rest = "", value
    while "\\" in rest:
        head, _, rest = rest.partition("\\")
        found += head + ("\n" if rest[0] == "n" else rest[0])
        rest = rest[1:]
    return found + rest


# --- the second reader, on meetups nobody thought of ---

ZONES = ["Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Africa/Cairo", "Asia/Tehran", "Etc/GMT+5", "UTC"]
RULES = [
    "FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH", "FREQ=MONTHLY;BYDAY=1TH",
    "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=MONTHLY;BYMONTHDAY=15", "FREQ=YEARLY", "FREQ=MONTHLY;BYDAY=2MO,4MO",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "FREQ=YEARLY;BYMONTH=3,9;BYDAY=2SA",
]  # fmt: skip


@st.composite
def meetups(draw: st.DrawFn) -> Meetup:
    day = draw(st.dates(date(2012, 1, 1), date(2026, 12, 1)))
    rrule = draw(st.sampled_from(["", *RULES]))
    all_day = draw(st.integers(0, 4)) == 0
    fields: dict[str, Any] = {}
    if rrule:
        fields |= draw(
            st.sampled_from([{"until": day + timedelta(days=700)}, {"times": 9}, {"until": day + timedelta(days=90)}])
        )
        whole = meetup(day, rrule, **fields)
        day = next((one.original for one in occurrences(whole, start=WINDOW[0], end=WINDOW[1])), day)
        whole = meetup(day, rrule, **fields)
        days = [one.original for one in occurrences(whole, start=WINDOW[0], end=WINDOW[1])][:30]
        touched = draw(st.lists(st.sampled_from(days), unique=True, max_size=4)) if days else []
        fields["excluded"] = tuple(touched[:2])
        changes = {}
        for one in touched[2:]:
            moved = datetime.combine(one + timedelta(days=draw(st.integers(-9, 9))), datetime.min.time())
            status: MeetupStatus | None = draw(st.sampled_from([None, "cancelled"]))
            starts = None if status else (moved.date() if all_day else moved + timedelta(hours=11))
            changes[one] = Change(original=one, starts=starts, status=status, position=HERE)
        fields["changes"] = changes
    if all_day:
        last = day + timedelta(days=draw(st.integers(0, 3)))
        return meetup(day, rrule, draw(st.sampled_from(ZONES)), last_day=last, **fields)
    # from three in the morning on: what clock changes do to an hour they skip is tested by itself
    hour, minute = draw(st.integers(4, 19)), draw(st.sampled_from([0, 15, 30]))
    fields["duration"] = draw(st.sampled_from([None, timedelta(minutes=90), timedelta(hours=4)]))
    return meetup(
        datetime.combine(day, datetime.min.time()).replace(hour=hour, minute=minute),
        rrule, draw(st.sampled_from(ZONES)), **fields,
    )  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(meetups())
def test_a_second_reader_finds_the_same_dates(one: Meetup) -> None:
    agree(one)
