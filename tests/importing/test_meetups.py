"""Calendars as they are met, and the meetups they become."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from textwrap import dedent

import icalendar
import pytest

from alongside.importing.components import CalendarError, read_components
from alongside.importing.files import file_text
from alongside.importing.meetups import Imported, Wishes, read_meetups

GOOGLE = """\
BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
METHOD:PUBLISH
X-WR-CALNAME:Docs Berlin
X-WR-TIMEZONE:Europe/Berlin
BEGIN:VEVENT
DTSTART;TZID=Europe/Berlin:20261203T183000
DTEND;TZID=Europe/Berlin:20261203T203000
RRULE:FREQ=MONTHLY;UNTIL=20271231T225959Z;BYDAY=1TH
EXDATE;TZID=Europe/Berlin:20270107T183000
EXDATE;TZID=Europe/Berlin:20270401T120000
ORGANIZER;CN=Ana Souza:mailto:ana.souza@example.org
UID:abc123@google.com
ATTENDEE;CUTYPE=INDIVIDUAL;PARTSTAT=ACCEPTED;CN=secret@exam
 ple.org;X-NUM-GUESTS=0:mailto:secret@example.org
DESCRIPTION:<p>Bring <b>one</b> page\\, please.</p><p>Ask <a href="mailto:ana.souza@example.org">ana.souza@ex
 ample.org</a> or <a href="https://example.org/docs">our page</a>.</p>
LOCATION:c-base\\, Rungestraße 20\\, 10179 Berlin\\, Germany
SEQUENCE:2
STATUS:CONFIRMED
SUMMARY:Docs Berlin monthly
X-GOOGLE-CONFERENCE:https://meet.google.com/abc-defg-hij
BEGIN:VALARM
DESCRIPTION:This is an event reminder
TRIGGER:-P0DT0H30M0S
END:VALARM
END:VEVENT
BEGIN:VEVENT
DTSTART;TZID=Europe/Berlin:20270211T190000
DTEND;TZID=Europe/Berlin:20270211T203000
UID:abc123@google.com
RECURRENCE-ID;TZID=Europe/Berlin:20270204T183000
SUMMARY:Docs Berlin: at the library
LOCATION:Hamburg\\, Germany
COMMENT:The ship is in the dock
END:VEVENT
BEGIN:VEVENT
DTSTART:20270304T173000Z
UID:abc123@google.com
RECURRENCE-ID:20270304T173000Z
SUMMARY:Docs Berlin monthly
STATUS:CANCELLED
END:VEVENT
BEGIN:VEVENT
DTSTART;TZID=Europe/Berlin:20280210T183000
UID:abc123@google.com
RECURRENCE-ID;TZID=Europe/Berlin:20280203T183000
SUMMARY:Left over
END:VEVENT
END:VCALENDAR
"""
FROM_GOOGLE = """\
---
title: Docs Berlin monthly
starts: 2026-12-03 18:30
timezone: Europe/Berlin
duration: 2h
repeats: first Thursday of every month
until: 2027-12-31
except: [2027-01-07]
changes:
  2027-02-04: {starts: 2027-02-11 19:00, duration: 1h 30m, title: "Docs Berlin: at the library", \
place: "Hamburg, Germany", reason: The ship is in the dock}
  2027-03-04: {status: cancelled}
place: Berlin, Germany
online: "https://meet.google.com/abc-defg-hij"
uid: "abc123@google.com"
---
c-base, Rungestraße 20, 10179 Berlin, Germany

Bring **one** page, please.

