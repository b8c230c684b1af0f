"""The podcast: which stories are in it, and that it keeps the rules of those who read it."""

from __future__ import annotations

import uuid
from dataclasses import replace
from xml.etree import ElementTree

import feedparser

from alongside.model.recordings import Passage, Recording, Transcript
from alongside.model.stories import Media
from alongside.rendering.feeds.podcast import PODCAST
from feed_records import SETTINGS, community, feeds, member, story

ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
INDEX = "{https://podcastindex.org/namespace/1.0}"
SPOKEN = Media(audio="stories/a talk.mp3", transcripts=(("en", "stories/talk.vtt"), ("pt", "stories/talk.txt")))
EXAMPLE = replace(
    community(
        members=[member("ana"), member("bo", consents=False)],
        stories=[
            story("heard", "2026-05-04", title="Heard & <b>said</b>", media=SPOKEN, was=("told",)),
            story("long", "2026-06-04", media=Media(audio="stories/long.opus")),
            story("together", "2026-05-05", members=("ana", "bo"), media=Media(audio="stories/long.opus")),
            story("draft", "2026-05-06", status="draft", media=Media(audio="stories/long.opus")),
            story("elsewhere", "2026-05-07", media=Media(audio="https://audio.example.com/talk.mp3")),
            story("written", "2026-05-08"),
        ],
    ),
    recordings={
        "stories/a talk.mp3": Recording(media_type="audio/mpeg", size=4711, seconds=83),
        "stories/long.opus": Recording(media_type="audio/ogg", size=5),
    },
    transcripts={"stories/talk.vtt": Transcript(passages=(Passage(text="Hello."),))},
    documents=frozenset({"stories/a talk.mp3", "stories/long.opus", "stories/talk.vtt", "podcast.png"}),
)


def test_stories_that_can_be_heard_with_everybodys_consent() -> None:
    content = feeds(EXAMPLE)[PODCAST]
    read = feedparser.parse(content)
    assert not read.bozo
    assert [entry.title for entry in read.entries] == ["long", "Heard & <b>said</b>"]
    heard = read.entries[1]
    [enclosure] = heard.enclosures
    assert enclosure.href == "https://community.example.org/stories/a%20talk.mp3"
    assert (enclosure.length, enclosure.type) == ("4711", "audio/mpeg")
    assert heard.id.endswith(":stories/told")  # a rename does not make it new
    assert heard.itunes_duration == "83"
    assert "itunes_duration" not in read.entries[0]
    assert read.feed.image.href == "https://community.example.org/podcast.png"
    assert read.feed.language == "en"


def test_what_apple_and_the_podcast_index_ask_for() -> None:
    root = ElementTree.fromstring(feeds(EXAMPLE)[PODCAST])
    channel = root.find("channel")
    assert channel is not None
    for tag in ("title", "link", "description", "language", f"{ITUNES}author", f"{ITUNES}image", f"{ITUNES}type"):
        assert len(channel.findall(tag)) == 1, tag
    assert channel.findtext(f"{ITUNES}explicit") == "false"
    category = channel.find(f"{ITUNES}category")
    assert category is not None
    assert category.attrib == {"text": "Society & Culture"}
    assert [inner.attrib for inner in category] == [{"text": "Personal Journals"}]
    name = uuid.UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")
    own = uuid.uuid5(name, "community.example.org/feeds/podcast.rss")
    assert channel.findtext(f"{INDEX}guid") == str(own)
    items = channel.findall("item")
    assert len({item.findtext("guid") for item in items}) == len(items) == 2
    for item in items:
        for tag in ("title", "enclosure", "guid", "pubDate", "description", "link"):
            assert len(item.findall(tag)) == 1, tag
    [transcript] = items[1].findall(f"{INDEX}transcript")
    assert transcript.attrib == {
        "url": "https://community.example.org/stories/talk.vtt", "type": "text/vtt", "language": "en", "rel": "captions",
    }  # fmt: skip
    [person] = items[1].findall(f"{INDEX}person")
    assert (person.text, person.get("href")) == ("Ana", "https://community.example.org/members/ana/")
    assert b"itunes:owner" not in feeds(EXAMPLE)[PODCAST]  # it would be a mail address


def test_no_podcast_where_there_is_nothing_to_hear() -> None:
    assert PODCAST not in feeds(replace(EXAMPLE, recordings={}))
    assert PODCAST not in feeds(EXAMPLE, replace(SETTINGS, site_url=""))
    assert b"itunes:image" not in feeds(replace(EXAMPLE, documents=frozenset()))[PODCAST]
