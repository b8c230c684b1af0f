"""Dates in JSON-LD by the rules of schema.org and of Google's event results, and the feeds that heads of pages name."""

from __future__ import annotations

import json
import re
from datetime import date, datetime, timedelta
from typing import Any

import html5lib
import pytest

from alongside.model.gatherings import Meetup
from alongside.model.texts import LocalText
from alongside.problems import Position
from alongside.rendering.pages.jsonld import schedule
from alongside.rendering.shells import Page
from conftest import WriteCommunity
from rendered_site import render_files

SITE = "https://community.example.org/"
GROUP = """\
---
name: Docs Berlin
kind: chapter
place: Berlin, Germany
languages: [de]
hosts: [ana]
---
We write. ![The room](room.png)
"""
ANA = """\
---
name: Ana Souza
languages: [en]
consent: {since: 2026-03-01, for: [page]}
---
Hello.
"""
SERIES = """\
---
title: Docs evening
group: docs-berlin
starts: 2026-12-03 18:30
duration: 2h
repeats: first Thursday of every month
until: 2027-12-31
changes:
  2027-01-07: {status: cancelled, reason: no room}
  2027-02-04: {starts: 2027-02-11 19:00}
  2027-03-04: {starts: 2027-03-04 19:00, title: "Lightning </script><script>alert(1)</script>"}
hosts: [ana]
languages: [de]
place: {label: "c-base, Rungestraße 20, Berlin", lat: 52.513, lon: 13.42}
---
Talks. ![cake](cake b.png) ![spy](https://evil.example/x.png)
"""
ONLINE = "---\ntitle: Online\nstarts: 2026-12-08 18:00\nonline: https://meet.example.org/x\nhosts: [ana]\n---\nCome.\n"
AT_GROUP = "---\ntitle: At the group's\ngroup: docs-berlin\nstarts: 2026-12-09\nends: 2026-12-10\n---\nCome.\n"
BOTH = "---\ntitle: Both\nstarts: 2026-12-11 18:00\nonline: true\nplace: Lima, Peru\n---\nCome.\n"
BUOY = "---\ntitle: Buoy\nstarts: 2026-12-12 18:00\nplace: {label: A buoy, lat: -48.9, lon: -123.4}\n---\nSwim.\n"
FILES: dict[str, str | bytes] = {
    "content/members/ana.md": ANA,
    "content/groups/docs-berlin.md": GROUP,
    "content/groups/room.png": b"png",
    "content/meetups/evening.md": SERIES.replace("cake b.png", "<cake b.png>"),
    "content/meetups/cake b.png": b"png",
    "content/meetups/online.md": ONLINE,
    "content/meetups/at-group.md": AT_GROUP,
    "content/meetups/both.md": BOTH,
    "content/meetups/buoy.md": BUOY,
}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d))?")
_STATUSES = {"EventScheduled", "EventCancelled", "EventRescheduled"}
_MODES = {"OfflineEventAttendanceMode", "OnlineEventAttendanceMode", "MixedEventAttendanceMode"}
_KNOWN = {
    "@type", "name", "description", "url", "image", "startDate", "endDate", "eventStatus", "previousStartDate",
    "eventAttendanceMode", "location", "organizer", "inLanguage", "maximumAttendeeCapacity", "offers", "eventSchedule",
}  # fmt: skip


def events_of(page: Page) -> list[dict[str, Any]]:
    """The events of a page, as a browser's parser finds them: one script, closed by nothing in it."""
    tree = html5lib.parse(page.head, namespaceHTMLElements=False)
    (script,) = [one for one in tree.iter("script") if one.get("type") == "application/ld+json"]
    assert script.text is not None
    return [thing for thing in json.loads(script.text)["@graph"] if thing["@type"] == "Event"]


def broken_event_rules(event: dict[str, Any]) -> list[str]:
    """What Google's "Event structured data" requires, and what schema.org says of the values."""
    found = [
        f"{name} is missing" for name in ("name", "startDate", "location", "url", "organizer") if name not in event
    ]
    found += [f"{name} is unknown" for name in sorted(event.keys() - _KNOWN)]  # above all: performer
    found += [f"{name} is empty" for name, value in event.items() if value in ("", [], {}, None)]
    for name in ("startDate", "endDate", "previousStartDate"):
        if name in event and not _MOMENT.fullmatch(event[name]):
            found.append(f"{name}: {event[name]}")
    if "endDate" in event and datetime.fromisoformat(event["endDate"]) < datetime.fromisoformat(event["startDate"]):
        found.append("it ends before it starts")
    status = event["eventStatus"].removeprefix("https://schema.org/")
    if status not in _STATUSES or (status == "EventRescheduled") != ("previousStartDate" in event):
        found.append(f"{status} with previousStartDate {event.get('previousStartDate')}")
    mode = event["eventAttendanceMode"].removeprefix("https://schema.org/")
    kinds = sorted({place["@type"] for place in event.get("location", ())})
    modes = {"Place": "OfflineEventAttendanceMode", "VirtualLocation": "OnlineEventAttendanceMode"}
    if mode not in _MODES or mode != (modes[kinds[0]] if len(kinds) == 1 else "MixedEventAttendanceMode"):
        found.append(f"{mode} at {kinds}")
    for place in event.get("location", ()):
        if place["@type"] == "VirtualLocation":
            found += [] if place.get("url", "").startswith("https://") else ["VirtualLocation without url"]
        elif not place.get("name") or len(place.get("address", {})) < 2:
            found.append(f"no address: {place}")
    if event["organizer"]["@type"] != "Organization" or not event["organizer"]["url"].startswith(SITE):
        found.append(f"organizer: {event['organizer']}")
    for url in (event["url"], *event.get("image", ())):
        found += [] if url.startswith(SITE) and " " not in url else [f"url: {url}"]
    if "Person" in json.dumps(event) or "Ana" in json.dumps(event):
        found.append("a person is named")
    return found


