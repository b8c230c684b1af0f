"""The candidates of a pool in the order they fit a profile; what only an id can decide is left open.

Between scoring and matches. Each order is worked out once for a profile (`matching.memory`); `in_order` then settles
the ties for one newcomer, and only as far as somebody asks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop
from itertools import compress, islice, pairwise

from alongside.matching.index import MatchIndex, Pool
from alongside.matching.memory import Profile, Ranking, Upcoming, packed
from alongside.matching.scoring import (
    points_of_gatherings,
    points_of_members,
    points_of_some_stories,
    points_of_stories,
)

FEW = 6  # so many stories are scored one by one; for more, scoring all is quicker unless there are many others


def in_order(pool: Pool, ranking: Ranking, spread: str) -> Iterator[int]:
    """The numbers of `ranking`, best first, ties spread by `spread`."""
    numbers, start = ranking.numbers, 0
    for end in ranking.ends:
        if end - start == 1:
            yield numbers[start]
        else:
            tied = numbers[start:end]
            heap = list(zip(pool.spread.keys(spread, tied), tied, strict=True))
            heapify(heap)  # seldom is more than the first of them asked for
            while heap:
                yield heappop(heap)[1]
        start = end


def first(pool: Pool, ranking: Ranking, spread: str, count: int) -> Iterable[int]:
    """The first `count` numbers of `in_order`."""
    return ranking.numbers[:count] if ranking.is_settled(count) else islice(in_order(pool, ranking, spread), count)


def ranked_members(index: MatchIndex, profile: Profile) -> Ranking:
    """Every member who may be shown anywhere."""
    found = profile.rankings.get(("members",))
    if found is None:
        points = member_points(index, profile)
        found = profile.rankings.put(("members",), _ranking(points, range(len(points))))
    return found


def ranked_some_members(index: MatchIndex, profile: Profile, numbers: Iterable[int]) -> Ranking:
    """The members with those numbers."""
    return _ranking(member_points(index, profile), numbers)


def ranked_stories(index: MatchIndex, profile: Profile, among: Collection[str] | None = None) -> Ranking:
    """The stories, all or those of them (slugs of originals)."""
    key = ("stories", frozenset(among) if among is not None else None)
    found = profile.rankings.get(key)
    if found is None:
        found = profile.rankings.put(key, _rank_stories(index, profile, among))
    return found


def _rank_stories(index: MatchIndex, profile: Profile, among: Collection[str] | None) -> Ranking:
    if among is None:
        points = _story_points(index, profile)
        return _ranking(points, range(len(points)))
    numbers = sorted({index.stories.numbers[slug] for slug in among if slug in index.stories.numbers})
    if len(numbers) <= 1:  # most members tell one story
        return Ranking(tuple(numbers), (1,) * len(numbers))
    if profile.story_points is None and len(numbers) <= max(FEW, len(index.stories.candidates) // 8):
        return _ranking(points_of_some_stories(index, profile.seeker, numbers), numbers)
    return _ranking(_story_points(index, profile), numbers)


def ranked_groups(index: MatchIndex, profile: Profile, near_km: float | None) -> Ranking:
    """The groups; with `near_km` only what can be reached or joined online."""
    found = profile.rankings.get(("groups", near_km))
    if found is None:
        points, reachable = points_of_gatherings(index, index.groups, profile.seeker, near_km)
        numbers = range(len(points))
        ranking = _ranking(points, numbers if near_km is None else compress(numbers, reachable))
        found = profile.rankings.put(("groups", near_km), ranking)
    return found


def ranked_meetups(index: MatchIndex, profile: Profile, near_km: float | None, upcoming: Upcoming) -> Ranking:
    """The meetups of `upcoming`, the same; of equal score the sooner one first."""
    schedule = index.memory.schedule(upcoming, index.meetups.numbers)
    found = profile.meetups.get(near_km)
    if found is None or found[0] is not schedule:
        points, reachable = points_of_gatherings(index, index.meetups, profile.seeker, near_km)
        numbers = [number for number in schedule.numbers if near_km is None or reachable[number]]
        found = profile.meetups.put(near_km, (schedule, _ranking(points, numbers, schedule.starts)))
    return found[1]


def member_points(index: MatchIndex, profile: Profile) -> Sequence[int]:
    """The points of every member, by number."""
    if profile.member_points is None:
        profile.member_points = packed(points_of_members(index, profile.seeker))
    return profile.member_points


def _story_points(index: MatchIndex, profile: Profile) -> Sequence[int]:
    if profile.story_points is None:
        profile.story_points = packed(points_of_stories(index, profile.seeker))
    return profile.story_points


def _ranking(
    points: Sequence[int] | Mapping[int, int], numbers: Iterable[int], then: Mapping[int, float] | None = None
) -> Ranking:
    """Those numbers by their points, the most first; the rest are ties.

    `then`: what parts those of equal points, where `numbers` come in its order already (the sort is a stable one).
    """
    order = sorted(numbers, key=points.__getitem__, reverse=True)
    values: Iterable[object] = map(points.__getitem__, order)
    if then is not None:
        values = zip(values, map(then.__getitem__, order), strict=True)
    ends = [place for place, (before, after) in enumerate(pairwise(values), 1) if before != after]
    if order:
        ends.append(len(order))
    return Ranking(packed(order), packed(ends))
