"""The matches of one newcomer among the records of their own shards: what an embed would show them.

The rule is that of `matching.scoring`, and the script of embeds is the same rule in a browser: its results are equal to
these, reasons included.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from alongside.matching.cells import LONGEST, geohash, shard_of
from alongside.matching.index import MatchIndex, Pool
from alongside.matching.memory import Profile
from alongside.matching.reasons import told_gathering, told_member, told_story
from alongside.matching.results import Match, Matches
from alongside.matching.scoring import language_table, points_of_gatherings, points_of_members
from alongside.matching.seekers import Seeker, said_by, seeker_of, spread_of
from alongside.matching.shards import EVEN_PERCENT, FALLBACK, MOST_CHALLENGES, Date, EmbedIndex, Shard, Shelf
from alongside.matching.vectors import term_weights
from alongside.matching.weights import WEIGHTS
from alongside.model.community import Community
from alongside.model.people import Member, Newcomer
from alongside.model.places import Place

_TERMS = term_weights()


def cell_of(embed: EmbedIndex, place: Place | None) -> str:
    """The cell whose shard somebody at `place` fetches; empty where there is none."""
    if place is None or not place.precise or place.lat is None or place.lon is None:
        return ""
    return shard_of(geohash(place.lat, place.lon, LONGEST), embed.cells) or ""


def match_in_shards(
    embed: EmbedIndex, newcomer: Newcomer, *, now: int, today: date, near_km: float | None, limit: int
) -> Matches:
    """What an embed would show `newcomer`: the best `limit` of each kind among the records of their shards.

    `now`: seconds since 1970. `today`: the newcomer's own day, on which members have to be free. Groups and meetups are
    only those that can be reached or joined online. Only the first challenges a newcomer names have a shard fetched.
    """
    seeker = _seeker(embed, newcomer)
    spread = spread_of(newcomer)
    return Matches(
        members=_match_members(embed, newcomer, seeker, spread, today=today, limit=limit),
        stories=_match_stories(embed, newcomer, seeker, spread, today=today, limit=limit),
        groups=_match_groups(embed, newcomer, seeker, spread, near_km=near_km, limit=limit),
        meetups=_match_meetups(embed, newcomer, seeker, spread, now=now, near_km=near_km, limit=limit),
    )


def match_stories_in_shards(embed: EmbedIndex, newcomer: Newcomer, *, today: date, limit: int) -> tuple[Match, ...]:
    """The stories alone: the original's slug, whatever language it is then shown in."""
    seeker = _seeker(embed, newcomer)
    return _match_stories(embed, newcomer, seeker, spread_of(newcomer), today=today, limit=limit)


def _seeker(embed: EmbedIndex, newcomer: Newcomer) -> Seeker:
    return seeker_of(said_by(newcomer), embed.titles)


def _match_stories(
    embed: EmbedIndex, newcomer: Newcomer, seeker: Seeker, spread: str, *, today: date, limit: int
) -> tuple[Match, ...]:
    index, shards, told = embed.index, _own(embed.stories, newcomer), _told_on(embed, today)
    profile, points = _points_of_stories(index, seeker, shards)
    best = _first(index.stories, points, [number for number in points if told[number]], spread, limit)
    return tuple(told_story(index, profile, number) for number in best)


def _told_on(embed: EmbedIndex, today: date) -> bytes:
    found = embed.told.get(today)
    if found is None:
        index, community = embed.index, embed.index.community
        stories = (community.stories[one.slug] for one in index.stories.candidates)
        found = embed.told.put(today, bytes([bool(community.tellers(one, "embed", today)) for one in stories]))
    return found


