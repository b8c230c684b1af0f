"""Text to the words it is compared by; the same rule for every script, simple enough to run in a browser too.

The rule: a text is composed (NFC), each character is folded by itself (compatibility forms and case away, accents and
Arabic vowel marks dropped), runs of letters and digits are words, a plural's "s" is dropped, and scripts written
without spaces are cut into pairs of characters. Folding looks at one character at a time so that a table of them can be
shipped: what a letter is and how it is folded is then what this Python says, whatever Unicode the reader has.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache, lru_cache
from importlib import resources

# Vowel signs of Indic and South-East Asian scripts are marks, which `\w` leaves out; without them words fall apart.
_LETTER = r"[^\W_]|[\u0900-\u0963\u0971-\u0dff\u0e00-\u0e4e\u0e80-\u0ece\u1000-\u1049\u1780-\u17d3]"
_WORD = re.compile(f"(?:{_LETTER})+")
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_ACCENT = re.compile(r"[\u0300-\u036f\u064b-\u0652\u0640]")
# Han, kana, Thai, Lao, Khmer, Burmese: no spaces between words
_UNSPACED = re.compile(
    r"[\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
    r"|[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+"
)
MAXIMUM_CHARACTERS = 200_000  # of one text; what a person wrote is shorter


class _Folding(dict[int, str]):
    """What each character becomes, worked out when it is first met (for `str.translate`)."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = fold_character(chr(code))
        return folded


def fold_character(character: str) -> str:
    """One character without case, accent and compatibility form; of some nothing is left, of some several remain."""
    decomposed = unicodedata.normalize("NFKD", character).casefold()
    return unicodedata.normalize("NFC", _ACCENT.sub("", unicodedata.normalize("NFKD", decomposed)))


def is_letter(character: str) -> bool:
    """True when words are made of it; every other character stands between them."""
    return _WORD.fullmatch(character) is not None


_FOLDING = _Folding()


def fold(text: str) -> str:
    """Case, accents and compatibility forms away: "Café" and "CAFE" are one."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", text).translate(_FOLDING)


@lru_cache(maxsize=1024)  # a community speaks few, and every comparison asks
def language_of(tag: str) -> str:
    """A language without its region: "pt-BR" -> "pt"."""
    return tag.split("-")[0].casefold()


def stem(word: str) -> str:
    """A folded word with a plural's "s" away (en, es, pt, fr), where the rest is still a word."""
    return word[:-1] if len(word) > 3 and word[-1] == "s" and word[-2] not in "su" else word


def count_words(text: str) -> Counter[str]:
    """How often each of the `words` of `text` stands in it, without making the list."""
    folded = fold(text[:MAXIMUM_CHARACTERS])
    counts: Counter[str] = Counter()
    if folded.isascii():
        counted = counts.get  # a counter asks Python for each word that it does not hold yet
        for word in _ASCII_WORD.findall(folded):
            part = stem(word) if word[-1] == "s" else word
            counts[part] = counted(part, 0) + 1
        return counts
    for word, times in Counter(_WORD.findall(folded)).items():
        for part in _parts(word):
            counts[part] += times
    return counts


@cache
def function_words() -> frozenset[str]:
    """Words, as they are compared, that say nothing of what a text is about (`function_words.txt`)."""
    text = (resources.files("alongside.matching") / "function_words.txt").read_text(encoding="utf-8")
    lines = [line.partition(":")[2] for line in text.splitlines() if not line.startswith("#")]
    return frozenset(words("\n".join(lines)))


def runs(text: str) -> list[str]:
    """The folded runs of letters and digits of `text`, before plurals and pairs: what a place name is looked up by."""
    return _WORD.findall(fold(text[:MAXIMUM_CHARACTERS]))


def words(text: str) -> list[str]:
    """The words of `text` in their order, with repetitions: "Three talks, in Kyōto" -> three, talk, in, kyoto."""
    folded = fold(text[:MAXIMUM_CHARACTERS])
    if folded.isascii():
        return [stem(word) for word in _ASCII_WORD.findall(folded)]
    return [part for word in _WORD.findall(folded) for part in _parts(word)]


def _parts(word: str) -> list[str]:
    """A run of letters as it is compared: its stem, or pairs of characters where its script has no spaces."""
    if word.isascii():
        return [stem(word)]
    found: list[str] = []
    position = 0
    for run in _UNSPACED.finditer(word):
        if run.start() > position:
            found.append(stem(word[position : run.start()]))
        found.extend(_pairs(run.group()))
        position = run.end()
    if position < len(word):
        found.append(stem(word[position:]))
    return found


def _pairs(run: str) -> list[str]:
    return [run] if len(run) == 1 else [run[i : i + 2] for i in range(len(run) - 1)]
