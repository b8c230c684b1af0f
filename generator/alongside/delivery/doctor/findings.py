"""What a look at one thing gave: the record all checks return, and the areas they belong to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Area = Literal["settings", "store", "clock", "secrets", "smtp", "imap", "dns", "service", "outbox"]
State = Literal["ok", "warning", "error", "skipped"]

AREAS: dict[Area, str] = {  # in the order they are told; with the heading people read
    "settings": "Settings",
    "store": "Store",
    "clock": "Clock",
    "secrets": "Secrets",
    "smtp": "Mail out (SMTP)",
    "imap": "Answers in (IMAP)",
    "dns": "DNS of the mail's domain",
    "service": "Service (HTTPS)",
    "outbox": "Outbox",
}

LONGEST_QUOTE = 160  # letters of what a server said


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    area: Area
    what: str  # two or three words, the same on every run: "certificate"
    state: State  # skipped: it could not or should not be looked at
    message: str  # what was found, a sentence
    hint: str = ""  # what to do, a sentence or two


@dataclass(frozen=True, slots=True)
class Notebook:
    """Writes the findings of one area."""

    area: Area

    def ok(self, what: str, message: str, hint: str = "") -> Finding:
        """As it should be."""
        return Finding(area=self.area, what=what, state="ok", message=message, hint=hint)

    def warning(self, what: str, message: str, hint: str) -> Finding:
        """It works, and somebody should know."""
        return Finding(area=self.area, what=what, state="warning", message=message, hint=hint)

    def error(self, what: str, message: str, hint: str) -> Finding:
        """Mail does not leave, does not arrive, or should not while this is so."""
        return Finding(area=self.area, what=what, state="error", message=message, hint=hint)

    def skipped(self, what: str, message: str, hint: str = "") -> Finding:
        """Not looked at, and why."""
        return Finding(area=self.area, what=what, state="skipped", message=message, hint=hint)


def quote(said: str | bytes | BaseException, *, hide: Iterable[str] = ()) -> str:
    """What a server or the system said, on one line, cut, and without the texts of `hide` (passwords).

    `b"5.7.1 Relay  access denied\\r\\n"` -> `"5.7.1 Relay access denied"`.
    """
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    for secret in sorted(filter(None, hide), key=len, reverse=True):
        text = text.replace(secret, "…")
    text = re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text).strip().rstrip(".")
    return f"{text[:LONGEST_QUOTE]}…" if len(text) > LONGEST_QUOTE else text


def count_of(count: int, one: str, more: str = "") -> str:
    """`1 mail`, `3 mails`, `1,200 mails`."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"
