"""Groups with what their rooms told: on pages, in lists, in cards of embeds and in mails, and when it is not told."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from alongside.build import list_jobs
from alongside.rendering.shells import Page
from conftest import NOW, WriteCommunity
from rendered_site import make_site

ROOM = "https://matrix.to/#/#room:chat-site.net"
SECOND = "https://forum.chat-site.net/"
GROUP = f"""\
    ---
    name: The room
    kind: chat
    challenges: [starting]
    chat:
      - {{platform: matrix, url: "{ROOM}"}}
      - {{platform: discourse, url: "{SECOND}", expires: 2027-12-31}}
    hosts: [ana, bea]
    conduct: https://community.example.org/rules/
    ---
    Talk.
    """
HOST = """\
    ---
    name: {name}
    consent: {{since: 2026-01-01, until: 2027-03-01, for: [page, embed]}}
    ---
    Hello.
    """
JOURNEY = """\
    title: A month
    moments: [{id: box, owner: product, where: embed, show: [group]}]
    """
DAY = NOW.date() - timedelta(days=3)


def facts(members: str, read: date = DAY, links: str = "") -> str:
    return f"groups:\n  room:\n    read: {read}\n    members: {members}\n    activity: week\n    links: [{links}]\n"


PATHS = ("groups/room/", "groups/", "embed/v1/cards/groups/room.json", "embed/month/box/index.html")


def render(config: Path) -> dict[str, str]:
    """What is looked at here, by path; all else that a build makes takes a hundred times as long."""
    site = make_site(config)
    wanted = [job for job in list_jobs(site) if any(job.name.startswith(path.split("index")[0]) for path in PATHS)]
    found = [made for job in wanted for made in job.render()]
    return {made.path: made.content if isinstance(made, Page) else made.content.decode() for made in found}


@pytest.fixture
def rendered(write_community: WriteCommunity) -> Any:
    def show(text: str, group: str = GROUP) -> tuple[str, ...]:
        """(its page, the list, its card, the box of a moment), as text."""
        config = write_community(
            {
                "content/challenges.yml": "starting: {title: Starting}\n",
                "content/groups/room.md": group,
                "content/members/ana.md": HOST.format(name="Ana <Souza>"),
                "content/members/bea.md": HOST.format(name="Bea").replace("[page, embed]", "[mail]"),
                "content/.alongside/groups.yml": text,
                "journeys/month.yml": JOURNEY,
            }
        )
        made = render(config)
        return tuple(made[path] for path in PATHS)

    return show


def told(html: str) -> list[str]:
    """What an HTML says of a group being alive."""
    lines = re.findall(r'<p class="as-meta as-alive">(.*?)</p>', html)
    return [" · ".join(re.findall(r">([^<]+)</span>", line)) for line in lines]


def nodes(tree: Any, tag: str) -> list[Any]:
    """The nodes of a card with that tag."""
    if isinstance(tree, dict):
        return nodes(list(tree.values()), tag)
    if not isinstance(tree, list):
        return []
    own = [tree] if tree and tree[0] == tag else []
    return own + [found for child in tree for found in nodes(child, tag)]


def test_alive(rendered: Any) -> None:
    page, listed, card, box = rendered(facts("1270"))
    line = "About 1300 people · Active this week · As of 20 November"
    assert (told(page), told(listed), told(box)) == ([line], [line], [line])
    tree = json.loads(card)["group"]
    until = next(node for node in nodes(tree, "until") if node[1] == "2026-12-04")
    assert nodes(until, "say") == [
        ["say", "group.facts.members", {"count": "1300"}],
        ["say", "group.facts.week"],
        ["say", "group.facts.as_of", {"date": ["day", "2026-11-20"]}],
    ]


def test_whom_to_turn_to(rendered: Any) -> None:
    page, _, card, box = rendered(facts("9"))
    assert "Looked after by" in page
    assert "Ana &lt;Souza&gt;" in page.partition("Looked after by")[2].partition("tell them.")[0]
    assert "Before you join: share only what you want to." in box
    tree = json.loads(card)["group"]
    hosts = next(node for node in nodes(tree, "until") if nodes(node, "say")[0][1] == "group.safety.hosts")
    assert hosts[1] == "2027-03-01"  # until the consent of the one who is named ends
    assert nodes(hosts, "bdi") == [["bdi", {}, "Ana <Souza>"]]
    assert "Bea" not in card
    page, _, card, _ = rendered(facts("9"), GROUP.replace("[ana, bea]", "[bea]"))
    assert "If something is not right, tell the hosts." in page
    assert "group.safety.unnamed" in card


@pytest.mark.parametrize("members", ["few", "0", "4"])
def test_few_people_are_not_counted(rendered: Any, members: str) -> None:
    page, listed, card, box = rendered(facts(members))
    line = "Active this week · As of 20 November"
    assert (told(page), told(listed), told(box)) == ([line], [line], [line])
    assert "group.facts.members" not in card
    assert told(rendered(facts(members).replace("    activity: week\n", ""))[0]) == []


@pytest.mark.parametrize(("days", "shown"), [(14, True), (15, False)])
def test_old_facts_are_none(rendered: Any, days: int, shown: bool) -> None:
    page, listed, card, box = rendered(facts("90", NOW.date() - timedelta(days=days)))
    assert [bool(told(html)) for html in (page, listed, box)] == [shown] * 3
    assert ("group.facts.members" in card) is shown


@pytest.mark.parametrize("text", [facts("<b>9</b>"), facts("-9"), facts(str(10**30)), facts("true")])
def test_hostile_numbers(rendered: Any, text: str) -> None:
    page, _, card, _ = rendered(text)
    assert told(page) == ["Active this week · As of 20 November"]
    assert "group.facts.members" not in card


def test_a_dead_invitation_is_not_offered(rendered: Any, tmp_path: Path) -> None:
    dead = f"{{url: '{ROOM}', state: dead, read: {DAY}}}"
    page, _, card, box = rendered(facts("9", links=dead))
    community = make_site(tmp_path / "community/mkdocs.yml").whole
    room = community.groups["room"]
    assert [chat.url for chat in community.open_chats(room, NOW.date())] == [SECOND]  # which mails name
    assert len(community.open_chats(room, DAY + timedelta(days=15))) == 2
    assert ROOM not in page + card + box
    assert "This invitation led nowhere on 20 November. A host can give you a new one." in page
    assert all(SECOND in text for text in (page, card, box))  # the other one is
    old = dead.replace(str(DAY), "2026-11-08")
    assert ROOM in rendered(facts("9", links=old))[0]
    assert ROOM in rendered(facts("9", links=dead.replace("dead", "unknown")))[0]
    over = f"{{url: '{SECOND}', state: ok, read: {DAY}, expires: 2026-11-22}}"
    page, _, card, _ = rendered(facts("9", links=over))
    assert SECOND not in page + card
    assert "This invitation ran out on 22 November 2026." in page
    soon = over.replace("11-22", "12-24")
    page, _, card, _ = rendered(facts("9", links=soon))
    assert "This invitation works until 24 December 2026." in page  # the earlier of the two days
    assert next(node[1] for node in nodes(json.loads(card), "until") if SECOND in str(node)) == "2026-12-24"


def test_a_group_that_no_longer_meets_is_not_alive(rendered: Any, write_community: WriteCommunity) -> None:
    config = write_community(
        {
            "content/groups/room.md": GROUP.replace("kind: chat", "kind: chat\n    status: retired"),
            "content/.alongside/groups.yml": facts("90"),
        }
    )
    assert told(render(config)["groups/room/"]) == []