def test_dates_stand_on_the_pages_of_meetups_groups_and_places(write_community: WriteCommunity) -> None:
    pages, files = render_files(write_community(FILES))
    found = {path: events_of(page) for path, page in pages.items()}
    for path, events in found.items():
        for event in events:
            assert broken_event_rules(event) == [], (path, event)
    names = {path: [event["name"] for event in events] for path, events in found.items() if events}
    assert names["groups/docs-berlin/"] == ["Docs evening", "At the group's"]
    assert names["places/berlin-germany/"] == names["places/germany/"] == ["Docs evening"]
    assert names["places/peru/"] == names["places/lima-peru/"] == ["Both"]

    planned, off, moved, later, *_ = found["meetups/evening/"]
    assert (planned["startDate"], planned["endDate"]) == ("2026-12-03T18:30+01:00", "2026-12-03T20:30+01:00")
    assert planned["image"] == [f"{SITE}meetups/cake%20b.png"]  # the site's own, never one of others
    assert planned["description"].startswith("Talks. cake spy")
    assert planned["inLanguage"] == ["de"]
    assert planned["organizer"] == {
        "@type": "Organization", "name": "Docs Berlin", "url": f"{SITE}groups/docs-berlin/",
    }  # fmt: skip
    (place,) = planned["location"]
    assert place["geo"] == {"@type": "GeoCoordinates", "latitude": 52.513, "longitude": 13.42}
    assert place["address"] == {
        "@type": "PostalAddress", "streetAddress": "c-base, Rungestraße 20, Berlin", "addressLocality": "Berlin",
        "addressRegion": "Berlin", "addressCountry": "DE",
    }  # fmt: skip
    assert off["eventStatus"] == "https://schema.org/EventCancelled"
    assert off["startDate"] == "2027-01-07T18:30+01:00"
    assert moved["previousStartDate"] == "2027-02-04T18:30+01:00"
    assert moved["startDate"] == "2027-02-11T19:00+01:00"
    # by half an hour, on the same day; and its name is text
    assert later["previousStartDate"] == "2027-03-04T18:30+01:00"
    assert later["name"] == "Lightning </script><script>alert(1)</script>"

    (days,) = found["meetups/at-group/"]
    assert (days["startDate"], days["endDate"]) == ("2026-12-09", "2026-12-10")
    assert days["location"][0]["name"] == "Berlin, Germany"  # its group's
    assert days["image"] == [f"{SITE}groups/room.png"]
    (online,) = found["meetups/online/"]
    assert online["location"] == [{"@type": "VirtualLocation", "url": "https://meet.example.org/x"}]
    assert online["organizer"]["name"] == "Test community"  # and not its host

    # the calendars say the same
    wire = files["feeds/all.ics"].replace("\r\n ", "")
    assert f"IMAGE;VALUE=URI;DISPLAY=BADGE:{SITE}meetups/cake%20b.png\r\n" in wire
    assert f'ORGANIZER;CN="Docs Berlin":{SITE}groups/docs-berlin/\r\n' in wire
    assert f'ORGANIZER;CN="Test community":{SITE}\r\n' in wire
    assert "CONFERENCE;FEATURE=VIDEO;LABEL=Join online;VALUE=URI:https://meet.example.org/x\r\n" in wire
    assert "evil.example" not in wire.replace("evil.example/x.png)", "")  # but as the words of a link


