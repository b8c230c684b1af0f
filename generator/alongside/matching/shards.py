"""What an embed ranks: a part of the community, cut into shards that a browser fetches one by one.

A newcomer in somebody else's product is ranked in their browser, so what is ranked has to be small. Of each kind there
is a shard for each challenge and one for everybody (the fallback); groups and meetups also have one for each cell of
the map (`matching.cells`). What a newcomer is compared with are the records of their own shards, and no others.

The pools hold only these records, each with the words that find it best. `matching.shard_matches` ranks them here, and
the script of the embed does there, to the same result.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, cached_property, partial

from alongside.matching.cells import divide
from alongside.matching.index import (
    MatchIndex,
    Pool,
    group_candidate,
    group_text,
    is_published,
    meetup_candidate,
    meetup_place,
    meetup_text,
    member_candidate,
    member_versions,
    pool_of,
    story_candidate,
    story_text,
    story_versions,
)
from alongside.matching.memory import Few, Memory
from alongside.matching.results import Tag
from alongside.matching.spreading import spread_key
from alongside.matching.vectors import Posting
from alongside.matching.words import count_words, language_of
from alongside.model.community import Community
from alongside.model.gatherings import Group, Meetup
from alongside.model.places import Place

FALLBACK = "_"  # the shard for everybody; no slug is called so
MOST_CHALLENGES = 3  # of a newcomer: so many shards are fetched for what they named
CHARACTERS = 1200  # of a text; its beginning says what it is about
TOLD = 3  # stories of a member, the newest, whose words count as theirs besides those that embeds hold
TURN_DAYS = 28  # as long as a journey lasts, a newcomer meets the same people
EVEN_PERCENT = 80  # members who come so near to the best one fit as well, and the newcomer's id decides among them


Held = tuple[str, int, int]  # a word, its idf, its tf * idf


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much a shard holds: what a first view has to load is bounded by it, however large the community."""

    members: int = 20
    stories: int = 44
    gatherings: int = 14  # groups, and as many meetups
    everybody_percent: int = 50  # of these, in the shard for everybody
    words: int = 5  # of each record
    member_words: int = 14  # a member is known by all they tell
    translated_words: int = 2  # of each translation; most of them are taken from those of the original
    translated_member_words: int = 3  # of each other language a member writes in, likewise
    more: int = 100  # percent of these words, where there is room for more; and so many more people for everybody

    def everybody(self, most: int, largest: int) -> int:
        """How many stand in the shard for everybody, where `largest` of at most `most` stand in one of a challenge.

        Whom no challenge leads to is found there or not at all: so it has what these leave, and it grows faster than
        what is known of each.
        """
        left = most * (100 + self.everybody_percent) // 100 - largest
        return max(left, most * self.everybody_percent * self.more**3 // 100**4)

    def known(self, words: int) -> int:
        """How many words stand for `words` of those above."""
        return words * self.more // 100


@dataclass(frozen=True, eq=False)
class Shard:
    """A part of a pool. A build writes it down and ranks nobody, so what ranking asks is worked out when it does."""

    numbers: tuple[int, ...]  # of candidates, ascending
    pool: Pool = field(repr=False)
    held: Callable[[], Sequence[Sequence[Held]]] = field(repr=False)  # the words of each candidate of the pool

    @cached_property
    def postings(self) -> Mapping[str, Posting]:
        """The words that any of them is known by: (idf, the rows of those that hold it, its tf * idf in each)."""
        found: dict[str, Posting] = {}
        for row, number in enumerate(self.numbers):
            for word, idf, entry in self.held()[number]:
                _, rows, entries = found.setdefault(word, (idf, array("I"), array("I")))
                rows.append(row)
                entries.append(entry)
        return found

    @cached_property
    def carriers(self) -> Mapping[Tag, Sequence[int]]:
        """The rows of those that carry a tag."""
        found: dict[Tag, list[int]] = {}
        for row, number in enumerate(self.numbers):
            for tag in self.pool.candidates[number].tags:
                found.setdefault(tag, []).append(row)
        return found


@dataclass(frozen=True, slots=True)
class Date:
    """A date of a meetup, in seconds since 1970."""

    starts: int
    over: int  # from then on it no longer lies ahead


Chosen = Mapping[str, tuple[str, ...]]  # the slugs that stand in each shard, by its key


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """The members and the stories that embeds hold, and how much of them."""

    members: Chosen
    stories: Chosen
    sizes: Sizes


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The records of one kind that embeds hold."""

    pool: Pool  # in the order of slugs
    shards: Mapping[str, Shard]  # by challenge, or the fallback
    near: Mapping[str, Shard]  # by the cell of the map, a geohash; of groups and meetups


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedIndex:
    """All that embeds of one community rank with."""

    index: MatchIndex  # its pools are those of the shelves
    members: Shelf
    stories: Shelf
    groups: Shelf
    meetups: Shelf
    cells: Mapping[str, bool]  # the cells of the map that have a shard
    dates: Mapping[str, tuple[Date, ...]]  # the next ones of each meetup, by slug
    titles: Mapping[str, str]  # of each challenge, as its words are compared
    # by story, 1 where one of those who tell it may be named on that day; worked out when that day is first asked for
    told: Few[date, bytes] = field(default_factory=Few, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A record on its way into shards."""

    slug: str
    challenges: Iterable[str] = ()
    everywhere: bool = True  # of use to people whatever their place
    spot: tuple[float, float, int] | None = None  # degrees north and east, and how many dates
    turns: tuple[Hashable, ...] = ()  # of these, each has its turn; the last is a language
    octets: int = 0  # about so many it takes in a shard, without its words
    characters: int = 0  # of its text, as far as it is read
    translations: int = 0


def embed_index(
    community: Community,
    *,
    people: tuple[Shelf, Shelf],
    gatherings: tuple[Shelf, Shelf],
    dates: Mapping[str, tuple[Date, ...]],
    today: date,
) -> EmbedIndex:
    """All of it together; `people` and `gatherings` as `shelve_people` and `shelve_gatherings` give them."""
    (members, stories), (groups, meetups) = people, gatherings
    pools = (members.pool, stories.pool, groups.pool, meetups.pool)
    return EmbedIndex(
        index=MatchIndex(
            community=community,
            day=today,
            members=members.pool,
            stories=stories.pool,
            groups=groups.pool,
            meetups=meetups.pool,
            memory=Memory(community, candidates=sum(len(pool.candidates) for pool in pools)),
        ),
        members=members,
        stories=stories,
        groups=groups,
        meetups=meetups,
        cells=dict.fromkeys(sorted({*groups.near, *meetups.near}), True),
        dates=dates,
        titles={slug: challenge.title.text("en") for slug, challenge in community.challenges.items()},
    )


def choose_people(community: Community, today: date, sizes: Sizes = Sizes()) -> People:
    """Whom and what embeds hold: at least what `sizes` says, and as much more as a first view has room for.

    So a small community is there as a whole. In one of thousands, a newcomer still loads what they would in any.
    """
    members, stories = _in_turn(_members(community, today)), _in_turn(_stories(community, today))
    room = FIRST_VIEW + sum(_spared(community))
    for more in range(sizes.more + 10, MOST_MORE + 1, 10):
        larger = replace(sizes, more=more)
        needed = _octets(members, larger.members, larger.known(larger.member_words), larger)
        if needed + _octets(stories, larger.stories, larger.known(larger.words), larger) > room:
            break
        sizes = larger
    return People(
        members=_by_challenge(members, sizes.members, sizes.everybody(sizes.members, _largest(members, sizes.members))),
        stories=_by_challenge(stories, sizes.stories, sizes.everybody(sizes.stories, _largest(stories, sizes.stories))),
        sizes=sizes,
    )


def _largest(entries: Iterable[_Entry], most: int) -> int:
    """How many of them stand in the fullest shard of a challenge."""
    counts = Counter(challenge for entry in entries for challenge in entry.challenges)
    return min(most, max(counts.values(), default=0))


def _members(community: Community, today: date) -> Iterator[_Entry]:
    """Members who agreed to embeds and take newcomers on, those with words for it first; languages take turns.

    Where there are more than a shard holds, others stand in it every four weeks: so nobody is left out for their name.
    """
    able = [member for member in community.members.values() if member.welcomes > 0 and member.allows("embed", today)]
    turn = str(today.toordinal() // TURN_DAYS)
    able.sort(
        key=lambda member: (
            not any(page.welcome.strip() for page in member.pages.values()),
            spread_key(turn, member.slug),
            member.slug,
        )
    )
    for one in able:
        yield _Entry(
            one.slug,
            one.challenges,
            turns=(language_of(one.languages[0]),),
            octets=MEMBER_OCTETS + TAG_OCTETS * (len(one.challenges) + len(one.topics) + len(one.roles)),
            characters=CHARACTERS
            if one.slug in community.stories_of
            else sum(len(page.bio) + len(page.welcome) for page in one.pages.values()),
        )


def _stories(community: Community, today: date) -> Iterator[_Entry]:
    """Originals whose teller may be named, those with words of welcome first, the newest of them first; tellers and
    languages take turns."""
    able = [
        story
        for story in community.stories.values()
        if story.status == "published"
        and not is_published(community, story.translation_of)
        and community.tellers(story, "embed", today)
    ]
    able.sort(key=lambda story: (not story.has_welcome, -story.date.toordinal(), story.slug))
    for one in able:
        yield _Entry(
            one.slug,
            one.challenges,
            turns=(one.members[0], language_of(one.language)),
            octets=STORY_OCTETS + TAG_OCTETS * (len(one.challenges) + len(one.topics) + len(one.roles)),
            characters=one.extent,
            translations=len(community.translations_of.get(one.slug, ())),
        )


def shelve_people(community: Community, people: People) -> tuple[Shelf, Shelf]:
    """(the members, the stories) that were chosen, with their texts weighed."""
    sizes = people.sizes
    own = [community.members[slug] for slug in _slugs(people.members)]
    held = _slugs(people.stories)
    told = {*held, *(one.slug for member in own for one in community.stories_of.get(member.slug, ())[:TOLD])}
    told |= {one.slug for slug in held for one in community.translations_of.get(slug, ())}
    counts = {slug: count_words(story_text(community.stories[slug])[:CHARACTERS]) for slug in told}
    member_pool = pool_of(
        [(member_candidate(member), member_versions(member, community, counts)) for member in own],
        words=sizes.known(sizes.member_words),
        translated_words=sizes.known(sizes.translated_member_words),
    )
    story_pool = pool_of(
        [
            (story_candidate(story, community), story_versions(story, community, counts))
            for story in map(community.stories.__getitem__, held)
        ],
        words=sizes.known(sizes.words),
        translated_words=sizes.known(sizes.translated_words),
    )
    return (
        Shelf(pool=member_pool, shards=_shards(member_pool, people.members), near={}),
        Shelf(pool=story_pool, shards=_shards(story_pool, people.stories), near={}),
    )


def shelve_gatherings(
    community: Community, dates: Mapping[str, tuple[Date, ...]], sizes: Sizes = Sizes()
) -> tuple[Shelf, Shelf]:
    """(the groups, the meetups with `dates`) that embeds hold: by challenge, for everybody, and around each cell."""
    groups, meetups = _in_turn(_groups(community)), list(_meetups(community, dates))
    everybody = sizes.gatherings * sizes.everybody_percent // 100
    by_group = _by_challenge(groups, sizes.gatherings, everybody)
    by_meetup = _by_challenge(meetups, sizes.gatherings, everybody)
    near_groups, near_meetups = _by_cell(groups, meetups)
    group_pool = pool_of(
        [
            (group_candidate(group), [count_words(group_text(group)[:CHARACTERS])])
            for group in map(community.groups.__getitem__, _slugs(by_group, near_groups))
        ],
        words=sizes.words,
    )
    meetup_pool = pool_of(
        [
            (meetup_candidate(meetup, community), [count_words(meetup_text(meetup, community)[:CHARACTERS])])
            for meetup in map(community.meetups.__getitem__, _slugs(by_meetup, near_meetups))
        ],
        words=sizes.words,
    )
    return (
        Shelf(pool=group_pool, shards=_shards(group_pool, by_group), near=_shards(group_pool, near_groups)),
        Shelf(pool=meetup_pool, shards=_shards(meetup_pool, by_meetup), near=_shards(meetup_pool, near_meetups)),
    )


# --- how much there is room for ---


# Octets, compressed, as measured on shards of communities of ten thousand and of two hundred stories.
FIRST_VIEW = 11_800  # of members and stories where a first view holds all that it may
SPARED_GROUPS, SPARED_MEETUPS, SPARED_NEAR = 3_000, 4_000, 4_000  # where a community has none, their cards included
MEMBER_OCTETS, STORY_OCTETS, TAG_OCTETS, WORD_OCTETS = 70, 31, 5, 7
WORD_CHARACTERS = 9  # of a text, to one word that tells something
MOST_MORE = 250  # percent


def _spared(community: Community) -> Iterator[int]:
    """What a first view saves in a community that has no groups, no meetups, or nothing on the map."""
    gatherings: tuple[Group | Meetup, ...] = (*community.groups.values(), *community.meetups.values())
    yield 0 if community.groups else SPARED_GROUPS
    yield 0 if community.meetups else SPARED_MEETUPS
    yield 0 if any(_is_point(one.place) for one in gatherings) else SPARED_NEAR


def _octets(entries: Sequence[_Entry], most: int, known: int, sizes: Sizes) -> int:
    """About so many has the largest shard of a challenge together with the one for everybody, by `known` words each."""
    everybody = sizes.everybody(most, _largest(entries, most))
    largest: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for entry in entries:
        # a translation takes a word more than the original loses to it
        octets = entry.octets + WORD_OCTETS * (min(known, entry.characters // WORD_CHARACTERS) + entry.translations)
        for challenge in entry.challenges:
            if held[challenge] < most:
                held[challenge] += 1
                largest[challenge] += octets
        if held[FALLBACK] < everybody:
            held[FALLBACK] += 1
            largest[FALLBACK] += octets
    everybodys = largest.pop(FALLBACK, 0)
    return everybodys + max(largest.values(), default=0)


# --- who stands in which shard -------------------------------------------------------------------------------------


def _groups(community: Community) -> Iterator[_Entry]:
    """Groups that meet, those with a way in first."""
    able = [group for group in community.groups.values() if group.status != "retired"]
    able.sort(key=lambda group: (group.status != "active", not group.chat, group.slug))
    for group in able:
        language = language_of(group.languages[0]) if group.languages else ""
        yield _Entry(group.slug, group.challenges, not _is_point(group.place), _spot(group.place, 1), (language,))


def _meetups(community: Community, dates: Mapping[str, tuple[Date, ...]]) -> Iterator[_Entry]:
    """Meetups that lie ahead, the soonest first."""
    able = [meetup for slug, meetup in community.meetups.items() if dates.get(slug) and meetup.status != "cancelled"]
    for meetup in sorted(able, key=lambda meetup: (dates[meetup.slug][0].starts, meetup.slug)):
        group = community.groups.get(meetup.group)
        place = meetup_place(meetup, group)
        challenges = dict.fromkeys((*meetup.challenges, *(group.challenges if group is not None else ())))
        everywhere = meetup.online or not _is_point(place)
        yield _Entry(meetup.slug, challenges, everywhere, _spot(place, len(dates[meetup.slug])))


def _is_point(place: Place | None) -> bool:
    return place is not None and place.precise


def _spot(place: Place | None, dates: int) -> tuple[float, float, int] | None:
    if place is None or not place.precise or place.lat is None or place.lon is None:
        return None
    return place.lat, place.lon, dates


def _in_turn(entries: Iterable[_Entry]) -> list[_Entry]:
    """In another order, so that nobody takes all the places: a teller's second story comes after all first ones.

    Of a language, eight come at a time.
    """
    seen: Counter[Hashable] = Counter()
    turns: list[tuple[int, _Entry]] = []
    for entry in entries:
        turn, last = 0, len(entry.turns) - 1
        for place, kind in enumerate(entry.turns):
            turn = max(turn, seen[place, kind] // (8 if place == last else 1))
            seen[place, kind] += 1
        turns.append((turn, entry))
    return [entry for _, entry in sorted(turns, key=lambda one: one[0])]


def _by_challenge(entries: Iterable[_Entry], most: int, everybody: int) -> Chosen:
    """The slugs of each shard: of a challenge the first `most` that have it, and the first of all for `everybody`."""
    found: dict[str, list[str]] = {}
    for entry in entries:
        for challenge in entry.challenges:
            shard = found.setdefault(challenge, [])
            if len(shard) < most:
                shard.append(entry.slug)
        shard = found.setdefault(FALLBACK, [])
        if entry.everywhere and len(shard) < everybody:
            shard.append(entry.slug)
    return {key: tuple(slugs) for key, slugs in sorted(found.items()) if slugs}


def _by_cell(groups: Sequence[_Entry], meetups: Sequence[_Entry]) -> tuple[Chosen, Chosen]:
    """The groups and the meetups around each cell of the map."""
    located = [entry for entry in (*groups, *meetups) if entry.spot is not None]
    first_meetup = sum(entry.spot is not None for entry in groups)
    cells = divide([entry.spot for entry in located if entry.spot is not None])
    near_groups = {
        cell: tuple(located[number].slug for number in numbers if number < first_meetup)
        for cell, numbers in cells.items()
    }
    near_meetups = {
        cell: tuple(located[number].slug for number in numbers if number >= first_meetup)
        for cell, numbers in cells.items()
    }
    return near_groups, near_meetups


def _slugs(*shards: Chosen) -> list[str]:
    """All that stand in any shard, in order."""
    return sorted({slug for one in shards for slugs in one.values() for slug in slugs})


def _shards(pool: Pool, slugs: Chosen) -> dict[str, Shard]:
    held = cache(partial(_held, pool))
    return {
        key: Shard(tuple(sorted(pool.numbers[slug] for slug in found)), pool, held)
        for key, found in slugs.items()
        if found
    }


def _held(pool: Pool) -> Sequence[Sequence[Held]]:
    """The words of each candidate."""
    found: list[list[Held]] = [[] for _ in pool.candidates]
    for word, (idf, numbers, entries) in pool.corpus.postings.items():
        for number, entry in zip(numbers, entries, strict=True):
            found[number].append((word, idf, entry))
    return found
