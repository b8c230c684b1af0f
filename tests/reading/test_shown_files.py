"""Files beside records: what no published page shows lies in no site, whoever could guess its name."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from alongside.reading.loader import Loaded, load_community
from alongside.reading.media_names import media_names
from alongside.reading.settings_file import read_settings
from conftest import CONFIG, TODAY, WriteCommunity

Load = Callable[[dict[str, str | bytes]], Loaded]
MEMBER = "---\nname: Ana\n{more}consent: {{since: 2026-01-01, for: [page, embed]{end}}}\n---\n{bio}\n"
STORY = "---\ntitle: A talk\nmembers: [{members}]\ndate: 2026-06-01\n{more}---\n{body}\n"
ANA = MEMBER.format(more="photo: ana.jpg\n", end="", bio="Bio. ![Me at work](desk.png)")
FILES: dict[str, str | bytes] = {
    "content/members/ana.md": ANA,
    "content/members/ana.jpg": b"\xff\xd8",
    "content/members/desk.png": b"PNG",
}


@pytest.fixture
def load(write_community: WriteCommunity) -> Load:
    def made(files: dict[str, str | bytes]) -> Loaded:
        return load_community(read_settings(write_community({**FILES, **files}))[0], today=TODAY, cache=False)

    return made


def published(loaded: Loaded) -> set[str]:
    """Files that are no pages."""
    return {path for path in loaded.community.documents if not path.endswith(".md")}


def told(loaded: Loaded) -> list[tuple[str, str]]:
    return [(problem.code, problem.position.path) for problem in loaded.problems]


PEOPLE = {"members/ana.jpg", "members/desk.png"}


@pytest.mark.parametrize(
    ("status", "shown", "previewed"),
    [("published", {"stories/a.png", "stories/talk.mp3", "stories/slides.pdf"}, set()),
     ("draft", set(), {"stories/a.png", "stories/talk.mp3", "stories/slides.pdf"})],
)  # fmt: skip
def test_what_a_draft_shows_is_for_previews_alone(
    load: Load, status: str, shown: set[str], previewed: set[str]
) -> None:
    body = "![A](a.png), [slides](slides.pdf), [a page](../guide.md)"
    loaded = load(
        {
            "content/stories/x.md": STORY.format(members="ana", more=f"status: {status}\nmedia: {{audio: talk.mp3}}\n", body=body),
            "content/stories/a.png": b"PNG",
            "content/stories/talk.mp3": b"MP3",
            "content/stories/slides.pdf": b"PDF",
            "content/guide.md": "# Guide\n",
        }
    )  # fmt: skip
    assert published(loaded) == PEOPLE | shown
    assert loaded.community.previewed == previewed
    assert "guide.md" in loaded.community.documents


@pytest.mark.parametrize(
    "more",
    [
        {"content/members/ana.md": MEMBER.format(more="photo: ana.jpg\n", end=", until: 2026-11-01", bio="![](desk.png)")},
        {"content/.alongside/availability.yml": "withdrawn: [ana]\n"},
        {"content/members/ana.md": ANA.replace("name: Ana\n", "")},  # a record that is left out
    ],
    ids=["consent is over", "took it back by their own page", "a broken file"],
)  # fmt: skip
def test_nothing_of_somebody_who_is_not_shown_is_published(load: Load, more: dict[str, str | bytes]) -> None:
    loaded = load(more)
    assert published(loaded) == set()
    assert loaded.community.previewed == frozenset()


def test_a_voice_stays_out_for_everybody_once_one_of_them_withdraws(load: Load) -> None:
    ben = MEMBER.format(more="", end="", bio="Bio.").replace("page, ", "")
    files: dict[str, str | bytes] = {
        "content/members/ben.md": ben,
        "content/stories/x.md": STORY.format(members="ana, ben", more="media: {audio: talk.mp3, poster: both.png}\n", body="![](a.png)"),
        "content/stories/y.md": STORY.format(members="ana", more="", body="[Listen](talk.mp3)"),
        "content/listen.md": "[Listen](stories/talk.mp3)\n",
        **dict.fromkeys(("content/stories/talk.mp3", "content/stories/both.png", "content/stories/a.png"), b"x"),
    }  # fmt: skip
    assert published(load(files)) == PEOPLE | {"stories/a.png"}
    draft = str(files["content/stories/x.md"]).replace("members:", "status: draft\nmembers:")
    assert load({**files, "content/stories/x.md": draft}).community.previewed == {"stories/a.png"}


def test_what_nothing_names_is_left_out_among_records_and_told(load: Load) -> None:
    left: dict[str, str | bytes] = {"content/members/ben.jpg": b"\xff\xd8", "content/stories/old.vtt": "WEBVTT\n"}
    kept: dict[str, str | bytes] = {"content/members/team.css": "p {}", "content/pictures/free.png": b"PNG"}
    loaded = load({**left, **kept})
    assert published(loaded) == PEOPLE | {"members/team.css", "pictures/free.png"}
    assert told(loaded) == [("unused-file", "content/members/ben.jpg"), ("unused-file", "content/stories/old.vtt")]


@pytest.mark.parametrize(
    "more",
    [
        {"content/about.md": '# Us\n\n<img src="../stories/wide%20view.PNG?2">\n'},
        {"content/about.md": "# Us\n\n```html\n<picture><source srcset='/stories/wide view.png 2x'></picture>\n```\n"},
        {"content/groups/docs.md": "---\nname: Docs\nkind: forum\n---\n![Us](../stories/wide%20view.png)\n"},
        {"content/groups/docs.md": "---\nname: Docs\nkind: forum\n---\n![Us](/stories/wide%20view.png)\n"},
        {
            "content/groups/docs.md": "---\nname: Docs\nkind: forum\n---\n- a\n\n        ![](../stories/wide%20view.png)\n"
        },
        {"mkdocs.yml": CONFIG + "extra: {banner: 'stories/wide view.png'}\n"},
    ],
    ids=["HTML", "anything", "a group", "from the root", "what may be code", "the configuration"],
)
def test_what_is_named_anywhere_else_stays(load: Load, more: dict[str, str | bytes]) -> None:
    loaded = load({"content/stories/wide view.png": b"PNG", **more})
    assert "stories/wide view.png" in loaded.community.documents
    assert "unused-file" not in {code for code, _ in told(loaded)}


def test_a_picture_of_the_site_itself_stays_when_a_draft_shows_it_too(load: Load) -> None:
    story = STORY.format(members="ana", more="status: draft\n", body="![](../assets/logo.png) ![](../assets/mine.png)")
    loaded = load(
        {
            "mkdocs.yml": CONFIG + "extra: {logo: assets/logo.png}\n",
            "content/stories/x.md": story,
            "content/assets/logo.png": b"PNG",
            "content/assets/mine.png": b"PNG",
        }
    )
    assert published(loaded) == PEOPLE | {"assets/logo.png"}
    assert loaded.community.previewed == {"assets/mine.png"}


def test_names_are_found_in_little_time_in_whatever_text() -> None:
    assert media_names("a" * 2_000_000 + ".jpg" + "." * 100_000) == frozenset()
    assert len(media_names("x.jpg " * 100_000)) == 1


def test_drawings_that_act_are_left_out_among_records_and_told(load: Load) -> None:
    good = b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9"/></svg>'
    acts = good.replace(b"<path", b"<script>alert(1)</script><path")
    loaded = load(
        {
            "content/members/ana.md": ANA.replace("ana.jpg", "ana.svg") + "![good](../drawings/good.svg)\n",
            "content/stories/x.md": STORY.format(members="ana", more="", body="Here:\n\n![A](../drawings/acts.SVG)"),
            "content/about.md": "![ours](drawings/ours.svg)\n",
            "content/members/ana.svg": acts,
            "content/members/ana.jpg": b"",
            "content/drawings/good.svg": good,
            "content/drawings/acts.SVG": acts,
            "content/drawings/ours.svg": acts,  # of the team, on their page
        }
    )
    assert published(loaded) == {"members/desk.png", "drawings/good.svg", "drawings/ours.svg"}
    at = [(one.position.path, one.position.line, one.code, one.message) for one in loaded.problems]
    left = "holds a script, so it is left out of the site."
    assert ("content/members/ana.md", 3, "acting-drawing", f"members/ana.svg {left}") in at
    assert ("content/stories/x.md", 8, "acting-drawing", f"drawings/acts.SVG {left}") in at
    assert len(at) == 3  # and the photo that nothing names now


def test_older_copies_of_texts_are_not_published(load: Load) -> None:
    copies = ("members/ana.md~", "members/ana.md.bak", "stories/x.md.orig", "stories/#x.md#", "stories/talk.vtt.old")
    kept = ("guide/page.md.orig", "stories/sum.md5", "stories/old.pdf")
    loaded = load({f"content/{path}": "Words that were taken back." for path in (*copies, *kept)})
    assert published(loaded) == PEOPLE | set(kept)
    assert sorted(told(loaded)) == sorted(("older-copy", f"content/{path}") for path in copies)


def test_what_is_no_file_costs_itself(write_community: WriteCommunity) -> None:
    config = write_community(FILES)
    content = config.parent / "content"
    (content / "nothing.png").symlink_to("nowhere.png")
    (content / "endless.bin").symlink_to("/dev/zero")
    (content / "said.vtt").symlink_to("said.vtt")
    os.mkfifo(content / "stories-pipe.png")
    loaded = load_community(read_settings(config)[0], today=TODAY)
    assert published(loaded) == PEOPLE
    names = ("endless.bin", "nothing.png", "said.vtt", "stories-pipe.png")
    assert told(loaded) == [("unreadable-file", f"content/{name}") for name in names]
