"""Subscribing in both browsers: by keyboard alone, with the script and without it, asking nobody else."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from browser.axe import axe_violations
from browser.engines import ENGINES, Engine, Tab
from browser.origins import files_of, running_origin

pytestmark = pytest.mark.browser

PAGE = "/meetups/docs-berlin-monthly/"
FEED = "https://alongside.example.org/feeds/meetups/docs-berlin-monthly.ics"
SCRIPT = "/assets/subscribe.js"
DETAILS = "document.querySelector('#subscribe')"
FOCUSED = (  # of the ways alone
    "(element => element.closest('#subscribe') ? element.href || element.localName : '')(document.activeElement)"
)
SELECTED = (
    "(({selectionStart, selectionEnd, value}) => value.slice(selectionStart, selectionEnd))"
    f"({DETAILS}.querySelector('textarea'))"
)


def press_until(tab: Tab, focused: str) -> list[str]:
    """Press Tab until the element has the focus; what had it on the way."""
    met: list[str] = []
    for _ in range(60):
        tab.press("Tab")
        met.append(tab.evaluate(FOCUSED))
        if met[-1] == focused:
            return met
    raise AssertionError(f"the keyboard does not reach {focused}: {met}")


def wait_for(tab: Tab, condition: str) -> None:
    for _ in range(100):
        if tab.evaluate(condition):
            return
        time.sleep(0.05)
    raise AssertionError(condition)


@pytest.mark.parametrize("engine_name", ENGINES)
def test_subscribing_by_keyboard(engine_name: str, engines: Callable[[str], Engine], example_site: Path) -> None:
    with running_origin(files_of(example_site)) as origin:
        tab = engines(engine_name).open(width=320, height=800)
        tab.goto(origin.address + PAGE)
        assert tab.evaluate(f"{DETAILS}.open") is False
        press_until(tab, "summary")
        tab.press("Enter")
        assert tab.evaluate(f"{DETAILS}.open") is True
        assert axe_violations(tab) == []
        assert tab.evaluate("document.documentElement.scrollWidth") <= 320
        ways = press_until(tab, "button")
        assert [way.partition(":")[0] for way in ways[:4]] == ["webcal", "https", "https", "https"]
        assert ways[4:] == ["textarea", "button"]
        tab.press("Enter")
        wait_for(tab, f"{DETAILS}.querySelector('[role=status]').textContent === 'Copied.'")
        assert tab.evaluate(FOCUSED) == "button"
        tab.evaluate("document.querySelector('input[type=search]').focus()")
        tab.press("Control", "v")
        wait_for(tab, f"document.querySelector('input[type=search]').value === {FEED!r}")

        tab.goto(f"{origin.address}/groups/docs-berlin/#subscribe")  # as a mail links to it
        wait_for(tab, f"{DETAILS}.open")

        origin.faults[SCRIPT] = "missing"
        tab.goto(f"{origin.address}/meetups/")
        press_until(tab, "summary")
        tab.press("Enter")
        assert press_until(tab, "textarea")[:-1] != []
        assert tab.evaluate(f"{DETAILS}.querySelector('button').offsetParent") is None
        tab.press("Control", "a")
        assert tab.evaluate(SELECTED) == "https://alongside.example.org/feeds/all.ics"

        assert [url for url in tab.requests if not url.startswith((origin.address, "data:"))] == []
        assert tab.cookies() == []
        tab.close()
