"""Groups, which last, and meetups, which have dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from alongside.model.places import Place
from alongside.model.texts import LocalText
from alongside.problems import Position

GroupKind = Literal["chapter", "chat", "forum", "list", "project", "other"]
GroupStatus = Literal["active", "forming", "retired"]
MeetupStatus = Literal["confirmed", "tentative", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """Where to join: a platform's name and an invitation."""

    platform: str  # "matrix", "slack", "telegram", ...
    url: str
    expires: date | None = None  # the last day on which the invitation works
    position: Position | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A lasting gathering."""

    slug: str
    name: LocalText
    kind: GroupKind
    place: Place | None = None
    timezone: str | None = None  # the place's, where it is known
    languages: tuple[str, ...] = ()
    challenges: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    chat: tuple[Chat, ...] = ()
    conduct: str = ""  # URL; empty: the community's
    hosts: tuple[str, ...] = ()  # slugs of members
    status: GroupStatus = "active"
    body: str = ""  # Markdown
    body_line: int = field(default=1, compare=False)
    was: tuple[str, ...] = ()
    position: Position = field(compare=False)

    @property
    def path(self) -> str:
        """Its page, below the site's root."""
        return f"groups/{self.slug}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One occurrence of a recurring meetup that differs from the rule (RFC 5545, RECURRENCE-ID)."""

    original: date  # the day the rule gives
    starts: datetime | date | None = None  # moved to: wall time in the meetup's zone, or a day
    duration: timedelta | None = None
    title: LocalText | None = None
    place: Place | None = None
    online_url: str | None = None
    status: MeetupStatus | None = None
    reason: str = ""
    position: Position = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meetup:
    """A dated gathering, once or recurring. Wall time travels with its zone; an instant is made while planning."""

    slug: str
    title: LocalText
    starts: datetime | date  # naive wall time in `timezone`, or a day (all day)
    timezone: str  # IANA, canonical; what `Z` and offsets become is written in `reading`
    duration: timedelta | None = None  # timed meetups; None: not said
    last_day: date | None = None  # all-day meetups of several days, included
    rrule: str = ""  # RFC 5545 section 3.3.10 without UNTIL and COUNT: "FREQ=MONTHLY;BYDAY=1TH"; empty: once
    repeats: str = ""  # as authored, for people: "first Thursday of every month"
    until: date | None = None  # last day an occurrence may fall on
    times: int | None = None  # number of occurrences
    excluded: tuple[date, ...] = ()  # `except`: days the rule gives that do not happen
    also: tuple[date, ...] = ()  # days it happens on as well, at the hour of `starts`, in order
    changes: Mapping[date, Change] = field(default_factory=dict)
    group: str = ""  # slug
    place: Place | None = None
    online: bool = False
    online_url: str = ""
    languages: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    status: MeetupStatus = "confirmed"
    challenges: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    capacity: int | None = None
    rsvp: str = ""
    uid: str = ""  # RFC 5545 section 3.8.4.7, of a calendar it came from; empty: made of the slug
    body: str = ""  # Markdown
    body_line: int = field(default=1, compare=False)
    was: tuple[str, ...] = ()
    position: Position = field(compare=False)

    @property
    def path(self) -> str:
        """Its page, below the site's root."""
        return f"meetups/{self.slug}/"

    @property
    def all_day(self) -> bool:
        """True when it has days and no hours."""
        return not isinstance(self.starts, datetime)


def first_slugs(records: Mapping[str, Meetup] | Mapping[str, Group]) -> Mapping[str, str]:
    """What each record was called first, by its slug of today.

    Who had a slug before keeps it; a newcomer to it is told apart by a "+".
    """
    taken: set[str] = set()
    found: dict[str, str] = {}
    for slug in sorted(records, key=lambda slug: (not records[slug].was, slug)):
        record = records[slug]
        name = record.was[-1] if record.was else slug
        while name in taken:
            name += "+"
        taken.add(name)
        found[slug] = name
    return found
