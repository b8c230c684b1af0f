"""The matches of one newcomer: every candidate scored, the best kept, ties spread by the newcomer's id."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from alongside.matching.index import Candidate, MatchIndex, Pool
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

__all__ = ["Match", "Matches", "Reason", "match_members", "match_newcomer", "spread_key"]

Scored = tuple[int, tuple[Reason, ...]]


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
    seeker = seeker_of(newcomer, index)
    spread = newcomer.id or newcomer.email

    def gathering(pool: Pool, keep: Callable[[Candidate], bool]) -> Iterable[tuple[int, Scored]]:
        return _gatherings(index, seeker, pool, near_km=near_km, keep=keep)

    return Matches(
        members=tuple(_best(index.members, match_members(index, seeker), seeker, limit, spread)),
        stories=tuple(
            Match(slug=_version(index, match.slug, seeker), score=match.score, reasons=match.reasons)
            for match in _best(index.stories, _stories(index, seeker), seeker, limit, spread)
        ),
        groups=tuple(_best(index.groups, gathering(index.groups, lambda _: True), seeker, limit, spread)),
        meetups=tuple(
            _best(
                index.meetups,
                gathering(index.meetups, lambda candidate: candidate.slug in upcoming),
                seeker,
                limit,
                spread,
                first=lambda candidate: upcoming[candidate.slug].timestamp(),
            )
        ),
    )


def match_members(index: MatchIndex, seeker: Seeker) -> Iterable[tuple[int, Scored]]:
    """(number in the pool, (score, reasons)) of every member who may be shown anywhere."""
    likeness = index.members.corpus.likeness(seeker.words)
    for number, candidate in enumerate(index.members.candidates):
        reasons = likeness_reasons(seeker, index.members, number, likeness.get(number, 0))
        place = person_place_reason(seeker, candidate)
        yield number, _scored(index, seeker, candidate, reasons, place)


def spread_key(newcomer_id: str, slug: str) -> int:
    """FNV-1a (32 bits) over both: equal scores fall differently for each newcomer, and always the same for one."""
    value = 0x811C9DC5
    for byte in f"{newcomer_id}\n{slug}".encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def _stories(index: MatchIndex, seeker: Seeker) -> Iterable[tuple[int, Scored]]:
    likeness = index.stories.corpus.likeness(seeker.words)
    for number, candidate in enumerate(index.stories.candidates):
        reasons = likeness_reasons(seeker, index.stories, number, likeness.get(number, 0))
        yield number, _scored(index, seeker, candidate, reasons, None)


def _gatherings(
    index: MatchIndex, seeker: Seeker, pool: Pool, *, near_km: float | None, keep: Callable[[Candidate], bool]
) -> Iterable[tuple[int, Scored]]:
    likeness = pool.corpus.likeness(seeker.words)
    for number, candidate in enumerate(pool.candidates):
        if not keep(candidate):
            continue
        place, reachable = gathering_place_reason(seeker, candidate, near_km=near_km)
        if near_km is not None and not reachable:
            continue
        reasons = likeness_reasons(seeker, pool, number, likeness.get(number, 0))
        score, told = _scored(index, seeker, candidate, reasons, place)
        yield number, (score if reachable else score * WEIGHTS.elsewhere_percent // 100, told)


def _scored(
    index: MatchIndex, seeker: Seeker, candidate: Candidate, reasons: list[Reason], place: Reason | None
) -> Scored:
    language, understood = language_reason(seeker, candidate, index.community.language)
    told = [*reasons, *(reason for reason in (place, language) if reason is not None)]
    score = sum(reason.points for reason in told)
    return (score if understood else score * WEIGHTS.no_language_percent // 100), tuple(told)


def _best(
    pool: Pool,
    scored: Iterable[tuple[int, Scored]],
    seeker: Seeker,
    limit: int,
    spread: str,
    *,
    first: Callable[[Candidate], float] = lambda _: 0.0,
) -> Iterable[Match]:
    ranked = heapq.nsmallest(
        limit,
        (
            (-score, first(candidate := pool.candidates[number]), spread_key(spread, candidate.slug), number, reasons)
            for number, (score, reasons) in scored
        ),
        key=lambda entry: entry[:4],
    )
    for negative, _, _, number, reasons in ranked:
        yield Match(
            slug=pool.candidates[number].slug, score=-negative, reasons=told_reasons(reasons, seeker, pool, number)
        )


def _version(index: MatchIndex, slug: str, seeker: Seeker) -> str:
    """The slug of the story in the first of the newcomer's languages it exists in, else of the original."""
    by_language = {language.split("-")[0].casefold(): version for language, version in _versions(index, slug)}
    return next((by_language[language] for language in seeker.languages if language in by_language), slug)


def _versions(index: MatchIndex, slug: str) -> tuple[tuple[str, str], ...]:
    story = index.community.stories[slug]
    others = index.community.translations_of.get(slug, ())
    return tuple((version.language, version.slug) for version in (*others, story))
