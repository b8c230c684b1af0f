"""Coverage says what matching says: whoever asks `alongside match` finds those whom a cell counts, and nobody else."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alongside.matching.index import build_index
from alongside.matching.matches import Match, Matches, match_newcomer
from alongside.matching.words import fold, language_of
from alongside.model.community import Community
from alongside.model.people import Member
from alongside.planning.coverage import AXES, Cell, Find, Kind, cover
from alongside.planning.occurrences import first_instants
from random_records import NOON, TODAY, a_community, newcomers

EVERYBODY = 10_000


def takes_newcomers(member: Member, load: Mapping[str, int]) -> bool:
    """Whether a member could take on one more, by what stands in their file and how many they have."""
    consent = member.consent
    return (
        member.status == "active"
        and consent is not None
        and bool(consent.containers & {"mail", "embed"})
        and consent.since <= TODAY
        and not (member.away is not None and member.away.first <= TODAY <= member.away.last)
        and load.get(member.slug, 0) < member.welcomes
    )


def shared(cell: Cell, kind: Kind, match: Match, community: Community) -> list[bool]:
    """For each thing the cell says, whether that record shares it: by its file, and by the reasons that were given."""
    record: Any = {
        "member": community.members,
        "story": community.stories,
        "group": community.groups,
        "meetup": community.meetups,
    }[kind][match.slug]
    reasons = {(reason.kind, reason.value) for reason in match.reasons}
    found = []
    if cell.challenge:
        found.append(("challenge", cell.challenge) in reasons)
    if cell.language:
        found.append(understands(cell.language, kind, record, community))
    if cell.country and kind != "story":
        place = record.place
        if place is None and kind == "meetup" and not record.online and record.group:
            place = community.groups[record.group].place
        found.append(place is not None and place.country == cell.country)
    if cell.role and kind in ("member", "story"):
        found.append(("role", cell.role) in reasons)
    return found


def understands(language: str, kind: Kind, record: Any, community: Community) -> bool:
    if kind == "story":
        versions = (record, *community.translations_of.get(record.slug, ()))
        spoken = [version.language for version in versions]
    else:
        spoken = list(record.languages)
        if kind == "meetup" and not spoken and record.group:
            spoken = list(community.groups[record.group].languages)
    return not spoken or language in map(language_of, spoken)


def expected(
    cell: Cell, kind: Kind, matches: Matches, community: Community, load: Mapping[str, int]
) -> tuple[Any, ...]:
    """(level, fitting, partly) of a cell, by looking at each of all that match."""
    listed = {
        "member": [m for m in matches.members if takes_newcomers(community.members[m.slug], load)],
        "story": matches.stories,
        "group": matches.groups,
        "meetup": matches.meetups,
    }[kind]
    told = [shared(cell, kind, match, community) for match in listed]
    fitting, partly = sum(map(all, told)), sum(any(one) and not all(one) for one in told)
    level = "fits" if fitting else "partly" if partly else "far" if listed else "nobody"
    return level, fitting, partly


@settings(max_examples=9)
@given(st.integers(0, 2**32), st.sampled_from(("nobody has any", "some are full", "all are full")))
def test_a_cell_says_what_match_finds(seed: int, busy: str) -> None:
    chance = random.Random(seed)
    community = a_community(chance)
    slugs = [*community.members]
    full = {"nobody has any": [], "some are full": chance.sample(slugs, 20), "all are full": slugs}[busy]
    load = {slug: community.members[slug].welcomes for slug in full}
    if chance.random() < 0.1:
        community = replace(community, stories={}, groups={}, meetups={})
    index = build_index(community, today=TODAY)
    upcoming = first_instants(community, now=NOON)
    base = chance.choice((Cell(), Cell(), Cell(language="pt"), Cell(country="DE", role="Café")))
    coverage = cover(index, day=TODAY, load=load, upcoming=upcoming, base=base.newcomer())
    cells = [*coverage.alone, *coverage.cells]
    for found in chance.sample(cells, min(25, len(cells))):
        cell = Cell(**{axis: getattr(found.cell, axis) or getattr(base, axis) for axis in AXES})
        matches = match_newcomer(index, cell.newcomer(), upcoming=upcoming, limit=EVERYBODY)
        for kind, find in found.finds.items():
            wanted = expected(cell, kind, matches, community, load)
            assert (find.level, find.fitting, find.partly) == wanted, (cell, kind)
            assert (find.level == "nobody") == (find.first is None)
        assert busy != "all are full" or found.finds["member"].level == "nobody"


@pytest.mark.parametrize("seed", range(3))
def test_newcomers_are_counted_where_they_say_to_be(seed: int) -> None:
    chance = random.Random(seed)
    community = a_community(chance)
    people = newcomers(chance, community)
    coverage = cover(
        build_index(community, today=TODAY), day=TODAY, load={}, upcoming=first_instants(community, now=NOON),
        newcomers=people,
    )  # fmt: skip
    for found in (*coverage.alone, *coverage.cells):
        cell = found.cell
        there = [
            one
            for one in people
            if (not cell.challenge or cell.challenge in one.challenges)
            and (not cell.language or [*map(language_of, one.languages[:1])] == [cell.language])
            and (not cell.country or (one.place is not None and one.place.country == cell.country))
            and (not cell.role or fold(cell.role) in map(fold, one.roles))
        ]
        assert found.newcomers == len(there), cell
    seen = coverage.seen
    assert seen is not None
    assert seen.count == 60
    assert {sum(levels.values()) for levels in seen.levels.values()} == {60}
    no_such = sum("no-such" in one.challenges for one in people)
    assert (dict(seen.unlisted).get("no-such", 0), seen.rarely) == ((no_such, 0) if no_such >= 5 else (0, no_such))
    missed = [(gap.newcomers or 0) - gap.elsewhere for gap in coverage.gaps if gap.cells[0].axes != ("role",)]
    assert [count for count in missed if count >= 5] == sorted((count for count in missed if count >= 5), reverse=True)


def test_gaps_name_each_thing_once() -> None:
    community = a_community(random.Random(1))
    index = build_index(replace(community, stories={}), today=TODAY)
    coverage = cover(index, day=TODAY, load={}, upcoming={})
    by_kind: dict[Kind, list[Cell]] = {}
    for gap in coverage.gaps:
        by_kind.setdefault(gap.kind, []).extend(gap.cells)
    assert by_kind["story"] == by_kind["meetup"] == [Cell()]
    for kind, cells in by_kind.items():
        assert len(cells) == len(set(cells)), kind
        alone = {(axis, getattr(cell, axis)) for cell in cells if len(cell.axes) == 1 for axis in cell.axes}
        for cell in cells:
            assert len(cell.axes) < 2 or alone.isdisjoint((axis, getattr(cell, axis)) for axis in cell.axes), kind
    finds: Mapping[Cell, Find] = {found.cell: found.finds["member"] for found in (*coverage.alone, *coverage.cells)}
    assert all(finds[cell].level != "fits" for cell in by_kind.get("member", ()))
