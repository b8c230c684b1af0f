"""A page of a record in the making: its words, its cards, its template, and what every such page has in its head.

Below `records` and `list_pages`, which fill it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Literal

from markupsafe import escape

from alongside.model.places import Place
from alongside.model.texts import direction
from alongside.rendering.feeds.listing import feed_links, has_podcast
from alongside.rendering.feeds.meetup_words import meetup_words
from alongside.rendering.feeds.paths import FeedKind, feed_path
from alongside.rendering.feeds.podcast import PODCAST
from alongside.rendering.feeds.subscribing import SubscribeLinks, subscribe_links
from alongside.rendering.feeds.text_feeds import first_words
from alongside.rendering.pages import lists
from alongside.rendering.pages.jsonld import Data, Linked, script_json
from alongside.rendering.pages.moments import STYLE_SHEET
from alongside.rendering.pages.picture_cards import site_head
from alongside.rendering.pages.views import (
    Label,
    MeetupCard,
    Views,
    When,
    one_line,
)
from alongside.rendering.pages.words import PageWords, language_links
from alongside.rendering.shells import Page
from alongside.rendering.tracking import Site

BROWSE = "browse/"  # site path of the page that leads to all lists
Kind = Literal["stories", "members", "groups", "meetups", "challenges", "places"]
KINDS: tuple[Kind, ...] = ("stories", "members", "groups", "meetups", "challenges", "places")


class PageComposer:
    """A page in the making: its words, its views, its template."""

    def __init__(self, site: Site, *, path: str, language: str, template: str) -> None:
        self.site = site
        self.path = path
        self.language = language
        self.template = template
        self.ui = PageWords(site, page=path, language=language)
        self.views = Views(site, self.ui.language)
        self.linked = Linked(site_url=site.settings.site_url, site_name=site.settings.site_name)
        self.trail = [Label(text=self.ui.say("nav.home"), language=self.ui.language, path="")]

    def under(self, kind: Kind) -> PageComposer:
        """Hang the page below the list of its kind."""
        self.trail.append(Label(text=self.ui.say(f"nav.{kind}"), language=self.ui.language, path=f"{kind}/"))
        return self

    def page(
        self,
        title: str,
        *,
        context: Mapping[str, Any],
        data: Sequence[Data] = (),
        description: str = "",
        alternates: Sequence[Label] = (),
        feeds: Sequence[tuple[str, str, str]] = (),
        source: str = "",
        kind: str = "website",
        modified: date | None = None,
        listed: bool = True,
        picture: Sequence[str] | None = None,
        more_head: Sequence[str] = (),
    ) -> Page:
        """The page: its template filled with `context`, and its head. `feeds`: (media type, title, site path).

        `picture`: lines of the head about its picture; None: that of the site.
        """
        trail = [*self.trail, Label(text=title, language=self.language, path=self.path)]
        if len(self.trail) > 1 and self.trail[-1].path == self.path:
            trail = self.trail
        template = self.site.templates.get_template(self.template)
        content = template.render(ui=self.ui, trail=trail[:-1], title=title, **context)
        head = [
            f'<link rel="stylesheet" href="{self.ui.url(STYLE_SHEET)}">',
            *([] if listed else ['<meta name="robots" content="noindex">']),
            *self._head(title, description, alternates, feeds, kind),
            *(site_head(self.site.settings) if picture is None else picture),
            *more_head,
            script_json(self.linked.page(*data, trail=trail)),
        ]
        return Page(
            path=self.path,
            title=title,
            description=description,
            language=self.language,
            direction="rtl" if direction(self.language) == "rtl" else "ltr",
            content=content,
            head="\n".join(head),
            source=source,
            modified=modified,
            listed=listed,
        )

    def _head(
        self,
        title: str,
        description: str,
        alternates: Sequence[Label],
        feeds: Sequence[tuple[str, str, str]],
        kind: str,
    ) -> Iterator[str]:
        meta = {
            "og:title": title,
            "og:type": kind,
            "og:site_name": self.linked.site_name,
            "og:description": description,
            "og:url": self.linked.address(self.path),
        }
        for name, content in meta.items():
            if content:
                yield f'<meta property="{name}" content="{escape(content)}">'
        if self.linked.site_url and alternates:
            addresses = [(label.language, str(escape(self.linked.address(label.path)))) for label in alternates]
            yield language_links(addresses, self.site.settings.language).rstrip()
        for media_type, name, path in feeds:
            yield f'<link rel="alternate" type="{media_type}" title="{escape(name)}" href="{self.ui.url(path)}">'


def calendar_link(ui: PageWords, kind: FeedKind, slug: str = "") -> tuple[str, str, str]:
    """The calendar of a page as `PageComposer.page` takes feeds."""
    return ("text/calendar", ui.say("footer.calendar"), feed_path(kind, slug))


def feed_lines(ui: PageWords, kind: FeedKind, slug: str = "", name: str = "") -> list[tuple[str, str, str]]:
    """All feeds of a page, its calendar first. `name`: whose coming meetups they tell; of stories there is none."""
    words = ui.say("feed.meetups", name=name) if name else ui.say("footer.feed")
    links = feed_links(kind, slug)
    texts = [(one.media_type, f"{words} ({one.form})", one.path) for one in links if one.form != "iCalendar"]
    return texts if kind == "stories" else [calendar_link(ui, kind, slug), *texts]


def podcast_lines(ui: PageWords) -> list[tuple[str, str, str]]:
    """The podcast, where there is one."""
    name = ui.say("feed.podcast", name=one_line(ui.site.settings.site_name))
    return [("application/rss+xml", name, PODCAST)] if has_podcast(ui.site) else []


def event_data(views: Views, linked: Linked, card: MeetupCard, when: When) -> Data:
    """One date of a meetup for search engines."""
    site = views.site
    meetup = site.community.meetups[card.slug]
    group = site.community.groups.get(meetup.group) if meetup.group else None
    words, picture = meetup_words(site, card.slug)
    near = group.place if group is not None else None
    return linked.event(card, meetup, when, near=near, words=first_words(words), picture=picture)


def next_events(views: Views, linked: Linked, cards: Iterable[MeetupCard]) -> list[Data]:
    """The next date of each meetup of a list."""
    return [event_data(views, linked, card, card.when) for card in cards if card.when is not None]


def subscribe_ways(site: Site, kind: FeedKind, slug: str, name: str) -> SubscribeLinks:
    """The ways into the calendar of a page, for `parts.subscribe`. `name`: the group's, meetup's, ... own."""
    whole = f"{name} · {site.settings.site_name}" if kind in ("challenges", "places", "languages", "online") else name
    return subscribe_links(site.settings.site_url, feed_path(kind, slug), whole)


def place_label(place: Place) -> Label:
    """A place by the name of its page, which it has."""
    return Label(text=one_line(place.name), language="", path=lists.place_path(place.slug))
