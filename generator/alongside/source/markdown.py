"""Markdown of authors as lines: its headings and its code, found without rendering it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)$")
_HEADING = re.compile(r" {0,3}##[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of a body under one `##` heading; the first has no heading and an empty name."""

    name: str  # folded: "welcome"
    title: str  # as authored: "## Welcome"
    line: int  # of the heading in the body, from 1
    text_line: int  # where its text starts
    text: str  # without blank lines around it


def code_lines(lines: Sequence[str]) -> Iterator[bool]:
    """For each line, whether it belongs to a fenced code block (CommonMark section 4.5)."""
    fence = ""
    for line in lines:
        match = _FENCE.match(line)
        if fence:
            yield True
            if match is not None and match[1].startswith(fence) and not match[2].strip():
                fence = ""
        elif match is not None and not (match[1][0] == "`" and "`" in match[2]):
            fence = match[1]
            yield True
        else:
            yield False


def sections(body: str, names: Sequence[str]) -> list[Section]:
    """The body cut at its `##` headings of these names; other headings stay text of their section."""
    lines = body.split("\n")
    cuts: list[tuple[int, str, str]] = [(-1, "", "")]
    if "##" in body:
        for index, (line, code) in enumerate(zip(lines, code_lines(lines), strict=True)):
            match = None if code else _HEADING.match(line)
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
