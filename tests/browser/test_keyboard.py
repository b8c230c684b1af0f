"""By keyboard alone through the pages: all of it in the order it is read, each stop is seen, and nothing holds on."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

# What has the focus: null outside of the page. `whole`: the middle of it can be seen, under nothing else. A player has
# controls of the browser, which rings them.
STOP = """() => {
    const at = document.activeElement, before = window.stop;
    if (!at || at === document.body) return null;
    window.stop = at;
    const { outlineStyle, outlineWidth } = getComputedStyle(at);
    const box = at.getClientRects()[0] ?? at.getBoundingClientRect();
    const there = document.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2);
    return {
        name: `${at.localName} ${(at.name || at.textContent).trim().slice(0, 40)}`,
        first: at.matches(".skip"),
        ahead: !before || before === at || Boolean(before.compareDocumentPosition(at) & Node.DOCUMENT_POSITION_FOLLOWING),
        ringed: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 || Boolean(at.controls),
        whole: Boolean(there) && (at.contains(there) || there.contains(at)),
    };
}"""
LONGEST = 400  # stops of a page


def walk(tab: Page, key: str = "Tab", most: int = LONGEST) -> list[str]:
    """The stops from the first to the last, each of them ahead of the one before, ringed and in sight."""
    names: list[str] = []
    tab.emulate_media(reduced_motion="reduce")  # else the page is still on its way when it is looked at
    tab.evaluate("window.stop = null")
    while len(names) < most:
        tab.keyboard.press(key)
        stop = tab.evaluate(STOP)
        if stop is None or (stop["first"] and names):
            return names
        assert stop["ringed"], stop
        assert stop["whole"], stop
        assert stop["ahead"] or key != "Tab", stop
        names.append(stop["name"])
    assert most < LONGEST, f"it never ends: {names[-20:]}"
    return names


@pytest.mark.parametrize(
    ("path", "opened", "met"),
    [
        ("", "", ["a Skip to the content", "input q", "summary Menu", "a New stories as a feed"]),
        ("browse/", "", ["a Stories", "a Giving a first talk", "a Español"]),
        ("search.html", "", ["input q", "button Search"]),
        ("meetups/month/2026-12/", ".as-find", ["a List", "select place", "input near", "button", "a Oct 2026"]),
        ("meetups/docs-berlin-monthly/", ".as-subscribe", ["a Say that you are coming", "textarea", "button Copy"]),
        ("stories/the-button-called-button/", ".as-transcript", ["audio", "summary Read the transcript", "a 0:00"]),
    ],
)
def test_a_walk_from_the_first_link_to_the_last(
    tab: Page, address: str, path: str, opened: str, met: list[str]
) -> None:
    tab.goto(address + path)
    if opened:
        tab.evaluate(f"document.querySelector({opened!r}).open = true")
    names = walk(tab)
    found = [next((at for at, name in enumerate(names) if name.startswith(one)), -1) for one in met]
    assert -1 not in found, list(zip(met, found, names, strict=False))
    assert found == sorted(found)


def test_nothing_hides_what_one_goes_back_to(tab: Page, address: str) -> None:
    """The month one reads of stays at the top of the window, over what is below."""
    tab.goto(f"{address}meetups/")
    tab.evaluate("document.querySelector('.site-foot a').focus()")
    assert len(walk(tab, "Shift+Tab", most=40)) == 40


def test_what_is_opened_over_the_page_goes_away(tab: Page, address: str) -> None:
    tab.goto(f"{address}stories/")
    menu, is_open = tab.locator(".menu > summary"), "document.querySelector('.menu').open"
    menu.focus()
    tab.keyboard.press("Enter")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.closest('.menu > nav') !== null")
    tab.keyboard.press("Escape")
    assert not tab.evaluate(is_open)
    assert tab.evaluate("document.activeElement === document.querySelector('.menu > summary')")
    tab.keyboard.press("Enter")
    assert tab.evaluate(is_open)
    tab.keyboard.press("Shift+Tab")
    assert not tab.evaluate(is_open)
    menu.click()
    assert tab.evaluate(is_open)
    tab.locator(".foot-promise").click()
    assert not tab.evaluate(is_open)
