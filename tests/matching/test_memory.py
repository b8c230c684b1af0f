"""What an index remembers changes no result: newcomers one after the other, against an index that has seen nobody."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alongside.matching.assignment import EVEN_LOAD_PERCENT, TAKEN_POINTS, assign_member
from alongside.matching.index import MatchIndex, build_index
from alongside.matching.matches import match_newcomer
from alongside.matching.memory import KEPT, LONG, RECENT, Few
from alongside.matching.spreading import Spread, spread_key
from alongside.model.community import Community
from alongside.model.people import Container, Newcomer
from random_records import ALL, NOON, TODAY, a_community, newcomers


def a_load(random_: random.Random, community: Community) -> Counter[str]:
    return Counter({slug: random_.choice((0, 0, 1, 2, 3, 9)) for slug in community.members if random_.random() < 0.8})


@pytest.mark.parametrize("seed", range(4))
def test_an_index_that_saw_many_says_what_a_fresh_one_says(seed: int) -> None:
    random_ = random.Random(seed)
    community = a_community(random_)
    used = build_index(community, today=TODAY)
    upcoming = {f"t{number}": NOON + timedelta(days=random_.randint(1, 4)) for number in range(0, 30, 2)}
    for newcomer in newcomers(random_, community):
        if random_.random() < 0.1:  # a mapping that changes under its user's hand
            upcoming[f"t{random_.randint(0, 29)}"] = NOON + timedelta(days=random_.randint(1, 4))
        fresh = build_index(community, today=TODAY)
        limit, near_km = random_.choice((1, 3, 50)), random_.choice((None, 30.0, 100.0))
        container, load = random_.choice(ALL), a_load(random_, community)
        keep = random_.choice(("", "", "m3"))
        assert match_newcomer(used, newcomer, upcoming=upcoming, limit=limit, near_km=near_km) == match_newcomer(
            fresh, newcomer, upcoming=upcoming, limit=limit, near_km=near_km
        )
        chosen = assign_member(used, newcomer, day=TODAY, load=load, keep=keep, container=container)
        fresh = build_index(community, today=TODAY)
        assert chosen == assign_member(fresh, newcomer, day=TODAY, load=load, keep=keep, container=container)
        assert chosen == assigned_plainly(fresh, newcomer, load, keep, container)


def assigned_plainly(
    index: MatchIndex, newcomer: Newcomer, load: Counter[str], keep: str, container: Container
) -> object:
    """The rule of `assign_member`, as it is told."""
    members, limit = index.community.members, len(index.community.members)
    matches = {match.slug: match for match in match_newcomer(index, newcomer, upcoming={}, limit=limit).members}
    able = [slug for slug in matches if members[slug].allows(container, TODAY) and not members[slug].is_away(TODAY)]
    if keep in able:
        return matches[keep]
    room = [slug for slug in able if load[slug] < members[slug].welcomes]
    story = index.community.stories.get(newcomer.met)
    for met in story.members if story is not None else (newcomer.met,):
        if met in room:
            return matches[met]
    offered = [slug for slug in able if members[slug].welcomes]
    share = -(-EVEN_LOAD_PERCENT * (sum(load[slug] for slug in offered) + 1) // (100 * len(offered))) if offered else 0
    even = [slug for slug in room if load[slug] < max(2, share)] or room
    spoken = {language.split("-")[0] for language in newcomer.languages}
    understood = [
        slug for slug in even
        if not spoken or spoken & {language.split("-")[0] for language in members[slug].languages}
    ] or even  # fmt: skip
    left = {slug: matches[slug].score - TAKEN_POINTS * load[slug] for slug in understood}
    order = sorted(
        understood,
        key=lambda slug: (-left[slug], -matches[slug].score, spread_key(newcomer.id or newcomer.email, slug), slug),
    )
    return matches[order[0]] if order else None


def test_lists_are_ordered_by_score_then_start_then_spread() -> None:
    random_ = random.Random(9)
    index = build_index(a_community(random_), today=TODAY)
    upcoming = {f"t{number}": NOON + timedelta(days=number % 3) for number in range(30)}
    for newcomer in newcomers(random_, index.community):
        spread = newcomer.id or newcomer.email
        found = match_newcomer(index, newcomer, upcoming=upcoming, limit=99)
        for matches in (found.members, found.groups):
            assert [*matches] == sorted(matches, key=lambda match: (-match.score, spread_key(spread, match.slug)))
        assert [*found.meetups] == sorted(
            found.meetups, key=lambda match: (-match.score, upcoming[match.slug], spread_key(spread, match.slug))
        )
        short = match_newcomer(index, newcomer, upcoming=upcoming, limit=2)
        assert (short.members, short.stories) == (found.members[:2], found.stories[:2])


def test_the_same_said_by_two_is_compared_once_and_falls_differently() -> None:
    index = build_index(a_community(random.Random(3)), today=TODAY)
    first, second = (Newcomer(id=name, email=f"{name}@example.org", text="bees") for name in ("a", "b"))
    assert index.memory.profile(first) is index.memory.profile(second)
    assert index.memory.profile(first) is not index.memory.profile(replace(first, text="bees "))
    orders = {
        tuple(match.slug for match in match_newcomer(index, newcomer, upcoming={}, limit=40).members)
        for newcomer in (first, second)
    }
    assert len(orders) == 2


def test_memory_is_bounded() -> None:
    index = build_index(a_community(random.Random(3)), today=TODAY)
    people = [Newcomer(id=f"n{number}", text="bees") for number in range(RECENT + 2)]
    assert len({id(index.memory.profile(newcomer)) for newcomer in people}) == 1
    assert len(index.memory._recent) == 2
    long = [Newcomer(text=f"{number} " + "bees " * LONG) for number in range(20)]
    profiles = [index.memory.profile(newcomer) for newcomer in long]
    assert index.memory.profile(replace(long[0])) is not profiles[0]
    assert index.memory.profile(replace(long[-1])) is profiles[-1]
    few: Few[int, int] = Few()
    for number in range(KEPT + 1):
        assert few.put(number, number) == few.get(number)
    assert few.get(0) is None


def test_threads_may_share_an_index() -> None:
    random_ = random.Random(5)
    community = a_community(random_)
    people = newcomers(random_, community) * 3
    shared = build_index(community, today=TODAY)

    def all_of(newcomer: Newcomer, index: MatchIndex) -> object:
        chosen = assign_member(index, newcomer, day=TODAY, load=Counter())
        return chosen, match_newcomer(index, newcomer, upcoming={"t1": NOON}, limit=3, near_km=100)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda newcomer: all_of(newcomer, shared), people))
    alone = build_index(community, today=TODAY)
    assert found == [all_of(newcomer, alone) for newcomer in people]


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=12), max_size=60), st.text(st.characters(codec="utf-8")))
def test_keys_worked_out_together_are_those_worked_out_alone(slugs: list[str], newcomer_id: str) -> None:
    spread = Spread.of(slugs)
    for numbers in (range(len(slugs)), range(0, len(slugs), 3)):
        alone = [spread_key(newcomer_id, slugs[number]) for number in numbers]
        assert spread.keys(newcomer_id, numbers) == alone
