"""Accessibility, by axe-core."""

from __future__ import annotations

import json
from collections.abc import Collection
from functools import cache
from pathlib import Path

import axe_playwright_python  # type: ignore[import-untyped]
from playwright.sync_api import Page

from browser.engines import Tab

OF_COLOURS = ("color-contrast", "link-in-text-block")  # the rules that another colour scheme can break


def check_with_axe(tab: Page, *, without: Collection[str] = (), only: Collection[str] = ()) -> None:
    """Fail with what axe finds on the page that is open. `without`, `only`: as for `axe_violations`."""
    found = axe_violations(tab, without=without, only=only)
    assert found == [], (tab.url, tab.viewport_size, found)


def axe_violations(
    tab: Tab | Page, *, within: str | None = None, without: Collection[str] = (), only: Collection[str] = ()
) -> list[str]:
    """What axe finds in any browser, one line a violation: in the whole page, or in the element a selector names.

    `without`: rules that are not asked. `only`: the only ones that are.
    """
    # it would fetch style sheets of other origins to look for rules about orientation
    options: dict[str, object] = {"resultTypes": ["violations"], "preload": False}
    if without:
        options["rules"] = {rule: {"enabled": False} for rule in without}
    if only:
        options["runOnly"] = {"type": "rule", "values": [*only]}
    if not tab.evaluate("'axe' in window"):
        tab.evaluate(f"(() => {{ {_axe()} }})()")
    found = tab.evaluate(
        f"axe.run({json.dumps(within) if within else 'document'}, {json.dumps(options)}).then(({{violations}}) => "
        "violations.flatMap(({id, nodes}) => nodes.map(({target, failureSummary}) => "
        "`${id}: ${target.flat()}: ${failureSummary}`)))"
    )
    return list(found)


@cache
def _axe() -> str:
    """The source of axe-core, as it comes with the package for Playwright."""
    return Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
