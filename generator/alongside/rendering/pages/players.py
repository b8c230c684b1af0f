"""Recordings on the page of a story: players of the browser, captions, and what is said as a text to read.

A voice tells who it is. So a recording is shown only where all who tell the story agreed to a page, while the written
story may still stand there without their names. What lies elsewhere is linked to, and nothing is loaded from there.

The text has the time beside each passage, as a link into the recording (Media Fragments URI 1.0, `#t=83`): a browser
opens the recording there. A script only makes the player of the page go there instead.
"""

from __future__ import annotations

from dataclasses import dataclass

from alongside.model.recordings import Passage, Recording
from alongside.model.stories import Story
from alongside.rendering.tracking import Site

SCRIPT = "assets/transcript.js"  # site path of what makes times go to the player


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """A recording as the page shows it."""

    path: str  # below the site's root, or an https address
    recording: Recording | None  # None: browsers do not play it, or it lies elsewhere; then it is a link


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What is said, in one language."""

    language: str
    path: str
    passages: tuple[Passage, ...]  # none: a file that is linked to
    captions: bool  # a player can show it


@dataclass(frozen=True, slots=True, kw_only=True)
class Players:
    """All recordings of a story that may be shown."""

    audio: Player | None
    video: Player | None
    poster: str
    spoken: tuple[Spoken, ...]

    @property
    def heard(self) -> str:
        """The path of the recording that times lead into; empty where none is played here."""
        for player in (self.video, self.audio):
            if player is not None and player.recording is not None:
                return player.path
        return ""


def may_play(site: Site, story: Story) -> bool:
    """True when everybody who may be heard in a recording of `story` agreed to a page."""
    return bool(story.media.files) and len(site.tellers(story, "page")) == len(story.members)


def players(site: Site, story: Story) -> Players | None:
    """The recordings of a story; None where there are none to show."""
    if not may_play(site, story):
        return None
    media = story.media
    documents = site.links(story.path).documents

    def is_there(path: str) -> bool:
        return is_remote(path) or path in documents

    def player(path: str) -> Player | None:
        return Player(path=path, recording=site.community.recordings.get(path)) if path and is_there(path) else None

    spoken = []
    for language, path in media.transcripts:
        found = site.community.transcripts.get(path)
        if found is not None and path in documents:
            spoken.append(Spoken(language=language, path=path, passages=found.passages, captions=True))
        elif (is_there(path) and not path.casefold().endswith(".vtt")) or is_remote(path):
            spoken.append(Spoken(language=language, path=path, passages=(), captions=False))
    poster = media.poster if media.poster and media.poster in documents else ""
    made = Players(audio=player(media.audio), video=player(media.video), poster=poster, spoken=tuple(spoken))
    return made if made.audio or made.video or made.spoken else None


def is_remote(path: str) -> bool:
    """True for a recording that lies elsewhere."""
    return "//" in path or ":" in path


def clock(seconds: int) -> str:
    """A time of a recording as players write it: `1:23`, `1:02:03`.

    >>> clock(83), clock(3723)
    ('1:23', '1:02:03')
    """
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
