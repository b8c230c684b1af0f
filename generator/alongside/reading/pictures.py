"""Pictures that say where they were taken: told at the place that shows them.

The site has them without it (`rendering.copies`), but `content/` is public, too, and its history for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from alongside.model.people import Member
from alongside.problems import Position, Problem
from alongside.reading.checks import Readings
from alongside.reading.folders import FoundFile
from alongside.reading.heads import HeadCache, Values
from alongside.settings import Settings
from alongside.source import boxes, pictures
from alongside.source.decoding import read_bytes

_TAKEN_OUT, _LEFT_OUT = [1], [2]  # what the site does about it; [0]: nothing is told


def check_pictures(
    settings: Settings, readings: Readings, found: Iterable[FoundFile], *, cache: bool
) -> Iterator[Problem]:
    """Every picture and film of the content folder that says where it was taken."""
    heads = HeadCache(settings.cache_dir if cache else None, "pictures")
    named: dict[str, Position] | None = None
    for file in found:
        ending = file.docs_path.rpartition(".")[2].casefold()
        if file.kind != "document" or ending not in pictures.ENDINGS | boxes.ENDINGS:
            continue
        told = heads.values(file, _look_at_film if ending in boxes.ENDINGS else _look_at_picture)
        if told not in (_TAKEN_OUT, _LEFT_OUT):
            continue
        named = _named(readings) if named is None else named
        at = named.get(file.docs_path, Position(file.path))
        if told == _TAKEN_OUT:
            yield Problem(
                position=at, code="tells-place", message=f"{file.docs_path} says where it was taken.",
                hint="The site has it without that, but this folder is read by others, too: save it without its place.",
                severity="warning",
            )  # fmt: skip
        else:
            yield Problem(
                position=at, code="tells-place",
                message=f"{file.docs_path} says where it was taken, which cannot be taken out here.",
                hint="Save it anew as JPEG, PNG or WebP, without its place. Until then it is left out.",
            )  # fmt: skip
    heads.save()


def _named(readings: Readings) -> dict[str, Position]:
    """Where each file is first named: by a text, a story's recordings or a member's photo."""
    found: dict[str, Position] = {}
    for file, reading in readings.values():
        for link in reading.links:
            found.setdefault(link.target, Position(file.path, link.line, link.column))
        for draft in reading.drafts:
            if isinstance(draft.record, Member) and draft.record.photo:
                found.setdefault(draft.record.photo, draft.mark("photo"))
    return found


def _look_at_picture(file: Path) -> Values:
    content = read_bytes(file, file.name, most=pictures.MOST_BYTES)
    if isinstance(content, Problem) or not pictures.tells_place(content):
        return [0]
    return _LEFT_OUT if pictures.tells_place(pictures.without_metadata(content)) else _TAKEN_OUT


def _look_at_film(file: Path) -> Values:
    try:
        with file.open("rb") as stream:
            return _TAKEN_OUT if next(boxes.places(stream), None) is not None else [0]
    except OSError:
        return [0]
