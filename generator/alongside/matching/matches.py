"""The matches of one newcomer: every candidate scored, the best kept, ties spread by the newcomer's id."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from alongside.matching.index import MatchIndex, Pool, language_of
from alongside.matching.results import Match, Matches, Reason
from alongside.matching.scoring import (
    Seeker,
    gathering_place_reason,
    language_reason,
    likeness_reasons,
    person_place_reason,
    seeker_of,
    told_reasons,
)
from alongside.matching.weights import WEIGHTS
from alongside.model.people import Newcomer

__all__ = [
    "Match",
    "Matches",
    "Reason",
    "match_members",
    "match_newcomer",
    "match_stories",
    "score_members",
    "spread_key",
]

Scored = tuple[int, int, tuple[Reason, ...]]  # (number in the pool, score, reasons in no order)


def match_newcomer(
    index: MatchIndex,
    newcomer: Newcomer,
    *,
    upcoming: Mapping[str, datetime],
    limit: int,
    near_km: float | None = None,
) -> Matches:
    """The best `limit` members, stories, groups and meetups for `newcomer`, each with its reasons.

    Members: every active one with consent for anything, whoever has room. Stories: an original and its translations
    count once, in the newcomer's language. Groups and meetups: with `near_km` only what they could reach or join
    online. Meetups: those of `upcoming` (slug -> next start), of equal score the sooner one first.
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
    seeker = seeker_of(newcomer, index)
    return _best(index.members, score_members(index, seeker, among), seeker, limit)


def match_stories(
    index: MatchIndex, newcomer: Newcomer, *, limit: int, among: Collection[str] | None = None
) -> tuple[Match, ...]:
    """The best `limit` stories, of all or of those slugs (of originals), each in the newcomer's language if it can."""
    seeker = seeker_of(newcomer, index)
    likeness = index.stories.corpus.likeness(seeker.words)
    scored = (
        _scored(index, seeker, index.stories, number, likeness_reasons(seeker, index.stories, number, likeness), None)
        for number in _numbers(index.stories, among)
    )
    return tuple(
        replace(match, slug=_version(index, match.slug, seeker))
        for match in _best(index.stories, scored, seeker, limit)
    )


def match_groups(
    index: MatchIndex, newcomer: Newcomer, *, limit: int, near_km: float | None = None
) -> tuple[Match, ...]:
    """The best `limit` groups that are not retired; with `near_km` only what can be reached or joined online."""
    seeker = seeker_of(newcomer, index)
    scored = _gatherings(index, seeker, index.groups, range(len(index.groups.candidates)), near_km=near_km)
    return _best(index.groups, scored, seeker, limit)


def match_meetups(
    index: MatchIndex,
    newcomer: Newcomer,
    *,
    upcoming: Mapping[str, datetime],
    limit: int,
    near_km: float | None = None,
) -> tuple[Match, ...]:
    """The best `limit` meetups of `upcoming` (slug -> next start), of equal score the sooner one first."""
    seeker = seeker_of(newcomer, index)
    pool = index.meetups
    scored = _gatherings(index, seeker, pool, _numbers(pool, upcoming), near_km=near_km)
    return _best(pool, scored, seeker, limit, first=lambda slug: upcoming[slug].timestamp())


def score_members(index: MatchIndex, seeker: Seeker, among: Collection[str] | None = None) -> Iterator[Scored]:
    """Every member who may be shown anywhere, or those of them, with score and reasons."""
    pool = index.members
    likeness = pool.corpus.likeness(seeker.words)
    for number in _numbers(pool, among):
        reasons = likeness_reasons(seeker, pool, number, likeness)
        place = person_place_reason(seeker, pool.candidates[number])
        yield _scored(index, seeker, pool, number, reasons, place)


def spread_key(newcomer_id: str, slug: str) -> int:
    """FNV-1a (32 bits) over both: equal scores fall differently for each newcomer, and always the same for one."""
    value = 0x811C9DC5
    for byte in f"{newcomer_id}\n{slug}".encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def _numbers(pool: Pool, among: Collection[str] | None) -> Iterable[int]:
    if among is None:
        return range(len(pool.candidates))
    return sorted(pool.numbers[slug] for slug in among if slug in pool.numbers)


def _gatherings(
    index: MatchIndex, seeker: Seeker, pool: Pool, numbers: Iterable[int], *, near_km: float | None
) -> Iterator[Scored]:
    likeness = pool.corpus.likeness(seeker.words)
    for number in numbers:
        place, reachable = gathering_place_reason(seeker, pool.candidates[number], near_km=near_km)
        if near_km is not None and not reachable:
            continue
        reasons = likeness_reasons(seeker, pool, number, likeness)
        _, score, told = _scored(index, seeker, pool, number, reasons, place)
        yield number, (score if reachable else score * WEIGHTS.elsewhere_percent // 100), told


def _scored(
    index: MatchIndex, seeker: Seeker, pool: Pool, number: int, reasons: list[Reason], place: Reason | None
) -> Scored:
    language, understood = language_reason(seeker, pool.candidates[number], index.community.language)
    reasons += [reason for reason in (place, language) if reason is not None]
    score = sum(reason.points for reason in reasons)
    return number, (score if understood else score * WEIGHTS.no_language_percent // 100), tuple(reasons)


def _best(
    pool: Pool,
    scored: Iterable[Scored],
    seeker: Seeker,
    limit: int,
    *,
    first: Callable[[str], float] = lambda _: 0.0,
) -> tuple[Match, ...]:
    """The best of them, best first. Ties are looked at closely only where one of them could get in."""
    entries = list(scored)
    cut = min(heapq.nlargest(limit, (score for _, score, _ in entries)), default=0)

    def rank(entry: Scored) -> tuple[int, float, int, int]:
        slug = pool.candidates[entry[0]].slug
        return -entry[1], first(slug), spread_key(seeker.spread, slug), entry[0]

    chosen = heapq.nsmallest(limit, (entry for entry in entries if entry[1] >= cut), key=rank)
    return tuple(
        Match(slug=pool.candidates[number].slug, score=score, reasons=told_reasons(reasons, seeker, pool, number))
        for number, score, reasons in chosen
    )


def _version(index: MatchIndex, slug: str, seeker: Seeker) -> str:
    """The slug of the story in the first of the newcomer's languages it exists in, else of the original."""
    versions = (*index.community.translations_of.get(slug, ()), index.community.stories[slug])
    by_language = {language_of(version.language): version.slug for version in versions}
    return next((by_language[language] for language in seeker.languages if language in by_language), slug)
