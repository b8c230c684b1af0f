"""iCalendar (RFC 5545, RFC 7986): meetups as VEVENTs, and calendars that carry them.

Meetups in, octets out. A VEVENT depends on its meetup alone, so the same text stands in every feed that has it, and an
edit of one meetup changes no other event.

What calendar apps hold on to, and where it comes from:
- UID: the slug and the site's address; a renamed meetup keeps the UID of its first slug.
- DTSTAMP and SEQUENCE: a `Stamp`. It is never the clock, or every build would announce every event as changed.
- Wall time in the meetup's zone with a VTIMEZONE of ours (`rendering.time_zones`); `Z` in UTC; days for all-day ones.
- A cancelled meetup stays, as STATUS:CANCELLED: one that disappears stays in people's calendars as if it took place.
- Nobody is named: hosts are people, and a calendar entry is copied to places where no consent reaches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from alongside.model.gatherings import Change, Meetup
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
from alongside.rendering.content_lines import (
    clean_text,
    content_line,
    day_value,
    duration_value,
    moment_property,
    one_line,
    text_value,
    uri_value,
    utc_value,
)
from alongside.rendering.time_zones import render_timezone

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
    """What an event says beyond its record: made by `rendering.feeds`, which knows the site."""

    uid: str
    url: str = ""  # of the meetup's page, absolute
    description: str = ""  # plain text
    categories: tuple[str, ...] = ()  # names of challenges, and topics
    language: str = "en"  # which version of a title is taken


def render_event(meetup: Meetup, texts: EventTexts, *, stamp: Stamp = UNSTAMPED) -> str:
    """The VEVENTs of a meetup, lines folded and ended by CRLF: one, and one for each changed date of a series.

    Empty for a meetup without any date (its only one is in `except`, or `until` lies before `starts`).
    """
    if meetup_rule(meetup) is None:
        dates = occurrences(meetup, start=_BEGIN, end=_END)
        return "".join(_event(meetup, one, texts, stamp, _times(one, meetup)) for one in dates)
    first = next(planned_days(meetup, start=date.min, end=date.max, excluded=()), None)
    if first is None:
        return ""
    plain = Occurrence(
        meetup=meetup.slug, starts=meetup.starts, ends=None, original=first, title=meetup.title, place=meetup.place,
        online_url=meetup.online_url, status=meetup.status, zone=meetup.timezone,
    )  # fmt: skip
    events = [_event(meetup, plain, texts, stamp, [*_series_times(meetup, first), *_recurrence(meetup)])]
    for changed in changed_occurrences(meetup):
        times = [moment_property("RECURRENCE-ID", _wall(meetup, changed.original), meetup.timezone)]
        events.append(_event(meetup, changed, texts, stamp, [*times, *_times(changed, meetup)]))
    return "".join(events)


def _event(meetup: Meetup, date_: Occurrence, texts: EventTexts, stamp: Stamp, times: Iterable[str]) -> str:
    change = meetup.changes.get(date_.original)
    lines = [
        "BEGIN:VEVENT\r\n",
        content_line("UID", text_value(one_line(texts.uid))),
        f"DTSTAMP:{utc_value(stamp.instant)}\r\n",
        f"SEQUENCE:{stamp.sequence}\r\n",
        *times,
        f"STATUS:{date_.status.upper()}\r\n",
        # who subscribes to a community's calendar is not busy at all of its meetups
        "TRANSP:TRANSPARENT\r\n",
        content_line("SUMMARY", text_value(one_line(date_.title.text(texts.language)))),
        *_descriptions(meetup, date_, change, texts),
        *_location(date_.place, date_.online_url),
        *([content_line("URL", url)] if (url := uri_value(texts.url)) else []),
        *([content_line("CATEGORIES", _categories(texts.categories))] if texts.categories else []),
        "END:VEVENT\r\n",
    ]
    return "".join(lines)


# --- when ---


def _wall(meetup: Meetup, day: date) -> datetime | date:
    """The wall time, or the day, that the rule gives on `day`."""
    return datetime.combine(day, meetup.starts.time()) if isinstance(meetup.starts, datetime) else day


def _times(one: Occurrence, meetup: Meetup) -> list[str]:
    """DTSTART and DTEND of one date, as it takes place."""
    return _span_lines(one.starts, one.ends, meetup.timezone)


def _series_times(meetup: Meetup, first: date) -> list[str]:
    """DTSTART and DTEND of a series, from the first day its rule gives (that clock changes may not move)."""
    starts = _wall(meetup, first)
    if not isinstance(starts, datetime):
        length = _DAY * 0 if meetup.last_day is None else meetup.last_day - first_day(meetup)
        return _span_lines(starts, starts + length, meetup.timezone)
    if meetup.duration is None:
        return _span_lines(starts, None, meetup.timezone)
    zone = read_zone(meetup.timezone)
    over = (starts.replace(tzinfo=zone).astimezone(UTC) + meetup.duration).astimezone(zone)
    return _span_lines(starts, over, meetup.timezone)


def _span_lines(starts: datetime | date, ends: datetime | date | None, zone: str) -> list[str]:
    lines = [moment_property("DTSTART", starts, zone)]
    if not isinstance(starts, datetime):  # the end of days is the day after (section 3.6.1)
        lines.append(moment_property("DTEND", (starts if ends is None else ends) + _DAY, zone))
    elif ends is not None:
        lines.append(moment_property("DTEND", ends, zone))
    return lines


def _recurrence(meetup: Meetup) -> Iterator[str]:
    """RRULE with its bound, and one EXDATE for each day taken out that the rule gives."""
    rule = meetup.rrule.upper()
    if meetup.until is not None:
        rule += f";UNTIL={_until(meetup, meetup.until)}"
    elif meetup.times is not None:
        rule += f";COUNT={max(meetup.times, 1)}"
    yield content_line("RRULE", rule)
    for day in sorted(set(meetup.excluded)):
        if any(planned_days(meetup, start=day, end=day, excluded=())):
            yield moment_property("EXDATE", _wall(meetup, day), meetup.timezone)


def _until(meetup: Meetup, until: date) -> str:
    """The end of the last day in UTC, as section 3.3.10 asks where DTSTART has a zone; the day alone for all-day ones.

    Where `times` ends it earlier, that day: a rule has one of the two.
    """
    if meetup.times is not None:
        rule = meetup_rule(meetup)
        assert rule is not None
        nth = nth_day(rule, first_day(meetup), max(meetup.times, 1))
        until = min(until, nth) if nth is not None else until
    if meetup.all_day:
        return day_value(until)
    return utc_value(local_time(datetime.combine(until, time(23, 59, 59)), read_zone(meetup.timezone)))


# --- what and where ---


def _descriptions(meetup: Meetup, one: Occurrence, change: Change | None, texts: EventTexts) -> Iterator[str]:
    """DESCRIPTION: the text, then the addresses people need that apps do not show from URL or CONFERENCE."""
    text = clean_text(texts.description).strip()
    if len(text) > LONGEST_DESCRIPTION:
        text = text[:LONGEST_DESCRIPTION].rstrip() + " …"
    addresses = [url for url in (uri_value(meetup.rsvp), uri_value(one.online_url)) if url and url not in text]
    whole = "\n\n".join(part for part in (text, *dict.fromkeys(addresses)) if part)
    if whole:
        yield content_line("DESCRIPTION", text_value(whole))
    if change is not None and change.reason:
        yield content_line("COMMENT", text_value(one_line(change.reason)))


def _location(place: Place | None, online_url: str) -> Iterator[str]:
    url = uri_value(online_url)
    if place is not None:
        yield content_line("LOCATION", text_value(one_line(place.label)))
        if place.precise and place.lat is not None and place.lon is not None:
            yield f"GEO:{place.lat:.6f};{place.lon:.6f}\r\n"
    elif url:
        yield content_line("LOCATION", text_value(url))
    if url:
        yield content_line("CONFERENCE;VALUE=URI;FEATURE=VIDEO", url)


def _categories(names: Iterable[str]) -> str:
    return ",".join(text_value(name) for name in dict.fromkeys(one_line(name) for name in names) if name)


# --- calendars ---


def render_calendar(
    events: Sequence[tuple[Meetup, str]],
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
    events = [(meetup, text) for meetup, text in events if text]
    calendar_name = text_value(one_line(name))
    lines = [
        "BEGIN:VCALENDAR\r\n",
        "VERSION:2.0\r\n",
        content_line("PRODID", PRODUCT),
        "CALSCALE:GREGORIAN\r\n",
        "METHOD:PUBLISH\r\n",
        content_line("NAME", calendar_name),
        content_line("X-WR-CALNAME", calendar_name),
        *([content_line("URL", page)] if (page := uri_value(url)) else []),
        *([content_line("SOURCE;VALUE=URI", own)] if (own := uri_value(source)) else []),
        f"REFRESH-INTERVAL;VALUE=DURATION:{duration_value(REFRESH)}\r\n",
        f"X-PUBLISHED-TTL:{duration_value(REFRESH)}\r\n",
        f"COLOR:{COLOR}\r\n",
        *(render_timezone(zone, year) for zone, year in sorted(_zones(events, timezone).items())),
        *(text for _, text in events),
        "END:VCALENDAR\r\n",
    ]
    return "".join(lines).encode()


def _zones(events: Sequence[tuple[Meetup, str]], default: str) -> dict[str, int]:
    """Each zone the events name, with the first year they need it for."""
    years: dict[str, int] = {}
    for meetup, _ in events:
        if not meetup.all_day and meetup.timezone != "UTC":
            days = [
                first_day(meetup),
                *(change.starts for change in meetup.changes.values() if change.starts is not None),
            ]
            first = max(1900, min(day.year for day in days))
            years[meetup.timezone] = min(first, years.get(meetup.timezone, first))
    return years if events else {default: 2026}
