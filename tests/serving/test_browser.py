"""A writer at work: the browser follows what they save, and shows what is wrong with it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.axe import check_with_axe
from conftest import CONFIG, WriteCommunity
from serving.served import Served
from test_plugin import PAGES

pytestmark = pytest.mark.browser

LONG = "\n\n".join(f"Paragraph {number} of a story that is longer than the window." for number in range(80))


def test_a_browser_follows_what_is_saved(browser: Browser, tab: Page, write_community: WriteCommunity) -> None:
    faults: list[str] = []
    tab.on("pageerror", lambda error: faults.append(str(error)))
    story = "content/stories/story-1.md"
    text = str(PAGES[story]) + LONG
    with Served(write_community({**PAGES, story: text})) as served:
        tab.goto(served.address + "stories/story-1/")
        bar = tab.locator("alongside-bar aside")
        expect(bar).to_contain_text("1 problem in this page")  # a warning: its welcome is short
        tab.evaluate("window.loadedOnce = true; scrollTo(0, 900)")

        # what it does not show changes: only the bar is another
        other = str(PAGES["content/stories/story-4.md"])
        served.write("content/stories/story-4.md", other.replace("title:", "mood: glad\ntitle:", 1))
        expect(bar).to_contain_text("15 in all")
        assert tab.evaluate("window.loadedOnce")

        # what it shows changes: it is there without anybody pressing anything, where the reader was
        served.write(story, text.replace("The story called", "The tale named"))
        expect(tab.get_by_text("The tale named Number 1.")).to_be_attached()
        tab.wait_for_function("Math.abs(scrollY - 900) < 5")
        assert not tab.evaluate("window.loadedOnce")

        # a file that is broken says where; mended, its page comes back
        served.write(story, text.replace("title: Number 1", "title: Number: 1"))
        expect(bar).to_contain_text("This page is left out")
        expect(bar).to_contain_text("content/stories/story-1.md:2")
        expect(bar).to_contain_text("Put the text in quotes")
        check_with_axe(tab)
        # by keyboard: into the bar, closed with Escape, and on from where it was
        bar.locator("summary").focus()
        tab.keyboard.press("Escape")
        expect(bar.locator("details")).not_to_have_attribute("open", "")
        expect(bar.locator("summary")).to_be_focused()
        tab.keyboard.press("Tab")
        expect(tab.get_by_role("link", name="in all")).to_be_focused()
        tab.keyboard.press("Enter")
        expect(tab.get_by_text("content/stories/story-1.md:2:")).to_be_visible()
        check_with_axe(tab)
        tab.go_back()
        served.write(story, text.replace("title: Number 1", "title: The first number"))
        expect(tab.get_by_role("heading", name="The first number")).to_be_visible()

        # an ordinary page that lists records follows them, too
        tab.goto(served.address + "_preview/?page=stories/story-1/&width=phone")
        expect(
            tab.locator("iframe").first.content_frame.get_by_role("heading", name="The first number")
        ).to_be_visible()
        check_with_axe(tab)
        tab.goto(served.address)
        served.write("content/index.md", "# At home\n")
        expect(tab.get_by_role("heading", name="At home")).to_be_visible()
        expect(tab.locator("alongside-bar")).to_contain_text("Nothing wrong here")
    assert faults == []


def test_the_preview_is_whole_without_a_script(browser: Browser, write_community: WriteCommunity) -> None:
    config = write_community({**PAGES, "mkdocs.yml": CONFIG})
    with Served(config) as served:
        context = browser.new_context(java_script_enabled=False, color_scheme="null", viewport={"width": 1400, "height": 900})  # fmt: skip
        tab = context.new_page()
        tab.goto(served.address + "stories/story-2/")
        expect(tab.locator("alongside-bar aside")).to_be_visible()
        tab.get_by_role("link", name="Preview").click()
        tab.get_by_label("phone").check()
        tab.get_by_label("dark").check()
        tab.get_by_role("button", name="Show").click()
        frame = tab.locator("iframe").first
        expect(frame.content_frame.get_by_text("The story called Number 2.")).to_be_visible()
        expect(frame.content_frame.locator("alongside-bar")).to_have_count(0)
        box = frame.bounding_box()
        assert box is not None
        assert box["width"] == 390
        assert tab.evaluate("getComputedStyle(document.querySelector('iframe')).colorScheme") == "dark"
        tab.goto(served.address + "embed/first/hello/")
        expect(tab.get_by_text("The words of Number").first).to_be_visible()
        context.close()
