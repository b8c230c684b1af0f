"""Text in languages, as front matter holds it where PRODUCT marks a field with (L)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# Languages written from right to left (Unicode, CLDR "characterOrder").
RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ks", "ku-arab", "ps", "sd", "syr", "ug", "ur", "yi"})


def direction(language: str) -> str:
    """`rtl` or `ltr`, for HTML's `dir`, from a BCP 47 language tag."""
    tag = language.casefold()
    return "rtl" if tag in RIGHT_TO_LEFT or tag.split("-")[0] in RIGHT_TO_LEFT else "ltr"


def language_fits(wanted: str, offered: str) -> bool:
    """True when a reader of `wanted` reads `offered`: the same language, whatever the region (RFC 4647, lookup)."""
    return wanted.split("-")[0].casefold() == offered.split("-")[0].casefold()


@dataclass(frozen=True, slots=True)
class LocalText:
    """One text in one or more languages; the first is what a reader of none of them gets."""

    versions: tuple[tuple[str, str], ...]  # (language tag, text), never empty

    def pick(self, languages: Iterable[str] = ()) -> tuple[str, str]:
        """(language, text) of the first of `languages` there is, else of the first version."""
        for wanted in languages:
            for language, text in self.versions:
                if language.casefold() == wanted.casefold():
                    return language, text
            for language, text in self.versions:
                if language_fits(wanted, language):
                    return language, text
        return self.versions[0]

    def text(self, *languages: str) -> str:
        """The text alone, picked as above."""
        return self.pick(languages)[1]

    def __str__(self) -> str:
        return self.versions[0][1]
