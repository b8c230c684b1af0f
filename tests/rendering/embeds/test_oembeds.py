"""oEmbed: what stands where a link to a story or a moment is pasted, and about whom nothing does."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import html5lib
import pytest

from alongside.build import list_jobs
from alongside.rendering.artifacts import Artifact
from alongside.rendering.shells import Page
from conftest import CONFIG, WriteCommunity
from rendered_site import NOW, make_site

MEMBER = "---\nname: {name}\nchallenges: [first-talk]\nconsent: {{since: 2026-03-01, until: 2027-03-01, for: [{where}]}}\n---\nBio.\n"
STORY = "---\ntitle: {title}\nmembers: [{members}]\ndate: 2026-05-04\nlanguage: {language}\nwelcome: |\n  Words & more.\n\n  <b>Second</b>\n---\nThe body.\n"
FILES = {
    "content/challenges.yml": "first-talk: {title: Giving a first talk}\n",
    "content/members/ana.md": MEMBER.format(name='Ana "A" <Souza>', where="page, embed"),
    "content/members/quiet.md": MEMBER.format(name="Quiet", where="page"),
    "content/members/elsewhere.md": MEMBER.format(name="Elsewhere", where="embed"),
    "content/stories/talk.md": STORY.format(title="""'"Talk & <i>more</i>"'""", members="ana, quiet", language="ar"),
    "content/stories/hidden.md": STORY.format(title="Hidden", members="quiet", language="en"),
    "content/stories/unlinked.md": STORY.format(title="Unlinked", members="elsewhere", language="en"),
    "journeys/month.yml": "title: The month\nmoments:\n  - {id: box, owner: community, where: embed, show: [story]}\n",
}
# The specification's: of every answer (2.3.4), and of the type rich (2.3.4.4)
REQUIRED: dict[str, type] = {"version": str, "type": str, "html": str, "width": int, "height": int}
OPTIONAL: dict[str, type] = {
    "title": str,
    "author_name": str,
    "author_url": str,
    "provider_name": str,
    "provider_url": str,
    "cache_age": int,
}


def render(config: Path, *names: str, now: datetime = NOW) -> tuple[dict[str, Page], dict[str, bytes]]:
    site = make_site(config, now=now)
    made: Iterable[Artifact | Page] = [one for job in list_jobs(site) if job.name in names for one in job.render()]
    pages = {one.path: one for one in made if isinstance(one, Page)}
    return pages, {one.path: one.content for one in made if isinstance(one, Artifact)}


def read(content: bytes) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(content)
    assert set(answer) >= set(REQUIRED)
    assert all(isinstance(value, {**REQUIRED, **OPTIONAL}[name]) for name, value in answer.items())
    assert (answer["version"], answer["type"]) == ("1.0", "rich")
    assert answer["provider_url"] == "https://community.example.org/"
    assert answer["cache_age"] == 86_400
    return answer


def discovered(head: str) -> list[tuple[str, str]]:
    tree = html5lib.parse(head, namespaceHTMLElements=False)
    links = [link for link in tree.iter("link") if link.get("type") == "application/json+oembed"]
    assert all(link.get("rel") == "alternate" for link in links)
    return [(link.get("href"), link.get("title")) for link in links]


def test_a_story_is_quoted_with_those_who_agreed_to_embeds(write_community: WriteCommunity) -> None:
    pages, files = render(write_community(FILES), "stories/talk/", "stories/unlinked/")
    answer = read(files["oembed/stories/talk.json"])
    assert answer["title"] == '"Talk & <i>more</i>"'
    assert answer["author_name"] == 'Ana "A" <Souza>'
    assert answer["author_url"] == "https://community.example.org/members/ana/"
    assert answer["html"] == (
        '<blockquote cite="https://community.example.org/stories/talk/" lang="ar" dir="rtl">'
        "<p>Words &amp; more.</p><p>&lt;b&gt;Second&lt;/b&gt;</p>"
        '<p><a href="https://community.example.org/members/ana/">Ana &quot;A&quot; &lt;Souza&gt;</a>: '
        '<a href="https://community.example.org/stories/talk/">&quot;Talk &amp; &lt;i&gt;more&lt;/i&gt;&quot;</a>, '
        "Test community</p></blockquote>"
    )
    assert discovered(pages["stories/talk/"].head) == [
        ("https://community.example.org/oembed/stories/talk.json", '"Talk & <i>more</i>"')
    ]
    without_page = read(files["oembed/stories/unlinked.json"])
    assert "<p>Elsewhere: <a" in without_page["html"]
    assert "author_url" not in without_page


def test_of_a_story_whose_tellers_did_not_agree_there_is_nothing(write_community: WriteCommunity) -> None:
    pages, files = render(write_community(FILES), "stories/hidden/")
    assert files == {}
    assert discovered(pages["stories/hidden/"].head) == []


def test_consent_that_ended_takes_the_answer_away(write_community: WriteCommunity) -> None:
    config = write_community(FILES)
    assert "oembed/stories/talk.json" in render(config, "stories/talk/", now=datetime(2027, 3, 1, tzinfo=UTC))[1]
    assert render(config, "stories/talk/", now=datetime(2027, 3, 2, tzinfo=UTC))[1] == {}


def test_a_moment_is_a_frame_that_runs_no_script(write_community: WriteCommunity) -> None:
    _, files = render(write_community(FILES), "embed/month/box/")
    answer = read(files["oembed/embed/month/box.json"])
    [frame] = html5lib.parseFragment(answer["html"], namespaceHTMLElements=False).iter("iframe")
    assert frame.get("src") == "https://community.example.org/embed/month/box/"
    assert frame.get("sandbox") == "allow-popups allow-popups-to-escape-sandbox"
    assert frame.get("referrerpolicy") == "no-referrer"
    assert frame.get("title") == answer["title"] == "The month – Test community"
    assert (frame.get("width"), frame.get("height")) == (str(answer["width"]), str(answer["height"]))
    page = files["embed/month/box/index.html"].decode()
    assert discovered(page) == [("https://community.example.org/oembed/embed/month/box.json", "The month")]


@pytest.mark.parametrize("name", ["stories/talk/", "embed/month/box/"])
def test_a_site_without_an_address_has_none(write_community: WriteCommunity, name: str) -> None:
    config = CONFIG.replace("site_url: https://community.example.org/\n", "")
    _, files = render(write_community({**FILES, "mkdocs.yml": config}), name)
    assert [path for path in files if path.startswith("oembed/")] == []
