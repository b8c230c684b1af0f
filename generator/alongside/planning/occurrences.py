"""Occurrences: the dates of a meetup as instants, with exclusions and changes applied.

Planning, first half: model in, `Occurrence` values out. Nothing here looks at the clock, and nothing expands what
nobody asks for: a series is walked from the day that is asked for (`model.recurrences`).

The rules, for people who read feeds and pages side by side:
- The hour is wall time in the meetup's zone on every date (`planning.zones` says what clock changes do to it).
- `until` is a day in the meetup's zone and counts; `times` counts the dates of the rule, before `except`.
- The days of `also` come on top, whatever `until`, `times` and `except` say of the rule, also where there is none.
- A change is found by the day the rule (or `also`) gives, on whatever day it moved to; one for a day that they do not
  give, or that `except` takes out, is nothing (`check` tells the writer).
- A rule that cannot be read leaves one date, `starts`; years before 1900 and after 2199 are not planned.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from itertools import groupby
from zoneinfo import ZoneInfo

from alongside.model.community import Community
from alongside.model.gatherings import Change, Meetup, MeetupStatus
from alongside.model.places import Place
from alongside.model.recurrences import Rule, nth_day, parse_rule, rule_days
from alongside.model.texts import LocalText
from alongside.planning.zones import instant_of, later, local_time, read_zone

HORIZON = timedelta(days=3660)  # how far ahead a next date is looked for: ten years, so February 29 is found
LONGEST = timedelta(days=366)  # a duration beyond this is cut; nobody attends it
_DAY = timedelta(days=1)
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_FIRST, _LAST = date(_FIRST_YEAR, 1, 1), date(_LAST_YEAR, 12, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One date of a meetup."""

    meetup: str  # slug
    starts: datetime | date  # aware, in the meetup's zone; or a day (all day)
    ends: datetime | date | None  # aware; all day: the last day, included; None: not said
    original: date  # the day the rule or `also` gives: what `changes` names it by
    title: LocalText
    place: Place | None
    online_url: str
    status: MeetupStatus
    zone: str = "UTC"  # IANA, the meetup's

    @property
    def instant(self) -> datetime:
        """When it starts, in UTC; an all-day one at midnight in the meetup's zone."""
        if isinstance(self.starts, datetime):
            return self.starts.astimezone(UTC)
        return instant_of(datetime.combine(self.starts, clock_time()), read_zone(self.zone))

    @property
    def instant_over(self) -> datetime:
        """When it no longer lies ahead, in UTC: a timed one when it starts, an all-day one when its first day is over.

        So what happens "today" is still announced today.
        """
        if isinstance(self.starts, datetime):
            return self.instant
        midnight = datetime.combine(self.starts + _DAY, clock_time())
        return instant_of(midnight, read_zone(self.zone))


def meetup_rule(meetup: Meetup) -> Rule | None:
    """The rule of a recurring meetup; None for one that happens once, or whose rule cannot be read."""
    if not meetup.rrule:
        return None
    try:
        return parse_rule(meetup.rrule)
    except ValueError:
        return None


def first_day(meetup: Meetup) -> date:
    """The day of `starts`."""
    return meetup.starts.date() if isinstance(meetup.starts, datetime) else meetup.starts


def last_day(meetup: Meetup) -> date | None:
    """The last day it may be planned for, `until`, `times` and `also` looked at; None: it goes on."""
    last = last_ruled_day(meetup)
    return None if last is None else max((last, *meetup.also))


def last_ruled_day(meetup: Meetup) -> date | None:
    """The last day the rule may give, `until` and `times` both looked at; None: it goes on."""
    rule = meetup_rule(meetup)
    if rule is None:
        return first_day(meetup)
    limits = [meetup.until] if meetup.until is not None else []
    if meetup.times is not None:
        nth = nth_day(rule, first_day(meetup), max(meetup.times, 1))
        limits += [nth] if nth is not None else []
    return min(limits, default=None)


