"""What an index remembers of the profiles it has seen: scores and orders, never a choice made for one person.

Sign-up forms give few distinct profiles, so most newcomers are compared with nobody again. Two threads that meet here
work the same thing out twice at worst: a value is put in its place whole, and all of them are the same.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from operator import is_
from typing import Protocol, TypeVar

from alongside.matching.results import Match
from alongside.matching.seekers import Said, Seeker, said_by, seeker_of
from alongside.model.community import Community
from alongside.model.people import Container, Newcomer

PROFILES = 2000  # remembered at once
RECENT = 500  # newcomers whose profile is known without reading what they say; a batch is assigned, then written
ENTRIES = 2_000_000  # scores remembered at once; fewer profiles where a community has more records than usual
LONG = 2000  # characters: nobody else says so much in the same words
LONG_PROFILES = 16  # of those: the steps of one newcomer follow one another
VOICES = 2000  # members
KEPT = 32  # of each small kind of thing remembered for one profile
SHORT = 256  # numbers; Python has those below ready, and the search for garbage passes over a tuple of them
TABLE_ENTRIES = 500_000  # points in the tables of one kind that a pool remembers at once
TABLES = 500  # such tables, where the pool is small

Key = TypeVar("Key")
Value = TypeVar("Value")


class Timed(Protocol):
    """What knows when it starts, as a date of a meetup does."""

    @property
    def instant(self) -> datetime:
        """When it starts; aware."""


Upcoming = Mapping[str, datetime] | Mapping[str, Timed]  # slug -> next start


class Few(dict[Key, Value]):
    """A small number of values by key; all are forgotten when there are too many."""

    __slots__ = ()

    def put(self, key: Key, value: Value, most: int = KEPT) -> Value:
        """Remember `value`, and give it back."""
        if len(self) >= most:
            self.clear()
        self[key] = value
        return value


@dataclass(frozen=True, slots=True)
class LanguageTable:
    """What the candidates of a pool are worth to all who speak the same languages, by their numbers."""

    points: Sequence[int]
    understood: bytes  # 1: they can understand each other


@dataclass(frozen=True, slots=True)
class PlaceTable:
    """The same for all who live in the same place."""

    points: Sequence[int]
    reachable: bytes  # 1: they could go there, or join online


class Tables:
    """The tables of one pool worked out lately."""

    def __init__(self, candidates: int) -> None:
        self.most = max(KEPT, min(TABLES, TABLE_ENTRIES // max(1, candidates)))
        self.languages: Few[tuple[str, ...], LanguageTable] = Few()
        self.places: Few[tuple[Hashable, ...], PlaceTable] = Few()


@dataclass(frozen=True, slots=True)
class Ranking:
    """Candidates of a pool, best first, as far as that is the same for all who say the same."""

    numbers: Sequence[int]
    ends: Sequence[int]  # where each run of candidates ends that only the newcomer's id puts in order

    def is_settled(self, count: int) -> bool:
        """True when no id decides among the first `count`."""
        count = min(count, len(self.numbers))
        return count == 0 or (len(self.ends) >= count and self.ends[count - 1] == count)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When the coming meetups start."""

    upcoming: Mapping[str, datetime | Timed]  # as it was given
    numbers: Sequence[int]  # of the candidates that come, the soonest first
    starts: Mapping[int, float]  # seconds since 1970, by the candidate's number

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
    # the numbers of the latter, by what a newcomer speaks: those who share a language with them, and the others
    shared: Few[tuple[str, ...], tuple[array[int], array[int]]] = field(default_factory=Few, compare=False)


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
    member_points: Sequence[int] | None = None  # by number
    story_points: Sequence[int] | None = None
    # by what is ranked, and which of them: ("groups", 100.0) are those within so many kilometres
    rankings: Few[tuple[Hashable, ...], Ranking] = field(default_factory=Few)
    # what `planning` worked out for a step, which says itself whether it still holds
    steps: Few[tuple[str, str, str, date], object] = field(default_factory=Few)
    told: Few[int, Match] = field(default_factory=Few)  # members, by their numbers
    meetups: Few[float | None, tuple[Schedule, Ranking]] = field(default_factory=Few)  # by how near they have to be


class Memory:
    """The profiles seen lately, and what is the same for all of them."""

    def __init__(self, community: Community, *, candidates: int) -> None:
        titles = {slug: challenge.title.text("en") for slug, challenge in community.challenges.items()}

        def read(said: Said) -> Profile:
            return Profile(seeker_of(said, titles))

        def voice(member: str, container: Container, day: date) -> Voice:
            return _voice(community, member, container, day)

        size = max(LONG_PROFILES, min(PROFILES, ENTRIES // max(1, candidates)))
        self._usual: Callable[[Said], Profile] = lru_cache(maxsize=size)(read)
        self._long: Callable[[Said], Profile] = lru_cache(maxsize=LONG_PROFILES)(read)
        self._recent: Few[int, tuple[Newcomer, Profile]] = Few()
        self._most_recent = min(RECENT, size)
        self._schedule: Schedule | None = None
        self.offers: Few[tuple[Container, date], Offers] = Few()
        self.voice: Callable[[str, Container, date], Voice] = lru_cache(maxsize=VOICES)(voice)

    def profile(self, newcomer: Newcomer) -> Profile:
        """The profile of `newcomer`."""
        # One mail asks several times for the same newcomer. As long as the object is kept, nothing else has its id.
        recent = self._recent.get(id(newcomer))
        if recent is not None:
            return recent[1]
        said = said_by(newcomer)
        if _length(said) > LONG:
            return self._long(said)
        return self._recent.put(id(newcomer), (newcomer, self._usual(said)), self._most_recent)[1]

    def schedule(self, upcoming: Mapping[str, datetime | Timed], numbers: Mapping[str, int]) -> Schedule:
        """The starts of `upcoming`; a pass asks for the same ones again and again. `numbers`: of the meetups."""
        schedule = self._schedule
        if schedule is None or not schedule.is_of(upcoming):
            starts = {numbers[slug]: _timestamp(start) for slug, start in upcoming.items() if slug in numbers}
            order = tuple(sorted(starts, key=lambda number: (starts[number], number)))
            schedule = Schedule(dict(upcoming), order, starts)
            self._schedule = schedule
        return schedule


def packed(values: Sequence[int]) -> Sequence[int]:
    """The same numbers (below 2^31) in little room: many of them take four bytes each."""
    return tuple(values) if len(values) <= SHORT else array("i", values)


def _length(said: Said) -> int:
    """About how many characters a newcomer says."""
    ticked = (*said.challenges, *said.topics, *said.roles, *said.languages)
    return len(said.text) + 16 * len(ticked) + len("".join(ticked))


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
