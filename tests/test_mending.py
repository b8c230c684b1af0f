"""A build that mends what a story says: when it may, and that the output is that of a clean one."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from textwrap import dedent

import pytest

from alongside.build import list_jobs
from alongside.matching.shards import MOST_MORE, WORD_CHARACTERS, Sizes
from alongside.model.community import Community
from alongside.model.stories import Source, Story
from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings
from alongside.rendering.backdrops import keep_backdrop, parse_backdrop, unpickle
from alongside.rendering.shells import read_shell
from alongside.rendering.templates import environment
from alongside.rendering.tracking import MADE_OF_STORIES, Site
from built_community import COMMUNITY, NOW, build, clean_site, differing, private_files
from commands import run_command
from test_build import THEME, tree

WHEN = datetime.fromisoformat(NOW)
TOLD = "content/stories/story-1.md"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "c"
    for path, text in COMMUNITY.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text if isinstance(text, bytes) else dedent(text).encode())
    with (folder / TOLD).open("a") as told:
        told.write("\nThat is a long one. " * 20)
    # one who is in the mails, which are compiled in every build
    (folder / "content/members/dana.md").write_text(
        "---\nname: Dana\nplace: Osaka, Japan\nwelcomes: 3\nconsent: {since: 2022-01-01, for: [page, embed, mail]}\n"
        "---\nDana.\n\n## Welcome\n\nHello.\n"
    )
    return folder


def site_of(community: Community, config: Path) -> Site:
    settings, _ = read_settings(config)
    return Site(community=community, settings=settings, now=WHEN, templates=environment())


def in_other_words(story: Story) -> Story:
    """Where it stands is the same: a title that a former address leads to, and a length that is enough."""
    title = story.title if story.was else f"Z{story.title}"
    body = "Other words. " * 20 if story.extent == Story.ENOUGH else story.body[::-1]
    return replace(story, title=title[: len(story.title)], body=body, welcome=story.welcome[::-1], source=Source())


def test_more_of_a_story_than_is_enough_makes_no_difference_to_embeds() -> None:
    assert (sizes := Sizes(more=MOST_MORE)).known(sizes.words) * WORD_CHARACTERS <= Story.ENOUGH


def test_lists_and_jobs_do_not_depend_on_what_stories_say(root: Path) -> None:
    config = root / "mkdocs.yml"
    whole = load_community(read_settings(config)[0], today=WHEN.date(), cache=False).community
    moved = replace(whole.stories["story-1"], was=("first-story",), title="Not to be lost")
    whole = replace(whole, stories={**whole.stories, "story-1": moved})
    said = replace(whole, stories={slug: in_other_words(story) for slug, story in whole.stories.items()})
    one, other = site_of(whole, config), site_of(said, config)
    jobs = list_jobs(one)
    assert [(job.name, one.digest_of_call(job.render)) for job in jobs] == [
        (job.name, other.digest_of_call(job.render)) for job in list_jobs(other)
    ]
    assert one.outline() == other.outline()
    one.shells.update(dict.fromkeys(range(9), read_shell(THEME)))
    read: set[str] = set()
    for job in jobs:
        with one.reading() as reads:
            list(job.render())
        read |= reads
    assert not [name for name in read if name.partition("\0")[0] in MADE_OF_STORIES]
    one.make_shared()
    other.make_shared()
    lists = [name for name, _ in one.made_shared()]
    assert {"lists.related", "lists.stories", "lists.narrowed_stories", "moments.stories"} <= set(lists)
    assert [name for name in lists if one.digest_of_read(name) != other.digest_of_read(name)] == []
    # whatever a build keeps of them can be had again
    kept = parse_backdrop(keep_backdrop(one, jobs, (), {}, engine=b"", before=b""))
    assert {name: unpickle(content) for name, content in kept.shared.items()} == {
        name: dict(mapping) for name, mapping in one.made_shared()
    }
    others, unsealed = unpickle(kept.community)
    assert Community(stories=unsealed, **others) == whole
    assert kept.jobs.keys() == {job.name for job in jobs}


def test_all_else_of_a_story_is_its_outline(root: Path) -> None:
    config = root / "mkdocs.yml"
    whole = load_community(read_settings(config)[0], today=WHEN.date(), cache=False).community
    outline = site_of(whole, config).outline()
    story = whole.stories["story-1"]
    other: dict[str, object] = {"date": story.date.replace(year=2020), "status": "draft", "media": None}
    for field in fields(Story):
        if field.compare and field.name not in {*Story.SAID, "slug"}:
            changed = replace(story, **{field.name: other.get(field.name, ("x",))})  # type: ignore[arg-type]
            stories = {**whole.stories, "story-1": changed}
            assert site_of(replace(whole, stories=stories), config).outline() != outline, field.name


def in_text(old: str, new: str) -> Callable[[str], str]:
    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return edit


# (what is done to a story, whether it is only mended)
EDITS: dict[str, tuple[Callable[[str], str], bool]] = {
    "a word more": (in_text("The story called", "A word more. The story called"), True),
    "another title": (in_text("title: ", "title: Another "), True),
    "other words of welcome": (in_text("The words of", "Other words of"), True),
    "another link": (in_text("The story called", "[Cat](../members/cat.md). The story called"), False),
    "a link that leads nowhere": (in_text("The story called", "[Nobody](nobody.md). The story called"), False),
    "a word more beside a fault": (in_text("The story called", "More. The story called"), False),
    "the fault mended": (in_text("[Nobody](nobody.md). ", ""), False),
    "a word more after all": (in_text("More. ", "Still more. "), True),
    "a picture named in HTML": (in_text("Still more. ", 'Still more <img src="/stories/extra.jpg" alt="">. '), False),
    "another day": (in_text("date: 2026", "date: 2025"), False),
    "long ago": (in_text("date: 2025", "date: 2020"), False),  # which is told of it from now on
    "a word more of what is old": (in_text("Still more", "Once more"), True),
    "another welcome, a line longer": (in_text("Other words of", "Other\n  words of"), True),
}


COMPARED = {
    *("other words of welcome", "a word more after all", "a picture named in HTML", "another day"),
    *("a word more of what is old", "another welcome, a line longer"),
}


def test_edits_of_a_story_one_after_the_other(root: Path) -> None:
    (root / "content/stories/extra.jpg").write_bytes(b"JPEG that nothing shows yet")
    build(root)
    (backdrop,) = (root / "build/cache").glob("*.backdrop")
    for name, (edit, mended) in EDITS.items():
        before = backdrop.stat().st_mtime_ns
        file = root / TOLD
        file.write_text(edit(file.read_text("utf-8")), "utf-8")
        if name == "another title":  # what others read meanwhile is no build
            run_command("check", "--now", NOW, cwd=root)
        made = build(root)
        assert made.returncode == 0, made.stderr
        assert (backdrop.stat().st_mtime_ns == before) == mended, name
        if name in COMPARED:
            clean = clean_site(root, private=True)
            assert differing(tree(root / "site") | private_files(root), clean) == [], name
    assert "0 written" in build(root).stdout


@pytest.mark.parametrize("harm", ["backdrop", "readings.log", "site"])
def test_what_was_harmed_is_not_built_on(root: Path, harm: str) -> None:
    build(root)
    file = root / TOLD
    file.write_text(file.read_text("utf-8") + "\nMore.\n", "utf-8")
    if harm == "site":
        (root / "site/members/ana/index.html").write_text("another's")
    else:
        (kept,) = (root / "build/cache").glob(f"*{harm}")
        content = bytearray(kept.read_bytes())
        place = len(content) - 200  # of the log: within a reading, which its index says nothing of
        content[place : place + 20] = os.urandom(20)
        kept.write_bytes(content)
    assert build(root).returncode == 0
    assert differing(tree(root / "site"), clean_site(root)) == []


def test_time_that_passes_is_not_mended_over(root: Path) -> None:
    build(root)
    file = root / TOLD
    file.write_text(file.read_text("utf-8") + "\nMore.\n", "utf-8")
    build(root, now="2027-02-01T09:00Z")
    assert differing(tree(root / "site"), clean_site(root, now="2027-02-01T09:00Z")) == []