def planned_days(meetup: Meetup, *, start: date, end: date) -> Iterator[date]:
    """The days from `start` to `end`, both included, that the rule gives and `except` leaves, and those of `also`."""
    also = [day for day in meetup.also if max(start, _FIRST) <= day <= min(end, _LAST)]
    ruled = ruled_days(meetup, start=start, end=end, excluded=meetup.excluded)
    if not also:
        return ruled
    return (day for day, _ in groupby(heapq.merge(ruled, sorted(also))))


def ruled_days(meetup: Meetup, *, start: date, end: date, excluded: tuple[date, ...] = ()) -> Iterator[date]:
    """The days the rule gives from `start` to `end`, both included, without those `excluded`."""
    without = frozenset(excluded)
    rule, first, last = meetup_rule(meetup), first_day(meetup), last_ruled_day(meetup)
    if last is not None:
        end = min(end, last)
    start, end = max(start, _FIRST), min(end, _LAST)
    if rule is None:
        if start <= first <= end and first not in without:
            yield first
        return
    for day in rule_days(rule, first, start=start, end=end):
        if day not in without:
            yield day


def changed_days(meetup: Meetup) -> tuple[date, ...]:
    """The days of `changes` that are really planned, in order."""
    return tuple(day for day in sorted(meetup.changes) if any(planned_days(meetup, start=day, end=day)))


def changed_occurrences(meetup: Meetup) -> tuple[Occurrence, ...]:
    """The dates that `changes` touches, as they are now, soonest first."""
    zone = read_zone(meetup.timezone)
    changes = (meetup.changes[day] for day in changed_days(meetup))
    return tuple(sorted((_changed(meetup, one, zone) for one in changes if _plannable(one)), key=_order))


def occurrence_on(meetup: Meetup, day: date) -> Occurrence | None:
    """The date of `day`, one of the planned days, as it is now; None where a change moved it out of all years."""
    change, zone = meetup.changes.get(day), read_zone(meetup.timezone)
    if change is None:
        return _plain(meetup, day, zone)
    return _changed(meetup, change, zone) if _plannable(change) else None


def final_day(meetup: Meetup) -> date | None:
    """The last day anything of it lies on, durations and moved dates included; None: it goes on for ever.

    For a meetup that never takes place, the day of `starts`.
    """
    last = last_day(meetup)
    if last is None:
        return None
    longest = meetup.duration or timedelta()
    if meetup.last_day is not None:
        longest = meetup.last_day - first_day(meetup)
    moved = (_end_day(one) for one in changed_occurrences(meetup)) if meetup.changes else ()
    ends: list[date] = [last + min(longest, LONGEST), *moved]
    return max(ends)


def _end_day(occurrence: Occurrence) -> date:
    end = occurrence.starts if occurrence.ends is None else occurrence.ends
    return end.date() if isinstance(end, datetime) else end


def occurrences(meetup: Meetup, *, start: datetime, end: datetime) -> Iterator[Occurrence]:
    """The dates of `meetup` that start at or after `start` and before `end` (aware), in order, cancelled ones too.

    An all-day date is there when its first day, in the meetup's zone, touches the window.
    """
    zone = read_zone(meetup.timezone)
    for occurrence in _walk(meetup, zone, _local_day(start, zone), _local_day(end, zone)):
        if occurrence.instant >= end:
            return
        if _ahead(occurrence, start):
            yield occurrence


def next_occurrence(meetup: Meetup, *, after: datetime) -> Occurrence | None:
    """The next date at or after `after` (aware) that takes place: cancelled ones are passed over.

    Looked for over ten years, changes at any distance.
    """
    zone = read_zone(meetup.timezone)
    day = _local_day(after, zone)
    for occurrence in _walk(meetup, zone, day, min(day, date(_LAST_YEAR, 1, 1) - HORIZON) + HORIZON):
        if occurrence.status != "cancelled" and _ahead(occurrence, after):
            return occurrence
    return None


def upcoming(community: Community, *, now: datetime, within: timedelta = timedelta(days=400)) -> tuple[Occurrence, ...]:
    """The next date of each meetup that takes place before `now + within`, soonest first, then by slug."""
    found = (next_occurrence(meetup, after=now) for meetup in community.meetups.values())
    soon = [(one.instant, one.meetup, one) for one in found if one is not None]
    return tuple(one for instant, _, one in sorted(soon, key=lambda key: key[:2]) if instant < now + within)


