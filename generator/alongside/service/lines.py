"""What the service says about itself: one line an event on stderr, of counts and causes, never of people.

2026-12-01T09:00:00Z info send sent=3 skipped=1
2026-12-01T09:01:00Z error send The store is busy: another process has held it for 30 seconds. ...

Or the same as JSON, for programs that gather lines:

{"time": "2026-12-01T09:00:00Z", "level": "info", "about": "send", "text": "sent=3 skipped=1", "sent": 3, "skipped": 1}

Who calls masks what it knows to be somebody's; what still looks like an address, a password or a link's token is
masked here once more.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal, Protocol, TextIO

from alongside.problems import mask_addresses

Level = Literal["info", "warning", "error"]
Style = Literal["text", "json"]


class Log(Protocol):
    """Says one line: how bad, about what (one word), and the rest."""

    def __call__(self, level: Level, about: str, text: str) -> None: ...


def line_log(clock: Callable[[], datetime], stream: TextIO | None = None, *, style: Style = "text") -> Log:
    """A log of lines to `stream` (stderr), each with the time of `clock`."""

    def log(level: Level, about: str, text: str) -> None:
        target = stream if stream is not None else sys.stderr
        said, instant = _masked(one_line(text)), f"{clock():%Y-%m-%dT%H:%M:%SZ}"
        line = f"{instant} {level} {about} {said}"
        if style == "json":
            told = {"time": instant, "level": level, "about": about, "text": said}
            line = json.dumps({**told, **_counts(said), **told}, ensure_ascii=False)  # no count takes a name of ours
        # one write of one line: threads do not mix theirs
        target.write(f"{line}\n")
        target.flush()

    return log


def one_line(text: str) -> str:
    """`text` without line breaks and controls, so that nothing in it looks like a line of the log."""
    return "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))


def _counts(text: str) -> Mapping[str, int]:
    """The numbers of a line that is nothing but counts; none of any other."""
    found = [_COUNT.fullmatch(word) for word in text.split()]
    return {each[1]: int(each[2]) for each in found if each} if all(found) else {}


def _masked(text: str) -> str:
    return mask_addresses(_TOKEN.sub("…", _PASSWORD.sub("://", text)))


_COUNT = re.compile(r"([a-z][a-z_]*)=(\d{1,15})")
_PASSWORD = re.compile(r"://[^\s/@]*(?:@[^\s/@]*)*@")
_TOKEN = re.compile(r"(?<![a-z0-9])[a-z]-[a-z0-9]{16,}", re.IGNORECASE)  # as `delivery.tokens`, links and relays make
