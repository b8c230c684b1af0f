"""Bodies in Markdown: what is doubtful in them, and the links they hold."""

from __future__ import annotations

from alongside.reading.fields import Sheet
from alongside.reading.files import Source
from alongside.reading.readings import Link
from alongside.source.markdown import Section
from alongside.source.yaml_nodes import Keys


def read_body(source: Source, body: str, line: int, *, sheet: Sheet | None = None, keys: Keys = ()) -> tuple[Link, ...]:
    """The relative links of a body."""
    return ()


def check_words(source: Source, section: Section, line: int, language: str) -> None:
    """Length and style of a welcome."""


def check_welcome(sheet: Sheet, welcome: str, language: str) -> None:
    """Length and style of a story's welcome."""
