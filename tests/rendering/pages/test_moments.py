"""Moments: what an embed and a page show of a community, in general terms, and to whom it stops."""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import html5lib
import pytest

from alongside.rendering.embeds.scripts import PROFILE
from alongside.rendering.pages import moments
from alongside.rendering.pages.moments import fill_moments, render_moment
from conftest import CONFIG, WriteCommunity
from rendered_site import make_site, render_files

JOURNEY = """\
title: The first month
moments:
  - {id: sign-up, owner: growth, where: embed, show: [welcome, note, group]}
  - {id: dashboard, owner: product, where: embed, show: [meetup, story]}
  - {id: front, owner: community, where: page, show: [welcome, story]}
"""
MEMBER = """\
---
name: {name}
languages: [{languages}]
challenges: [first-talk]
welcomes: {welcomes}
consent: {{since: 2026-03-01, until: 2027-03-01, for: {containers}}}
{more}
---
Bio.
{words}
"""
EMBED = "embed/first-month/sign-up/index.html"
DASHBOARD = "embed/first-month/dashboard/index.html"


def member(
    name: str,
    *,
    welcomes: int = 5,
    containers: str = "[page, embed]",
    languages: str = "en",
    more: str = "pronouns: they",
    words: str = "## Welcome\nWords by {name}.",
) -> str:
    return MEMBER.format(
        name=name,
        languages=languages,
        welcomes=welcomes,
        containers=containers,
        more=more,
        words=words.format(name=name),
    )


def files(**members: str) -> dict[str, str | bytes]:
    return {
        "content/challenges.yml": "first-talk: {title: Giving a first talk}\n",
        "journeys/first-month.yml": JOURNEY,
        **{f"content/members/{slug}.md": text for slug, text in members.items()},
    }


def test_an_embed_shows_who_agreed_and_has_room(write_community: WriteCommunity) -> None:
    config = write_community(
        files(
            ana=member("Ana"),
            full=member("Full", welcomes=0),
            away=member("Away", more="away: {from: 2026-11-01, to: 2026-12-01}"),
            former=member("Former", more="status: former"),
            shy=member("Shy", containers="[page, mail]"),
        )
    )
    html = render_files(config)[1][EMBED]
    assert "Words by Ana." in html
    assert "Ana</bdi> wrote this for people who start where you are" in html
    for name in ("Full", "Away", "Former", "Shy"):
        assert name not in html
    assert 'data-until="2027-03-01"' in html


def test_who_has_no_room_this_week_is_not_offered(write_community: WriteCommunity) -> None:
    story = "---\ntitle: Hello\nmembers: [full]\ndate: 2026-10-01\n---\nHello.\n"
    availability = "full_until: {full: 2026-11-23, ana: 2026-11-22}\n"
    config = write_community(
        {
            **files(ana=member("Ana"), full=member("Fulvia")),
            "content/stories/hello.md": story,
            "content/.alongside/availability.yml": availability,
        }
    )
    pages, embeds = render_files(config)
    assert ("Ana" in embeds[EMBED], "Fulvia" in embeds[EMBED]) == (True, False)
    assert "Meet <bdi>Fulvia" not in pages["stories/hello/"].content
    pages, embeds = render_files(config, now=datetime(2026, 11, 24, 0, 0, tzinfo=UTC))
    assert ("Ana" in embeds[EMBED], "Fulvia" in embeds[EMBED]) == (True, True)
    assert "Meet <bdi>Fulvia" in pages["stories/hello/"].content


def test_consent_that_ended_empties_the_embed_which_says_so(write_community: WriteCommunity) -> None:
    config = write_community(files(ana=member("Ana")))
    html = render_files(config, now=datetime(2027, 3, 2, tzinfo=UTC))[1][EMBED]
    assert "Ana" not in html
    assert "Nobody has room to welcome newcomers just now." in html


def test_who_wrote_no_words_is_introduced_by_the_team(write_community: WriteCommunity) -> None:
    html = render_files(write_community(files(ana=member("Ana", words=""))))[1][EMBED]
    assert "Introduced by the community team" in html
    assert "Giving a first talk" in html
    assert "wrote this" not in html


def test_words_in_the_communitys_language_come_first(write_community: WriteCommunity) -> None:
    config = write_community(
        files(mona=member("Mona", languages="ar, en", words="## Welcome\nأهلًا."))
        | {"content/members/mona.en.md": "Bio.\n\n## Welcome\nHello from Mona.\n"}
    )
    html = render_files(config)[1][EMBED]
    assert "Hello from Mona." in html
    assert "أهلًا" not in html


