"""What is known after a round: today's answers, what a team's script wrote, and of the rest what was known before.

What could not be read today stays, with the day it was read, as long as it counts. Numbers are rounded here, so that
no exact one is ever written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from alongside.delivery.group_facts.chats import ChatReading
from alongside.model.community import Community
from alongside.model.gatherings import Group
from alongside.model.group_facts import GroupFacts, LinkFacts, rounded_members

_NOTHING = GroupFacts()


def merge_facts(
    community: Community, readings: Mapping[str, ChatReading], team: Mapping[str, GroupFacts], *, today: date
) -> dict[str, GroupFacts]:
    """Facts by slug, of groups of which anything is known.

    `readings`: of today (UTC), by an invitation's URL. `team`: from its script, which knows better than we do.
    """
    found: dict[str, GroupFacts] = {}
    for slug, group in community.groups.items():
        if group.status == "retired":
            continue
        before = community.group_facts.get(slug, _NOTHING)
        facts = _merged(group, before, readings, team.get(slug), today)
        if facts != _NOTHING:
            found[slug] = facts
    return found


def _merged(
    group: Group, before: GroupFacts, readings: Mapping[str, ChatReading], team: GroupFacts | None, today: date
) -> GroupFacts:
    links = tuple(_links(group, before, readings, today))
    counts = [
        reading.members
        for chat in group.chat
        if (reading := readings.get(chat.url)) is not None and reading.members is not None
    ]
    members = rounded_members(max(counts)) if counts else None  # people are in more rooms than one
    if team is not None:
        known = team.members if team.members is not None else members
        return GroupFacts(members=known, activity=team.activity, read=team.read, links=links)
    if members is not None:
        return GroupFacts(members=members, read=today, links=links)
    if before.until is not None and before.until >= today:
        return GroupFacts(members=before.members, activity=before.activity, read=before.read, links=links)
    return GroupFacts(links=links)


def _links(group: Group, before: GroupFacts, readings: Mapping[str, ChatReading], today: date) -> Iterator[LinkFacts]:
    for chat in group.chat:
        reading, known = readings.get(chat.url), before.link(chat.url)
        if reading is not None and reading.state != "unknown":
            yield LinkFacts(url=chat.url, state=reading.state, read=today, expires=reading.expires)
        elif known is not None and known.state != "unknown" and known.until >= today:
            yield known
        elif reading is not None:
            yield LinkFacts(url=chat.url, state="unknown", read=today)
