"""Which feeds there are, what stands in them, and that feed readers read them."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import UTC, date, datetime
from typing import Any
from xml.etree import ElementTree

import feedparser
import pytest

from alongside.model.gatherings import Change
from alongside.model.people import Challenge
from alongside.rendering.artifacts import Artifact
from alongside.rendering.feeds.listing import feed_jobs, feed_links
from alongside.rendering.feeds.paths import feed_path
from alongside.rendering.feeds.text_feeds import first_words
from alongside.rendering.tracking import Site
from calendar_rules import broken_rules
from feed_records import (
    BERLIN,
    GERMANY,
    HERE,
    HIDDEN,
    LAGOS,
    NOW,
    SETTINGS,
    at,
    community,
    feeds,
    group,
    meetup,
    member,
    story,
    text,
)

ATOM = "{http://www.w3.org/2005/Atom}"


def events(content: bytes) -> list[str]:
    """Slugs in the UIDs of a calendar's events, in order."""
    assert broken_rules(content) == []
    return re.findall(r"BEGIN:VEVENT\r\nUID:([^@\r]+)@", content.decode().replace("\r\n ", ""))


EXAMPLE = community(
    challenges=[Challenge(slug="first-talk", title=text("A first talk"), position=HERE)],
    members=[member("ana", place=LAGOS), member("bo", consents=False, place=HIDDEN)],
    groups=[
        group("docs-berlin", place=BERLIN, challenges=("first-talk",), languages=("de",), was=("berlin-docs",)),
        group("quiet", status="retired"),
    ],
    meetups=[
        meetup("in-berlin", "2026-12-01 18:00", group="docs-berlin"),
        meetup("in-lagos", "2026-12-02 18:00", place=LAGOS, challenges=("first-talk",), was=("lagos", "first-name"),
               languages=("pt-BR",), online=True),
        meetup("last-year", "2025-01-01 18:00", place=GERMANY),
        meetup("long-ago", "2024-12-31 18:00", place=GERMANY),
        meetup("still-on", "2010-01-06 18:00", rrule="FREQ=WEEKLY"),
        meetup("came-back", "2011-01-03 18:00", rrule="FREQ=WEEKLY", times=2, changes={
            date(2011, 1, 10): Change(original=date(2011, 1, 10), starts=at("2026-12-09 18:00"), position=HERE)
        }),
        meetup("off", "2026-12-03 18:00", status="cancelled"),
    ],
)  # fmt: skip


def test_what_stands_in_which_calendar() -> None:
    found = feeds(EXAMPLE)
    calendars = {path: events(content) for path, content in found.items() if path.endswith(".ics")}
    recent = ["came-back", "came-back", "in-berlin", "first-name", "last-year", "off", "still-on"]
    assert calendars.pop("feeds/all.ics") == recent
    singles = {path: uids for path, uids in calendars.items() if path.startswith("feeds/meetups/")}
    assert singles.pop("feeds/meetups/in-lagos.ics") == ["first-name"]
    assert singles["feeds/meetups/lagos.ics"] == singles["feeds/meetups/first-name.ics"] == ["first-name"]
    assert singles["feeds/meetups/long-ago.ics"] == ["long-ago"]
    assert {path: uids for path, uids in calendars.items() if not path.startswith("feeds/meetups/")} == {
        "feeds/groups/docs-berlin.ics": ["in-berlin"],
        "feeds/groups/berlin-docs.ics": ["in-berlin"],  # whoever subscribed before the rename
        "feeds/groups/quiet.ics": [],
        "feeds/places/berlin-germany.ics": ["in-berlin"],  # by its group
        "feeds/places/berlin-region-germany.ics": ["in-berlin"],  # the region, and not the city of its name
        "feeds/places/germany.ics": ["in-berlin", "last-year"],
        "feeds/places/lagos-nigeria.ics": ["first-name"],
        "feeds/places/nigeria.ics": ["first-name"],
        "feeds/languages/de.ics": ["in-berlin"],  # by its group
        "feeds/languages/en.ics": ["came-back", "came-back", "last-year", "off", "still-on"],
        "feeds/languages/pt.ics": ["first-name"],
        "feeds/online.ics": ["first-name"],
        "feeds/challenges/first-talk.ics": ["in-berlin", "first-name"],
    }


