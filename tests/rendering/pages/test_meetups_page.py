"""The pages of meetups: dates by month and day, months, what they are narrowed to, and what they are not changed by."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import html5lib
import pytest

from alongside.rendering.interface import interface_languages
from alongside.rendering.pages.dates import CELL, NARROWED, PAGE_DATES
from alongside.rendering.pages.meetups import weekdays
from alongside.rendering.shells import Page
from conftest import CONFIG, WriteCommunity
from rendered_site import NOW, render_files

GROUP = "---\nname: Docs Berlin\nkind: chapter\nplace: Berlin, Germany\nlanguages: [de-AT, en]\n---\n"
MONTHLY = """\
---
title: Evening
group: docs-berlin
starts: 2026-12-03 18:30
duration: 2h
repeats: first Thursday of every month
times: 5
changes:
  2027-01-07: {status: cancelled, reason: no room}
  2027-02-04: {starts: 2027-02-11 19:00}
place: {label: "Back room", lat: 52.513, lon: 13.42}
---
Come in.
"""
# Its group's town is where nobody has to go.
ONLINE = "---\ntitle: A call\ngroup: docs-berlin\nstarts: 2026-11-30 12:00\nonline: true\nlanguages: [pt]\n---\n"
POTSDAM = (
    "---\ntitle: Three days\nstarts: 2026-12-30\nends: 2027-01-01\nplace: Potsdam, Germany\nchallenges: [alone]\n---\n"
)
COUNTRY = "---\ntitle: Somewhere\nstarts: 2026-12-08 10:00\nplace: Germany\ntimezone: Europe/Berlin\n---\n"
AUTUMN = "---\ntitle: Autumn\nstarts: 2026-09-20 10:00\nplace: Recife, Brazil\n---\n"
LONG_AGO = "---\ntitle: Long ago\nstarts: 2025-09-20 10:00\n---\n"
FILES: dict[str, str | bytes] = {
    "content/challenges.yml": "alone: {title: Being alone}\n",
    "content/groups/docs-berlin.md": GROUP,
    "content/meetups/evening.md": MONTHLY,
    "content/meetups/call.md": ONLINE,
    "content/meetups/three-days.md": POTSDAM,
    "content/meetups/somewhere.md": COUNTRY,
    "content/meetups/autumn.md": AUTUMN,
    "content/meetups/long-ago.md": LONG_AGO,
}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Page]:
    root = tmp_path_factory.mktemp("meetups")
    for name, text in {**FILES, "mkdocs.yml": CONFIG}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(str(text), encoding="utf-8")
    return render_files(root / "mkdocs.yml")[0]


def tree_of(page: Page) -> Any:
    return html5lib.parse(page.content, namespaceHTMLElements=False)


def text_of(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def rows_of(page: Page) -> list[str]:
    """The dates on a page, each as text."""
    return [text_of(row) for row in tree_of(page).iter("li") if row.get("data-is") is not None]


def test_the_list_holds_every_date_by_month_and_day(pages: dict[str, Page]) -> None:
    assert rows_of(pages["meetups/"]) == [
        "12:00 Berlin time (UTC+1) A call Docs BerlinOnlinePortuguese",
        "18:30–20:30 Berlin time (UTC+1) Evening Docs BerlinBack roomGerman and English",
        "10:00 Berlin time (UTC+1) Somewhere Germany",
        "All day until 1 January Three days Potsdam, Germany",
        "18:30–20:30 Berlin time (UTC+1) Evening Docs BerlinBack roomGerman and English Called off no room",
        "19:00–21:00 Berlin time (UTC+1) Evening Docs BerlinBack roomGerman and English Moved from 4 February",
        "18:30–20:30 Berlin time (UTC+1) Evening Docs BerlinBack roomGerman and English",
        "18:30–20:30 Berlin time (UTC+2) Evening Docs BerlinBack roomGerman and English",
    ]
    content = pages["meetups/"].content
    headings = re.findall(r"<h2>(.*?)</h2>", content)
    assert headings[:6] == [
        "November 2026", "December 2026", "January 2027", "February 2027", "March 2027", "April 2027",
    ]  # fmt: skip
    assert '<h3 id="d-2027-02-11"><time datetime="2027-02-11">' in content
    assert "<s>Evening</s>" in content
    # summer time: the hour stays, the instant moves
    assert '<time datetime="2027-03-04T18:30+01:00">' in content
    assert '<time datetime="2027-04-01T18:30+02:00">' in content
    assert 'data-offset="120" data-ends="2027-04-01T20:30+02:00"' in content


def test_a_date_carries_what_it_can_be_found_by(pages: dict[str, Page]) -> None:
    values = {
        text_of(next(iter(row.iter("h4")))): set(row.get("data-is").split())
        for row in tree_of(pages["meetups/"]).iter("li")
        if row.get("data-is") is not None
    }
    assert values["A call"] == {"language:pt", "group:docs-berlin", "how:online"}
    assert values["Evening"] == {
        "place:de", "place:de.berlin", "place:berlin-germany", "language:de", "language:en", "group:docs-berlin",
        "how:person",
    }  # fmt: skip
    assert values["Somewhere"] == {"place:de", "how:person"}
    assert values["Three days"] >= {"place:potsdam-germany", "challenge:alone"}


@pytest.mark.parametrize(
    ("path", "titles"),
    [
        ("meetups/country/de/", {"Evening", "Somewhere", "Three days"}),
        ("meetups/country/br/", set()),  # nothing ahead, but people may have kept its address
        ("meetups/language/pt/", {"A call"}),
        ("meetups/language/de/", {"Evening"}),
        ("meetups/how/online/", {"A call"}),
        # Potsdam is 27 km away; a call and a country are not near anything
        ("meetups/near/berlin-germany/", {"Evening", "Three days"}),
        ("meetups/near/potsdam-germany/", {"Evening", "Three days"}),
        ("meetups/near/recife-brazil/", set()),
    ],
)
def test_narrowed_lists(pages: dict[str, Page], path: str, titles: set[str]) -> None:
    page = pages[path]
    found = {text_of(title) for title in tree_of(page).iter("h4")}
    assert found == titles
    assert ("as-empty" in page.content) == (not titles)
    assert ("noindex" in page.head) == ("near" in path)


def test_what_is_near_is_linked_from_the_place(pages: dict[str, Page]) -> None:
    assert 'href="../../meetups/near/berlin-germany/"' in pages["places/berlin-germany/"].content
    assert "meetups/near/" not in pages["places/germany/"].content


def test_months_ahead_and_those_behind_that_hold_anything(pages: dict[str, Page]) -> None:
    months = sorted(path.split("/")[2] for path in pages if path.startswith("meetups/month/"))
    assert months == ["2026-09", "2026-11", "2026-12", *(f"2027-{month:02d}" for month in range(1, 11))]
    december = pages["meetups/month/2026-12/"]
    cells = {
        cell.get("data-day"): text_of(cell) for cell in tree_of(december).iter("td") if cell.get("data-day") is not None
    }
    assert len(cells) == 31
    assert cells["2026-12-03"] == "3 Thursday 18:30 UTC+1 Evening"
    assert cells["2026-12-31"] == "31 Thursday until 1 January Three days"  # on each of its days
    assert "Three days" in text_of(tree_of(pages["meetups/month/2027-01/"]).find(".//td[@data-day='2027-01-01']"))
    february = text_of(tree_of(pages["meetups/month/2027-02/"]).find(".//td[@data-day='2027-02-11']"))
    assert february == "11 Thursday 19:00 UTC+1 Evening Moved from 4 February"
    assert "Called off" in pages["meetups/month/2027-01/"].content
    assert 'rel="prev" href="../../../meetups/month/2026-11/"' in december.content
    assert 'rel="prev" href="../../../meetups/month/2026-09/"' in pages["meetups/month/2026-11/"].content
    assert 'rel="prev"' not in pages["meetups/month/2026-09/"].content
    assert "as-empty" in pages["meetups/month/2027-10/"].content
    assert 'href="../meetups/month/2026-11/"' in pages["meetups/"].content
    assert all(len(list(row)) == 7 for row in tree_of(december).find(".//tbody"))


def test_weeks_begin_as_readers_begin_them() -> None:
    first = {language: weekdays(language)[0] for language in interface_languages()}
    assert first == {"ar": 5, "de": 0, "en": 0, "es": 0, "fr": 0, "ja": 6, "pt": 6, "uk": 0}


def test_a_page_stays_as_it_is_until_the_day_is_over(write_community: WriteCommunity) -> None:
    config = write_community(FILES)
    morning, evening, next_day = (
        {path: page for path, page in render_files(config, now=now)[0].items() if path.startswith("meetups/")}
        for now in (
            datetime(2026, 12, 3, 6, tzinfo=UTC),
            datetime(2026, 12, 3, 23, tzinfo=UTC),
            datetime(2026, 12, 4, 6, tzinfo=UTC),
        )
    )
    lists = {path for path in morning if path.split("/")[1] in ("", "month", "country", "near", "language", "how")}
    assert {path for path in lists if morning[path] != evening[path]} == set()
    changed = {path for path in lists if morning[path] != next_day[path]}
    assert "meetups/" in changed
    assert not any(path.startswith("meetups/month/") for path in changed)


def many(count: int) -> dict[str, str | bytes]:
    """So many meetups on one day, every other one in Berlin."""
    text = "".join(
        f"- slug: m{number}\n  title: Number {number}\n  starts: 2026-12-01 10:00\n"
        + ("  place: Berlin, Germany\n" if number % 2 else "  online: true\n")
        for number in range(count)
    )
    return {"content/meetups/many.yml": text}


def test_a_crowd_is_cut_and_says_so(write_community: WriteCommunity) -> None:
    count = PAGE_DATES + 50
    pages = render_files(write_community(many(count)))[0]
    assert [len(rows_of(pages[path])) for path in ("meetups/", "meetups/coming/2/")] == [PAGE_DATES, 50]
    assert 'rel="next" href="../meetups/coming/2/"' in pages["meetups/"].content
    assert "data-whole" not in pages["meetups/"].content
    country = pages["meetups/country/de/"]
    assert len(rows_of(country)) == NARROWED
    assert f"These are the next {NARROWED} of {count // 2} dates." in text_of(tree_of(country))
    assert len(rows_of(pages["meetups/near/berlin-germany/"])) == NARROWED
    cell = tree_of(pages["meetups/month/2026-12/"]).find(".//td[@data-day='2026-12-01']")
    assert len(list(cell.iter("li"))) == CELL
    assert text_of(cell).endswith(f"{count - CELL} more meetups")
    assert [link.get("href") for link in cell.iter("a")][-1] == "../../../meetups/#d-2026-12-01"
    assert 'id="d-2026-12-01"' in pages["meetups/"].content


def test_a_long_series_is_cut_only_in_a_crowd(write_community: WriteCommunity, monkeypatch: pytest.MonkeyPatch) -> None:
    daily = "---\ntitle: Daily\nstarts: 2026-12-01 10:00\nrepeats: every day\n---\n"
    files: dict[str, str | bytes] = {"content/meetups/daily.md": daily, "content/meetups/call.md": ONLINE}
    pages = render_files(write_community(files, name="few"))[0]
    assert pages["meetups/"].content.count("data-is") == PAGE_DATES
    assert "meetups/coming/2/" in pages
    monkeypatch.setattr("alongside.rendering.pages.dates.LISTED", 8)
    pages = render_files(write_community(files, name="crowd"))[0]
    assert len(rows_of(pages["meetups/"])) == 5
    assert "at most its next 4 dates" in text_of(tree_of(pages["meetups/"]))
    assert len(rows_of(pages["meetups/month/2027-01/"])) == 31  # months have them all


def test_names_that_pages_use_and_hostile_ones(write_community: WriteCommunity) -> None:
    evil = '"><img src=x onerror=alert(1)>'
    files: dict[str, str | bytes] = {
        f"content/meetups/{slug}.md": f"---\ntitle: '{evil}'\nstarts: 2026-12-01 10:00\nlanguages: [en]\n"
        f"place: {{label: '{evil}', lat: 52.5, lon: 13.4}}\ngroup: month\n---\n"
        for slug in ("month", "online", "near", "how", "coming", "country", "language", "past")
    }
    files["content/groups/month.md"] = f"---\nname: '{evil}'\nkind: chat\n---\n"
    pages = render_files(write_community(files))[0]
    assert "meetups/online/" in pages
    for path, page in pages.items():
        if path.startswith("meetups/"):
            assert "<img" not in page.content, path
            assert all(row.get("data-is").split() for row in tree_of(page).iter("li") if "data-is" in row.attrib), path


def test_a_start_in_the_hour_that_is_skipped_stands_on_the_day_it_is_on(write_community: WriteCommunity) -> None:
    # in Cairo the clocks go from 23:59 to 01:00 on 30 April 2027, a Friday
    night = "---\ntitle: Night\nstarts: 2027-04-30 00:30\ntimezone: Africa/Cairo\n---\n"
    pages = render_files(write_community({"content/meetups/night.md": night}))[0]
    cell = tree_of(pages["meetups/month/2027-04/"]).find(".//td[@data-day='2027-04-30']")
    assert text_of(cell) == "30 Friday 01:30 UTC+3 Night"
    assert '<time datetime="2027-04-30T01:30+03:00">' in pages["meetups/"].content


def test_every_language_has_the_pages(write_community: WriteCommunity) -> None:
    for language in interface_languages():
        config = write_community({**FILES, "content/index.md": "# Home\n"}, name=language)
        text = config.read_text(encoding="utf-8").replace(
            "- alongside:\n", f"- alongside:\n      language: {language}\n"
        )
        config.write_text(text, encoding="utf-8")
        pages = render_files(config, now=NOW)[0]
        for path in ("meetups/", "meetups/month/2026-12/", "meetups/near/berlin-germany/"):
            words = pages[path].content
            assert "{" not in re.sub(r'data-(shown|time)="[^"]*"', "", words), (language, path)
            assert ('dir="rtl"' in words) == (language == "ar")
