"""What may be looked at before the community is linked anew, and that it looks as it will."""

from __future__ import annotations

import pytest

from alongside.build import list_jobs
from alongside.reading.loader import Reader
from alongside.reading.settings_file import read_settings
from alongside.rendering.shells import Page
from alongside.rendering.templates import environment
from alongside.rendering.tracking import Site
from alongside.serving.editions import bound_to
from alongside.serving.first_looks import with_other_words
from conftest import NOW, TODAY, WriteCommunity
from test_build import FILES

STORY, MEMBER = "stories/story-2.md", "members/ana.md"
GOOD = "word " * 75
EDITS = {
    "body": (STORY, "The story called", "The tale named", True),
    "title": (STORY, "title: Number 2", "title: The second", True),
    "welcome": (STORY, GOOD, "other " * 75, True),
    "topic": (STORY, "title:", "topics: [maps]\ntitle:", False),
    "bio": (MEMBER, "Bio of Ana.", "She draws maps.", True),
    "pronouns": (MEMBER, "name:", "pronouns: she/her\nname:", True),
    "date": (STORY, "date: 2026-03-02", "date: 2026-03-03", False),
    "teller": (STORY, "members: [ana]", "members: [ana, ben]", False),
    "draft": (STORY, "title:", "status: draft\ntitle:", False),
    "nobody": (STORY, "members: [ana]", "members: [anna]", False),
    "broken": (STORY, "title: Number 2", "title: Number: 2", False),
    "closed": (STORY, "title: Number 2", "title: [", False),
    "name": (MEMBER, "name: Ana", "name: Anna", False),
    "consent": (MEMBER, "page, ", "", False),
    "group": ("groups/berlin.md", "We meet.", "We meet often.", False),
    "list": ("challenges.yml", "First talk", "A talk", False),
}


@pytest.mark.parametrize("name", EDITS)
def test_words_alone_are_looked_at_first(write_community: WriteCommunity, name: str) -> None:
    path, old, new, words = EDITS[name]
    files = {where: str(text).replace("The words of Number 2.", GOOD) for where, text in FILES.items()}
    files = {where: text.replace("Hello from Ana.", GOOD) for where, text in files.items()}
    config = write_community(files)
    settings, _ = read_settings(config)
    reader = Reader(settings, cache=False)
    before = Site(community=reader.load(today=TODAY).community, settings=settings, now=NOW, templates=environment())
    jobs = {job.name: job for job in list_jobs(before)}
    page = path.removesuffix(".md") + "/"
    if page in jobs:
        list(jobs[page].render())  # lists are made by the older words
    file = config.parent / "content" / path
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    reading = reader.peek(path)
    assert reading is not None
    community = with_other_words(before.whole, reading)
    assert (community is not None) == words
    after = Site(
        community=reader.load(today=TODAY, touched=[path]).community,
        settings=settings,
        now=NOW,
        templates=environment(),
    )
    exact = {job.name: job for job in list_jobs(after)}
    if community is not None:
        revised = before.revised(community)
        for shown in (page, "stories/", "members/ben/"):
            first = [made for made in bound_to(revised, jobs[shown].render)() if isinstance(made, Page)]
            assert first == [made for made in exact[shown].render() if isinstance(made, Page)]


def test_what_only_a_walk_can_tell_is_no_first_look(write_community: WriteCommunity) -> None:
    config = write_community({**FILES, "content/members/ana.pt.md": "Bio em português.\n"})
    settings, _ = read_settings(config)
    reader = Reader(settings, cache=False)
    reader.load(today=TODAY)
    for path in ("members/ana.pt.md", "stories/new.md", "stories", ".alongside/stamps.jsonl"):
        assert reader.peek(path) is None
    (config.parent / "content" / STORY).unlink()
    assert reader.peek(STORY) is None
