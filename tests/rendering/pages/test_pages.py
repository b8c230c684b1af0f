"""Record pages: what stands on each, who may be named, and what nobody may see."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import html5lib
import pytest

from alongside.rendering.pages.lists import FRONT, PAGE, related_stories
from alongside.rendering.pages.records import licence_url
from alongside.rendering.pages.views import host_of, initials, one_line, paragraphs, safe_url
from alongside.rendering.shells import Page
from conftest import WriteCommunity
from rendered_site import make_site, render_files, render_site

CHALLENGES = "first-talk: {title: {en: Giving a first talk, ar: أول محاضرة}}\nalone: {title: Being alone}\n"
ANA = """\
---
name: Ana Souza
pronouns: she/her
place: Recife, Brazil
languages: [en, pt]
roles: [technical writer]
challenges: [first-talk]
welcomes: 5
consent: {since: 2026-03-01, until: 2027-03-01, for: [page, embed, mail]}
links: {mastodon: "https://example.social/@ana"}
---
Ana's bio, with [a story](../stories/talk.md) and [somebody](silent.md).

## Welcome
Words of Ana for newcomers.
"""
ANA_PT = "A bio da Ana.\n\n## Welcome\nPalavras da Ana.\n"
SILENT = """\
---
name: Silent Person
photo: silent.png
place: Berlin, Germany
challenges: [first-talk]
welcomes: 3
consent: {since: 2026-03-01, for: [mail]}
---
Silent bio.
"""
TALK = """\
---
title: My first talk
members: [ana]
date: 2026-05-04
challenges: [first-talk]
welcome: |
  I looked around the room.

  And then I spoke.
source: {url: "https://www.blog.example.org/ana-souza-talks", license: CC-BY-4.0, credit: Ana Souza}
---
The body of the talk.
"""
FILES: dict[str, str | bytes] = {
    "content/challenges.yml": CHALLENGES,
    "content/members/ana.md": ANA,
    "content/members/ana.pt.md": ANA_PT,
    "content/members/silent.md": SILENT,
    "content/members/silent.png": b"png",
    "content/stories/talk.md": TALK,
}


def files(**more: str | bytes) -> dict[str, str | bytes]:
    """The community above, with more files: names have `__` for a slash and no ending."""
    return {**FILES, **{f"content/{name.replace('__', '/')}.md": text for name, text in more.items()}}


def text_of(page: Page) -> str:
    """What people read on a page, white space squeezed."""
    tree = html5lib.parse(page.content, namespaceHTMLElements=False)
    return " ".join("".join(tree.itertext()).split())


def data_of(page: Page) -> list[dict[str, Any]]:
    """The page's JSON-LD."""
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page.head, re.DOTALL)
    assert found is not None
    graph = json.loads(found[1])["@graph"]
    assert isinstance(graph, list)
    return graph


