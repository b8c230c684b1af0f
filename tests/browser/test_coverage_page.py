"""The page of `alongside coverage`, in Debian's Chromium: accessible in light, dark and on paper, from either side."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from alongside.matching.index import build_index
from alongside.model.people import Newcomer
from alongside.planning.coverage import Kind, cover
from alongside.planning.outlook import look_ahead
from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings
from alongside.rendering.coverage import Report, coverage_html
from browser.axe import OF_COLOURS, check_with_axe

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parent.parent.parent
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)  # the example's own day


def small_page(language: str) -> str:
    """Coverage of a part of the example community, told in `language`, with newcomers of whom some find nobody."""
    settings, _ = read_settings(ROOT / "mkdocs.yml")
    whole = load_community(settings, today=NOW.date()).community
    community = replace(
        whole,
        language=language,
        challenges={slug: whole.challenges[slug] for slug in ("first-talk", "belonging", "burnout")},
        members={slug: whole.members[slug] for slug in ("ana-souza", "katrin-vogel", "daniel-okafor")},
        stories={},
        groups={slug: whole.groups[slug] for slug in ("docs-berlin", "lone-writers")},
        meetups={},
    )
    people = [Newcomer(challenges=("first-talk",), languages=("pt",))] * 12
    people += [Newcomer(challenges=("burnout",), languages=("tr",), roles=("student",))] * 7
    people += [Newcomer(challenges=("moving",), languages=("de",))] * 2
    meeting: tuple[Kind, ...] = ("member",)
    coverage = cover(
        build_index(community, today=NOW.date()), day=NOW.date(), load={}, upcoming={}, newcomers=people,
        meeting=meeting,
    )  # fmt: skip
    outlook = look_ahead(community, day=NOW.date(), load={"ana-souza": 5}, languages=coverage.read_languages)
    return coverage_html(Report(community=community, coverage=coverage, outlook=outlook, days=30))


def test_the_page_is_accessible_and_fits(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "coverage.html"
    with browser.new_context(viewport={"width": 360, "height": 800}) as context:
        tab = context.new_page()
        for language in ("ar", "en"):
            file.write_text(small_page(language), encoding="utf-8")
            tab.goto(file.as_uri())
            assert tab.evaluate("document.documentElement.scrollWidth") <= 360  # wide tables move in their frames
            cells = tab.locator("td").all_inner_texts()
            assert len(cells) > 50
            assert all(text.strip() for text in cells)
        check_with_axe(tab)
        tab.emulate_media(color_scheme="dark")
        check_with_axe(tab, only=OF_COLOURS)
        tab.emulate_media(media="print", color_scheme="light")
        assert tab.locator(".frame").first.evaluate("e => getComputedStyle(e).overflowX") == "visible"