def _points_of_stories(index: MatchIndex, seeker: Seeker, shards: Sequence[Shard]) -> tuple[Profile, dict[int, int]]:
    """(what is looked for, in words that a story of these shards is known by; the points of their stories, by number).

    They are those of `scoring.points_of_stories`, which follows words through all shards: a newcomer has few of them,
    and 100,000 newcomers are ranked in one go.
    """
    pool, table, norms = index.stories, language_table(index, index.stories, seeker), index.stories.corpus.norms
    words: dict[str, int] = {}
    weights: list[tuple[str, int]] = []
    for word, times in seeker.words.items():
        for shard in shards:
            if word in shard.postings:
                words[word] = times
                weights.append((word, _TERMS[min(times, 64)] * shard.postings[word][0]))
                break
    norm = math.isqrt(sum([weight * weight for _, weight in weights]))
    found: dict[int, int] = {}
    for shard in shards:
        numbers = shard.numbers
        points = [table.points[number] for number in numbers]
        for tag, _ in seeker.tags:
            carrying = shard.carriers.get(tag)
            if carrying is not None:
                worth = pool.carriers[tag].points
                for row in carrying:
                    points[row] += worth
        dots: dict[int, int] = {}
        for word, weight in weights:
            posting = shard.postings.get(word)
            if posting is not None:
                for row, entry in zip(posting[1], posting[2]):  # noqa: B905 (a check a word; they are as many)
                    dots[row] = dots.get(row, 0) + weight * entry
        for row, dot in dots.items():
            points[row] += WEIGHTS.text * (1000 * dot // (norm * norms[numbers[row]])) // 1000
        # a story of two shards has the same points in both
        found.update(zip(numbers, points, strict=True))
    if 0 in table.understood:
        percent = WEIGHTS.no_language_percent
        found = {n: value if table.understood[n] else value * percent // 100 for n, value in found.items()}
    return Profile(replace(seeker, words=words)), found


def _match_members(
    embed: EmbedIndex, newcomer: Newcomer, seeker: Seeker, spread: str, *, today: date, limit: int
) -> tuple[Match, ...]:
    """Those who come near enough to the best one, in an order that the newcomer's id decides, then the others.

    So those who fit many newcomers are not shown to all of them, and the same newcomer meets the same member again.
    """
    index = embed.index
    profile, numbers = _look(seeker, _own(embed.members, newcomer))
    members = index.community.members
    free = [
        number for number in numbers if _is_free(members[index.members.candidates[number].slug], index.community, today)
    ]
    points = points_of_members(index, profile.seeker)
    best = max((points[number] for number in free), default=0)
    even = [number for number in free if 100 * points[number] >= EVEN_PERCENT * best]
    levels = dict.fromkeys(even, best) | {n: points[n] for n in free if 100 * points[n] < EVEN_PERCENT * best}
    chosen = _first(index.members, levels, free, spread, limit)
    return tuple(told_member(index, profile, number) for number in chosen)


def _is_free(member: Member, community: Community, today: date) -> bool:
    return member.allows("embed", today) and not member.is_away(today) and not community.is_full(member.slug, today)


def _match_groups(
    embed: EmbedIndex, newcomer: Newcomer, seeker: Seeker, spread: str, *, near_km: float | None, limit: int
) -> tuple[Match, ...]:
    index = embed.index
    shards = _own(embed.groups, newcomer, cell_of(embed, newcomer.place))
    profile, numbers = _look(seeker, shards)
    points, reachable = points_of_gatherings(index, index.groups, profile.seeker, near_km)
    able = [number for number in numbers if reachable[number]]
    best = _first(index.groups, points, able, spread, limit)
    return tuple(told_gathering(index, profile, index.groups, number, near_km=near_km) for number in best)


def _match_meetups(
    embed: EmbedIndex, newcomer: Newcomer, seeker: Seeker, spread: str, *, now: int, near_km: float | None, limit: int
) -> tuple[Match, ...]:
    """Of equal score the sooner one first."""
    index = embed.index
    shards = _own(embed.meetups, newcomer, cell_of(embed, newcomer.place))
    profile, numbers = _look(seeker, shards)
    points, reachable = points_of_gatherings(index, index.meetups, profile.seeker, near_km)
    starts: dict[int, int] = {}
    for number in numbers:
        following = next_date(embed.dates[index.meetups.candidates[number].slug], now)
        if following is not None and reachable[number]:
            starts[number] = following.starts
    best = _first(index.meetups, points, starts, spread, limit, starts)
    return tuple(told_gathering(index, profile, index.meetups, number, near_km=near_km) for number in best)


def next_date(dates: Iterable[Date], now: int) -> Date | None:
    """The first date that still lies ahead."""
    return next((one for one in dates if one.over > now), None)


def _own(shelf: Shelf, newcomer: Newcomer, cell: str = "") -> list[Shard]:
    """A newcomer's own shards."""
    keys = (*newcomer.challenges[:MOST_CHALLENGES], FALLBACK)
    found = [shelf.shards[key] for key in dict.fromkeys(keys) if key in shelf.shards]
    return [*found, shelf.near[cell]] if cell in shelf.near else found


def _look(seeker: Seeker, shards: Sequence[Shard]) -> tuple[Profile, list[int]]:
    """(what is looked for, in words that a record of these shards is known by; the numbers of their records)."""
    words = {word: times for word, times in seeker.words.items() if any(word in shard.postings for shard in shards)}
    return Profile(replace(seeker, words=words)), sorted({number for shard in shards for number in shard.numbers})


def _first(
    pool: Pool,
    points: Sequence[int] | Mapping[int, int],
    numbers: Iterable[int],
    spread: str,
    count: int,
    then: Mapping[int, int] | None = None,
) -> list[int]:
    """The best `count` of those numbers; ties as in `matching.ranking`."""
    numbers = [*numbers]
    if len(numbers) > count > 0:
        last = sorted([points[number] for number in numbers])[-count]
        numbers = [number for number in numbers if points[number] >= last]
    levels = {number: (-points[number], 0 if then is None else then[number]) for number in numbers}
    order = sorted(numbers, key=levels.__getitem__)
    found: list[int] = []
    while order and len(found) < count:
        tied = 1
        while tied < len(order) and levels[order[tied]] == levels[order[0]]:
            tied += 1
        run, order = order[:tied], order[tied:]
        if tied > 1:
            run = [number for _, number in sorted(zip(pool.spread.keys(spread, run), run, strict=True))]
        found += run
    return found[:count]
