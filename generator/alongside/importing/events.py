"""Events of a calendar as records: what a meetup can use of a VEVENT (RFC 5545 section 3.6.1), and nothing of a person.

ORGANIZER, ATTENDEE and CONTACT are names and addresses of people who were never asked. They are looked at for one
thing: so that their addresses are found, and left out, wherever else they stand.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice

from alongside.importing.components import Line, Lines
from alongside.importing.values import When, parse_length, parse_when, plain_value, split_values
from alongside.model.gatherings import MeetupStatus
from alongside.rendering.feeds.content_lines import one_line

# Where programs put the address of a call, besides CONFERENCE (RFC 7986 section 5.11).
_ROOM_NAMES = (
    "CONFERENCE", "X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL", "X-MICROSOFT-ONLINEMEETINGCONFLINK",
    "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK", "X-ZOOM-JOIN-URL",
)  # fmt: skip
_PEOPLE = ("ORGANIZER", "ATTENDEE", "CONTACT", "X-CALENDARSERVER-ATTENDEE-COMMENT")
_ADDRESS = re.compile(r"[\w.+%-]{1,64}@(?:[\w-]{1,63}\.){1,8}\w{2,24}")
_STATUSES: dict[str, MeetupStatus] = {
    "CONFIRMED": "confirmed",
    "TENTATIVE": "tentative",
    "CANCELLED": "cancelled",
    "CANCELED": "cancelled",
}
_LONGEST_UID = 250  # Google's and Outlook's have up to 150
_UNTIL = re.compile(r"\bUNTIL=([0-9TZ]{8,16})")
_MOST_CATEGORIES = 50
_MOST_MOMENTS = 20_000  # of a list; more is no calendar, and more than a thousand is refused later
_COLOURS = re.compile(r"(?:red|orange|yellow|green|blue|purple) category", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One VEVENT."""

    uid: str
    title: str  # empty: it has none
    starts: When | None
    ends: When | None = None  # as written: of days the one after the last
    length: timedelta | None = None  # DURATION
    rules: tuple[str, ...] = ()  # RRULE
    dates: tuple[When, ...] = ()  # RDATE
    excluded: tuple[When, ...] = ()  # EXDATE
    except_rules: bool = False  # EXRULE, which the standard gave up
    original: When | None = None  # RECURRENCE-ID
    following: bool = False  # it changes all dates from there on
    location: str = ""
    geo: tuple[float, float] | None = None
    url: str = ""
    rooms: tuple[str, ...] = ()
    status: MeetupStatus = "confirmed"
    categories: tuple[str, ...] = ()
    text: str = ""  # plain
    html: str = ""
    reason: str = ""  # COMMENT
    private: bool = False
    sequence: int = 0
    changed: str = ""  # LAST-MODIFIED, else DTSTAMP
    attachments: int = 0
    addresses: frozenset[str] = frozenset()  # of people who take part


def read_event(lines: Lines, *, called_off: bool = False) -> Event:
    """The record of a VEVENT; what cannot be read of it is absent. `called_off`: its calendar says so of all."""
    first: dict[str, Line] = {}
    for line in lines:
        first.setdefault(line.name, line)

    def text(name: str) -> str:
        return plain_value(first[name].value) if name in first else ""

    def moments(name: str) -> tuple[When, ...]:
        found = (
            parse_when(line, value.partition("/")[0])  # a PERIOD starts with its start
            for line in lines
            if line.name == name
            for value in split_values(line.value)
        )
        return tuple(dict.fromkeys(when for when in islice(found, _MOST_MOMENTS) if when is not None))

    def moment(name: str) -> When | None:
        return parse_when(first[name]) if name in first else None

    starts, ends = moment("DTSTART"), moment("DTEND")
    if text("X-MICROSOFT-CDO-ALLDAYEVENT").upper() == "TRUE":
        starts, ends = _whole_days(starts, ends)
    status = _STATUSES.get(text("STATUS").upper(), "confirmed")
    title = one_line(text("SUMMARY"))
    return Event(
        uid=_uid(one_line(text("UID")), lines),
        title=title,
        starts=starts,
        ends=ends,
        length=parse_length(first["DURATION"].value) if "DURATION" in first else None,
        rules=tuple(dict.fromkeys(line.value.strip().upper() for line in lines if line.name == "RRULE")),
        dates=moments("RDATE"),
        excluded=moments("EXDATE"),
        except_rules="EXRULE" in first,
        original=moment("RECURRENCE-ID"),
        following=first["RECURRENCE-ID"].parameters.get("RANGE", "").upper() == "THISANDFUTURE"
        if "RECURRENCE-ID" in first
        else False,
        location=text("LOCATION"),
        geo=_geo(first),
        url=text("URL"),
        rooms=tuple(plain_value(line.value) for name in _ROOM_NAMES for line in lines if line.name == name),
        status="cancelled" if called_off else status,
        categories=tuple(_categories(lines)),
        text=text("DESCRIPTION"),
        html=_html(lines),
        reason=one_line(text("COMMENT")),
        private=text("CLASS").upper() in ("PRIVATE", "CONFIDENTIAL"),
        sequence=_whole(text("SEQUENCE")),
        changed=text("LAST-MODIFIED") or text("DTSTAMP"),
        attachments=sum(line.name == "ATTACH" for line in lines),
        addresses=frozenset(_addresses(lines)),
    )


