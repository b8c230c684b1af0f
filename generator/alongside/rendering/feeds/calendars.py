"""iCalendar (RFC 5545, RFC 7986): meetups as VEVENTs, and calendars that carry them.

Meetups in, octets out. Text is cleaned, escaped, quoted and folded by `content_lines`. A VEVENT depends on its meetup
alone, so it is serialised once and the same octets are joined into every feed that has it; an edit of one meetup
changes no other event. Properties stand in the order they are added here.

What calendar apps hold on to, and where it comes from:
- UID: the slug and the site's address; a renamed meetup keeps the UID of its first slug.
- DTSTAMP, LAST-MODIFIED and SEQUENCE: a `Stamp` of the ledger. It is never the clock, or every build would announce
  every event as changed.
- Wall time in the meetup's zone with a VTIMEZONE of ours (`time_zones`); `Z` in UTC; days for all-day ones.
- A date that apps would not agree on is an event by itself, with a UID of its own: those of `also` (Outlook and others
  pass over RDATE), and those on which clocks change at the start, at the end or in between (left out by some, an hour
  off in others). The rule has an EXDATE for them, starts with the first date that is left, and ends with UNTIL: COUNT
  would count them. Where clocks skip the hour of a date, programs do not even agree on what the EXDATE takes out, and
  libical has the next date an hour late: the series ends before it, and goes on after it as another.
- A cancelled meetup stays, as STATUS:CANCELLED: one that disappears stays in people's calendars as if it took place.
- Nobody is named: hosts are people, and a calendar entry is copied to places where no consent reaches.
- ORGANIZER, which METHOD:PUBLISH asks for (RFC 5546 section 3.2.1), is the group or the community, at the address of
  its page. A `mailto:` would invite apps to answer to it, and there is no address to give. Apps show the name of one
  that is no mailbox (Thunderbird; Apple's servers write such themselves) or pass over it (Android's sync adapters).
  A site without an address has none to say.
- A calendar has no UID of its own (RFC 7986 section 5.3): vdirsyncer copies it into each event's file and then takes
  all for one. And no LAST-MODIFIED: it changes with every event, and with those that leave it, and nobody keeps when
  that was.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from alongside.model.gatherings import Meetup
from alongside.model.places import Place
from alongside.model.recurrences import WEEKDAYS, spelt_out
from alongside.model.stamps import UNSTAMPED, Stamps
from alongside.planning.occurrences import (
    LONGEST,
    Occurrence,
    changed_occurrences,
    first_day,
    last_ruled_day,
    meetup_rule,
    occurrence_on,
    ruled_days,
)
from alongside.planning.zones import comes_twice, instant_of, local_time, read_zone
from alongside.rendering.feeds.content_lines import (
    clean_text,
    component_octets,
    content_line,
    moment_value,
    one_line,
    parameter_text,
    text_value,
    uri_value,
    wall_value,
)
from alongside.rendering.feeds.time_zones import render_timezone, skipped_days, unclear_days

PRODUCT = "-//Alongside//Community calendars//EN"  # without a version: an upgrade alone changes no feed
REFRESH = timedelta(hours=12)  # how often apps should ask again
LONGEST_DESCRIPTION = 8000  # characters; some apps refuse or cut longer ones, and the page has it all
# The rendered events of a meetup, the zone they name (empty: none) and the first year they need it for.
EventPiece = tuple[bytes, str, int]
_DAY = timedelta(days=1)
_LONE = re.compile(r"\+[0-9]{8}\+?(?=@)")
_LAST_START = date(2035, 12, 31)  # of a series: one that starts later makes node-ical give up the whole calendar
# The parts of an RRULE in the order in which calendars have them.
_RULE_PARTS = ("FREQ", "UNTIL", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYMONTH", "BYSETPOS", "WKST")
_NO_STAMPS = Stamps()


@dataclass(frozen=True, slots=True)
class Color:
    """The colour a calendar asks for: people who subscribe to two of a community tell them apart."""

    name: str  # of CSS (RFC 7986 section 5.9)
    hex: str  # the same for Apple's apps, "#008080"


TEAL = Color("teal", "#008080")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTexts:
    """What an event says beyond its record: made by `rendering.feeds.listing`, which knows the site."""

    uid: str
    url: str = ""  # of the meetup's page, absolute
    description: str = ""  # plain text
    categories: tuple[str, ...] = ()  # names of challenges, and topics
    language: str = "en"  # which version of a title is taken
    organizer: str = ""  # the name of the group or community it is held by, never of a person
    organizer_url: str = ""  # of its page; without one there is no ORGANIZER
    picture: str = ""  # https, of the site's own
    join: str = ""  # what the link to an online meetup is called


def render_event(meetup: Meetup, texts: EventTexts, *, stamps: Stamps = _NO_STAMPS) -> bytes:
    """The VEVENTs of a meetup, lines folded and ended by CRLF: one, and one for each changed date of a series.

    An event of which `stamps` knows nothing has that of its series, else `UNSTAMPED` and no LAST-MODIFIED.

    Empty for a meetup without any date (its only one is in `except`, or `until` lies before `starts`).
    """
    return b"".join([component_octets("VEVENT", lines) for lines in _events(meetup, texts, stamps)])


def _events(meetup: Meetup, texts: EventTexts, stamps: Stamps) -> Iterator[list[str]]:
    """The content lines of each."""
    parted = _parted(meetup)
    lone = _lone_days(meetup, parted)
    if meetup_rule(meetup) is None:
        for day in ruled_days(meetup, start=date.min, end=date.max, excluded=meetup.excluded):
            yield from _single(meetup, day, texts, stamps)
    else:
        uid, start = texts.uid, date.min
        for span in parted:
            yield from _series(meetup, lone, replace(texts, uid=uid), stamps, start, span.first - _DAY)
            uid, start = _later_uid(texts.uid, span.day), span.last + _DAY
        yield from _series(meetup, lone, replace(texts, uid=uid), stamps, start, date.max)
    for day in lone:
        yield from _single(meetup, day, replace(texts, uid=lone_uid(texts.uid, day)), stamps, day)


def lone_uid(uid: str, day: date) -> str:
    """The UID of a date of a series that is an event by itself: with the day, and a sign that no slug has."""
    name, at, authority = uid.partition("@")
    return f"{name}+{day:%Y%m%d}{at}{authority}"


def _later_uid(uid: str, day: date) -> str:
    """The UID of what a series goes on as after `day`."""
    name, at, authority = lone_uid(uid, day).partition("@")
    return f"{name}+{at}{authority}"


def series_uid(uid: str) -> str:
    """The UID of the series that a `lone_uid`, or a later part of it, is of; any other as it is."""
    return _LONE.sub("", uid)


@dataclass(frozen=True, slots=True)
class _Span:
    """Days that no series goes across, the first and the last included, for a day on which clocks skip the hour."""

    day: date
    first: date
    last: date


def _parted(meetup: Meetup) -> tuple[_Span, ...]:
    """Where a series ends and goes on as another, in order.

    By the month for rules that count in it: libical also looks at other days than those that they give.
    """
    rule = meetup_rule(meetup)
    if rule is None or not isinstance(meetup.starts, datetime):
        return ()
    found = []
    excluded = (*meetup.excluded, *_unclear(meetup))
    for day in skipped_days(meetup.timezone, meetup.starts.time()):
        span = _Span(day, day, day)
        if rule.frequency in ("MONTHLY", "YEARLY"):
            span = _Span(day, day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))
        steps_on_it = rule.frequency == "DAILY" or any(ruled_days(meetup, start=span.first, end=span.last))
        following = next(ruled_days(meetup, start=span.last + _DAY, end=date.max, excluded=excluded), None)
        if steps_on_it and day >= first_day(meetup) and (following is None or following <= _LAST_START):
            found.append(span)
    return tuple(found)


def _lone_days(meetup: Meetup, parted: tuple[_Span, ...]) -> tuple[date, ...]:
    """The planned days that no rule should give: those of `also`, and those with a clock change in their hours."""
    if meetup_rule(meetup) is None:
        return tuple(sorted({*meetup.also} - {first_day(meetup)}))
    days = {*_unclear(meetup), *(day for day in meetup.also if not _is_ruled(meetup, day))}
    for span in parted:
        days.update(ruled_days(meetup, start=span.first, end=span.last, excluded=meetup.excluded))
    return tuple(sorted(days))


def _unclear(meetup: Meetup) -> tuple[date, ...]:
    if not isinstance(meetup.starts, datetime):
        return ()
    lasts = min(meetup.duration or timedelta(), LONGEST)
    days = unclear_days(meetup.timezone, meetup.starts.time(), lasts)
    return tuple(day for day in days if _is_ruled(meetup, day))


def _is_ruled(meetup: Meetup, day: date) -> bool:
    return any(ruled_days(meetup, start=day, end=day, excluded=meetup.excluded))


def _single(
    meetup: Meetup, day: date, texts: EventTexts, stamps: Stamps, stamped: date | None = None
) -> Iterator[list[str]]:
    """The event of one planned day, without a rule. `stamped`: the day its stamp is kept by."""
    one = occurrence_on(meetup, day)
    if one is not None:
        event = _begin_event(texts, stamps, stamped)
        _add_times(event, one.starts, one.ends, meetup.timezone)
        yield _describe(event, meetup, one, texts, reason=_reason(meetup, day))


def _series(
    meetup: Meetup, lone: tuple[date, ...], texts: EventTexts, stamps: Stamps, start: date, end: date
) -> Iterator[list[str]]:
    """The event of the rule from `start` to `end`, and one for each of its dates that `changes` touches."""
    excluded = (*meetup.excluded, *lone)
    first = next(ruled_days(meetup, start=start, end=end, excluded=excluded), None)
    if first is None:
        return
    plain = Occurrence(
        meetup=meetup.slug, starts=meetup.starts, ends=None, original=first, title=meetup.title, place=meetup.place,
        online_url=meetup.online_url, status=meetup.status, zone=meetup.timezone,
    )  # fmt: skip
    series = _begin_event(texts, stamps, None)
    _add_times(series, *_series_times(meetup, first), meetup.timezone)
    _add_recurrence(series, meetup, first, end, excluded)
    yield _describe(series, meetup, plain, texts)
    for changed in changed_occurrences(meetup) if meetup.changes else ():
        if changed.original not in lone and start <= changed.original <= end:
            event = _begin_event(texts, stamps, changed.original)
            event.append(_moment_line("RECURRENCE-ID", _wall(meetup, changed.original), meetup.timezone))
            _add_times(event, changed.starts, changed.ends, meetup.timezone)
            yield _describe(event, meetup, changed, texts, reason=_reason(meetup, changed.original))


def _reason(meetup: Meetup, day: date) -> str:
    """Why a date differs; said of the date alone, never of the whole series."""
    change = meetup.changes.get(day)
    return "" if change is None else change.reason


def _begin_event(texts: EventTexts, stamps: Stamps, day: date | None) -> list[str]:
    """An event with its identity; `day` is that of a date with an event of its own."""
    stamp = stamps.of(day)
    known = stamp or UNSTAMPED
    event = [
        content_line("UID", text_value(one_line(texts.uid))),
        content_line("DTSTAMP", moment_value(known.instant)),
    ]
    if stamp is not None:
        event.append(content_line("LAST-MODIFIED", moment_value(stamp.instant)))
    event.append(content_line("SEQUENCE", str(known.sequence)))
    return event


def _describe(event: list[str], meetup: Meetup, one: Occurrence, texts: EventTexts, *, reason: str = "") -> list[str]:
    """`event`, which has its times, with all else."""
    event += [
        content_line("STATUS", one.status.upper()),
        # who subscribes to a community's calendar is not busy at all of its meetups
        "TRANSP:TRANSPARENT",
        content_line("SUMMARY", text_value(one_line(one.title.text(texts.language)))),
    ]
    if description := _description(meetup, one, texts):
        event.append(content_line("DESCRIPTION", text_value(description)))
    if reason:
        event.append(content_line("COMMENT", text_value(one_line(reason))))
    _add_location(event, one.place, uri_value(one.online_url), texts.join)
    if url := uri_value(texts.url):
        event.append(content_line("URL", url))
    if (organizer := uri_value(texts.organizer_url)) and (name := parameter_text(texts.organizer)):
        event.append(content_line("ORGANIZER", organizer, CN=name))
    if (picture := uri_value(texts.picture)).startswith("https:"):
        event.append(content_line("IMAGE", picture, VALUE="URI", DISPLAY="BADGE"))
    if names := [text_value(name) for name in dict.fromkeys(map(one_line, texts.categories)) if name]:
        event.append(content_line("CATEGORIES", ",".join(names)))
    return event


# --- when ---


def _moment_line(name: str, moment: datetime | date, zone: str) -> str:
    """Wall time in `zone`, whatever `tzinfo` it has: with TZID; `Z` in UTC; VALUE=DATE for a day."""
    if not isinstance(moment, datetime):
        return content_line(name, moment_value(moment), VALUE="DATE")
    if zone == "UTC":
        return content_line(name, wall_value(moment) + "Z")
    return content_line(name, wall_value(moment), TZID=zone)


def _wall(meetup: Meetup, day: date) -> datetime | date:
    """The wall time, or the day, that the rule gives on `day`."""
    return datetime.combine(day, meetup.starts.time()) if isinstance(meetup.starts, datetime) else day


def _add_times(event: list[str], starts: datetime | date, ends: datetime | date | None, zone: str) -> None:
    """DTSTART and DTEND: in `zone`, or in UTC where its clocks show one of the two twice."""
    moments = [moment for moment in (starts, ends) if isinstance(moment, datetime) and moment.tzinfo is not None]
    if any(map(comes_twice, moments)):
        starts, *rest = [moment.astimezone(UTC) for moment in moments]
        ends, zone = (rest[0] if rest else None), "UTC"
    event.append(_moment_line("DTSTART", starts, zone))
    if not isinstance(starts, datetime):  # the end of days is the day after (section 3.6.1)
        event.append(_moment_line("DTEND", (starts if ends is None else ends) + _DAY, zone))
    elif ends is not None:
        event.append(_moment_line("DTEND", ends, zone))


def _series_times(meetup: Meetup, first: date) -> tuple[datetime | date, datetime | date | None]:
    """Start and end of a series, from the first day its rule gives (that clock changes may not move)."""
    starts = _wall(meetup, first)
    if not isinstance(starts, datetime):
        return starts, None if meetup.last_day is None else starts + (meetup.last_day - first_day(meetup))
    if meetup.duration is None:
        return starts, None
    zone = read_zone(meetup.timezone)
    return starts, (starts.replace(tzinfo=zone).astimezone(UTC) + meetup.duration).astimezone(zone)


def _add_recurrence(event: list[str], meetup: Meetup, first: date, end: date, excluded: tuple[date, ...]) -> None:
    """RRULE with its bound, and one EXDATE for each day taken out that the rule gives from `first` to `end`."""
    ruled = meetup_rule(meetup)
    assert ruled is not None
    spelt = spelt_out(ruled, first)
    parts = dict(part.split("=") for part in str(spelt).split(";"))
    if spelt.depends_on_weeks:  # said also where it is Monday: some take Sunday where nothing is said
        parts["WKST"] = WEEKDAYS[spelt.week_start]
    last = last_ruled_day(meetup)
    if end < (last or date.max):  # at the very hour: some have the one that clocks skip on the day before
        *_, end = ruled_days(meetup, start=first, end=end)
        wall = _wall(meetup, end)
        assert isinstance(wall, datetime)
        parts["UNTIL"] = moment_value(local_time(wall, read_zone(meetup.timezone)).astimezone(UTC))
    elif last is not None:
        parts["UNTIL"] = moment_value(_until(meetup, last))
    event.append(content_line("RRULE", ";".join(f"{name}={parts[name]}" for name in _RULE_PARTS if name in parts)))
    days = (day for day in sorted(set(excluded)) if first < day <= end and any(ruled_days(meetup, start=day, end=day)))
    event += [_exception(meetup, day) for day in days]


def _exception(meetup: Meetup, day: date) -> str:
    """EXDATE for what a rule gives on `day`: in UTC where clocks skip it, as libical wants it."""
    wall = _wall(meetup, day)
    if isinstance(wall, datetime):
        shown = local_time(wall, read_zone(meetup.timezone))
        if shown.replace(tzinfo=None, fold=0) != wall:
            return _moment_line("EXDATE", shown.astimezone(UTC), "UTC")
    return _moment_line("EXDATE", wall, meetup.timezone)


def _until(meetup: Meetup, last: date) -> datetime | date:
    """The end of the last day in UTC, as section 3.3.10 asks where DTSTART has a zone; for all-day ones the day."""
    if meetup.all_day:
        return last
    return instant_of(datetime.combine(last, time(23, 59, 59)), read_zone(meetup.timezone))


# --- what and where ---


def _description(meetup: Meetup, one: Occurrence, texts: EventTexts) -> str:
    """The text, then the addresses people need that apps do not show from URL or CONFERENCE."""
    text = clean_text(texts.description).strip()
    if len(text) > LONGEST_DESCRIPTION:
        text = text[:LONGEST_DESCRIPTION].rstrip() + " …"
    addresses = [url for url in (uri_value(meetup.rsvp), uri_value(one.online_url)) if url and url not in text]
    return "\n\n".join(part for part in (text, *dict.fromkeys(addresses)) if part)


def _add_location(event: list[str], place: Place | None, online: str, label: str) -> None:
    if place is not None:
        event.append(content_line("LOCATION", text_value(one_line(place.label))))
        if place.precise and place.lat is not None and place.lon is not None:
            event.append(content_line("GEO", f"{place.lat:.6f};{place.lon:.6f}"))  # never 1e-05 (section 3.8.1.6)
    elif online:
        event.append(content_line("LOCATION", text_value(online)))
    if online:
        named = {"LABEL": name} if (name := parameter_text(label)) else {}
        event.append(content_line("CONFERENCE", online, FEATURE="VIDEO", **named, VALUE="URI"))


# --- calendars ---


def event_piece(meetup: Meetup, octets: bytes) -> EventPiece:
    """The rendered events of a meetup with all that a calendar must know to carry them."""
    zone, starts = meetup.timezone, meetup.starts
    if not octets or zone == "UTC" or not isinstance(starts, datetime):
        return octets, "", 0
    moved = (change.starts for change in meetup.changes.values() if change.starts is not None)
    return octets, zone, max(min([starts.year, *(day.year for day in (*moved, *meetup.also))]), 1900)


def render_calendar(
    events: Sequence[tuple[Meetup, bytes]],
    *,
    name: str,
    description: str = "",
    url: str = "",
    source: str = "",
    color: Color = TEAL,
    timezone: str = "UTC",
) -> bytes:
    """A VCALENDAR of meetups and their rendered events, as `join_events` makes it."""
    pieces = [event_piece(*one) for one in events]
    lines = calendar_lines(name=name, description=description, url=url, source=source, color=color)
    return join_events(pieces, lines, timezone=timezone)


def join_events(pieces: Sequence[EventPiece], lines: Iterable[str], *, timezone: str) -> bytes:
    """A VCALENDAR of `calendar_lines` and rendered events, with the VTIMEZONE of each zone they use.

    A calendar needs a component (section 3.4), so one without events carries the VTIMEZONE of `timezone`.
    """
    events = [octets for octets, _, _ in pieces if octets]
    # the earliest year of a zone comes last, and stays
    needed = (
        dict(sorted({(zone, year) for _, zone, year in pieces if zone}, reverse=True)) if events else {timezone: 2026}
    )
    zones = [render_timezone(zone, year).encode() for zone, year in sorted(needed.items())]
    return component_octets("VCALENDAR", lines, [*zones, *events])


def calendar_lines(
    *, name: str, description: str = "", url: str = "", source: str = "", color: Color = TEAL
) -> Iterator[str]:
    """What a calendar says of itself: by the words of RFC 7986, and by those that apps had before.

    `url` is the page it belongs to, `source` its own address.
    """
    yield "VERSION:2.0"
    yield content_line("PRODID", PRODUCT)
    yield "CALSCALE:GREGORIAN"
    yield "METHOD:PUBLISH"
    called, told = text_value(one_line(name)), text_value(one_line(description))
    yield content_line("NAME", called)
    yield content_line("X-WR-CALNAME", called)
    if description:
        yield content_line("DESCRIPTION", told)
        yield content_line("X-WR-CALDESC", told)
    if page := uri_value(url):
        yield content_line("URL", page)
    if own := uri_value(source):
        yield content_line("SOURCE", own, VALUE="URI")
    refresh = f"PT{REFRESH // timedelta(hours=1)}H"
    yield content_line("REFRESH-INTERVAL", refresh, VALUE="DURATION")
    yield content_line("X-PUBLISHED-TTL", refresh)
    yield content_line("COLOR", color.name)
    yield content_line("X-APPLE-CALENDAR-COLOR", color.hex)
