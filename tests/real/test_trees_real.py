"""Every text of the real communities: the tree for an embed says what the page says."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

import html5lib
import pytest

from alongside.model.community import Community
from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings
from alongside.rendering.embeds.trees import html_tree
from alongside.rendering.markdown import VOID, Links, render_markdown

pytestmark = pytest.mark.real
COMMUNITIES = ("biodrop", "carpentries", "openstreetmap", "rladies", "ropensci")
BASE = "https://community.example.org/"
BLOCKS = (
    "blockquote|caption|col|colgroup|dd|details|div|dl|dt|figcaption|figure|h[1-6]|hr|li|ol|p|pre|section|summary|table"
    "|tbody|td|tfoot|th|thead|tr|ul"
)


def texts(community: Community) -> Iterator[tuple[str, str]]:
    """(docs file, Markdown) of all that people wrote."""
    for story in community.stories.values():
        yield story.position.path, story.body
    for member in community.members.values():
        for page in member.pages.values():
            yield from ((page.position.path, text) for text in (page.bio, page.welcome, page.check_in))
    for group in community.groups.values():
        yield group.position.path, group.body
    for meetup in community.meetups.values():
        yield meetup.position.path, meetup.body


def as_html(node: Any) -> str:
    """HTML of a tree, attributes in order of their names."""
    if isinstance(node, str):
        return escape(node, quote=False)
    tag, attributes, *children = node
    inside = "".join(map(as_html, children))
    shown = "".join([f' {name}="{escape(value)}"' for name, value in sorted(attributes.items())])
    return f"<{tag}{shown}>" + ("" if tag in VOID else f"{inside}</{tag}>")


def as_embedded(element: Any, within: list[Any]) -> list[Any]:
    """What a browser would make of a page's HTML, by the rules of embeds; written apart from what is tested."""
    children = list(within)
    if element.text:
        children.append(element.text)
    for child in element:
        values = dict(child.attrib)
        values.pop("id", None)
        inside = as_embedded(child, [])
        if values.get("class") == "as-picture":
            del values["class"]
        if values.get("class") == "footnote-backref":
            pass
        elif child.tag == "time":
            children += inside
        elif child.tag == "a" and not re.match("https?:|mailto:", values.get("href", "#"), re.IGNORECASE):
            target = values.get("href", "#")
            if target.startswith("/"):
                children.append(("a", {**values, **OUT, "href": BASE.rstrip("/") + target}, *inside))
            else:
                children += inside
        elif child.tag == "a" and values["href"].lower().startswith("mailto:"):
            values.pop("rel", None)
            children.append(("a", values, *inside))
        elif child.tag == "a":
            href = re.sub(r"^(https?):///", r"\1://", values["href"])
            children.append(("a", {**values, **OUT, "href": href}, *inside))
        elif child.tag == "img":
            src = values.get("src", "")
            src = BASE.rstrip("/") + src if src.startswith("/") else src
            children.append(("img", {"alt": "", **values, "src": src}) if src else values.get("alt", ""))
        else:
            children.append((child.tag, values, *inside))
        if child.tail:
            children.append(child.tail)
    return children


OUT = {"rel": "noopener nofollow ugc", "target": "_blank"}
PRE = re.compile(r"(<pre[ >].*?</pre>)", re.DOTALL)
AFTER_BLOCK = re.compile(rf"(</?(?:{BLOCKS})(?: [^>]*)?>)\s+(?=</?(?:{BLOCKS})\b)")


def seen(html: str) -> str:
    """Without white space between the tags of blocks, but in `pre`."""
    pieces = PRE.split(html)
    pieces[::2] = [AFTER_BLOCK.sub(r"\1", piece) for piece in pieces[::2]]
    return AFTER_BLOCK.sub(r"\1", "".join(pieces)).strip()


@pytest.mark.parametrize("name", COMMUNITIES)
def test_the_tree_is_the_page(shared: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    settings, _ = read_settings(shared / "communities" / name / "mkdocs.yml")
    community = load_community(settings, today=date(2026, 11, 23), cache=False).community
    pages = frozenset(community.files.values())
    links = Links(files=community.files, documents=community.documents, pages=pages, page=BASE)
    spent, made, different = 0.0, 0, []
    for path, text in texts(community):
        if not text.strip():
            continue
        html = render_markdown(text, source=path.removeprefix("content/"), links=links, heading=4)
        started = time.perf_counter()
        tree = html_tree(html, base=BASE)
        spent += time.perf_counter() - started
        made += 1
        page = html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False)
        expected = "".join(map(as_html, as_embedded(page, [])))
        if seen("".join(map(as_html, tree))) != seen(expected):
            different.append(path)
    assert made > 20
    assert different == []
    with capsys.disabled():
        print(f"\n{name}: {made} texts, {spent / made * 1e6:.0f} us a tree")
