"""iCalendar (RFC 5545, RFC 7986): meetups as VEVENTs, and calendars that carry them.

Meetups in, octets out. `icalendar` makes the properties and serialises them: it escapes, quotes and folds. Text is
cleaned before it goes in (`content_lines`). A VEVENT depends on its meetup alone, so it is serialised once
and the same octets are joined into every feed that has it; an edit of one meetup changes no other event. Properties
stand in the order they are added here, so that another version of the package moves none.

What calendar apps hold on to, and where it comes from:
- UID: the slug and the site's address; a renamed meetup keeps the UID of its first slug.
- DTSTAMP and SEQUENCE: a `Stamp`. It is never the clock, or every build would announce every event as changed.
- Wall time in the meetup's zone with a VTIMEZONE of ours (`time_zones`); `Z` in UTC; days for all-day ones.
- A cancelled meetup stays, as STATUS:CANCELLED: one that disappears stays in people's calendars as if it took place.
- Nobody is named: hosts are people, and a calendar entry is copied to places where no consent reaches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from icalendar import (
    Calendar,
    Conference,
    Event,
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
from alongside.model.recurrences import nth_day
from alongside.planning.occurrences import (
    Occurrence,
    changed_occurrences,
    first_day,
    meetup_rule,
    occurrences,
    planned_days,
)
from alongside.planning.zones import local_time, read_zone
from alongside.rendering.feeds.content_lines import clean_text, component_octets, one_line, uri_value
from alongside.rendering.feeds.time_zones import render_timezone

PRODUCT = "-//Alongside//Community calendars//EN"  # without a version: an upgrade alone changes no feed
REFRESH = timedelta(hours=12)  # how often apps should ask again
COLOR = "teal"  # a CSS name (RFC 7986 section 5.9)
LONGEST_DESCRIPTION = 8000  # characters; some apps refuse or cut longer ones, and the page has it all
_BEGIN, _END = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """When an event was last changed, and how often."""

    instant: datetime  # aware: DTSTAMP
    sequence: int = 0  # SEQUENCE: counts changes of time, place or status


# For events whose changes nobody has kept: one instant for all. A stamp made from the content would go back in time at
# half of the edits, and apps that compare would then keep the old event; equal stamps leave it to them to look.
UNSTAMPED = Stamp(instant=datetime(2026, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTexts:
    """What an event says beyond its record: made by `rendering.feeds.listing`, which knows the site."""

    uid: str
    url: str = ""  # of the meetup's page, absolute
    description: str = ""  # plain text
    categories: tuple[str, ...] = ()  # names of challenges, and topics
    language: str = "en"  # which version of a title is taken


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


def render_event(meetup: Meetup, texts: EventTexts, *, stamp: Stamp = UNSTAMPED) -> bytes:
    """The VEVENTs of a meetup, lines folded and ended by CRLF: one, and one for each changed date of a series.

    Empty for a meetup without any date (its only one is in `except`, or `until` lies before `starts`).
    """
    return b"".join(map(component_octets, _events(meetup, texts, stamp)))


def _events(meetup: Meetup, texts: EventTexts, stamp: Stamp) -> Iterator[Event]:
    if meetup_rule(meetup) is None:
        for one in occurrences(meetup, start=_BEGIN, end=_END):
            event = _begin_event(texts, stamp)
            _add_times(event, one.starts, one.ends, meetup.timezone)
            yield _describe(event, meetup, one, texts)
        return
    first = next(planned_days(meetup, start=date.min, end=date.max, excluded=()), None)
    if first is None:
        return
    plain = Occurrence(
        meetup=meetup.slug, starts=meetup.starts, ends=None, original=first, title=meetup.title, place=meetup.place,
        online_url=meetup.online_url, status=meetup.status, zone=meetup.timezone,
    )  # fmt: skip
    series = _begin_event(texts, stamp)
    _add_times(series, *_series_times(meetup, first), meetup.timezone)
    _add_recurrence(series, meetup)
    yield _describe(series, meetup, plain, texts)
    for changed in changed_occurrences(meetup):
        event = _begin_event(texts, stamp)
        event["RECURRENCE-ID"] = _moment(_wall(meetup, changed.original), meetup.timezone)
        _add_times(event, changed.starts, changed.ends, meetup.timezone)
        yield _describe(event, meetup, changed, texts)


def _begin_event(texts: EventTexts, stamp: Stamp) -> Event:
    event = Event()
    event["UID"] = _Text(one_line(texts.uid))
    event["DTSTAMP"] = vDatetime(stamp.instant.astimezone(UTC))
    event["SEQUENCE"] = vInt(stamp.sequence)
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
    if change is not None and change.reason:
        event["COMMENT"] = _Text(one_line(change.reason))
    _add_location(event, one.place, uri_value(one.online_url))
    if url := uri_value(texts.url):
        event["URL"] = vUri(url)
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


def _add_recurrence(event: Event, meetup: Meetup) -> None:
    """RRULE with its bound, and one EXDATE for each day taken out that the rule gives."""
    rule = vRecur.from_ical(meetup.rrule.upper())
    if meetup.until is not None:
        rule["UNTIL"] = _until(meetup, meetup.until)
    elif meetup.times is not None:
        rule["COUNT"] = max(meetup.times, 1)
    event["RRULE"] = rule
    excluded = [
        _moment(_wall(meetup, day), meetup.timezone)
        for day in sorted(set(meetup.excluded))
        if any(planned_days(meetup, start=day, end=day, excluded=()))
    ]
    if excluded:
        event["EXDATE"] = excluded


def _until(meetup: Meetup, until: date) -> datetime | date:
    """The end of the last day in UTC, as section 3.3.10 asks where DTSTART has a zone; the day alone for all-day ones.

    Where `times` ends it earlier, that day: a rule has one of the two.
    """
    if meetup.times is not None:
        rule = meetup_rule(meetup)
        assert rule is not None
        nth = nth_day(rule, first_day(meetup), max(meetup.times, 1))
        until = min(until, nth) if nth is not None else until
    if meetup.all_day:
        return until
    return local_time(datetime.combine(until, time(23, 59, 59)), read_zone(meetup.timezone)).astimezone(UTC)


# --- what and where ---


def _description(meetup: Meetup, one: Occurrence, texts: EventTexts) -> str:
    """The text, then the addresses people need that apps do not show from URL or CONFERENCE."""
    text = clean_text(texts.description).strip()
    if len(text) > LONGEST_DESCRIPTION:
        text = text[:LONGEST_DESCRIPTION].rstrip() + " …"
    addresses = [url for url in (uri_value(meetup.rsvp), uri_value(one.online_url)) if url and url not in text]
    return "\n\n".join(part for part in (text, *dict.fromkeys(addresses)) if part)


def _add_location(event: Event, place: Place | None, online: str) -> None:
    if place is not None:
        event["LOCATION"] = _Text(one_line(place.label))
        if place.precise and place.lat is not None and place.lon is not None:
            event["GEO"] = _Geo((place.lat, place.lon))
    elif online:
        event["LOCATION"] = _Text(online)
    if online:
        event["CONFERENCE"] = Conference(online, feature="VIDEO").to_uri()


# --- calendars ---


def render_calendar(
    events: Sequence[tuple[Meetup, bytes]],
    *,
    name: str,
    url: str = "",
    source: str = "",
    timezone: str = "UTC",
) -> bytes:
    """A VCALENDAR of meetups and their rendered events, with the VTIMEZONE of each zone they use.

    `url` is the page it belongs to, `source` its own address. A calendar needs a component (section 3.4), so one
    without events carries the VTIMEZONE of `timezone`.
    """
    events = [(meetup, octets) for meetup, octets in events if octets]
    head, end = component_octets(_calendar(name, uri_value(url), uri_value(source))).rsplit(b"END:", 1)
    zones = [render_timezone(zone, year).encode() for zone, year in sorted(_zones(events, timezone).items())]
    return b"".join([head, *zones, *(octets for _, octets in events), b"END:", end])


def _calendar(name: str, url: str, source: str) -> Calendar:
    calendar = Calendar()
    calendar["VERSION"] = vText("2.0")
    calendar["PRODID"] = vText(PRODUCT)
    calendar["CALSCALE"] = vText("GREGORIAN")
    calendar["METHOD"] = vText("PUBLISH")
    calendar["NAME"] = _Text(one_line(name))
    calendar["X-WR-CALNAME"] = _Text(one_line(name))
    if url:
        calendar["URL"] = vUri(url)
    if source:
        calendar["SOURCE"] = vUri(source, params={"VALUE": "URI"})
    calendar["REFRESH-INTERVAL"] = vDuration(REFRESH, params={"VALUE": "DURATION"})
    calendar["X-PUBLISHED-TTL"] = vDuration(REFRESH)
    calendar["COLOR"] = vText(COLOR)
    return calendar


def _zones(events: Sequence[tuple[Meetup, bytes]], default: str) -> dict[str, int]:
    """Each zone the events name, with the first year they need it for."""
    years: dict[str, int] = {}
    for meetup, _ in events:
        zone, starts = meetup.timezone, meetup.starts
        if zone != "UTC" and isinstance(starts, datetime):
            year = starts.year
            if meetup.changes:
                moved = (change.starts for change in meetup.changes.values() if change.starts is not None)
                year = min([year, *(day.year for day in moved)])
            if year < years.get(zone, 9999):
                years[zone] = max(year, 1900)
    return years if events else {default: 2026}
