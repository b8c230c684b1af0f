"""Invitations: the dates a mail shows as an iCalendar object, for the mail's `text/calendar` part.

Each date is an event of its own, without a rule, also where the meetup is a series: calendar apps that do not have the
series drop a lone RECURRENCE-ID or show it under the wrong name, and the whole series would put dates into somebody's
calendar that nobody spoke of. Its UID is the series' and the day, so that the same date sent twice is one entry. A
meetup that happens once keeps the UID of the feeds: who subscribes to them too sees it once. Its stamp is that of the
date in the feeds, so that a mail about a change is newer than the one before, and says the same SEQUENCE as they do.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from alongside.model.gatherings import Meetup
from alongside.model.stamps import Stamps
from alongside.planning.occurrences import Occurrence, meetup_rule
from alongside.planning.plan import StepContent
from alongside.rendering.feeds.calendars import lone_uid, render_calendar, render_event
from alongside.rendering.feeds.listing import event_stamps, event_texts, meetup_uids
from alongside.rendering.mails.parts import Source
from alongside.rendering.tracking import Site

KEPT = 1024  # calendars, some kilobytes each

Dates = tuple[tuple[Meetup, Occurrence], ...]


class Invitations:
    """Makes the calendars of one community's mails; each is made once."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._site = Site(community=source.community, settings=source.settings, now=datetime(2000, 1, 1, tzinfo=UTC))
        self._uids = meetup_uids(self._site)
        self._events: dict[tuple[str, date], tuple[Meetup, bytes]] = {}
        self._calendars: dict[tuple[tuple[str, date], ...], bytes] = {}

    def calendar(self, content: StepContent) -> bytes:
        """The calendar of a step that invites (`invite: true`) and shows dates; empty for any other."""
        if not content.moment.invite or not content.meetups:
            return b""
        keys = tuple((meetup.slug, occurrence.original) for meetup, occurrence in content.meetups)
        if keys not in self._calendars:
            if len(self._calendars) >= KEPT:
                self._calendars.clear()
            self._calendars[keys] = self._render(content.meetups)
        return self._calendars[keys]

    def _render(self, dates: Dates) -> bytes:
        community = self._source.community
        events = [self._event(meetup, occurrence) for meetup, occurrence in dates]
        return render_calendar(events, name=community.name, url=community.url, timezone=community.timezone)

    def _event(self, meetup: Meetup, occurrence: Occurrence) -> tuple[Meetup, bytes]:
        key = (meetup.slug, occurrence.original)
        if key not in self._events:
            texts = event_texts(self._site, meetup, self._uids[meetup.slug])
            stamps = event_stamps(self._site, meetup.slug)
            if meetup_rule(meetup) is not None or occurrence.original in meetup.also:
                stamps = Stamps(own=stamps.of(occurrence.original))
                texts = replace(texts, uid=lone_uid(texts.uid, occurrence.original))
            once = as_single(meetup, occurrence)
            self._events[key] = once, render_event(once, texts, stamps=stamps)
        return self._events[key]


def as_single(meetup: Meetup, occurrence: Occurrence) -> Meetup:
    """The meetup as if it happened on this date alone."""
    starts, ends = occurrence.starts, occurrence.ends
    duration = None
    if isinstance(starts, datetime) and isinstance(ends, datetime):
        duration = ends.astimezone(UTC) - starts.astimezone(UTC)  # of two times in one zone, Python takes the clock's
    return replace(
        meetup,
        title=occurrence.title,
        starts=starts.replace(tzinfo=None) if isinstance(starts, datetime) else starts,
        duration=duration,
        last_day=None if isinstance(ends, datetime) else ends,
        place=occurrence.place,
        online_url=occurrence.online_url,
        status=occurrence.status,
        rrule="",
        until=None,
        times=None,
        excluded=(),
        also=(),
        changes={},
    )