Ask … or [our page](https://example.org/docs).
---
title: Left over
starts: 2028-02-10 18:30
timezone: Europe/Berlin
uid: "abc123@google.com+2028-02-03"
---
"""
OUTLOOK = """\
\ufeffBEGIN:VCALENDAR
PRODID:-//Microsoft Corporation//Outlook 16.0 MIMEDIR//EN
X-MS-OLK-FORCEINSPECTOROPEN:TRUE
BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:16010101T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
CATEGORIES:Docs as code,Red Category,First talks
CLASS:PUBLIC
DESCRIPTION:Hello\\n\\n
DTEND;TZID="Customized Time Zone":20270114T193000
DTSTART;TZID="Customized Time Zone":20270114T180000
LOCATION:Microsoft Teams Meeting
RRULE:FREQ=WEEKLY;COUNT=10;INTERVAL=2;BYDAY=TH;WKST=SU
SUMMARY;LANGUAGE=en-us:Editors\\, online
UID:040000008200E00074C5B7101A82E008
X-ALT-DESC;FMTTYPE=text/html:<html><head><title></title></head><body><p class=MsoNormal>Hello <i>you</i><o:p></o:p></p></body></html>
X-MICROSOFT-SKYPETEAMSMEETINGURL:https://teams.microsoft.com/l/meetup-join/19%3ameeting_x/0
END:VEVENT
BEGIN:VEVENT
DTSTART;TZID=W. Europe Standard Time:20270301T000000
DTEND;TZID=W. Europe Standard Time:20270303T000000
GEO:52.513;13.42
LOCATION:c-base
SUMMARY:Two days
STATUS:TENTATIVE
UID:days
X-MICROSOFT-CDO-ALLDAYEVENT:TRUE
URL:https://www.meetup.com/docs/events/1/
END:VEVENT
END:VCALENDAR
"""
FROM_OUTLOOK = """\
---
title: Editors, online
group: docs
starts: 2027-01-14 18:00
timezone: Europe/Berlin
duration: 1h 30m
repeats: every 2 weeks
times: 10
online: "https://teams.microsoft.com/l/meetup-join/19%3ameeting_x/0"
challenges: [first-talk]
topics: [Docs as code]
uid: 040000008200E00074C5B7101A82E008
---
Hello *you*
---
title: Two days
group: docs
starts: 2027-03-01
ends: 2027-03-02
place: {label: c-base, lat: 52.513, lon: 13.42}
status: tentative
rsvp: "https://www.meetup.com/docs/events/1/"
uid: days
---
"""


LISBON = Wishes(zone="Europe/Lisbon")


def take(text: str | bytes, wishes: Wishes = LISBON) -> Imported:
    return read_meetups(read_components(text if isinstance(text, bytes) else text.encode()), wishes)


def texts(found: Imported) -> str:
    return "".join(map(file_text, found.entries))


def messages(found: Imported) -> list[str]:
    return [f"{'left out: ' if notice.left_out else ''}{notice.message}" for notice in found.notices]


def event(*lines: str, starts: str = "20270114T180000Z", uid: str = "one") -> str:
    body = "\n".join(("BEGIN:VEVENT", f"UID:{uid}", f"DTSTART:{starts}", "SUMMARY:One", *lines, "END:VEVENT"))
    return f"BEGIN:VCALENDAR\n{body}\nEND:VCALENDAR\n"


def said(found: Imported) -> list[dict[str, object]]:
    return [dict(entry.fields) for entry in found.entries]


def test_google() -> None:
    found = take(GOOGLE)
    assert texts(found) == FROM_GOOGLE
    assert messages(found) == ["An e-mail address in its texts was left out."]
    assert "Ana" not in texts(found) + "".join(messages(found))
    folded = GOOGLE.replace("\n", "\r\n").encode().replace(b"stra\xc3\x9fe", b"stra\xc3\r\n \x9fe")  # inside a letter
    assert texts(take(folded)) == FROM_GOOGLE
    assert texts(take(GOOGLE.replace("\n", "\r"))) == FROM_GOOGLE
    assert texts(take(GOOGLE.encode("utf-16"))) == FROM_GOOGLE
    latin = take(GOOGLE.encode("latin-1"))
    assert texts(latin) == FROM_GOOGLE
    assert "Windows-1252" in messages(latin)[-1]


def test_outlook() -> None:
    wishes = Wishes(zone="Europe/Berlin", group="docs", challenges={"first talks": "first-talk"})
    found = take(OUTLOOK, wishes)
    assert texts(found) == FROM_OUTLOOK
    assert messages(found) == [
        'The zone "Customized Time Zone" was taken for Europe/Berlin, whose clocks change alike.'
    ]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["DTEND:20270114T193000Z"], {"starts": "2027-01-14 18:00", "timezone": "UTC", "duration": "1h 30m"}),
        (["DURATION:P1D"], {"duration": "24h"}),
        (["DURATION:PT1H1S"], {"duration": "PT1H0M1S"}),
        (["DTEND:20270114T170000Z"], {"duration": None}),
        (["DTEND:20270301T180000Z"], {"ends": "2027-03-01 18:00"}),
        (["LOCATION:https://meet.jit.si/docs"], {"online": "https://meet.jit.si/docs", "place": None}),
        (["LOCATION:Zoom"], {"online": "true", "place": None}),
        (["LOCATION:Recife\\, Brazil; Zoom: https://zoom.us/j/1"], {"online": "https://zoom.us/j/1", "place": "Recife, Brazil"}),
        (["CONFERENCE;VALUE=URI;FEATURE=VIDEO:https://call.example.org/1"], {"online": "https://call.example.org/1"}),
        (["URL:https://example.org/event"], {"online": None, "rsvp": None}),
        (["URL:https://user:secret@zoom.us/j/1"], {"online": None}),
        (["URL:javascript:alert(1)"], {"online": None, "rsvp": None}),
        (["DESCRIPTION:Join https://zoom.us/j/5 (help: https://zoom.us/download)"], {"online": "https://zoom.us/j/5"}),
        (["GEO:0;0", "LOCATION:c-base"], {"place": None}),
        (["GEO:52.52;13.405", "LOCATION:Berlin\\, Germany"], {"place": "Berlin, Germany"}),
        (["GEO:91;13", "LOCATION:Berlin\\, Germany"], {"place": "Berlin, Germany"}),
        (["STATUS:CANCELLED"], {"status": "cancelled"}),
        (["RRULE:FREQ=WEEKLY;BYDAY=TH;UNTIL=20270128T180000Z"], {"until": "2027-01-28", "repeats": "every week"}),
        (["RRULE:FREQ=WEEKLY;BYDAY=TH;UNTIL=20270128T170000Z"], {"until": "2027-01-27"}),
        (["RRULE:FREQ=WEEKLY;UNTIL=99991231T235959Z"], {"until": None, "repeats": "every week"}),
        (["RRULE:freq=daily;count=5;byhour=18;byminute=0"], {"times": "5", "repeats": "every day"}),
        (["RRULE:FREQ=MONTHLY;BYDAY=TH;BYSETPOS=2"], {"repeats": "second Thursday of every month"}),
        (
            ["RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=10"],
            {"repeats": {"rrule": "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=10"}},
        ),
        (["RRULE:FREQ=DAILY", "EXDATE;VALUE=DATE:20270120", "EXDATE:20270121T180000Z,20270122T180001Z"],
         {"except": ["2027-01-20", "2027-01-21"]}),
    ],
)  # fmt: skip
def test_what_one_event_says(lines: list[str], expected: dict[str, object]) -> None:
    (found,) = said(take(event(*lines)))
    assert {name: found.get(name) for name in expected} == expected


SEVERAL = [
    (
        ["RRULE:FREQ=WEEKLY;BYDAY=TH", "RRULE:FREQ=MONTHLY;BYMONTHDAY=20", "RDATE:20270301T180000Z"],
        [("one", "2027-01-14 18:00", "every week"), ("one+2", "2027-01-20 18:00", "every month on the 20th"),
         ("one+2027-03-01", "2027-03-01 18:00", None)],
    ),
    (
        ["RRULE:FREQ=DAILY;BYHOUR=9,18;BYMINUTE=0"],
        [("one", "2027-01-15 09:00", "every day"), ("one+2", "2027-01-14 18:00", "every day")],
    ),
    (
        ["RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=3"],
        [("one", "2027-01-19 18:00", "every week"), ("one+2027-01-14", "2027-01-14 18:00", None)],
    ),
    (
        ["RDATE:20270301T180000Z,20270302T180000Z", "EXDATE:20270302T180000Z"],
        [("one", "2027-01-14 18:00", None), ("one+2027-03-01", "2027-03-01 18:00", None)],
    ),
    (
        ["RRULE:FREQ=WEEKLY", "RDATE:20270114T180000Z,20270121T180000Z,20270128T190000Z"],
        [("one", "2027-01-14 18:00", "every week"), ("one+2027-01-28", "2027-01-28 19:00", None)],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "expected"), SEVERAL)
def test_what_becomes_several_meetups(lines: list[str], expected: list[tuple[str, str, str | None]]) -> None:
    found = take(event(*lines))
    assert [(one["uid"], one["starts"], one.get("repeats")) for one in said(found)] == expected
    assert found.notices


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (event("RRULE:FREQ=HOURLY;INTERVAL=3"), "left out: Its rule cannot be said: FREQ=HOURLY makes several times a day."),
        (event("RRULE:FREQ=SECONDLY;COUNT=1000000"), "left out: Its rule cannot be said: FREQ=SECONDLY makes several"),
        (event("RRULE:FREQ=YEARLY;BYWEEKNO=20"), "left out: Its rule cannot be said: Calendar programs do not agree on BYWEEKNO"),
        (event("RRULE:RSCALE=CHINESE;FREQ=YEARLY"), "left out: Its rule cannot be said: There is no part RSCALE."),
        (event("RRULE:FREQ=WEEKLY;UNTIL=20270101T000000Z", "EXDATE:20270114T180000Z"), "left out: It takes place on no day"),
        (event("RRULE:FREQ=DAILY;COUNT=0"), "left out: It happens 0 times"),
        (event("RRULE:FREQ=DAILY", "EXRULE:FREQ=WEEKLY"), "It has a rule of exceptions (EXRULE)"),
        (event(starts="20270230T180000Z"), "left out: It has no start that could be read."),
        (event(starts="35270130T180000Z"), "left out: It has no start that could be read."),
        (event("DTEND:20290114T180000Z"), "left out: It lasts more than a year."),
        (event().replace("DTSTART:20270114T180000Z", "DTSTART;TZID=Nowhere:20270114T180000"), 'left out: Nobody knows the time zone "Nowhere".'),
        (event().replace("SUMMARY:One", "SUMMARY:"), "left out: It has no title (2027-01-14)."),
        (event("CLASS:PRIVATE"), "It is marked as private, and was left alone."),
        (event(starts="20270114T180000"), "Its time names no zone; it was taken for one of Europe/Lisbon."),
        (event("ATTACH:https://example.org/slides.pdf"), "Its attachments were left out."),
        (event("LOCATION:https://zoom.us/j/1?pwd=a"), "Its link holds the password of the call."),
        (event("LOCATION:Room 5"), 'Where "Room 5" is, nobody knows; it stands in the text.'),
        (event("RECURRENCE-ID;RANGE=THISANDFUTURE:20270121T180000Z"), "left out: From 2027-01-21 on all dates"),
        (event().replace("END:VEVENT\nEND:VCALENDAR\n", ""), "The calendar ends in the middle."),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_told(text: str, told: str) -> None:
    found = take(text)
    (message,) = messages(found)
    assert message.startswith(told)
    assert not found.notices[0].left_out or not found.entries


def test_no_spelling_of_an_address_comes_through() -> None:
    """Hidden by HTML, in a link to a call, in the UID."""
    found = take(
        event(
            "ORGANIZER:mailto:ana@example.org",
            r"DESCRIPTION:<p>Ask ana&#64\;example.org\, ben<wbr>@example.org or eva&commat\;example.org.</p>",
            "X-GOOGLE-CONFERENCE:https://meet.google.com/abc-defg-hij?authuser=ana%40example.org",
            "URL:https://example.org/e?email=Ana@example.org",
            uid="20270114-ANA@example.org",
        )
    )
    assert "example.org" not in texts(found).replace("https://example.org", "").casefold()
    assert "Ask …, … or …." in texts(found)
    assert "https://meet.google.com/abc-defg-hij" in texts(found)
    assert any("e-mail address" in told for told in messages(found))


def test_a_place_for_those_that_name_none() -> None:
    porto = Wishes(zone="UTC", place="Porto, Portugal")
    for lines, place in (
        ([], "Porto, Portugal"),
        (["LOCATION:Room 5"], "Porto, Portugal"),
        (["LOCATION:Zoom"], None),
        (["LOCATION:Recife\\, Brazil"], "Recife, Brazil"),
    ):
        (found,) = said(take(event(*lines), porto))
        assert found.get("place") == place


def test_revisions_and_events_that_share_a_uid() -> None:
    first, second = event("SEQUENCE:0"), event("SEQUENCE:1", starts="20270115T180000Z")
    assert [one["starts"] for one in said(take(first + second))] == ["2027-01-15 18:00"]
    both = take(first + event("SEQUENCE:0", starts="20270115T180000Z"))
    assert [one["uid"] for one in said(both)] == ["one", "one+2027-01-15"]
    assert messages(both) == ["Several events of different days have this UID."]
    nameless = event(uid="")
    assert said(take(nameless)) == said(take(nameless))
    assert len(str(said(take(event(uid="x" * 5000)))[0]["uid"])) == 24
    own = event("ORGANIZER:mailto:ana@example.org", uid="ana@example.org")
    assert "ana" not in texts(take(own))


def test_what_is_over_is_left_and_others_are_counted() -> None:
    text = event("DTEND:20270114T190000Z", "BEGIN:VALARM", "SUMMARY:No", "END:VALARM", "BEGIN:VTODO", "END:VTODO")
    assert take(text, Wishes(zone="UTC", since=date(2027, 1, 16))).entries
    over = take(text, Wishes(zone="UTC", since=date(2027, 1, 18)))
    assert (over.entries, over.over, over.others) == ([], 1, {"VTODO": 1})


def test_a_file_that_breaks_the_rules_loses_what_breaks_them() -> None:
    """Junk, components inside each other and never closed, lines that were folded without a space, any line ends."""
    text = dedent("""\
        X-BEFORE:1

        BEGIN:VCALENDAR
        BEGIN:X-ODD
        BEGIN:VEVENT
        UID:a
        DTSTART;VALUE=DATE:20270114
        SUMMARY:Inside another
        DESCRIPTION:one
        went on
        NO COLON HERE
        END:X-NEVER-OPENED
        BEGIN:VEVENT
        UID:b
        dtstart;value="DATE";X="a;b:c" :20270115
        SUMMARY:Never closed\x00\u202e
        X-JUNK;=;=:::
        ;:
        END:X-ODD
        END:VCALENDAR
        END:VCALENDAR
        """)
    found = take(text)
    assert [one["title"] for one in said(found)] == ["Inside another", "Never closed"]
    assert found.entries[0].body == "one\\\nwent on\\\nNO COLON HERE"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "This is no iCalendar file."),
        (b"<!DOCTYPE html><html>", "This is a web page and no calendar."),
        (b"\x00\xff\xfe" * 99, "This is no iCalendar file."),
        (b'["vcalendar",[],[]]', "This is no iCalendar file."),
        (b"BEGIN:VCALENDAR\n" * 100_000, "Components are nested more than 20 deep."),
        (b"BEGIN:VCALENDAR\n" + b" " * 50_000_000, "The calendar is larger than 50 MB."),
        (b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\nEND:VEVENT\n" * 100_001, "There are more than 100,000 events in it."),
    ],
)
def test_what_is_no_calendar(content: bytes, told: str) -> None:
    with pytest.raises(CalendarError) as caught:
        read_components(content)
    assert caught.value.message == told
    assert caught.value.hint


def test_bombs_are_small_work() -> None:
    """What would take for ever to expand, or memory without end, is refused or cut."""
    days = ",".join(
        f"20{year}0{month}{day}T180000Z" for year in range(27, 99) for month in range(1, 9) for day in range(10, 28)
    )
    assert "taken out" in messages(take(event("RRULE:FREQ=DAILY", f"EXDATE:{days}")))[0]
    assert len(take(event(f"RDATE:{days}")).entries) == 200
    assert len(take(event("RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")).entries) == 1
    many = take("".join(event(starts=f"2027{1 + i % 12:02}{1 + i % 28:02}T180000Z") for i in range(1001)))
    assert messages(many) == ["left out: More than 1,000 events have this UID."]
    for name, value in (("DESCRIPTION", "<b>" * 200_000), ("DESCRIPTION", "a@" * 200_000), ("LOCATION", "(" * 200_000),
                        ("SUMMARY", "word " * 100_000), ("CATEGORIES", "a," * 100_000), ("URL", "https://" * 50_000)):  # fmt: skip
        (entry,) = take(
            event(f"{name}:{value}").replace("SUMMARY:One\n", "" if name == "SUMMARY" else "SUMMARY:One\n")
        ).entries
        assert len(file_text(entry)) < 200_000


def test_no_sample_of_a_parser_brings_an_import_down() -> None:
    """What `icalendar` tests itself with: broken files of many programs, found over the years."""
    samples = sorted((Path(icalendar.__file__).parent / "tests").rglob("*.ics"))
    taken = 0
    for sample in samples:
        content = sample.read_bytes()
        if b"BEGIN:VCALENDAR" in content[:4000].upper():
            found = take(content)
            taken += len(found.entries)
            assert all(message.endswith(".") for message in messages(found))
    assert len(samples) > 100
    assert taken > 50
