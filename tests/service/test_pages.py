"""The pages: in the reader's language, in its direction, for people without script and with any screen."""

from __future__ import annotations

from collections.abc import Iterator

import html5lib
import pytest
from playwright.sync_api import Page

from alongside.delivery.store import open_store
from alongside.rendering.interface import interface_languages
from alongside.service import pages
from alongside.service.pages import accepted_languages, choose_language, render_page
from browser.axe import check_with_axe

from .conftest import ONE_CLICK, Running, make_home, running


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ("", ()),
        ("de", ("de",)),
        ("de-CH, fr;q=0.9, en;q=0.8, *;q=0.5", ("de-CH", "fr", "en", "*")),
        ("en;q=0.1,ja", ("ja", "en")),
        ("fr;q=0, en", ("en",)),
        ("fr;q=much, en", ("en",)),
        (",;;,", ()),
    ],
)
def test_accept_language(header: str, tags: tuple[str, ...]) -> None:
    assert accepted_languages(header) == tags


@pytest.mark.parametrize(
    ("languages", "accept", "community", "chosen"),
    [
        (("ja", "en"), "de", "fr", "ja"),
        (("pt-BR",), "de", "fr", "pt"),
        (("sw", "es"), "de", "fr", "es"),  # the first we have words for
        (("sw",), "de", "fr", "de"),
        ((), "sw;q=1, uk;q=0.3", "fr", "uk"),
        ((), "", "fr", "fr"),
        ((), "", "sw", "en"),
    ],
)
def test_whose_language(languages: tuple[str, ...], accept: str, community: str, chosen: str) -> None:
    assert choose_language(languages, accept, community) == chosen


@pytest.mark.parametrize("language", interface_languages())
def test_every_page_in_every_language(language: str) -> None:
    home = make_home()
    made = [
        pages.ask_to_stop(home, language, "month"),
        pages.ask_to_stop(home, language, None),
        pages.ask_to_stop(home, language, "gone"),
        pages.stopped(home, language, "month", everything=False),
        pages.stopped(home, language, "month", everything=True),
        pages.stopped(home, language, None, everything=False),
        pages.ask_to_confirm(home, language, "careful"),
        pages.ask_to_confirm(home, language, "gone"),
        pages.confirmed(home, language, "careful"),
        pages.confirmed(home, language, "gone"),
        pages.nothing_to_confirm(home, language),
        *(pages.fault(language, what) for what in ("missing", "refused", "busy")),
    ]
    for page in made:
        html = render_page(page, home)
        assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in html
        assert "{" not in "".join((page.title, *page.texts, *page.notes))
        html5lib.HTMLParser(strict=True).parse(html)


def test_names_are_no_markup() -> None:
    home = make_home()
    object.__setattr__(home.community, "name", '<b>Bold</b> & "Sons"')
    html = render_page(pages.ask_to_stop(home, "en", "month"), home)
    assert "<b>" not in html
    assert "&lt;b&gt;Bold&lt;/b&gt; &amp; &#34;Sons&#34;" in html


def test_the_colours_are_the_themes() -> None:
    assert "--as-accent: #9c3a1c;" in pages.style()
    assert ":lang(ja)" in pages.style()
    assert "</" not in pages.style()


# --- in a browser ---

VIEWS = (
    "stop",
    "stop in Arabic",
    "stop in Japanese",
    "stopped",
    "stopped all",
    "erased",
    "confirm",
    "confirmed",
    "missing",
)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, dict[str, str]]]:
    """A service, and the path of each view."""
    store = open_store(tmp_path_factory.mktemp("store"), {})
    with running(store, make_home()) as service:

        def stop(**fields: object) -> str:
            return f"/stop/{service.token('stop', service.enroll(**fields))}"  # type: ignore[arg-type]

        paths = {
            "stop": stop(email="one@example.net"),
            "stop in Arabic": stop(email="two@example.net", languages=("ar",)),
            "stop in Japanese": stop(email="three@example.net", languages=("ja",), journey="careful"),
            "stopped": stop(email="four@example.net"),
            "stopped all": stop(email="five@example.net", languages=("de",)),
            "erased": f"/stop/{service.token('stop', 999)}",
            "confirm": f"/confirm/{service.token('confirm', service.enroll('careful', email='six@example.net'))}",
            "confirmed": f"/confirm/{service.token('confirm', service.enroll('careful', email='seven@example.net'))}",
            "missing": "/stop/s-abc",
        }
        service.post(paths["stopped"], ONE_CLICK)
        service.post(paths["stopped all"], b"stop=yes&all=yes")
        service.post(paths["confirmed"], b"confirm=yes")
        yield service, paths
    store.close()


@pytest.mark.browser
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing(tab: Page, asked: tuple[Running, dict[str, str]], view: str) -> None:
    service, paths = asked
    complaints: list[str] = []
    elsewhere: list[str] = []
    origin = f"http://127.0.0.1:{service.port}/"
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("request", lambda request: None if request.url.startswith(origin) else elsewhere.append(request.url))
    for scheme, width in (("light", 1200), ("dark", 320)):
        tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        tab.set_viewport_size({"width": width, "height": 800})
        tab.goto(origin.rstrip("/") + paths[view])
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        assert tab.evaluate("getComputedStyle(document.body).display") == "flex"  # the policy lets our style in
        assert [text for text in complaints if "404" not in text] == []
        check_with_axe(tab)
        complaints.clear()
    assert elsewhere == []
    assert tab.context.cookies() == []


@pytest.mark.browser
def test_a_person_presses_the_button(tab: Page, asked: tuple[Running, dict[str, str]]) -> None:
    """Without script, with the keyboard, from one page to the next."""
    service, _ = asked
    number = service.enroll(email="eight@example.net", languages=("ar",))
    plain = tab.context.browser
    assert plain is not None
    page = plain.new_page(java_script_enabled=False)
    page.goto(f"http://127.0.0.1:{service.port}/stop/{service.token('stop', number)}")
    assert page.locator("html").get_attribute("dir") == "rtl"
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.get_by_role("checkbox").is_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="توقفت الرسائل").wait_for()
    assert service.states()[number - 1] == "stopped"
    page.context.close()
