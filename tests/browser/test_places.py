"""A place that a newcomer names, found by the embed's script in the same file as Python has put it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Request

from alongside.rendering.embeds.places import key_of, shard_of

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("Nairobi, Kenya", "Near you: Nairobi, Kenya"),
        ("SAO PAULO,  brazil", ""),
        ("São Paulo, Brazil", ""),
        ("東京, 日本", ""),
        ("München, Germany", ""),
        ("القاهرة, مصر", "Near you: Cairo, Egypt"),
        ("Potsdam, Germany", "Near you: "),
    ],
)
def test_a_place_is_found(tab: Page, address: str, text: str, near: str) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    tab.on("request", note)
    tab.goto(address + "404.html")
    tab.evaluate(
        """async (place) => {
            const moment = document.createElement("alongside-moment");
            for (const [name, value] of Object.entries({ moment: "dashboard", languages: "en", place, newcomer: "n" }))
              moment.setAttribute(name, value);
            const shown = new Promise((done) => moment.addEventListener("alongside-shown", done));
            document.querySelector("main").prepend(moment);
            await import("/embed/v1/alongside.js");
            await shown;
        }""",
        text,
    )
    assert f"{address}embed/v1/places/{shard_of(key_of(text))}.json" in asked
    words = tab.evaluate("document.querySelector('alongside-moment').shadowRoot.textContent")
    assert near in words
