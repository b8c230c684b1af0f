"""HTML mail as lines of text: what a reader would have seen, with what is quoted behind ">" as in plain mail.

    <p>Yes!</p><blockquote>Shall we?</blockquote>        Yes!

                                                         > Shall we?

Not a parser of HTML: one pass from tag to tag in linear time, which no mail can slow down or make fail.
"""

from __future__ import annotations

import html
import re

LONGEST_HTML = 1 << 18  # characters
LONGEST_TAG = 8_000
MOST_ODD_TAGS = 40  # with quotes that are never closed; from then on a tag ends at the first ">"
DEEPEST_QUOTE = 20

_TAG = re.compile(
    r"<(?P<close>/?)(?P<name>[a-zA-Z][a-zA-Z0-9:-]{0,40})(?P<rest>(?:[^<>\"']++|\"[^\"]*+\"|'[^']*+')*+)/?>"
)
_PLAIN_TAG = re.compile(r"<(?P<close>/?)(?P<name>[a-zA-Z][a-zA-Z0-9:-]{0,40})(?P<rest>[^>]*+)>")
_RAW = frozenset("style script title template noscript textarea select object svg math iframe xml".split())
_VOID = frozenset("br hr img input meta link area base col embed source track wbr".split())
_PARAGRAPHS = frozenset("p h1 h2 h3 h4 h5 h6 ul ol table pre blockquote hr dl".split())
_LINES = frozenset("div tr li dt dd section article header footer address center form fieldset main tbody body".split())
_HIDDEN = re.compile(
    r"\bstyle\s*=\s*[\"'][^\"']{0,2000}?(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])|mso-hide\s*:\s*all)"
    r"|(?<![\w-])hidden(?=[\s=/]|$)",
    re.IGNORECASE,
)
_INDENT = re.compile(r"border\s*:\s*none|border-(?:left-)?width\s*:\s*0", re.IGNORECASE)  # Gmail's "indent more"
_SPACES = re.compile(r"[ \t\n\f\r]+")


def html_text(text: str) -> str:
    """The first `LONGEST_HTML` characters of HTML as lines of text, ended by LF."""
    reader = _Reader()
    reader.read(text[:LONGEST_HTML])
    return reader.text()


class _Reader:
    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._quotes: list[bool] = []  # of each open blockquote, whether it quotes
        self._hidden = ("", 0)  # the element nothing is shown of, and how often it is open
        self._pre = 0

    def read(self, text: str) -> None:
        place, odd = 0, 0
        while place < len(text):
            begin = text.find("<", place)
            self._add(text[place : begin if begin >= 0 else len(text)])
            if begin < 0:
                break
            if text.startswith(("<!", "<?"), begin):
                place = _after_declaration(text, begin)
                continue
            tag = _TAG.match(text, begin, begin + LONGEST_TAG) if odd < MOST_ODD_TAGS else None
            if tag is None:
                odd += 1
                tag = _PLAIN_TAG.match(text, begin, begin + LONGEST_TAG)
            if tag is None:
                self._add("<")
                place = begin + 1
                continue
            place = tag.end()
            name = tag["name"].lower()
            if name in _RAW and not tag["close"] and not tag[0].endswith("/>"):
                end = _find_end(text, name, place)
                place = end if end >= 0 else len(text)
            elif tag["close"]:
                self._close(name)
            else:
                self._open(name, tag["rest"])

    def text(self) -> str:
        self._end_line()
        return "\n".join(self._lines)

    def _add(self, text: str) -> None:
        if self._hidden[1] or not text:
            return
        plain = html.unescape(text)
        if self._pre:
            first, *others = plain.split("\n")
            self._line.append(first)
            for line in others:
                self._end_line()
                self._line.append(line)
            return
        plain = _SPACES.sub(" ", plain)
        if plain != " " or self._line:
            self._line.append(plain)

    def _open(self, name: str, rest: str) -> None:
        hidden, depth = self._hidden
        if depth:
            self._hidden = (hidden, depth + (name == hidden))
            return
        if name not in _VOID and name != "body" and _HIDDEN.search(rest):
            self._hidden = (name, 1)
            return
        if name == "br":
            self._end_line(always=True)
        self._break(name)
        if name == "blockquote":
            self._quotes.append(_INDENT.search(rest) is None)
        elif name == "pre":
            self._pre += 1
        elif name == "li":
            self._line.append("- ")
        elif name in ("td", "th") and self._line:
            self._line.append(" ")

    def _close(self, name: str) -> None:
        hidden, depth = self._hidden
        if depth:
            self._hidden = (hidden, depth - (name == hidden))
            return
        if name == "blockquote" and self._quotes:
            self._end_line()
            self._quotes.pop()
        self._break(name)
        if name == "pre" and self._pre:
            self._pre -= 1

    def _break(self, name: str) -> None:
        if name in _PARAGRAPHS or name in _LINES:
            self._end_line()
        if name in _PARAGRAPHS and self._lines and self._lines[-1] != self._mark().rstrip():
            self._lines.append(self._mark().rstrip())

    def _mark(self) -> str:
        return (
            ">" * min(sum(self._quotes[-DEEPEST_QUOTE:]), DEEPEST_QUOTE) + " "
            if any(self._quotes[-DEEPEST_QUOTE:])
            else ""
        )

    def _end_line(self, *, always: bool = False) -> None:
        line = "".join(self._line).replace("\xa0", " ").rstrip()
        self._line.clear()
        if not self._pre:
            line = line.lstrip()
        if line or always:
            self._lines.append((self._mark() + line).rstrip() if line != "--" else self._mark() + "-- ")


def _after_declaration(text: str, begin: int) -> int:
    """Behind a comment, also a conditional one of Outlook's, or a declaration; an open one hides the rest."""
    if text.startswith("<!--", begin):
        end = text.find("-->", begin + 4)
        return end + 3 if end >= 0 else len(text)
    end = text.find(">", begin)
    return end + 1 if end >= 0 else len(text)


def _find_end(text: str, name: str, place: int) -> int:
    """Where `</name` begins."""
    end = re.compile(f"</{name}", re.IGNORECASE).search(text, place)
    return end.start() if end is not None else -1
