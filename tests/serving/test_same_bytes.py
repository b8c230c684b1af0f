"""What is served is what is built, but for the bar: the example community, and a small one after any edits."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config

from alongside.rendering.embeds import listing
from conftest import CONFIG, NOW, ROOT, WriteCommunity
from few_places import few_places
from serving.served import PATIENCE_SECONDS, Served
from test_build import story, tree
from test_plugin import PAGES

SITE = CONFIG.replace("example.org/\n", "example.org/a%20part/\n", 1) + "theme: {name: alongside, custom_dir: theme}\n"


def build(config: Path, folder: Path) -> dict[str, bytes]:
    """A clean build in this process, with drafts, as `mkdocs serve` would make it."""
    shutil.rmtree(folder, ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listing, "place_shards", few_places)
        patch.setenv("SOURCE_DATE_EPOCH", str(int(NOW.timestamp())))
        loaded = load_config(config_file=str(config), site_dir=str(folder))
        loaded.plugins.on_startup(command="serve", dirty=False)
        mkdocs_build(loaded, serve_url=loaded.site_url)
    return {path: content for path, content in tree(folder).items() if not path.endswith(".gz")}


def differing(served: Served, built: Mapping[str, bytes]) -> list[str]:
    return [path for path, content in built.items() if served.bare(path) != content]


def test_the_example_community(tmp_path: Path) -> None:
    for name in ("content", "journeys"):
        shutil.copytree(ROOT / name, tmp_path / name)
    config = Path(shutil.copy(ROOT / "mkdocs.yml", tmp_path))
    built = build(config, tmp_path / "built")
    with Served(config) as served:
        assert differing(served, built) == []
        assert "error" not in served.said


# --- edits -----------------------------------------------------------------------------------------------------------


def _append(path: str, text: str) -> Callable[[Served], None]:
    def edit(served: Served) -> None:
        file = served.root / path
        if file.is_file():
            served.write(path, file.read_text() + text)

    return edit


def _replace(path: str, old: str, new: str) -> Callable[[Served], None]:
    def edit(served: Served) -> None:
        file = served.root / path
        if file.is_file():
            served.write(path, file.read_text().replace(old, new, 1))

    return edit


def _write(path: str, text: str) -> Callable[[Served], None]:
    return lambda served: served.write(path, text)


def _delete(path: str) -> Callable[[Served], None]:
    return lambda served: (served.root / path).unlink(missing_ok=True)


def _move(path: str, target: str) -> Callable[[Served], None]:
    def edit(served: Served) -> None:
        if (served.root / path).exists() and not (served.root / target).exists():
            (served.root / target).parent.mkdir(parents=True, exist_ok=True)
            (served.root / path).rename(served.root / target)

    return edit


def _check_out(served: Served) -> None:
    """All files come anew, and others go."""
    for path in sorted((served.root / "content").rglob("*.md")):
        path.unlink()
    for name, text in PAGES.items():
        if name.startswith(("content/", "journeys/")):
            (served.root / name).parent.mkdir(parents=True, exist_ok=True)
            (served.root / name).write_bytes(text if isinstance(text, bytes) else text.encode())


def _unreadable(served: Served) -> None:
    """A file of no text, and a link to nothing."""
    (served.root / "content/stories/story-4.md").write_bytes(b"---\ntitle: \xff\n---\n")
    link = served.root / "content/stories/gone.md"
    if not link.is_symlink():
        link.symlink_to("nowhere.md")


EDITS: Mapping[str, Callable[[Served], None]] = {
    "body": _append("content/stories/story-1.md", "\nA word more.\n"),
    "title": _replace("content/stories/story-2.md", "title: ", "title: Another "),
    "retag": _replace("content/stories/story-3.md", "first-talk", "first-patch"),
    "new story": _write("content/stories/news.md", story("News", member="ben")),
    "story goes": _delete("content/stories/story-5.md"),
    "story is renamed": _move("content/stories/story-6.md", "content/stories/story-six.md"),
    "draft": _replace("content/stories/story-7.md", "---\n", "---\nstatus: draft\n"),
    "broken": _write("content/stories/story-1.md", "---\ntitle: [\n"),
    "half written": _write("content/stories/story-2.md", ""),
    "unreadable": _unreadable,
    "consent ends": _replace("content/members/ana.md", "page, embed, ", ""),
    "member goes": _delete("content/members/ben.md"),
    "challenge": _replace("content/challenges.yml", "First patch", "A first patch"),
    "meetup": _replace("content/meetups/monthly.md", "18:30", "19:00"),
    "plain page": _append("content/guide/start.md", "\nAnd [Ana](../members/ana.md).\n"),
    "new plain page": _write("content/guide/end.md", "# The end\n"),
    "plain page goes": _delete("content/guide/start.md"),
    "folder is moved": _move("content/guide", "content/manual"),
    "picture": _write("content/stories/desk.jpg", "another"),
    "journey": _replace("journeys/page.yml", "show: [story]", "show: [story, group]"),
    "template": _write("theme/alongside/story.html", "<h1>Our {{ title }}</h1>"),
    "theme": _write("theme/main.html", "{% extends 'base.html' %}"),
    "theme is mended": _delete("theme/main.html"),
    "settings": _replace("mkdocs.yml", "site_name: ", "site_name: New "),
    "settings are broken": _append("mkdocs.yml", "plugins: {\n"),
    "settings are mended": _write("mkdocs.yml", SITE),
    "checkout": _check_out,
}


@pytest.fixture
def served(write_community: WriteCommunity) -> Iterator[Served]:
    with Served(write_community({**PAGES, "mkdocs.yml": SITE, "theme/alongside/.keep": ""})) as found:
        yield found


# one community for all, each set of edits after the others: a writer's day
@settings(
    max_examples=4,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.sampled_from(sorted(EDITS)), min_size=3, max_size=9))
def test_after_any_edits(served: Served, edits: list[str]) -> None:
    for name in edits:
        EDITS[name](served)
    for name in ("theme is mended", "settings are mended"):  # no build stands beside a site that cannot be built
        EDITS[name](served)
    built = build(served.root / "mkdocs.yml", served.root / "built")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (differ := differing(served, built)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert differ == []
    assert served.command.poll() is None