def everything(pages: dict[str, Page], files: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Every text under site/, by path."""
    for path, page in pages.items():
        yield path, "\n".join((page.title, page.description, page.head, page.content))
    yield from files.items()


# --- stories ---


def test_a_story_has_its_teller_words_body_and_source(write_community: WriteCommunity) -> None:
    pages, _ = render_files(write_community(FILES))
    page = pages["stories/talk/"]
    words = text_of(page)
    assert page.title == "My first talk"
    assert page.description == "I looked around the room. And then I spoke."
    assert "Told by Ana Souza" in words
    assert "4 May 2026" in words
    assert "The body of the talk." in words
    assert '<a class="as-name" href="../../members/ana/"><bdi>Ana Souza</bdi></a>' in page.content
    assert 'href="https://creativecommons.org/licenses/by/4.0/"' in page.content
    assert "Credit: Ana Souza" in words
    assert "First published at blog.example.org" in words
    assert "Meet Ana Souza" in words


def test_who_has_not_agreed_to_pages_is_nowhere(write_community: WriteCommunity) -> None:
    more = files(
        stories__secret="---\ntitle: A secret\nmembers: [silent]\ndate: 2026-01-02\nchallenges: [first-talk]\n"
        'source: {url: "https://example.org/x", license: CC-BY-4.0, credit: "Silent Person"}\n---\nBody.\n',
        groups__room="---\nname: The room\nkind: chat\nhosts: [silent, ana]\n---\nA room.\n",
        meetups__evening="---\ntitle: An evening\nstarts: 2026-12-01 18:00\nhosts: [silent]\ngroup: room\n---\nCome.\n",
    )
    pages, written = render_files(write_community(more))
    assert "members/silent/" not in pages
    for path, text in everything(pages, written):
        assert "Silent Person" not in text, path
        assert "silent.png" not in text, path
        assert "members/silent" not in text, path
    secret = pages["stories/secret/"]
    assert "Told by A member of the community" in text_of(secret)
    assert 'href="https://example.org/x"' in secret.content
    assert "Licence: CC-BY-4.0" in text_of(secret)
    assert data_of(secret)[0]["author"] == [
        {"@type": "Organization", "name": "Test community", "url": "https://community.example.org/"}
    ]
    assert "places/berlin-germany/" not in pages


def test_consent_that_ended_takes_the_person_away(write_community: WriteCommunity) -> None:
    config = write_community(FILES)
    pages, _ = render_files(config, now=datetime(2027, 3, 1, 12, tzinfo=UTC))
    assert "members/ana/" in pages
    pages, written = render_files(config, now=datetime(2027, 3, 2, 12, tzinfo=UTC))
    assert "members/ana/" not in pages
    named = [path for path, text in everything(pages, written) if "<bdi>Ana Souza" in text]
    assert named == []


def test_translations_stand_beside_each_other(write_community: WriteCommunity) -> None:
    arabic = (
        "---\ntitle: كلمتي الأولى\nmembers: [ana]\ndate: 2026-06-01\nlanguage: ar\ntranslation_of: talk\n"
        "challenges: [first-talk]\n---\nالنص.\n"
    )
    pages, _ = render_files(write_community(files(stories__kalima=arabic)))
    page = pages["stories/kalima/"]
    assert (page.language, page.direction) == ("ar", "rtl")
    assert 'lang="ar" dir="rtl"' in page.content
    assert "الحكاية على لسان" in page.content  # the interface speaks the story's language
    assert "أول محاضرة" in text_of(page)
    assert '<a href="../../stories/talk/" hreflang="en" lang="en">English</a>' in page.content
    assert 'hreflang="ar" href="https://community.example.org/stories/kalima/"' in pages["stories/talk/"].head
    listed = pages["stories/"].content
    assert "stories/talk/" in listed
    assert "stories/kalima/" not in listed


def test_a_language_without_interface_reads_the_communitys(write_community: WriteCommunity) -> None:
    finnish = "---\ntitle: Ensimmäinen\nmembers: [ana]\ndate: 2026-06-01\nlanguage: fi\n---\nTeksti.\n"
    page = render_files(write_community(files(stories__fi=finnish)))[0]["stories/fi/"]
    assert page.language == "fi"
    assert '<h1 lang="fi" dir="ltr">' in page.content
    assert 'lang="en" dir="ltr"' in page.content


def test_drafts_are_only_in_previews(write_community: WriteCommunity) -> None:
    draft = "---\ntitle: Not yet\nmembers: [ana]\ndate: 2026-06-01\nstatus: draft\n---\nBody.\n"
    config = write_community(files(stories__draft=draft))
    pages, written = render_files(config)
    assert all("Not yet" not in text for _, text in everything(pages, written))
    previewed = render_files(config, drafts=True)[0]["stories/draft/"]
    assert "Only a preview shows this page" in text_of(previewed)
    assert not previewed.listed
    assert '<meta name="robots" content="noindex">' in previewed.head


def test_related_stories_share_a_challenge(write_community: WriteCommunity) -> None:
    story = "---\ntitle: {title}\nmembers: [ana]\ndate: {date}\nchallenges: [{challenge}]\n---\nBody.\n"
    more = files(
        stories__near=story.format(title="Near", date="2026-01-01", challenge="first-talk"),
        stories__far=story.format(title="Far", date="2026-01-02", challenge="alone"),
    )
    site = make_site(write_community(more))
    assert related_stories(site)["talk"] == ("near",)
    assert related_stories(site)["far"] == ()


# --- members ---


def test_a_members_page_has_their_words_in_each_language(write_community: WriteCommunity) -> None:
    pages, _ = render_files(write_community(FILES))
    english, portuguese = pages["members/ana/"], pages["members/ana/pt/"]
    assert "Ana Souza wrote this for people who start where you are" in text_of(english)
    assert "Welcomes 5 newcomers a week" in text_of(english)
    assert 'href="../../stories/talk/"' in english.content
    assert portuguese.language == "pt"
    assert "Ana Souza escreveu isto para quem começa onde você está" in text_of(portuguese)
    assert "Palavras da Ana." in text_of(portuguese)
    assert '<a href="../../../members/ana/" hreflang="en" lang="en">English</a>' in portuguese.content
    person = data_of(english)[0]
    assert person["name"] == "Ana Souza"
    assert person["sameAs"] == ["https://example.social/@ana"]


@pytest.mark.parametrize(
    ("field", "says", "not_says"),
    [
        ("status: former", "No longer active here", "Welcomes 5"),
        ("status: memorial", "In memory", "Welcomes 5"),
        ("away: {from: 2026-11-20, to: 2026-11-30}", "Away until 30 November 2026", "Welcomes 5"),
        ("away: {from: 2026-12-20, to: 2027-01-06}", "Away from 20 December 2026 to 6 January 2027", "Away until"),
        ("away: {from: 2026-10-01, to: 2026-10-06}", "Welcomes 5", "Away"),
    ],
)
def test_a_page_says_how_things_stand(write_community: WriteCommunity, field: str, says: str, not_says: str) -> None:
    config = write_community({**FILES, "content/members/ana.md": ANA.replace("pronouns: she/her", field)})
    words = text_of(render_files(config)[0]["members/ana/"])
    assert says in words
    assert not_says not in words


def test_a_former_member_welcomes_nobody(write_community: WriteCommunity) -> None:
    config = write_community({**FILES, "content/members/ana.md": ANA.replace("pronouns: she/her", "status: former")})
    pages, _ = render_files(config)
    assert "Words of Ana for newcomers" not in pages["members/ana/"].content
    assert "Meet Ana" not in text_of(pages["stories/talk/"])


# --- groups and meetups ---

MEETUP = """\
---
title: Evening
starts: 2026-12-03 18:30
timezone: Europe/Berlin
duration: 2h
repeats: first Thursday of every month
changes:
  2027-01-07: {status: cancelled, reason: no room}
  2027-02-04: {starts: 2027-02-11 19:00, reason: the library is being painted}
place: {label: "Back room, Berlin", lat: 52.513, lon: 13.42}
online: "https://meet.example.org/x"
hosts: [ana]
capacity: 24
rsvp: "https://example.org/rsvp"
---
Come in.
"""


def test_a_meetup_says_when_where_and_what_changed(write_community: WriteCommunity) -> None:
    page = render_files(write_community(files(meetups__evening=MEETUP)))[0]["meetups/evening/"]
    words = text_of(page)
    assert "Thursday, 3 December 2026, 18:30–20:30 Berlin time (UTC+1)" in words
    assert "Every month, on the first Thursday" in words
    assert "Thursday, 7 January 2027, 18:30–20:30 Berlin time (UTC+1) Called off no room" in words
    assert "Thursday, 11 February 2027, 19:00–21:00 Berlin time (UTC+1) Moved from 4 February" in words
    assert "Room for 24 people" in words
    assert '<time datetime="2026-12-03T18:30+01:00">' in page.content
    assert 'href="webcal://community.example.org/feeds/meetups/evening.ics"' in page.content
    assert 'href="../../feeds/meetups/evening.ics"' in page.content
    assert 'href="https://www.openstreetmap.org/?mlat=52.51300' in page.content
    events = [thing for thing in data_of(page) if thing["@type"] == "Event"]
    assert [event["eventStatus"].rsplit("/")[-1] for event in events[:3]] == [
        "EventScheduled",
        "EventCancelled",
        "EventRescheduled",
    ]
    assert events[0]["eventAttendanceMode"] == "https://schema.org/MixedEventAttendanceMode"
    assert events[2]["previousStartDate"] == "2027-02-04T18:30+01:00"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ("starts: 2026-10-01 18:00", "This meetup is over. It took place on 1 October 2026."),
        ("starts: 2026-12-01 18:00\nstatus: cancelled", "This meetup is called off."),
        ("starts: 2026-12-01 18:00\nstatus: tentative", "Not certain yet"),
        ("starts: 2026-12-01\nends: 2026-12-03", "1 December 2026 to 3 December 2026"),
        ("starts: 2026-12-01 22:00\nduration: 30h", "22:00–Thu 3 Dec 04:00"),
        ("starts: 2026-12-01 18:00", "Tuesday, 1 December 2026, 18:00 UTC"),
    ],
)
def test_a_meetup_says_how_it_stands(write_community: WriteCommunity, fields: str, says: str) -> None:
    more = files(meetups__one=f"---\ntitle: One\n{fields}\n---\nCome.\n")
    assert says in text_of(render_files(write_community(more))[0]["meetups/one/"])


def test_the_list_of_meetups_has_coming_ones_first_and_past_ones_by_year(write_community: WriteCommunity) -> None:
    meetup = "---\ntitle: {title}\nstarts: {starts}\n---\n"
    more = files(
        meetups__later=meetup.format(title="Later", starts="2027-05-01"),
        meetups__soon=meetup.format(title="Soon", starts="2026-12-01"),
        meetups__was=meetup.format(title="Was", starts="2024-12-01"),
    )
    pages, _ = render_files(write_community(more))
    words = text_of(pages["meetups/"])
    assert words.index("December 2026") < words.index("Soon") < words.index("May 2027") < words.index("Later")
    assert "Was" not in words
    assert 'href="../meetups/past/2024/"' in pages["meetups/"].content
    assert "Was" in text_of(pages["meetups/past/2024/"])


def test_a_group_says_how_to_join(write_community: WriteCommunity) -> None:
    group = (
        "---\nname: {en: Room, de: Zimmer}\nkind: chat\nhosts: [ana, silent]\nchat:\n"
        '  - {platform: matrix, url: "https://matrix.to/#/x", expires: 2027-01-31}\n'
        '  - {platform: slack, url: "https://slack.example.org/x", expires: 2026-01-31}\n'
        "  - {platform: xmpp, url: xmpp:docs@rooms.example.org?join}\n---\nAbout the room.\n"
    )
    page = render_files(write_community(files(groups__room=group)))[0]["groups/room/"]
    words = text_of(page)
    assert "Join on Matrix" in words
    assert "This invitation works until 31 January 2027." in words
    assert "This invitation ran out on 31 January 2026" in words
    assert "slack.example.org" not in page.content
    assert 'href="xmpp:docs@rooms.example.org?join"' in page.content
    assert "Ana Souza" in words
    assert "No dates yet." in words


@pytest.mark.parametrize(("status", "says"), [("forming", "Just forming."), ("retired", "This group no longer meets.")])
def test_a_group_says_how_it_stands(write_community: WriteCommunity, status: str, says: str) -> None:
    group = f"---\nname: Room\nkind: chat\nstatus: {status}\n---\n"
    words = text_of(render_files(write_community(files(groups__room=group)))[0]["groups/room/"])
    assert says in words
    assert ("Join" in words) == (status == "forming")


# --- challenges, places, lists ---


def test_a_challenge_gathers_people_stories_groups_and_meetups(write_community: WriteCommunity) -> None:
    pages, _ = render_files(
        write_community(files(meetups__e=MEETUP.replace("capacity", "challenges: [first-talk]\ncapacity")))
    )
    words = text_of(pages["challenges/first-talk/"])
    for text in ("My first talk", "Ana Souza", "Evening"):
        assert text in words
    assert "The first story could be yours" in text_of(pages["challenges/alone/"])


def test_a_place_shows_who_and_what_is_there_and_near(write_community: WriteCommunity) -> None:
    group = "---\nname: {name}\nkind: chapter\nplace: {{label: {name}, lat: {lat}, lon: {lon}}}\n---\n"
    more = files(
        groups__one=group.format(name="Paris", lat=48.85, lon=2.35),
        groups__two=group.format(name="London", lat=51.51, lon=-0.13),
    )
    pages, _ = render_files(write_community(more))
    assert "Ana Souza" in text_of(pages["places/recife-brazil/"])
    assert pages["places/recife-brazil/"].title == "Recife, Brazil"
    assert 'href="../places/recife-brazil/"' in pages["places/"].content


def test_long_lists_are_cut_where_an_addition_disturbs_least(write_community: WriteCommunity) -> None:
    story = "---\ntitle: Story {n}\nmembers: [ana]\ndate: 2025-{month:02d}-{day:02d}\n---\nBody.\n"
    count = PAGE + FRONT

    def made(number: int) -> dict[str, str | bytes]:
        return {
            f"content/stories/s{n:03d}.md": story.format(n=n, month=n // 28 + 1, day=n % 28 + 1) for n in range(number)
        }

    before = render_files(write_community(FILES | made(count - 1), name="before"))[0]
    after = render_files(write_community(FILES | made(count), name="after"))[0]
    assert "stories/page/1/" in before
    assert "stories/page/2/" not in before
    assert before["stories/page/1/"] == after["stories/page/1/"]
    assert 'rel="next" href="../stories/page/1/"' in before["stories/"].content
    assert 'rel="prev" href="../../../stories/"' in before["stories/page/1/"].content


def test_an_empty_community_has_pages_that_say_so(write_community: WriteCommunity) -> None:
    pages, _ = render_files(write_community({"content/index.md": "# Home\n"}))
    for path in ("stories/", "members/", "groups/", "meetups/", "places/"):
        assert "as-empty" in pages[path].content, path


# --- all pages ---


def test_every_page_has_one_heading_and_no_lost_link(write_community: WriteCommunity) -> None:
    group = "---\nname: Room\nkind: chapter\nplace: Paris, France\nhosts: [ana]\n---\n"
    pages, written = render_files(write_community(files(meetups__evening=MEETUP, groups__room=group)))
    known = {*pages, *written, ""}
    for path, page in pages.items():
        tree = html5lib.parse(page.content, namespaceHTMLElements=False)
        assert len(list(tree.iter("h1"))) == 1, path
        for element in tree.iter("a"):
            href = element.get("href") or ""
            if href.startswith(("http", "webcal:", "mailto:")):
                continue
            depth = href.count("../")
            assert depth == path.count("/"), (path, href)
            assert href.removeprefix("../" * depth) in known, (path, href)


def test_a_page_is_the_same_bytes_every_time(write_community: WriteCommunity) -> None:
    config = write_community(files(meetups__evening=MEETUP))
    assert render_files(config) == render_files(config)


def test_a_site_overrides_a_template(write_community: WriteCommunity, tmp_path: Path) -> None:
    overrides = tmp_path / "overrides" / "alongside"
    overrides.mkdir(parents=True)
    (overrides / "story.html").write_text("<h1>Ours: {{ card.title.text }}</h1>")
    site = make_site(write_community(FILES), overrides=(overrides,))
    assert render_site(site)[0]["stories/talk/"].content == "<h1>Ours: My first talk</h1>"


def test_names_stay_names(write_community: WriteCommunity) -> None:
    hostile = '"<script>alert(1)</script> {{ 7*7 }} \\u202Egnp \\u2066x"'
    changed = ANA.replace("name: Ana Souza", f"name: {hostile}").replace("[technical writer]", f"[{hostile}]")
    pages, _ = render_files(write_community({**FILES, "content/members/ana.md": changed}))
    assert pages["members/ana/"].title == "<script>alert(1)</script> {{ 7*7 }} gnp x"  # the shell escapes it
    for path, page in pages.items():
        assert "<script>alert" not in page.content + page.head, path
        assert "\u202e" not in page.content + page.head, path
    assert "&lt;script&gt;" in pages["members/ana/"].content
    assert "{{ 7*7 }}" in pages["members/ana/"].content


# --- small things ---


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ana Souza", "AS"),
        ("Ana", "A"),
        ("Trần Minh Anh", "TA"),
        ("ana maria souza", "AS"),
        ("西田 遥", "西"),
        ("منى عبد الرحمن", "م"),
        ("Олена Гриценко", "ОГ"),
        ("(Ana) Souza", "S"),
        ("!!!", ""),
        ("\u202eAna", "A"),
    ],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_one_line_takes_away_what_turns_text_and_keeps_what_joins_it() -> None:
    assert one_line("a\r\nBcc: b\u202e\u2066c") == "a Bcc: bc"
    assert one_line("می\u200cخواهم") == "می\u200cخواهم"


def test_paragraphs() -> None:
    assert paragraphs("a\nb\n\n \nc\n") == ("a b", "c")
    assert paragraphs(" \n") == ()


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://example.org/x", "https://example.org/x"),
        ("javascript:alert(1)", ""),
        ("//example.org", ""),
        ("data:text/html,x", ""),
        ("https://[", ""),
        ("http:///x", ""),
    ],
)
def test_only_web_addresses_become_links(url: str, kept: str) -> None:
    assert safe_url(url) == safe_url(url, rooms=True) == kept


@pytest.mark.parametrize(
    "url", ["xmpp:docs@rooms.example.org?join", "ircs://irc.example.org/docs", "matrix:r/docs:example.org"]
)
def test_rooms_that_open_in_a_program_become_links_where_one_joins(url: str) -> None:
    assert safe_url(url, rooms=True) == url
    assert safe_url(url) == ""


def test_hosts() -> None:
    assert host_of("https://www.example.org:8080/x") == "example.org"
    assert host_of("https://[") == ""


@pytest.mark.parametrize(
    ("licence", "url"),
    [
        ("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/"),
        ("CC-BY-NC-SA-3.0", "https://creativecommons.org/licenses/by-nc-sa/3.0/"),
        ("CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
        ("MIT", ""),
        ("CC-BY-x", ""),
    ],
)
def test_licences(licence: str, url: str) -> None:
    assert licence_url(licence) == url
