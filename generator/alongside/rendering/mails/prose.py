"""Prose of mails: Markdown to safe HTML, and that HTML to plain text for reading.

Both parts of a mail come from the same HTML, so they say the same. Works on texts in which values are tokens still
(`mails.holes`); the plain text is cut into paragraphs that can be wrapped before or after the values are in.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import css_inline
import nh3

from alongside.rendering.mails.holes import width
from alongside.rendering.markdown import commonmark

COLUMNS = 72  # RFC 3676 asks for less than 78
TAGS = {
    "a", "abbr", "b", "blockquote", "br", "code", "del", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i",
    "li", "ol", "p", "pre", "s", "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href"},
    "ol": {"start"},
    "div": {"lang", "dir"},
    "span": {"lang", "dir"},
    "td": {"align"},
    "th": {"align"},
}
SCHEMES = frozenset({"http", "https", "mailto", "tel", "matrix", "xmpp", "irc", "ircs"})

_IMAGE = re.compile(r'<img\b(?P<attributes>(?:"[^"]*"|[^">])*)>')
_ALT = re.compile(r'\balt="([^"]*)"')
_DEAD_LINK = re.compile(r'<a(?: href="")?>(.*?)</a>', re.DOTALL)
_HREF = re.compile(r'(<a\b[^>]*?\bhref=")([^"]*)(")')


def markdown_html(text: str, *, resolve: Callable[[str], str]) -> str:
    """Safe HTML of Markdown (CommonMark with GFM's tables, strikethrough and bare links).

    `resolve` says where a link leads, as authored in, absolute or empty out (then it is plain text). Images become
    their alternative text: a mail loads nothing from anywhere, so nobody learns that it was read.
    """
    raw = _IMAGE.sub(_alternative, commonmark(text))  # nh3 decides what stays
    safe = nh3.clean(raw, tags=TAGS, attributes=ATTRIBUTES, url_schemes=set(SCHEMES), link_rel=None)
    linked = _HREF.sub(lambda found: found[1] + html.escape(resolve(html.unescape(found[2]))) + found[3], safe)
    return _DEAD_LINK.sub(r"\1", linked).strip()


def plain_html(text: str) -> str:
    """Paragraphs of plain text (apart by an empty line) as HTML."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n".join(f"<p>{html.escape(' '.join(one.split()), quote=False)}</p>" for one in paragraphs)


def absolute(href: str, base: str) -> str:
    """Where `href` leads seen from the site's address `base`; empty when it leads nowhere a mail can go."""
    try:
        scheme = urlsplit(href).scheme.casefold()
        if scheme:
            return href if scheme in SCHEMES else ""
        return urljoin(base, href) if base and not href.startswith("#") else ""
    except ValueError:
        return ""


def inline_styles(fragment: str, css: str) -> str:
    """`fragment` with the rules of `css` in `style` attributes, for clients that drop style sheets."""
    return css_inline.inline_fragment(fragment, css, load_remote_stylesheets=False)


def _alternative(image: re.Match[str]) -> str:
    alt = _ALT.search(image["attributes"])
    return alt[1] if alt else ""


# --- plain text ---


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A run of text to be wrapped, with what stands before its first and its other lines."""

    text: str
    first: str = ""
    rest: str = ""
    keep: bool = False  # lines as they are: code
    underline: str = ""  # for headings: the character under them
    tight: bool = False  # no empty line before it: items of a list

    def lines(self, text: str | None = None) -> list[str]:
        """Its lines, `text` standing for its own when values have been put in."""
        text = self.text if text is None else text
        if not (self.keep or self.underline or "\n" in text):
            return [line.rstrip() for line in wrap(text, first=self.first, rest=self.rest)]
        if self.keep:
            found = [self.rest + line for line in text.split("\n")]
        else:
            found = [
                line
                for number, piece in enumerate(text.split("\n"))
                for line in wrap(piece, first=self.first if not number else self.rest, rest=self.rest)
            ]
        if self.underline and found:
            longest = max(width(line) - width(self.rest) for line in found)
            found.append(self.rest + self.underline * min(longest, COLUMNS))
        return [line.rstrip() for line in found]


def paragraphs_of(fragment: str) -> tuple[Paragraph, ...]:
    """The paragraphs of safe HTML, as plain text: links as "text (URL)", lists, quotes, code and tables as typed."""
    reader = _Reader()
    reader.feed(fragment)
    reader.close()
    reader.end_paragraph()
    return tuple(reader.paragraphs)


_BLOCKS = frozenset(
    {"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "blockquote", "pre", "tr", "hr", "ul", "ol", "table"}
)


@dataclass(slots=True)
class _Level:
    """What an open list, item or quote puts before the lines in it."""

    tag: str
    prefix: str = ""  # before every line
    marker: str = ""  # instead of it, once, before the first
    number: int | None = None


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.paragraphs: list[Paragraph] = []
        self.levels: list[_Level] = []
        self.text: list[str] = []
        self.links: list[tuple[str, int]] = []  # where it leads, where its text starts
        self.heading = ""
        self.code = False
        self.cells = 0
        self.layout = False  # in a table that only places things side by side
        self.silent = ""  # the open element that is there for the eye alone (aria-hidden)
        self.joined = False  # in a list or table that has shown something already

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if self.silent:
            return
        if values.get("aria-hidden") == "true":
            self.silent = tag
            return
        if tag in _BLOCKS:
            self.end_paragraph()
        match tag:
            case "br":
                self.text.append("\n")
            case "hr":
                self.text.append("* * *")
                self.end_paragraph()
            case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
                self.heading = "=" if tag == "h1" else "-"
            case "pre":
                self.code = True
            case "blockquote":
                self.levels.append(_Level(tag, prefix="> "))
            case "table":
                self.joined = False
                self.layout = values.get("role") == "presentation"
            case "ul" | "ol":
                self.joined = self.joined and any(level.tag in ("ul", "ol") for level in self.levels)
                start = values.get("start") or "1"
                number = int(start) if tag == "ol" and start.isdecimal() else 1
                self.levels.append(_Level(tag, number=number if tag == "ol" else None))
            case "li":
                self._start_item()
            case "a":
                self.links.append((values.get("href") or "", len(self.text)))
            case "td" | "th" if self.layout:
                self.end_paragraph()
            case "td" | "th":
                if self.cells:
                    self.text.append(" | ")
                self.cells += 1

    def _start_item(self) -> None:
        around = next((level for level in reversed(self.levels) if level.tag in ("ul", "ol")), None)
        marker = "- "
        if around is not None and around.number is not None:
            marker = f"{around.number}. "
            around.number += 1
        self.levels.append(_Level("li", prefix=" " * len(marker), marker=marker))

    def handle_endtag(self, tag: str) -> None:
        if self.silent:
            self.silent = "" if tag == self.silent else self.silent
            return
        if tag == "a" and self.links:
            self._end_link()
        if tag in _BLOCKS:
            self.end_paragraph()
        match tag:
            case "tr":
                self.cells = 0
            case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
                self.heading = ""
            case "pre":
                self.code = False
            case "blockquote" | "ul" | "ol" | "li":
                while self.levels and self.levels.pop().tag != tag:
                    pass

    def _end_link(self) -> None:
        href, start = self.links.pop()
        said = "".join(self.text[start:]).strip()
        target = href.removeprefix("mailto:").partition("?")[0] if href.startswith("mailto:") else href
        if target and target not in (said, f"http://{said}"):
            self.text.append(f" ({target})")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.text.append(data if self.code else re.sub(r"\s+", " ", data))

    def end_paragraph(self) -> None:
        text = "".join(self.text)
        self.text.clear()
        text = text.strip("\n") if self.code else re.sub(r" *\n *", "\n", re.sub(r" {2,}", " ", text)).strip()
        if not text:
            return
        rest = "".join(level.prefix for level in self.levels)
        marked = any(level.marker for level in self.levels)
        first = "".join(level.marker or level.prefix for level in self.levels)
        listed = marked or self.cells > 0
        for level in self.levels:
            level.marker = ""
        if self.code:
            rest = first = rest + "    "
        self.paragraphs.append(
            Paragraph(text, first, rest, keep=self.code, underline=self.heading, tight=listed and self.joined)
        )
        self.joined = listed


def wrap(text: str, *, first: str = "", rest: str = "", columns: int = COLUMNS) -> Iterator[str]:
    """Lines of `text` at most `columns` wide, `first` and `rest` standing before them. A URL is never broken."""
    if _ONE_COLUMN_EACH.fullmatch(text) and _ONE_COLUMN_EACH.fullmatch(first + rest):
        return _wrap_columns(text, first, rest, columns)
    return _wrap_words(text, first, rest, columns)


def _wrap_words(text: str, first: str, rest: str, columns: int) -> Iterator[str]:
    line, used, fresh = first, width(first), True
    for word, spaced in _units(text):
        size = width(word)
        gap = 1 if spaced and not fresh else 0
        if not fresh and used + gap + size > columns:
            yield line
            line, used, gap = rest, width(rest), 0
        line += " " * gap + word
        used += gap + size
        fresh = False
    if not fresh or first:
        yield line


# Texts whose words are parted by spaces alone and whose characters take a column each: most of Europe's.
_ONE_COLUMN_EACH = re.compile(
    "[ -~\u00a1-\u00ac\u00ae-\u02ff\u0391-\u03a1\u03a3-\u0482\u048a-\u052f\u2010-\u2027\u20a0-\u20bf]*"
)


def _wrap_columns(text: str, first: str, rest: str, columns: int) -> Iterator[str]:
    """As `_wrap_words`, a line at a time instead of a word."""
    text = text.strip(" ")
    if "  " in text:
        text = re.sub(" {2,}", " ", text)
    before = first
    while len(before) + len(text) > columns:
        room = max(columns - len(before), 0)
        cut = text.rfind(" ", 0, room + 1)
        if cut < 0:  # a word longer than a line
            cut = text.find(" ", room)
        if cut < 0:
            break
        yield before + text[:cut]
        text, before = text[cut + 1 :], rest
    if text or first:
        yield before + text


_NOT_FIRST = frozenset("、。，．・：；？！）」』】〕〉》ー々ゝゞぁぃぅぇぉっゃゅょァィゥェォッャュョ,.:;?!)]}”’")
_NOT_LAST = frozenset("（「『【〔〈《([{“‘")
_WIDE = re.compile(r"[\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]")


def _units(text: str) -> Iterator[tuple[str, bool]]:
    """(what is never broken, whether a space stands before it): words; in East Asian text, characters (JIS X 4051)."""
    for word in text.split():
        if _WIDE.search(word) is None:
            yield word, True
            continue
        unit, spaced = "", True
        for char in word:
            joins = unit and (
                char in _NOT_FIRST or unit[-1] in _NOT_LAST or not (_WIDE.match(char) or _WIDE.match(unit[-1]))
            )
            if unit and not joins:
                yield unit, spaced
                unit, spaced = "", False
            unit += char
        yield unit, spaced


def gap(before: Paragraph | None, paragraph: Paragraph) -> str:
    """What stands between two paragraphs: an empty line, with the mark of the quotation both are in; or nothing."""
    if before is None or paragraph.tight:
        return ""
    shared = 0
    while before.rest[shared : shared + 2] == "> " == paragraph.rest[shared : shared + 2]:
        shared += 2
    return before.rest[:shared].rstrip() + "\n"


def join_paragraphs(paragraphs: Iterable[Paragraph]) -> str:
    """Paragraphs as one text, wrapped."""
    text, before = "", None
    for paragraph in paragraphs:
        text += gap(before, paragraph) + "".join(f"{line}\n" for line in paragraph.lines())
        before = paragraph
    return text
