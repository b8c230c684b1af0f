"""A newcomer's own page in Chromium and Firefox: from either side, light and dark, on small screens, by keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from alongside.delivery.store import open_store
from browser.axe import axe_violations, check_with_axe
from browser.firefox import Firefox
from service.conftest import Running, make_home, running
from service.own_person import move_in, page
from service.test_clock import wait_until

pytestmark = pytest.mark.browser
HARD = {"name": "N" * 200, "text": "w" * 3000, "topics": tuple(f"topic {number}" for number in range(40))}


@pytest.fixture(scope="module")
def moved_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, dict[str, str]]]:
    """A service, and the path of each view."""
    store = open_store(tmp_path_factory.mktemp("store"), {})
    with running(store, make_home()) as service:
        joana = page(service, move_in(service))
        layla = page(service, move_in(service, email="layla@example.net", name="ليلى حداد", languages=("ar", "en")))
        hard = move_in(service, email="hard@example.net", languages=("de",), **HARD)
        yield (
            service,
            {
                "own": f"{joana}?done=pace",
                "in Arabic": layla,
                "hard": page(service, hard),
                "erase": f"{joana}/erase",
                "void": page(service, hard, generation=9),
            },
        )
    store.close()


def test_in_chromium(tab: Page, moved_in: tuple[Running, dict[str, str]]) -> None:
    service, paths = moved_in
    origin = f"http://127.0.0.1:{service.port}"
    complaints: list[str] = []
    elsewhere: list[str] = []
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("request", lambda request: None if request.url.startswith(origin) else elsewhere.append(request.url))
    for view, path in paths.items():
        tab.goto(origin + path)
        for scheme, width in (("light", 1200), ("dark", 320)):
            tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            tab.set_viewport_size({"width": width, "height": 800})
            assert tab.evaluate("document.documentElement.scrollWidth") <= width, (view, width)
            check_with_axe(tab)
    assert [text for text in complaints if "410" not in text and "favicon" not in text] == []
    assert elsewhere == []
    assert tab.context.cookies() == []


def test_in_firefox(firefox: Firefox, moved_in: tuple[Running, dict[str, str]]) -> None:
    service, paths = moved_in
    origin = f"http://127.0.0.1:{service.port}"
    tab = firefox.open()
    try:
        for view in ("in Arabic", "hard"):
            tab.goto(origin + paths[view])
            for width in (1200, 320):
                tab.resize(width, 800)
                assert tab.evaluate("document.documentElement.scrollWidth") <= width, view
                assert axe_violations(tab) == [], view
        assert [url for url in tab.requests if not url.startswith(origin)] == []
        tab.evaluate("document.querySelector('#pace').value = '14'")
        tab.evaluate("document.querySelector('#pace ~ button').focus()")
        tab.press("Enter")
        wait_until(lambda: tab.evaluate("location.search + document.readyState") == "?done=pacecomplete")
        assert tab.evaluate("document.querySelector('#pace').value") == "14"
    finally:
        tab.close()


def test_a_person_changes_the_pace_and_leaves(tab: Page, moved_in: tuple[Running, dict[str, str]]) -> None:
    """Without script, by keyboard; a reload does nothing again."""
    service, _ = moved_in
    path = page(service, move_in(service, email="leaving@example.net"))
    assert tab.context.browser is not None
    own = tab.context.browser.new_page(java_script_enabled=False)
    own.goto(f"http://127.0.0.1:{service.port}{path}")
    own.get_by_label("How often mails may come", exact=True).focus()
    own.keyboard.press("ArrowDown")
    own.keyboard.press("Tab")
    own.keyboard.press("Enter")
    own.get_by_role("status").wait_for()
    assert own.get_by_label("How often mails may come", exact=True).input_value() == "7"
    own.reload()
    with own.expect_download() as download:
        own.get_by_role("link", name="Download everything (JSON)").click()
    assert "leaving@example.net" in download.value.path().read_text(encoding="utf-8")
    own.get_by_role("link", name="Erase everything about me").click()
    own.get_by_role("link", name="Back to your page").click()
    own.get_by_role("heading", name="Your page").wait_for()
    own.get_by_role("link", name="Erase everything about me").click()
    own.get_by_role("button", name="Erase everything").press("Enter")
    own.get_by_role("heading", name="Everything is erased").wait_for()
    assert "leaving@example.net" not in str(service.dump())
    own.context.close()
