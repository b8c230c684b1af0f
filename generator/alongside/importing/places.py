"""Where an event is: LOCATION, GEO, URL and conference links as `place`, `online` and `rsvp` of a meetup.

LOCATION is free text. A place that the gazetteer knows without doubt is taken, also from the end of an address; the
address itself then goes to the text, since nobody said where on the map it is.

    LOCATION:c-base, Rungestraße 20, 10179 Berlin, Germany     place: Berlin, Germany (and the address in the text)
    LOCATION:c-base, Rungestraße 20; GEO:52.513;13.42          place: {label: "c-base, Rungestraße 20", lat: ...}
    LOCATION:https://meet.jit.si/docs-berlin                   online: https://meet.jit.si/docs-berlin
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import cos, hypot, inf, radians
from urllib.parse import urlsplit

from alongside.model.places import Place
from alongside.reading.places import find_place, point_place
from alongside.reading.values import web_address_fault
from alongside.rendering.feeds.content_lines import one_line, uri_value

PlaceValue = str | dict[str, str]  # as in front matter: a name, or label, lat and lon

_URL = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]]")
_ZOOM = (".zoom.us", ".zoomgov.com", ".zoom.com")
# Hosts where a link is a room to join, and where it is a page to say that one comes.
_ROOMS = tuple(
    f".{host}"
    for host in (
        "zoom.us zoomgov.com zoom.com meet.google.com hangouts.google.com teams.microsoft.com teams.live.com jit.si "
        "8x8.vc webex.com gotomeeting.com gotomeet.me goto.com whereby.com join.skype.com bluejeans.com crowdcast.io "
        "bigmarker.com gather.town livestorm.co ring.com stream.yandex.ru telemost.yandex.ru meeting.tencent.com"
    ).split()
)
_ROOM_NAMES = ("meet.", "bbb.", "jitsi.", "webinar.", "zoom.", "conf.", "talk.", "meeting.")
_LISTS = tuple(
    f".{host}"
    for host in (
        "meetup.com eventbrite.com eventbrite.co.uk eventbrite.de eventbrite.fr lu.ma luma.com ti.to pretix.eu "
        "guild.host tickettailor.com sympla.com.br connpass.com doorkeeper.jp mobilizon.fr"
    ).split()
)
# What people write instead of a place.
_ONLINE = re.compile(
    r"(?:online(?: event| meeting)?|virtual(?: event| meeting)?|remote|internet|webinar|video ?(?:call|conference)|"
    r"zoom(?: meeting| call)?|(?:microsoft )?teams(?:[ -](?:meeting|besprechung|call))?|(?:google )?meet|"
    r"jitsi(?: meet)?|"
    r"webex|skype|discord|big ?blue ?button|en ligne|en l[ií]nea|onlinetreffen|オンライン|онлайн|عبر الإنترنت)",
    re.IGNORECASE,
)
_NAME = re.compile(r"[^\d,;:/]{2,60}(?:,[^\d,;:/]{2,60}){0,3}")
_POSTCODE = re.compile(r"(?<![\w-])[A-Z]{0,2}-?\d{4,6}(?:-\d{3,4})?(?![\w-])")
_NEAR_KM = 5.0
_MOST_URLS = 20
_LONGEST_URL = 2000  # characters
_LONGEST = 300  # characters of LOCATION, as the label of a place


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where an event is, as a meetup says it."""

    place: PlaceValue | None = None
    online: str = ""  # an address; "true" where there is none
    rsvp: str = ""
    words: str = ""  # of LOCATION, where `place` does not hold them
    page: str = ""  # the event's own page, where it is neither a room nor a list


