"""Ordinary pages: Markdown that MkDocs renders. Only their links and moments are looked at."""

from __future__ import annotations

from alongside.problems import Problem
from alongside.reading.bodies import find_links, moment_tags
from alongside.reading.files import Source, read_text
from alongside.reading.media_names import media_names
from alongside.reading.readings import Reading
from alongside.source.front_matter import split_front_matter


def read_page(source: Source, content: bytes) -> Reading:
    """Any Markdown file that is no record. Its front matter is MkDocs' own."""
    text = read_text(source, content)
    if text is None:
        return Reading(problems=tuple(source.problems))
    parts = split_front_matter(text, source.path)
    body, line = (text, 1) if isinstance(parts, Problem) else (parts.body, parts.body_line)
    links = find_links(source, body, line)  # its HTML is the team's own, and stays
    moments = moment_tags(source, body, line)
    return Reading(links=links, moments=moments, media_names=media_names(text), problems=tuple(source.problems))