def _uid(text: str, lines: Lines) -> str:
    """The UID; one made of what the event is and when, where it has none, or one that no file should hold."""
    if text and len(text) <= _LONGEST_UID and not any(address in text.casefold() for address in _addresses(lines)):
        return text
    named = sorted(line.value for line in lines if line.name in ("SUMMARY", "DTSTART", "RRULE"))
    return hashlib.sha256("\n".join([text] if text else named).encode("utf-8", "replace")).hexdigest()[:24]


def _whole_days(starts: When | None, ends: When | None) -> tuple[When | None, When | None]:
    """Outlook's whole days go from midnight to midnight."""
    moments = [when for when in (starts, ends) if when is not None and isinstance(when.wall, datetime)]
    if len(moments) != 2 or any(when.wall.time() != time() for when in moments if isinstance(when.wall, datetime)):
        return starts, ends
    return When(wall=moments[0].day), When(wall=moments[1].day)


def _geo(first: dict[str, Line]) -> tuple[float, float] | None:
    """GEO, or the point in Apple's X-APPLE-STRUCTURED-LOCATION. 0;0 is what programs write for nowhere."""
    for name in ("GEO", "X-APPLE-STRUCTURED-LOCATION"):
        value = first[name].value if name in first else ""
        match = re.fullmatch(
            r"(?:geo:)?\s*(-?\d{1,3}(?:\.\d{1,20})?)\s*\\?[;,]\s*(-?\d{1,3}(?:\.\d{1,20})?)(?:[;?].*)?", value.strip()
        )
        if match is not None:
            lat, lon = float(match[1]), float(match[2])
            if abs(lat) <= 90 and abs(lon) <= 180 and (lat, lon) != (0.0, 0.0):
                return lat, lon
    return None


def _categories(lines: Lines) -> Iterator[str]:
    names = (
        one_line(plain_value(value))
        for line in lines
        if line.name == "CATEGORIES"
        for value in split_values(line.value)
    )
    yield from islice(
        (name for name in dict.fromkeys(names) if name and not _COLOURS.fullmatch(name)), _MOST_CATEGORIES
    )


def _html(lines: Lines) -> str:
    """X-ALT-DESC of Outlook, STYLED-DESCRIPTION (RFC 9073 section 6.5)."""
    for line in lines:
        if line.name in ("X-ALT-DESC", "STYLED-DESCRIPTION") and "html" in line.parameters.get("FMTTYPE", "").lower():
            return plain_value(line.value)
    return ""


def _whole(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0


def _addresses(lines: Lines) -> Iterator[str]:
    for line in lines:
        if line.name in _PEOPLE:
            for words in (line.value, *line.parameters.values()):
                yield from (address.casefold() for address in _ADDRESS.findall(words))


def last_days(events: Sequence[Event]) -> date | None:
    """The last day that any of them touches, roughly; None where one goes on, or says no start."""
    days: list[date] = []
    for event in events:
        if event.starts is None:
            return None
        ends = [event.starts.day, *(when.day for when in event.dates)]
        for rule in event.rules:
            until = _UNTIL.search(rule)
            when = parse_when(Line("UNTIL", {}, until[1])) if until is not None else None
            if when is None:
                return None
            ends.append(when.day)
        length = event.ends.day - event.starts.day if event.ends is not None else event.length or timedelta()
        days.append(max(ends) + min(length, timedelta(days=366)))
    return max(days, default=None)
