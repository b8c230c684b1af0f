"""Pictures: how large they are, so that a page does not jump while they load; and which say where they were taken.

That is told at the place that shows them. The site has them without it (`rendering.copies`), but `content/` is public,
too, and its history for ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from alongside.model.community import Community
from alongside.model.people import Member
from alongside.problems import Position, Problem
from alongside.reading.checks import Readings
from alongside.reading.folders import FoundFile
from alongside.reading.heads import HeadCache, Values
from alongside.settings import Settings
from alongside.source import boxes, pictures
from alongside.source.decoding import read_bytes

_NOTHING, _TAKEN_OUT, _LEFT_OUT = 0, 1, 2  # what is told of a place, and what the site does about it


def with_pictures(
    settings: Settings, community: Community, readings: Readings, found: Iterable[FoundFile], *, cache: bool
) -> tuple[Community, list[Problem]]:
    """The community with the sizes of its pictures, and every picture and film that says where it was taken."""
    heads = HeadCache(settings.cache_dir if cache else None, "pictures")
    sizes: dict[str, tuple[int, int]] = {}
    moving: dict[str, bool] = {}
    problems: list[Problem] = []
    left_out: set[str] = set()
    named: dict[str, Position] | None = None
    for file in found:
        ending = file.docs_path.rpartition(".")[2].casefold()
        if file.kind != "document" or ending not in _LOOKED_AT:
            continue
        values = heads.values(file, _look_at_film if ending in boxes.ENDINGS else _look_at_picture)
        told, width, height, moves = values or (_NOTHING, 0, 0, 0)
        if width and (file.docs_path in community.documents or file.docs_path in community.previewed):
            sizes[file.docs_path] = (width, height)
            if moves:
                moving[file.docs_path] = True
        if told == _NOTHING:
            continue
        named = first_named(readings) if named is None else named
        at = named.get(file.docs_path, Position(file.path))
        if told == _LEFT_OUT:
            left_out.add(file.docs_path)
        problems.append(_tells_place(at, file.docs_path, told))
    heads.save()
    return (
        replace(
            community,
            pictures=sizes,
            moving=moving,
            documents=community.documents - left_out,
            previewed=community.previewed - left_out,
        ),
        problems,
    )


def _tells_place(at: Position, path: str, told: int) -> Problem:
    if told == _TAKEN_OUT:
        return Problem(
            position=at, code="tells-place", message=f"{path} says where it was taken.",
            hint="The site has it without that, but this folder is read by others, too: save it without its place.",
            severity="warning",
        )  # fmt: skip
    return Problem(
        position=at, code="tells-place", message=f"{path} says where it was taken, which cannot be taken out here.",
        hint="Save a picture anew as JPEG, PNG or WebP, a film as MP4, without its place. Until then it is left out.",
    )  # fmt: skip


def first_named(readings: Readings) -> dict[str, Position]:
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
    if isinstance(content, Problem):
        return []
    told = _NOTHING
    if pictures.tells_place(content):
        told = _LEFT_OUT if pictures.tells_place(pictures.without_metadata(content)) else _TAKEN_OUT
    return [told, *(pictures.picture_size(content) or (0, 0)), int(pictures.moves(content))]


def _look_at_film(file: Path) -> Values:
    try:
        with file.open("rb") as stream:
            if boxes.keeps_place(stream):
                return [_LEFT_OUT, 0, 0, 0]
            told = _TAKEN_OUT if next(boxes.places(stream), None) is not None else _NOTHING
    except OSError:
        return []
    return [told, 0, 0, 0]


_LOOKED_AT = pictures.ENDINGS | boxes.ENDINGS
