"""Holes: opaque words that stand for values while Jinja, Markdown and MJML do their work.

A newcomer called `*x* <b>{{7*7}}` must come out as just that. So no value ever passes through a markup language:
each is a token of letters and digits until the markup is finished, and is put in afterwards, escaped for the place
the token ended up in (text, an attribute, a URL).

    Hello {{ newcomer.name }},   ->   Hello q7k2x0x,   ->   <p>Hello q7k2x0x,</p>   ->   <p>Hello *x* &lt;b&gt;,</p>
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

# What would make text show in another order than it is written (UAX 9), or not at all; and noncharacters.
_UNWANTED = re.compile(
    "[\u0000-\u0008\u000e-\u001b\u007f-\u0084\u0086-\u009f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\uffff\ufdd0-\ufdef\ud800-\udfff]"
)
_SPACE = re.compile(r"[\s\x1c-\x1f\x85\u2028\u2029]+")


def clean(text: str) -> str:
    """`text` on one line, without control characters, direction overrides and lone surrogates."""
    if text.isprintable() and "  " not in text:  # nearly all: no controls, formats and spaces other than " "
        return text.strip()
    return _SPACE.sub(" ", _UNWANTED.sub("", text)).strip()


class Url(str):
    """A text that is an address, so that it becomes a link where it stands alone."""

    __slots__ = ()


class Hole(str):
    """A value that is not known yet. Its text is its token; templates may print, test and join it, nothing more."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A member's words, rendered on their own, so that their Markdown cannot reach into the mail around them."""

    source: str = ""  # as written; what a template sees that does more than print it
    html: str = ""
    language: str

    def __bool__(self) -> bool:
        return bool(self.html)

    def __str__(self) -> str:
        return self.source


@dataclass(frozen=True, slots=True)
class Person:
    """What stands behind a hole that is filled for each person: "newcomer.name", "groups.0.url"."""

    path: str

    @property
    def is_url(self) -> bool:
        """True when the value is an address."""
        return self.path.endswith((".url", ".chat", "_url"))


Value = str | Url | Block | Person


@dataclass(slots=True)
class Holes:
    """The tokens of one compilation and what they stand for."""

    salt: str
    values: list[Value] = field(default_factory=list)
    _known: dict[Value, str] = field(default_factory=dict)
    _pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        self._pattern = re.compile(f"{self.salt}([0-9]+)x")

    def token(self, value: Value) -> str:
        """The token of `value`: letters and digits, the same for the same value."""
        known = self._known.get(value)
        if known is None or type(self.values[int(known[len(self.salt) : -1])]) is not type(value):
            known = f"{self.salt}{len(self.values)}x"
            self.values.append(value)
            self._known[value] = known
        return known

    def hold(self, text: str) -> str:
        """`text` with everything in it that is not a token yet turned into one."""
        kind = Url if isinstance(text, Url) else str
        pieces = self._pattern.split(text)
        return "".join(
            f"{self.salt}{piece}x" if number % 2 else self.token(kind(piece)) if piece else ""
            for number, piece in enumerate(pieces)
        )

    def pieces(self, text: str) -> Iterable[str | int]:
        """`text` cut at its tokens: literal texts, and numbers that `values` is asked for."""
        for number, piece in enumerate(self._pattern.split(text)):
            if number % 2:
                yield int(piece)
            elif piece:
                yield piece

    def leading(self, text: str) -> tuple[Value | None, str]:
        """What the token that `text` begins with stands for, and what follows it."""
        found = self._pattern.match(text)
        return (self.values[int(found[1])], text[found.end() :]) if found is not None else (None, text)

    def blocks(self) -> Iterable[tuple[str, Block]]:
        """The tokens of blocks, and what they stand for."""
        for number, value in enumerate(self.values):
            if isinstance(value, Block):
                yield f"{self.salt}{number}x", value


def salt_for(texts: Iterable[str]) -> str:
    """A token prefix that occurs in none of `texts`, and is the same for the same texts."""
    whole = "\n".join(texts)
    number = 0
    while True:
        digest = hashlib.blake2s(f"{number}\n{whole}".encode("utf-8", "surrogatepass"), digest_size=5).hexdigest()
        salt = f"q{digest}x"  # starts with a letter: neither a list's number nor an indented line begins with it
        if salt[:8] not in whole:
            return salt
        number += 1


def isolated(text: str) -> str:
    """`text` set apart from the right-to-left text around it, where its own letters run the other way (UAX 9)."""
    if any(unicodedata.bidirectional(char) in ("L", "EN") for char in text):
        return f"\u2068{text}\u2069"
    return text


def width(text: str) -> int:
    """Columns that `text` takes in a fixed-width font: wide East Asian characters two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.combining(char) or unicodedata.category(char) == "Cf"
        else 2
        if unicodedata.east_asian_width(char) in "WF"
        else 1
        for char in text
    )
