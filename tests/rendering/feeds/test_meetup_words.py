"""What a meetup's text says without markup."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alongside.rendering.feeds.content_lines import clean_text
from alongside.rendering.feeds.meetup_words import is_prose
from alongside.rendering.feeds.plain_texts import plain_text
from alongside.rendering.markdown import clean_html, commonmark

PIECES = ["www", "WWW", ".", "example", "org", "a", "é", "ª", "１", "1", "花", " ", "  ", "-", "--", "(", ")", "'", "!"]
SIGNS = [*'*_`~<>&[]#+=|:@/\\^\n\t"', "\u00a0", "\u2028", "e\u0301", "&amp;", "https://", "a@example.org"]


@given(st.lists(st.sampled_from(PIECES), max_size=12), st.sampled_from(["", "\n", " \n\n"]))
def test_prose_is_its_own_plain_text(pieces: list[str], end: str) -> None:
    text = "".join(["M", *pieces, end])
    for prose in filter(is_prose, (text, text[1:], f"We meet, {text}")):
        assert plain_text(clean_html(commonmark(clean_text(prose)))) == prose.rstrip()


@pytest.mark.parametrize("sign", SIGNS)
def test_what_markdown_may_read_is_no_prose(sign: str) -> None:
    assert is_prose("We meet (for the 3rd time); everybody's welcome, new-comers, too!\n")
    assert not is_prose(f"We meet {sign} then")
    assert not is_prose("1. We meet")
    assert not is_prose("    We meet")
