"""Text to the words it is compared by."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alongside.matching.words import count_words, fold, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Three talks, in Kyōto!", ["three", "talk", "in", "kyoto"]),
        ("CAFÉ café Café", ["cafe", "cafe", "cafe"]),
        ("class bus focus", ["class", "bus", "focus"]),  # an "s" that is no plural stays
        ("R and C++", ["r", "and", "c"]),
        ("snake_case and well-known", ["snake", "case", "and", "well", "known"]),
        ("私は東京の", ["私は", "は東", "東京", "京の"]),
        ("NASAの話", ["nasa", "の話"]),
        ("العَرَبِيَّة", ["العربية"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("Київ, й", ["київ".replace("ї", "і"), "и"]),
        ("ﬁne ２０２６", ["fine", "2026"]),
        ("", []),
        ("🎉 —", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected
    assert count_words(text) == Counter(expected)


@given(st.text(max_size=300))
def test_any_text_has_words_that_are_folded_already(text: str) -> None:
    for word in words(text):
        assert word
        assert fold(word) == word or len(fold(word)) != len(word)  # a few letters have no stable folding


def test_a_very_long_text_is_cut() -> None:
    assert len(words("talk " * 100_000)) == 40_000
