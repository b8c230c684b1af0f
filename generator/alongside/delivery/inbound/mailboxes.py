"""Mails in files: one in a file, many in an mbox or a maildir, read one at a time and none beyond its bound."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from alongside.delivery.arrived.mails import LONGEST
from alongside.problems import UsageError

_LONGEST_LINE = 1 << 16  # bytes; a longer one comes in pieces
# The line before each mail of an mbox (RFC 4155, appendix A).
_BETWEEN = re.compile(rb"From \S+ .{0,80}\d{4}")


def read_mailbox(path: Path) -> Iterator[bytes]:
    """The mails at `path`: a file with one, an mbox, or a maildir. Raises `UsageError` for what is none of these."""
    try:
        if path.is_dir():
            yield from _read_maildir(path)
            return
        with path.open("rb") as file:
            yield from _read_file(file)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}.", hint="Name a mail, an mbox or a maildir."
        ) from error


def read_stream(stream: BinaryIO) -> bytes:
    """The beginning of the one mail in a stream. It is read to its end: who writes it must not find a closed pipe."""
    raw = stream.read(LONGEST)
    while stream.read(_LONGEST_LINE):
        pass
    return raw


def _read_maildir(path: Path) -> Iterator[bytes]:
    """In the order of the names, which begin with the time of delivery."""
    if not (path / "cur").is_dir() and not (path / "new").is_dir():
        raise UsageError(f"{path} is no maildir.", hint="A maildir has the folders cur/ and new/.")
    found = [file for folder in ("cur", "new") for file in (path / folder).glob("*") if file.is_file()]
    for file in sorted(found, key=lambda file: file.name):
        with file.open("rb") as stream:
            yield stream.read(LONGEST)


def _read_file(file: BinaryIO) -> Iterator[bytes]:
    """An mbox begins with "From " and has mails after empty lines that do; all else is one mail."""
    kept: list[bytes] = []
    length, after_empty, at_line_start = 0, False, True
    is_mbox = file.read(5) == b"From "
    file.seek(0)
    if not is_mbox:
        yield file.read(LONGEST)
        return
    for line in iter(lambda: file.readline(_LONGEST_LINE), b""):
        if at_line_start and after_empty and _BETWEEN.match(line):
            yield b"".join(kept)
            kept, length = [], 0
        if length < LONGEST:
            kept.append(line)
            length += len(line)
        after_empty = at_line_start and line in (b"\n", b"\r\n")
        at_line_start = line.endswith(b"\n")
    yield b"".join(kept)
