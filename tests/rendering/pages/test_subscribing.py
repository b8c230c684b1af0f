"""The ways to subscribe, as pages show them: on each that has a calendar, once, whole without a script."""

from __future__ import annotations

import json
from xml.etree.ElementTree import Element

import html5lib

from alongside.rendering.shells import Page
from conftest import WriteCommunity
from rendered_site import render_files

CONFIG = "site_name: {name}\nsite_url: {url}\ndocs_dir: content\nplugins:\n  - alongside:\n      language: {language}\n"
HOSTILE = """Docs "&url=https://evil.example/'><script>x</script>\u202e"""
MEETUP = """\
---
title: Evening
group: room
starts: 2026-12-03 18:30
timezone: Europe/Berlin
repeats: first Thursday of every month
place: Berlin, Germany
challenges: [first-talk]
---
"""
GROUP = f"---\nname: {json.dumps(HOSTILE)}\nkind: chat\nchallenges: [first-talk]\n---\n"
FILES: dict[str, str | bytes] = {
    "content/challenges.yml": "first-talk: {title: Giving a first talk}\nquiet: {title: Being quiet}\n",
    "content/groups/room.md": GROUP,
    "content/meetups/evening.md": MEETUP,
    "content/meetups/once.md": MEETUP.replace("repeats: first Thursday of every month\n", ""),
}
PAGES = {
    "meetups/": ("feeds/all.ics", "All meetups in your calendar"),
    "groups/room/": ("feeds/groups/room.ics", "Subscribe in your calendar"),
    "meetups/evening/": ("feeds/meetups/evening.ics", "Subscribe in your calendar"),
    "meetups/once/": ("feeds/meetups/once.ics", "Add to your calendar"),
    "challenges/first-talk/": ("feeds/challenges/first-talk.ics", "Its meetups in your calendar"),
    "places/berlin-germany/": ("feeds/places/berlin-germany.ics", "Its meetups in your calendar"),
}


def settings(*, name: str = "Ours", url: str = "https://community.example.org/", language: str = "en") -> str:
    return CONFIG.format(name=name, url=url, language=language)


def ways(page: Page) -> Element:
    """The element that holds them; there is one."""
    tree = html5lib.parse(page.content, namespaceHTMLElements=False)
    found: Element
    (found,) = [element for element in tree.iter("details") if element.get("id") == "subscribe"]
    return found


def links(ways: Element) -> list[str]:
    return [element.get("href") or "" for element in ways.iter("a")]


def test_each_page_with_a_calendar_leads_into_every_app(write_community: WriteCommunity) -> None:
    pages, files = render_files(write_community({**FILES, "mkdocs.yml": settings()}))
    assert "as-subscribe" not in pages["challenges/quiet/"].content
    for path, (feed, label) in PAGES.items():
        found, page = ways(pages[path]), pages[path]
        address = f"https://community.example.org/{feed}"
        root = "../" * path.count("/")
        assert feed in files
        assert "open" not in found.attrib
        summary, field, button = next(found.iter("summary")), next(found.iter("textarea")), next(found.iter("button"))
        assert (summary.text, summary.get("data-address")) == (label, address)
        assert field.text == address
        assert "readonly" in field.attrib
        assert "hidden" in button.attrib  # a script shows it
        device, google, outlook, work, file = links(found)
        assert device == f"webcal://community.example.org/{feed}"
        assert google.startswith("https://calendar.google.com/calendar/r?cid=webcal%3A%2F%2Fcommunity.example.org%2F")
        assert outlook.startswith("https://outlook.live.com/calendar/0/addfromweb?url=https%3A%2F%2F")
        assert work.startswith("https://outlook.office.com/calendar/0/addfromweb?url=https%3A%2F%2F")
        assert file == root + feed
        for element in found.iter("a"):
            elsewhere = (element.get("href") or "").startswith("https:")
            assert not elsewhere or element.get("rel") == "noopener noreferrer nofollow"
        assert f'<script src="{root}assets/subscribe.js" defer></script>' in page.content
    assert "assets/subscribe.js" in files


def test_a_hostile_name_stays_a_name(write_community: WriteCommunity) -> None:
    pages, _ = render_files(write_community({**FILES, "mkdocs.yml": settings()}))
    found = ways(pages["groups/room/"])
    *_, outlook, work, _ = links(found)
    name = "&name=Docs%20%22%26url%3Dhttps%3A%2F%2Fevil.example%2F%27%3E%3Cscript%3Ex%3C%2Fscript%3E"
    assert outlook.endswith(name)
    assert work.endswith(name)
    assert list(found.iter("script")) == []


def test_a_site_without_an_address_offers_the_file(write_community: WriteCommunity) -> None:
    config = settings().replace("site_url: https://community.example.org/\n", "")
    page = render_files(write_community({**FILES, "mkdocs.yml": config}))[0]["meetups/"]
    found = ways(page)
    assert links(found) == ["../feeds/all.ics"]
    assert list(found.iter("textarea")) == []
    assert "subscribe.js" not in page.content


def test_it_speaks_the_language_of_the_page(write_community: WriteCommunity) -> None:
    def said(language: str) -> set[str]:
        config = write_community({**FILES, "mkdocs.yml": settings(language=language)}, name=language)
        found = ways(render_files(config)[0]["meetups/"])
        return {" ".join(text.split()) for text in found.itertext() if text.strip()}

    english = said("en")
    same = {"Outlook.com", "Microsoft 365", "Google Calendar", "https://community.example.org/feeds/all.ics"}
    for language in ("ar", "de", "es", "fr", "ja", "pt", "uk"):
        assert said(language) & english <= same, language
