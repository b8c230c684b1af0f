"""Pages name pictures that are drawn later: which, where, in which words, and who is never on one."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from html import unescape

import pytest
from PIL import Image

from alongside.build import list_jobs
from alongside.rendering.copies import MOST_PIXELS, copy_widths
from alongside.rendering.pages.picture_cards import PictureCard, cards
from conftest import CONFIG, WriteCommunity
from rendered_site import make_site, render_site

ON = CONFIG.replace("  - alongside:\n", "  - alongside:\n      images: true\n")
MEMBER = "---\nname: {0}\nphoto: {1}\nplace: {2}\nroles: [writer]\nwelcomes: 5\nlanguages: [{3}]\nconsent: {{since: 2026-01-01, for: [{4}]}}\n---\nHi.\n\n## Welcome\n\nHello.\n"
STORY = "---\ntitle: {}\nmembers: [{}]\ndate: 2026-05-04\nlanguage: {}\nchallenges: [first-talk]\n---\n{}\n"


def photo(kind: str, size: tuple[int, int], **how: object) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, "teal").save(stream, kind, **how)
    return stream.getvalue()


FILES: dict[str, str | bytes] = {
    "mkdocs.yml": ON,
    "content/challenges.yml": "first-talk: {title: {en: Giving a first talk, ar: أول محاضرة}}\n",
    "content/members/ana.md": MEMBER.format("Ana <Souza>", "ana b.jpg", "Recife, Brazil", "en", "page, embed"),
    "content/members/ana.pt.md": "Oi.\n",
    "content/members/ana b.jpg": photo("JPEG", (1200, 600)),
    "content/members/cat.md": MEMBER.format("Cat", "cat.png", "Lima, Peru", "en", "embed"),
    "content/members/cat.png": photo("PNG", (300, 300)),
    "content/members/dan.md": MEMBER.format("Dan", "dan.png", "Lima, Peru", "ar", "page"),
    "content/members/dan.png": photo("PNG", (90, 90)),
    "content/stories/one.md": STORY.format(
        '"One & \\"only\\""', "ana, cat", "en", "![Desk](desk.jpg)\n\n![It](it.gif)"
    ),
    "content/stories/two.md": STORY.format("كتبتُها", "cat", "ar", "<img src='wide.png' width=300 alt='Wide'>"),
    "content/stories/draft.md": STORY.format("Draft", "ana", "en", "").replace("date:", "status: draft\ndate:"),
    "content/stories/desk.jpg": photo("JPEG", (2000, 1000)),
    "content/stories/wide.png": photo("PNG", (1000, 100)),
    "content/stories/it.gif": photo("GIF", (900, 900)),
    "journeys/start.yml": "title: Start\nmoments:\n  - {id: hi, owner: growth, where: embed, show: [welcome]}\n",
    "content/groups/docs.md": "---\nname: {en: Docs, ar: وثائق}\nkind: chapter\nplace: Lima, Peru\n---\nWe meet.\n",
    "content/meetups/talk.md": "---\ntitle: A talk\ngroup: docs\nstarts: 2026-12-03 18:30\n---\nCome.\n",
}


def meta(head: str) -> dict[str, str]:
    found = re.findall(r'<meta (?:property|name)="((?:og:image|twitter)[^"]*)" content="([^"]*)">', head)
    return {name: unescape(content) for name, content in found}


def test_a_page_says_what_its_picture_shows(write_community: WriteCommunity) -> None:
    pages, _ = render_site(make_site(write_community(FILES)))
    told = meta(pages["stories/one/"].head)
    assert re.fullmatch(r"https://community\.example\.org/drawn/stories/one\.jpg\?[0-9a-f]{8}", told.pop("og:image"))
    assert told == {
        "og:image:type": "image/jpeg",
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": 'One & "only" · Ana <Souza> · Recife, Brazil · Test community',
        "twitter:card": "summary_large_image",
    }
    alts = {path: meta(page.head).get("og:image:alt") for path, page in pages.items()}
    of_the_site = "Test community · community.example.org"
    others = {path for path, alt in alts.items() if alt == of_the_site}
    assert others >= {"stories/", "members/", "groups/", "browse/", "places/lima-peru/"}
    assert {alt for path, alt in alts.items() if path.startswith("stories/") and path not in others} == {
        'One & "only" · Ana <Souza> · Recife, Brazil · Test community',
        "كتبتُها · Test community",
    }
    assert {path: alt for path, alt in alts.items() if path not in others and not path.startswith("stories/")} == {
        "challenges/first-talk/": "Giving a first talk · Test community",
        "groups/docs/": "Docs · Lima, Peru · Test community",
        "meetups/talk/": "A talk · Test community",
        "members/ana/": "Ana <Souza> · Recife, Brazil · Test community",
        "members/ana/pt/": "Ana <Souza> · Recife, Brazil · Test community",
        "members/dan/": "Dan · Lima, Peru · Test community",
    }
    assert meta(pages["members/ana/pt/"].head) == meta(pages["members/ana/"].head)


def test_cards_are_those_of_the_pages(write_community: WriteCommunity) -> None:
    site = make_site(write_community(FILES))
    list_jobs(site)
    found = {card.path: card for card in cards(site)}
    assert found.keys() == {
        *("", "stories/one/", "stories/two/", "members/ana/", "members/dan/", "groups/docs/", "meetups/talk/"),
        "challenges/first-talk/",
    }
    assert found["stories/one/"] == PictureCard(
        path="stories/one/",
        title='One & "only"',
        language="en",
        above="Giving a first talk",
        names=("Ana <Souza>",),
        place="Recife, Brazil",
        photo="members/ana b.jpg",
        initials="A",
        hue=found["members/ana/"].hue,
        site_name="Test community",
    )
    nobody = found["stories/two/"]  # Cat agreed to embeds alone
    assert (nobody.names, nobody.place, nobody.photo, nobody.initials, nobody.hue) == ((), "", "", "", None)
    assert (nobody.above, nobody.language) == ("أول محاضرة", "ar")
    assert found["members/ana/"].above == "writer"
    assert (found["groups/docs/"].above, found["meetups/talk/"].above) == ("Chapter", "Docs")


def test_pictures_have_smaller_ones(write_community: WriteCommunity) -> None:
    pages, files = render_site(make_site(write_community(FILES)))
    one, two = pages["stories/one/"].content, pages["stories/two/"].content
    assert (
        'srcset="../../drawn/members/ana%20b.jpg.160.webp 160w, ../../drawn/members/ana%20b.jpg.400.webp 400w" '
        'sizes="158px"'
    ) in one  # twice as broad as its arch is high
    desk = re.search(r'<img [^>]*alt="Desk"[^>]*>', one)
    assert desk is not None
    assert (
        'width="2000" height="1000" srcset="../../drawn/stories/desk.jpg.400.webp 400w, '
        '../../drawn/stories/desk.jpg.800.webp 800w, ../../drawn/stories/desk.jpg.1440.webp 1440w" '
        'sizes="(max-width: 688px) 100vw, 688px" decoding="async"'
    ) in desk[0]
    assert 'loading="lazy"' in desk[0]
    assert 'src="../../stories/desk.jpg"' in desk[0]
    moving = re.search(r'<img [^>]*alt="It"[^>]*>', one)
    assert moving is not None
    assert "srcset" not in moving[0]
    wide = re.search(r'<img [^>]*alt="Wide"[^>]*>', two)
    assert wide is not None
    assert "../../stories/wide.png 1000w" in wide[0]  # between two copies: itself is the largest
    assert 'sizes="(max-width: 300px) 100vw, 300px"' in wide[0]
    assert "dan.png" not in re.findall(r'srcset="([^"]*)"', pages["members/dan/"].content)
    assert "drawn/members/cat.png.160.webp" in "".join(files.values())  # in an embed
    assert not any(".webp" in text for path, text in files.items() if path.startswith("feeds/"))


def test_without_the_setting_nothing_is_named(write_community: WriteCommunity) -> None:
    site = make_site(write_community({**FILES, "mkdocs.yml": CONFIG}))
    pages, files = render_site(site)
    for text in (*(page.head + page.content for page in pages.values()), *files.values()):
        assert "drawn/" not in text
        assert "srcset" not in text
        assert "og:image" not in text


def test_another_picture_has_another_address(write_community: WriteCommunity) -> None:
    before, _ = render_site(make_site(write_community(FILES)))
    changed = {**FILES, "content/members/ana.md": str(FILES["content/members/ana.md"]).replace("page, embed", "embed")}
    after, _ = render_site(make_site(write_community(changed, name="later")))
    same = {path for path in before.keys() & after.keys() if meta(before[path].head) == meta(after[path].head)}
    assert "stories/one/" not in same
    assert same >= {"groups/docs/", "meetups/talk/", "members/dan/"}
    assert "Ana" not in meta(after["stories/one/"].head)["og:image:alt"]


@pytest.mark.parametrize(
    ("size", "widths"),
    [
        ((159, 159), ()),
        ((160, 90), (160,)),
        ((400, 400), (160, 400)),
        ((5000, 3000), (160, 400, 800, 1440)),
        ((MOST_PIXELS, 2), ()),
    ],
)
def test_copies_are_no_wider_than_their_picture(size: tuple[int, int], widths: tuple[int, ...]) -> None:
    assert copy_widths(size) == widths


def test_a_card_is_told_by_all_that_is_on_it(write_community: WriteCommunity) -> None:
    site = make_site(write_community(FILES))
    list_jobs(site)
    card = next(card for card in cards(site) if card.path == "stories/one/")
    assert replace(card, names=(), place="", site_name="").alt == 'One & "only"'
