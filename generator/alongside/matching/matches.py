"""The matches of one newcomer: the best candidates of each kind, ties spread by the newcomer's id."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice

from alongside.matching.index import MatchIndex
from alongside.matching.memory import Upcoming
from alongside.matching.ranking import (
    in_order,
    ranked_groups,
    ranked_meetups,
    ranked_members,
    ranked_stories,
)
from alongside.matching.reasons import told_gathering, told_member, told_story
from alongside.matching.results import Match, Matches, Reason
from alongside.matching.seekers import spread_of
from alongside.matching.spreading import spread_key
from alongside.matching.words import language_of
from alongside.model.people import Newcomer

__all__ = [
    "Match",
    "Matches",
    "Reason",
    "match_groups",
    "match_meetups",
    "match_members",
    "match_newcomer",
    "match_stories",
    "spread_key",
    "why_member",
]


def match_newcomer(
    index: MatchIndex,
    newcomer: Newcomer,
    *,
    upcoming: Upcoming,
    limit: int,
    near_km: float | None = None,
) -> Matches:
    """The best `limit` members, stories, groups and meetups for `newcomer`, each with its reasons.

    Members: every active one with consent for anything, whoever has room. Stories: an original and its translations
    count once, in the newcomer's language. Groups and meetups: with `near_km` only what they could reach or join
    online. Meetups: those of `upcoming` (slug -> next start, or what has it as its `instant`), of equal score the
    sooner one first.
    """
    return Matches(
        members=match_members(index, newcomer, limit=limit),
        stories=match_stories(index, newcomer, limit=limit),
        groups=match_groups(index, newcomer, limit=limit, near_km=near_km),
        meetups=match_meetups(index, newcomer, upcoming=upcoming, limit=limit, near_km=near_km),
    )


def match_members(
    index: MatchIndex, newcomer: Newcomer, *, limit: int, among: Collection[str] | None = None
) -> tuple[Match, ...]:
    """The best `limit` members, of all or of those slugs."""
    profile, numbers = index.memory.profile(newcomer), index.members.numbers
    if among is None:
        best = _members(index, newcomer)
    elif len(wanted := {numbers[slug] for slug in among if slug in numbers}) == 1:
        best = iter(wanted)
    else:
        best = (number for number in _members(index, newcomer) if number in wanted)
    return tuple(told_member(index, profile, number) for number in islice(best, limit))


def why_member(index: MatchIndex, newcomer: Newcomer, slug: str) -> tuple[Reason, ...]:
    """Why that member; nothing for one who is not matched at all."""
    number = index.members.numbers.get(slug)
    return told_member(index, index.memory.profile(newcomer), number).reasons if number is not None else ()


def match_stories(
    index: MatchIndex, newcomer: Newcomer, *, limit: int, among: Collection[str] | None = None
) -> tuple[Match, ...]:
    """The best `limit` stories, of all or of those slugs (of originals), each in the newcomer's language if it can."""
    profile = index.memory.profile(newcomer)
    chosen = islice(_stories(index, newcomer, among), limit)
    matches = (told_story(index, profile, number) for number in chosen)
    return tuple(
        Match(slug=_version(index, match.slug, profile.seeker.languages), score=match.score, reasons=match.reasons)
        for match in matches
    )


def match_groups(
    index: MatchIndex, newcomer: Newcomer, *, limit: int, near_km: float | None = None
) -> tuple[Match, ...]:
    """The best `limit` groups that are not retired; with `near_km` only what can be reached or joined online."""
    profile, pool = index.memory.profile(newcomer), index.groups
    chosen = islice(_groups(index, newcomer, near_km), limit)
    return tuple(told_gathering(index, profile, pool, number, near_km=near_km) for number in chosen)


def match_meetups(
    index: MatchIndex, newcomer: Newcomer, *, upcoming: Upcoming, limit: int, near_km: float | None = None
) -> tuple[Match, ...]:
    """The best `limit` meetups of `upcoming` (slug -> next start), of equal score the sooner one first."""
    profile, pool = index.memory.profile(newcomer), index.meetups
    chosen = islice(_meetups(index, newcomer, near_km, upcoming), limit)
    return tuple(told_gathering(index, profile, pool, number, near_km=near_km) for number in chosen)


def _members(index: MatchIndex, newcomer: Newcomer) -> Iterator[int]:
    ranking = ranked_members(index, index.memory.profile(newcomer))
    return in_order(index.members, ranking, spread_of(newcomer))


def _stories(index: MatchIndex, newcomer: Newcomer, among: Collection[str] | None) -> Iterator[int]:
    ranking = ranked_stories(index, index.memory.profile(newcomer), among)
    return in_order(index.stories, ranking, spread_of(newcomer))


def _groups(index: MatchIndex, newcomer: Newcomer, near_km: float | None) -> Iterator[int]:
    ranking = ranked_groups(index, index.memory.profile(newcomer), near_km)
    return in_order(index.groups, ranking, spread_of(newcomer))


def _meetups(index: MatchIndex, newcomer: Newcomer, near_km: float | None, upcoming: Upcoming) -> Iterator[int]:
    ranking = ranked_meetups(index, index.memory.profile(newcomer), near_km, upcoming)
    return in_order(index.meetups, ranking, spread_of(newcomer))


def _version(index: MatchIndex, slug: str, languages: tuple[str, ...]) -> str:
    """The slug of the story in the first of the newcomer's languages it exists in, else of the original."""
    versions = (*index.community.translations_of.get(slug, ()), index.community.stories[slug])
    by_language = {language_of(version.language): version.slug for version in versions}
    return next((by_language[language] for language in languages if language in by_language), slug)
