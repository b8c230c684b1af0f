"""What the service says about itself: one line an event on stderr, of counts and causes, never of people.

2026-12-01T09:00:00Z info send sent=3 skipped=1
2026-12-01T09:01:00Z error send The store is busy: another process has held it for 30 seconds. ...
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from typing import Literal, Protocol, TextIO

Level = Literal["info", "warning", "error"]


class Log(Protocol):
    """Says one line: how bad, about what (one word), and the rest."""

    def __call__(self, level: Level, about: str, text: str) -> None: ...


def line_log(clock: Callable[[], datetime], stream: TextIO | None = None) -> Log:
    """A log of lines to `stream` (stderr), each with the time of `clock`."""

    def log(level: Level, about: str, text: str) -> None:
        target = stream if stream is not None else sys.stderr
        # one write of one line: threads do not mix theirs
        target.write(f"{clock():%Y-%m-%dT%H:%M:%SZ} {level} {about} {one_line(text)}\n")
        target.flush()

    return log


def one_line(text: str) -> str:
    """`text` without line breaks and controls, so that nothing in it looks like a line of the log."""
    return "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))
