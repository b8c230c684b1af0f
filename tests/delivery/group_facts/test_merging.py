"""After a round: what was answered today, what a team's script knows, and what stays of the days before."""

from __future__ import annotations

from datetime import date, timedelta

from alongside.delivery.group_facts.chats import ChatReading
from alongside.delivery.group_facts.merging import merge_facts
from alongside.model.community import Community
from alongside.model.gatherings import Chat, Group, GroupStatus
from alongside.model.group_facts import GroupFacts, LinkFacts
from alongside.model.texts import LocalText
from alongside.problems import Position

TODAY = date(2026, 11, 26)
BEFORE = TODAY - timedelta(days=5)
A, B = "https://a.net/", "https://b.net/"


def community(*known: GroupFacts, status: GroupStatus = "active") -> Community:
    group = Group(
        slug="room",
        name=LocalText((("en", "The room"),)),
        kind="chat",
        chat=(Chat(platform="x", url=A), Chat(platform="y", url=B)),
        status=status,
        position=Position("room.md"),
    )
    return Community(name="Tests", groups={"room": group}, group_facts={"room": known[0]} if known else {})


def merged(known: Community, readings: dict[str, ChatReading], *team: GroupFacts) -> GroupFacts | None:
    found = merge_facts(known, readings, {"room": team[0]} if team else {}, today=TODAY)
    assert found.keys() <= {"room"}
    return found.get("room")


def link(url: str, state: str, read: date = TODAY, expires: date | None = None) -> LinkFacts:
    return LinkFacts(url=url, state=state, read=read, expires=expires)  # type: ignore[arg-type]


def test_what_is_known_today() -> None:
    expires = date(2027, 1, 1)
    readings = {
        A: ChatReading(state="ok", members=127, expires=expires),
        B: ChatReading(state="ok", members=12),
    }
    links = (link(A, "ok", expires=expires), link(B, "ok"))
    assert merged(community(), readings) == GroupFacts(members=130, read=TODAY, links=links)
    script = GroupFacts(members=90, activity="week", read=BEFORE)
    assert merged(community(), readings, script) == GroupFacts(members=90, activity="week", read=BEFORE, links=links)
    silent = GroupFacts(activity="month", read=BEFORE)
    assert merged(community(), readings, silent) == GroupFacts(members=130, activity="month", read=BEFORE, links=links)
    few = {A: ChatReading(state="ok", members=4)}
    assert merged(community(), few) == GroupFacts(members="few", read=TODAY, links=(link(A, "ok"),))
    assert merged(community(status="retired"), readings) is None
    assert merged(community(), {}) is None


def test_what_cannot_be_read_stays_until_it_is_old() -> None:
    failed = {A: ChatReading(state="unknown", why="..."), B: ChatReading(state="unknown", why="...")}
    before = GroupFacts(members=50, activity="week", read=BEFORE, links=(link(A, "dead", BEFORE),))
    assert merged(community(before), failed) == GroupFacts(
        members=50, activity="week", read=BEFORE, links=(link(A, "dead", BEFORE), link(B, "unknown"))
    )
    assert merged(community(before), {}) == before
    old = TODAY - timedelta(days=15)
    outdated = GroupFacts(members=50, read=old, links=(link(A, "dead", old), link(B, "unknown", BEFORE)))
    assert merged(community(outdated), {}) is None
    assert merged(community(outdated), failed) == GroupFacts(links=(link(A, "unknown"), link(B, "unknown")))
    found_again = {A: ChatReading(state="ok"), B: ChatReading(state="dead")}
    assert merged(community(before), found_again) == GroupFacts(
        members=50, activity="week", read=BEFORE, links=(link(A, "ok"), link(B, "dead"))
    )
