"""The ways around many stories: lists by what they have in common, the page that leads to them, and former addresses."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from alongside.rendering.pages.lists import FRONT, PAGE, related_stories
from alongside.rendering.sitemaps import MOST_URLS, render_sitemaps
from alongside.rendering.tracking import Site
from conftest import WriteCommunity
from rendered_site import make_site, render_files, render_site
from rendering.pages.test_pages import text_of

MEMBER = """\
---
name: {name}
place: {place}
roles: [{role}]
languages: [en]
consent: {{since: 2026-01-01, until: 2027-01-01, for: [{consent}]}}
{more}---
Hello.
"""
STORY = """\
---
title: {title}
members: [{teller}]
date: {date}
challenges: [{challenges}]
{more}---
Told.
"""


def member(name: str, place: str, role: str, consent: str = "page", more: str = "") -> str:
    return MEMBER.format(name=name, place=place, role=role, consent=consent, more=more)


def story(title: str, teller: str, date: str = "2026-05-04", challenges: str = "talk", more: str = "") -> str:
    return STORY.format(title=title, teller=teller, date=date, challenges=challenges, more=more)


FILES: dict[str, str | bytes] = {
    "content/challenges.yml": "talk: {title: Giving a talk}\nrare: {title: Rare}\n",
    "content/members/ana.md": member("Ana Souza", "Recife, Brazil", "Writer"),
    "content/members/ben.md": member("Ben Weber", "Berlin, Germany", "writer"),
    "content/members/cat.md": member("Cat Hidden", "Lima, Peru", "spy", consent="mail"),
    **{
        f"content/stories/talk-{n:03}.md": story(f"Talk {n}", "ana", f"20{25 if n < 70 else 26}-01-{n % 28 + 1:02}")
        for n in range(FRONT + PAGE + 5)
    },
    "content/stories/beta.md": story("Beta", "ben", challenges="rare, talk"),
    "content/stories/gamma.md": story("Gamma", "cat", challenges="rare", more="roles: [tester]\n"),
    "content/stories/delta.md": story("Delta", "cat", challenges="rare", more="roles: [Tester]\n"),
    "content/stories/beta-pt.md": story("Beta em português", "ben", more="language: pt\ntranslation_of: beta\n"),
}


def slugs(page: str) -> list[str]:
    """Stories a page shows as rows or leads, in order."""
    return re.findall(r'<h[23] class="as-(?:row|lead)-title"[^>]*><a href="(?:\.\./)*stories/([^/"]+)/"', page)


def test_stories_are_found_by_all_they_have_in_common(write_community: WriteCommunity) -> None:
    config = write_community(FILES)
    pages, _ = render_files(config)
    # a list of all only where the page of a challenge or place cannot hold all
    talks = pages["stories/challenge/talk/"]
    assert "stories/challenge/rare/" not in pages
    assert "stories/place/recife-brazil/" in pages
    assert "stories/place/berlin-germany/" not in pages
    assert "stories/place/brazil/" in pages
    assert 'href="../../stories/challenge/talk/"' in pages["challenges/talk/"].content
    assert "72 more stories" in text_of(pages["challenges/talk/"])
    assert 'href="../../../challenges/talk/"' in talks.content
    assert talks.title == "Stories: Giving a talk"
    # cut from the oldest on: the full page stays as it is when a story is added
    assert len(slugs(talks.content)) == FRONT + 6
    full = pages["stories/challenge/talk/1/"]
    assert len(slugs(full.content)) == PAGE
    # the roles of who tells it, where the story has none of its own; whatever their case
    writers = {*slugs(pages["stories/role/writer/"].content), *slugs(pages["stories/role/writer/1/"].content)}
    assert {"talk-000", "talk-094", "beta"} <= writers
    assert sorted(slugs(pages["stories/role/tester/"].content)) == ["delta", "gamma"]
    assert 'href="../../stories/role/writer/"' in pages["stories/beta/"].content
    # translations stand in the list of their language, and nowhere twice
    assert slugs(pages["stories/language/pt/"].content) == ["beta-pt"]
    assert pages["stories/language/pt/"].title == "Stories: Português"
    assert set(slugs(pages["stories/year/2025/"].content)).isdisjoint(slugs(pages["stories/year/2026/"].content))
    # who may not be named is found nowhere by who they are
    assert not [path for path in pages if "peru" in path or "spy" in path]
    browse = pages["browse/"]
    for path in ("stories/role/writer/", "challenges/talk/", "stories/year/2025/", "stories/language/pt/", "members/"):
        assert f'href="../{path}"' in browse.content, path
    assert "Brazil" in text_of(browse)
    assert "Peru" not in text_of(browse)
    # when consent ends, the place goes with it
    later, _ = render_files(config, now=datetime(2027, 1, 2, tzinfo=UTC))
    assert "stories/place/brazil/" not in later
    assert "stories/role/writer/" not in later


def reads_of(site: Site) -> dict[str, tuple[frozenset[str], dict[str, bytes]]]:
    """For each page what it read, with the digest of each read."""
    from alongside.build import list_jobs

    found = {}
    for job in list_jobs(site):
        with site.reading() as reads:
            list(job.render())
        found[job.name] = (frozenset(reads), {read: site.digest_of_read(read) for read in reads})
    return found


def test_a_new_story_touches_few_pages(write_community: WriteCommunity) -> None:
    config = write_community(FILES)
    before = reads_of(make_site(config))
    new = config.parent / "content/stories/newest.md"
    new.write_text(story("Newest", "ben", "2026-06-01"), encoding="utf-8")
    after = reads_of(make_site(config))
    touched = {name for name, (_, digests) in after.items() if name in before and before[name][1] != digests}
    # its lists' first pages, where it belongs; not one story of the ninety told by somebody else, nor a full page
    assert {"browse/", "stories/", "stories/challenge/talk/", "stories/role/writer/", "stories/year/2026/"} <= touched
    assert not [name for name in touched if re.fullmatch(r"stories/talk-\d+/|stories/[a-z]+/[a-z-]+/\d+/", name)]


def test_related_stories_share_most_and_come_from_several_people(write_community: WriteCommunity) -> None:
    more = {
        "content/stories/far.md": story("Far", "ben", "2020-01-01", "rare, talk", "topics: [Fonts]\n"),
        "content/stories/near.md": story("Near", "ana", "2026-05-02", "rare, talk", "topics: [fonts]\n"),
    }
    site = make_site(write_community({**FILES, **more}))
    related = related_stories(site)
    # three things in common, before what is younger and shares two
    assert related["near"][0] == "far"
    assert related["beta"][0] in ("near", "far")
    assert all(len(others) <= 3 and slug not in others for slug, others in related.items())
    assert related["beta-pt"] == related["beta"]
    tellers = [site.whole.stories[other].members[0] for other in related["gamma"]]
    assert len(set(tellers[:2])) == 2


def test_former_addresses_lead_to_those_of_today(write_community: WriteCommunity) -> None:
    was = "was: [old-{0}, older-{0}]\n"
    more = {
        "content/members/ana.md": member("Ana <Souza>", "Recife, Brazil", "Writer", more=was.format("ana")),
        "content/members/ana.pt.md": "Olá.\n",
        "content/members/cat.md": member("Cat Hidden", "Lima, Peru", "spy", "mail", more=was.format("cat")),
        "content/stories/beta.md": story("Beta & more", "ben", more=was.format("beta") + "language: ar\n"),
        "content/stories/draft.md": story("Draft", "ben", more=was.format("draft") + "status: draft\n"),
        "content/groups/room.md": f"---\nname: The room\nkind: chat\n{was.format('room')}---\nHello.\n",
        # what is wrong costs nobody their page
        "content/groups/other.md": "---\nname: Other\nkind: chat\nwas: [old-room, room]\n---\nHello.\n",
    }
    pages, files = render_files(write_community({**FILES, **more}))
    made = {path for path in files if path.endswith(".html") and re.search("/old(er)?-", path)}
    assert made == {
        f"{path}/index.html"
        for path in (
            "members/old-ana", "members/older-ana", "members/old-ana/pt", "members/older-ana/pt",
            "stories/old-beta", "stories/older-beta", "groups/old-room", "groups/older-room",
        )
    }  # fmt: skip
    moved = files["stories/old-beta/index.html"]
    assert '<meta http-equiv="refresh" content="0; url=../../stories/beta/">' in moved
    assert '<link rel="canonical" href="https://community.example.org/stories/beta/">' in moved
    assert '<html lang="ar" dir="rtl">' in moved
    assert "Beta &amp; more" in moved
    assert "Ana &lt;Souza&gt;" in files["members/old-ana/pt/index.html"]
    assert '"../../../members/ana/pt/"' in files["members/old-ana/pt/index.html"]
    assert "groups/room/" in pages


def test_versions_of_a_page_name_one_another(write_community: WriteCommunity) -> None:
    pages, files = render_files(write_community({**FILES, "content/members/ana.pt.md": "Olá.\n"}))
    start = '<link rel="alternate" hreflang="{}" href="https://community.example.org/{}">'
    for path in ("stories/beta/", "stories/beta-pt/"):
        for code, target in (("en", "beta/"), ("pt", "beta-pt/"), ("x-default", "beta/")):
            assert start.format(code, f"stories/{target}") in pages[path].head
    assert start.format("x-default", "members/ana/") in pages["members/ana/pt/"].head
    assert "hreflang" not in pages["stories/gamma/"].head
    assert files["robots.txt"].endswith("\nSitemap: https://community.example.org/sitemap.xml\n")
    below, _ = render_site(make_site(write_community({"content/robots.txt": "User-agent: *\n", **FILES})))
    assert "browse/" in below


@pytest.mark.parametrize("count", [0, 3, MOST_URLS + 1])
def test_sitemaps_keep_to_the_limits_of_one_file(count: int) -> None:
    theirs = '<?xml version="1.0"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n    <url>\n'
    theirs += "         <loc>https://e.org/</loc>\n         <lastmod>2026-11-26</lastmod>\n    </url>\n</urlset>"
    pages = ((f"https://e.org/stories/{n}/?a&amp;b", "2026-05-04" if n % 2 else "") for n in range(count))
    files = render_sitemaps(theirs, pages, "https://e.org/")
    trees = {name: ElementTree.fromstring(text) for name, text in files.items()}
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    if count < MOST_URLS:
        assert list(files) == ["sitemap.xml"]
    else:
        named = [element.text for element in trees.pop("sitemap.xml").iter(f"{space}loc")]
        assert named == ["https://e.org/sitemap-1.xml", "https://e.org/sitemap-2.xml"]
    urls = [url for tree in trees.values() for url in tree.findall(f"{space}url")]
    places = [url.findtext(f"{space}loc") for url in urls]
    assert len(places) == len(set(places)) == count + 1
    # the day of the build says nothing of a page
    assert [url.findtext(f"{space}lastmod") for url in urls[:3]] == [None, None, "2026-05-04"][: count + 1]
    assert all(len(tree) <= MOST_URLS for tree in trees.values())
    assert all(one != other for one, other in pairwise(places))


def test_a_sitemap_of_the_site_s_own_kind_is_left_as_it_is() -> None:
    made = "<!-- see elsewhere -->"
    assert render_sitemaps(made, [("https://e.org/x/", "")], "https://e.org/") == {"sitemap.xml": made}
