"""The calendars that were ever published: what `alongside stamp` writes beside the content, so that none vanishes.

A group whose file is deleted, a challenge that is no longer one, a place where nothing is any more: whoever subscribed
there still asks for the calendar, and an address that is gone tells them nothing. One line a calendar, its path and its
name with a tab between, sorted:

    feeds/groups/docs-berlin.ics	Docs Berlin
    feeds/places/berlin-germany.ics	Berlin, Germany

Two branches change different lines and git puts them together (`merge=union`); of two lines of one path the last
counts. A meetup's own calendar is not here: the ledger of stamps knows when it is long over. Places that only a member
has are not either: where somebody lived is not kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from os.path import lexists
from pathlib import Path

from alongside.problems import Position, Problem
from alongside.reading.settings_file import relative
from alongside.reading.slugs import slug_fault
from alongside.settings import Settings
from alongside.source.decoding import read_bytes

ATTRIBUTES = "calendars.tsv merge=union text eol=lf\n"  # for git, in a `.gitattributes` beside the file
_PATH = re.compile(r"feeds/(?:groups|places|challenges|languages)/([^/\t]+)\.ics")
_MOST_BYTES = 16_000_000
_LONGEST_NAME = 500  # characters


def calendars_file(settings: Settings) -> Path:
    """Where it lies: beside the ledger of stamps, where MkDocs publishes nothing."""
    return settings.docs_dir / ".alongside" / "calendars.tsv"


def calendars_text(calendars: Mapping[str, str]) -> str:
    """The file as it is written: the paths in their order, each name on one line."""
    return "".join(f"{path}\t{_name(name)}\n" for path, name in sorted(calendars.items()))


def read_calendars(settings: Settings) -> tuple[Mapping[str, str], list[Problem]]:
    """Path and name of each calendar that was published once, and a warning for each line that cannot be read."""
    file = calendars_file(settings)
    path = relative(file, settings.root)
    if not lexists(file):
        return {}, []
    content = read_bytes(file, path, most=_MOST_BYTES)
    if isinstance(content, Problem):
        return {}, [content]
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for number, line in enumerate(content.decode("utf-8", "replace").split("\n"), start=1):
        calendar, _, name = line.rstrip("\r").partition("\t")
        match = _PATH.fullmatch(calendar)
        if match is not None and not slug_fault(match[1])[0] and _name(name):
            found[calendar] = _name(name)
        elif line.strip():
            problems.append(
                Problem(
                    position=Position(path, number),
                    code="calendars-file",
                    message="This line names no calendar.",
                    hint="Delete it; then run alongside stamp.",
                    severity="warning",
                )
            )
    return found, problems


def _name(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_NAME]
