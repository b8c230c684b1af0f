"""A folder to a community: which files are records, how they are linked, and that nothing stops the run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alongside.model.community import Community
from alongside.problems import Problem
from alongside.reading.fields import Defaults
from alongside.reading.loader import load_community, read_content
from alongside.reading.places import point_place
from alongside.reading.settings_file import read_settings
from conftest import TODAY, WriteCommunity
from reading.planted_faults import FILES, GOOD

STORY = "---\ntitle: A title\nmembers: [ana]\ndate: 2026-05-04\n{}---\nText.\n"


def load(config: Path, today: date = TODAY) -> tuple[Community, list[Problem]]:
    loaded = load_community(read_settings(config)[0], today=today, cache=False)
    return loaded.community, list(loaded.problems)


def codes(problems: list[Problem]) -> list[tuple[str, int, str]]:
    return [(problem.position.path, problem.position.line, problem.code) for problem in problems]


@pytest.fixture
def with_files(write_community: WriteCommunity) -> object:
    def make(files: Mapping[str, str | bytes]) -> tuple[Community, list[Problem]]:
        return load(write_community({**GOOD, **files}))

    return make


def test_files_and_documents(write_community: WriteCommunity) -> None:
    community, problems = load(
        write_community(
            {
                **GOOD,
                "content/members/ana.en.md": "I write.\n\n## Welcome\n" + "Come in. " * 40,
                "content/members/index.md": "# All of us\n",
                "content/guide/desk.jpg": b"\xff\xd8",
                "content/guide/README.md": "How to write.\n",
                "content/meetups/2027.yml": "- {title: One, starts: 2027-01-01}\n",
                "content/.hidden/x.md": "no\n",
                "content/guide/stories.md": "# Guide\n",
            }
        )
    )
    assert problems == []
    assert community.files == {
        "groups/docs.md": "groups/docs/",
        "members/ana.md": "members/ana/",
        "members/ana.en.md": "members/ana/en/",
        "stories/a-talk.md": "stories/a-talk/",
    }
    assert community.documents == {
        "index.md", "members/index.md", "guide/desk.jpg", "guide/README.md", "guide/stories.md"
    }  # fmt: skip
    assert list(community.meetups) == ["2027-one"]
    ana = community.members["ana"]
    assert list(ana.pages) == ["pt", "en"]
    assert ana.pages["en"].bio == "I write."
    assert ana.pages["en"].welcome.startswith("Come in.")
    assert ana.timezone == "America/Recife"


def test_a_challenge_in_two_languages_and_a_community_s_defaults(write_community: WriteCommunity) -> None:
    config = (
        "site_name: Ours\ndocs_dir: content\nplugins:\n  - alongside:\n      language: de\n      timezone: Europe/Berlin\n"
        "      teams: {growth: G, community: C}\n"
    )
    files = {"content/members/bo.md": "---\nname: Bo\n---\n", "content/stories/x.md": STORY.format("")}
    community, _ = load(write_community({**GOOD, "mkdocs.yml": config, **files}))
    assert community.members["bo"].languages == ("de",)
    assert community.members["bo"].timezone == "Europe/Berlin"
    assert community.stories["x"].language == "de"
    assert community.challenges["first-talk"].title.text("pt") == "A primeira palestra"
    assert community.groups["docs"].name.versions == (("de", "Docs"),)


def test_journeys_with_translations(with_files: object) -> None:
    community, problems = with_files(  # type: ignore[operator]
        {
            "journeys/mails/hello.pt.md": "---\nsubject: Oi\n---\n{% if member.words %}x{% endif %}\n",
            "journeys/second.yml": "title: {en: Second}\nconfirm: true\nmoments:\n"
            "  - {id: a, owner: growth, where: mail, message: mails/hello.md, after: 2 weeks, ask_first: 2 days, gap: 0, "
            'expires: 3 days, stop_when: [replied], window: {days: [mon, fri], from: "09:00", to: "24:00"}}\n'
            "  - {id: b, owner: growth, where: embed, show: group, near: 10 miles}\n",
        }
    )
    assert problems == []
    step, embed = community.journeys["second"].moments
    assert (step.after.amount, step.after.unit, step.sender) == (14, "days", "member")
    assert list(step.messages) == ["en", "pt"]
    assert step.messages["pt"].subject == "Oi"
    assert step.messages["pt"].body_position.line == 4
    assert step.window.days == {0, 4}
    assert step.window.end is None
    assert (step.gap.total_seconds(), step.expires.days) == (0, 3)
    assert embed.show == ("group",)
    assert round(embed.near_km or 0, 2) == 16.09


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"content/stories/b.md": STORY.format("was: [a-talk]\n")}, [("content/stories/b.md", 5, "slug-collision")]),
        (
            {"content/stories/b.md": STORY.format("was: [old]\n"), "content/stories/c.md": STORY.format("was: [x, old]\n")},
            [("content/stories/c.md", 5, "slug-collision")],
        ),
        (
            {"content/meetups/x-one.md": "---\ntitle: x\nstarts: 2027-01-01\n---\n", "content/meetups/x.yml": "- {title: One, starts: 2027-01-01}\n"},
            [("content/meetups/x.yml", 1, "slug-collision")],
        ),
        ({"content/members/ana.pt.md": "Bio.\n"}, [("content/members/ana.pt.md", 1, "translation-same-language")]),
        ({"content/stories/a-talk/index.md": "# x\n"}, [("content/stories/a-talk/index.md", 1, "path-collision")]),
        ({"content/members/ana.en.md": "---\nname: Ana\n---\nBio.\n"}, [("content/members/ana.en.md", 1, "front-matter-unread")]),
        (
            {"content/stories/b.md": STORY.format("language: pt\ntranslation_of: a-talk\n"), "content/stories/c.md": STORY.format("language: es\ntranslation_of: b\n")},
            [("content/stories/c.md", 6, "bad-translation")],
        ),
        ({"content/x.md": "[draft](stories/d.md)\n", "content/stories/d.md": STORY.format("status: draft\n")}, [("content/x.md", 1, "link-without-page")]),
        ({"content/x.md": "[m](members/bo.md)\n", "content/members/bo.md": "---\nname: Bo\n---\n"}, [("content/x.md", 1, "link-without-page")]),
        ({"content/x.md": "[all](challenges/first-talk) [p](places/berlin-germany) [g](groups/docs/)\n"}, []),
        ({"content/x.md": '<img src="nothing-of-ours.png">\n'}, []),
        ({"journeys/first.yaml": "title: x\nmoments: []\n"}, [("journeys/first.yaml", 2, "empty-list"), ("journeys/first.yml", 1, "slug-collision")]),
    ],
)  # fmt: skip
def test_between_files(with_files: object, files: dict[str, str], expected: list[tuple[str, int, str]]) -> None:
    _, problems = with_files(files)  # type: ignore[operator]
    assert codes(problems) == expected


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        (["stories.md"], [("stories.md", "page-instead")]),
        (["groups/README.md"], [("groups/README.md", "page-instead")]),
        (["stories/index.md", "challenges/first-talk/index.md", "meetups.md"], []),
        (["challenges/first-talk.md"], [("challenges/first-talk.md", "page-instead")]),
        (["places/recife-brazil.md"], [("places/recife-brazil.md", "page-instead")]),
        (["stories.md", "stories/index.md"], [("stories.md", "page-hidden")]),
        (["guide.md", "guide/README.md", "guide/index.md"], [("guide.md", "page-hidden"), ("guide/README.md", "page-hidden")]),
        (["README.md"], [("README.md", "page-hidden")]),
    ],
)  # fmt: skip
def test_which_page_wins_is_told(pages: list[str], expected: list[tuple[str, str]], with_files: object) -> None:
    _, problems = with_files({f"content/{page}": "# Page\n" for page in pages})  # type: ignore[operator]
    assert codes(problems) == [(f"content/{path}", 1, code) for path, code in expected]
    assert all(problem.severity == "warning" for problem in problems)


def test_what_cannot_be_read_costs_that_file(write_community: WriteCommunity) -> None:
    config = write_community(GOOD)
    stories = config.parent / "content/stories"
    (stories / "folder.md").mkdir()
    (stories / "nowhere.md").symlink_to(stories / "gone.md")
    (stories / "loop.md").symlink_to(stories / "loop.md")
    (stories / "linked.md").symlink_to(stories / "a-talk.md")
    (config.parent / "content/round").symlink_to(config.parent / "content")
    os.mkfifo(stories / "pipe.md")
    community, problems = load(config)
    assert "linked" in community.stories
    assert [code for path, _, code in codes(problems) if path.startswith("content/stories/")] == ["unreadable-file"] * 4
    assert {path for path, _, code in codes(problems) if code == "unreadable-file"} == {
        f"content/stories/{name}.md" for name in ("folder", "nowhere", "loop", "pipe")
    }


def test_a_misnamed_file_is_read_for_its_problems_alone(with_files: object) -> None:
    text = STORY.format("status: drafft\n")
    community, problems = with_files(
        {"content/stories/My Talk.md": text, "content/index.md": "[x](<stories/My Talk.md>)\n"}
    )  # type: ignore[operator]
    assert codes(problems) == [
        ("content/stories/My Talk.md", 1, "bad-file-name"),
        ("content/stories/My Talk.md", 5, "unknown-value"),
    ]
    assert list(community.stories) == ["a-talk"]
    assert not [path for path in (*community.files, *community.documents) if "Talk" in path]


@pytest.mark.parametrize(
    ("name", "content", "private"),
    [
        ("guide/list.csv", b"Name,Email\nBo,bo@x.example\n", True),
        ("list.csv", b'\xef\xbb\xbf"e-mail";name\n', True),
        ("list.tsv", "name\tE-mail address\n".encode("utf-16"), True),
        ("members/Newcomers.CSV", b"slug\n", True),
        ("contacts.csv", b"", True),
        ("old/alongside.sqlite3", b"x", True),
        ("liste.csv", b"Name;E-Mail-Adresse\nBo;bo@x.example\n", True),
        ("lista.csv", "nombre,correo electrónico\nBo,bo@x.example\n".encode("utf-16"), True),
        ("numbers.csv", b"year,mailings\n2026,email\n", False),
        ("handles.csv", b"who,where\nBo,@bo@\n" + b"a" * 8000, False),
        ("empty.csv", b"", False),
    ],
)
def test_addresses_are_never_published(name: str, content: bytes, private: bool, with_files: object) -> None:
    community, problems = with_files({f"content/{name}": content})  # type: ignore[operator]
    assert codes(problems) == ([(f"content/{name}", 1, "private-file")] if private else [])
    assert (name in community.documents) is not private


@pytest.mark.parametrize("content", [b"a: [b\n", "a: {title: A}\n".encode("utf-16"), b"- a\n", None])
def test_challenges_that_cannot_be_read_are_told_once(content: bytes | None, write_community: WriteCommunity) -> None:
    config = write_community(GOOD)
    file = config.parent / "content/challenges.yml"
    file.unlink()
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    community, problems = load(config)
    assert {problem.position.path for problem in problems} == {"content/challenges.yml"}
    assert len(problems) == 1
    assert community.stories["a-talk"].challenges == ()


def test_a_name_that_is_no_utf_8(write_community: WriteCommunity) -> None:
    config = write_community(GOOD)
    (config.parent / "content" / os.fsdecode(b"caf\xe9.md")).write_bytes(b"x")
    _, problems = load(config)
    assert [code for _, _, code in codes(problems)] == ["bad-file-name"]


def test_no_content_and_no_journeys(write_community: WriteCommunity) -> None:
    config = write_community({})
    (config.parent / "content").rmdir()
    community, problems = load(config)
    assert [code for _, _, code in codes(problems)] == ["missing-folder"]
    assert community.stories == {}


def test_dates_depend_on_the_day_given(write_community: WriteCommunity) -> None:
    config = write_community(GOOD)
    assert [code for _, _, code in codes(load(config, date(2027, 2, 10))[1])] == ["consent-ends"]
    late = [code for _, _, code in codes(load(config, date(2029, 6, 1))[1])]
    assert late == ["link-without-page", "consent-over", "old-story"]


def test_two_places_never_share_an_address(with_files: object) -> None:
    community, problems = with_files(  # type: ignore[operator]
        {
            "content/members/b.md": "---\nname: B\nplace: 'Portland, Oregon, United States'\n---\n",
            "content/members/c.md": "---\nname: C\nplace: 'Portland, Maine, United States'\n---\n",
        }
    )
    assert problems == []
    slugs = {member.place.slug for member in community.members.values() if member.place}
    assert {"portland-oregon-united-states", "portland-maine-united-states", "recife-brazil"} == slugs


def test_a_file_with_very_many_problems_is_told_a_hundred_of_them(with_files: object) -> None:
    _, problems = with_files({"content/x.md": "[a](gone.md)\n" * 250})  # type: ignore[operator]
    assert len(problems) == 101
    assert "150 more problems" in next(problem.message for problem in problems if problem.code == "more-problems")


def test_a_readme_beside_the_mails_is_no_mail(with_files: object) -> None:
    _, problems = with_files({"journeys/README.md": "How we write mails.\n", "journeys/newcomers/x.yml": "name: X\n"})  # type: ignore[operator]
    assert problems == []


def test_two_cities_of_one_name_and_region_have_pages_of_their_own() -> None:
    one, other = point_place("x", -12.98, -44.05), point_place("y", -14.47, -41.8)
    assert one.name == other.name == "Santana, Bahia, Brazil"
    assert (one.slug, other.slug) == ("santana-bahia-brazil", "santana-bahia-brazil-s14.47-w41.80")


KINDS = ["challenges", "member", "member-page", "story", "group", "meetup", "meetups", "page"]
LINES = st.lists(
    st.sampled_from(
        ["---", "title: x", "name: x", "members: [ana]", "date: 2026-05-04", "starts: 2027-01-07 10:00", "repeats: every week", "- title: y",
         "  starts: 2027-01-01", "changes:", "  2027-01-14: {status: cancelled}", "except: [2027-01-14, x]", "place: {label: a, lat: 1, lon: x}",
         "## Welcome", "[a](b.md) `c` <iframe>", "{{ x }}", "welcome: |", "    text", "consent: [a]", "links: {a: b}", "kind: chat", "- - a", "x: {y: [z"]
    ),
    max_size=14,
)  # fmt: skip


@given(
    kind=st.sampled_from(KINDS),
    content=st.one_of(st.binary(max_size=200), LINES.map(lambda lines: "\n".join(lines).encode())),
)
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
def test_any_bytes_are_a_reading(kind: str, content: bytes) -> None:
    name = "x.pt.md" if kind == "member-page" else "x.yml" if kind in ("challenges", "meetups") else "x.md"
    reading = read_content(kind, f"content/{name}", name, content, Defaults())
    for problem in reading.problems:
        assert problem.position.line >= 1
        assert problem.position.column >= 1


@pytest.mark.parametrize("cut", [1, 2, 3, 5, 8])
def test_every_good_file_cut_anywhere_is_read_or_told(cut: int) -> None:
    for planted in FILES:
        content = planted.content
        kind = {"stories": "story", "members": "member", "groups": "group", "meetups": "meetup"}.get(
            Path(planted.path).parent.name
        )
        if kind is not None and planted.path.endswith(".md"):
            read_content(kind, planted.path, planted.path, content[: len(content) * cut // 9], Defaults())


def test_dates_of_one_title_are_told_and_kept(write_community: WriteCommunity) -> None:
    config = write_community(
        {
            "content/meetups/circle.yml": """\
                - {title: Open evening, starts: 2026-12-01 18:00, timezone: UTC}
                - {title: Open evening, starts: 2027-01-05 18:00, timezone: UTC}
                - {title: Open evening, starts: 2027-01-05 20:00, timezone: UTC}
                """
        }
    )
    loaded = load_community(read_settings(config)[0], today=TODAY)
    assert [problem.code for problem in loaded.problems] == ["slug-collision", "slug-collision"]
    assert list(loaded.community.meetups) == ["circle-open-evening", "circle-open-evening-2027-01-05"]


def test_a_reference_to_a_record_that_is_left_out_says_so(write_community: WriteCommunity) -> None:
    _, problems = load(
        write_community({**GOOD, "content/members/ben.md": "---\nroles: [x]\n---\n", "content/stories/his.md": STORY.replace("ana", "ben").format("")})
    )  # fmt: skip
    assert codes(problems) == [
        ("content/members/ben.md", 2, "missing-key"),
        ("content/stories/his.md", 3, "no-teller"),
        ("content/stories/his.md", 3, "unknown-member"),
    ]
    assert [problem.message for problem in problems if problem.code == "unknown-member"] == [
        'The member "ben" is left out.'
    ]


def test_a_date_that_is_there_three_times_is_read_to_its_end(write_community: WriteCommunity) -> None:
    item = "- {title: Open evening, starts: 2027-01-05, group: docs}\n"
    circle = item * 2 + item.replace("docs", "dosc")
    community, problems = load(write_community({**GOOD, "content/meetups/circle.yml": circle}))
    assert list(community.meetups) == ["circle-open-evening", "circle-open-evening-2027-01-05"]
    assert codes(problems) == [
        ("content/meetups/circle.yml", 2, "slug-collision"),
        ("content/meetups/circle.yml", 3, "slug-collision"),
        ("content/meetups/circle.yml", 3, "unknown-group"),
    ]
