"""Bytes of an author's file to text. First step of the road.

Line ends become "\\n" here, once (CRLF, lone CR), so everything above counts lines alike; a byte order mark is
dropped. Lines and columns stay those an editor shows.
"""

from __future__ import annotations

import codecs
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from alongside.problems import Position, Problem

MAX_BYTES = 4_000_000  # no author writes more by hand; a file that large is something else

# C0 without tab and line feed, C1 without NEXT LINE, and what is no character at all.
# One class, so that a text is passed through once.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_NOT_WAITING = getattr(os, "O_NONBLOCK", 0)  # for somebody to write into a pipe
_BINARY = getattr(os, "O_BINARY", 0)
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Control:
    """A character that no editor shows."""

    index: int  # in the text
    character: str

    @property
    def name(self) -> str:
        """As Unicode writes it: U+0007."""
        return f"U+{ord(self.character):04X}"


def position_at(text: str, index: int, path: str, *, first_line: int = 1) -> Position:
    """The line and column, from 1 and in characters, of `text[index]`."""
    start = text.rfind("\n", 0, index) + 1
    return Position(path, first_line + text.count("\n", 0, index), index - start + 1)


def read_bytes(file: Path, path: str, *, most: int = MAX_BYTES) -> bytes | Problem:
    """The file's bytes, or the problem that kept them: no permission, a folder, a link to nowhere, more than `most`."""
    try:
        content = _read(file, most + 1)
    except OSError as error:
        return Problem(
            position=Position(path),
            code="unreadable-file",
            message=f"This file cannot be read ({error.strerror or type(error).__name__}).",
            hint="Check its permissions, and that it is a file and no folder or broken link.",
        )
    if len(content) > most:
        return Problem(
            position=Position(path),
            code="file-too-large",
            message=f"This file is larger than {most // 1_000_000} MB.",
            hint="Split it, or keep recordings and images in files of their own.",
        )
    return content


def _read(file: Path, most: int) -> bytes:
    """At most so many bytes of a regular file. Raises `OSError`; never waits, as a pipe would, nor goes on for ever.

    Asked for as many as there are: a buffer for the most there may be takes longer to have than a story to read.
    """
    descriptor = os.open(file, os.O_RDONLY | _NOT_WAITING | _BINARY)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(0, "it is no regular file")
        content = os.read(descriptor, min(found.st_size + 1, most))
        while len(content) < most and (more := os.read(descriptor, min(65_536, most - len(content)))):
            content += more
        return content
    finally:
        os.close(descriptor)


def decode(content: bytes, path: str) -> str | Problem:
    """UTF-8 to text with "\\n" line ends; or the problem, at the first byte that is no UTF-8."""
    if content.startswith(_UTF16):
        return Problem(
            position=Position(path),
            code="encoding",
            message="This file is written in UTF-16.",
            hint="Save it as UTF-8 in your editor.",
        )
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = _line_feeds(content[: error.start].decode("utf-8"))
        return Problem(
            position=position_at(before, len(before), path),
            code="encoding",
            message=f"Byte 0x{content[error.start]:02X} here is no UTF-8; the file has another encoding.",
            hint="Save it as UTF-8 in your editor (it was probably Windows-1252 or Latin-1).",
        )
    return _line_feeds(text.removeprefix("\ufeff"))


def _line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def find_controls(text: str) -> list[Control]:
    """Every control character of a text, in order."""
    return [Control(match.start(), match[0]) for match in _CONTROL.finditer(text)]


def without_controls(text: str) -> str:
    """The text with a space for each control character, so that columns stay."""
    return _CONTROL.sub(" ", text)
