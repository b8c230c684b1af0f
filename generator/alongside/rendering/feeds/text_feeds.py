"""The three forms of a feed of texts: Atom (RFC 4287), RSS 2.0 and JSON Feed 1.1.

Entries in, octets out; `listing` says what makes a feed and who may be named. Texts are clean already
(`content_lines.clean_text`), so nothing here can break XML 1.0; times are those of the entries, never the clock.

In Atom and JSON Feed text is text. In RSS a description is HTML, so its text is escaped twice: once as HTML, once as
XML. A title there is text that some readers take for HTML; those that do read `&amp;lt;b>` as it was meant, the others
would show the escapes, so it is escaped once (as the RSS Advisory Board's profile has it).
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree

SUMMARY_WORDS, SUMMARY_CHARACTERS = 60, 400  # of a text whose writer chose no words
# the end of a file's name -> what people call the form, and its media type
FORMS = {
    "atom": ("Atom", "application/atom+xml"),
    "rss": ("RSS", "application/rss+xml"),
    "json": ("JSON Feed", "application/feed+json"),
}
_UNDATED = datetime(2026, 1, 1, tzinfo=UTC)  # when a feed or an entry was last changed of which nobody knows
_DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """A story, or a date of a meetup, as all forms of a feed show it."""

    id: str
    url: str  # empty when the site has no address
    title: str
    language: str
    moment: datetime | None  # aware: when it was published or last became news; None: nobody knows
    summary: str
    text: str
    authors: tuple[tuple[str, str], ...]  # (name, URL of their page or empty)
    categories: tuple[str, ...]
    rights: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedAbout:
    """What all forms of a feed say of the feed."""

    title: str
    description: str
    language: str
    community: str
    home: str  # the page it belongs to; empty when the site has no address
    address: str  # of the site
    id: str


def first_words(text: str) -> str:
    """The beginning of a plain text on one line: at most 60 words and 400 characters, then an ellipsis."""
    words = text.split()
    begun = " ".join(words[:SUMMARY_WORDS])
    if len(begun) > SUMMARY_CHARACTERS:
        begun = begun[:SUMMARY_CHARACTERS].rstrip()
    return begun if begun == " ".join(words) else begun + " …"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedEntry:
    """An entry in all forms. It stands in several feeds: a story in that of its language and of its challenges, too."""

    moment: datetime
    atom: str  # the `entry` element, indented
    rss: str  # the `item` element, indented
    json: str  # the item, on one line


def render_entry(entry: FeedEntry, *, community: str, address: str) -> RenderedEntry:
    """An entry once for all feeds; without an author it is the community's."""
    authors = entry.authors or ((community, address),)
    return RenderedEntry(
        moment=entry.moment or _UNDATED,
        atom=_indented(_atom_entry(entry, authors), 1),
        rss=_indented(rss_item(entry, authors), 2),
        json=json.dumps(_json_item(entry, authors), ensure_ascii=False),
    )


def _indented(element: ElementTree.Element, level: int) -> str:
    ElementTree.indent(element, level=level)
    text: str = ElementTree.tostring(element, encoding="unicode")
    return f"{'  ' * level}{text}\n"


def _add(parent: ElementTree.Element, tag: str, text: str) -> None:
    ElementTree.SubElement(parent, tag).text = text


def _newest(entries: Sequence[RenderedEntry]) -> datetime:
    return max((entry.moment for entry in entries), default=_UNDATED)


# --- Atom ---


def render_atom(about: FeedAbout, entries: Sequence[RenderedEntry], *, own: str) -> bytes:
    """An Atom feed (RFC 4287); `own` is its address."""
    feed = ElementTree.Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": about.language})
    _add(feed, "id", about.id)
    _add(feed, "title", about.title)
    _add(feed, "subtitle", about.description)
    _add(feed, "updated", _instant(_newest(entries)))
    _add_person(feed, about.community, about.address)
    if own:
        ElementTree.SubElement(feed, "link", {"rel": "self", "type": FORMS["atom"][1], "href": own})
    if about.home:
        ElementTree.SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": about.home})
    ElementTree.indent(feed)
    head: str = ElementTree.tostring(feed, encoding="unicode").removesuffix("</feed>")
    told = "".join([entry.atom for entry in entries])
    return f'<?xml version="1.0" encoding="utf-8"?>\n{head}{told}</feed>\n'.encode()


def _atom_entry(entry: FeedEntry, authors: Iterable[tuple[str, str]]) -> ElementTree.Element:
    element = ElementTree.Element("entry", {"xml:lang": entry.language})
    _add(element, "id", entry.id)
    _add(element, "title", entry.title)
    if entry.moment is not None:
        _add(element, "published", _instant(entry.moment))
    _add(element, "updated", _instant(entry.moment or _UNDATED))
    for name, url in authors:
        _add_person(element, name, url)
    if entry.url:
        link = {"rel": "alternate", "type": "text/html", "hreflang": entry.language, "href": entry.url}
        ElementTree.SubElement(element, "link", link)
    for name in entry.categories:
        ElementTree.SubElement(element, "category", {"term": name})
    if entry.rights:
        _add(element, "rights", entry.rights)
    _add(element, "summary", entry.summary)
    if not entry.url:  # without a link an entry needs its content (section 4.1.2)
        _add(element, "content", entry.text)
    return element


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _add_person(parent: ElementTree.Element, name: str, url: str) -> None:
    person = ElementTree.SubElement(parent, "author")
    _add(person, "name", name)
    if url:
        _add(person, "uri", url)


