"""How a browser folds text: the characters of `matching.words`, written down one by one, as far as they change.

Two engines of different years disagree on thousands of characters: on what is a letter, and on its small form. So a
browser is not asked; it looks into these tables, which say what this Python says. Five parts, so that a text in Latin
letters needs a kilobyte: Unicode in blocks of 4096 characters, those from U+3000 together, and what is beyond U+FFFF.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Any

from alongside.matching.words import fold_character, is_letter
from alongside.rendering.embeds.files import BASE, json_bytes

PARTS = ((0x80, 0x1000), (0x1000, 0x2000), (0x2000, 0x3000), (0x3000, 0x10000), (0x10000, 0x110000))

_BLOCKS_WHOLE = 0x1FFF  # up to here, whole blocks are taken for letters, whatever is still to be assigned in them
_NO_CHARACTERS = frozenset({"Cn", "Co", "Cs"})  # unassigned, for private use, halves of pairs

Entry = tuple[Any, ...]  # gap to the entry before, what the first becomes (0: itself), how many, step


@cache  # the same for every site, and a look at each character there is
def character_tables() -> tuple[tuple[str, bytes], ...]:
    """(site path, JSON) of each part: a list of entries, of which `assets/embed/rank.js` makes a folder of texts."""
    return tuple(
        (f"{BASE}characters/{number}.json", json_bytes(character_table(first, end)))
        for number, (first, end) in enumerate(PARTS)
    )


def character_table(first: int, end: int) -> list[Entry]:
    """The entries of the characters from `first` to before `end`; those that are missing part words, as they are."""
    codes = [(code, result) for code in range(first, end) if (result := _folded(code)) is not None]
    found: list[Entry] = []
    place = before = 0
    while place < len(codes):
        code, result = codes[place]
        count, step = _run(codes, place)
        found.append((code - before, result, count, step)[: 4 if step else 3 if count > 1 else 2])
        place, before = place + count, code
    return found


def _folded(code: int) -> str | int | None:
    """0 for a letter that stays as it is, None for what parts words and stays as it is, else what it becomes."""
    character = chr(code)
    kind = unicodedata.category(character)
    if (code > _BLOCKS_WHOLE and kind in _NO_CHARACTERS) or unicodedata.normalize("NFC", character) != character:
        return None  # no character, or one that no composed text holds
    if kind == "Lo" and not unicodedata.decomposition(character):
        return 0  # most of all: letters without case
    folded = fold_character(character)
    if folded == character:
        return 0 if is_letter(character) else None
    word = "".join(one if is_letter(one) else " " for one in folded)
    return folded if word == folded else f"{folded}\t{word}"


def _run(codes: Sequence[tuple[int, str | int]], start: int) -> tuple[int, int]:
    """(how many codes from `start` on one entry can hold, by how much its result moves)."""
    best = (1, 0)
    for step in (0, 1, 2):
        code, result = codes[start]
        count = 1
        while start + count < len(codes):
            following, value = codes[start + count]
            if following != code + count * (step or 1) or value != _moved(result, count * step):
                break
            count += 1
        best = max(best, (count, step), key=lambda one: one[0])
    return best


def _moved(result: str | int, by: int) -> str | int | None:
    if by == 0:
        return result
    return chr(ord(result) + by) if isinstance(result, str) and len(result) == 1 else None
