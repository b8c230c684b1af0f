"""Points without reasons are the sums of the reasons that are told."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from alongside.matching.index import MatchIndex, Pool, build_index
from alongside.matching.memory import Profile
from alongside.matching.reasons import (
    gathering_place_reason,
    language_reason,
    told_gathering,
    told_member,
    told_story,
)
from alongside.matching.results import Match
from alongside.matching.scoring import (
    points_of_gatherings,
    points_of_members,
    points_of_some_stories,
    points_of_stories,
)
from random_records import TODAY, a_community, newcomers


@pytest.mark.parametrize("seed", range(4))
def test_points_are_the_sums_of_the_reasons_told(seed: int) -> None:
    random_ = random.Random(seed)
    community = replace(a_community(random_), language=random_.choice(("en", "pt-BR")))
    index = build_index(community, today=TODAY)
    for newcomer in newcomers(random_, community):
        profile = index.memory.profile(newcomer)
        points = points_of_members(index, profile.seeker)
        for number in range(len(index.members.candidates)):
            told = told_member(index, profile, number)
            assert told.score == points[number] == summed(index, index.members, profile, number, told)
        points = points_of_stories(index, profile.seeker)
        for number in range(len(index.stories.candidates)):
            told = told_story(index, profile, number)
            assert told.score == points[number] == summed(index, index.stories, profile, number, told)
        some = random_.sample(range(len(points)), random_.randint(0, 8))
        assert points_of_some_stories(index, profile.seeker, some) == {number: points[number] for number in some}
        for pool in (index.groups, index.meetups):
            for near_km in (None, 30.0, 100.0):
                points, reachable = points_of_gatherings(index, pool, profile.seeker, near_km)
                for number, candidate in enumerate(pool.candidates):
                    told = told_gathering(index, profile, pool, number, near_km=near_km)
                    whole = summed(index, pool, profile, number, told)
                    assert told.score == points[number] == (whole if reachable[number] else whole * 25 // 100)
                    place, reached = gathering_place_reason(profile.seeker, candidate, near_km=near_km)
                    assert reached == bool(reachable[number])
                    assert place is None or place in told.reasons


def summed(index: MatchIndex, pool: Pool, profile: Profile, number: int, told: Match) -> int:
    """The points of its reasons, and what is left of them for who would not be understood."""
    score = sum(reason.points for reason in told.reasons)
    _, understood = language_reason(profile.seeker, pool.candidates[number], index.community.language)
    return score if understood else score * 35 // 100
