"""Meetups through our feeds and through other people's programs: which dates all of them have, and who lacks which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from alongside.model.gatherings import Meetup
from alongside.planning.occurrences import occurrences
from alongside.rendering.feeds.calendars import EventTexts, render_calendar, render_event
from alongside.rendering.feeds.content_lines import one_line
from calendars.programs import END, FIRST, Date, ReaderName, read_dates

_DAY = timedelta(days=1)
PLANNED = "our plan"  # what pages and mails tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What several programs make of one calendar."""

    meetups: int
    dates: int  # that at least one of them has, ours included, whatever they call it
    moved: int  # of these, those that somebody lacks, or has with another end or status
    disputed: Mapping[Date, tuple[str, ...]]  # a date that somebody lacks or calls by another name, and who does

    @property
    def percent(self) -> float:
        """Of all dates, those that everybody has, with the same start, end and status."""
        return 100.0 if not self.dates else 100 * (self.dates - self.moved) / self.dates

    @property
    def dissenters(self) -> dict[str, tuple[str, ...]]:
        """The meetups that somebody reads in another way than we do, sorted, and who does."""
        found: dict[str, set[str]] = {}
        for one, who in self.disputed.items():
            found.setdefault(one.uid, set()).update(() if PLANNED in who else who)
        return {uid: tuple(sorted(found[uid])) for uid in sorted(found)}

    def __str__(self) -> str:
        """One line a disputed date: `weekly-berlin 2026-12-03T17:30:00Z to ... CONFIRMED 'Weekly': not in libical`."""
        return "\n".join(
            f"{one.uid} {one.start} to {one.end} {one.status} {one.summary!r}: not in {', '.join(who)}"
            for one, who in sorted(self.disputed.items())
        )


def compile_calendar(meetups: Iterable[Meetup], *, name: str = "Test community") -> bytes:
    """A calendar of ours; each event has its meetup's slug as UID."""
    return render_calendar([(one, render_event(one, EventTexts(uid=one.slug))) for one in meetups], name=name)


def planned_dates(meetups: Iterable[Meetup], *, first: date = FIRST, end: date = END) -> list[Date]:
    """What our pages and mails say of the same meetups, as a program has it."""
    begin, stop = (datetime.combine(day, time(), UTC) for day in (first - 2 * _DAY, end + 2 * _DAY))
    found = []
    for meetup in meetups:
        for one in occurrences(meetup, start=begin, end=stop):
            ends = one.starts if one.ends is None else one.ends
            end_shown = _shown(ends if isinstance(ends, datetime) else ends + _DAY)
            title = one_line(one.title.text("en"))
            found.append(Date(meetup.slug, _shown(one.starts), end_shown, one.status.upper(), title))
    return sorted(one for one in found if first.isoformat() <= one.start < end.isoformat())


def _shown(moment: datetime | date) -> str:
    if isinstance(moment, datetime):
        return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return moment.isoformat()


def _of_meetup(one: Date) -> Date:
    """A date that is an event by itself (`lone_uid`), told of its meetup."""
    return replace(one, uid=one.uid.partition("+")[0])


def compare(meetups: Sequence[Meetup], calendar: bytes, readers: Iterable[ReaderName]) -> Agreement:
    """What `readers` and our own plan make of the same meetups. Raises ReaderError where a program fails."""
    found: dict[str, set[Date]] = {reader: set(map(_of_meetup, read_dates(reader, calendar))) for reader in readers}
    found[PLANNED] = set(planned_dates(meetups))
    moments = {name: {replace(one, summary="") for one in dates} for name, dates in found.items()}
    return Agreement(
        meetups=len(meetups),
        dates=len(set().union(*moments.values())),
        moved=len(_disputed(moments)),
        disputed=_disputed(found),
    )


def _disputed(found: Mapping[str, set[Date]]) -> dict[Date, tuple[str, ...]]:
    """The dates that not all have, each with the names of those who lack it."""
    shared = set.intersection(*found.values())
    return {
        one: tuple(name for name, dates in found.items() if one not in dates)
        for one in set().union(*found.values()) - shared
    }
