"""The candidates of a pool in the order they fit a profile; what only an id can decide is left open.

Between scoring and matches. Each order is worked out once for a profile (`matching.memory`); `in_order` then settles
the ties for one newcomer, and only as far as somebody asks.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop

from alongside.matching.index import MatchIndex, Pool
from alongside.matching.memory import Profile, Ranking, Schedule, Upcoming
from alongside.matching.results import Match, Reason
from alongside.matching.scoring import (
    Likeness,
    gathering_place_reason,
    language_reason,
    person_place_reason,
    told_reasons,
)
from alongside.matching.seekers import Seeker
from alongside.matching.weights import WEIGHTS

Scored = tuple[int, int, tuple[Reason, ...]]  # (number in the pool, score, reasons in no order)


def in_order(pool: Pool, ranking: Ranking, spread: str) -> Iterator[int]:
    """The numbers of `ranking`, best first, ties spread by `spread`."""
    for tied in _tiers(ranking):
        if len(tied) == 1:
            yield tied[0]
        else:
            heap = list(zip(pool.spread.keys(spread, tied), tied, strict=True))
            heapify(heap)  # seldom is more than the first of them asked for
            while heap:
                yield heappop(heap)[1]


def only(ranking: Ranking, wanted: Collection[int]) -> Ranking:
    """Those of `ranking` whose numbers are `wanted`, tied as before."""
    numbers, tiers = array("I"), array("I")
    for tied in _tiers(ranking):
        kept = [number for number in tied if number in wanted]
        if kept:
            tiers.append(len(numbers))
            numbers.extend(kept)
    return Ranking(numbers, tiers)


def _tiers(ranking: Ranking) -> Iterator[Sequence[int]]:
    numbers, tiers = ranking.numbers, ranking.tiers
    for place, start in enumerate(tiers):
        yield numbers[start : tiers[place + 1] if place + 1 < len(tiers) else len(numbers)]


def ranked_members(index: MatchIndex, profile: Profile) -> Ranking:
    """Every member who may be shown anywhere."""
    if profile.members is None:
        numbers = range(len(index.members.candidates))
        scored = score_members(index, profile.seeker, numbers)
        profile.members = _ranking((number, score) for number, score, _ in scored)
    return profile.members


def ranked_stories(index: MatchIndex, profile: Profile, among: Collection[str] | None = None) -> Ranking:
    """The stories, all or those of them (slugs of originals)."""
    pool = index.stories
    if among is not None:
        wanted = frozenset(among)
        found = profile.some_stories.get(wanted)
        return found or profile.some_stories.put(wanted, _rank_stories(index, profile, wanted))
    if profile.stories is None:
        profile.stories = _ranking(enumerate(_story_scores(index, profile, range(len(pool.candidates)))))
    return profile.stories


def _rank_stories(index: MatchIndex, profile: Profile, among: Collection[str]) -> Ranking:
    numbers = sorted(index.stories.numbers[slug] for slug in among if slug in index.stories.numbers)
    if len(numbers) == 1:  # most members tell one story
        return Ranking(array("I", numbers), array("I", [0]))
    scores = _story_scores(index, profile, numbers)
    return _ranking((number, scores[number]) for number in numbers)


def ranked_groups(index: MatchIndex, profile: Profile, near_km: float | None) -> Ranking:
    """The groups; with `near_km` only what can be reached or joined online."""
    found = profile.groups.get(near_km)
    if found is None:
        numbers = range(len(index.groups.candidates))
        scored = score_gatherings(index, profile.seeker, index.groups, numbers, near_km=near_km)
        found = profile.groups.put(near_km, _ranking((number, score) for number, score, _ in scored))
    return found


def ranked_meetups(index: MatchIndex, profile: Profile, near_km: float | None, upcoming: Upcoming) -> Ranking:
    """The meetups of `upcoming`, the same; of equal score the sooner one first."""
    schedule = index.memory.schedule(upcoming)
    found = profile.meetups.get(near_km)
    if found is None or found[0] is not schedule:
        found = profile.meetups.put(near_km, (schedule, _rank_meetups(index, profile.seeker, near_km, schedule)))
    return found[1]


def _rank_meetups(index: MatchIndex, seeker: Seeker, near_km: float | None, schedule: Schedule) -> Ranking:
    pool, starts = index.meetups, schedule.starts
    numbers = sorted(pool.numbers[slug] for slug in starts if slug in pool.numbers)
    scored = score_gatherings(index, seeker, pool, numbers, near_km=near_km)
    return _ranking(
        ((number, score) for number, score, _ in scored), first=lambda number: starts[pool.candidates[number].slug]
    )


def score_members(index: MatchIndex, seeker: Seeker, numbers: Sequence[int]) -> Iterator[Scored]:
    """Those members, with score and reasons."""
    pool = index.members
    likeness = Likeness(seeker, pool, numbers)
    for number in numbers:
        place = person_place_reason(seeker, pool.candidates[number])
        yield _scored(index, seeker, pool, number, likeness.reasons(number), place)


def score_stories(index: MatchIndex, seeker: Seeker, numbers: Sequence[int]) -> Iterator[Scored]:
    """Those stories, with score and reasons."""
    likeness = Likeness(seeker, index.stories, numbers)
    for number in numbers:
        yield _scored(index, seeker, index.stories, number, likeness.reasons(number), None)


def score_gatherings(
    index: MatchIndex, seeker: Seeker, pool: Pool, numbers: Iterable[int], *, near_km: float | None
) -> Iterator[Scored]:
    """Those groups or meetups, with score and reasons; with `near_km` only what can be reached or joined online."""
    places = [(number, *gathering_place_reason(seeker, pool.candidates[number], near_km=near_km)) for number in numbers]
    if near_km is not None:
        places = [entry for entry in places if entry[2]]
    likeness = Likeness(seeker, pool, [number for number, _, _ in places])
    for number, place, reachable in places:
        _, score, reasons = _scored(index, seeker, pool, number, likeness.reasons(number), place)
        yield number, (score if reachable else score * WEIGHTS.elsewhere_percent // 100), reasons


def told_match(profile: Profile, pool: Pool, scored: Scored) -> Match:
    """A candidate that was chosen, with its reasons as they are told."""
    number, score, reasons = scored
    told = told_reasons(reasons, profile, pool, number)
    return Match(slug=pool.candidates[number].slug, score=score, reasons=told)


def told_member(index: MatchIndex, profile: Profile, number: int) -> Match:
    """A member who was chosen, with reasons: the same for all who say the same."""
    found = profile.told.get(number)
    if found is None:
        (scored,) = score_members(index, profile.seeker, (number,))
        found = profile.told.put(number, told_match(profile, index.members, scored))
    return found


def _story_scores(index: MatchIndex, profile: Profile, numbers: Sequence[int]) -> Mapping[int, int] | array[int]:
    """By number, with those of `numbers` filled in."""
    scores = profile.story_scores
    if scores is None:
        scores = array("i", [-1]) * len(index.stories.candidates)
        profile.story_scores = scores
    missing = [number for number in numbers if scores[number] < 0]
    if missing:
        for number, score, _ in score_stories(index, profile.seeker, missing):
            scores[number] = score
    return scores


def _scored(
    index: MatchIndex, seeker: Seeker, pool: Pool, number: int, reasons: list[Reason], place: Reason | None
) -> Scored:
    language, understood = language_reason(seeker, pool.candidates[number], index.community.language)
    if place is not None:
        reasons.append(place)
    if language is not None:
        reasons.append(language)
    score = sum([reason.points for reason in reasons]) if reasons else 0
    return number, (score if understood else score * WEIGHTS.no_language_percent // 100), tuple(reasons)


def _ranking(scored: Iterable[tuple[int, int]], *, first: Callable[[int], float] | None = None) -> Ranking:
    """The order of (number, score): the higher score first, then what `first` gives less for; the rest are ties."""
    entries = [(-score, first(number) if first is not None else 0.0, number) for number, score in scored]
    entries.sort()
    tiers = [place for place, entry in enumerate(entries) if place == 0 or entry[:2] != entries[place - 1][:2]]
    return Ranking(numbers=array("I", [number for _, _, number in entries]), tiers=array("I", tiers))
