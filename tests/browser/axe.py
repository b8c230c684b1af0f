"""Accessibility, by axe-core."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page


def check_with_axe(tab: Page) -> None:
    """Fail with axe's report where it finds something on the page that is open."""
    results = Axe().run(tab, options={"resultTypes": ["violations"]})
    assert results.violations_count == 0, (tab.url, tab.viewport_size, results.generate_report())
