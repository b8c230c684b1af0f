"""What is remembered of a step changes nothing: newcomers one after the other, against an index that saw nobody."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from alongside.matching.index import MatchIndex, build_index
from alongside.model.gatherings import Meetup
from alongside.model.journeys import Journey, Moment
from alongside.model.people import Newcomer
from alongside.planning.occurrences import Occurrence
from alongside.planning.plan import StepContent, choose
from mail_records import journey, mail
from random_records import HERE, NOON, TODAY, a_community, newcomers


def occurrence(meetup: Meetup, starts: datetime) -> Occurrence:
    return Occurrence(
        meetup=meetup.slug,
        starts=starts,
        ends=None,
        original=starts.date(),
        title=meetup.title,
        place=meetup.place,
        online_url="",
        status=meetup.status,
    )


@pytest.mark.parametrize("seed", range(3))
def test_steps_chosen_one_after_the_other_are_those_chosen_afresh(seed: int) -> None:
    random_ = random.Random(seed)
    community = a_community(random_)
    used = build_index(community, today=TODAY)
    embed = Moment(id="first-days", owner="community", where="embed", near_km=30.0, position=HERE)
    journeys = [journey(embed, mail("welcome"), mail("team", sender="team"), mail("later"))]
    journeys.append(replace(journeys[0], moments=(replace(embed, near_km=None), *journeys[0].moments[1:])))
    meetups = [*community.meetups.values()]
    upcoming = {one.slug: occurrence(one, NOON + timedelta(days=random_.randint(1, 3))) for one in meetups[::2]}
    repeated = 0
    for newcomer in newcomers(random_, community) * 3:
        if random_.random() < 0.1:  # dates that pass under the hand of who asks
            one = random_.choice(meetups)
            upcoming[one.slug] = occurrence(one, NOON + timedelta(days=random_.randint(1, 3)))
        wanted = random_.choice(journeys)
        moment = random_.choice(wanted.moments)
        member = random_.choice((None, "m0", "m1", "m2", "no-such"))
        fresh = build_index(community, today=TODAY)
        chosen = chosen_by(used, wanted, moment, newcomer, member, upcoming)
        assert chosen == chosen_by(fresh, wanted, moment, newcomer, member, upcoming)
        repeated += chosen is chosen_by(used, wanted, moment, newcomer, member, upcoming)
    assert repeated  # or nothing was remembered at all


def chosen_by(
    index: MatchIndex,
    wanted: Journey,
    moment: Moment,
    newcomer: Newcomer,
    member: str | None,
    upcoming: Mapping[str, Occurrence],
) -> StepContent:
    return choose(
        index.community,
        index,
        journey=wanted,
        moment=moment,
        newcomer=newcomer,
        member=member,
        upcoming=upcoming,
        day=TODAY,
    )
