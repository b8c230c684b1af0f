"""Descriptions of events, plain or HTML, as Markdown that reads the same; and texts without e-mail addresses.

Plain text is plain: a `*` or `<` in it is a character and gets a backslash. Its lists stay lists and its lines stay
lines where they are short; long ones were wrapped by some program and flow. HTML is cleaned first, as that of any
stranger is (`rendering.markdown`), so what is walked here is well-formed.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from html import unescape
from itertools import islice

from alongside.rendering.feeds.content_lines import clean_text, uri_value
from alongside.rendering.markdown import clean_html

LONGEST = 40_000  # characters of a description; whole mail threads are pasted into some
_SHORT = 40  # columns: a line this short was ended by a person
_LABEL = re.compile(r"[^\s:]{1,20}(?: [^\s:]{1,20}){0,3}:\s")  # "Join us via Zoom: ..." is a line of its own
_MOST_KNOWN = 200
_URL = re.compile(r"https?://[^\s<>\"]+")
# Handles (@ana@example.social) are none, nor are Google's names of calendars.
_AT = (
    r"(?:@|＠|%40)(?![\w.-]{1,60}\.calendar\.google\.com)"
    r"(?:[\w-]{1,63}\.){1,8}(?:[^\W\d_]{2,24}|xn--[\w-]{2,59})\b"
)
_MAIL = re.compile(rf"(?<![@\w.+%-])(?:mailto:)?[\w.+-]{{1,64}}{_AT}", re.IGNORECASE)
# In a link /name@host is more often a message of an archive, or a handle.
_MAIL_IN_URL = re.compile(rf"(?<![@\w.+%-])(?:(?<!/)|(?=[\w.+-]{{1,64}}%40))[\w.+-]{{1,64}}{_AT}", re.IGNORECASE)
_HTML = re.compile(r"</?(?:p|br|a|b|i|u|ul|ol|li|div|span|strong|em|html|h[1-6])(?:\s[^<>]*)?/?>", re.IGNORECASE)
_HTML_BLOCK = re.compile(r"<(?:p|br|div|li|html|h[1-6])[\s/>]", re.IGNORECASE)
_SPECIAL = re.compile(r"[\\`*\[\]<]|~|(?<!\w)_|_(?!\w)|&(?=#?\w{1,32};)")
_BULLET = re.compile(r"[-*+•·–◦▪]\s+")
_NUMBER = re.compile(r"\d{1,9}[.)]\s+")
_RULE = re.compile(r"[-_=*~‐–—─]{3,}")
_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)((?:\s[a-z-]+="[^"]*")*)>')
_HREF = re.compile(r'\shref="([^"]*)"')


def without_addresses(text: str, known: Collection[str] = ()) -> tuple[str, int]:
    """The text with "…" for each e-mail address, and how many there were; `known`: such that stand in it encoded."""
    parts, count, end = [], 0, 0
    for url in (*_URL.finditer(text), None):
        words, more = _MAIL.subn("…", text[end : url.start() if url is not None else None])
        parts.append(words)
        count += more
        if url is not None:
            link, more = _MAIL_IN_URL.subn("…", url[0])
            parts.append(link)
            count, end = count + more, url.end()
    text = "".join(parts)
    for address in islice(known, _MOST_KNOWN) if text else ():
        for spelling in (address, address.replace("@", "%40")):
            found = re.compile(re.escape(spelling), re.IGNORECASE)
            text, more = found.subn("…", text)
            count += more
    return text, count


def markdown_of(text: str) -> str:
    """Markdown of a description, which is plain text, or HTML without saying so, as Google's are."""
    text = clean_text(text[:LONGEST])
    if not _HTML.search(text):
        return markdown_of_text(text)
    return markdown_of_html(text if _HTML_BLOCK.search(text) else text.replace("\n", "<br>"))


# --- plain text ---


def markdown_of_text(text: str) -> str:
    """Markdown that shows plain text as it is."""
    lines: list[str] = []
    before = ""  # what the last line was: "text", "item", or nothing
    raws = [raw.strip() for raw in text.replace("\t", " ").split("\n")]
    width = max(map(len, raws))
    for number, line in enumerate(raws):
        kind = "item" if _BULLET.match(line) or _NUMBER.match(line) else "text" if line else ""
        if _RULE.fullmatch(line):
            kind, shown = "rule", "* * *"
        else:
            shown = _shown_line(line)
        if kind and before and (kind != before or kind == "rule"):
            lines.append("")
        elif kind == before == "text" and _ended(raws[number - 1], line, width):
            lines[-1] += "\\"
        if shown or (lines and lines[-1]):
            lines.append(shown)
        before = kind
    return "\n".join(lines).strip()


def _ended(line: str, following: str, width: int) -> bool:
    """Whether a person ended the line; else a program wrapped it, since the next word would not have fitted."""
    word = following.split(" ", 1)[0]
    fits = len(line) + 1 + len(word) <= width
    return fits or len(line) < _SHORT or _LABEL.match(following) is not None or _URL.search(line) is not None


def _shown_line(line: str) -> str:
    bullet, number = _BULLET.match(line), _NUMBER.match(line)
    if bullet is not None:
        return f"- {escape_markdown(line[bullet.end() :])}"
    if number is not None:
        return f"{number[0].strip()} {escape_markdown(line[number.end() :])}"
    shown = escape_markdown(line)
    return f"\\{shown}" if re.match(r"#{1,6}(?:\s|$)|>|[-+=]", shown) else shown


