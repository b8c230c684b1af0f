"""Chromium for the tests, for as long as one module needs it.

Playwright keeps an event loop running in the thread it was started in, and where one runs, `asyncio.run` is refused: so
it must be gone before the next module's tests begin.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

# What no page can tell, and what takes longer than most pages. Chromium hears the last list alone, so first comes
# what Playwright switches off; then the suggestions below the address bar, two pages of their own in every window, and
# processes for pages that nobody will open.
_OFF = (
    "AimEnabled AvoidCorsURLLoaderRestartOnRedirect AvoidUnnecessaryBeforeUnloadCheckSync DestroyProfileOnBrowserClose "
    "HttpsFirstBalancedModeAutoEnable HttpsUpgrades LensOverlay MediaRouter NetworkTimeServiceQuerying OptimizationHints "
    "PaintHolding PreconnectToSearch ThirdPartyStoragePartitioning "
    "WebUIOmniboxAimPopup WebUIOmniboxFullPopup WebUIOmniboxPopup SpareRendererForSitePerProcess"
).split()
CHROMIUM = [
    *"--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking".split(),
    *"--disable-component-update --disable-sync".split(),
    f"--disable-features={','.join(_OFF)}",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield chromium
        chromium.close()


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    yield page
    page.context.close()
