"""Safe HTML of authored Markdown as text for reading, where there is no markup: calendar entries, JSON Feed.

One pass from tag to tag over what `rendering.markdown` writes (every tag closed, no "<" in text), a tenth of the time
of an HTML parser. Mails wrap and indent their text and have their own way (`rendering.mails.prose`).

    <p>See <a href="https://example.org/a">the notes</a>.</p><ul><li>one</li><li>two</li></ul>

    See the notes (https://example.org/a).

    - one
    - two
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape

_TAG = re.compile(r'<(/?[a-z][a-z0-9]*)((?:\s[^<>"]*(?:"[^"]*"[^<>"]*)*)?)>')
_HREF = re.compile(r'\shref="(https?:[^"]*)"')
_ALT = re.compile(r'\salt="([^"]*)"')
_START = re.compile(r'\sstart="(\d{1,9})"')
_SPACES = re.compile(r"[ \t\n]{2,}|[\t\n]")  # what is to be one space and is not
# What stands apart by an empty line. Items, rows and terms are lines of one block.
_BLOCKS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "ul", "ol", "dl", "table", "div"})
_LINES = frozenset({"li", "tr", "dt", "dd", "summary", "details", "section", "figure", "figcaption", "caption"})


@dataclass(slots=True)
class _Text:
    """The text so far. White space between blocks is kept as a wish until something is written."""

    parts: list[str] = field(default_factory=list)
    breaks: int = 0  # line feeds wished for before the next text
    space: bool = False  # a space is
    indent: str = ""  # before every line of an open quote or list
    fresh: bool = False  # just after an item's marker: its text goes on the same line
    lists: list[int] = field(default_factory=list)  # numbers of the open lists' next items; -1: bullets

    def add(self, text: str) -> None:
        if self.breaks and self.parts:
            self.parts.append("\n" * (self.breaks - 1) + "\n" + self.indent)
        elif self.space and self.parts:
            self.parts.append(" ")
        self.breaks, self.space, self.fresh = 0, False, False
        self.parts.append(text)

    def apart(self, lines: int) -> None:
        if not self.fresh:
            self.breaks, self.space = max(self.breaks, lines), False


def plain_text(html: str) -> str:
    """The text of safe, well-formed HTML: blocks apart by an empty line, links as "words (address)"."""
    text = _Text()
    pieces = _TAG.split(html)
    preformatted = False
    links: list[tuple[str, int]] = []
    for index in range(0, len(pieces), 3):
        _add_words(text, unescape(pieces[index]), preformatted=preformatted)
        if index + 1 == len(pieces):
            break
        tag, attributes = pieces[index + 1], pieces[index + 2]
        if tag in ("pre", "/pre"):
            preformatted = tag == "pre"
        if tag == "a":
            href = _HREF.search(attributes)
            links.append((unescape(href[1]) if href else "", len(text.parts)))
        elif tag == "/a" and links:
            _add_address(text, *links.pop())
        else:
            _add_tag(text, tag, attributes)
    return "".join(text.parts).strip()


def _add_words(text: _Text, words: str, *, preformatted: bool) -> None:
    if preformatted:
        if words.strip("\n"):
            text.add(words.strip("\n").replace("\n", "\n" + text.indent))
        return
    if not words:
        return
    squeezed = _SPACES.sub(" ", words)
    if squeezed[0] == " " and not text.breaks:
        text.space = True
    if squeezed != " ":
        text.add(squeezed.strip(" "))
        text.space = squeezed[-1] == " "


def _add_address(text: _Text, href: str, start: int) -> None:
    """After the words of a link, where they are not the address itself."""
    words = "".join(text.parts[start:]).strip()
    if href and href.rstrip("/") not in (
        words.rstrip("/"),
        f"http://{words}".rstrip("/"),
        f"https://{words}".rstrip("/"),
    ):
        space = text.space
        text.space = bool(words)
        text.add(f"({href})")
        text.space = space


def _add_tag(text: _Text, tag: str, attributes: str) -> None:
    name = tag.removeprefix("/")
    if name in ("ul", "ol", "blockquote", "li"):
        _add_container(text, tag, attributes)
    elif name in _BLOCKS:
        text.apart(2 if not text.lists else 1)
    elif name in _LINES or tag == "br":
        text.apart(1)
    elif tag == "hr":
        text.apart(2)
        text.add("* * *")
        text.apart(2)
    elif tag in ("td", "th") and not text.breaks:
        text.space = True
        text.add("|")
        text.space = True
    elif tag == "img" and (alt := _ALT.search(attributes)) is not None and alt[1].strip():
        text.add(unescape(alt[1]))


def _add_container(text: _Text, tag: str, attributes: str) -> None:
    match tag:
        case "ul" | "ol":
            text.apart(2 if not text.lists else 1)
            start = _START.search(attributes)
            text.lists.append(-1 if tag == "ul" else int(start[1]) if start else 1)
        case "/ul" | "/ol":
            if text.lists:
                text.lists.pop()
            text.apart(2 if not text.lists else 1)
        case "li":
            text.apart(1)
            number = text.lists[-1] if text.lists else -1
            if number >= 0:
                text.lists[-1] += 1
            text.add("-" if number < 0 else f"{number}.")
            text.space = text.fresh = True
            text.indent += "  "
        case "/li":
            text.indent, text.fresh = text.indent[:-2], False
            text.apart(1)
        case "blockquote":
            text.apart(2)
            text.indent += "> "
        case _:
            text.indent = text.indent[:-2]
            text.apart(2)