def test_heads_of_pages_name_their_feeds(write_community: WriteCommunity) -> None:
    pages, files = render_files(write_community(FILES))

    def alternates(path: str) -> list[tuple[str, str, str]]:
        tree = html5lib.parse(pages[path].head, namespaceHTMLElements=False)
        links = [link for link in tree.iter("link") if link.get("rel") == "alternate" and link.get("type")]
        for link in links:
            assert re.sub(r"^(\.\./)+", "", link.get("href", "")) in files, link.get("href")
        return [(link.get("type", ""), link.get("title", ""), link.get("href", "")) for link in links]

    assert alternates("groups/docs-berlin/") == [
        ("text/calendar", "Calendar", "../../feeds/groups/docs-berlin.ics"),
        ("application/atom+xml", "Coming meetups: Docs Berlin (Atom)", "../../feeds/groups/docs-berlin.atom"),
        ("application/rss+xml", "Coming meetups: Docs Berlin (RSS)", "../../feeds/groups/docs-berlin.rss"),
        ("application/feed+json", "Coming meetups: Docs Berlin (JSON Feed)", "../../feeds/groups/docs-berlin.json"),
    ]
    assert [href for _, _, href in alternates("meetups/")] == [
        "../feeds/all.ics", "../feeds/meetups.atom", "../feeds/meetups.rss", "../feeds/meetups.json",
    ]  # fmt: skip
    assert [href for _, _, href in alternates("stories/")] == [
        "../feeds/stories.atom", "../feeds/stories.rss", "../feeds/stories.json",
    ]  # fmt: skip
    assert [href for _, _, href in alternates("places/germany/")] == ["../../feeds/places/germany.ics"]


def test_regions_and_countries_have_pages_that_lead_to_each_other(write_community: WriteCommunity) -> None:
    luxembourg = "---\ntitle: Lux\nstarts: 2026-12-08 18:00\nplace: Luxembourg, Luxembourg\n---\n"
    atlanta = "---\ntitle: Peach\nstarts: 2026-12-08 18:00\nplace: Atlanta, Georgia, United States\n---\n"
    tbilisi = "---\ntitle: Wine\nstarts: 2024-12-08 18:00\nplace: Tbilisi, Georgia\n---\n"
    more = {f"content/meetups/{name}.md": text for name, text in
            {"lux": luxembourg, "peach": atlanta, "wine": tbilisi}.items()}  # fmt: skip
    pages, files = render_files(write_community({**FILES, **more}))
    for slug, titles in {
        "luxembourg": "Luxembourg", "luxembourg-luxembourg": "Luxembourg, Luxembourg",
        "georgia": "Georgia", "georgia-united-states": "Georgia, United States",
        "tbilisi-georgia": "Tbilisi, Georgia", "berlin-region-germany": "Berlin region, Germany",
    }.items():  # fmt: skip
        assert pages[f"places/{slug}/"].title == titles
        # the page that a calendar names is there, whatever has passed
        assert f"URL:{SITE}places/{slug}/\r\n" in files[f"feeds/places/{slug}.ics"]
    assert "Peach" in pages["places/georgia-united-states/"].content
    assert "Peach" not in pages["places/georgia/"].content
    assert not pages["places/georgia/"].listed  # nothing comes there any more
    city, atlas = pages["places/berlin-germany/"].content, pages["places/"].content
    assert '<a href="../../places/berlin-region-germany/">' in city
    assert '<a href="../../places/germany/">' in city
    assert '<h2><a href="../places/germany/">Germany</a></h2>' in re.sub(r"</?bdi>", "", atlas)
    assert "berlin-region" not in atlas


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"rrule": "FREQ=MONTHLY;BYDAY=1TH", "until": date(2027, 12, 31), "duration": timedelta(hours=2)},
            {"repeatFrequency": "P1M", "byDay": ["1TH"], "endDate": "2027-12-31", "endTime": "20:30:00"},
        ),
        (
            {"rrule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH", "times": 5, "excluded": (date(2026, 12, 17),)},
            {
                "repeatFrequency": "P2W", "byDay": ["https://schema.org/Tuesday", "https://schema.org/Thursday"],
                "repeatCount": 5, "exceptDate": ["2026-12-17"],
            },
        ),
        (
            {"rrule": "FREQ=YEARLY;BYMONTH=3,9;BYMONTHDAY=3"},
            {"repeatFrequency": "P1Y", "byMonth": [3, 9], "byMonthDay": [3]},
        ),
    ],
)  # fmt: skip
def test_a_series_has_a_schedule(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    common = {
        "@type": "Schedule", "startDate": "2026-12-03", "startTime": "18:30:00", "scheduleTimezone": "Europe/Berlin",
    }  # fmt: skip
    assert schedule(series(**fields)) == {**common, **expected}


def series(**fields: Any) -> Meetup:
    return Meetup(
        slug="x", title=LocalText((("en", "x"),)), starts=datetime.fromisoformat("2026-12-03 18:30"), timezone="Europe/Berlin",
        position=Position("content/meetups/x.md"), **fields,
    )  # fmt: skip


@pytest.mark.parametrize("rrule", ["", "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1", "FREQ=MONTHLY;BYMONTHDAY=-1", "junk"])
def test_what_schema_org_has_no_word_for_has_no_schedule(rrule: str) -> None:
    assert schedule(series(rrule=rrule)) == {}