# --- RSS ---


def render_rss(about: FeedAbout, entries: Sequence[RenderedEntry], *, own: str) -> bytes:
    """An RSS 2.0 feed; `own` is its address. A site without an address has no link to give but the feed's id."""
    return _render_channel(about, [entry.rss for entry in entries], _newest(entries), own=own, namespaces={}, more=())


def render_channel(
    about: FeedAbout,
    items: Sequence[tuple[FeedEntry, ElementTree.Element]],
    *,
    own: str,
    namespaces: Mapping[str, str],
    more: Iterable[ElementTree.Element],
) -> bytes:
    """An RSS 2.0 feed whose items (`rss_item`) and channel have elements of other namespaces."""
    newest = max((entry.moment for entry, _ in items if entry.moment is not None), default=_UNDATED)
    texts = [_indented(item, 2) for _, item in items]
    return _render_channel(about, texts, newest, own=own, namespaces=namespaces, more=more)


def _render_channel(
    about: FeedAbout,
    items: Iterable[str],
    newest: datetime,
    *,
    own: str,
    namespaces: Mapping[str, str],
    more: Iterable[ElementTree.Element],
) -> bytes:
    atom = "http://www.w3.org/2005/Atom"
    feed = ElementTree.Element("rss", {"version": "2.0", "xmlns:atom": atom, "xmlns:dc": _DUBLIN_CORE, **namespaces})
    channel = ElementTree.SubElement(feed, "channel")
    _add(channel, "title", about.title)
    _add(channel, "link", about.home or about.id)
    _add(channel, "description", html.escape(about.description, quote=False))
    _add(channel, "language", about.language)
    _add(channel, "lastBuildDate", _mail_date(newest))
    if own:
        ElementTree.SubElement(channel, "atom:link", {"rel": "self", "type": FORMS["rss"][1], "href": own})
    channel.extend(more)
    ElementTree.indent(feed)
    head: str = ElementTree.tostring(feed, encoding="unicode").removesuffix("  </channel>\n</rss>")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{head}{"".join(items)}  </channel>\n</rss>\n'.encode()


def rss_item(entry: FeedEntry, authors: Iterable[tuple[str, str]]) -> ElementTree.Element:
    """An entry as the `item` of an RSS feed. `authors`: (name, URL), at least one."""
    item = ElementTree.Element("item")
    _add(item, "title", entry.title)
    if entry.url:
        _add(item, "link", entry.url)
    guid = ElementTree.SubElement(item, "guid", {"isPermaLink": "false"})
    guid.text = entry.id
    if entry.moment is not None:
        _add(item, "pubDate", _mail_date(entry.moment))
    for name, _ in authors:  # RSS's own `author` is an e-mail address
        _add(item, "dc:creator", name)
    for name in entry.categories:
        _add(item, "category", name)
    if entry.rights:
        _add(item, "dc:rights", entry.rights)
    _add(item, "description", html.escape(entry.summary if entry.url else entry.text, quote=False))
    return item


def _mail_date(moment: datetime) -> str:
    """A date of RFC 822 with four digits of the year, in UTC: `Thu, 03 Dec 2026 17:30:00 +0000`."""
    from email.utils import format_datetime  # it brings sockets with it, and calendars do without

    return format_datetime(moment.astimezone(UTC))


# --- JSON Feed ---


def render_json_feed(about: FeedAbout, entries: Sequence[RenderedEntry], *, own: str) -> bytes:
    """A JSON Feed, version 1.1, one item a line; `own` is its address."""
    feed: dict[str, object] = {"version": "https://jsonfeed.org/version/1.1", "title": about.title}
    if about.home:
        feed |= {"home_page_url": about.home, "feed_url": own}
    feed |= {
        "description": about.description,
        "language": about.language,
        "authors": _people(((about.community, about.address),)),
    }
    head = json.dumps(feed, ensure_ascii=False).removesuffix("}")
    items = ",\n".join([entry.json for entry in entries])
    return f'{head}, "items": [\n{items}\n]}}\n'.encode()


def _json_item(entry: FeedEntry, authors: Iterable[tuple[str, str]]) -> dict[str, object]:
    item: dict[str, object] = {"id": entry.id}
    if entry.url:
        item["url"] = entry.url
    item |= {"title": entry.title, "content_text": entry.text, "summary": entry.summary}
    if entry.moment is not None:
        item["date_published"] = _instant(entry.moment)
    item |= {"language": entry.language, "authors": _people(authors)}
    if entry.categories:
        item["tags"] = list(entry.categories)
    return item


def _people(people: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "url": url} if url else {"name": name} for name, url in people]
