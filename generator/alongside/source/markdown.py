"""Markdown of authors as lines: its headings and its code, found without rendering it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import unescape

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})([^\n]*)$", re.MULTILINE)
_NOT_LINE_FEED = re.compile(r"[^\n]")
_HEADING = re.compile(r" {0,3}##[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of a body under one `##` heading; the first has no heading and an empty name."""

    name: str  # folded: "welcome"
    title: str  # as authored: "## Welcome"
    line: int  # of the heading in the body, from 1
    text_line: int  # where its text starts
    text: str  # without blank lines around it


def fenced(text: str) -> list[tuple[int, int]]:
    """The ranges of a text that are fenced code blocks, fences included (CommonMark section 4.5)."""
    if "```" not in text and "~~~" not in text:
        return []
    found: list[tuple[int, int]] = []
    fence, start = "", 0
    for match in _FENCE.finditer(text):
        if fence:
            if match[1].startswith(fence) and not match[2].strip():
                found.append((start, match.end()))
                fence = ""
        elif match[1][0] != "`" or "`" not in match[2]:
            fence, start = match[1], match.start()
    return [*found, (start, len(text))] if fence else found


def _blank(text: str, ranges: Iterable[tuple[int, int]]) -> str:
    """The text with spaces in some ranges; line feeds stay."""
    parts: list[str] = []
    at = 0
    for start, end in ranges:
        parts += [text[at:start], _NOT_LINE_FEED.sub(" ", text[start:end])]
        at = end
    return "".join([*parts, text[at:]]) if at else text


def sections(body: str, names: Sequence[str]) -> list[Section]:
    """The body cut at its `##` headings of these names; other headings stay text of their section."""
    lines = body.split("\n")
    cuts: list[tuple[int, str, str]] = [(-1, "", "")]
    if "##" in body:
        for index, line in enumerate(_blank(body, fenced(body)).split("\n")):
            match = _HEADING.match(line) if "##" in line else None
            name = re.sub(r"[\s_]+", "-", match[1].strip().casefold()) if match is not None else ""
            if name in names and name:
                cuts.append((index, name, line.strip()))
    ends = [index for index, _, _ in cuts[1:]] + [len(lines)]
    return [
        _section(lines[start + 1 : end], start, name, title)
        for (start, name, title), end in zip(cuts, ends, strict=True)
    ]


def _section(lines: list[str], start: int, name: str, title: str) -> Section:
    skipped = 0
    while skipped < len(lines) and not lines[skipped].strip():
        skipped += 1
    return Section(
        name=name,
        title=title,
        line=start + 1,
        text_line=start + 2 + skipped,
        text="\n".join(lines[skipped:]).rstrip(),
    )


# Code spans and links

