"""iCalendar (RFC 5545, RFC 7986): meetups as VEVENTs, and calendars that carry them.

Meetups in, octets out. `icalendar` makes the properties and serialises them: it escapes, quotes and folds. Text is
cleaned before it goes in (`content_lines`). A VEVENT depends on its meetup alone, so it is serialised once
and the same octets are joined into every feed that has it; an edit of one meetup changes no other event. Properties
stand in the order they are added here, so that another version of the package moves none.

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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from icalendar import (
    Calendar,
    Conference,
    Event,
    vCalAddress,
    vCategory,
    vDate,
    vDatetime,
    vDuration,
    vGeo,
    vInt,
    vRecur,
    vText,
    vUri,
)

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
from alongside.planning.zones import comes_twice, local_time, read_zone
from alongside.rendering.feeds.content_lines import clean_text, component_octets, one_line, parameter_text, uri_value
from alongside.rendering.feeds.time_zones import render_timezone, skipped_days, unclear_days

PRODUCT = "-//Alongside//Community calendars//EN"  # without a version: an upgrade alone changes no feed
REFRESH = timedelta(hours=12)  # how often apps should ask again
LONGEST_DESCRIPTION = 8000  # characters; some apps refuse or cut longer ones, and the page has it all
_DAY = timedelta(days=1)
_LONE = re.compile(r"\+[0-9]{8}\+?(?=@)")
_LAST_START = date(2035, 12, 31)  # of a series: one that starts later makes node-ical give up the whole calendar
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


class _Text(vText):
    """A TEXT value (section 3.3.11) as it was authored."""

    __slots__ = ()

    def to_ical(self) -> bytes:
        if "\\N" not in self:
            return super().to_ical()
        # vText takes a backslash and an N, as in C:\New, for a line break: it gets what stands between them
        return b"\\\\N".join(vText(part).to_ical() for part in self.split("\\N"))


class _Geo(vGeo):
    """A GEO value (section 3.8.1.6): six decimals, and never 1e-05."""

    def to_ical(self) -> str:
        return f"{self.latitude:.6f};{self.longitude:.6f}"


def render_event(meetup: Meetup, texts: EventTexts, *, stamps: Stamps = _NO_STAMPS) -> bytes:
    """The VEVENTs of a meetup, lines folded and ended by CRLF: one, and one for each changed date of a series.

    An event of which `stamps` knows nothing has that of its series, else `UNSTAMPED` and no LAST-MODIFIED.

    Empty for a meetup without any date (its only one is in `except`, or `until` lies before `starts`).
    """
    return b"".join(map(component_octets, _events(meetup, texts, stamps)))


def _events(meetup: Meetup, texts: EventTexts, stamps: Stamps) -> Iterator[Event]:
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
) -> Iterator[Event]:
    """The event of one planned day, without a rule. `stamped`: the day its stamp is kept by."""
    one = occurrence_on(meetup, day)
    if one is not None:
        event = _begin_event(texts, stamps, stamped)
        _add_times(event, one.starts, one.ends, meetup.timezone)
        yield _describe(event, meetup, one, texts)


def _series(
    meetup: Meetup, lone: tuple[date, ...], texts: EventTexts, stamps: Stamps, start: date, end: date
) -> Iterator[Event]:
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
    for changed in changed_occurrences(meetup):
        if changed.original not in lone and start <= changed.original <= end:
            event = _begin_event(texts, stamps, changed.original)
            event["RECURRENCE-ID"] = _moment(_wall(meetup, changed.original), meetup.timezone)
            _add_times(event, changed.starts, changed.ends, meetup.timezone)
            yield _describe(event, meetup, changed, texts)


def _begin_event(texts: EventTexts, stamps: Stamps, day: date | None) -> Event:
    """An event with its identity; `day` is that of a date with an event of its own."""
    stamp = stamps.of(day)
    known = stamp or UNSTAMPED
    event = Event()
    event["UID"] = _Text(one_line(texts.uid))
    event["DTSTAMP"] = vDatetime(known.instant.astimezone(UTC))
    if stamp is not None:
        event["LAST-MODIFIED"] = vDatetime(stamp.instant.astimezone(UTC))
    event["SEQUENCE"] = vInt(known.sequence)
    return event


def _describe(event: Event, meetup: Meetup, one: Occurrence, texts: EventTexts) -> Event:
    """`event`, which has its times, with all else."""
    event["STATUS"] = vText(one.status.upper())
    # who subscribes to a community's calendar is not busy at all of its meetups
    event["TRANSP"] = vText("TRANSPARENT")
    event["SUMMARY"] = _Text(one_line(one.title.text(texts.language)))
    if description := _description(meetup, one, texts):
        event["DESCRIPTION"] = _Text(description)
    change = meetup.changes.get(one.original)
    if change is not None and change.reason and "RRULE" not in event:  # why one date differs is not said of all
        event["COMMENT"] = _Text(one_line(change.reason))
    _add_location(event, one.place, uri_value(one.online_url), texts.join)
    if url := uri_value(texts.url):
        event["URL"] = vUri(url)
    if (organizer := uri_value(texts.organizer_url)) and (name := parameter_text(texts.organizer)):
        event["ORGANIZER"] = vCalAddress(organizer, params={"CN": name})
    if (picture := uri_value(texts.picture)).startswith("https:"):
        event["IMAGE"] = vUri(picture, params={"VALUE": "URI", "DISPLAY": "BADGE"})
    if names := [_Text(name) for name in dict.fromkeys(map(one_line, texts.categories)) if name]:
        categories = vCategory([])
        categories.cats.extend(names)  # given as its values they would become plain vText
        event["CATEGORIES"] = categories
    return event


# --- when ---


def _moment(moment: datetime | date, zone: str) -> vDatetime | vDate:
    """Wall time in `zone`, whatever `tzinfo` it has: with TZID; `Z` in UTC; VALUE=DATE for a day."""
    if not isinstance(moment, datetime):
        return vDate(moment, params={"VALUE": "DATE"})
    if zone == "UTC":
        return vDatetime(moment.replace(tzinfo=UTC))
    value = vDatetime(moment.replace(tzinfo=None))
    value.params["TZID"] = zone  # set here: made from a `tzinfo` it may be that of another zone with the same rules
    return value


def _wall(meetup: Meetup, day: date) -> datetime | date:
    """The wall time, or the day, that the rule gives on `day`."""
    return datetime.combine(day, meetup.starts.time()) if isinstance(meetup.starts, datetime) else day


def _add_times(event: Event, starts: datetime | date, ends: datetime | date | None, zone: str) -> None:
    """DTSTART and DTEND: in `zone`, or in UTC where its clocks show one of the two twice."""
    moments = [moment for moment in (starts, ends) if isinstance(moment, datetime) and moment.tzinfo is not None]
    if any(map(comes_twice, moments)):
        starts, *rest = [moment.astimezone(UTC) for moment in moments]
        ends, zone = (rest[0] if rest else None), "UTC"
    event["DTSTART"] = _moment(starts, zone)
    if not isinstance(starts, datetime):  # the end of days is the day after (section 3.6.1)
        event["DTEND"] = _moment((starts if ends is None else ends) + _DAY, zone)
    elif ends is not None:
        event["DTEND"] = _moment(ends, zone)


def _series_times(meetup: Meetup, first: date) -> tuple[datetime | date, datetime | date | None]:
    """Start and end of a series, from the first day its rule gives (that clock changes may not move)."""
    starts = _wall(meetup, first)
    if not isinstance(starts, datetime):
        return starts, None if meetup.last_day is None else starts + (meetup.last_day - first_day(meetup))
    if meetup.duration is None:
        return starts, None
    zone = read_zone(meetup.timezone)
    return starts, (starts.replace(tzinfo=zone).astimezone(UTC) + meetup.duration).astimezone(zone)


def _add_recurrence(event: Event, meetup: Meetup, first: date, end: date, excluded: tuple[date, ...]) -> None:
    """RRULE with its bound, and one EXDATE for each day taken out that the rule gives from `first` to `end`."""
    ruled = meetup_rule(meetup)
    assert ruled is not None
    spelt = spelt_out(ruled, first)
    rule = vRecur.from_ical(str(spelt))
    if spelt.depends_on_weeks:  # said also where it is Monday: some take Sunday where nothing is said
        rule["WKST"] = WEEKDAYS[spelt.week_start]
    last = last_ruled_day(meetup)
    if end < (last or date.max):  # at the very hour: some have the one that clocks skip on the day before
        *_, end = ruled_days(meetup, start=first, end=end)
        wall = _wall(meetup, end)
        assert isinstance(wall, datetime)
        rule["UNTIL"] = local_time(wall, read_zone(meetup.timezone)).astimezone(UTC)
    elif last is not None:
        rule["UNTIL"] = _until(meetup, last)
    event["RRULE"] = rule
    days = (day for day in sorted(set(excluded)) if first < day <= end and any(ruled_days(meetup, start=day, end=day)))
    if taken_out := [_exception(meetup, day) for day in days]:
        event["EXDATE"] = taken_out


def _exception(meetup: Meetup, day: date) -> vDatetime | vDate:
    """EXDATE for what a rule gives on `day`: in UTC where clocks skip it, as libical wants it."""
    wall = _wall(meetup, day)
    if isinstance(wall, datetime):
        shown = local_time(wall, read_zone(meetup.timezone))
        if shown.replace(tzinfo=None, fold=0) != wall:
            return _moment(shown.astimezone(UTC), "UTC")
    return _moment(wall, meetup.timezone)


def _until(meetup: Meetup, last: date) -> datetime | date:
    """The end of the last day in UTC, as section 3.3.10 asks where DTSTART has a zone; for all-day ones the day."""
    if meetup.all_day:
        return last
    return local_time(datetime.combine(last, time(23, 59, 59)), read_zone(meetup.timezone)).astimezone(UTC)


# --- what and where ---


def _description(meetup: Meetup, one: Occurrence, texts: EventTexts) -> str:
    """The text, then the addresses people need that apps do not show from URL or CONFERENCE."""
    text = clean_text(texts.description).strip()
    if len(text) > LONGEST_DESCRIPTION:
        text = text[:LONGEST_DESCRIPTION].rstrip() + " …"
    addresses = [url for url in (uri_value(meetup.rsvp), uri_value(one.online_url)) if url and url not in text]
    return "\n\n".join(part for part in (text, *dict.fromkeys(addresses)) if part)


def _add_location(event: Event, place: Place | None, online: str, label: str) -> None:
    if place is not None:
        event["LOCATION"] = _Text(one_line(place.label))
        if place.precise and place.lat is not None and place.lon is not None:
            event["GEO"] = _Geo((place.lat, place.lon))
    elif online:
        event["LOCATION"] = _Text(online)
    if online:
        event["CONFERENCE"] = Conference(online, feature="VIDEO", label=parameter_text(label) or None).to_uri()


# --- calendars ---


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
    """A VCALENDAR of meetups and their rendered events, with the VTIMEZONE of each zone they use.

    `url` is the page it belongs to, `source` its own address. A calendar needs a component (section 3.4), so one
    without events carries the VTIMEZONE of `timezone`.
    """
    events = [(meetup, octets) for meetup, octets in events if octets]
    calendar = _calendar(name, description, uri_value(url), uri_value(source), color)
    head, end = component_octets(calendar).rsplit(b"END:", 1)
    zones = [render_timezone(zone, year).encode() for zone, year in sorted(_zones(events, timezone).items())]
    return b"".join([head, *zones, *(octets for _, octets in events), b"END:", end])


def _calendar(name: str, description: str, url: str, source: str, color: Color) -> Calendar:
    """What a calendar says of itself: by the words of RFC 7986, and by those that apps had before."""
    calendar = Calendar()
    calendar["VERSION"] = vText("2.0")
    calendar["PRODID"] = vText(PRODUCT)
    calendar["CALSCALE"] = vText("GREGORIAN")
    calendar["METHOD"] = vText("PUBLISH")
    calendar["NAME"] = _Text(one_line(name))
    calendar["X-WR-CALNAME"] = _Text(one_line(name))
    if description:
        calendar["DESCRIPTION"] = _Text(one_line(description))
        calendar["X-WR-CALDESC"] = _Text(one_line(description))
    if url:
        calendar["URL"] = vUri(url)
    if source:
        calendar["SOURCE"] = vUri(source, params={"VALUE": "URI"})
    calendar["REFRESH-INTERVAL"] = vDuration(REFRESH, params={"VALUE": "DURATION"})
    calendar["X-PUBLISHED-TTL"] = vDuration(REFRESH)
    calendar["COLOR"] = vText(color.name)
    calendar["X-APPLE-CALENDAR-COLOR"] = vText(color.hex)
    return calendar


def _zones(events: Sequence[tuple[Meetup, bytes]], default: str) -> dict[str, int]:
    """Each zone the events name, with the first year they need it for."""
    years: dict[str, int] = {}
    for meetup, _ in events:
        zone, starts = meetup.timezone, meetup.starts
        if zone != "UTC" and isinstance(starts, datetime):
            year = starts.year
            if meetup.changes or meetup.also:
                moved = (change.starts for change in meetup.changes.values() if change.starts is not None)
                year = min([year, *(day.year for day in (*moved, *meetup.also))])
            if year < years.get(zone, 9999):
                years[zone] = max(year, 1900)
    return years if events else {default: 2026}
