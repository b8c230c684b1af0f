"""Links, code and sections of Markdown, compared with the renderer that pages are made with."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import unquote

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import given, settings
from hypothesis import strategies as st

from alongside.source.markdown import destinations, fenced, may_hold_near_links, sections, without_code


def rendered(text: str) -> list[str]:
    """The destinations cmark sees."""
    html = cmarkgfm.github_flavored_markdown_to_html(text, options=Options.CMARK_OPT_UNSAFE)
    return sorted(unquote(unescape(found)) for found in re.findall(r"""(?:href|src)=["']([^"']*)["']""", html))


@pytest.mark.parametrize(
    "text",
    [
        "[a](b.md) and ![c](d.png)",
        "[![alt](i.png)](page.md)",
        "[a](<with space.md>) [b](two\\(x.md) [c](x(y)z.md)",
        "[a](b.md \"title\") [c](d.md 'title') [e](f.md (title))",
        "[a]\n\n[a]: ../x.md\n",
        "`[no](code.md)` and ``a ` [no](b.md)`` [yes](c.md)",
        "```\n[no](a.md)\n```\n[yes](b.md)\n",
        "~~~\n```\n[no](a.md)\n~~~\n[yes](b.md)\n",
        "Text\n\n    [no](a.md)\n\nText [yes](b.md)\n",
        "- item\n\n    [yes](a.md)\n",
        "<!-- [no](a.md) -->\n\n[yes](b.md)",
        "<a href=\"x.md\">x</a> <img src='y.png'>",
        r"\[no](a.md) [no\](b.md)",
        "[a](b%20c.md) [d](e&amp;f.md)",
        "a ` [yes](b.md) c\n\nd ` e",
    ],
)
def test_destinations_are_those_of_the_renderer(text: str) -> None:
    assert sorted(unquote(item.href) for item in destinations(text)) == rendered(text)


def test_indices_point_at_the_destination() -> None:
    text = "One\n`[x](y)` [a](b.md)\n\n[c]: <d e.md>\n"
    assert [text[item.index :].startswith(item.href) for item in destinations(text)] == [True, True]


@given(st.text(alphabet="[]()`~<>!\\ \n#-\"'ab.:=", max_size=60))
@settings(max_examples=200)
def test_code_and_links_of_anything(text: str) -> None:
    masked = without_code(text)
    assert len(masked) == len(text)
    assert [len(line) for line in masked.split("\n")] == [len(line) for line in text.split("\n")]
    for item in destinations(text):
        assert 0 <= item.index <= len(text)


def test_the_quick_look_never_misses_a_near_link() -> None:
    for text in ("[a](b.md)", "![](x.png)", "[a]: b.md", '<img src="x.png">', "[a](<b c.md>)", "[a]( b.md)"):
        assert may_hold_near_links(text), text
    assert not may_hold_near_links("[a](https://x.example) [b](#c) [d](mailto:x) plain = text")


def test_hostile_lengths_take_no_time() -> None:
    for text in (
        "](" * 50_000,
        "`" * 100_000,
        "[" * 100_000,
        "](<" * 50_000,
        "a `b " * 30_000,
        '](a "' * 30_000,
        "<a " * 50_000,
    ):
        destinations(text)


def test_fences() -> None:
    text = "a\n```py\nx\n```\nb\n````\n```\n"
    assert [text[start:end] for start, end in fenced(text)] == ["```py\nx\n```", "````\n```\n"]


def test_sections() -> None:
    body = "Bio.\n\n## Other\n\nMore bio.\n\n## Welcome\n\nHello.\n\n### Inside\n\n```\n## Check-in\n```\n\n##  check in ##\nHow?\n"
    found = sections(body, ("welcome", "check-in"))
    assert [(section.name, section.line, section.text_line) for section in found] == [
        ("", 0, 1),
        ("welcome", 7, 9),
        ("check-in", 17, 18),
    ]
    assert found[0].text == "Bio.\n\n## Other\n\nMore bio."
    assert found[1].text.startswith("Hello.")
    assert found[1].text.endswith("```")
    assert found[2].text == "How?"
