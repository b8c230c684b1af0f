"""Who stands in the shards of embeds: all of a small community, as many of a large one as a first view has room for."""

from __future__ import annotations

import gzip
import json
from datetime import date, timedelta

import pytest

from alongside.matching.shards import FALLBACK, FIRST_VIEW, People, Sizes, choose_people, shelve_people
from alongside.model.community import Community
from alongside.model.people import Consent, Member, MemberPage
from alongside.model.stories import Story
from alongside.problems import Position
from alongside.rendering.embeds.shards import _columns

TODAY = date(2026, 11, 23)
HERE = Position("content/x.md")
CONSENT = Consent(since=date(2026, 1, 1), until=None, containers=frozenset({"embed"}))


def bio(number: int, words: int) -> str:
    """Words of their own, and some that others have, too."""
    return " ".join(f"{'own' if place % 2 else 'all'}{number * place % 997}" for place in range(words))


def community(members: int, stories: int, *, words: int = 60, challenges: tuple[str, ...] = ()) -> Community:
    """`challenges`: everybody has all of them."""
    people = [
        Member(
            slug=f"member-{number}",
            name=f"Member {number}",
            languages=("en",),
            challenges=challenges,
            welcomes=3,
            consent=CONSENT,
            pages={"en": MemberPage(language="en", bio=bio(number, words), position=HERE)},
            position=HERE,
        )
        for number in range(members)
    ]
    tales = [
        Story(
            slug=f"story-{number}",
            title=f"Story {number}",
            members=(f"member-{number % members}",),
            date=date(2026, 1, 1),
            language="en",
            challenges=challenges,
            body=bio(number, words),
            position=HERE,
        )
        for number in range(stories)
    ]
    return Community(name="Test", members={one.slug: one for one in people}, stories={one.slug: one for one in tales})


def octets(whole: Community, people: People) -> int:
    """Of the fullest shard of a challenge and the one for everybody, of both kinds, compressed."""
    total = 0
    for shelf, located in zip(shelve_people(whole, people), (True, False), strict=True):
        sizes = {
            key: len(gzip.compress(json.dumps(_columns(shelf.pool, shard.numbers, located=located)).encode()))
            for key, shard in shelf.shards.items()
        }
        total += sizes.pop(FALLBACK) + max(sizes.values(), default=0)
    return total


def test_a_small_community_is_there_as_a_whole_and_by_many_words() -> None:
    whole = community(30, 50)
    people = choose_people(whole, TODAY)
    assert len(people.members[FALLBACK]) == 30
    assert len(people.stories[FALLBACK]) == 50
    assert people.sizes.known(people.sizes.words) > Sizes().words
    members, _ = shelve_people(whole, people)
    held = members.shards[FALLBACK].postings
    assert sum(len(rows) for _, rows, _ in held.values()) > 30 * Sizes().member_words


@pytest.mark.parametrize("challenges", [(), ("first-talk",), ("first-talk", "isolation", "burn-out")])
@pytest.mark.parametrize("words", [5, 60, 400])
def test_a_large_one_takes_no_more_than_a_first_view_has_room_for(challenges: tuple[str, ...], words: int) -> None:
    whole = community(600, 900, words=words, challenges=challenges)
    people = choose_people(whole, TODAY)
    assert octets(whole, people) <= FIRST_VIEW + 11_000  # of groups, meetups and places, which it does not have
    for challenge in challenges:
        assert len(people.members[challenge]) == Sizes().members
        assert len(people.stories[challenge]) == Sizes().stories
    assert len(people.members[FALLBACK]) >= Sizes().members // 2


def test_who_has_few_words_leaves_room_for_others() -> None:
    """What a first view saves goes to those whom no challenge leads to."""
    few, many = (choose_people(community(600, 0, words=words), TODAY) for words in (3, 400))
    assert len(few.members[FALLBACK]) > len(many.members[FALLBACK]) >= 30


def test_members_beyond_take_turns_every_four_weeks() -> None:
    whole = community(300, 0)
    first = choose_people(whole, TODAY).members[FALLBACK]
    start = next(day for day in map(TODAY.__add__, map(timedelta, range(28))) if day.toordinal() % 28 == 0)
    turns = [{*choose_people(whole, start + timedelta(days=28 * turn)).members[FALLBACK]} for turn in range(13)]
    assert (
        choose_people(whole, start + timedelta(days=27)).members[FALLBACK]
        == choose_people(whole, start).members[FALLBACK]
    )
    assert len(set.union(*turns)) > 3 * len(first)  # of a year
