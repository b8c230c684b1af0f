"""What was read of groups, as a file: read, written, and never the reason why a build stops."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from alongside.model.group_facts import GroupFacts, LinkFacts, activity_of, rounded_members
from alongside.reading.group_facts import TeamFacts, group_facts_text, read_team_facts
from alongside.reading.loader import Loaded, load_community
from alongside.reading.settings_file import read_settings
from conftest import TODAY, WriteCommunity

FILE = "content/.alongside/groups.yml"
URL = "https://matrix.to/#/#room:chat-site.net"
GROUP = """\
    ---
    name: The room
    kind: chat
    chat:
      - {platform: irc, url: "irc://irc.chat-site.net/x"}
      - {platform: matrix, url: "%s"}
    was: [old-room]
    ---
    Talk.
    """
OTHER = "---\nname: Another room\nkind: chat\n---\nTalk.\n"
DAY = date(2026, 11, 20)  # three days before the tests' clock


def load(write_community: WriteCommunity, text: str | bytes, group: str = GROUP % URL) -> Loaded:
    config = write_community({"content/groups/room.md": group, "content/groups/other.md": OTHER, FILE: text})
    settings, _ = read_settings(config)
    return load_community(settings, today=TODAY, cache=False)


def test_what_is_written_is_read(write_community: WriteCommunity) -> None:
    link = LinkFacts(url=URL, state="ok", read=DAY, expires=date(2027, 1, 31))
    facts = {
        "room": GroupFacts(members=120, activity="week", read=DAY, links=(link,)),
        "other": GroupFacts(members="few", read=DAY, links=(LinkFacts(url='https://x.net/"é"', state="unknown", read=DAY),)),
        "nothing": GroupFacts(),
    }  # fmt: skip
    text = group_facts_text(facts)
    assert [line for line in text.splitlines() if not line.startswith("#")] == [
        "groups:",
        "  other:",
        "    read: 2026-11-20",
        "    members: few",
        "    links:",
        '    - url: "https://x.net/\\"é\\""',
        "      state: unknown",
        "      read: 2026-11-20",
        "  room:",
        "    read: 2026-11-20",
        "    members: 120",
        "    activity: week",
        "    links:",
        f'    - url: "{URL}"',
        "      state: ok",
        "      read: 2026-11-20",
        "      expires: 2027-01-31",
    ]
    loaded = load(write_community, text.replace('\\"', ""))
    assert loaded.problems == ()
    assert loaded.community.group_facts["room"] == facts["room"]
    assert loaded.community.group_facts["other"].members == "few"
    assert load(write_community, group_facts_text({})).community.group_facts == {}


def test_it_was_written_before_a_file_was_renamed(write_community: WriteCommunity) -> None:
    loaded = load(write_community, "groups: {old-room: {read: 2026-11-20, members: 3}}\n")
    facts = dict.fromkeys(loaded.community.group_facts.values())
    assert list(facts) == [GroupFacts(members="few", read=DAY)]  # and a small number is none


@pytest.mark.parametrize(
    ("entry", "problem", "facts"),
    [
        ("room: {read: 2026-11-20, members: ▶-3}", "groups.room.members cannot be -3.", GroupFacts(read=DAY)),
        ("room: {read: 2026-11-20, members: ▶true}", 'groups.room.members is a whole number; this is "true".', GroupFacts(read=DAY)),
        (f"room: {{read: 2026-11-20, members: ▶{10**30}}}", f'groups.room.members is a whole number; this is "{10**30}".', GroupFacts(read=DAY)),
        ("room: {read: 2026-11-20, members: ▶1.5}", 'groups.room.members is a whole number; this is "1.5".', GroupFacts(read=DAY)),
        ("room: {read: 2026-11-20, members: ▶[9]}", "groups.room.members is a whole number; this is a list.", GroupFacts(read=DAY)),
        ("room: {read: 2026-11-20, activity: ▶<b>busy</b>}", 'groups.room.activity cannot be "<b>busy</b>".', GroupFacts(read=DAY)),
        ("▶room: {members: 9}", '"read" is missing: nobody can tell how old this is.', GroupFacts()),
        ("room: {read: ▶soon, members: 9}", 'groups.room.read: "soon" is no date.', GroupFacts()),
        (
            "room: {links: [{url: ▶'javascript:alert(1)', state: ok, read: 2026-11-20}]}", "groups.room.links[1].url is no web address: it starts with javascript:.", GroupFacts(),
        ),
        (
            "room: {links: [{url: 'https://x.net/', state: ▶odd, read: 2026-11-20}]}",  'groups.room.links[1].state cannot be "odd".', GroupFacts(),
        ),
        ("room: {▶name: x}", 'An entry has no key "name".', GroupFacts()),
        ("room: ▶[x]", "An entry is a set of `key: value` lines; this is a list.", None),
    ],
)  # fmt: skip
def test_a_fault_is_a_warning(
    write_community: WriteCommunity, entry: str, problem: str, facts: GroupFacts | None
) -> None:
    line = f"  {entry}"
    loaded = load(write_community, f"groups:\n{line.replace('▶', '')}\n")
    told = [str(one) for one in loaded.problems]
    assert any(one.startswith(f"{FILE}:2:{line.index('▶') + 1}: warning: {problem}") for one in told), told
    assert {(found.code, found.severity) for found in loaded.problems} == {("group-facts-file", "warning")}
    assert all(found.hint.endswith("`alongside refresh` writes this file anew.") for found in loaded.problems)
    assert loaded.community.group_facts.get("room") == facts


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("groups: {rom: {read: 2026-11-20}}\n", '1:10: warning: There is no group "rom". Did you mean "room"?'),
        ("groups: [room]\n", "1:9: warning: groups is a set of `slug: {...}` entries; this is a list."),
        ("- room\n", "1:1: warning: A file of facts is a set of `key: value` lines; this is a list."),
        ("groups: {room: \n", "1:14: warning: The brackets of a list"),
        ("", "1:1: warning: The file is empty."),
        (b"\xff\xfe\x00", "1:1: warning: "),
    ],
)
def test_a_file_that_is_none(write_community: WriteCommunity, text: str | bytes, problem: str) -> None:
    loaded = load(write_community, text)
    assert str(loaded.problems[0]).startswith(f"{FILE}:{problem}")
    assert loaded.community.group_facts == {}


def test_invitations_that_lead_nowhere_or_soon_will(write_community: WriteCommunity) -> None:
    """Each at its place in the group's own file, as long as what was read counts."""

    def told(text: str, group: str = GROUP % URL) -> list[str]:
        found = load(write_community, text, group).problems
        assert all(one.severity == "warning" for one in found)
        return [f"{one.position} {one.code}" for one in found if one.position.path == "content/groups/room.md"]

    entry = "groups: {room: {links: [{url: '%s', state: %s, read: %s}]}}\n"
    assert told(entry % (URL, "dead", "2026-11-20")) == ["content/groups/room.md:6:5 chat-dead"]
    assert told(entry % (URL, "dead", "2026-11-09")) == ["content/groups/room.md:6:5 chat-dead"]
    assert told(entry % (URL, "dead", "2026-11-08")) == []
    assert told(entry % (URL, "unknown", "2026-11-20")) == []
    assert told(entry % ("https://another.net/", "dead", "2026-11-20")) == []
    soon = entry.replace("read: %s", "read: %s, expires: 2026-12-07") % (URL, "ok", "2026-11-20")
    assert told(soon) == ["content/groups/room.md:6:5 chat-expires"]
    assert told(soon.replace("2026-12-07", "2026-12-08")) == []
    authored = (GROUP % URL).replace(f'"{URL}"', f'"{URL}", expires: 2026-12-01')
    assert told("groups: {}\n", authored) == ["content/groups/room.md:6:5 chat-expires"]
    assert told(soon, authored) == ["content/groups/room.md:6:5 chat-expires"]
    assert told(soon, authored.replace("kind: chat", "kind: chat\n    status: retired")) == []


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, "few"), (4, "few"), (5, 5), (17, 17), (99, 99), (104, 100), (127, 130), (995, 1000), (12_345, 12_000)],
)
def test_numbers_are_rounded(count: int, told: int | str) -> None:
    assert rounded_members(count) == told
    assert told == "few" or rounded_members(int(told)) == told


