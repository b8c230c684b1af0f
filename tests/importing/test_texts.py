"""Descriptions as Markdown: what was text stays text, what was markup stays what it meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alongside.importing.texts import markdown_of, markdown_of_html, without_addresses
from alongside.rendering.feeds.plain_texts import plain_text
from alongside.rendering.markdown import clean_html, commonmark

PLAIN = r"""
Bring *one* page & a <pen>, snake_case
# Not a heading
See https://example.org/a_b*c
----
1. Doors
2) Talks
• Beer
Join: https://meet.jit.si/x
Notes: [1](2) `code` ~~no~~ &amp; end_
"""
MARKDOWN = r"""
Bring \*one\* page & a \<pen>, snake_case\
\# Not a heading\
See https://example.org/a_b*c

* * *

1. Doors
2) Talks
- Beer

Join: https://meet.jit.si/x\
Notes: \[1\](2) \`code\` \~\~no\~\~ \&amp; end\_
"""
HTML = (
    "<html><body><h2>Talks</h2><p>Bring <b> one</b> page, <i>please</i> *really*.<br>1. Thanks &amp; bye</p>"
    '<ul><li>18:30&nbsp;doors</li><li>19:00 <a href="https://example.org/t?a=1&amp;b=(2)">talks</a><ol><li>one</li>'
    '<li>two</li></ol></li></ul><p>See <a href="https://example.org/">https://example.org/</a>'
    '<a href="javascript:alert(1)"> this</a> <a href="mailto:a@example.org">us</a></p><hr><script>alert(2)</script>'
    "<table><tr><td>a</td><td>b</td></tr></table><div># no heading</div></body></html>"
)
FROM_HTML = """
## Talks

Bring **one** page, *please* \\*really\\*.\\
1\\. Thanks & bye

- 18:30 doors
- 19:00 [talks](<https://example.org/t?a=1&b=(2)>)
  1. one
  2. two

See https://example.org/ this us

* * *

a b

\\# no heading
"""


def test_plain_text_is_no_markup() -> None:
    assert markdown_of(PLAIN) == MARKDOWN.strip()
    wrapped = "A line that a program has wrapped here, as long as it could be\nand then went on, so that it is one"
    assert markdown_of(wrapped) == wrapped
    assert markdown_of("One\r\ntwo\x0bthree\n\n\n\nfour") == "One\\\ntwo\\\nthree\n\nfour"


def test_html_keeps_what_it_means() -> None:
    assert markdown_of_html(HTML) == FROM_HTML.strip()
    assert markdown_of("a <b>b</b>\nc") == "a **b**\\\nc"
    for hostile in ("<b>" * 3000, "<p><b>a" * 3000, "<!--" * 9000, "</p>" * 9, "<a href='x'", "<b></b><i> </i>"):
        assert "alert" not in markdown_of(hostile)


@given(st.text(alphabet="ab *_`#>-+=[]()<&;|~\\\n.1:/", max_size=80))
def test_no_text_becomes_markup(text: str) -> None:
    """What a reader sees of a text, rendered again as ours are, are its words; no tag comes out of it."""
    html = clean_html(commonmark(markdown_of(text.replace("<", "< "))))
    for tag in ("<strong", "<em>", "<code", "<h1", "<h2", "<blockquote", "<a ", "<del", "<pre", "<table", "<img"):
        assert tag not in html, html
    shown = "".join(character for character in plain_text(html) if character.isalpha())
    assert shown == "".join(character for character in text if character.isalpha())


@pytest.mark.parametrize(
    ("text", "kept", "count"),
    [
        ("Write to ana@example.org.", "Write to ….", 1),
        ("mailto:Ana.Souza+x@mail.example.org, or b@c.de", "…, or …", 2),
        ("@ana@example.social https://example.org/@ana https://a.org/msg/4f@mail.example.org", None, 0),
        ("https://a.org/embed?src=x%40group.calendar.google.com", None, 0),
        ("mail=a@b.org, b@c.org/d@e.org, ana＠example.org, ana@почта.рф", "mail=…, …/…, …, …", 5),
        (
            "https://a.org/j/1?pwd=2&authuser=x%40y.org https://a.org/ical/x%40y.org/?m=x@y.org",
            "https://a.org/j/1?pwd=2&authuser=… https://a.org/ical/…/?m=…",
            3,
        ),
        ("https://a.org/?m=Ana%40example.org", "https://a.org/?m=…", 1),
    ],
)
def test_addresses_are_left_out(text: str, kept: str | None, count: int) -> None:
    assert without_addresses(text, {"ana@example.org"}) == (text if kept is None else kept, count)
