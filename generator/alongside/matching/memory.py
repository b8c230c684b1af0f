"""What an index remembers of the profiles it has seen: scores and orders, never a choice made for one person.

Sign-up forms give few distinct profiles, so most newcomers are compared with nobody again. Two threads that meet here
work the same thing out twice at worst: a value is put in its place whole, and all of them are the same.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from operator import is_
from typing import Generic, Protocol, TypeVar

from alongside.matching.results import Match
from alongside.matching.seekers import Seeker, nameless, seeker_of
from alongside.model.community import Community
from alongside.model.people import Container, Newcomer

PROFILES = 2000  # remembered at once
ENTRIES = 2_000_000  # scores remembered at once; fewer profiles where a community has more records than usual
LONG = 2000  # characters: nobody else says so much in the same words
LONG_PROFILES = 16  # of those: the steps of one newcomer follow one another
VOICES = 2000  # members
KEPT = 32  # of each small kind of thing remembered for one profile

Key = TypeVar("Key")
Value = TypeVar("Value")


class Timed(Protocol):
    """What knows when it starts, as a date of a meetup does."""

    @property
    def instant(self) -> datetime:
        """When it starts; aware."""


Upcoming = Mapping[str, datetime] | Mapping[str, Timed]  # slug -> next start


class Few(Generic[Key, Value]):
    """A small number of values by key; all are forgotten when there are too many."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: dict[Key, Value] = {}

    def get(self, key: Key) -> Value | None:
        """The value of `key`, or None."""
        return self._values.get(key)

    def put(self, key: Key, value: Value) -> Value:
        """Remember `value`, and give it back."""
        if len(self._values) >= KEPT:
            self._values.clear()
        self._values[key] = value
        return value


@dataclass(frozen=True, slots=True)
class Ranking:
    """Candidates of a pool, best first, as far as that is the same for all who say the same."""

    numbers: array[int]
    tiers: array[int]  # where each run of candidates begins that only the newcomer's id puts in order


@dataclass(frozen=True, slots=True)
class Schedule:
    """When the coming meetups start."""

    upcoming: Mapping[str, datetime | Timed]  # as it was given
    starts: Mapping[str, float]  # slug -> seconds since 1970

    def is_of(self, upcoming: Mapping[str, datetime | Timed]) -> bool:
        """True for the very same values under the same slugs; the mapping itself may have been changed since."""
        return (
            len(upcoming) == len(self.upcoming)
            and all(map(is_, upcoming.values(), self.upcoming.values()))
            and [*upcoming] == [*self.upcoming]
        )


@dataclass(frozen=True, slots=True)
class Offers:
    """Who may take newcomers on in one container on one day."""

    limits: Mapping[str, int]  # slug -> newcomers a week; 0: only those they have already
    welcoming: tuple[str, ...]  # slugs of those whose limit is not 0


@dataclass(frozen=True, slots=True)
class Voice:
    """What one member tells in one container on one day, where theirs is the first name allowed."""

    stories: frozenset[str]  # slugs
    among: frozenset[str]  # the same, and the slugs of their originals


@dataclass(slots=True, eq=False)
class Profile:
    """What was worked out for all newcomers who say the same."""

    seeker: Seeker
    surface: dict[str, str] | None = None  # the words of their text as they wrote them
    members: Ranking | None = None
    stories: Ranking | None = None
    some_stories: Few[frozenset[str], Ranking] = field(default_factory=Few)  # by the slugs of the originals
    story_scores: array[int] | None = None  # by number; -1: not compared yet
    # members who offered to welcome, on a day: those the newcomer shares a language with, and the others
    offered: Few[tuple[Container, date], tuple[Ranking, Ranking]] = field(default_factory=Few)
    told: Few[int, Match] = field(default_factory=Few)  # members, by their numbers
    groups: Few[float | None, Ranking] = field(default_factory=Few)  # by how near they have to be
    meetups: Few[float | None, tuple[Schedule, Ranking]] = field(default_factory=Few)  # the same


class Memory:
    """The profiles seen lately, and what is the same for all of them."""

    def __init__(self, community: Community, *, candidates: int) -> None:
        def read(newcomer: Newcomer) -> Profile:
            return Profile(seeker_of(newcomer, community))

        def voice(member: str, container: Container, day: date) -> Voice:
            return _voice(community, member, container, day)

        size = max(LONG_PROFILES, min(PROFILES, ENTRIES // max(1, candidates)))
        self._usual: Callable[[Newcomer], Profile] = lru_cache(maxsize=size)(read)
        self._long: Callable[[Newcomer], Profile] = lru_cache(maxsize=LONG_PROFILES)(read)
        self._last: tuple[Newcomer, Profile] | None = None
        self._schedule: Schedule | None = None
        self.offers: Few[tuple[Container, date], Offers] = Few()
        self.voice: Callable[[str, Container, date], Voice] = lru_cache(maxsize=VOICES)(voice)

    def profile(self, newcomer: Newcomer) -> Profile:
        """The profile of `newcomer`."""
        last = self._last  # one mail asks several times for the same newcomer
        if last is not None and last[0] is newcomer:
            return last[1]
        said = nameless(newcomer)
        profile = self._long(said) if _length(said) > LONG else self._usual(said)
        self._last = (newcomer, profile)
        return profile

    def schedule(self, upcoming: Mapping[str, datetime | Timed]) -> Schedule:
        """The starts of `upcoming`; a pass asks for the same ones again and again."""
        schedule = self._schedule
        if schedule is None or not schedule.is_of(upcoming):
            schedule = Schedule(dict(upcoming), {slug: _timestamp(start) for slug, start in upcoming.items()})
            self._schedule = schedule
        return schedule


def _length(newcomer: Newcomer) -> int:
    """About how many characters a newcomer says."""
    lists: Sequence[tuple[str, ...]] = (newcomer.topics, newcomer.roles, newcomer.challenges, newcomer.languages)
    return len(newcomer.text) + sum([16 * len(values) + len("".join(values)) for values in lists])


def _timestamp(start: datetime | Timed) -> float:
    return (start if isinstance(start, datetime) else start.instant).timestamp()


def _voice(community: Community, member: str, container: Container, day: date) -> Voice:
    told = [
        story
        for story in community.stories_of.get(member, ())
        if next((teller.slug for teller in community.tellers(story, container, day)), "") == member
    ]
    stories = frozenset(story.slug for story in told)
    return Voice(stories, stories | {story.translation_of for story in told})
