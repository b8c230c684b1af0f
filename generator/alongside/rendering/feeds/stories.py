"""The two forms of a story feed: Atom (RFC 4287) and JSON Feed 1.1.

Entries in, octets out; `listing` says which stories make a feed and who may be named. Texts are clean already
(`content_lines.clean_text`), so nothing here can break XML 1.0; times are those of the stories, never the clock.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from xml.etree import ElementTree

SUMMARY_WORDS, SUMMARY_CHARACTERS = 60, 400  # of a story whose writer chose no welcome
_UNDATED = datetime(2026, 1, 1, tzinfo=UTC)  # when a feed without a story was last changed


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """A story as both forms of a feed show it."""

    id: str
    url: str  # empty when the site has no address
    title: str
    language: str
    day: date
    summary: str
    text: str
    authors: tuple[tuple[str, str], ...]  # (name, URL of their page or empty)
    categories: tuple[str, ...]
    rights: str

    @property
    def moment(self) -> str:
        """Stories have days; feeds want an instant: midnight, UTC."""
        return _instant(datetime.combine(self.day, time(), UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedAbout:
    """What both forms of a story feed say of the feed."""

    title: str
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
    """A story in both forms. It stands in the feeds of all stories, of its language and of its challenges."""

    moment: str
    atom: str  # the `entry` element, indented
    json: str  # the item, on one line


def render_entry(entry: FeedEntry, *, community: str, address: str) -> RenderedEntry:
    """An entry once for all feeds; without an author it is the community's."""
    authors = entry.authors or ((community, address),)
    feed = ElementTree.Element("feed")
    _add_entry(feed, entry, authors)
    ElementTree.indent(feed)
    element: str = ElementTree.tostring(feed[0], encoding="unicode")
    item = json.dumps(_item(entry, authors), ensure_ascii=False)
    return RenderedEntry(moment=entry.moment, atom=f"  {element.rstrip()}\n", json=item)


def render_atom(about: FeedAbout, entries: Sequence[RenderedEntry], *, own: str) -> bytes:
    """An Atom feed (RFC 4287); `own` is its address."""
    feed = ElementTree.Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": about.language})
    _add(feed, "id", about.id)
    _add(feed, "title", about.title)
    newest = max((entry.moment for entry in entries), default=_instant(_UNDATED))
    _add(feed, "updated", newest)
    _add_person(feed, about.community, about.address)
    if own:
        ElementTree.SubElement(feed, "link", {"rel": "self", "type": "application/atom+xml", "href": own})
    if about.home:
        ElementTree.SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": about.home})
    ElementTree.indent(feed)
    head: str = ElementTree.tostring(feed, encoding="unicode").removesuffix("</feed>")
    told = "".join([entry.atom for entry in entries])
    return f'<?xml version="1.0" encoding="utf-8"?>\n{head}{told}</feed>\n'.encode()


def _add_entry(feed: ElementTree.Element, entry: FeedEntry, authors: Iterable[tuple[str, str]]) -> None:
    element = ElementTree.SubElement(feed, "entry", {"xml:lang": entry.language})
    _add(element, "id", entry.id)
    _add(element, "title", entry.title)
    _add(element, "published", entry.moment)
    _add(element, "updated", entry.moment)
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


def _instant(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _add(parent: ElementTree.Element, tag: str, text: str) -> None:
    ElementTree.SubElement(parent, tag).text = text


def _add_person(parent: ElementTree.Element, name: str, url: str) -> None:
    person = ElementTree.SubElement(parent, "author")
    _add(person, "name", name)
    if url:
        _add(person, "uri", url)


def render_json_feed(about: FeedAbout, entries: Sequence[RenderedEntry], *, own: str) -> bytes:
    """A JSON Feed, version 1.1, one item a line; `own` is its address."""
    feed: dict[str, object] = {"version": "https://jsonfeed.org/version/1.1", "title": about.title}
    if about.home:
        feed |= {"home_page_url": about.home, "feed_url": own}
    feed |= {"language": about.language, "authors": _people(((about.community, about.address),))}
    head = json.dumps(feed, ensure_ascii=False).removesuffix("}")
    items = ",\n".join([entry.json for entry in entries])
    return f'{head}, "items": [\n{items}\n]}}\n'.encode()


def _item(entry: FeedEntry, authors: Iterable[tuple[str, str]]) -> dict[str, object]:
    item: dict[str, object] = {"id": entry.id}
    if entry.url:
        item["url"] = entry.url
    item |= {
        "title": entry.title,
        "content_text": entry.text,
        "summary": entry.summary,
        "date_published": entry.moment,
        "language": entry.language,
        "authors": _people(authors),
    }
    if entry.categories:
        item["tags"] = list(entry.categories)
    return item


def _people(people: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "url": url} if url else {"name": name} for name, url in people]
