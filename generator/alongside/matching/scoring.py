"""The points of the candidates of a pool for one newcomer: the sums of the reasons that `matching.reasons` would give.

Ranking needs no reasons, so none is made here. What depends on languages or on a place alone is read from a table that
all who share them use; tags and texts are added to those who carry them, whom the pool knows.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from operator import add

from alongside.matching.index import Candidate, Kinds, MatchIndex, Pool
from alongside.matching.memory import LanguageTable, PlaceTable
from alongside.matching.reasons import gathering_place_reason, language_reason, person_place_reason
from alongside.matching.results import Reason
from alongside.matching.seekers import Seeker
from alongside.matching.weights import WEIGHTS


def points_of_members(index: MatchIndex, seeker: Seeker) -> Sequence[int]:
    """Of every member, by number."""

    def rule(candidate: Candidate) -> tuple[Reason | None, bool]:
        return person_place_reason(seeker, candidate), True

    return _points(index, index.members, seeker, _place_table(index.members, (seeker.country, seeker.vector), rule))


def points_of_stories(index: MatchIndex, seeker: Seeker) -> Sequence[int]:
    """Of every story, by number."""
    return _points(index, index.stories, seeker, None)


def points_of_some_stories(index: MatchIndex, seeker: Seeker, numbers: Sequence[int]) -> Mapping[int, int]:
    """Of the stories with those numbers; quicker than looking at all where they are few."""
    pool, table = index.stories, language_table(index, index.stories, seeker)
    likeness = pool.corpus.likeness_of(seeker.words, numbers)
    tags = [(tag, pool.carriers[tag].points) for tag, _ in seeker.tags if tag in pool.carriers]
    found: dict[int, int] = {}
    for number in numbers:
        carried = pool.candidates[number].tags
        points = table.points[number] + WEIGHTS.text * likeness.get(number, 0) // 1000
        points += sum([worth for tag, worth in tags if tag in carried])
        found[number] = points if table.understood[number] else points * WEIGHTS.no_language_percent // 100
    return found


def points_of_gatherings(
    index: MatchIndex, pool: Pool, seeker: Seeker, near_km: float | None
) -> tuple[Sequence[int], bytes]:
    """(of every group or meetup, by number; by number, 1 for those one could go to or join online)."""

    def rule(candidate: Candidate) -> tuple[Reason | None, bool]:
        return gathering_place_reason(seeker, candidate, near_km=near_km)

    table = _place_table(pool, (seeker.country, seeker.vector, seeker.zone, near_km), rule)
    points = _points(index, pool, seeker, table)
    return _share(points, table.reachable, WEIGHTS.elsewhere_percent), table.reachable


def language_table(index: MatchIndex, pool: Pool, seeker: Seeker) -> LanguageTable:
    """What the candidates of `pool` are worth to all who speak what `seeker` does."""
    found = pool.tables.languages.get(seeker.languages)
    if found is None:
        table = _table(pool.by_languages, lambda one: language_reason(seeker, one, index.community.language))
        found = pool.tables.languages.put(seeker.languages, LanguageTable(*table), pool.tables.most)
    return found


def _place_table(
    pool: Pool, where: tuple[Hashable, ...], rule: Callable[[Candidate], tuple[Reason | None, bool]]
) -> PlaceTable:
    """The same for all who are at `where`, by `rule`."""
    found = pool.tables.places.get(where)
    if found is None:
        found = pool.tables.places.put(where, PlaceTable(*_table(pool.by_place, rule)), pool.tables.most)
    return found


def _table(kinds: Kinds, rule: Callable[[Candidate], tuple[Reason | None, bool]]) -> tuple[list[int], bytes]:
    """The points of each candidate, and the answers, as `rule` gives them for its kind."""
    told = [rule(example) for example in kinds.examples]
    points = [reason.points if reason is not None else 0 for reason, _ in told]
    answers = [answer for _, answer in told]
    return [points[kind] for kind in kinds.kind_of], bytes([answers[kind] for kind in kinds.kind_of])


def _points(index: MatchIndex, pool: Pool, seeker: Seeker, place: PlaceTable | None) -> list[int]:
    """The points of every candidate, by number."""
    table = language_table(index, pool, seeker)
    points = [*table.points] if place is None else [*map(add, table.points, place.points)]
    for tag, _ in seeker.tags:
        carriers = pool.carriers.get(tag)
        if carriers is not None:
            worth = carriers.points
            for number in carriers.numbers:
                points[number] += worth
    for number, likeness in pool.corpus.likeness(seeker.words).items():
        points[number] += WEIGHTS.text * likeness // 1000
    return _share(points, table.understood, WEIGHTS.no_language_percent)


def _share(points: list[int], whole: bytes, percent: int) -> list[int]:
    """The points, and so many percent of them for those who are not marked in `whole`."""
    if 0 not in whole:
        return points
    return [value if kept else value * percent // 100 for value, kept in zip(points, whole, strict=True)]
