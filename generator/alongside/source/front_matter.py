"""Splits a Markdown file into front matter and body; line numbers stay those of the file.

---
title: My first talk     <- front matter, first_line 2
---
The story.               <- body, body_line 4
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from alongside.problems import Position, Problem

_FENCE = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)
_DASHES = re.compile(r"^-{4,}[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontMatter:
    """The two parts of a Markdown file. Line numbers count from 1."""

    yaml: str | None  # None: the file has no front matter
    first_line: int  # of the front matter's text
    body: str
    body_line: int


def split_front_matter(text: str, path: str) -> FrontMatter | Problem:
    """The parts, or the problem when a front matter is opened and never closed as it should be."""
    if not text.startswith("---"):
        return FrontMatter(yaml=None, first_line=1, body=text, body_line=1)
    end_of_first = text.find("\n")
    first = text if end_of_first < 0 else text[:end_of_first]
    if first.rstrip() != "---":
        return _odd_opening(first, text, path)
    start = len(first) + 1
    closing = _FENCE.search(text, start)
    # A line of dashes at the margin is nothing in YAML: where one comes first, a rule of the body would close it.
    if closing is None or _DASHES.search(text, start, closing.start()) is not None:
        return _never_closed(text, start, path)
    end = closing.end() + 1
    return FrontMatter(
        yaml=text[start : closing.start()],
        first_line=2,
        body=text[end:],
        body_line=2 + text.count("\n", start, end),
    )


def _odd_opening(first: str, text: str, path: str) -> FrontMatter | Problem:
    if _DASHES.match(first):
        return Problem(
            position=Position(path),
            code="front-matter-dashes",
            message=f"The front matter opens with {len(first.rstrip())} dashes.",
            hint="Open and close it with exactly three: ---",
        )
    return FrontMatter(yaml=None, first_line=1, body=text, body_line=1)


def _never_closed(text: str, start: int, path: str) -> Problem:
    dashes = _DASHES.search(text, start)
    if dashes is not None:
        line = text.count("\n", 0, dashes.start()) + 1
        return Problem(
            position=Position(path, line),
            code="front-matter-dashes",
            message=f"The front matter seems to end here, with {len(dashes[0].rstrip())} dashes.",
            hint="Close it with exactly three: ---",
        )
    return Problem(
        position=Position(path),
        code="front-matter-open",
        message="The front matter opens here and is never closed.",
        hint="Add a line with --- after its last key, before the text.",
    )
