"""Tables for a terminal: columns that line up in every script, and text that cannot talk to the terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import click


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """How one column stands."""

    title: str
    align: Literal["left", "right"] = "left"


def many(count: int, one: str, more: str = "") -> str:
    """`1 mail`, `3 mails`, `1,200 mails`."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def printable(text: str) -> str:
    """`text` on one line, without controls and direction overrides: a stranger's words must not move the cursor."""
    spaced = (" " if letter.isspace() else letter for letter in text)
    return "".join(letter for letter in spaced if unicodedata.category(letter)[0] != "C")


def visible(text: str) -> str:
    """The text with escapes for what would move the cursor, change colours or turn the direction of a terminal."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character
        if character.isprintable() and character not in _BIDI
        else " "
        if character in "\t\u3000\xa0"
        else f"\\u{ord(character):04x}"
        for character in text
    )


_BIDI = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c")


def width(text: str) -> int:
    """Columns of a terminal that `text` takes (Unicode, UAX 11): CJK letters two, combining marks none."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def shorten(text: str, most: int) -> str:
    """`text` in at most `most` columns, its end an ellipsis where it was cut."""
    if width(text) <= most:
        return text
    while text and width(text) >= most:
        text = text[:-1]
    return f"{text}…"


def pad(text: str, to: int, align: Literal["left", "right"] = "left") -> str:
    """`text` filled up to `to` columns."""
    space = " " * max(0, to - width(text))
    return space + text if align == "right" else text + space


def render_table(columns: Sequence[Column], rows: Sequence[Sequence[str]], *, colour: bool, indent: str = "  ") -> str:
    """Rows under their titles, one line each. Cells are made printable."""
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [max(width(column.title), *(width(row[i]) for row in cells), 0) for i, column in enumerate(columns)]

    def line(values: Sequence[str], **how: Any) -> str:
        text = "  ".join(pad(value, w, column.align) for value, w, column in zip(values, widths, columns, strict=True))
        return indent + style(text.rstrip(), colour=colour, **how)

    return "\n".join([line([column.title for column in columns], dim=True), *(line(row) for row in cells)]) + "\n"


def style(text: str, *, colour: bool, **how: Any) -> str:
    """`click.style`, where colours are wanted."""
    return click.style(text, **how) if colour else text
