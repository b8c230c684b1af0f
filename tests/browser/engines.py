"""Two browsers behind one small surface, for what has to hold in both: Debian's Chromium and Debian's Firefox ESR."""

from __future__ import annotations

import json
from typing import Any, Protocol

from playwright.sync_api import Browser, ConsoleMessage, Page

ENGINES = ("chromium", "firefox")


class Tab(Protocol):
    """One page in a browser that has no past: nothing stored, nothing cached."""

    requests: list[str]  # the address of each request, in order, whether or not it was answered
    messages: list[str]  # warnings and errors on the console, and exceptions that nobody caught

    def goto(self, url: str) -> None:
        """Open an address and wait for `load`."""

    def evaluate(self, expression: str) -> Any:
        """What a JavaScript expression comes to, through JSON; of a promise what it resolves to.

        Nothing is compiled inside the page, so no policy of the page sees it.
        """

    def press(self, *keys: str) -> None:
        """Press keys together: `press("Shift", "Tab")`."""

    def resize(self, width: int, height: int, scale: float = 1) -> None:
        """The size in pixels of CSS, and how many of the device's go into one: half of one and twice the other is zoom."""

    def screenshot(self) -> bytes:
        """What is seen, as PNG."""

    def cookies(self) -> list[str]:
        """Names of the cookies of every origin."""

    def close(self) -> None:
        """Forget the tab and what it stored."""


class Engine(Protocol):
    """A running browser."""

    name: str

    def open(self, *, width: int = 1280, height: int = 900, scale: float = 1) -> Tab:
        """A new tab that shares nothing with the others."""


class Chromium:
    """Chromium through Playwright."""

    name = "chromium"

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    def open(self, *, width: int = 1280, height: int = 900, scale: float = 1) -> ChromiumTab:
        return ChromiumTab(self._browser, width, height, scale)


class ChromiumTab:
    """One tab of Chromium; `page` is Playwright's own, for what only Chromium is asked."""

    def __init__(self, browser: Browser, width: int, height: int, scale: float) -> None:
        viewport = {"width": width, "height": height}
        self.page: Page = browser.new_page(viewport=viewport, device_scale_factor=scale)  # type: ignore[arg-type]
        self._protocol = self.page.context.new_cdp_session(self.page)
        self.requests: list[str] = []
        self.messages: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.messages.append(f"error: {error}"))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("warning", "error"):
            self.messages.append(f"{message.type}: {message.text}")

    def goto(self, url: str) -> None:
        self.page.goto(url)

    def evaluate(self, expression: str) -> Any:
        # Playwright's own way is `eval` inside the page, which Trusted Types forbid there.
        answer = self._protocol.send(
            "Runtime.evaluate",
            {
                "expression": f"Promise.resolve({expression}).then(value => JSON.stringify(value ?? null))",
                "awaitPromise": True,
                "returnByValue": True,
            },
        )
        if "exceptionDetails" in answer:
            raise AssertionError(json.dumps(answer["exceptionDetails"])[:2000])
        return json.loads(answer["result"]["value"])

    def press(self, *keys: str) -> None:
        self.page.keyboard.press("+".join(keys))

    def resize(self, width: int, height: int, scale: float = 1) -> None:
        sizes = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
        self._protocol.send("Emulation.setDeviceMetricsOverride", sizes)

    def screenshot(self) -> bytes:
        return self.page.screenshot()

    def cookies(self) -> list[str]:
        return [str(cookie.get("name")) for cookie in self.page.context.cookies()]

    def close(self) -> None:
        self.page.context.close()