def first_instants(
    community: Community, *, now: datetime, within: timedelta = timedelta(days=400)
) -> dict[str, datetime]:
    """When each coming meetup next starts, in UTC, by slug, soonest first: what matching asks of `upcoming`."""
    return {one.meetup: one.instant for one in upcoming(community, now=now, within=within)}


def _ahead(occurrence: Occurrence, moment: datetime) -> bool:
    if isinstance(occurrence.starts, datetime):
        return occurrence.starts.astimezone(UTC) >= moment
    return occurrence.instant_over > moment


def _local_day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def _walk(meetup: Meetup, zone: ZoneInfo, start: date, end: date) -> Iterator[Occurrence]:
    """All dates on the local days from the one before `start` to the one after `end`, and all changed ones, in order.

    The day before and after: a skipped midnight moves a start to the next day, a zone may have skipped a whole day.
    """
    changed = changed_days(meetup) if meetup.changes else ()
    moved = changed_occurrences(meetup) if changed else ()
    days = planned_days(meetup, start=_shift(start, -1), end=_shift(end, 1))
    regular = (_plain(meetup, day, zone) for day in days if day not in changed)
    return heapq.merge(regular, moved, key=_order)


def _shift(day: date, days: int) -> date:
    return min(max(day, _FIRST), _LAST) + timedelta(days=days)


def _plannable(change: Change) -> bool:
    return change.starts is None or _FIRST_YEAR <= change.starts.year <= _LAST_YEAR


def _order(occurrence: Occurrence) -> tuple[datetime, date]:
    return occurrence.instant, occurrence.original


def _plain(meetup: Meetup, day: date, zone: ZoneInfo) -> Occurrence:
    """The date the rule gives on `day`."""
    starts, ends = _span(meetup, day, zone)
    return Occurrence(
        meetup=meetup.slug,
        starts=starts,
        ends=ends,
        original=day,
        title=meetup.title,
        place=meetup.place,
        online_url=meetup.online_url,
        status=meetup.status,
        zone=meetup.timezone,
    )


def _span(meetup: Meetup, day: date, zone: ZoneInfo) -> tuple[datetime | date, datetime | date | None]:
    if isinstance(meetup.starts, datetime):
        starts = local_time(datetime.combine(day, meetup.starts.time()), zone)
        return starts, None if meetup.duration is None else later(starts, min(meetup.duration, LONGEST))
    return day, None if meetup.last_day is None else day + min(meetup.last_day - meetup.starts, LONGEST)


def _changed(meetup: Meetup, change: Change, zone: ZoneInfo) -> Occurrence:
    """The date of `change.original`, as the change has it; what it leaves out stays as it was."""
    starts, ends = _changed_span(meetup, change, zone)
    status: MeetupStatus = change.status or meetup.status
    return Occurrence(
        meetup=meetup.slug,
        starts=starts,
        ends=ends,
        original=change.original,
        title=change.title or meetup.title,
        place=change.place or meetup.place,
        online_url=meetup.online_url if change.online_url is None else change.online_url,
        status="cancelled" if meetup.status == "cancelled" else status,
        zone=meetup.timezone,
    )


def _changed_span(meetup: Meetup, change: Change, zone: ZoneInfo) -> tuple[datetime | date, datetime | date | None]:
    """Start and end of a changed date. A day alone moves a timed meetup to that day, its hour staying."""
    starts, ends = _span(meetup, change.original, zone)
    if isinstance(meetup.starts, datetime):
        if isinstance(change.starts, datetime):
            starts = local_time(change.starts, zone)
        elif change.starts is not None:
            starts = local_time(datetime.combine(change.starts, meetup.starts.time()), zone)
        assert isinstance(starts, datetime)
        duration = meetup.duration if change.duration is None else change.duration
        return starts, None if duration is None else later(starts, min(duration, LONGEST))
    if change.starts is None:
        return starts, ends
    moved = change.starts.date() if isinstance(change.starts, datetime) else change.starts
    return moved, None if meetup.last_day is None else moved + min(meetup.last_day - meetup.starts, LONGEST)
