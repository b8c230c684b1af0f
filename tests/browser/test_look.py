"""The example community in Debian's Chromium: accessible, within a small screen, silent towards everyone else."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import Page

from browser.axe import check_with_axe

PAGES = {
    "home": "",
    "story": "stories/first-talk-in-two-languages/",
    "story with a recording": "stories/the-button-called-button/",
    "story from right to left": "stories/katabtuha-bilarabiyya-awwalan/",
    "story in Japanese": "stories/hajimete-no-review/",
    "stories": "stories/",
    "stories in a language": "stories/language/es/",
    "member": "members/ana-souza/",
    "member in memory": "members/aino-lehtinen/",
    "members": "members/",
    "group": "groups/docs-berlin/",
    "groups": "groups/",
    "meetup": "meetups/docs-berlin-monthly/",
    "meetups": "meetups/",
    "meetups of a country": "meetups/country/de/",
    "meetups of a month": "meetups/month/2026-12/",
    "past meetups": "meetups/past/2026/",
    "challenge": "challenges/first-talk/",
    "challenges": "challenges/",
    "place": "places/berlin-germany/",
    "places": "places/",
    "browse": "browse/",
    "journeys": "journeys/",
    "embed": "embed/first-month/sign-up/",
    "dashboard": "embed/first-month/dashboard/",
    "handbook": "handbook/writers/",
    "handbook with embeds": "handbook/embeds/",
    "demo, signing up": "demo/index.html",
    "demo, nothing yet": "demo/dashboard.html",
    "demo, a call": "demo/call.html?as=karim",
    "not found": "404.html",
    "search": "search.html",
}

# Chromium's sum of what moved without anybody having done anything (https://wicg.github.io/layout-instability/).
SHIFT = """new Promise((done) => {
    const watch = new PerformanceObserver((list) => done(list.getEntries().reduce((sum, one) => sum + one.value, 0)));
    watch.observe({ type: "layout-shift", buffered: true });
    setTimeout(done, 50, 0);
})"""

pytestmark = pytest.mark.browser


LOOKS = (("light", 1280), ("dark", 390))
OTHER_LOOKS = (("dark", 1280), ("light", 390))


@pytest.mark.parametrize(
    "looks", [pytest.param(LOOKS, id="some"), pytest.param(OTHER_LOOKS, id="others", marks=pytest.mark.soak)]
)
@pytest.mark.parametrize("name", PAGES)
def test_a_page(tab: Page, address: str, name: str, looks: tuple[tuple[Literal["light", "dark"], int], ...]) -> None:
    """It keeps to itself, nothing moves, axe finds nothing, a small screen holds it: one visit, as visits are dear."""
    requests: list[str] = []
    messages: list[str] = []
    tab.on("request", lambda request: requests.append(request.url))
    tab.on("console", lambda message: messages.append(message.text) if message.type in ("error", "warning") else None)
    tab.on("pageerror", lambda error: messages.append(str(error)))
    tab.emulate_media(color_scheme=looks[0][0])
    tab.set_viewport_size({"width": looks[0][1], "height": 900})
    tab.goto(address + PAGES[name], wait_until="networkidle")
    # no request leaves for elsewhere, nothing is stored, nothing is complained about, no script stands in the page
    assert [url for url in requests if not url.startswith((address, "data:"))] == []
    assert messages == []
    # nothing moved as it came; a shift of 0.002 is that of the clock in Chromium's own player
    assert round(tab.evaluate(SHIFT), 2) == 0
    assert tab.context.cookies() == []
    assert tab.evaluate("localStorage.length + sessionStorage.length") == 0
    assert tab.evaluate("[...document.scripts].filter(s => !s.src && s.type !== 'application/ld+json').length") == 0
    assert tab.evaluate("document.querySelectorAll('[style], [onclick], [onload], [onerror]').length") == 0
    if "embed/" in PAGES[name]:  # see-through: axe takes white, the browser paints its own canvas
        tab.evaluate("document.documentElement.style.setProperty('background', 'Canvas', 'important')")
    for scheme, width in looks:
        tab.emulate_media(color_scheme=scheme)
        tab.set_viewport_size({"width": width, "height": 900})
        check_with_axe(tab)
    tab.set_viewport_size({"width": 320, "height": 640})
    assert tab.evaluate("document.documentElement.scrollWidth") <= 320
    tab.evaluate("document.querySelectorAll('[dir=ltr]').forEach((part) => { part.dir = 'rtl'; })")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 320
    # whatever it did as it changed, it kept to itself
    assert [url for url in requests if not url.startswith((address, "data:"))] == []
    assert messages == []


def test_a_story_from_right_to_left_begins_at_the_right(tab: Page, address: str) -> None:
    tab.goto(address + PAGES["story from right to left"])
    assert tab.evaluate("getComputedStyle(document.documentElement).direction") == "rtl"
    heading, side = tab.locator("h1").bounding_box(), tab.locator(".as-side").bounding_box()
    assert heading is not None
    assert side is not None
    assert heading["x"] + heading["width"] > 1100
    assert side["x"] < 400


def test_the_keyboard_goes_to_the_content_and_through_the_menu(tab: Page, address: str) -> None:
    tab.goto(address)
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "content"
    tab.locator(".menu > summary").focus()
    tab.keyboard.press("Enter")
    assert tab.locator(".menu > nav").is_visible()


def test_searching_finds_a_record(tab: Page, address: str) -> None:
    tab.goto(address)
    tab.locator(".find input").fill("first talk")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#mkdocs-search-results article")
    links = tab.locator("#mkdocs-search-results a").evaluate_all("links => links.map(link => link.pathname)")
    assert any("first-talk" in link for link in links)


def test_an_embed_stands_in_an_iframe_of_320_pixels(tab: Page, address: str) -> None:
    tab.goto(address + "404.html")
    tab.set_content(
        f'<body style="background: pink"><iframe width="320" height="600" src="{address}{PAGES["embed"]}"></iframe>'
    )
    frame = tab.frame_locator("iframe")
    frame.locator(".as-moment").wait_for()
    assert frame.locator("html").evaluate("html => html.scrollWidth") <= 320
    assert frame.locator("body").evaluate("body => getComputedStyle(body).backgroundColor") == "rgba(0, 0, 0, 0)"


def test_each_newcomer_of_the_demo_meets_somebody_else(tab: Page, address: str) -> None:
    met = {}
    for name in ("beatriz", "grace", "karim"):
        tab.goto(f"{address}demo/index.html?as={name}")
        tab.locator("alongside-moment [part=card]").first.wait_for()
        tab.wait_for_function("document.querySelector('#met').textContent !== 'nobody'")
        met[name] = tab.locator("#met").inner_text()
        assert tab.locator("a[data-as][aria-current]").get_attribute("data-as") == name
    assert len(set(met.values())) == 3
    assert tab.locator("[part=moment]").get_attribute("dir") == "rtl"
    reasons = "document.querySelector('alongside-moment').shadowRoot.querySelector('[part=reasons]').textContent"
    before = tab.evaluate(reasons)
    tab.locator("select").select_option("first-talk")
    tab.wait_for_function(f"{reasons} !== {before!r}")


def test_a_tag_on_a_page_of_the_site_is_refined(tab: Page, address: str) -> None:
    tab.goto(f"{address}handbook/embeds/")
    for number, direction in ((0, "ltr"), (1, "rtl")):
        moment = tab.locator("alongside-moment").nth(number)
        moment.locator("[part=reasons] li").first.wait_for()
        assert moment.locator("[part=moment]").get_attribute("dir") == direction
