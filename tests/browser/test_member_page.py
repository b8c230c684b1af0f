"""The member's own page in both browsers: read by axe, used by the keyboard alone, on a phone, from either side."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from alongside.delivery.contacts import import_contacts
from alongside.delivery.members import own_word, page_link
from alongside.delivery.notes.conversations import pair_of
from alongside.delivery.notes.relaying import Note, pass_on
from alongside.delivery.relay_addresses import RelayKeys
from alongside.delivery.schema import Side, members, newcomers
from alongside.delivery.store import open_store
from browser.axe import axe_violations
from browser.engines import Engine, Tab
from delivery.conftest import make_member
from service.conftest import NOW, Running, make_home
from service.conftest import running as serving

LANGUAGES = ("en", "ar", "ja")
NAMES = ("Joana Prado", "<b>Donaudampfschifffahrtselektrizitätenhauptbetriebswerk</b>", "كريم", "not@shown.example")
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
FOCUSED = "(document.activeElement.getAttribute('href') || document.activeElement.value || '')"

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A member for each language, the first of whom has conversations."""
    store = open_store(tmp_path_factory.mktemp("member"), {})
    home = make_home()
    people = {f"ana-{code}": make_member(f"ana-{code}", name="Ana Souza", languages=(code,)) for code in LANGUAGES}
    home = replace(home, community=replace(home.community, members=people))
    with serving(store, home) as found:
        for number, name in enumerate(NAMES):
            found.enroll(email=f"{number}@example.net", name=name)
        with store.writing() as connection:
            import_contacts(connection, [(slug, f"{slug}@example.org") for slug in people], resolve=str, now=NOW)
            sides: tuple[Side, ...] = ("newcomer", "member")
            for newcomer in connection.scalars(sa.select(newcomers.c.id)).all():
                for side in sides:
                    pair = pair_of(connection, side, newcomer, f"{newcomer}@example.net", "ana-en", resolve=str)
                    pass_on(connection, store.key, pair, Note(text=f"Some words {newcomer}"), now=NOW)
        yield found
    store.close()


def address(service: Running, slug: str) -> str:
    with service.store.writing() as connection:
        word = own_word(connection, slug, resolve=str)
    link = page_link(service.home.settings, RelayKeys(key=service.store.key), word, NOW.date())
    return link.replace("https://example.org/", f"http://127.0.0.1:{service.port}/")


def go_to(tab: Tab, end: str) -> None:
    """Press Tab until the link or button whose address or value ends so has the focus."""
    for _ in range(60):
        tab.press("Tab")
        if tab.evaluate(FOCUSED).endswith(end):
            return
    raise AssertionError(f"the keyboard does not reach {end}")


def wait_for(tab: Tab, condition: str) -> None:
    for _ in range(100):
        if tab.evaluate(f"document.readyState === 'complete' && ({condition})"):
            return
        time.sleep(0.05)
    raise AssertionError(condition)


def test_the_page(engine: Engine, service: Running, tmp_path: Path) -> None:
    tab = engine.open(width=360, height=740)
    try:
        for code in LANGUAGES:
            tab.goto(address(service, f"ana-{code}"))
            assert axe_violations(tab) == [], code
            for width, scale in ((320, 1), (1280, 1), (640, 2)):
                tab.resize(width, 740, scale)
                assert tab.evaluate(SIDEWAYS) <= 0, (code, width)
        tab.goto(address(service, "ana-en"))
        assert tab.evaluate("document.querySelectorAll('b, script').length") == 0
        go_to(tab, "?ask=withdraw")
        tab.press("Enter")
        wait_for(tab, "document.querySelector('h1').textContent === 'Withdraw your consent?'")
        assert axe_violations(tab) == []
        tab.press("Tab")
        tab.press("Enter")
        wait_for(tab, "location.hash === '#consent'")
        assert "You withdrew it" in tab.evaluate("document.querySelector('#consent').textContent")
        assert axe_violations(tab) == []
        go_to(tab, "confirm")
        tab.press("Enter")
        wait_for(tab, "document.querySelector('#consent').textContent.includes('You confirmed it')")
        assert tab.cookies() == []
        assert [message for message in tab.messages if "favicon" not in message] == []  # a browser asks by itself
        asked = {
            url.partition("?")[0].rpartition("/")[0]
            for url in tab.requests
            if url[:4] == "http" and "favicon" not in url
        }
        assert asked == {f"http://127.0.0.1:{service.port}/member"}
    finally:
        tab.close()
    with service.store.reading() as connection:
        assert connection.scalar(sa.select(members.c.consent).where(members.c.member == "ana-en")) == "confirmed"