def test_who_has_no_page_is_not_linked(write_community: WriteCommunity) -> None:
    html = render_files(write_community(files(ana=member("Ana", containers="[embed]"))))[1][EMBED]
    assert "Words by Ana." in html
    assert "members/ana" not in html
    assert "There is no note form here." in html


def test_a_note_goes_to_the_address_the_team_gave_or_nowhere(write_community: WriteCommunity) -> None:
    community = files(ana=member("Ana & Bo <x>"))
    plain = render_files(write_community(community, name="plain"))[1][EMBED]
    assert "mailto:" not in plain
    assert 'href="../../../members/ana/">Say hello to <bdi>Ana &amp; Bo &lt;x&gt;</bdi>' in plain
    configured = CONFIG.replace("organisation: {", "organisation: {email: notes@example.org, ")
    html = render_files(write_community({**community, "mkdocs.yml": configured}, name="configured"))[1][EMBED]
    assert 'href="mailto:notes@example.org?subject=Write%20to%20Ana%20%26%20Bo%20%3Cx%3E"' in html


def test_nothing_to_show_is_worth_showing(write_community: WriteCommunity) -> None:
    written = render_files(write_community(files()))[1]
    assert "Nobody has room to welcome newcomers just now." in written[EMBED]
    assert "No group is open just now." in written[EMBED]
    assert "Nothing is planned in the next weeks." in written[DASHBOARD]
    assert "Nobody has told a story yet." in written[DASHBOARD]
    assert '/meetups/#subscribe"' in written[DASHBOARD]


def test_an_embed_is_a_document_of_its_own(write_community: WriteCommunity) -> None:
    html = render_files(write_community(files(ana=member("Ana"))))[1][EMBED]
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    assert tree.get("lang") == "en"
    assert tree.get("dir") == "ltr"
    assert len(list(tree.iter("h1"))) == 1
    [script] = tree.iter("script")
    assert (script.get("type"), script.get("src"), script.text) == ("module", "../../../embed/v1/frame.js", None)
    [element] = tree.iter("alongside-moment")
    assert element.get("moment") == "first-month/sign-up"
    assert "Words by Ana." in "".join(element.itertext())
    meta = {element.get("name"): element.get("content") for element in tree.iter("meta")}
    assert meta["robots"] == "noindex"
    assert meta["referrer"] == "no-referrer"


