"""Ordinary pages: Markdown that MkDocs renders. Only their links and moments are looked at."""

from __future__ import annotations

from alongside.reading.bodies import read_body
from alongside.reading.files import Source, read_text
from alongside.reading.readings import Reading


def read_page(source: Source, content: bytes) -> Reading:
    """Any Markdown file that is no record."""
    text = read_text(source, content)
    if text is None:
        return Reading(problems=tuple(source.problems))
    links = read_body(source, text, 1)
    return Reading(links=links, problems=tuple(source.problems))
