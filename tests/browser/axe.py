"""Accessibility, by axe-core."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import axe_playwright_python  # type: ignore[import-untyped]
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

from browser.engines import Tab


def check_with_axe(tab: Page) -> None:
    """Fail with axe's report where it finds something on the page that is open."""
    results = Axe().run(tab, options={"resultTypes": ["violations"]})
    assert results.violations_count == 0, (tab.url, tab.viewport_size, results.generate_report())


def axe_violations(tab: Tab, *, within: str | None = None) -> list[str]:
    """What axe finds in any browser, one line a violation: in the whole page, or in the element a selector names."""
    context = json.dumps(within) if within else "document"
    tab.evaluate(f"(() => {{ {_axe()} }})()")
    found = tab.evaluate(
        # it would fetch style sheets of other origins to look for rules about orientation
        f"axe.run({context}, {{resultTypes: ['violations'], preload: false}}).then(({{violations}}) => violations.flatMap("
        "({id, nodes}) => nodes.map(({target, failureSummary}) => `${id}: ${target.flat()}: ${failureSummary}`)))"
    )
    return list(found)


@cache
def _axe() -> str:
    """The source of axe-core, as it comes with the package for Playwright."""
    return Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
