"""The pages: in the reader's language, in its direction, for people without script and with any screen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

import html5lib
import pytest
from playwright.sync_api import Page

from alongside.delivery.notes.choices import Asked
from alongside.delivery.store import open_store
from alongside.delivery.tokens import CHOICES
from alongside.rendering.interface import interface_languages
from alongside.service import choice_pages, pages
from alongside.service.home import Home
from alongside.service.pages import accepted_languages, choose_language, render_page
from browser.axe import axe_violations, check_with_axe
from browser.firefox import Firefox

from .conftest import NOW, ONE_CLICK, Running, make_home, running
from .test_clock import wait_until


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
        *pages_about_notes(home, language),
    ]
    for page in made:
        html = render_page(page, home)
        assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in html
        assert "{" not in "".join((page.title, *page.texts, *page.notes))
        html5lib.HTMLParser(strict=True).parse(html)


def pages_about_notes(home: Home, language: str) -> list[pages.Page]:
    """In every state, of somebody with a name and of somebody without."""
    made = []
    for choice in CHOICES:
        for name in ("Joana Prado", ""):
            asked = Asked(state="open", name=name, zone="UTC", due_at=NOW, until=NOW + timedelta(days=7))
            moment = choice_pages.Moment(home=home, language=language, asked=asked, now=NOW)
            made += [
                choice_pages.ask(choice, moment),
                choice_pages.ask(choice, moment, trouble=choice == "ask-away"),
                choice_pages.decided(choice, moment),
                choice_pages.over(home, language, choice),
            ]
    return made


@pytest.mark.parametrize("language", interface_languages())
def test_sentences_about_notes_are_whole(language: str) -> None:
    """No date ends in a full stop of its own before the sentence's."""
    for page in pages_about_notes(make_home(), language):
        words = [page.title, *page.texts, *page.notes]
        if page.form is not None and page.form.day is not None:
            words += [page.form.day.label, page.form.day.trouble]
        assert not [text for text in words if ".." in text or "  " in text or "None" in text]


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

LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff" * 2
LOOKS: tuple[tuple[Literal["light", "dark"], int], ...] = (("light", 1200), ("dark", 320))


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
            "block": service.path("block", service.converse("member", email="b@example.net")),
            "block in Arabic": service.path("block", service.converse("newcomer", email="c@e.net", languages=("ar",))),
            "reported": service.path("report", service.converse("newcomer", email="d@example.net", languages=("uk",))),
            "first": service.path("first", service.write_first()),
            "first in Japanese": service.path("first", service.write_first(sender="kei@example.com", language="ja")),
            "first over": service.path("first", 999),
            "ask-send": service.path("ask-send", service.ask_ana(email="e@example.net", name=LONG_NAME)),
            "ask-skip": service.path("ask-skip", service.ask_ana(email="f@example.net", name="نور الهدى")),
            "ask-away": service.path("ask-away", service.ask_ana(email="g@example.net")),
            "away": service.path("ask-away", service.ask_ana(email="h@example.net")),
        }
        service.post(paths["reported"], b"sure=yes")
        service.post(paths["away"], b"sure=yes&until=2026-12-01")
        service.post(paths["stopped"], ONE_CLICK)
        service.post(paths["stopped all"], b"stop=yes&all=yes")
        service.post(paths["confirmed"], b"confirm=yes")
        yield service, paths
    store.close()


@pytest.mark.browser
def test_axe_finds_nothing(tab: Page, asked: tuple[Running, dict[str, str]]) -> None:
    service, paths = asked
    complaints: list[str] = []
    elsewhere: list[str] = []
    origin = f"http://127.0.0.1:{service.port}/"
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("request", lambda request: None if request.url.startswith(origin) else elsewhere.append(request.url))
    for view, path in paths.items():
        tab.goto(origin.rstrip("/") + path)
        assert tab.evaluate("getComputedStyle(document.body).display") == "flex", view  # the policy lets our style in
        assert [text for text in complaints if "404" not in text] == [], view
        for scheme, width in LOOKS:
            tab.emulate_media(color_scheme=scheme)
            tab.set_viewport_size({"width": width, "height": 800})
            assert tab.evaluate("document.documentElement.scrollWidth") <= width, (view, width)
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


@pytest.mark.browser
def test_a_member_says_when_they_are_back(tab: Page, asked: tuple[Running, dict[str, str]]) -> None:
    """Without script: a day that cannot be taken, then one that can."""
    service, _ = asked
    path = service.path("ask-away", service.ask_ana(email="nine@example.net"))
    assert tab.context.browser is not None
    page = tab.context.browser.new_page(java_script_enabled=False)
    page.goto(f"http://127.0.0.1:{service.port}{path}")
    day = page.get_by_label("I am back on")
    button = page.get_by_role("button", name="Wait until then")
    button.click()  # the browser itself asks for a day
    page.get_by_role("heading", name="When are you back?").wait_for()
    assert day.get_attribute("aria-invalid") is None
    day.evaluate("one => { one.min = ''; one.required = false }")
    day.fill("2026-01-01")
    button.click()
    page.get_by_role("alert").wait_for()
    assert "24 November 2026" in page.get_by_role("alert").inner_text()
    day.fill("2026-12-24")
    button.click()
    page.get_by_role("heading", name="We wait until you are back").wait_for()
    assert "24 December 2026" in page.locator("main").inner_text()
    assert day.input_value() == "2026-12-24"
    page.context.close()


@pytest.mark.browser
def test_in_firefox(firefox: Firefox, asked: tuple[Running, dict[str, str]]) -> None:
    """Of each kind of page one, wide and narrow; and a button that is pressed by the keyboard."""
    service, paths = asked
    origin = f"http://127.0.0.1:{service.port}"
    tab = firefox.open()
    try:
        for view in ("block in Arabic", "first in Japanese", "ask-send", "away"):
            tab.goto(origin + paths[view])
            for width in (1200, 320):
                tab.resize(width, 800)
                assert tab.evaluate("document.documentElement.scrollWidth") <= width, view
                assert axe_violations(tab) == [], view
        assert [text for text in tab.messages if "favicon" not in text] == []  # it asks for one, and may not
        path = service.path("ask-away", service.ask_ana(email="ten@example.net"))
        tab.goto(origin + path)
        tab.evaluate("document.querySelector('#until').value = '2026-12-24'")
        tab.evaluate("document.querySelector('button').focus()")
        tab.press("Enter")
        wait_until(lambda: "24 December 2026" in tab.evaluate("document.querySelector('main')?.innerText ?? ''"))
        assert [url for url in tab.requests if not url.startswith(origin)] == []
    finally:
        tab.close()
