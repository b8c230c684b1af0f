"""JSON-LD: safe in its script element, whole addresses or none, and nothing empty."""

from __future__ import annotations

import json

import html5lib
from hypothesis import given
from hypothesis import strategies as st

from alongside.rendering.pages.jsonld import Linked, kept, script_json
from alongside.rendering.pages.views import Face, Label

FACE = Face(
    name="Ana",
    pronouns="",
    path="members/ana/",
    photo="members/ana b.jpg",
    small="members/ana b.jpg",
    initials="A",
    hue=0,
    place=None,
    roles=("writer",),
    status="active",
    welcomes=True,
    until="",
)


@given(st.text())
def test_no_text_closes_the_script(text: str) -> None:
    element = script_json({"name": text})
    inside = element.removeprefix('<script type="application/ld+json">').removesuffix("</script>")
    assert not set(inside) & set("<>&\u2028\u2029")
    assert json.loads(inside) == {"name": text}


def test_a_script_in_a_name_stays_a_name() -> None:
    html = script_json({"name": "</script><script>alert(1)</script><!--"}) + "<p>after</p>"
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    assert len(list(tree.iter("script"))) == 1
    assert [element.text for element in tree.iter("p")] == ["after"]


def test_addresses_are_whole() -> None:
    person = Linked(site_url="https://example.org/c/", site_name="C").person(FACE, same=["https://example.social/@a"])
    assert person["url"] == "https://example.org/c/members/ana/"
    assert person["image"] == "https://example.org/c/members/ana%20b.jpg"
    assert person["sameAs"] == ["https://example.social/@a"]


def test_a_site_without_address_has_no_addresses() -> None:
    linked = Linked(site_url="", site_name="C")
    page = linked.page(linked.person(FACE), trail=[Label(text="Home", language="en")])
    assert page["@graph"] == [{"@type": "Person", "name": "Ana", "jobTitle": ["writer"]}]


def test_the_way_to_a_page_is_there() -> None:
    linked = Linked(site_url="https://example.org/", site_name="C")
    trail = [Label(text="Home", language="en"), Label(text="People", language="en", path="members/")]
    crumbs = linked.page(trail=trail)["@graph"][0]
    assert [item["item"] for item in crumbs["itemListElement"]] == [
        "https://example.org/",
        "https://example.org/members/",
    ]
    assert [item["position"] for item in crumbs["itemListElement"]] == [1, 2]


def test_nothing_empty_is_said() -> None:
    assert kept({"a": "", "b": [], "c": {}, "d": None, "e": 0, "f": "x"}) == {"e": 0, "f": "x"}
