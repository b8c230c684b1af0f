"""The pages of meetups in two browsers, under a strict policy: narrowed in place, in the address, and by the own clock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from browser.axe import axe_violations
from browser.engines import Engine, Tab
from browser.example_site import Quiet

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
SHOWN = "[...document.querySelectorAll('[data-is]')].filter(row => row.offsetParent)"
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
STATUS = "document.querySelector('.as-found').textContent"
# Dates whose clock differs from this browser's own, and those that say what it shows.
OTHERS = (
    "[...document.querySelectorAll('[data-is]')].filter(row => row.querySelector('time')?.dateTime.includes('T') && "
    "-new Date(row.querySelector('time').dateTime).getTimezoneOffset() !== Number(row.dataset.offset)).length"
)
OWN = "[...document.querySelectorAll('.as-own')].filter(own => own.offsetParent).length"

pytestmark = pytest.mark.browser


class Strict(Quiet):
    """The site behind a policy that lets scripts of its own in, and no text become markup."""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()


@pytest.fixture(scope="module")
def meetups(example_site: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Strict, directory=str(example_site)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/meetups/"
    server.shutdown()
    server.server_close()


def choose(tab: Tab, name: str, value: str) -> None:
    """What a hand does to a field of the form."""
    tab.evaluate(
        "(() => { const field = document.querySelector(`.as-filters [name=" + name + "]`);"
        f" if (field.type === 'checkbox') field.checked = !field.checked; else field.value = '{value}';"
        " field.dispatchEvent(new Event('change', {bubbles: true})); })()"
    )


def wait_for(tab: Tab, condition: str) -> None:
    for _ in range(100):
        if tab.evaluate(f"document.readyState === 'complete' && Boolean({condition})"):
            return
        time.sleep(0.05)
    raise AssertionError(condition)


def test_the_list_and_a_month(engine: Engine, meetups: str) -> None:
    tab = engine.open()
    try:
        tab.goto(meetups)
        everything = tab.evaluate(f"{SHOWN}.length")
        assert everything > 100
        assert tab.evaluate("document.querySelector('.as-narrow').hidden")
        assert tab.evaluate(OTHERS) == tab.evaluate(OWN) > 0
        first = tab.evaluate("document.querySelector('.as-own bdi').textContent")
        assert len(first) == len("09:00–10:30")
        # the keyboard opens the fields
        tab.evaluate("document.querySelector('.as-find > summary').focus()")
        tab.press("Enter")
        wait_for(tab, "document.querySelector('.as-filters').offsetParent")
        assert axe_violations(tab) == []
        choose(tab, "language", "pt")
        few = tab.evaluate(f"{SHOWN}.length")
        assert 0 < few < everything
        assert tab.evaluate(f"{SHOWN}.every(row => row.dataset.is.includes('language:pt'))")
        assert tab.evaluate(STATUS) == f"{few} of {everything} dates"
        choose(tab, "how", "online")
        fewer = tab.evaluate(f"{SHOWN}.length")
        assert 0 < fewer < few
        assert tab.evaluate("location.search") == "?how=online&language=pt"
        choose(tab, "place", "berlin-germany")
        assert tab.evaluate(f"{SHOWN}.length") == 0
        assert tab.evaluate(STATUS).startswith("Nothing fits")
        # what one looks for goes along to the months, and can be kept
        tab.goto(f"{meetups}month/2026-12/?place=berlin-germany&near=50&own=no")
        assert tab.evaluate(f"{SHOWN}.length") > 0
        assert tab.evaluate(f"{SHOWN}.every(row => row.dataset.is.includes('place:berlin-germany'))")
        assert tab.evaluate(OWN) == 0
        assert "berlin-germany" in tab.evaluate("document.querySelector('.as-months a[rel=next]').search")
        assert axe_violations(tab) == []
        tab.evaluate("document.querySelector('.as-own-line input').click()")
        assert tab.evaluate(OWN) > 0
        tab.evaluate("document.querySelector('.as-filters button').click()")
        wait_for(tab, "location.search === ''")
        assert tab.evaluate(f"{SHOWN}.length") > 20
        tab.resize(320, 740)
        assert tab.evaluate(SIDEWAYS) <= 0
        assert axe_violations(tab) == []
        # a narrowed list knows what it is narrowed to, whatever others hang onto a link; anywhere else is another page
        tab.goto(f"{meetups}country/de/?utm_source=x")
        assert tab.evaluate("location.pathname").endswith("/meetups/country/de/")
        assert tab.evaluate("document.querySelector('#as-place').value") == "de"
        choose(tab, "place", "jp")
        wait_for(tab, "location.pathname.endsWith('/meetups/country/jp/')")
        assert tab.cookies() == []
        assert [message for message in tab.messages if "favicon" not in message] == []
        assert all(url.startswith(meetups.removesuffix("meetups/")) for url in tab.requests if url[:4] == "http")
    finally:
        tab.close()
