"""Mails, and the pages about them, in Debian's Chromium: on phones and wide screens, light and dark, from either side.

The pages are those that `alongside preview --html` and `alongside status --html` write.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from alongside.model.community import Community
from alongside.reading.loader import load_community
from alongside.reading.newcomers import read_profile
from alongside.reading.settings_file import read_settings
from alongside.rendering.mails.messages import MailCompiler, Routing, write_confirmation
from alongside.rendering.mails.status_page import (
    DayFigures,
    JourneyFigures,
    MemberFigures,
    Need,
    Status,
    StepFigures,
    status_html,
)
from alongside.rendering.mails.timelines import plan_timeline, timeline_html
from alongside.settings import Settings
from browser.axe import OF_COLOURS, check_with_axe

ROOT = Path(__file__).resolve().parent.parent.parent
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)  # the example's own day
WIDTHS = (320, 600, 1200)
# A mail is shown inside the page of a mail program, which has the landmarks and the subject as its heading.
OF_A_WHOLE_PAGE = ("landmark-one-main", "page-has-heading-one", "region")

EVERYTHING = """\
    ---
    subject: Everything at once, from {{ member.name }}
    preheader: What an inbox shows beside the subject.
    ---
    # A heading of the first level

    Hello {{ newcomer.name }},

    {{ member.words }}

    ## A second level that is rather longer than one line of a phone

    - one
    - two with `code in a line` and a [link](https://example.org/a)
        - nested

    1. first

    > A quotation with a [link](https://example.org/b).
    >
    > - with a list

    ### Third

    ```
    some code --with a long line that has to wrap because it is longer than any mail is wide
    ```

    | a | with a longer heading | c |
    | --- | ---: | --- |
    | two words | 3,000 | averyverylongwordwithoutspaces |

    ---

    https://example.org/a/very/long/address/without/any/breaks/at/all/which/goes/on/and/on/and/on?with=a&query=string

    *Emphasis*, **strong**, ~~gone~~
    """
ROOMS = """\
    ---
    subject: Rooms
    ---
    {% for group in groups %}
    - [{{ group.name }}]({{ group.url }}), {{ group.where }}
    {% endfor %}

    {% for meetup in meetups %}
    - [{{ meetup.title }}]({{ meetup.url }}), {{ meetup.when }}, {{ meetup.where }}
    {% endfor %}
    """
LONG_NAMES = {
    "mkdocs.yml": """\
        site_name: Arbeitsgemeinschaft der Dokumentationsschreiberinnen und Dokumentationsschreiber
        site_url: https://community.example.org/
        docs_dir: content
        plugins: [alongside: {teams: {team: Rechtsschutzversicherungsgesellschaften-Team}}]
        """,
    "content/challenges.yml": "first-talk:\n  title: Giving a first talk\n",
    "content/members/long.md": """\
        ---
        name: Donaudampfschifffahrtselektrizitätenhauptbetriebswerk Llanfairpwllgwyngyllgogerychwyrndrobwll
        roles: [Oberweserdampfschifffahrtsgesellschaftskapitänin]
        place: Llanfairpwllgwyngyll, United Kingdom
        languages: [ar]
        challenges: [first-talk]
        welcomes: 5
        consent: {since: 2026-01-01, for: [page, embed, mail]}
        ---
        Hi.

        ## Welcome
        كلمات كتبتها لمن يبدأ من هنا، وفيها جملة طويلة لنرى كيف تنكسر الأسطر.

        - نقطة أولى
        """,
    **{
        f"content/groups/group-{number}.md": f"""\
        ---
        name: Group number {number}, with a name that is longer than a line
        kind: chapter
        place: Berlin, Germany
        challenges: [first-talk]
        ---
        Hi.
        """
        for number in range(8)
    },
    **{
        f"content/meetups/meetup-{number}.md": f"""\
        ---
        title: Meetup number {number} of people who write
        starts: 2026-12-1{number} 18:30
        timezone: Europe/Berlin
        place: {{label: "c-base, Rungestraße 20, Berlin", lat: 52.513, lon: 13.42}}
        challenges: [first-talk]
        ---
        Hi.
        """
        for number in range(8)
    },
    "journeys/long.yml": """\
        title: The journey
        moments:
          - {id: everything, owner: team, where: mail, message: mails/everything.md}
          - {id: rooms, owner: team, where: mail, from: team, after: 2 days, message: mails/rooms.md}
        """,
    "journeys/mails/everything.md": EVERYTHING,
    "journeys/mails/rooms.md": ROOMS,
    "latin.yml": """\
        name: Blåhaj Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaft
        languages: [en]
        challenges: [first-talk]
        """,
    "arabic.yml": "name: كريم\nlanguages: [ar]\nchallenges: [first-talk]\n",
}
JAPANESE = "name: ゆき\nplace: Osaka, Japan\nlanguages: [ja]\nchallenges: [first-review]\n"
NAMES = (
    "welcome grace", "welcome karim", "welcome japanese", "neighbours karim", "neighbours japanese",
    "confirmation karim", "everything latin", "everything arabic", "rooms latin", "nobody latin",
)  # fmt: skip

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def mails(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """HTML parts by "<moment> <profile>": of the example community, and of one with long names and every element."""
    root = tmp_path_factory.mktemp("mails")
    for path, text in {**LONG_NAMES, "japanese.yml": JAPANESE}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(dedent(text), encoding="utf-8")
    settings, community = _read(ROOT / "mkdocs.yml")
    newcomers = ROOT / "journeys" / "newcomers"
    found: dict[str, str] = {}
    for profile in (newcomers / "grace.yml", newcomers / "karim.yml", root / "japanese.yml"):
        found |= _of_one(settings, community, "first-month", profile)
    settings, community = _read(root / "mkdocs.yml")
    for profile in (root / "latin.yml", root / "arabic.yml"):
        found |= _of_one(settings, community, "long", profile)
        nobody = _of_one(settings, replace(community, members={}), "long", profile)
        found[f"nobody {profile.stem}"] = nobody[f"everything {profile.stem}"]
    return found


def _read(config: Path) -> tuple[Settings, Community]:
    settings, _ = read_settings(config)
    return settings, load_community(settings, today=NOW.date()).community


def _of_one(settings: Settings, community: Community, journey: str, profile: Path) -> dict[str, str]:
    """All mails of a journey for one newcomer, and the question before the first."""
    newcomer, _ = read_profile(profile, community, settings)
    assert newcomer is not None
    timeline = plan_timeline(community, settings, community.journeys[journey], newcomer, now=NOW)
    question = write_confirmation(
        MailCompiler(community, settings),
        community.journeys[journey],
        newcomer,
        confirm_url="https://community.example.org/confirm/AAAA",
        routing=Routing(
            sender_address="a@example.org", to_address="b@example.org", to_name="", message_id="c@d", date=NOW
        ),
    )
    part = message_from_bytes(question.content, policy=policy.default).get_body(("html",))
    assert part is not None
    return {
        f"confirmation {profile.stem}": part.get_content(),
        **{f"{entry.moment.id} {profile.stem}": entry.mail.html for entry in timeline.entries if entry.mail},
    }


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Page:  # one page for all: each test fills it anew
    return browser.new_page()


# Of each visible text: its contrast with what is behind it (WCAG 2.2, 1.4.3). Of each link: its height and the room
# around it (2.5.8). What sticks out to either side.
MEASURE = r"""() => {
  const parse = c => { const n = c.match(/[\d.]+/g).map(Number); return [n[0], n[1], n[2], n[3] ?? 1] }
  const over = (a, b) => [0, 1, 2].map(i => a[i] * a[3] + b[i] * (1 - a[3])).concat(1)
  const light = c => [.2126, .7152, .0722].reduce((sum, part, i) => {
    const v = c[i] / 255
    return sum + part * (v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
  }, 0)
  const behind = e => {
    const layers = []
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor)
      if (c[3]) layers.unshift(c)
      if (c[3] === 1) break
    }
    return layers.reduce((below, c) => over(c, below), [255, 255, 255, 1])
  }
  const faint = []
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {
    const e = texts.currentNode.parentElement
    if (!texts.currentNode.data.trim() || !e.getClientRects().length) continue
    const ground = behind(e)
    const [low, high] = [light(ground), light(over(parse(getComputedStyle(e).color), ground))].sort((a, b) => a - b)
    const contrast = (high + .05) / (low + .05)
    if (contrast < 4.5) faint.push([texts.currentNode.data.trim().slice(0, 40), contrast])
  }
  return {
    faint,
    width: document.documentElement.scrollWidth,
    out: [...document.body.querySelectorAll('*')].filter(e => {
      const box = e.getBoundingClientRect()
      return box.width && (box.left < -1 || box.right > innerWidth + 1)
    }).map(e => e.outerHTML.slice(0, 80)),
    small: [...document.querySelectorAll('.quiet p.link a')].filter(a => a.getBoundingClientRect().height < 24)
      .map(a => a.textContent),
  }
}"""
FINE: dict[str, list[object]] = {"faint": [], "out": [], "small": []}


def _measured(tab: Page, width: int) -> dict[str, Any]:
    found: dict[str, Any] = tab.evaluate(MEASURE)
    assert found.pop("width") <= width
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_mail_is_read_on_every_screen(tab: Page, mails: Mapping[str, str], name: str) -> None:
    assert len(mails[name].encode()) < 90_000
    tab.set_content(mails[name])
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for width in WIDTHS:
            tab.set_viewport_size({"width": width, "height": 600})
            assert _measured(tab, width) == FINE, (scheme, width)
        if scheme == "light":
            check_with_axe(tab, without=OF_A_WHOLE_PAGE)
        else:
            check_with_axe(tab, only=OF_COLOURS)


@pytest.mark.parametrize("name", ["welcome karim", "everything latin"])
def test_a_mail_is_read_without_its_style_sheets(tab: Page, mails: Mapping[str, str], name: str) -> None:
    """Some mail programs drop them whole; then light colours stand on light ground, also at night."""
    tab.set_content(re.sub(r"<style.*?</style>", "", mails[name], flags=re.DOTALL))
    tab.emulate_media(color_scheme="dark")
    tab.set_viewport_size({"width": 320, "height": 600})
    assert _measured(tab, 320) == FINE
    assert tab.locator("blockquote").first.evaluate("e => getComputedStyle(e).fontSize") == "16px"


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_loaded_and_tables_only_place(tab: Page, mails: Mapping[str, str], name: str) -> None:
    requests: list[str] = []
    tab.on("request", lambda request: requests.append(request.url))
    tab.set_content(mails[name])
    assert requests == []
    assert tab.locator("img, link, script, form").count() == 0
    shown = tab.evaluate("document.body.innerText")
    assert "\u034f" not in shown  # the preheader stays hidden
    placing = tab.locator("table:not([role=presentation])")
    assert placing.count() == placing.filter(has=tab.locator("th")).count()


def test_an_arabic_mail_begins_at_the_right(tab: Page, mails: Mapping[str, str]) -> None:
    tab.set_viewport_size({"width": 600, "height": 600})
    tab.set_content(mails["welcome karim"])
    assert tab.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["ar", "rtl"]
    borders = "e => { const s = getComputedStyle(e); return [s.borderLeftWidth, s.borderRightWidth] }"
    assert tab.locator("blockquote").first.evaluate(borders) == ["0px", "4px"]
    for part in (".disc", ".prose li", ".quiet p.link a"):
        box = tab.locator(part).first.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] > 520, part


def test_words_in_another_language_keep_their_side(tab: Page, mails: Mapping[str, str]) -> None:
    tab.set_content(mails["everything latin"])
    quotation = tab.locator("blockquote[lang=ar]")
    assert quotation.get_attribute("dir") == "rtl"
    assert quotation.locator("p").first.evaluate("e => getComputedStyle(e).direction") == "rtl"
    borders = "e => { const s = getComputedStyle(e); return [s.borderLeftWidth, s.borderRightWidth] }"
    assert quotation.evaluate(borders) == ["0px", "4px"]
    assert tab.locator("blockquote:not([lang])").evaluate(borders) == ["4px", "0px"]


# --- the pages about mails ---

EVENTFUL = Status(
    community="Arbeitsgemeinschaft der Dokumentationsschreiberinnen",
    language="de",
    at="Wed 30 Dec 2026, 09:00 UTC",
    last_pass="Wed 30 Dec 2026, 08:55 UTC, 19 sent, 0 skipped, 0 planned again",
    needs=(Need(text="Nobody knows whether 7 mails arrived:", command="alongside send --resolve"),),
    journeys=(
        JourneyFigures(
            slug="first-month",
            title="الشهر الأول",
            newcomers="1,200 newcomers (1,100 active, 100 stopped)",
            steps=(
                StepFigures(name="welcome", sent=900, answered=80, bounced=3, held=7, refused=2, due=11, coming=40),
                StepFigures(name="a-moment-with-a-name-that-is-far-longer-than-the-others", coming=900, stopped=100),
                StepFigures(
                    name="later", waiting=300, skipped=4, failing=2, why=("expired 4", "added after they enrolled")
                ),
            ),
        ),
    ),
    members=(
        MemberFigures(name="Donaudampfschifffahrtselektrizitätenhauptbetriebswerk Llanfairpwll", taken=5, offered=4),
        MemberFigures(name="Ana Souza", taken=1, offered=30),
    ),
    days=tuple(
        DayFigures(day=date(2026, 12, 1) + timedelta(days=number), sent=number * 37 % 90, answered=number % 4)
        for number in range(30)
    ),
)
EMPTY = Status(community="Foldout", language="en", at="Wed 30 Dec 2026, 09:00 UTC", last_pass="")


@pytest.mark.parametrize("status", [EVENTFUL, EMPTY], ids=["eventful", "empty"])
def test_the_page_of_what_happened(tab: Page, status: Status) -> None:
    tab.set_content(status_html(status))
    _is_fine_everywhere(tab)
    assert tab.locator("rect.answered").count() == (23 if status.days else 0)  # 22 days, and one step


def test_the_page_of_a_preview(tab: Page) -> None:
    settings, community = _read(ROOT / "mkdocs.yml")
    newcomer, _ = read_profile(ROOT / "journeys" / "newcomers" / "karim.yml", community, settings)
    assert newcomer is not None
    timeline = plan_timeline(community, settings, community.journeys["first-month"], newcomer, now=NOW)
    tab.set_content(timeline_html(timeline))
    _is_fine_everywhere(tab)
    assert "أنت في أول الطريق" in tab.frame_locator("iframe").first.locator("body").inner_text()


def _is_fine_everywhere(tab: Page) -> None:
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for width in (320, 1200):
            tab.set_viewport_size({"width": width, "height": 700})
            assert _measured(tab, width) == FINE, (scheme, width)
        check_with_axe(tab, only=OF_COLOURS if scheme == "dark" else ())