def escape_markdown(text: str) -> str:
    """Text as Markdown that means no more than it; addresses of the web stay as they are, and become links."""
    parts, end = [], 0
    for url in _URL.finditer(text):
        parts += [_escaped(text[end : url.start()]), url[0]]
        end = url.end()
    return "".join([*parts, _escaped(text[end:])])


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda sign: f"\\{sign[0]}", text)


# --- HTML ---

_BLOCKS = frozenset(
    "blockquote dd details div dl dt figure h1 h2 h3 h4 h5 h6 hr ol p pre section summary table tr ul".split()
)
_MARKS = {"b": "**", "strong": "**", "i": "*", "em": "*"}


@dataclass(slots=True)
class _Markdown:
    """The blocks so far, and the line that is being written."""

    blocks: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    opened: list[tuple[str, int, str]] = field(default_factory=list)  # marks and links: tag, place in `text`, address
    lists: list[int] = field(default_factory=list)  # numbers of the open lists' next items; 0: bullets
    first: str = ""  # before the first line of the block: "- ", "## "

    def end_block(self) -> None:
        """Close the paragraph, heading or item; what is open inside it loses its marks."""
        words = re.sub(r"[ \t\n]+", " ", "".join(self.text).replace("\\\n", "\0"))
        lines = [_guarded(line.strip()) for line in words.split("\0")]
        while lines and not lines[-1]:
            lines.pop()
        while lines and not lines[0]:
            lines.pop(0)
        self.text.clear()
        self.opened.clear()
        if not lines:
            return
        indent = "  " * max(0, len(self.lists) - 1)
        if self.first.startswith("#"):
            body = " ".join(lines)
        else:
            rest = "\\\n" + indent + " " * len(self.first)
            body = rest.join(line for line in lines if line)
        self.blocks.append(f"{indent}{self.first}{body}")
        self.first = ""

    def close_mark(self, tag: str) -> None:
        """Put the marks around what was written since the tag was opened."""
        places = [index for index, (opened, _, _) in enumerate(self.opened) if opened == tag]
        if not places:
            return
        _, start, href = self.opened[places[-1]]
        del self.opened[places[-1] :]
        words = "".join(self.text[start:])
        inner = words.strip()
        if not inner or "\n" in inner:
            return
        before, after = words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :]
        del self.text[start:]
        self.text += [before, _link(inner, href) if tag == "a" else f"{_MARKS[tag]}{inner}{_MARKS[tag]}", after]


def _guarded(line: str) -> str:
    """A line that starts like a list, heading or quote, and was none."""
    if re.match(r"#{1,6}(?:\s|$)|>|[-+]\s|[=-]{2,}", line):
        return f"\\{line}"
    return re.sub(r"^(\d{1,9})([.)])(?=\s)", r"\1\\\2", line)


def _link(words: str, href: str) -> str:
    if not href or words.strip("\\") in (href, href.removesuffix("/")):
        return href or words
    return f"[{words}](<{href}>)" if "(" in href or ")" in href else f"[{words}]({href})"


def markdown_of_html(html: str) -> str:
    """Markdown of an HTML description: paragraphs, headings, lists, links and emphasis; all else as its words."""
    found = _Markdown()
    pieces = _TAG.split(clean_html(html[: 4 * LONGEST]))
    for index in range(0, len(pieces), 4):
        words = unescape(pieces[index]).replace("\xa0", " ")
        if words:
            found.text.append(escape_markdown(re.sub(r"[ \t\r\n]+", " ", words)))
        if index + 1 < len(pieces):
            _take_tag(found, pieces[index + 2], pieces[index + 3], closes=bool(pieces[index + 1]))
    found.end_block()
    return _joined(found.blocks)


def _take_tag(found: _Markdown, tag: str, attributes: str, *, closes: bool) -> None:
    if tag == "br":
        found.text.append("\\\n")
    elif tag in _MARKS or tag == "a":
        if closes:
            found.close_mark(tag)
        else:
            href = _HREF.search(attributes)
            found.opened.append((tag, len(found.text), uri_value(unescape(href[1])) if href is not None else ""))
    elif tag in ("td", "th"):
        found.text.append(" ")
    elif tag == "li":
        found.end_block()
        if not closes:
            found.first = _marker(found.lists)
    elif tag in _BLOCKS:
        if not found.first or "".join(found.text).strip():  # a marker waits for its words
            found.end_block()
        if tag in ("ul", "ol"):
            if closes:
                del found.lists[-1:]
            else:
                found.lists.append(1 if tag == "ol" else 0)
        elif tag[0] == "h" and tag[1:].isdigit() and not closes and not found.first:
            found.first = "## " if tag in ("h1", "h2") else "### "
        elif tag == "hr":
            found.blocks.append("* * *")


def _marker(lists: list[int]) -> str:
    if not lists or not lists[-1]:
        return "- "
    lists[-1] += 1
    return f"{lists[-1] - 1}. "


def _joined(blocks: list[str]) -> str:
    """Blocks apart by an empty line, items of one list by none."""
    text = ""
    for block, before in zip(blocks, ["", *blocks], strict=False):
        item = re.match(r"\s*(?:-|\d+\.)\s", block) and re.match(r"\s*(?:-|\d+\.)\s", before)
        text += (("\n" if item else "\n\n") if text else "") + block
    return text
