"""Slugs: which file names make good addresses, and a proposal for those that do not."""

from __future__ import annotations

import re
import unicodedata

MAX_LENGTH = 100  # characters; with the folders before it the path stays below every system's limit
_GOOD = re.compile(r"[^\W_](?:[\w.-]*[^\W])?|[^\W_]")
# Names that Windows keeps for devices, whatever the extension.
_RESERVED = frozenset(
    ["con", "prn", "aux", "nul", *(f"com{n}" for n in range(1, 10)), *(f"lpt{n}" for n in range(1, 10))]
)
_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})


def slug_fault(name: str) -> tuple[str, str]:
    """Why `name` cannot be a slug and what could be; two empty texts where it can.

    Good: letters and digits of any script, `-`, `_` and `.` between them, lower case, NFC, at most 100 characters.
    """
    if not name:
        return "it is empty", "a-name"
    if name.isascii() and name.islower() and len(name) <= 60 and _GOOD.fullmatch(name) and ".." not in name:
        return ("Windows keeps that name for a device", _renamed(name)) if name.split(".")[0] in _RESERVED else ("", "")
    fault = _fault(name)
    return (fault, slugify(name)) if fault else ("", "")


def _fault(name: str) -> str:
    if unicodedata.normalize("NFC", name) != name:
        return "its accents are written as characters of their own (Unicode NFD)"
    if name != name.lower():
        return "it has capital letters"
    odd = re.search(r"[^\w.-]", name)
    if odd is not None and not unicodedata.category(odd[0]).startswith("M"):
        return "it has a space" if odd[0].isspace() else f"it has the character {_shown(odd[0])}"
    if len(name) > MAX_LENGTH:
        return f"it is longer than {MAX_LENGTH} characters"
    if not name[0].isalnum():
        return f"it starts with {name[0]}"
    if not (name[-1].isalnum() or unicodedata.category(name[-1]).startswith("M")) or ".." in name:
        return "it ends with a sign" if ".." not in name else "it has two points in a row"
    if name.split(".")[0] in _RESERVED:
        return "Windows keeps that name for a device"
    return ""


def _shown(character: str) -> str:
    if character.isprintable() and not unicodedata.category(character).startswith("C"):
        return character
    return f"U+{ord(character):04X}"


def slugify(text: str) -> str:
    """A good slug from any text: lower case, accents off Latin letters, everything else that is no letter a `-`.

    >>> slugify("Über die Brücke: Teil 2!")
    'uber-die-brucke-teil-2'
    """
    text = unicodedata.normalize("NFC", text).lower().translate(_LETTERS)
    bare: list[str] = []
    for character in unicodedata.normalize("NFD", text):
        # marks are dropped from Latin letters only: elsewhere they are letters in their own right
        if unicodedata.combining(character) and bare and bare[-1].isascii():
            continue
        bare.append(character)
    text = unicodedata.normalize("NFC", "".join(bare)).lower()
    kept = "".join(
        character if character.isalnum() or character in "._" or unicodedata.category(character)[0] == "M" else "-"
        for character in text.replace("'", "").replace("’", "")
    )
    kept = re.sub(r"-*\.-+|-+\.-*", "-", kept)
    kept = re.sub(r"-{2,}", "-", re.sub(r"\.{2,}", ".", kept))
    kept = _ends(kept)
    if len(kept) > 80:
        kept = _ends(kept[:80].rsplit("-", 1)[0]) or _ends(kept[:80])
    if not kept:
        return "a-name"
    return _renamed(kept) if kept.split(".")[0] in _RESERVED else kept


def _renamed(name: str) -> str:
    base, point, rest = name.partition(".")
    return f"{base}-1{point}{rest}"


def _ends(text: str) -> str:
    start = 0
    while start < len(text) and not text[start].isalnum():
        start += 1
    return text[start:].rstrip("-._")
