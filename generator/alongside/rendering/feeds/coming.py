"""Coming dates of meetups as entries of a feed: the next one of each, and those called off before it.

An entry is one date. Its id is the meetup's first slug and the day the rule gives, so a date that moves stays the same
entry, and the one after it is another. It is dated when it became the next one, which is when the date before it was
over, or when it was changed, as the ledger of stamps knows; of a first date without a stamp nobody knows either. So a
build of the next day gives the same bytes until a date has passed, and what has not changed keeps its `updated`.

All is counted from the beginning of the day (UTC): what happens today is announced all day, and two builds of one day
agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta

from alongside.model.community import Community
from alongside.model.gatherings import Meetup
from alongside.model.stamps import Stamp, Stamps
from alongside.planning.occurrences import HORIZON, Occurrence, meetup_rule, occurrences, planned_days
from alongside.planning.zones import instant_of, read_zone
from alongside.rendering.feeds.content_lines import one_line, page_address, uri_value
from alongside.rendering.feeds.meetup_words import meetup_words
from alongside.rendering.feeds.text_feeds import FeedEntry, first_words
from alongside.rendering.interface import format_date, format_hours, format_span, format_zone, say
from alongside.rendering.tracking import Site

SOONEST = 100  # meetups in a feed
MOST_DATES = 6  # of one meetup: the next, and some called off before it
_LOOK_BACK = (9, 40, 400, 1500)  # days in which the date before is looked for


def coming_dates(site: Site) -> Mapping[str, tuple[Occurrence, ...]]:
    """For each meetup with a date from today (UTC) on: the next that takes place, after those called off before it."""

    def compute(community: Community) -> Mapping[str, tuple[Occurrence, ...]]:
        midnight = datetime.combine(site.day, time(), UTC)
        found = {slug: _next_dates(meetup, midnight) for slug, meetup in community.meetups.items()}
        return {slug: dates for slug, dates in found.items() if dates}

    return site.shared("feeds.coming", compute)


def _next_dates(meetup: Meetup, midnight: datetime) -> tuple[Occurrence, ...]:
    found: list[Occurrence] = []
    for one in occurrences(meetup, start=midnight, end=midnight + HORIZON):
        found.append(one)
        if one.status != "cancelled" or meetup.status == "cancelled" or len(found) == MOST_DATES:
            break
    return tuple(found)


def soonest_meetups(site: Site) -> Mapping[str, tuple[str, ...]]:
    """The meetups of each feed, soonest first: by slug of the group, and of all by an empty text."""

    def compute(community: Community) -> Mapping[str, tuple[str, ...]]:
        dates = coming_dates(site)
        found: dict[str, list[str]] = {"": []}
        for slug in sorted(dates, key=lambda slug: (dates[slug][-1].instant, slug)):
            for feed in dict.fromkeys(("", community.meetups[slug].group)):
                found.setdefault(feed, []).append(slug)
        return {feed: tuple(slugs[:SOONEST]) for feed, slugs in found.items()}

    return site.shared("feeds.soonest", compute)


def date_entries(
    site: Site, meetup: Meetup, *, id_stem: str, stamps: Stamps, organizer: tuple[str, str], categories: tuple[str, ...]
) -> Iterator[FeedEntry]:
    """The entries of a meetup. `id_stem`: what its ids begin with; `organizer`: name and page of who holds it."""
    language = site.community.language
    words, _ = meetup_words(site, meetup.slug)
    for one in coming_dates(site)[meetup.slug]:
        facts = _facts(meetup, one, language)
        yield FeedEntry(
            id=f"{id_stem}/{one.original.isoformat()}",
            url=page_address(site.settings.site_url, meetup.path),
            title=_title(one, language),
            language=language,
            moment=_became_news(meetup, one, stamps.of(one.original)),
            summary=" · ".join((*facts, *((first_words(words),) if words else ()))),
            text="\n\n".join(("\n".join(facts), *((words,) if words else ()))),
            authors=(organizer,),
            categories=categories,
        )


def _title(one: Occurrence, language: str) -> str:
    title = f"{one_line(one.title.text(language))} · {format_date(_day(one.starts), language, 'weekday')}"
    return say(language, "feed.called_off", title=title) if one.status == "cancelled" else title


def _facts(meetup: Meetup, one: Occurrence, language: str) -> tuple[str, ...]:
    """What people ask first, a line each: how it stands, when, where."""
    change = meetup.changes.get(one.original)
    reason = one_line(change.reason) if change is not None else ""
    moved = _day(one.starts) != one.original
    lines = (
        say(language, "meetup.called_off") if one.status == "cancelled" else "",
        say(language, "meetup.tentative") if one.status == "tentative" else "",
        say(language, "meetup.moved", date=format_date(one.original, language)) if moved else "",
        reason,
        when_words(one, language),
        one_line(one.place.label) if one.place is not None else "",
        uri_value(one.online_url) or (say(language, "meetup.online") if meetup.online else ""),
    )
    return tuple(line for line in lines if line)


def when_words(one: Occurrence, language: str) -> str:
    """A date in one line: "Thursday, 3 December 2026, 18:30–20:30 Berlin time (UTC+1)"; days alone for all-day ones."""
    if not isinstance(one.starts, datetime):
        return format_span(one.starts, one.starts if one.ends is None else _day(one.ends), language)
    ends = one.ends if isinstance(one.ends, datetime) else None
    day = format_date(one.starts, language, "weekday")
    hours = format_hours(one.starts, ends, language)
    return f"{day}, {hours} {format_zone(one.zone, one.starts, language)}"


def _day(moment: datetime | date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _became_news(meetup: Meetup, one: Occurrence, stamp: Stamp | None) -> datetime | None:
    """When it became the next date or was changed, whatever came last; None where nobody knows."""
    known = [_became_next(meetup, one), stamp.instant if stamp is not None else None]
    return max((moment for moment in known if moment is not None), default=None)


def _became_next(meetup: Meetup, one: Occurrence) -> datetime | None:
    """When the last date before it that was not called off was over, in UTC: its day. None for a first one."""
    if meetup_rule(meetup) is None:
        return None
    off = {day for day, change in meetup.changes.items() if change.status == "cancelled"}
    eve = one.original - timedelta(days=1)
    for days in _LOOK_BACK:
        earlier = planned_days(meetup, start=one.original - timedelta(days=days), end=eve)
        before = max((day for day in earlier if day not in off), default=None)
        if before is not None:
            midnight = datetime.combine(before + timedelta(days=1), time())
            return instant_of(midnight, read_zone(meetup.timezone))
    return None