def test_an_embed_has_a_policy_that_its_own_style_meets(write_community: WriteCommunity) -> None:
    config = write_community(
        {**files(ana=member("Ana")), "mkdocs.yml": CONFIG + "      embeds: {images: [pictures.example.net]}\n"}
    )
    tree = html5lib.parse(render_files(config)[1][EMBED], namespaceHTMLElements=False)
    [policy] = [one.get("content") for one in tree.iter("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    directives = dict(one.strip().split(" ", 1) for one in policy.split(";"))
    [style] = tree.iter("style")
    digest = b64encode(sha256((style.text or "").encode()).digest()).decode()
    assert directives == {
        "default-src": "'none'",
        "script-src": "'self'",
        "connect-src": "'self'",
        "img-src": "'self' https://community.example.org https://pictures.example.net",
        "style-src": f"'sha256-{digest}'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    head = next(tree.iter("head"))
    assert [one.get("http-equiv") for one in head][:2] == [None, "Content-Security-Policy"]  # before all it is about
    assert [one.get("style") for one in tree.iter() if one.get("style") or one.get("onload")] == []
    assert render_files(config, drafts=True)[1][EMBED] == render_files(config)[1][EMBED]


def test_stories_of_an_embed_name_only_who_agreed_to_embeds(write_community: WriteCommunity) -> None:
    story = "---\ntitle: {title}\nmembers: [{member}]\ndate: 2026-05-04\n---\nBody.\n"
    config = write_community(
        files(ana=member("Ana"), shy=member("Shy", containers="[page]"))
        | {
            "content/stories/one.md": story.format(title="Told openly", member="ana"),
            "content/stories/two.md": story.format(title="Told shyly", member="shy"),
        }
    )
    html = render_files(config)[1][DASHBOARD]
    assert "Told openly" in html
    assert "Told shyly" not in html
    assert '<div class="as-story" data-until="2027-03-01">' in html
    site = make_site(config)
    assert "Told shyly" in render_moment(site, "first-month", "front", page="")


def test_moments_fill_their_tags(write_community: WriteCommunity) -> None:
    site = make_site(write_community(files(ana=member("Ana"))))
    for tag in (
        '<alongside-moment moment="front"></alongside-moment>',
        "<alongside-moment class='x' moment='first-month/front'>old</alongside-moment>",
        "<ALONGSIDE-MOMENT moment=front></ALONGSIDE-MOMENT>",
    ):
        html = fill_moments(site, f"<p>before</p>{tag}<p>after</p>", page="guide/")
        assert "Words by Ana." in html
        assert 'href="../members/ana/"' in html
        assert html.startswith("<p>before</p>")
        assert html.endswith("<p>after</p>")
    unknown = '<p>x</p><alongside-moment moment="gone"></alongside-moment>'
    assert fill_moments(site, unknown, page="") == unknown
    assert fill_moments(site, "<p>none</p>", page="") == "<p>none</p>"


def test_a_tag_is_read_as_browsers_read_it(write_community: WriteCommunity) -> None:
    site = make_site(write_community(files(ana=member("Ana"))))
    for attributes in (
        """text="this is the moment = now" moment="front\"""",
        """text="more > less" moment="front\"""",
        """text='<b>moment="gone"</b>' moment='front'""",
        """data-moment="gone" moment=front moment=gone""",
    ):
        html = fill_moments(site, f"<alongside-moment {attributes}></alongside-moment>", page="guide/")
        assert html.startswith(f"<alongside-moment {attributes}><link ")
        assert "Words by Ana." in html
    tag = '<alongside-moment moment="front" near="50 km"></alongside-moment>'
    html = fill_moments(site, f"<!-- {tag} -->\n<!--->\n{tag}", page="guide/")
    assert html.startswith(f"<!-- {tag} -->\n<!--->\n<alongside-moment")
    assert html.count("<link ") == html.count("<script ") == html.count("Words by Ana.") == 1


def test_a_tag_that_says_for_whom_it_is_brings_the_script_once(write_community: WriteCommunity) -> None:
    site = make_site(write_community(files(ana=member("Ana"))))
    script = '<script type="module" src="../embed/v1/alongside.js"></script>'
    tag = '<alongside-moment moment="front" {}></alongside-moment>'
    for attribute in ('challenges="first-talk"', "PLACE='Berlin'", "near=50km", "languages"):
        html = fill_moments(site, (tag.format(attribute) + "\n") * 2, page="guide/")
        assert html.count("Words by Ana.") == 2
        assert html.count("<script") == html.count(script + "\n") == 1
    for attribute in ("", 'class="place"', "title=' near=50km '", "data-place=here"):
        assert "<script" not in fill_moments(site, tag.format(attribute), page="guide/")


def test_the_scripts_know_the_same_attributes() -> None:
    assets = Path(moments.__file__).parent.parent / "assets" / "embed"
    for name, before in (("element.js", ("moment",)), ("frame.js", ())):
        [told] = re.findall(r'"([a-z ]+)"\.split\(" "\)', (assets / name).read_text())
        assert tuple(told.split()) == (*before, *PROFILE)


def test_an_unknown_moment_is_an_error(write_community: WriteCommunity) -> None:
    with pytest.raises(KeyError):
        render_moment(make_site(write_community(files())), "first-month", "gone", page="")


def test_people_take_turns_by_the_week(write_community: WriteCommunity) -> None:
    config = write_community(files(**{f"m{number}": member(f"Member {number}") for number in range(12)}))

    def shown(day: int) -> tuple[str, ...]:
        html = render_files(config, now=datetime(2026, 11, day, 9, tzinfo=UTC))[1][EMBED]
        return tuple(f"Member {n}" for n in range(12) if f"Words by Member {n}." in html)

    assert len(shown(23)) == 3
    assert shown(23) == shown(29)
    assert shown(23) != shown(30)


PICTURES = """\
## Welcome
![Mine](https://pictures.example.net/mine.png) ![Ours](https://community.example.org/ours.png)
![Other](https://tracker.example/pixel.gif)
"""


def test_an_embed_loads_pictures_only_from_hosts_that_the_settings_name(write_community: WriteCommunity) -> None:
    config = write_community(
        {
            **files(ana=member("Ana", words=PICTURES)),
            "mkdocs.yml": CONFIG + "      embeds: {images: [pictures.example.net]}\n",
            "content/index.md": "Home",
        }
    )
    pages, others = render_files(config)
    document = html5lib.parse(others[EMBED], namespaceHTMLElements=False)
    assert [image.get("src") for image in document.iter("img")] == [
        "https://pictures.example.net/mine.png", "https://community.example.org/ours.png",
    ]  # fmt: skip
    assert all(image.get("referrerpolicy") == "no-referrer" for image in document.iter("img"))
    assert '<a class="as-picture" href="https://tracker.example/pixel.gif"' in others[EMBED]
    assert "<img" not in pages["members/ana/"].content  # the setting is about embeds
