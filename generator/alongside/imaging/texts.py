"""Words of any script, fitted into a place of a picture.

Pango chooses fonts, joins and turns letters and breaks lines as each script wants it; what it is given here cannot make
it draw for long or over everything else: a few hundred characters, of which none carries more than a few marks.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any, Literal

from alongside.imaging.engine import vips
from alongside.rendering.pages.views import one_line

MOST = 300  # characters that are looked at at all
_MOST_MARKS = 4  # on one letter; Vietnamese, Thai and Hebrew need up to three
_UNDRAWN = frozenset(("Cc", "Cn", "Co", "Cs"))  # controls, what is unassigned, private, or half a character
_JOINERS = "\u200d\ufe0e\ufe0f"
ELLIPSIS = "…"

Family = Literal["Noto Serif", "Noto Sans"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How words are set."""

    family: Family
    weight: int  # 400 to 700
    sizes: Sequence[int]  # pixels, the largest first; the first that fits is taken
    lines: bool = False  # True: as many lines as the place has room for; False: one, whatever its height


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Words that are set."""

    mask: Any  # one band, 255 where there is ink
    left: int  # of the ink, from where the block begins
    top: int
    text: str  # what is left of the words

    @property
    def bottom(self) -> int:
        """Where its ink ends, from the top of the block."""
        return self.top + int(self.mask.height)


def drawable(text: str) -> str:
    """What of a text is drawn: one line, without what has no shape and marks heaped on one letter."""
    kept: list[str] = []
    marks = 0
    for letter in unicodedata.normalize("NFC", one_line(text[: 4 * MOST])):
        kind = unicodedata.category(letter)
        if kind in _UNDRAWN:
            continue
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if marks <= _MOST_MARKS:
            kept.append(letter)
    return " ".join("".join(kept[: MOST + 1]).split())


def is_rtl(text: str) -> bool:
    """The direction of a text by its first letter that has one (Unicode Standard Annex 9, rules P2 and P3)."""
    for letter in text:
        kind = unicodedata.bidirectional(letter)
        if kind in ("L", "R", "AL"):
            return kind != "L"
    return False


def shorten(text: str, length: int) -> str:
    """The first `length` characters of a text that is longer, with an ellipsis; no word or letter is cut in two where
    that costs little."""
    while 0 < length < len(text) and _belongs(text[length - 1], text[length]):
        length -= 1
    kept = text[:length]
    space = kept.rfind(" ")
    if length < len(text) and text[length] != " " and space > 0.7 * length:
        kept = kept[:space]
    return kept.rstrip(" ,.;:!?-–—·،。、") + ELLIPSIS


def fit(text: str, language: str, style: Style, width: int, height: int, *, rtl: bool) -> Block | None:
    """`text` (`drawable`) set as large as the place allows, else cut. None where there is nothing to draw.

    `rtl`: lines begin at the right; they do so for any words in such a picture.
    """

    if len(text) > MOST:
        text = shorten(text, MOST)
    longest = max((word for word in text.split(" ") if _is_one_word(word)), key=len, default="")

    def tried(words: str, size: int, *, least: bool = True) -> Block | None:
        if not style.lines:
            line = _set(words, language, style, size, None, rtl=rtl)
            if line is None or line.mask.width > width:
                return None
            return replace(line, left=width - line.mask.width if rtl else 0)
        block = _set(words, language, style, size, width, rtl=rtl)
        if block is None or block.bottom > height:
            return None
        if not least and len(longest) > _LONG:  # rather smaller than with a word in two
            alone = _set(longest, language, style, size, None, rtl=rtl)
            return block if alone is None or alone.mask.width <= width else None
        return block

    last = style.sizes[-1]
    whole = tried(text, last) if text else None
    if whole is not None:
        low, high = 0, len(style.sizes) - 1
        while low < high:
            middle = (low + high) // 2
            larger = tried(text, style.sizes[middle], least=False)
            whole, low, high = (larger, low, middle) if larger is not None else (whole, middle + 1, high)
        return whole
    least, most, best = 0, len(text) - 1, None
    while least < most:  # the most letters that fit
        middle = (least + most + 1) // 2
        found = tried(shorten(text, middle), last)
        if found is not None:
            least, best = middle, found
        else:
            most = middle - 1
    return best


_LONG = 10  # letters of a word that may be longer than a line


def _is_one_word(word: str) -> bool:
    """False where lines break within what has no spaces: Thai, Chinese, Japanese and the like."""
    return all(letter < "\u0e00" or "\u10a0" <= letter <= "\u137f" for letter in word)


def _belongs(before: str, after: str) -> bool:
    """True where nothing may be put between two characters: a mark, or emoji that are joined."""
    return (
        unicodedata.category(after)[0] == "M"
        or after in _JOINERS
        or before == "\u200d"
        or "\U0001f3fb" <= after <= "\U0001f3ff"
    )


_PANGO = 1024  # of its units are one pixel
_TALL = {"ar": 1.5, "fa": 1.5, "ur": 1.7, "th": 1.45, "my": 1.6, "km": 1.6, "hi": 1.4, "ne": 1.4, "mr": 1.4, "bn": 1.4}


def _leading(language: str, text: str) -> float:
    """From line to line, in sizes of the letters. Fonts of several scripts have distances of their own: too far."""
    return _TALL.get(language.split("-")[0].lower(), 1.5 if is_rtl(text) else 1.24)


def _set(text: str, language: str, style: Style, size: int, width: int | None, *, rtl: bool) -> Block | None:
    library = vips()
    # Pango turns "left" over in a paragraph that is written to the left
    align = "low" if is_rtl(text) == rtl else "high"
    height = round(_leading(language, text) * size * _PANGO)
    markup = (
        f'<span lang="{escape(language)}" font_weight="{style.weight}" line_height="{height}">{escape(text)}</span>'
    )
    where = {} if width is None else {"width": width, "wrap": "word-char"}
    try:
        mask = library.Image.text(markup, font=f"{style.family} {size}px", align=align, dpi=72, **where)
    except library.Error:  # nothing that has a shape, such as a joiner alone
        return None
    return Block(mask=mask, left=int(mask.get("xoffset")), top=int(mask.get("yoffset")), text=text)