def read_where(
    location: str, geo: tuple[float, float] | None, url: str, rooms: Sequence[str], text: str, *, default: str = ""
) -> Where:
    """`location`, `text` (the description): plain; `rooms`: links; `default`: `place` where none is named."""
    location = one_line(location)[:_LONGEST]
    inside = _addresses(_urls(location))
    words = _place_words(_URL.sub(" ", location))
    page = _address(url)
    said = _addresses(_urls(text))
    certain = [*_addresses(rooms), *(one for one in (*inside, page) if is_room(one))]
    likely = [*(one for one in said if is_room(one) and _host_in(one, _ROOMS)), *inside]
    online = next(iter((*certain, *likely)), "")
    if words and _ONLINE.fullmatch(words):
        online, words = online or "true", ""
    lists = {one for one in (page, *said) if _host_in(one, _LISTS) and len(urlsplit(one).path) > 1}
    rsvp = page if page in lists else lists.pop() if len(lists) == 1 else ""
    place, rest = _place(words, geo)
    if place is None and (rest or not online):
        place = default or None
    return Where(
        place=place,
        online=online,
        rsvp=rsvp,
        words=rest,
        page="" if page in ("", online, rsvp) or page in text else page,
    )


def _addresses(texts: Iterable[str]) -> list[str]:
    return [address for address in map(_address, texts) if address]


def _urls(text: str) -> list[str]:
    """The first addresses in a text, each once."""
    return list(islice(dict.fromkeys(url[0] for url in _URL.finditer(text)), _MOST_URLS))


def _address(text: str) -> str:
    """An address that a meetup may have; empty for another."""
    url = uri_value(text)
    return url if url and len(url) <= _LONGEST_URL and not web_address_fault(url) else ""


def is_room(url: str) -> bool:
    """Whether an address is one where people meet: a room, not the pages around it."""
    parts = urlsplit(url)
    if _host_in(url, _ZOOM):
        return parts.path.startswith(("/j/", "/my/", "/w/", "/s/", "/wc/"))
    known = _host_in(url, _ROOMS) or (parts.hostname or "").startswith(_ROOM_NAMES)
    return known and len(parts.path) > 1


def _host_in(url: str, hosts: tuple[str, ...]) -> bool:
    return f".{urlsplit(url).hostname or ''}".endswith(hosts)


def _place_words(text: str) -> str:
    """LOCATION without addresses, and without the parts that only say that it is online."""
    parts = [part for part in (part.strip(" ,;:-") for part in re.split(r"[;|]", text)) if part]
    real = [part for part in parts if not _ONLINE.fullmatch(part.strip("()"))]
    if not real:
        return parts[0].strip("()") if parts else ""
    return ", ".join(real) if len(real) < len(parts) else text.strip(" ,;:-")


def _place(words: str, geo: tuple[float, float] | None) -> tuple[PlaceValue | None, str]:
    """(`place`, the words it does not hold)."""
    named = _named(words)
    if geo is not None:
        if named is not None and named.precise and _distance_km(geo, named) <= _NEAR_KM:
            return words, ""
        label = words or point_place("", *geo).name or f"{geo[0]:.4f}, {geo[1]:.4f}"
        return {"label": label, "lat": _degrees(geo[0]), "lon": _degrees(geo[1])}, ""
    if named is not None:
        return words, ""
    for end in _ends(words):
        place = _named(end)
        if place is not None and place.city:
            return end, words
    return None, words


def _named(words: str) -> Place | None:
    """The place of a name. Streets and halls are not looked up: the gazetteer would search long for what is near."""
    return find_place(words)[0] if _NAME.fullmatch(words) else None


def _degrees(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _distance_km(point: tuple[float, float], place: Place) -> float:
    """Right for places near to each other."""
    if place.lat is None or place.lon is None:
        return inf
    return hypot((point[0] - place.lat) * 111.2, (point[1] - place.lon) * 111.2 * cos(radians(point[0])))


def _ends(words: str) -> Iterator[str]:
    """The last three and two parts of an address, without post codes: "Berlin, Germany"."""
    parts = [_POSTCODE.sub("", part).strip() for part in words.split(",")]
    parts = [part for part in parts if part]
    for length in (3, 2):
        if len(parts) >= length:
            yield ", ".join(parts[-length:])
