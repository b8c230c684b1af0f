"""WebVTT to passages (W3C, WebVTT: The Web Video Text Tracks Format): captions become a text that can be read.

    WEBVTT

    00:00:02.500 --> 00:00:05.000
    <v Ana>I looked around the room.

Browsers pass over what they do not understand, and then a caption is missing and nobody knows why. So every fault is
told with its line, and a file with a fault is not used. Cues of one speaker that follow one another are joined to
paragraphs; markup inside a cue is left out, so what comes out is plain text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

from alongside.model.recordings import Passage, Transcript
from alongside.problems import Position, Problem
from alongside.reading.files import Source, read_text
from alongside.reading.readings import Reading

_HEADER = re.compile(r"WEBVTT(?:[ \t].*)?")
_TIME = r"(?:(\d{2,5}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_TIMING = re.compile(rf"{_TIME}[ \t]+-->[ \t]+{_TIME}(?:[ \t].*)?")
_OTHER_BLOCKS = re.compile(r"(?:NOTE|STYLE|REGION)(?:[ \t].*)?")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?(?:\s([^>]*))?>")
_TAG = re.compile(r"<[^>]*>?")
_SENTENCE_END = (".", "!", "?", "…", "。", "！", "？", "؟", "۔", "।", '."', "”", "」", "»")
_PAUSE = 2_500  # milliseconds of silence after which a new paragraph begins
_MOST_CHARACTERS = 2_000  # of one cue; nobody reads more at a time
_LONG, _LONGEST = 350, 900  # characters after which the next sentence, or cue, begins a new paragraph


class _Cue(NamedTuple):
    starts: int  # milliseconds
    ends: int
    text: str  # with its markup


def read_transcript(source: Source, content: bytes) -> Reading:
    """The passages of a `.vtt` file; none, and problems, where it has a fault."""
    text = read_text(source, content)
    cues = list(_cues(source, text.split("\n"))) if text is not None else []
    if source.problems:
        return Reading(problems=tuple(source.problems))
    return Reading(transcript=Transcript(passages=tuple(_passages(cues))))


def _report(source: Source, line: int, message: str, hint: str) -> None:
    source.report(Problem(position=Position(source.path, line), code="bad-captions", message=message, hint=hint))


def _cues(source: Source, lines: list[str]) -> Iterator[_Cue]:
    """The cues in order; what is wrong goes to the problems."""
    if not _HEADER.fullmatch(lines[0]):
        _report(source, 1, "WebVTT begins with a line that says WEBVTT.", "Write WEBVTT, then an empty line.")
        return
    at = 1
    while at < len(lines) and lines[at].strip():  # lines of the header; a cue here is one nobody would see
        if "-->" in lines[at]:
            _report(source, at + 1, "The first caption has no empty line above it.", "Put one below WEBVTT.")
        at += 1
    last = 0
    for first, block in _blocks(lines, at):
        if _OTHER_BLOCKS.fullmatch(block[0]):
            continue
        timing = 0 if "-->" in block[0] else 1  # a name may stand above the times
        if timing >= len(block) or "-->" not in block[timing]:
            _report(
                source, first, "There is no line with times here.",
                "Above each caption stands when it is shown: 00:01.000 --> 00:04.000",
            )  # fmt: skip
            continue
        line = first + timing
        found = _TIMING.fullmatch(block[timing].strip())
        if found is None:
            hint = "Write minutes, seconds and milliseconds: 00:01.000 --> 00:04.000"
            if "," in block[timing]:
                hint = "WebVTT has a full stop before the milliseconds, no comma: 00:01.000 --> 00:04.000"
            _report(source, line, "These times cannot be read.", hint)
            continue
        starts, ends = _milliseconds(*found.groups()[:4]), _milliseconds(*found.groups()[4:])
        if ends <= starts:
            _report(source, line, "This caption ends before it begins.", "The second time is the later one.")
        elif starts < last:
            _report(source, line, "This caption begins before the one above it.", "Put captions in order of time.")
        last = max(last, starts)
        stray = next((index for index, text in enumerate(block[timing + 1 :], line + 1) if "-->" in text), 0)
        if stray:
            _report(source, stray, "There is no empty line above these times.", "Put one between two captions.")
        text = "\n".join(block[timing + 1 :])
        if len(text) > _MOST_CHARACTERS:
            _report(
                source, line, f"This caption has more than {_MOST_CHARACTERS} characters.", "Split it into several."
            )
        else:
            yield _Cue(starts, ends, text)


def _blocks(lines: list[str], at: int) -> Iterator[tuple[int, list[str]]]:
    """Lines without an empty one between them, and the number of the first."""
    block: list[str] = []
    for number, line in enumerate([*lines[at:], ""], at + 1):
        if line.strip():
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []


def _milliseconds(hours: str | None, minutes: str, seconds: str, thousandths: str) -> int:
    return ((int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(thousandths)


def _passages(cues: list[_Cue]) -> Iterator[Passage]:
    """Cues joined to paragraphs: a new one begins with a speaker, after a pause, after a sentence when it is long."""
    words: list[str] = []
    speaker, begun, ended = "", 0, 0
    for cue in cues:
        for index, (voice, text) in enumerate(_voices(cue.text)):
            joined = " ".join(words)
            split = voice != speaker or (not index and cue.starts - ended > _PAUSE)
            split |= len(joined) > _LONGEST or (len(joined) > _LONG and joined.endswith(_SENTENCE_END))
            if split and words:
                yield Passage(text=joined, speaker=speaker, starts=begun // 1000)
                words = []
            if not words:
                speaker, begun = voice, cue.starts
            words.append(text)
        ended = cue.ends
    if words:
        yield Passage(text=" ".join(words), speaker=speaker, starts=begun // 1000)


def _voices(markup: str) -> Iterator[tuple[str, str]]:
    """(speaker, text) for each voice of a cue; before the first `<v ...>` nobody is named."""
    parts = _VOICE.split(markup)
    for speaker, text in zip(["", *parts[1::2]], parts[::2], strict=True):
        plain = " ".join(unescape(_TAG.sub("", text)).split())
        if plain:
            yield " ".join(unescape(speaker or "").split()), plain