_TICKS = re.compile(r"`+")
_LIST_ITEM = re.compile(r" {0,3}(?:[-*+]|\d{1,9}[.)])[ \t]")
_INDENTED = re.compile(r"\n[ \t]*\n(?: {4}| {0,3}\t)")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_PAIR = r"\\.|\((?:[^\s()\\]|\\.)*\)"  # an escape, or parentheses that match
_DESTINATION = rf"(?:<(?P<pointed>[^<>\n]*)>|(?P<bare>(?:[^\s()<>\\]|{_PAIR})(?:[^\s()\\]|{_PAIR})*))"
_INLINE = re.compile(r"\]\([ \t]*\n?[ \t]*" + _DESTINATION + r"""(?:\s+(?:"[^"]*"|'[^']*'|\([^()]*\)))?\s*\)""")
_DEFINITION = re.compile(
    r"^ {0,3}\[(?!\^)[^\[\]\n]{1,999}\]:[ \t]*\n?[ \t]*" + _DESTINATION + r"[ \t]*(?=$|[\"'(])", re.MULTILINE
)
_ATTRIBUTE = re.compile(
    r"<(?:a|img|audio|video|source)\s[^<>]*?\b(?:href|src)\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<plain>[^\s\"'=<>`]+))",
    re.IGNORECASE,
)
_FAR = re.compile(r"https?:|[#/]|mailto:")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a link or image of a Markdown text points."""

    href: str  # escapes and entities resolved
    index: int  # of its first character in the text


def without_code(body: str) -> str:
    """The text with spaces for code and comments, so that every index stays what it was."""
    body = _blank(body, fenced(body))
    if body.startswith(("    ", "\t")) or _INDENTED.search(body):
        body = _without_indented(body)
    if "`" in body:
        body = _without_spans(body)
    if "<!--" in body:
        body = _blank(body, [match.span() for match in _COMMENT.finditer(body)])
    return body


def _without_indented(body: str) -> str:
    """Spaces for lines indented by four spaces after a blank line, outside of lists (section 4.4)."""
    found: list[str] = []
    in_list, in_paragraph = False, False
    for line in body.split("\n"):
        stripped = bool(line.strip())
        indented = line.startswith(("    ", "\t", " \t", "  \t", "   \t"))
        if indented and stripped and not in_list and not in_paragraph:
            found.append(" " * len(line))
            continue
        if stripped and not indented:
            in_list = bool(_LIST_ITEM.match(line)) or (in_list and (in_paragraph or line.startswith("  ")))
        in_paragraph = stripped
        found.append(line)
    return "\n".join(found)


def _without_spans(body: str) -> str:
    """Spaces for code spans: a run of backticks to the next run of the same length in the paragraph (section 6.1)."""
    parts: list[str] = []
    for paragraph in re.split(r"(\n[ \t]*\n)", body):
        parts.append(_blank_spans(paragraph) if "`" in paragraph else paragraph)
    return "".join(parts)


def _blank_spans(text: str) -> str:
    runs = [match for match in _TICKS.finditer(text) if not _escaped(text, match.start())]
    # for each run the next one of its length, found from the end in one pass
    following: list[int | None] = [None] * len(runs)
    latest: dict[int, int] = {}
    for number in range(len(runs) - 1, -1, -1):
        length = len(runs[number][0])
        following[number] = latest.get(length)
        latest[length] = number
    spans: list[tuple[int, int]] = []
    number = 0
    while number < len(runs):
        close = following[number]
        if close is not None:
            spans.append((runs[number].start(), runs[close].end()))
        number = number + 1 if close is None else close + 1
    return _blank(text, spans)


def _escaped(text: str, index: int) -> bool:
    backslashes = 0
    while index > backslashes and text[index - 1 - backslashes] == "\\":
        backslashes += 1
    return backslashes % 2 == 1


_BRACKET = re.compile(r"\\.|[\[\]]|\n[ \t]*\n", re.DOTALL)


def _closers(text: str) -> frozenset[int]:
    """Where a `]` closes a `[` of the same paragraph."""
    found: list[int] = []
    open_brackets = 0
    for match in _BRACKET.finditer(text):
        if match[0] == "[":
            open_brackets += 1
        elif match[0] == "]":
            if open_brackets:
                open_brackets -= 1
                found.append(match.start())
        elif match[0][0] == "\n":
            open_brackets = 0
    return frozenset(found)


# A quick look: destinations that may be relative. Each pattern starts with plain letters, which is quick to look for.
_ELSEWHERE = r"(?!https?:|[#/)]|mailto:|\s|$)"
_NEAR = (
    ("](", re.compile(rf"\]\(\s*<?{_ELSEWHERE}")),
    ("]:", re.compile(rf"\]:\s*<?{_ELSEWHERE}")),
    ("=", re.compile(rf"[Hh][Rr][Ee][Ff]\s*=\s*[\"']?{_ELSEWHERE}")),
    ("=", re.compile(rf"[Ss][Rr][Cc]\s*=\s*[\"']?{_ELSEWHERE}")),
)


def may_hold_near_links(body: str) -> bool:
    """False when no link of the text can be relative; most stories link to other sites alone."""
    return any(sign in body and pattern.search(body) is not None for sign, pattern in _NEAR)


def destinations(body: str, *, masked: str | None = None, near: bool = False) -> list[Destination]:
    """Every destination of links, images, reference definitions and HTML `href` and `src`, in order.

    `masked` is `without_code(body)` where the caller has it; with `near`, those of other sites, fragments and absolute
    paths are left out, which is quicker.
    """
    text = masked if masked is not None else without_code(body)
    found = _inline(text, near=near) if "](" in text else []
    patterns = (("]:", _DEFINITION), ("=", _ATTRIBUTE))
    for sign, pattern in patterns:
        for match in pattern.finditer(text) if sign in text else ():
            group = next(name for name, value in match.groupdict().items() if value is not None)
            if not (near and _FAR.match(match[group])):
                found.append(Destination(unescape(_ESCAPE.sub(r"\1", match[group])), match.start(group)))
    return sorted(found, key=lambda item: item.index)


def _inline(text: str, *, near: bool) -> list[Destination]:
    found: list[Destination] = []
    closers: frozenset[int] | None = None
    for match in _INLINE.finditer(text):
        group = "pointed" if match["pointed"] is not None else "bare"
        if near and _FAR.match(match[group]):
            continue
        if closers is None:
            closers = _closers(text)
        if match.start() in closers:
            found.append(Destination(unescape(_ESCAPE.sub(r"\1", match[group])), match.start(group)))
    return found
