"""SVGs among records, or shown by them: one that is more than a picture is told, and left out of the site.

Members' texts come from many hands, and so do the files beside them. What ordinary pages alone show is the team's own,
and left to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from alongside.model.community import Community
from alongside.problems import Position, Problem
from alongside.reading.checks import Readings
from alongside.reading.folders import FOLDERS, FoundFile
from alongside.reading.heads import HeadCache, Values
from alongside.reading.pictures import first_named
from alongside.settings import Settings
from alongside.source import svg
from alongside.source.decoding import read_bytes


def with_drawings(
    settings: Settings, community: Community, readings: Readings, found: Iterable[FoundFile], *, cache: bool
) -> tuple[Community, list[Problem]]:
    """The community without drawings that could act, and each of these."""
    drawn = [
        file
        for file in found
        if file.kind == "document" and file.docs_path.rpartition(".")[2].casefold() in svg.ENDINGS
    ]
    if not drawn:
        return community, []
    heads = HeadCache(settings.cache_dir if cache else None, "drawings")
    shown = _shown_by_records(community, readings)
    acting = [
        file
        for file in drawn
        if (file.docs_path in shown or file.docs_path.partition("/")[0] in FOLDERS)
        and any(heads.values(file, _look_at))
    ]
    heads.save()
    if not acting:
        return community, []
    named, left_out = first_named(readings), {file.docs_path for file in acting}
    problems = [
        _acts(named.get(file.docs_path, Position(file.path)), file.docs_path, _acting_part(file.file))
        for file in acting
    ]
    documents, previewed = community.documents - left_out, community.previewed - left_out
    return replace(community, documents=documents, previewed=previewed), problems


def _shown_by_records(community: Community, readings: Readings) -> frozenset[str]:
    linked = (link.target for file, reading in readings.values() if file.kind != "page" for link in reading.links)
    return frozenset((*linked, *(member.photo for member in community.members.values())))


def _look_at(file: Path) -> Values:
    return [1 if _acting_part(file) else 0]


def _acting_part(file: Path) -> str:
    content = read_bytes(file, file.name, most=svg.MOST_BYTES)
    return "what cannot be looked through" if isinstance(content, Problem) else svg.acting_part(content)


def _acts(at: Position, path: str, what: str) -> Problem:
    return Problem(
        position=at, code="acting-drawing", message=f"{path} holds {what}, so it is left out of the site.",
        hint="Save it as a plain SVG, without scripts and without what lies in other files, or as PNG.",
    )  # fmt: skip
