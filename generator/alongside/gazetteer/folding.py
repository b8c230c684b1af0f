"""One spelling for the many a name can have; the data file's keys are folded by the same function.

>>> fold("Sankt-Peterburg"), fold("St. John's"), fold("SÃO PAULO"), fold("U.S.A.")
('sanktpeterburg', 'saintjohns', 'saopaulo', 'usa')
"""

from __future__ import annotations

import functools
import re
import unicodedata

# Letters that Unicode does not decompose, and Arabic letters that Persian, Urdu and Egypt write differently.
_LETTERS = str.maketrans(
    {
        "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "æ": "ae", "œ": "oe", "ħ": "h", "ŧ": "t",
        "ə": "a", "ک": "ك", "ی": "ي", "ى": "ي", "ې": "ي", "ة": "ه", "ە": "ه", "ہ": "ه", "ھ": "ه", "&": " and ",
        # apostrophes and their many stand-ins go without leaving a gap: Xi'an, Hawaiʻi, al-Jaza´ir
        "'": "", "’": "", "‘": "", "`": "", "´": "", "ʻ": "", "ʼ": "", "ʿ": "", "ʾ": "", "ʹ": "", "′": "", "״": "",
    }
)  # fmt: skip
_SHORT = {"st": "saint", "ste": "sainte", "mt": "mount", "ft": "fort"}
_WORD = re.compile(r"[\W_]+")
_INITIALS = re.compile(r"\b(\w)\.(?=\w\b|\s|,|$)")


@functools.lru_cache(maxsize=16_384)
def fold(text: str) -> str:
    """The key of a name: no case, no accents, no spaces or punctuation; `St.` is `Saint`, `Mt` is `Mount`.

    Marks fall off the alphabets where they are often left out (Latin, Greek, Cyrillic, Hebrew, Arabic). Elsewhere
    they are letters in their own right (Devanagari's vowels, Japanese voicing) and stay; Hangul stays in syllables.
    """
    text = text.casefold().translate(_LETTERS)
    if not text.isascii():
        bare: list[str] = []
        base = ""
        for letter in unicodedata.normalize("NFKD", text):
            if unicodedata.combining(letter):
                if base < "\u0700":
                    continue
            else:
                base = letter
                if unicodedata.category(letter) == "Cf":  # direction marks, joiners
                    continue
            bare.append(letter)
        text = unicodedata.normalize("NFC", "".join(bare)).casefold().translate(_LETTERS)
        text = "".join(
            c if c.isalnum() or unicodedata.category(c)[0] == "M" else "." if c == "." else " " for c in text
        )
        words = _INITIALS.sub(r"\1", text).replace(".", " ").split()
    else:
        words = _WORD.sub(" ", _INITIALS.sub(r"\1", text)).split()
    return "".join([_SHORT.get(word, word) for word in words])
