"""A community in Arabic with more than a page of everything: what the example is too small, or too well, to show.

Lists that go on, a film with its captions, a challenge and a place where nobody is, a meetup that is over, a home that
names nobody, and the documents that stand by themselves: the map of journeys, what one newcomer would get.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from alongside.model.people import Newcomer
from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings
from alongside.rendering.journey_map import map_html, map_journeys
from alongside.rendering.mails.timelines import plan_timeline, timeline_html
from browser.axe import OF_COLOURS, check_with_axe
from browser.origins import files_of, running_origin
from commands import run_command
from conftest import CONFIG, NOW, TODAY, WriteCommunity
from rendering.pages.test_players import TALK, film

pytestmark = pytest.mark.browser

MEMBER = """\
---
name: ريم {number}
place: {place}
languages: [ar]
roles: [كاتبة تقنية]
challenges: [talk]
welcomes: 2
consent: {{since: 2026-01-01, for: [page, embed, mail]}}
---
أكتب من المقهى.
"""
STORY = """\
---
title: اليوم {number} بلا شبكة
members: [reem-{teller}]
date: {date}
language: ar
challenges: [talk]
topics: [تعليم, شبكات]
{more}---
كان اليوم طويلًا، ثم وصل الرد.
"""
GROUP = "---\nname: مجموعة {number}\nkind: chapter\nplace: {place}\nstatus: {status}\n---\nنلتقي كل شهر.\n"
FILES: dict[str, str | bytes] = {
    "mkdocs.yml": CONFIG.replace("alongside:\n", "alongside:\n      language: ar\n      journey_map: true\n"),
    "content/index.md": "# مجتمع الكتابة\n\nأناس ساروا في هذا الطريق.\n",
    "content/challenges.yml": "talk: {title: الكلام أمام الناس, also: [رهبة المسرح]}\nalone: {title: وحدي في الفريق}\n",
    **{
        f"content/members/reem-{number}.md": MEMBER.format(
            number=number, place="Cairo, Egypt" if number % 2 else "Amman, Jordan"
        )
        for number in range(62)
    },
    **{
        f"content/stories/day-{number}.md": STORY.format(
            number=number, teller=number % 60, date=f"2026-0{1 + number % 9}-1{number % 10}", more=""
        )
        for number in range(95)
    },
    "content/stories/film.md": STORY.format(
        number=100, teller=1, date="2026-10-01", more="media: {video: talk.mp4, transcript: talk.vtt}\n"
    ),
    "content/stories/talk.mp4": film(),
    "content/stories/talk.vtt": TALK,
    **{
        f"content/groups/group-{number}.md": GROUP.format(
            number=number,
            place="Cairo, Egypt" if number % 3 else "Amman, Jordan",
            status=("active", "forming", "retired")[number % 3],
        )
        for number in range(63)
    },
    "content/meetups/over.md": "---\ntitle: كان هنا\nstarts: 2026-03-04 18:00\nplace: Tunis, Tunisia\n---\nانتهى.\n",
    "content/meetups/bare.md": "---\ntitle: بلا تفاصيل\nstarts: 2026-03-05 18:00\n---\nانتهى.\n",
    "content/meetups/weekly.md": "---\ntitle: كل أسبوع\nstarts: 2026-11-26 18:00\nrepeats: every week\nonline: true\n---\n.\n",
    "journeys/first.yml": "title: الشهر الأول\nmoments:\n"
    "  - {id: hello, owner: growth, where: embed, show: [welcome, story, group, meetup]}\n"
    "  - {id: welcome, owner: community, where: mail, after: 0 hours, from: team, message: mails/welcome.md}\n",
    "journeys/mails/welcome.md": "---\nsubject: أهلًا\n---\nمرحبًا {{ newcomer.name }}.\n",
}
PAGES = (
    "", "stories/", "stories/page/1/", "members/", "members/page/2/", "groups/", "groups/page/2/", "groups/group-2/",
    "places/", "places/cairo-egypt/", "places/tunis-tunisia/", "challenges/talk/", "challenges/alone/", "browse/",
    "members/challenge/talk/", "meetups/", "meetups/month/2026-12/", "meetups/over/", "meetups/bare/", "stories/film/",
    "journeys/", "embed/first/hello/", "404.html", "map.html", "timeline.html",
)  # fmt: skip


def test_every_layout_from_right_to_left(tab: Page, write_community: WriteCommunity) -> None:
    root = write_community(FILES).parent
    built = run_command("build", "--now", f"{NOW:%Y-%m-%dT%H:%MZ}", cwd=root)
    assert built.returncode == 0, built.stderr
    settings, _ = read_settings(root / "mkdocs.yml")
    community = load_community(settings, today=TODAY).community
    timeline = plan_timeline(community, settings, community.journeys["first"], Newcomer(name="كريم"), now=NOW)
    (root / "site/map.html").write_text(map_html(map_journeys(community, settings)), encoding="utf-8")
    (root / "site/timeline.html").write_text(timeline_html(timeline), encoding="utf-8")
    messages: list[str] = []
    tab.on("console", lambda message: messages.append(message.text) if message.type in ("error", "warning") else None)
    tab.on("pageerror", lambda error: messages.append(str(error)))
    with running_origin(files_of(root / "site")) as origin:
        for path in PAGES:
            tab.set_viewport_size({"width": 320, "height": 800})
            tab.emulate_media(color_scheme="light")
            tab.goto(f"{origin.address}/{path}")
            if path.startswith("embed/"):  # see-through: axe takes white, the browser paints its own canvas
                tab.evaluate("document.documentElement.style.setProperty('background', 'Canvas', 'important')")
            assert tab.evaluate("document.documentElement.scrollWidth") <= 320, path
            assert not tab.locator(".as-side section:empty, dl:empty, ul:empty, .as-join:not(:has(*))").count(), path
            tab.set_viewport_size({"width": 1280, "height": 900})
            check_with_axe(tab)
            tab.emulate_media(color_scheme="dark")
            check_with_axe(tab, only=OF_COLOURS)
    assert [message for message in messages if "favicon" not in message and "404" not in message] == []
