"""Phrases that people and programs write, found whatever their accents, case, width and white space are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cached_property

# Scripts whose words no space parts.
_NO_SPACES = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")


def fold(text: str) -> str:
    """`"Réponse AUTOMATIQUE ١"` -> `"reponse automatique 1"`: compatible forms, without case, accents and controls."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold().replace("ı", "i"))
    letters = (each for each in plain.replace("’", "'") if unicodedata.category(each) not in ("Mn", "Cf"))
    return unicodedata.normalize("NFC", "".join(str(unicodedata.decimal(each, each)) for each in letters))


def any_of(table: str) -> str:
    """A pattern for folded text: phrases parted by `|` or lines, each as whole words; `*` is any ending."""
    found = (" ".join(fold(phrase).split()) for line in table.split("\n") for phrase in line.split("|"))
    return "(?:" + "|".join(_whole(phrase) for phrase in found if phrase) + ")"


def _whole(phrase: str) -> str:
    pattern = re.escape(phrase).replace(r"\*", r"[^\W\d]{0,14}").replace(r"\ ", r"\s{1,4}")
    if _NO_SPACES.search(phrase):
        return pattern.replace(r"\s{1,4}", r"\s{0,4}")
    before = r"(?<!\w)" if phrase[0].isalnum() else ""
    return before + pattern + (r"(?![^\W\d])" if phrase[-1].isalnum() or phrase[-1] == "*" else "")


class LatePattern:
    """A large pattern, compiled when it is first looked for: a service that no mail reaches holds none of them."""

    def __init__(self, write: Callable[[], str]) -> None:
        self._write = write

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self._write())

    def begins(self, text: str) -> bool:
        """Whether `text` begins with it."""
        return self._pattern.match(text) is not None

    def is_in(self, text: str) -> bool:
        """Whether it is somewhere in `text`."""
        return self._pattern.search(text) is not None
