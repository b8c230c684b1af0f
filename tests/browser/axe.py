"""Accessibility, by axe-core."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

RULES_OF_COLOURS = ("color-contrast", "link-in-text-block")  # a scheme changes no more: it moves and names nothing


def check_with_axe(tab: Page, *, colours_alone: bool = False) -> None:
    """Fail with axe's report where it finds something on the page that is open."""
    only = {"runOnly": {"type": "rule", "values": RULES_OF_COLOURS}} if colours_alone else {}
    results = Axe().run(tab, options={"resultTypes": ["violations"], **only})
    assert results.violations_count == 0, (tab.url, tab.viewport_size, results.generate_report())
