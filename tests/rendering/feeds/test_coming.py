"""Feeds of coming meetups: which dates are told, and that nothing changes that has not changed."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import feedparser
import jsonschema  # type: ignore[import-untyped]

from alongside.model.community import Community
from alongside.model.gatherings import Change
from alongside.model.stamps import Stamp, Stamps
from alongside.rendering.feeds.coming import SOONEST
from alongside.rendering.feeds.content_lines import one_line
from alongside.rendering.feeds.listing import feed_jobs
from alongside.rendering.tracking import Site
from feed_records import BERLIN, HERE, NOW, SETTINGS, at, community, feeds, group, meetup, text

FORMS = ("atom", "rss", "json")
PATHS = [f"feeds/{name}.{form}" for name in ("meetups", "groups/docs-berlin", "groups/berlin-docs") for form in FORMS]
WEEKLY = "FREQ=WEEKLY"
EXAMPLE = community(
    groups=[group("docs-berlin", was=("berlin-docs",), name=text("Docs Berlin"))],
    meetups=[
        meetup(
            "talks", "2026-11-05 18:30", title=text("Talks"), rrule=WEEKLY, timezone="Europe/Berlin", place=BERLIN,
            group="docs-berlin", duration=timedelta(hours=2), body="Bring *cake*.", topics=("docs",), hosts=("ana",),
            was=("talking", "first-talks"),
            changes={
                date(2026, 11, 26): Change(
                    original=date(2026, 11, 26), status="cancelled", reason="No room", position=HERE
                ),
                date(2026, 12, 3): Change(original=date(2026, 12, 3), starts=at("2026-12-04 19:00"), position=HERE),
            },
        ),
        meetup("today", "2026-11-23 08:00", title=text("Today")),
        meetup("yesterday", "2026-11-22 08:00"),
        meetup("off", "2026-12-09 18:00", title=text("Off"), status="cancelled", online_url="https://meet.example.org"),
    ],
)  # fmt: skip
# JSON Feed 1.1, as its specification words it; nothing else may stand in ours.
JSON_FEED = {
    "type": "object",
    "required": ["version", "title", "items"],
    "additionalProperties": False,
    "properties": {
        "version": {"const": "https://jsonfeed.org/version/1.1"},
        "title": {"type": "string", "minLength": 1},
        "home_page_url": {"type": "string", "pattern": "^https?://"},
        "feed_url": {"type": "string", "pattern": "^https?://"},
        "description": {"type": "string"},
        "language": {"type": "string"},
        "authors": {"$ref": "#/$defs/authors"},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "content_text"],
                "additionalProperties": False,
                "properties": {
                    "id": {"type": "string", "minLength": 1},
                    "url": {"type": "string", "pattern": "^https?://"},
                    "title": {"type": "string"},
                    "content_text": {"type": "string"},
                    "summary": {"type": "string"},
                    "date_published": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
                    "language": {"type": "string"},
                    "authors": {"$ref": "#/$defs/authors"},
                    "tags": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
    },
    "$defs": {
        "authors": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["name"],
                "additionalProperties": False,
                "properties": {"name": {"type": "string"}, "url": {"type": "string", "pattern": "^https?://"}},
            },
        }
    },
}


def coming(one: Community, now: datetime = NOW) -> Mapping[str, bytes]:
    """The feeds of coming meetups alone, by path."""
    return {path: content for path, content in feeds(one, now=now).items() if path in PATHS}


def parsed(content: bytes) -> Any:
    found = feedparser.parse(content)
    assert not found.bozo
    return found


def test_every_form_tells_the_next_date_of_each_and_those_called_off_before_it() -> None:
    found = coming(EXAMPLE)
    assert sorted(found) == sorted(PATHS)
    titles = [
        "Today · Monday, 23 November 2026",  # it has begun, and it is still today
        "Called off: Talks · Thursday, 26 November 2026",
        "Talks · Friday, 4 December 2026",
        "Called off: Off · Wednesday, 9 December 2026",
    ]
    ids = [
        "tag:community.example.org,2026:meetups/today/2026-11-23",
        "tag:community.example.org,2026:meetups/first-talks/2026-11-26",
        "tag:community.example.org,2026:meetups/first-talks/2026-12-03",  # the day the rule gives
        "tag:community.example.org,2026:meetups/off/2026-12-09",
    ]
    for form in ("atom", "rss"):
        entries = parsed(found[f"feeds/meetups.{form}"]).entries
        assert [entry.title for entry in entries] == titles
        assert [entry.id for entry in entries] == ids
        assert {entry.link for entry in entries[1:3]} == {"https://community.example.org/meetups/talks/"}
    items = json.loads(found["feeds/meetups.json"])["items"]
    assert [(item["title"], item["id"]) for item in items] == list(zip(titles, ids, strict=True))
    for form in FORMS:
        of_group = found[f"feeds/groups/docs-berlin.{form}"]
        assert b"Talks" in of_group
        assert b"Today" not in of_group
    for path in PATHS:
        if path.endswith(".json"):
            jsonschema.validate(json.loads(found[path]), JSON_FEED)


def test_an_entry_says_when_where_and_by_whom_but_names_no_person() -> None:
    found = coming(EXAMPLE)
    _, off, moved, _ = json.loads(found["feeds/meetups.json"])["items"]
    assert moved["content_text"] == (
        "Moved from 3 December 2026\nFriday, 4 December 2026, 19:00–21:00 Berlin time (UTC+1)\nBerlin, Germany"
        "\n\nBring cake."
    )
    assert off["summary"] == (
        "Called off · No room · Thursday, 26 November 2026, 18:30–20:30 Berlin time (UTC+1) · Berlin, Germany"
        " · Bring cake."
    )
    group_page = "https://community.example.org/groups/docs-berlin/"
    assert moved["authors"] == [{"name": "Docs Berlin", "url": group_page}]
    assert moved["tags"] == ["docs"]
    entry = parsed(found["feeds/meetups.atom"]).entries[2]
    assert (entry.author, entry.author_detail.href) == ("Docs Berlin", group_page)
    assert not any(b"ana" in content.lower() for content in found.values())


def test_an_entry_is_dated_when_it_became_the_next_one() -> None:
    found = coming(EXAMPLE)
    _, off, moved, last = parsed(found["feeds/meetups.atom"]).entries
    # the Thursday before the one called off, over at midnight in Berlin
    assert off.published == off.updated == moved.updated == "2026-11-19T23:00:00Z"
    assert "published" not in last  # a first date: nobody knows
    assert last.updated == "2026-01-01T00:00:00Z"
    _, off, moved, last = parsed(found["feeds/meetups.rss"]).entries
    assert off.published == moved.published == "Thu, 19 Nov 2026 23:00:00 +0000"
    assert "published" not in last


def test_an_entry_that_was_changed_is_news_again() -> None:
    changed = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    stamps = Stamps(own=Stamp(instant=changed - timedelta(days=9)), dates={date(2026, 11, 26): Stamp(instant=changed)})
    one = dataclasses.replace(EXAMPLE, stamps={"first-talks": stamps, "off": Stamps(own=Stamp(instant=changed))})
    _, off, moved, last = parsed(coming(one)["feeds/meetups.atom"]).entries
    assert off.updated == last.updated == "2026-11-20T08:00:00Z"
    assert moved.updated == "2026-11-19T23:00:00Z"  # later than its stamp


def test_days_that_pass_change_nothing_until_a_date_has_passed() -> None:
    first = coming(EXAMPLE, datetime(2026, 11, 24, tzinfo=UTC))
    assert coming(EXAMPLE, datetime(2026, 11, 26, 23, 59, tzinfo=UTC)) == first
    after = coming(EXAMPLE, datetime(2026, 11, 27, tzinfo=UTC))
    assert after != first
    kept = ElementTree.fromstring(first["feeds/meetups.atom"])[-2:]
    still = ElementTree.fromstring(after["feeds/meetups.atom"])[-2:]
    assert [ElementTree.tostring(one) for one in kept] == [ElementTree.tostring(one) for one in still]


def test_an_edit_changes_only_feeds_that_carry_the_meetup() -> None:
    edited = dataclasses.replace(EXAMPLE.meetups["talks"], body="Bring tea.")
    one = dataclasses.replace(EXAMPLE, meetups={**EXAMPLE.meetups, "talks": edited})
    before, after = feeds(EXAMPLE), feeds(one)
    assert before.keys() == after.keys()
    changed = {path for path in before if before[path] != after[path]}
    names = {re.sub(r"\.\w+$", "", path.removeprefix("feeds/")) for path in changed}
    assert names == {
        "all", "meetups", "groups/docs-berlin", "groups/berlin-docs", "languages/en", "places/berlin-germany",
        "places/berlin-region-germany", "places/germany", "meetups/talks", "meetups/talking", "meetups/first-talks",
    }  # fmt: skip
    # and a build would render no others: each job says what it reads
    site = Site(community=EXAMPLE, settings=SETTINGS, now=NOW)
    rendered = set()
    for job in feed_jobs(site):
        with site.reading() as reads:
            list(job.render())
        if "meetups\0talks" in reads:
            rendered.add(re.sub(r"\.\w+$", "", job.name.removeprefix("feeds/")))
    assert rendered == names - {"groups/berlin-docs", "meetups/talking", "meetups/first-talks"}


def test_many_meetups_are_cut_to_the_soonest() -> None:
    many = community(meetups=[meetup(f"m{n:03}", f"2027-01-{1 + n % 28:02} 18:00") for n in range(SOONEST + 30)])
    entries = parsed(coming(many)["feeds/meetups.rss"]).entries
    assert len(entries) == SOONEST
    assert entries[0].title == "m000 · Friday, 1 January 2027"


def test_hostile_words_of_a_meetup_stay_words() -> None:
    for words in (
        "]]><x>\x00\x1b",
        "</title><script>alert(1)</script>",
        "\ud800\ufffe",
        "a\r\nb",
        "\u202eevil",
        "&lt;b>",
    ):
        one = community(
            groups=[group("docs-berlin", name=text(words))],
            meetups=[
                meetup(
                    "x", "2026-12-01 18:00", title=text(words), group="docs-berlin", topics=(words,), body=words,
                    place=dataclasses.replace(BERLIN, label=words), online_url=words,
                )
            ],
        )  # fmt: skip
        found = coming(one)
        for form in ("atom", "rss"):
            root = ElementTree.fromstring(found[f"feeds/meetups.{form}"])
            tag = "{http://www.w3.org/2005/Atom}title" if form == "atom" else "title"
            title = [element.text or "" for element in root.iter(tag)][-1]
            assert title.rpartition(" · ")[0] == one_line(words)
            assert not list(root.iter("script"))
            assert "\u202e" not in found[f"feeds/meetups.{form}"].decode()
        # what reads an RSS description as the HTML it is finds the words, and no element
        (description,) = [
            item.findtext("description") for item in ElementTree.fromstring(found["feeds/meetups.rss"]).iter("item")
        ]
        assert description is not None
        assert "<" not in description
        jsonschema.validate(json.loads(found["feeds/meetups.json"]), JSON_FEED)
