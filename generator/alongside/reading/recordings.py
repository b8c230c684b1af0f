"""Recordings of stories: how long they are, how large, and whether everybody gets what is said.

Only recordings that lie beside the stories are looked at; a page merely links to those elsewhere.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from math import ceil
from pathlib import Path

from alongside.model.community import Community
from alongside.model.recordings import AUDIO_TYPES, VIDEO_TYPES, Recording
from alongside.model.stories import Story
from alongside.problems import Position, Problem
from alongside.reading.checks import Readings
from alongside.reading.folders import FoundFile
from alongside.reading.heads import HeadCache, Values
from alongside.settings import Settings
from alongside.source.boxes import read_head

_LONGEST = 7 * 24 * 3600  # seconds; more is a broken head


def with_recordings(
    settings: Settings, community: Community, readings: Readings, found: Iterable[FoundFile], *, cache: bool
) -> tuple[Community, list[Problem]]:
    """The community with what its recordings tell of themselves, and what a writer should know of them."""
    spoken = [story for story in community.stories.values() if story.media.audio or story.media.video]
    if not spoken:
        return community, []
    files = {file.docs_path: file for file in found if file.kind == "document"}
    heads = HeadCache(settings.cache_dir if cache else None, "recordings")
    recordings: dict[str, Recording] = {}
    problems: list[Problem] = []
    for story in spoken:
        here = False
        for path, types in ((story.media.audio, AUDIO_TYPES), (story.media.video, VIDEO_TYPES)):
            file = files.get(path)
            if file is None:
                continue  # elsewhere, or missing, which the check of links tells
            here = True
            ending = path.rpartition(".")[2].casefold()
            if ending not in types:
                problems.append(_unplayable(_position(story, path, readings), ending, types))
                continue
            read = _READERS.get(ending)
            values = heads.values(file, read) if read is not None else _values(0.0)
            if values:
                seconds, width, height = values
            else:
                problems.append(_broken(_position(story, path, readings), ending))
                seconds = width = height = 0
            recordings[path] = Recording(
                media_type=types[ending], size=max(0, file.size), seconds=seconds, width=width, height=height
            )
        if here and not story.media.transcripts:
            problems.append(_silent(_position(story, story.media.audio or story.media.video, readings)))
    heads.save()
    return replace(community, recordings=recordings), problems


def _position(story: Story, path: str, readings: Readings) -> Position:
    """Where a story names a file."""
    _, reading = readings[f"stories/{story.slug}.md"]
    link = next((link for link in reading.links if link.target == path), None)
    return Position(story.position.path, link.line, link.column) if link is not None else story.position


def _read_mp4(file: Path) -> Values:
    try:
        with file.open("rb") as stream:
            head = read_head(stream)
    except OSError:
        return []
    return _values(head.seconds, head.width, head.height) if head is not None else []


def _read_sound(file: Path) -> Values:
    from tinytag import TinyTag  # a community without recordings does without

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tag = TinyTag.get(file, tags=False)
    except Exception:  # it reads what strangers upload, and a broken file can fail in any way
        return []
    return _values(tag.duration) if tag.duration else []


def _values(seconds: float, width: int = 0, height: int = 0) -> Values:
    return [ceil(seconds) if 0 < seconds < _LONGEST else 0, width, height]


def _unplayable(at: Position, ending: str, types: Iterable[str]) -> Problem:
    return Problem(
        position=at, code="unknown-recording", message=f"Browsers do not play files that end in .{ending[:20]}.",
        hint=f"Save it as one of {', '.join(types)}.", severity="warning",
    )  # fmt: skip


def _broken(at: Position, ending: str) -> Problem:
    return Problem(
        position=at, code="broken-recording", message=f"This file cannot be read as {ending}.",
        hint="Play it; if it does not play, save it again.", severity="warning",
    )  # fmt: skip


def _silent(at: Position) -> Problem:
    return Problem(
        position=at, code="no-transcript", message="Who cannot hear this recording does not learn what is said.",
        hint="Put a WebVTT file beside it and name it: transcript: talk.vtt", severity="warning",
    )  # fmt: skip


# what reads the head of a file, by the end of its name; of others nothing is known
_READERS: Mapping[str, Callable[[Path], Values]] = {
    **dict.fromkeys(("mp4", "m4v", "m4a"), _read_mp4),
    **dict.fromkeys(("mp3", "ogg", "oga", "opus", "wav", "flac"), _read_sound),
}
