"""Relative links of docs files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alongside.model.links import docs_target


@pytest.mark.parametrize(
    ("source", "href", "target"),
    [
        ("stories/a.md", "../members/ana.md", "members/ana.md"),
        ("stories/a.md", "b.md#part", "stories/b.md"),
        ("stories/a.md", "b.md?x=1#y", "stories/b.md"),
        ("stories/a.md", "with%20space%20%C3%A9.png", "stories/with space é.png"),
        ("stories/a.md", "./x/../b.md", "stories/b.md"),
        ("stories/a.md", "..", ""),
        ("index.md", "members/", "members"),
        ("index.md", "a:b", None),
        ("index.md", "https://x.example", None),
        ("index.md", "mailto:a@b.example", None),
        ("index.md", "#part", None),
        ("index.md", "?q", None),
        ("index.md", "/absolute", None),
        ("index.md", "//host/x", None),
        ("index.md", "../secret", None),
        ("a/b.md", "../../secret", None),
        ("a/b.md", "%2e%2e/%2e%2e/secret", None),
        ("a/b.md", "..\\..\\x", None),
        ("a/b.md", "x%00y", None),
        ("a/b.md", "", None),
        ("a/b.md", "javascript:alert(1)", None),
    ],
)
def test_targets(source: str, href: str, target: str | None) -> None:
    assert docs_target(source, href) == target


@given(st.text(max_size=40))
def test_no_link_leaves_the_folder(href: str) -> None:
    target = docs_target("a/b/c.md", href)
    assert target is None or not (target.startswith(("../", "/")) or target == ".." or "\x00" in target)
