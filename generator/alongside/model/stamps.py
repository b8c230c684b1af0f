"""Stamps: when each event of a calendar was last changed, and how often; and the ledger that remembers it.

A calendar app takes an event for a newer one when its SEQUENCE is higher, or its DTSTAMP later (RFC 5546 section
2.1.5). Neither stands in what authors write, so both are kept beside it: one line for each VEVENT, by the meetup's name
(its UID, where that is ours up to the "@") and, for a date that has an event of its own, the day the rule gives (its
RECURRENCE-ID).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from alongside.model.gatherings import Meetup, first_slugs

EventKey = tuple[str, date | None]  # name of the meetup's events; None: its only event, or that of the whole series


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """When an event was last changed, and how often."""

    instant: datetime  # aware, whole seconds: DTSTAMP and LAST-MODIFIED
    sequence: int = 0  # SEQUENCE: rises with each change of what the event says


# For events whose changes nobody has kept: one instant for all. A stamp made from the content would go back in time at
# half of the edits, and apps that compare would then keep the old event; equal stamps leave it to them to look.
UNSTAMPED = Stamp(instant=datetime(2026, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamps:
    """The stamps of one meetup's events."""

    own: Stamp | None = None  # of its only event, or that of the series; None: nobody has kept it
    # By the day the rule gives: dates with an event of their own, those included that no longer differ from the rule.
    dates: Mapping[date, Stamp] = field(default_factory=dict)
    also: tuple[date, ...] = ()  # days that `also` had when it was stamped, and those it had before

    def of(self, day: date | None) -> Stamp | None:
        """The stamp of the event of a date, else of the series."""
        return self.own if day is None else self.dates.get(day, self.own)


@dataclass(frozen=True, slots=True, kw_only=True)
class StampedEvent:
    """One line of the ledger."""

    name: str
    day: date | None = None
    stamp: Stamp
    digest: str  # of what it said when it was stamped (`planning.stamps`)
    gone: bool = False  # no feed has it as it was: its meetup is deleted, or its rule no longer gives that day
    torn: bool = False  # two branches stamped it with one SEQUENCE, and say different things
    # What is left to say of a deleted meetup, in the words of the contract; JSON. Of a date: nothing.
    outline: Mapping[str, object] = field(default_factory=dict)
    extra: Mapping[str, object] = field(default_factory=dict)  # what a newer version wrote besides; JSON
    line: int = field(default=0, compare=False)  # where it stands

    @property
    def key(self) -> EventKey:
        """What it is found by."""
        return self.name, self.day


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What `alongside stamp` wrote."""

    path: str  # as problems name it
    events: Mapping[EventKey, StampedEvent] = field(default_factory=dict)
    foreign: tuple[str, ...] = ()  # lines of a kind that only a newer version knows, as they are

    @property
    def is_kept(self) -> bool:
        """False where nobody has stamped anything yet."""
        return bool(self.events or self.foreign)


def event_names(meetups: Mapping[str, Meetup]) -> Mapping[str, str]:
    """The name of each meetup's events, by slug: its own UID, else its first slug; told apart by a "+".

    A UID without an "@" gets one at its end. No slug has one, so what is brought in renames nothing that was here.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    names = first_slugs({slug: one for slug, one in meetups.items() if not one.uid})
    wanted = [(slug, one.uid if "@" in one.uid else f"{one.uid}@") for slug, one in sorted(meetups.items()) if one.uid]
    for slug, name in (*wanted, *names.items()):
        while name in taken:
            name += "+"
        taken.add(name)
        found[slug] = name
    return found
