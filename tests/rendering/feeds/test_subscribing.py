"""The ways into calendar apps: whole addresses, from which each app reads what we meant, whatever a name holds."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from alongside.rendering.feeds.subscribing import SubscribeLinks, subscribe_links

SITE = "https://community.example.org/"
TEXT = st.characters(codec="utf-8", exclude_characters="/")


def test_every_way_into_a_calendar() -> None:
    assert subscribe_links(SITE, "feeds/groups/docs-berlin.ics", "Docs Berlin") == SubscribeLinks(
        path="feeds/groups/docs-berlin.ics",
        address="https://community.example.org/feeds/groups/docs-berlin.ics",
        webcal="webcal://community.example.org/feeds/groups/docs-berlin.ics",
        google="https://calendar.google.com/calendar/r"
        "?cid=webcal%3A%2F%2Fcommunity.example.org%2Ffeeds%2Fgroups%2Fdocs-berlin.ics",
        outlook="https://outlook.live.com/calendar/0/addfromweb"
        "?url=https%3A%2F%2Fcommunity.example.org%2Ffeeds%2Fgroups%2Fdocs-berlin.ics&name=Docs%20Berlin",
        outlook_work="https://outlook.office.com/calendar/0/addfromweb"
        "?url=https%3A%2F%2Fcommunity.example.org%2Ffeeds%2Fgroups%2Fdocs-berlin.ics&name=Docs%20Berlin",
    )


def test_a_site_without_an_address_has_the_file_alone() -> None:
    assert subscribe_links("", "feeds/all.ics", "Ours") == SubscribeLinks(path="feeds/all.ics")
    assert subscribe_links("/docs/", "feeds/all.ics", "Ours") == SubscribeLinks(path="feeds/all.ics")


def test_a_site_in_a_folder_at_a_port() -> None:
    links = subscribe_links("http://127.0.0.1:8000/docs/", "feeds/all.ics", "Ours")
    assert links.webcal == "webcal://127.0.0.1:8000/docs/feeds/all.ics"
    assert links.address == "http://127.0.0.1:8000/docs/feeds/all.ics"


@given(slug=st.text(TEXT, min_size=1), name=st.text(TEXT))
def test_no_name_and_no_slug_adds_anything(slug: str, name: str) -> None:
    path = f"feeds/groups/{slug}.ics"
    links = subscribe_links(SITE, path, name)
    assert unquote(links.address) == SITE + path
    assert parse_qsl(urlsplit(links.google).query) == [("cid", links.webcal)]
    for link in (links.outlook, links.outlook_work):
        read = parse_qsl(urlsplit(link).query, keep_blank_values=True)
        assert read == [("url", links.address), ("name", name)]
    for link in (links.address, links.webcal, links.google, links.outlook, links.outlook_work):
        assert link.isascii()
        assert not set(link) & set(" \"'<>\\`{}|^#")
