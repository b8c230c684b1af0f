"""Ground floor: where something stands in a file, what is wrong with it, and how both are printed.

Loading returns problems, it never raises them: a writer gets all of them in one run. Exceptions are for what
stops a command (a missing configuration file, a server that refuses) and carry an exit code for the doors.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

Severity = Literal["error", "warning"]


class Position(NamedTuple):
    """A place in an author's file, as editors count: lines and columns from 1, columns in characters.

    A tuple, as every record has one and they are made by the ten thousand.
    """

    path: str  # as a writer would type it: relative to the configuration file's folder, with "/"
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something a writer should know: what was found and what to do about it."""

    position: Position
    message: str  # what is wrong, one sentence with a full stop
    code: str  # stable, kebab-case: "unknown-key"; what a filter or a test may name
    hint: str = ""  # what to do, one or two sentences; names the nearest known word where there is one
    severity: Severity = "error"
    proposal: str = ""  # what stands there instead, where it is certain what was meant; nobody has to decide

    @property
    def sort_key(self) -> tuple[str, int, int, str]:
        """Problems are shown in the order a writer meets them in the files."""
        return (self.position.path, self.position.line, self.position.column, self.code)

    def __str__(self) -> str:
        prefix = "" if self.severity == "error" else "warning: "
        return f"{self.position}: {prefix}{self.message}" + (f" {self.hint}" if self.hint else "")


def mask_addresses(text: str) -> str:
    """`text` with what looks like e-mail addresses masked: `"a b@example.org"` -> `"a b…@example.org"`."""
    return _LOCAL_PARTS.sub(r"\1…@", text)


_LOCAL_PARTS = re.compile(r"([^\s@<>()\[\],;:\"…])[^\s@<>()\[\],;:\"]*@")


class AlongsideError(Exception):
    """The root of what stops a command. `exit_code` 1: the work could not be done; 2: the call was wrong."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class UsageError(AlongsideError):
    """A wrong call: a missing configuration file, an unknown journey, a `--now` that is no instant."""

    exit_code = 2


def cannot_access(error: OSError) -> AlongsideError:
    """What stops a command that may not, or cannot, read or write a file: which one, and why."""
    if error.strerror is None:  # a template that is not there is an OSError, too, and knows no more
        return AlongsideError(f"{error} was not found.")
    return AlongsideError(
        f"{error.filename or 'A file'} cannot be read or written: {error.strerror}.",
        hint="Look at its folder, who owns it and the space that is left.",
    )


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like `name`, or None when nothing is near enough to be worth proposing."""
    folded = {word.casefold(): word for word in known}
    match = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return folded[match[0]] if match else None


def slip(name: str, known: Iterable[str]) -> str | None:
    """The one known name that `name` is a slip of the fingers for, or None.

    It differs in capitals, `-`, `_` and spaces, or else in one letter: missing, too many, another, or two swapped.
    Short names and digits are never slips: `docs-2` is not `docs-1`.
    """
    names = {word: _squashed(word) for word in known}
    bare = _squashed(name)
    found = [word for word, squashed in names.items() if squashed == bare]
    if not found and len(bare) >= SHORTEST_SLIP:
        found = [
            word
            for word, squashed in names.items()
            if len(squashed) >= SHORTEST_SLIP and _is_one_letter_apart(bare, squashed)
        ]
    return found[0] if len(found) == 1 else None


SHORTEST_SLIP = 4  # letters


def _squashed(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name).casefold()


def _is_one_letter_apart(one: str, other: str) -> bool:
    """One letter put in, left out or replaced, or two neighbours swapped; digits stay as they are."""
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    end = 0
    while end < min(len(one), len(other)) - start and one[-1 - end] == other[-1 - end]:
        end += 1
    left, right = one[start : len(one) - end], other[start : len(other) - end]
    if any(letter.isdigit() for letter in left + right):
        return False
    return max(len(left), len(right)) == 1 or (len(left) == 2 and left == right[::-1])


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`Did you mean "onboarding"?`, or an empty text."""
    word = nearest(name, known)
    return f'Did you mean "{word}"?' if word is not None else ""