@pytest.mark.parametrize(("day", "activity"), [(20, "today"), (19, "week"), (14, "week"), (13, "month"), (1, "month")])
def test_when_somebody_last_wrote(day: int, activity: str) -> None:
    assert activity_of(date(2026, 11, day), read=DAY) == activity
    assert activity_of(date(2026, 10, 20), read=DAY) == "quiet"


# --- what a team's own script wrote ---


def team(write_community: WriteCommunity, text: str, name: str = "rooms.json") -> TeamFacts:
    config = write_community({"content/groups/room.md": GROUP % URL, name: text})
    settings, _ = read_settings(config)
    community = load_community(settings, today=TODAY, cache=False).community
    return read_team_facts(Path(config.parent / name), settings, community, today=TODAY)


@pytest.mark.parametrize(
    "text",
    [
        '{"room": {"members": 127, "last_activity": "2026-11-19T23:30:00-02:00", "read_at": "2026-11-20T08:00:00Z"}}',
        "old-room:\n  members: 127\n  last_activity: 2026-11-20\n  read_at: 2026-11-20\n",
    ],
)
def test_yaml_and_json(write_community: WriteCommunity, text: str) -> None:
    found = team(write_community, text)
    assert found == TeamFacts(facts={"room": GroupFacts(members=130, activity="today", read=DAY)}, problems=())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("room: {members: 9}", '1:7: "read_at" is missing; every entry needs it, so this one is left out.'),
        ("room: {members: -1, read_at: 2026-11-20}", "1:17: room.members cannot be -1."),
        ("room: {members: yes, read_at: 2026-11-20}", '1:17: room.members is a whole number; this is "yes".'),
        ("room: {members: 9, read_at: 2026-11-24}", "1:29: 2026-11-24 lies ahead."),
        ("room: {last_activity: 2026-11-21, read_at: 2026-11-20}", "1:23: 2026-11-21 is later than read_at."),
        (
            "room: {members: 9, read_at: 2026-11-08}",
            "1:29: warning: This was read on 2026-11-08, which is too long ago",
        ),
        ("room: {members: 9, read_at: never}", '1:29: room.read_at: "never" is no date and time.'),
        ("rom: {members: 9, read_at: 2026-11-20}", '1:1: There is no group "rom". Did you mean "room"?'),
        ("[1, 2]", "1:1: This is a set of `slug: {...}` entries; this is a list."),
        ("room: <script>", "1:7: An entry is a set of `key: value` lines; this is a text."),
    ],
)
def test_what_is_wrong_is_said_at_its_place(write_community: WriteCommunity, text: str, problem: str) -> None:
    found = team(write_community, text, "rooms.yml")
    assert str(found.problems[0]).startswith(f"rooms.yml:{problem}")
    assert found.facts in ({}, {"room": GroupFacts(read=DAY)})
