"""What templates call for everything that is not markup: `ui.say`, `ui.url`, `ui.date`, `ui.prose`.

Second half of rendering a page. One `PageWords` belongs to one page: it knows the page's language and how deep below
the site's root it stands. What it returns is either plain text, which the template escapes, or `Markup`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from urllib.parse import quote

from markupsafe import Markup, escape

from alongside.model.texts import direction, language_fits
from alongside.rendering import interface
from alongside.rendering.copies import FACES, source_set
from alongside.rendering.feeds.paths import feed_path
from alongside.rendering.markdown import render_markdown, with_attribute
from alongside.rendering.pages.players import clock, is_remote
from alongside.rendering.pages.views import Face, Label, Prose, StoryCard, When, host_of, one_line, safe_url
from alongside.rendering.tracking import Site
from alongside.settings import Organisation, Settings

LISTS = ("stories", "members", "groups", "meetups", "challenges", "places")
SAFE_IN_PATHS = "/-._~!$()*+,;=:@"
PLAIN_PATH = re.compile(r"[a-zA-Z0-9/._-]*")  # most are, and quoting takes ten times as long as looking


# Pixels of a portrait's arch, at most, by its size: as the style sheet has them
_ARCHES = {"s": (36, 41), "m": (48, 55), "l": (68, 79), "xl": (176, 208), "g": (200, 240)}


class PageWords:
    """Words, addresses and dates for one page."""

    def __init__(self, site: Site, *, page: str, language: str, pictures: frozenset[str] = frozenset()) -> None:
        """`page`: its site path ("stories/x/"). `language`: of what the product says; one we have no words in reads
        the community's. `pictures`: other hosts whose pictures authored text may show there."""
        self.site = site
        self.page = page
        self.pictures = pictures
        self.language = spoken_language(language, site.settings.language)
        self.root = "../" * page.count("/") if page else ""

    @property
    def direction(self) -> str:
        """`rtl` or `ltr`, of what the product says."""
        return direction(self.language)

    # --- words ---

    def say(self, key: str, **values: object) -> str:
        """An interface text, plain."""
        return interface.say(self.language, key, **values)

    def say_html(self, key: str, **values: object) -> Markup:
        """An interface text with each value isolated (`<bdi>`), so that a name in another script stays whole."""
        isolated = {
            name: value if isinstance(value, Markup) else f"<bdi>{escape(value)}</bdi>"
            for name, value in values.items()
        }
        return _html(interface.say(self.language, key, **isolated))

    def attrs(self, language: str) -> Markup:
        """` lang="ar" dir="rtl"` for text in another language than the page's, else nothing."""
        return language_attributes(language, self.language)

    def label(self, label: Label) -> Markup:
        """A short text in its own language, as a link where it has a page."""
        attributes = language_attributes(label.language, self.language) if label.language else ""
        if label.path:
            return _html(f'<a href="{self.url(label.path)}"{attributes}>{escape(label.text)}</a>')
        tag = "span" if attributes else "bdi"
        return _html(f"<{tag}{attributes}>{escape(label.text)}</{tag}>")

    # --- people ---

    def name(self, face: Face) -> Markup:
        """A name, isolated from the text around it, as a link where its owner has a page."""
        if face.path:
            return _html(f'<a class="as-name" href="{self.url(face.path)}"><bdi>{escape(face.name)}</bdi></a>')
        return _html(f'<bdi class="as-name">{escape(face.name)}</bdi>')

    def names(self, faces: Sequence[Face]) -> Markup:
        """Names beside one another; of nobody who may be named: "a member of the community"."""
        if not faces:
            return _html(f'<span class="as-name">{escape(self.say("member.unnamed"))}</span>')
        return _html("".join(f'<span class="as-listed">{self.name(face)}</span>' for face in faces))

    def portrait(self, face: Face | None = None, size: str = "m", alt: str = "") -> Markup:
        """The photo of a face, else its initials on its colour; of nobody, an empty arch. Sizes: s, m, l, xl, g."""
        classes = f"as-portrait as-portrait-{size}"
        if face is None:
            return _html(f'<span class="{classes} as-portrait-unnamed" aria-hidden="true"></span>')
        if not face.photo:
            return _html(f'<span class="{classes} as-hue-{face.hue}" aria-hidden="true">{escape(face.initials)}</span>')
        return _html(
            f'<img class="{classes}" src="{self.url(face.photo)}" alt="{escape(alt)}"'
            f' width="96" height="96"{self._smaller(face.photo, size)} loading="lazy" decoding="async">'
        )

    def _smaller(self, photo: str, size: str) -> str:
        """Where smaller copies of a photo are; a browser takes the one that fits an arch of that size."""
        copies = self.site.copies.get(photo)
        whole = self.site.community.pictures.get(photo) if copies else None
        if not copies or whole is None:
            return ""
        width, height = _ARCHES[size]
        covering = max(width, -(-height * whole[0] // whole[1]))  # of a broad one the sides are cut
        srcset = source_set(photo, whole, copies, FACES, self.url)
        return f' srcset="{srcset}" sizes="{covering}px"'

    # --- stories ---

    def story_rows(self, cards: Iterable[StoryCard], level: int = 3, faces: bool = True) -> Markup:
        """Stories below one another: `parts.story_rows`, ten times as fast, which counts on a page of each story."""
        rows = "".join([f"<li>{self.story_row(card, level, faces)}</li>\n" for card in cards])
        return _html(f'<ul class="as-rows">\n{rows}</ul>\n')

    def story_row(self, card: StoryCard, level: int = 2, faces: bool = True) -> Markup:
        """A story in one row: who, its title, when. `faces`: false where all are told by the same person."""
        title, meta = card.title, []
        if faces:
            meta.append(f'<span class="as-dot">{self.names(card.tellers)}</span>')
        meta.append(f'<span class="as-dot">{self.time(card.date, self.day(card.date))}</span>')
        meta.append(self.story_marks(card))
        if card.draft:
            meta.append(f'<span class="as-dot">{escape(self.say("story.draft"))}</span>')
        portrait = self.portrait(card.tellers[0] if card.tellers else None, "s") if faces else ""
        attributes = language_attributes(title.language, self.language)
        return _html(
            f'<article class="as-row">\n{portrait}\n<div>\n<h{level} class="as-row-title"{attributes}>'
            f'<a href="{self.url(card.path)}">{escape(title.text)}</a></h{level}>\n'
            f'<p class="as-meta">{"".join(meta)}</p>\n</div>\n</article>\n'
        )

    def story_marks(self, card: StoryCard) -> Markup:
        """What a story has besides text, and its language where it is not the page's."""
        marks = []
        if card.audio:
            marks.append(f'<span class="as-dot">{escape(self.say("story.listen"))}</span>')
        if card.video:
            marks.append(f'<span class="as-dot">{escape(self.say("story.watch"))}</span>')
        language = card.title.language
        if language != self.language:
            name = escape(self.autonym(language))
            marks.append(f'<span class="as-dot" lang="{escape(language)}">{name}</span>')
        return _html("".join(marks))

    # --- the search ---

    @property
    def search_texts(self) -> str:
        """What `assets/search.js` says, as JSON."""
        return search_texts(self.language)

    # --- more words ---

    def autonym(self, code: str) -> str:
        """A language's own name."""
        return interface.autonym(code)

    def languages(self, codes: Iterable[str]) -> str:
        """Languages by name, in the page's language, as a list."""
        return self.join(interface.language_name(code, self.language) for code in codes)

    def join(self, words: Iterable[str]) -> str:
        """A list as a sentence holds it."""
        return interface.join_words(tuple(words), self.language)

    # --- addresses ---

    def url(self, path: str) -> str:
        """The address of a file or page of the site, relative to this page."""
        return (self.root + quoted(path)) or "./"

    def safe(self, url: str) -> str:
        """An authored address as a link may carry it: http or https, else nothing."""
        return safe_url(url)

    def host(self, url: str) -> str:
        """The host of an address, for people."""
        return host_of(url)

    def media(self, path: str) -> str:
        """The address of a recording: within the site relative to this page, elsewhere as it is; else nothing."""
        if self.remote(path):
            return safe_url(path)
        return self.url(path) if path else ""

    def remote(self, path: str) -> bool:
        """True for a recording that lies elsewhere; pages only link to those, so nothing is loaded from there."""
        return is_remote(path)

    # --- authored text ---

    def prose(self, prose: Prose, heading: int = 2) -> Markup:
        """Authored Markdown as safe HTML; its highest heading becomes `<h{heading}>`."""
        links = self.site.links(self.page, self.pictures)
        html = render_markdown(prose.text, source=prose.source, links=links, heading=heading, convert=self.site.convert)
        return _html(with_attribute(html, "pre", 'tabindex="0"'))  # what may scroll can be reached by keyboard

    # --- dates ---

    def day(self, day: date, style: interface.DateStyle = "date") -> str:
        """A day in words."""
        return interface.format_date(day, self.language, style)

    def time(self, day: date | datetime, text: str) -> Markup:
        """`<time>` around a text that says `day`."""
        return _html(f'<time datetime="{machine_time(day)}">{escape(text)}</time>')

    def machine(self, day: date | datetime) -> str:
        """A day or instant as `<time datetime>` has it."""
        return machine_time(day)

    def weekday(self, day: date) -> str:
        """The name of a day's weekday."""
        return self.weekday_name(day.weekday())

    def weekday_name(self, weekday: int, short: bool = False) -> str:
        """The name of a weekday; Monday is 0."""
        return str(interface.read_interface(self.language).dates["weekdays_short" if short else "weekdays"][weekday])

    def clock_of(self, seconds: int) -> str:
        """A time of a recording: "1:23"."""
        return clock(seconds)

    def clock(self, when: When) -> Markup:
        """When it begins, where there is little room: "18:30 UTC+1"."""
        assert isinstance(when.starts, datetime)
        offset = escape(interface.utc_offset(when.starts))
        return _html(
            f'<bdi dir="ltr">{interface.format_time(when.starts)}</bdi> <span class="as-zone" dir="ltr">{offset}</span>'
        )

    def span(self, when: When) -> Markup:
        """A date of a meetup in one line: day, hours, zone."""
        starts, ends = when.starts, when.ends
        if not isinstance(starts, datetime):
            last = ends if isinstance(ends, date) and not isinstance(ends, datetime) else starts
            return self.time(starts, interface.format_span(starts, last, self.language))
        return _html(f"{self.time(starts, self.day(starts, 'weekday'))}, {self.hours(when)}")

    def hours(self, when: When) -> Markup:
        """From when to when, with the zone named: "18:30–20:30, Berlin time (UTC+1)"; all day in words."""
        starts, ends = when.starts, when.ends
        if not isinstance(starts, datetime):
            return escape(self.say("meetup.all_day"))
        text = interface.format_hours(starts, ends if isinstance(ends, datetime) else None, self.language)
        zone = escape(self.zone(when.zone, starts))
        return _html(f'<bdi dir="ltr">{text}</bdi> <span class="as-zone">{zone}</span>')

    def zone(self, zone: str, moment: datetime) -> str:
        """A zone as people say it: "Berlin time (UTC+1)"."""
        return interface.format_zone(zone, moment, self.language)

    def recurrence(self, rrule: str, repeats: str) -> str:
        """A rule in words."""
        return one_line(interface.recurrence_text(rrule, repeats, self.language))


def _html(text: str) -> Markup:
    """Text of which every part that somebody wrote is escaped already."""
    return str.__new__(Markup, text)  # as Markup(text), without asking whether it is HTML already


def quoted(path: str) -> str:
    """A site path as it stands in an attribute: percent-encoded, `&` and quotes included."""
    if PLAIN_PATH.fullmatch(path):
        return path
    return str(escape(quote(path, safe=SAFE_IN_PATHS)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeWords:
    """What a MkDocs theme gets as `alongside`: words and addresses for around every page."""

    language: str  # of what the product says: the community's
    direction: str
    organisation: Organisation
    privacy: str  # URL, site path, or empty
    conduct: str
    feed: str  # site path of the stories' Atom feed
    calendar: str  # site path of the calendar with all meetups
    search: str  # what the search of record pages says, as JSON; empty: there is none
    leads: Mapping[str, str]  # site path of a list of records -> what it holds, in a sentence

    def say(self, key: str, **values: object) -> str:
        """An interface text, plain."""
        return interface.say(self.language, key, **values)

    def autonym(self, code: str) -> str:
        """A language's own name."""
        return interface.autonym(code)

    def direction_of(self, language: str) -> str:
        """`rtl` or `ltr`, for a page in another language."""
        return direction(language)


def theme_words(settings: Settings) -> ThemeWords:
    """The words around the pages of a community."""
    language = interface.interface_language(settings.language)
    organisation = settings.organisation
    own_path = organisation.conduct if ":" not in organisation.conduct else ""
    return ThemeWords(
        language=language,
        direction=direction(language),
        organisation=organisation,
        privacy=safe_url(organisation.privacy),
        conduct=safe_url(organisation.conduct) or own_path.lstrip("/"),
        feed=feed_path("stories", suffix="atom"),
        calendar=feed_path("all"),
        search=search_texts(language) if settings.search else "",
        leads={f"{kind}/": interface.say(language, f"list.{kind}") for kind in LISTS}
        | {"browse/": interface.say(language, "browse.lead")},
    )


def search_texts(language: str) -> str:
    """What `assets/search.js` says in `language`, as JSON: the last parts of the keys `search.…`."""
    keys = (
        "narrow",
        "kind",
        "challenge",
        "place",
        "role",
        "language",
        "year",
        "any",
        "count",
        "none",
        "more",
        "failed",
    )
    return json.dumps(
        {key: interface.read_interface(language).texts[f"search.{key}"] for key in keys}, ensure_ascii=False
    )


def language_links(addresses: Iterable[tuple[str, str]], language: str) -> Markup:
    """What tells search engines of a page's versions: (language, whole URL, escaped) of each, the first written first.

    Who reads none of them is sent to the one in the community's `language`, else to the first ("x-default").
    """
    versions = list(addresses)
    default = next((url for code, url in versions if language_fits(language, code)), versions[0][1])
    links = (*versions, ("x-default", default))
    return _html("".join(f'<link rel="alternate" hreflang="{escape(code)}" href="{url}">\n' for code, url in links))


@lru_cache(maxsize=512)
def spoken_language(wanted: str, otherwise: str) -> str:
    """The interface language for `wanted`: its own where there are words in it, else that of `otherwise`."""
    found = interface.interface_language(wanted)
    return found if language_fits(wanted, found) else interface.interface_language(otherwise)


@lru_cache(maxsize=2048)
def language_attributes(language: str, around: str) -> Markup:
    """` lang dir` for a text in `language` that stands in one in `around`; nothing where they are the same."""
    if not language or language.casefold() == around.casefold():
        return _html("")
    return _html(f' lang="{escape(language)}" dir="{direction(language)}"')


def machine_time(day: date | datetime) -> str:
    """What `<time datetime>` and schema.org read: ISO 8601, with the offset of an instant."""
    if not isinstance(day, datetime):
        return day.isoformat()
    return (
        day.replace(second=0, microsecond=0).isoformat(timespec="minutes")
        if day.tzinfo
        else day.astimezone(UTC).isoformat()
    )