def test_a_place_known_from_a_hidden_member_alone_has_no_feed() -> None:
    assert "feeds/places/x.ics" not in feeds(EXAMPLE)


def test_a_cancelled_meetup_stays_as_cancelled() -> None:
    assert b"STATUS:CANCELLED" in feeds(EXAMPLE)["feeds/meetups/off.ics"]


def test_building_again_changes_no_byte_until_the_year_ends() -> None:
    before, later, after = (
        {path: content for path, content in feeds(EXAMPLE, now=now).items() if path.endswith(".ics")}
        for now in (NOW, datetime(2026, 12, 31, 23, 59, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    )
    assert before == later != after


def test_an_edit_changes_one_event() -> None:
    meetups = {**EXAMPLE.meetups, "off": meetup("off", "2026-12-03 19:00")}
    edited = dataclasses.replace(EXAMPLE, meetups=meetups)
    before, after = (feeds(one)["feeds/all.ics"].split(b"BEGIN:VEVENT") for one in (EXAMPLE, edited))
    assert len(before) == len(after)
    assert sum(old != new for old, new in zip(before, after, strict=True)) == 1


def test_an_event_is_the_same_in_every_calendar_and_an_edit_reaches_them_all() -> None:
    site = Site(community=EXAMPLE, settings=SETTINGS, now=NOW)
    jobs = {job.name: job for job in feed_jobs(site)}
    found = []
    for name in ("feeds/all.ics", "feeds/groups/docs-berlin.ics", "feeds/meetups/in-berlin.ics"):
        with site.reading() as reads:
            (made, *_) = jobs[name].render()
        assert isinstance(made, Artifact)
        assert "meetups\0in-berlin" in reads  # also where the event was made for another calendar
        found += re.findall(rb"BEGIN:VEVENT\r\nUID:in-berlin@.*?END:VEVENT\r\n", made.content, re.DOTALL)
    assert len(found) == 3
    assert len(set(found)) == 1


def test_addresses_in_a_calendar() -> None:
    lines = feeds(EXAMPLE)["feeds/groups/docs-berlin.ics"].decode().replace("\r\n ", "").split("\r\n")
    assert "URL:https://community.example.org/groups/docs-berlin/" in lines
    assert "SOURCE;VALUE=URI:https://community.example.org/feeds/groups/docs-berlin.ics" in lines
    assert "URL:https://community.example.org/meetups/in-berlin/" in lines
    assert "UID:in-berlin@community.example.org" in lines


def test_a_site_without_an_address_has_ids_all_the_same() -> None:
    found = feeds(EXAMPLE, dataclasses.replace(SETTINGS, site_url=""))
    lines = found["feeds/meetups/in-berlin.ics"].decode().split("\r\n")
    assert "UID:in-berlin@test-community.invalid" in lines
    assert not any(line.startswith(("URL", "SOURCE")) for line in lines)
    assert broken_rules(found["feeds/all.ics"]) == []


def test_two_sites_on_one_host_have_different_ids() -> None:
    found = feeds(EXAMPLE, dataclasses.replace(SETTINGS, site_url="https://example.github.io/docs/"))
    assert b"UID:in-berlin@example.github.io/docs\r\n" in found["feeds/meetups/in-berlin.ics"]


def test_a_slug_that_somebody_else_had_gives_another_uid() -> None:
    one = community(
        meetups=[
            meetup("a", "2026-12-01 18:00"),
            meetup("b", "2026-12-01 18:00", was=("a",)),
            meetup("c", "2026-12-02 18:00"),
        ]
    )
    assert events(feeds(one)["feeds/all.ics"]) == ["a+", "a", "c"]


def test_a_description_is_readable_text() -> None:
    links = "See [the notes](https://example.org/n) and [us](../members/ana.md)."
    body = f"# Talks\n\n{links}\n\n- one\n- two\n\n> said\n\n`code`"
    one = community(meetups=[meetup("x", "2026-12-01 18:00", body=body)])
    content = feeds(one)["feeds/meetups/x.ics"].decode().replace("\r\n ", "")
    expected = r"DESCRIPTION:Talks\n\nSee the notes (https://example.org/n) and us.\n\n- one\n- two\n\n> said\n\ncode"
    assert expected in content.split("\r\n")


def test_links_for_pages() -> None:
    calendar, *texts = feed_links("groups", "docs-berlin")
    assert calendar.path == feed_path("groups", "docs-berlin") == "feeds/groups/docs-berlin.ics"
    assert calendar.media_type == "text/calendar"
    assert [link.path for link in texts] == [f"feeds/groups/docs-berlin.{form}" for form in ("atom", "rss", "json")]
    assert [link.path for link in feed_links("stories")] == [
        "feeds/stories.atom", "feeds/stories.rss", "feeds/stories.json",
    ]  # fmt: skip
    assert [link.path for link in feed_links("all")] == [
        "feeds/all.ics", "feeds/meetups.atom", "feeds/meetups.rss", "feeds/meetups.json",
    ]  # fmt: skip
    assert [link.media_type for link in feed_links("challenges", "first-talk")] == [
        "text/calendar", "application/atom+xml", "application/rss+xml", "application/feed+json",
    ]  # fmt: skip
    assert [link.path for link in feed_links("places", "berlin-germany")] == ["feeds/places/berlin-germany.ics"]


# --- stories ---

STORIES = community(
    challenges=[Challenge(slug="first-talk", title=text("A first talk"), position=HERE)],
    members=[member("ana"), member("bo", consents=False)],
    stories=[
        story("old", "2026-01-01", challenges=("first-talk",), topics=("docs",), welcome="I looked\naround."),
        story("new", "2026-05-04", members=("bo",), title="Café & <b>crème</b>", was=("newer", "newest")),
        story("neu", "2026-06-01", language="de", translation_of="new"),
        story("draft", "2026-07-01", status="draft"),
    ],
)


def parsed(content: bytes) -> Any:
    found = feedparser.parse(content)
    assert not found.bozo
    return found


def test_atom_as_a_feed_reader_sees_it() -> None:
    found = parsed(feeds(STORIES)["feeds/stories.atom"])
    assert found.version == "atom10"
    assert found.feed.title == "Test community"
    assert found.feed.updated == "2026-05-04T00:00:00Z"
    assert found.feed.language == "en"
    assert {link.rel: link.href for link in found.feed.links} == {
        "self": "https://community.example.org/feeds/stories.atom",
        "alternate": "https://community.example.org/stories/",
    }
    newest, oldest = found.entries
    assert newest.id == "tag:community.example.org,2026:stories/newest"
    assert newest.title == "Café & <b>crème</b>"
    assert newest.link == "https://community.example.org/stories/new/"
    assert newest.author == "Test community"  # Bo did not agree to be named
    assert newest.summary == "Some words."
    assert (oldest.author, oldest.author_detail.href) == ("Ana", "https://community.example.org/members/ana/")
    assert oldest.summary == "I looked around."
    assert [tag.term for tag in oldest.tags] == ["A first talk", "docs"]
    assert oldest.published == oldest.updated == "2026-01-01T00:00:00Z"


def test_rss_as_a_feed_reader_sees_it() -> None:
    content = feeds(STORIES)["feeds/stories.rss"]
    found = parsed(content)
    assert found.version == "rss20"
    assert (found.feed.title, found.feed.language) == ("Test community", "en")
    assert found.feed.link == "https://community.example.org/stories/"
    assert {link.rel: link.href for link in found.feed.links}[
        "self"
    ] == "https://community.example.org/feeds/stories.rss"
    newest, oldest = found.entries
    assert (newest.id, newest.guidislink) == ("tag:community.example.org,2026:stories/newest", False)
    assert newest.link == "https://community.example.org/stories/new/"
    assert newest.published == "Mon, 04 May 2026 00:00:00 +0000"
    assert (newest.author, oldest.author) == ("Test community", "Ana")
    assert [tag.term for tag in oldest.tags] == ["A first talk", "docs"]
    # a title is escaped once, as text; a description is HTML that says the text
    assert b"<title>Caf\xc3\xa9 &amp; &lt;b&gt;cr\xc3\xa8me&lt;/b&gt;</title>" in content
    told = dataclasses.replace(STORIES.stories["old"], welcome="1 < 2 & <b>3</b>")
    one = dataclasses.replace(STORIES, stories={"old": told})
    assert (
        b"<description>1 &amp;lt; 2 &amp;amp; &amp;lt;b&amp;gt;3&amp;lt;/b&amp;gt;</description>"
        in (feeds(one)["feeds/stories.rss"])
    )
    assert feeds(STORIES, dataclasses.replace(SETTINGS, site_url=""))["feeds/stories.rss"].count(b"<link>") == 1


def test_every_story_feed_names_nobody_without_consent() -> None:
    assert not any(b"Bo<" in content or b'"Bo"' in content or b">Bo" in content for content in feeds(STORIES).values())


def test_story_feeds_by_language_and_challenge() -> None:
    found = feeds(STORIES)
    titles = {
        path: [entry.title for entry in parsed(content).entries]
        for path, content in found.items()
        if path.endswith(".atom") and "meetups" not in path
    }
    assert titles == {
        "feeds/stories.atom": ["Café & <b>crème</b>", "old"],
        "feeds/stories/de.atom": ["neu"],
        "feeds/stories/en.atom": ["Café & <b>crème</b>", "old"],
        "feeds/challenges/first-talk.atom": ["old"],
    }
    assert ElementTree.fromstring(found["feeds/stories/de.atom"]).find(f"{ATOM}entry") is not None


def test_json_feed() -> None:
    found = json.loads(feeds(STORIES)["feeds/stories.json"])
    assert found["version"] == "https://jsonfeed.org/version/1.1"
    assert found["feed_url"] == "https://community.example.org/feeds/stories.json"
    assert found["items"][1] == {
        "id": "tag:community.example.org,2026:stories/old",
        "url": "https://community.example.org/stories/old/",
        "title": "old",
        "content_text": "Some words.",
        "summary": "I looked around.",
        "date_published": "2026-01-01T00:00:00Z",
        "language": "en",
        "authors": [{"name": "Ana", "url": "https://community.example.org/members/ana/"}],
        "tags": ["A first talk", "docs"],
    }


def test_the_newest_fifty() -> None:
    many = community(stories=[story(f"s{number:03}", f"2026-01-{1 + number % 28:02}") for number in range(70)])
    assert len(parsed(feeds(many)["feeds/stories.atom"]).entries) == 50


def test_a_community_without_anything_has_valid_feeds() -> None:
    found = feeds(community())
    assert sorted(found) == [
        "feeds/all.ics", "feeds/languages/en.ics",
        "feeds/meetups.atom", "feeds/meetups.json", "feeds/meetups.rss", "feeds/online.ics",
        "feeds/stories.atom", "feeds/stories.json", "feeds/stories.rss",
    ]  # fmt: skip
    assert broken_rules(found["feeds/all.ics"]) == []
    assert parsed(found["feeds/stories.atom"]).feed.updated == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    "words", ["]]><x>\x00\x0b\x1b", "a\r\nb", "\ud800\ufffe", "</title><script>x</script>", "x" * 10_000, "\u202eevil"]
)
def test_hostile_words_in_a_story(words: str) -> None:
    one = community(
        members=[member("ana")],
        stories=[story("x", "2026-01-01", title=words, welcome=words, topics=(words,), body=words)],
    )
    found = feeds(one)
    root = ElementTree.fromstring(found["feeds/stories.atom"])
    assert len(root.findall(f"{ATOM}entry")) == 1
    assert json.loads(found["feeds/stories.json"])["items"][0]["id"].endswith("stories/x")
    assert "\u202e" not in found["feeds/stories.atom"].decode()


def test_first_words_end_where_they_are_cut() -> None:
    assert first_words("one  two\nthree") == "one two three"
    assert first_words("word " * 100) == "word " * 60 + "…"
    assert first_words("語" * 1000) == "語" * 400 + " …"
