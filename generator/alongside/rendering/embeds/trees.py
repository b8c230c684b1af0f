"""Authored words as a tree for an embed's JSON, which the browser builds by `createElement` and never parses.

The words take the way of every page, `rendering.markdown` with its one allow-list, and are then read once more, into

    ["p", {}, "I was afraid. ", ["a", {"href": "https://..."}, "Then"], " not."]

A text is a string; an element is its tag, its attributes and its children. So no host page needs a policy for HTML of
ours (Trusted Types), and nothing that a parser makes of odd markup (mutation XSS) can come about: there is no parser.

What differs from a page, since an embed stands on a page of somebody else's: addresses are whole, links open a tab of
their own, and nothing carries an id.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

from alongside.rendering.markdown import ATTRIBUTES, CLASSES, TAGS, VOID, Converter, Links, render_markdown

Node = str | tuple[Any, ...]  # a text, or (tag, {attribute: value}, *children)

# `time` is a node that the script knows by the same name (`layouts`): of what people wrote, its words stay.
_TAGS = TAGS - {"time"}
_EVERYWHERE = ATTRIBUTES["*"]
_ABSOLUTE = re.compile(r"(?:https?://[^\s/\\]|mailto:.)", re.IGNORECASE)
_WEB = re.compile(r"(https?):[/\\]*", re.IGNORECASE)  # browsers take "https:/x" and "https:///x" for "https://x"
_BACKWARDS = "footnote-backref"  # leads from a note to its mark, by an id
# Between these, and at their edges, white space is how the Markdown was written, and nothing that anyone sees.
_BLOCKS = frozenset(
    "blockquote caption col colgroup dd details div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li ol p pre section "
    "summary table tbody td tfoot th thead tr ul".split()
)


def render_tree(
    text: str, *, source: str, links: Links, heading: int = 4, convert: Converter | None = None
) -> tuple[Node, ...]:
    """Authored Markdown as a tree; the highest heading becomes `h{heading}`, below those of the embed itself.

    As `render_markdown`, with `links.page` the site's address: "https://community.example.org/". Where that is
    unknown (an empty text), links within the site are their words alone, and its pictures theirs.
    """
    html = render_markdown(text, source=source, links=links, heading=heading, convert=convert)
    return html_tree(html, base=links.page)


def html_tree(html: str, *, base: str) -> tuple[Node, ...]:
    """Clean HTML (of `render_markdown`) as a tree; addresses count from `base`, a whole URL or empty.

    The standard library's parser is enough: what `nh3` writes has every tag closed, every attribute in double quotes,
    no comments and no element whose content follows rules of its own (`script`, `style`, `textarea`, ...). It is no
    judge of what is safe: whatever it finds has to stand in the allow-list once more.
    """
    reader = _Reader(base)
    reader.feed(html)
    reader.close()
    return reader.tree()


class _Reader(HTMLParser):
    """Builds the tree from the inside: each open element's children, and where they go when it ends."""

    def __init__(self, base: str) -> None:
        super().__init__(convert_charrefs=True)
        self._base = base
        self._top: list[Any] = []
        self._open: list[tuple[str, list[Any]]] = []  # tag, and the element or (for one left out) what is around it
        self._into = self._top  # where children go
        self._left_out = 0  # open elements of which nothing stays

    def tree(self) -> tuple[Node, ...]:
        """All that was read."""
        return tuple(_settled(self._top, 0, in_block=True))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if self._left_out or values.get("class") == _BACKWARDS:
            self._left_out += tag not in VOID
            return
        attributes = self._attributes(tag, values)
        if tag in VOID:
            if attributes is not None:
                self._into.append([tag, attributes])
            elif tag == "img" and values.get("alt"):
                self.handle_data(values["alt"])
            return
        self._open.append((tag, self._into))
        if attributes is not None:
            element: list[Any] = [tag, attributes]
            self._into.append(element)
            self._into = element

    def handle_endtag(self, tag: str) -> None:
        if self._left_out:
            self._left_out -= 1
        elif self._open and self._open[-1][0] == tag:
            _, self._into = self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._left_out:
            return
        into = self._into
        if into and isinstance(into[-1], str):
            into[-1] += data
            return
        if len(into) == 2 and into[0] == "pre" and isinstance(into[1], dict):
            data = data.removeprefix("\n")  # the first line break in `pre` is none (HTML, 13.1.2.5)
        if data:
            into.append(data)

    def _attributes(self, tag: str, values: dict[str, str]) -> dict[str, str] | None:
        """The attributes of an element; None where only its words, or nothing of it, stay."""
        if tag not in _TAGS:
            return None
        if tag == "a":
            return self._link(values)
        if tag == "img":
            return self._image(values)
        return _allowed(tag, values) if values else {}

    def _link(self, values: dict[str, str]) -> dict[str, str] | None:
        href = self._whole(values.pop("href", ""))
        if not href:
            return None
        found = {"href": href, **_allowed("a", values)}
        # A mail program is no page: with a target, some browsers open an empty one beside it.
        return {**found, "rel": "noopener nofollow ugc", "target": "_blank"} if _WEB.match(href) else found

    def _image(self, values: dict[str, str]) -> dict[str, str] | None:
        src = self._whole(values.pop("src", ""))
        if not _WEB.match(src):
            return None
        found = {"alt": "", **_allowed("img", values), "loading": "lazy", "referrerpolicy": "no-referrer"}
        return {**found, "src": src}  # last: what says how it is loaded has to be there before

    def _whole(self, url: str) -> str:
        """A whole web or mail address, or nothing. What stands within the text (`#note`) leads nowhere in an embed."""
        if not url or url.startswith("#"):
            return ""
        if not _ABSOLUTE.match(url):
            url = _WEB.sub(r"\1://", url, count=1) if _WEB.match(url) else url
            try:
                url = urljoin(self._base, url) if self._base else ""
            except ValueError:
                return ""
        return url if _ABSOLUTE.match(url) else ""


def _allowed(tag: str, values: dict[str, str]) -> dict[str, str]:
    """The attributes of the allow-list, less ids, and less addresses: those are read apart."""
    own = ATTRIBUTES.get(tag, _EVERYWHERE)
    return {
        name: value
        for name, value in values.items()
        if (name in _EVERYWHERE or name in own)
        and name not in ("id", "href", "src")
        and (name != "class" or CLASSES.fullmatch(value))
    }


def _settled(nodes: list[Any], start: int, *, in_block: bool) -> list[Any]:
    """The nodes from `start` on, as tuples and without the white space that nobody sees."""
    found: list[Any] = []
    last = len(nodes) - 1
    for index in range(start, len(nodes)):
        node = nodes[index]
        if not isinstance(node, str):
            tag = node[0]
            inside = _settled(node, 2, in_block=tag in _BLOCKS and tag != "pre") if len(node) > 2 else ()
            found.append((tag, node[1], *inside))
            continue
        begins = index == start or nodes[index - 1][0] in _BLOCKS
        ends = index == last or nodes[index + 1][0] in _BLOCKS
        if not (in_block and begins and ends and node.isspace()):
            found.append(node)
    return found
