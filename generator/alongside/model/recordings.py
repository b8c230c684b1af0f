"""Recordings: what is known of a sound file or film beside a story, and what is said in it."""

from __future__ import annotations

from dataclasses import dataclass

# the end of a file's name -> media type (RFC 6381 and the registry of IANA), of what browsers play
AUDIO_TYPES = {
    "mp3": "audio/mpeg", "m4a": "audio/mp4", "aac": "audio/aac", "ogg": "audio/ogg", "oga": "audio/ogg",
    "opus": "audio/ogg", "wav": "audio/wav", "flac": "audio/flac",
}  # fmt: skip
VIDEO_TYPES = {"mp4": "video/mp4", "m4v": "video/mp4", "webm": "video/webm", "ogv": "video/ogg"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A sound file or film below docs_dir, as far as its head tells."""

    media_type: str
    size: int  # bytes
    seconds: int = 0  # rounded up; 0: unknown
    width: int = 0  # pixels of a film, as it is shown; 0: unknown
    height: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What one person says in one go. Plain text without markup."""

    text: str
    speaker: str = ""  # empty: not told
    starts: int = 0  # whole seconds from the beginning


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What is said in a recording, in one language: a WebVTT file, which players show as captions."""

    passages: tuple[Passage, ...] = ()
