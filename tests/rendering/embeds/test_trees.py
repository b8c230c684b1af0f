"""Authored words for an embed: the page's HTML as a tree, whole addresses, nothing that runs or loads unasked."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from alongside import rendering
from alongside.rendering.embeds.trees import Node, html_tree, render_tree
from alongside.rendering.markdown import ATTRIBUTES, TAGS, VOID, Links
from rendering.test_markdown import HOSTILE

LINKS = Links(
    files={"members/ana.md": "members/ana/", "members/ben.md": "members/ben/"},
    documents=frozenset({"guide.md", "stories/desk.jpg"}),
    pages=frozenset({"members/ana/"}),
    page="https://community.example.org/",
    pictures=frozenset({"pictures.example.org", "community.example.org"}),
)
OUT = {"rel": "noopener nofollow ugc", "target": "_blank"}
HOW = {"loading": "lazy", "referrerpolicy": "no-referrer"}


def tree(text: str, **changes: Any) -> Any:
    """As JSON has it."""
    return json.loads(json.dumps(render_tree(text, source="stories/x.md", links=LINKS, **changes)))


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("Hello *there*", [["p", {}, "Hello ", ["em", {}, "there"]]]),
        ("a < b & c &copy;", [["p", {}, "a < b & c ©"]]),
        ("# One\n\n### Two", [["h4", {}, "One"], ["h6", {}, "Two"]]),
        ("- a\n- b\n", [["ul", {}, ["li", {}, "a"], ["li", {}, "b"]]]),
        ("<div>a <b>x</b> <i>y</i>\n</div>", [["div", {}, "a ", ["b", {}, "x"], " ", ["i", {}, "y"], "\n"]]),
        ("<pre>\n\n a\n</pre>", [["pre", {}, " a\n"]]),
        ("one  \ntwo", [["p", {}, "one", ["br", {}], "\ntwo"]]),
        ("```py\nx\n```", [["pre", {}, ["code", {"class": "language-py"}, "x\n"]]]),
        ("<bdo dir=rtl id=a class=b>x</bdo>", [["p", {}, ["bdo", {"dir": "rtl"}, "x"]]]),
        ("<script>alert(1)</script>", []),
        ('On <time datetime="2026-12-03">Thursday</time>', [["p", {}, "On Thursday"]]),
        ("", []),
    ],
)
def test_a_tree_is_the_page_s_html(text: str, nodes: object) -> None:
    assert tree(text) == nodes


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("[x](../members/ana.md#welcome)", "https://community.example.org/members/ana/#welcome"),
        ("[x](../guide.md)", "https://community.example.org/guide/"),
        ("[x](/elsewhere?a=1&b=2)", "https://community.example.org/elsewhere?a=1&b=2"),
        ("[x](HTTPS://example.org/a)", "HTTPS://example.org/a"),
        ("[x](https:///example.org/a)", "https://example.org/a"),
        ("[x](https:example.org/a)", "https://example.org/a"),
    ],
)
def test_links_are_whole_and_open_a_tab_of_their_own(text: str, href: str) -> None:
    assert tree(text) == [["p", {}, ["a", {"href": href, **OUT}, "x"]]]


def test_a_link_to_a_mailbox_opens_no_tab() -> None:
    assert tree("[x](mailto:team@example.org)") == [["p", {}, ["a", {"href": "mailto:team@example.org"}, "x"]]]


@pytest.mark.parametrize("href", ["#fn", "../members/ben.md", "gone.md", "javascript:x", "//example.org/x", "?q=1"])
def test_links_to_nothing_are_their_words(href: str) -> None:
    assert tree(f"See [*x*]({href}) there") == [["p", {}, "See ", ["em", {}, "x"], " there"]]


def test_notes_stand_below_without_ids() -> None:
    nodes = tree("Noted.[^1]\n\n[^1]: A note.")
    assert nodes[0] == ["p", {}, "Noted.", ["sup", {"class": "footnote-ref"}, "1"]]
    assert nodes[1] == ["section", {"class": "footnotes"}, ["ol", {}, ["li", {}, ["p", {}, "A note. "]]]]


def test_the_site_s_own_pictures_are_shown() -> None:
    src = "https://community.example.org/stories/desk.jpg"
    assert tree("![A desk](desk.jpg)") == [["p", {}, ["img", {"alt": "A desk", **HOW, "src": src}]]]
    assert tree(f"![]({src})") == [["p", {}, ["img", {"alt": "", **HOW, "src": src}]]]
    assert list(tree("![](desk.jpg)")[0][2][1])[-1] == "src"  # a browser may begin to load when it gets this one


def test_pictures_that_lie_elsewhere_are_links_unless_their_host_is_allowed() -> None:
    shown = "https://pictures.example.org/a.png?w=1"
    assert tree(f"![A]({shown})") == [["p", {}, ["img", {"alt": "A", **HOW, "src": shown}]]]
    other = "https://example.org/a.png"
    assert tree(f"![A]({other})") == [["p", {}, ["a", {"href": other, **OUT}, "A"]]]
    assert tree(f"[![A]({other})](https://example.org)") == [
        ["p", {}, ["a", {"href": "https://example.org", **OUT}, "A"]]
    ]


@pytest.mark.parametrize(
    "url",
    [
        "http://pictures.example.org/a.png",
        "https://pictures.example.org:8443/a.png",
        "https://pictures.example.org@evil.example/a.png",
        "https://evil.example\\@pictures.example.org/a.png",
        "https://evil.example/@pictures.example.org",
        "https://evil.example#@pictures.example.org",
        "https://pictures.example.org.evil.example/a.png",
        "https://pictures.example.org./a.png",
        "https://ｐictures.example.org/a.png",
        "https://pictures.example.org%2eevil.example/a.png",
        "https:pictures.example.org/a.png",
    ],
)
def test_no_other_host_passes_for_an_allowed_one(url: str) -> None:
    for text in (f"![A](<{url}>)", f'<img src="{url}" alt="A">'):
        assert "img" not in json.dumps(tree(text))


def test_without_an_address_of_the_site_only_words_stay() -> None:
    nowhere = Links(files=LINKS.files, documents=LINKS.documents, pages=LINKS.pages)
    made = render_tree("[x](../members/ana.md) ![A desk](desk.jpg) [y](/z)", source="stories/x.md", links=nowhere)
    assert made == (("p", {}, "x A desk y"),)


def test_no_element_has_the_name_of_a_node_that_the_script_knows() -> None:
    script = (Path(rendering.__file__).parent / "assets" / "embed" / "element.js").read_text(encoding="utf-8")
    body = script.split("const nodes = {", 1)[1].split("\n  };\n", 1)[0]
    nodes = set(re.findall(r"^    (\w+): \(", body, re.MULTILINE)) | set(re.findall(r"\bnodes\.(\w+) =", script))
    assert {"say", "pick", "time", "why"} <= nodes
    every = "".join(f"<{tag}>x</{tag}>" for tag in sorted(TAGS - VOID))
    for tag, *_ in each_element(html_tree(every, base="")):
        assert tag not in nodes


def each_element(nodes: tuple[Node, ...]) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    for node in nodes:
        if not isinstance(node, str):
            found += [node, *each_element(node[2:])]
    return found


def harmless(nodes: tuple[Node, ...]) -> None:
    for tag, attributes, *_ in each_element(nodes):
        assert tag in TAGS
        known = ATTRIBUTES["*"] | ATTRIBUTES.get(tag, set()) | {"rel", "target", "loading", "referrerpolicy"}
        assert set(attributes) <= known - {"id"}
        for name in {"href", "src"} & set(attributes):
            assert attributes[name].lower().startswith(("https://", "http://", "mailto:"))


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_is_left(text: str) -> None:
    harmless(render_tree(text, source="stories/x.md", links=LINKS))


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<p onclick=alert(1) style=x id=y class=admin>x</p>",
        '<a href="javascript:alert(1)">x</a><a href="java\nscript:alert(1)">y</a><a href=" data:x">z</a>',
        "<img src=javascript:alert(1) onerror=alert(1) alt=x><img src=data:image/svg+xml,x>",
        "<svg onload=alert(1)><a xlink:href='javascript:alert(1)'>x</a></svg>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe><form action=x><input></form></p></b>",
        "<p>never closed <a href=https://example.org>x",
    ],
)
def test_html_that_nobody_cleaned_is_held_against_the_list_again(html: str) -> None:
    harmless(html_tree(html, base="https://community.example.org/"))
