"""What machines read on a page: schema.org in JSON-LD, and the other lines of a page's `<head>`.

Pure functions of cards: who has no face in a card is not named here either. Addresses are whole where the site's own
is known, and left out where it is not. The JSON stands in a script element, so `<`, `>` and `&` are written as escapes:
no text can close the element (HTML, "restrictions for contents of script elements").
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from alongside.model.gatherings import Meetup
from alongside.model.places import Place
from alongside.model.recurrences import WEEKDAYS
from alongside.planning.occurrences import first_day, meetup_rule
from alongside.rendering.pages.views import Face, GroupCard, Label, MeetupCard, StoryCard, When, one_line, safe_url
from alongside.rendering.pages.words import PLAIN_PATH, SAFE_IN_PATHS, machine_time

Data = dict[str, Any]
STATUS = {"confirmed": "EventScheduled", "tentative": "EventScheduled", "cancelled": "EventCancelled"}
_DAY = timedelta(days=1)
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_ESCAPES = {mark: f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"}
_UNSAFE = re.compile("[<>&\u2028\u2029]")  # `str.translate` asks for every character, which takes milliseconds


def script_json(data: Mapping[str, Any]) -> str:
    """A JSON-LD script element; one line, keys in the order given."""
    text = _UNSAFE.sub(lambda mark: _ESCAPES[mark[0]], _ENCODER.encode(data))
    return f'<script type="application/ld+json">{text}</script>'


class Linked:
    """schema.org data of one site: knows its address and name."""

    def __init__(self, *, site_url: str, site_name: str) -> None:
        self.site_url = site_url
        self.site_name = one_line(site_name)

    def address(self, path: str) -> str:
        """The whole address of a site path, or nothing where the site's own is unknown."""
        if not self.site_url:
            return ""
        return self.site_url + (path if PLAIN_PATH.fullmatch(path) else quote(path, safe=SAFE_IN_PATHS))

    def page(self, *things: Data, trail: Sequence[Label] = ()) -> Data:
        """All that stands on one page, as one graph; `trail`: from the home page to this one."""
        graph = [kept(thing) for thing in things]
        if trail and self.site_url:
            graph.append(self.breadcrumbs(trail))
        return {"@context": "https://schema.org", "@graph": graph}

    def breadcrumbs(self, trail: Sequence[Label]) -> Data:
        """The way to a page."""
        items = [
            kept({"@type": "ListItem", "position": index, "name": label.text, "item": self.address(label.path)})
            for index, label in enumerate(trail, start=1)
        ]
        return {"@type": "BreadcrumbList", "itemListElement": items}

    def person(self, face: Face, *, languages: Sequence[str] = (), same: Iterable[str] = ()) -> Data:
        """A member who may be shown."""
        return {
            "@type": "Person",
            "@id": self.address(face.path) if face.path else "",
            "name": face.name,
            "url": self.address(face.path) if face.path else "",
            "image": self.address(face.photo) if face.photo else "",
            "jobTitle": list(face.roles),
            "homeLocation": {"@type": "Place", "name": face.place.text} if face.place else {},
            "knowsLanguage": list(languages),
            "sameAs": list(same),
        }

    def article(
        self, card: StoryCard, *, about: Sequence[Label], topics: Sequence[str], licence: str, origin: str
    ) -> Data:
        """A story. Without a teller who may be named, its author is the community."""
        authors = [kept({**self.person(face), "jobTitle": []}) for face in card.tellers]
        return {
            "@type": "Article",
            "@id": self.address(card.path),
            "headline": card.title.text,
            "inLanguage": card.title.language,
            "datePublished": card.date.isoformat(),
            "author": authors or [self.community()],
            "publisher": self.community(),
            "url": self.address(card.path),
            "abstract": "\n\n".join(card.words),
            "about": [kept({"@type": "Thing", "name": label.text, "url": self.address(label.path)}) for label in about],
            "keywords": list(topics),
            "license": licence,
            "isBasedOn": origin,
        }

    def community(self) -> Data:
        """The community itself."""
        return kept({"@type": "Organization", "name": self.site_name, "url": self.site_url})

    def group(self, card: GroupCard, *, hosts: Sequence[Face], place: Place | None) -> Data:
        """A group."""
        return {
            "@type": "Organization",
            "@id": self.address(card.path),
            "name": card.name.text,
            "url": self.address(card.path),
            "location": self.place(place) if place else {},
            "knowsLanguage": list(card.languages),
            "member": [kept({**self.person(face), "jobTitle": []}) for face in hosts],
            "parentOrganization": self.community(),
        }

    def place(self, place: Place) -> Data:
        """A place on the map."""
        point = {}
        if place.lat is not None and place.lon is not None and place.precise:
            point = {"@type": "GeoCoordinates", "latitude": place.lat, "longitude": place.lon}
        # Google's event results need an address: in the middle of nowhere it is the writer's words
        address = {
            "@type": "PostalAddress",
            "streetAddress": one_line(place.label) if place.label != place.name or not place.country else "",
            "addressLocality": place.city,
            "addressRegion": place.region,
            "addressCountry": place.country,
        }
        return kept({"@type": "Place", "name": one_line(place.label), "address": kept(address), "geo": point})

    def event(
        self, card: MeetupCard, meetup: Meetup, when: When, *, near: Place | None = None, words: str, picture: str = ""
    ) -> Data:
        """One date of a meetup. Recurring ones are an event a date, as search engines ask.

        `near`: the place of its group, for one that says no place. `words`: a plain text; `picture`: an address. Who
        holds it is a group or the community: a date stands in lists of others, where no consent reaches.
        """
        return {
            "@type": "Event",
            "name": when.title.text if when.title else card.title.text,
            "description": words,
            "url": self.address(card.path),
            "image": [picture] if picture else [],
            "startDate": machine_time(when.starts),
            "endDate": machine_time(when.ends) if when.ends is not None else "",
            "eventStatus": "https://schema.org/" + self._status(when),
            "previousStartDate": machine_time(when.planned) if when.planned is not None else "",
            "eventAttendanceMode": "https://schema.org/" + self._attendance(meetup, when),
            "location": self._locations(meetup, when, near),
            "organizer": self._organizer(card),
            "inLanguage": list(meetup.languages),
            "maximumAttendeeCapacity": meetup.capacity,
            "offers": {"@type": "Offer", "url": safe_url(meetup.rsvp)} if safe_url(meetup.rsvp) else {},
        }

    def _status(self, when: When) -> str:
        if when.status != "cancelled" and when.planned is not None:
            return "EventRescheduled"
        return STATUS[when.status]

    def _attendance(self, meetup: Meetup, when: When) -> str:
        if meetup.online or when.online_url:
            return "MixedEventAttendanceMode" if when.place else "OnlineEventAttendanceMode"
        return "OfflineEventAttendanceMode"

    def _locations(self, meetup: Meetup, when: When, near: Place | None) -> list[Data]:
        online = meetup.online or bool(when.online_url)
        place = when.place or (None if online else near)
        found = [self.place(place)] if place is not None else []
        if online:
            found.append(kept({"@type": "VirtualLocation", "url": when.online_url or self.address(meetup.path)}))
        return found

    def _organizer(self, card: MeetupCard) -> Data:
        if card.group is not None:
            return kept({"@type": "Organization", "name": card.group.text, "url": self.address(card.group.path)})
        return self.community()

    def listing(self, title: str, cards: Iterable[StoryCard | GroupCard | MeetupCard | Face]) -> Data:
        """A list's page: the order in which it stands."""
        items = [
            kept({"@type": "ListItem", "position": index, "url": self.address(card.path)})
            for index, card in enumerate(cards, start=1)
            if self.site_url
        ]
        return {"@type": "ItemList", "name": title, "itemListElement": items}


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def schedule(meetup: Meetup) -> Data:
    """When a series takes place, as a schema.org Schedule; nothing where that has no word for its rule.

    Its days may have a number before them, as in a calendar ("1TH"); positions in a set, days of the year, and days
    counted from the end of a month it does not know.
    """
    rule = meetup_rule(meetup)
    if rule is None or rule.positions or rule.year_days or any(day < 0 for day in rule.month_days):
        return {}
    starts, length = meetup.starts, meetup.duration
    timed = isinstance(starts, datetime)
    return kept(
        {
            "@type": "Schedule",
            "repeatFrequency": f"P{rule.interval}{rule.frequency[0]}",
            "byDay": [_weekday(ordinal, day) for ordinal, day in sorted(rule.weekdays)],
            "byMonth": sorted(rule.months),
            "byMonthDay": sorted(rule.month_days),
            "startDate": first_day(meetup).isoformat(),
            "endDate": meetup.until.isoformat() if meetup.until is not None else "",
            "repeatCount": meetup.times,
            "exceptDate": [day.isoformat() for day in sorted(set(meetup.excluded))],
            "startTime": f"{starts:%H:%M:%S}" if timed else "",
            "endTime": f"{starts + length:%H:%M:%S}" if timed and length is not None and length < _DAY else "",
            "scheduleTimezone": meetup.timezone if timed else "",
        }
    )


def _weekday(ordinal: int, day: int) -> str:
    return f"{ordinal}{WEEKDAYS[day]}" if ordinal else f"https://schema.org/{_DAYS[day]}"


def kept(data: Data) -> Data:
    """Without what is empty."""
    return {key: value for key, value in data.items() if value or isinstance(value, int | float)}
