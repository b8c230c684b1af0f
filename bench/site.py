"""Area site: `alongside build` beside Hugo, Eleventy and MkDocs on the same stories (GOALS, Site).

All sides are checked: every story has its page, and on it the one sentence no other story has. Hugo comes from Debian
(`apt-get install hugo`), with a theme as small as list, single and taxonomy pages can be, and once more with one that
has on each page what ours have (`bench/hugo_alike`: schema.org, oEmbed, other stories, three forms of feeds): the
first tells how far we are from the fastest, the second what is the engine's and what the pages'. Eleventy comes from
npm, with the small pages; MkDocs has the stories as plain pages outside the nav. A real community is measured, too,
where it is there.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from itertools import cycle
from pathlib import Path

from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings
from bench.communities import (
    GeneratedStory,
    challenges,
    community_files,
    member_text,
    members,
    stories,
    story_text,
)
from bench.harness import (
    BenchError,
    Figure,
    Run,
    as_people_have_it,
    interleave,
    median_cpu_seconds,
    median_seconds,
    peak_mb,
    run,
    spread,
)
from bench.site_images import copy_figures, image_figures
from bench.site_search import search_figures

NOW = "2026-11-23T09:00Z"
SMALL, LARGE = 1_000, 10_000
ALONGSIDE = [str(Path(sys.executable).with_name("alongside"))]
GOALS = {SMALL: (1.0, 0.4, 0.4), LARGE: (0.6, 0.10, 0.08)}  # cold, one edit, nothing changed; each to Hugo
ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "bench" / "eleventy"
ALIKE = ROOT / "bench" / "hugo_alike"
NPM = ROOT / "build" / "npm-eleventy"
REAL = "carpentries"  # the largest of the real communities
EDITED = "A word more, said afterwards."
Files = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A story that is looked for on its page."""

    slug: str
    sentence: str  # one of its own; empty where none is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """The same stories for each side, as paths and texts."""

    stories: list[Told]
    ours: Files
    hugo: Files
    hugo_alike: Files  # nothing where that is not measured
    eleventy: Files
    mkdocs: Files


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--sizes 1000 --rounds 1` for a quick look."""
    parser.add_argument("--sizes", type=int, nargs="*", default=[SMALL, LARGE], help="numbers of stories (site)")
    parser.add_argument(
        "--rounds", type=int, default=3, help="runs of each side, more where they differ; the middle one counts (site)"
    )
    parser.add_argument("--communities", type=Path, default=ROOT.parent / "shared/communities", help="real ones (site)")
    parser.add_argument("--keep", type=Path, help="work in this folder, and keep it (site)")


def measure(arguments: argparse.Namespace) -> Iterator[Figure]:
    """Every figure of the area."""
    if shutil.which("hugo") is None:
        raise BenchError("hugo is missing: apt-get install hugo")
    with tempfile.TemporaryDirectory(prefix="bench-site-") as temporary:
        folder = (arguments.keep or Path(temporary)).absolute()
        cold = {}
        for size in sorted(arguments.sizes):
            goals = GOALS.get(size, GOALS[LARGE])
            bench = SiteBench(
                folder / str(size), f"{size} stories", generated(size), goals=goals, rounds=arguments.rounds
            )
            cold[size] = yield from bench.against_hugo()
            yield from bench.served()
            bench.print_peers()
            yield from search_figures(folder / str(size), size)
            yield from image_figures(folder / str(size), size, installed)
        yield from copy_figures(folder)
        if SMALL in cold and LARGE in cold:
            yield Figure(name="wall at 10,000 / at 1,000 stories", value=cold[LARGE] / cold[SMALL], goal=10)
        real = arguments.communities / REAL
        if real.is_dir():
            bench = SiteBench(folder / REAL, REAL, real_community(real), goals=GOALS[SMALL], rounds=arguments.rounds)
            yield from bench.against_hugo()
        else:
            print(f"# {REAL}: not measured, there is no {real}")
        yield from differing_bytes(folder / "bytes", min(SMALL, *arguments.sizes, SMALL))


class SiteBench:
    """One size, or one community that is there: the same stories for all sides."""

    def __init__(self, folder: Path, name: str, files: Community, *, goals: tuple[float, float, float], rounds: int):
        self.name = name
        self.goals = goals
        self.rounds = rounds
        self.stories = files.stories
        self.ours = folder / "alongside"
        self.hugo = folder / "hugo"
        self.alike = folder / "hugo-alike"
        self.peer = folder / "eleventy"
        self.mkdocs = folder / "mkdocs"
        self.aside = folder / "aside"
        self.aside.mkdir(parents=True, exist_ok=True)
        write_files(self.ours, files.ours)
        write_files(self.hugo, files.hugo)
        write_files(self.alike, files.hugo_alike)
        write_files(self.peer, files.eleventy)
        write_files(self.mkdocs, files.mkdocs)

    def against_hugo(self) -> Generator[Figure, None, float]:
        """Cold, edited and unchanged, by turns; returns our cold wall time in seconds."""
        cold = self._by_turns("cold build", alongside=self._cold, hugo=lambda: self._hugo_cold(self.hugo))
        for root in (self.ours / "site", self.hugo / "public"):
            self._check_pages(root)
        yield self._ratio("cold build", cold, self.goals[0])
        yield Figure(
            name=f"{self.name}, peak memory / hugo", value=peak_mb(cold["alongside"]) / peak_mb(cold["hugo"]), goal=0.3
        )
        edits = cycle(self.stories)
        edited = self._by_turns("one story edited", alongside=lambda: self._edited(next(edits)), hugo=self._hugo_edited)
        yield self._ratio("one story edited", edited, self.goals[1])
        same = self._by_turns("nothing changed", alongside=self._build, hugo=lambda: self._hugo(self.hugo))
        yield self._ratio("nothing changed", same, self.goals[2])
        if self.alike.is_dir():
            name = "cold build, hugo with as much on each page"
            alike = self._by_turns(name, alongside=self._cold, hugo=lambda: self._hugo_cold(self.alike))
            self._check_pages(self.alike / "public")
            yield self._ratio(name, alike, self.goals[0])
        return median_seconds(cold["alongside"])

    def print_peers(self) -> None:
        """How long Eleventy takes for the same pages, MkDocs for the stories as plain ones: once, for the record."""
        if shutil.which("npm") is None or not installed("eleventy"):
            print("# eleventy: not measured, npm or its packages are missing")
        else:
            shutil.rmtree(self.peer / "public", ignore_errors=True)
            command = ["node", str(NPM / "node_modules/@11ty/eleventy/cmd.cjs"), "--quiet"]
            shutil.copy(SOURCE / "eleventy.config.mjs", self.peer)
            found = run(command, cwd=self.peer, env={"NODE_OPTIONS": "--max-old-space-size=8000"})
            self._check_pages(self.peer / "public")
            print(f"# {self.name}, eleventy: {spread([found])}", flush=True)
        found = run([sys.executable, "-m", "mkdocs", "build", "-q"], cwd=self.mkdocs)
        print(f"# {self.name}, mkdocs with plain pages outside the nav: {spread([found])}", flush=True)

    def served(self) -> Iterator[Figure]:
        """From an edit to the page that is served with it, ours and `hugo server`, by turns."""
        sides = {
            "alongside": (self.ours, [*ALONGSIDE, "serve", "--now", NOW, "-a"], "{}:{}"),
            "hugo": (self.hugo, ["hugo", "server", "--quiet", "--renderToDisk=false", "--bind"], "{} --port {}"),
        }
        seconds: dict[str, list[float]] = {}
        with ExitStack() as stack:
            servers = {}
            for side, (root, command, address) in sides.items():
                port = free_port()
                process = subprocess.Popen(
                    [*command, *address.format("127.0.0.1", port).split()],
                    cwd=root,
                    env=as_people_have_it({}),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                stack.callback(process.wait)
                stack.callback(process.terminate)
                servers[side] = root, f"http://127.0.0.1:{port}/stories/{{}}/"
                wait_for(servers[side][1].format(self.stories[0].slug), "", seconds=600)
            for number, story in enumerate(self.stories[5 : 5 + 2 * self.rounds]):
                for side, (root, address) in servers.items():
                    time.sleep(0.5)  # as a writer does not save twice at once
                    mark = f"Told again {number}"
                    replace_text(root / f"content/stories/{story.slug}.md", "## Then", f"## {mark}")
                    seconds.setdefault(side, []).append(wait_for(address.format(story.slug), mark, seconds=120))
        for side, times in seconds.items():
            middle = statistics.median(times)
            print(f"# {self.name}, edit to served page, {side}: {middle:.2f} s ({min(times):.2f} to {max(times):.2f})")
        value = statistics.median(seconds["alongside"]) / statistics.median(seconds["hugo"])
        yield Figure(name=f"{self.name}, edit to served page / hugo server", value=value, goal=1.0)

    def _by_turns(self, name: str, **sides: Callable[[], Run]) -> dict[str, list[Run]]:
        runs = interleave(sides, rounds=self.rounds, most=10 if self.rounds > 1 else 1)
        for side, times in runs.items():
            told = f"{spread(times)}, {median_cpu_seconds(times):.2f} s CPU"
            print(f"# {self.name}, {name}, {side}: {told}", flush=True)
        return runs

    def _ratio(self, name: str, runs: dict[str, list[Run]], goal: float) -> Figure:
        value = median_seconds(runs["alongside"]) / median_seconds(runs["hugo"])
        return Figure(name=f"{self.name}, {name} / hugo", value=value, goal=goal)

    def _cold(self) -> Run:
        self._put_aside(self.ours, "site", "build")
        return self._build()

    def _build(self) -> Run:
        return build(self.ours)

    def _hugo_cold(self, root: Path) -> Run:
        self._put_aside(root, "public", "resources")
        return self._hugo(root)

    def _put_aside(self, root: Path, *names: str) -> None:
        """Take what was built away without removing it.

        ext4 without a journal passes over what was freed in the last seconds one by one whenever it makes a file: a
        build right after a removal would pay for how much was removed.
        """
        aside = self.aside / str(len(list(self.aside.iterdir())))
        aside.mkdir()
        for name in names:
            if (root / name).exists():
                (root / name).rename(aside / name)

    def _hugo(self, root: Path) -> Run:
        return run(["hugo", "--quiet"], cwd=root)

    def _edited(self, story: Told) -> Run:
        self._add_a_word(self.ours, story.slug)
        made = self._build()
        if EDITED not in (self.ours / "site" / "stories" / story.slug / "index.html").read_text():
            raise BenchError(f"the edit of {story.slug} is not on its page")
        return made

    def _hugo_edited(self) -> Run:
        self._add_a_word(self.hugo, self.stories[-1].slug)
        return self._hugo(self.hugo)

    def _add_a_word(self, root: Path, slug: str) -> None:
        path = root / "content" / "stories" / f"{slug}.md"
        path.write_text(f"{path.read_text()}\n{EDITED}\n")

    def _check_pages(self, root: Path) -> None:
        for story in self.stories:
            page = root / "stories" / story.slug / "index.html"
            if not page.is_file() or story.sentence not in page.read_text():
                raise BenchError(f"{story.slug} is not on its page below {root}")


# --- bytes ---------------------------------------------------------------------------------------------------------


def differing_bytes(folder: Path, size: int) -> Iterator[Figure]:
    """Incremental output against a clean build after each kind of change, and a build repeated."""
    root = folder / "alongside"
    write_files(root, community_files(size))
    write_files(root, OF_EVERY_KIND.items())
    replace_text(root / "mkdocs.yml", "plugins:", "theme: {name: alongside, custom_dir: theme}\nplugins:")
    build(root)
    first = clean_copy(root, folder / "first")
    second = clean_copy(root, folder / "second")
    yield Figure(name="same input, same --now: bytes that differ", value=difference(first, second), goal=0)
    total = 0
    now = NOW
    for name, change in CHANGES.items():
        now = change(root) or now
        build(root, now)
        differ = difference(root / "site", clean_copy(root, folder / "clean", now))
        print(f"# incremental against clean, {name}: {differ} bytes differ", flush=True)
        total += differ
    yield Figure(name="incremental against clean, all changes: bytes that differ", value=total, goal=0)


def _in(path: str, old: str, new: str) -> Callable[[Path], None]:
    return lambda root: replace_text(root / path, old, new)


def _add(path: str, text: str) -> Callable[[Path], None]:
    return lambda root: write_files(root, [(path, text)])


def _retag(root: Path) -> None:
    path = root / "content/stories/story-5.md"
    path.write_text(re.sub("(?m)^challenges: .*", "challenges: [challenge-1]", path.read_text(), count=1))


def _delete(root: Path) -> None:
    (root / "content/stories/story-6.md").unlink()


def _rename(root: Path) -> None:
    replace_text(root / "content/stories/story-7.md", "title:", "was: [story-7]\ntitle:")
    (root / "content/stories/story-7.md").rename(root / "content/stories/story-seven.md")


def _change_template(root: Path) -> None:
    from alongside.rendering.templates import TEMPLATES

    text = (TEMPLATES / "story.html").read_text()
    (root / "theme/alongside/story.html").write_text(text + "<!-- ours -->")


def _change_theme(root: Path) -> None:
    from alongside import plugin

    text = (Path(plugin.__file__).parent / "theme" / "main.html").read_text()
    (root / "theme/main.html").write_text(text + "<!-- ours -->")


def _stamp(root: Path) -> None:
    run([*ALONGSIDE, "stamp", "--now", NOW], cwd=root)


_FIRST = next(members(1)).slug
_MEMBER = f"content/members/{_FIRST}.md"
# What the generated communities have none of.
OF_EVERY_KIND = {
    "theme/alongside/.keep": "",
    "content/members/dana.jpg": "A photo",
    "content/members/dana.md": "---\nname: Dana Ito\nphoto: dana.jpg\nplace: Osaka, Japan\nlanguages: [en]\n"
    "consent: {since: 2022-01-01, until: 2026-12-01, for: [page, embed, mail]}\n---\nDana.\n\n## Welcome\n\nHello.\n",
    "content/groups/lyon.md": "---\nname: Lyon\nkind: chapter\nplace: Lyon, France\nhosts: [dana]\n---\nWe meet.\n",
    "content/meetups/monthly.md": "---\ntitle: Monthly\ngroup: lyon\nstarts: 2026-12-03 18:30\n"
    "repeats: first Thursday of every month\nhosts: [dana]\n---\nAn evening.\n",
    "content/stories/draft.md": f"---\ntitle: A draft\nmembers: [{_FIRST}]\ndate: 2026-01-02\nstatus: draft\n"
    "---\nTold.\n",
}
# Each gives another `--now`, or nothing.
CHANGES: dict[str, Callable[[Path], str | None]] = {
    "edit": _in("content/stories/story-3.md", "## Then", "## Later"),
    "retitle": _in("content/stories/story-4.md", "title: ", "title: Another "),
    "retag": _retag,
    "deletion": _delete,
    "rename": _rename,
    "draft published": _in("content/stories/draft.md", "status: draft\n", ""),
    "translation": _add(
        "content/stories/ein-entwurf.md",
        f"---\ntitle: Ein Entwurf\nmembers: [{_FIRST}]\ndate: 2026-01-03\nlanguage: de\n"
        "translation_of: draft\n---\nWort.\n",
    ),
    "page of a member in another language": _add(
        f"content/members/{_FIRST}.pt.md", "Sobre.\n\n## Welcome\n\nBem-vinda.\n"
    ),
    "photo replaced": _add("content/members/dana.jpg", "B photo"),
    "plain page": _add("content/index.md", "# Another\n\n[A story](stories/story-1.md)\n"),
    "meetup moved": _in(
        "content/meetups/monthly.md", "hosts:", "changes:\n  2027-01-07: {starts: 2027-01-14 19:00}\nhosts:"
    ),
    "stamped": _stamp,
    "consent withdrawn": _in(_MEMBER, "for: [page, embed, mail]", "for: [mail]"),
    "consent that ends": lambda _: "2026-12-24T09:00Z",
    "template change": _change_template,
    "theme change": _change_theme,
    "settings": _in("mkdocs.yml", "site_name: Generated", "site_name: Another"),
    "language of the site": _in("mkdocs.yml", "alongside:\n", "alongside:\n      language: de\n"),
}


def clean_copy(root: Path, target: Path, now: str = NOW) -> Path:
    """A clean build of the same files elsewhere."""
    shutil.rmtree(target, ignore_errors=True)
    run([*ALONGSIDE, "build", "--now", now, "--clean", "--site-dir", str(target.absolute())], cwd=root)
    return target


def difference(one: Path, other: Path) -> int:
    """How many bytes differ between two folders; a file that only one has counts whole."""
    names = {path.relative_to(root) for root in (one, other) for path in root.rglob("*") if path.is_file()}
    return sum(_file_difference(one / name, other / name) for name in sorted(names))


def _file_difference(one: Path, other: Path) -> int:
    left, right = (path.read_bytes() if path.is_file() else b"" for path in (one, other))
    if left == right and one.is_file() == other.is_file():
        return 0
    return abs(len(left) - len(right)) + sum(a != b for a, b in zip(left, right, strict=False)) or 1


# --- inputs --------------------------------------------------------------------------------------------------------


def build(root: Path, now: str = NOW) -> Run:
    """`alongside build` in `root`, as a process of its own."""
    return run([*ALONGSIDE, "build", "--now", now], cwd=root)


def installed(name: str) -> bool:
    """True when the packages of a peer from npm are there, after trying to have them."""
    folder = ROOT / "build" / f"npm-{name}"
    if not (folder / "node_modules").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        for file in ("package.json", "package-lock.json"):
            shutil.copy(ROOT / "bench" / name / file, folder)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        return subprocess.run(command, cwd=folder, check=False).returncode == 0
    return True


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(address: str, mark: str, *, seconds: float) -> float:
    """Ask for a page until it is there with `mark` on it; how long that took, in seconds."""
    started = time.perf_counter()
    while time.perf_counter() - started < seconds:
        try:
            with urllib.request.urlopen(address, timeout=seconds) as answer:
                if mark in answer.read().decode():
                    return time.perf_counter() - started
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.01)
    raise BenchError(f"{address} never said {mark!r}")


def write_files(root: Path, files: Iterable[tuple[str, str]]) -> None:
    """Write texts below `root`, which is emptied first unless others were written there by the same bench."""
    for path, text in files:
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


def replace_text(path: Path, old: str, new: str, *, optional: bool = False) -> None:
    """Replace the first `old` in a file; it must be there, or the edit would be none."""
    text = path.read_text()
    if old not in text and not optional:
        raise BenchError(f"{old!r} is not in {path}")
    path.write_text(text.replace(old, new, 1))


def generated(size: int) -> Community:
    """A generated community of so many stories."""
    told = list(stories(size))
    return Community(
        stories=[Told(slug=story.slug, sentence=story.sentence) for story in told],
        ours=community_files(size),
        hugo=hugo_files(told),
        hugo_alike=hugo_alike_files(told),
        eleventy=eleventy_files(told),
        mkdocs=mkdocs_files(told),
    )


def real_community(folder: Path) -> Community:
    """A community that is there; of its stories those that are published."""
    texts = {
        path.relative_to(folder).as_posix(): path.read_text()
        for pattern in ("mkdocs.yml", "content/**/*.md", "content/**/*.yml", "journeys/**/*.*")
        for path in sorted(folder.glob(pattern))
    }
    told = {path: text for path, text in texts.items() if path.startswith("content/stories/") and path.endswith(".md")}
    settings, _ = read_settings(folder / "mkdocs.yml")
    stories = load_community(settings, today=datetime.fromisoformat(NOW).date(), cache=False).community.stories
    published = {f"content/stories/{slug}.md" for slug, story in stories.items() if story.status == "published"}
    kept = {path: text for path, text in told.items() if path in published}  # one without a date, say, is left out
    people = {
        path: text.replace("name:", "title:", 1) for path, text in texts.items() if path.startswith("content/members/")
    }
    plain = (("docs" + path.removeprefix("content"), text) for path, text in kept.items())
    return Community(
        stories=[Told(slug=Path(path).stem, sentence="") for path in kept],
        ours=texts.items(),
        hugo=[("config.toml", HUGO_CONFIG), *HUGO_LAYOUTS.items(), *kept.items(), *people.items()],
        hugo_alike=(),
        eleventy=(),
        mkdocs=[*MKDOCS_FILES, *plain],
    )


def hugo_files(told: Iterable[GeneratedStory]) -> Iterator[tuple[str, str]]:
    """The same community for Hugo: sections of stories and members, a taxonomy of challenges, feeds and a sitemap."""
    yield "config.toml", HUGO_CONFIG
    yield from HUGO_LAYOUTS.items()
    yield "content/_index.md", "---\ntitle: Generated\n---\nStories of many people.\n"
    for slug, title in challenges().items():
        yield f"content/challenges/{slug}/_index.md", f"---\ntitle: {title}\n---\n"
    count = 0
    for story in told:
        count += 1
        yield f"content/stories/{story.slug}.md", story_text(story)
    for member in members(max(1, count // 10)):
        yield f"content/members/{member.slug}.md", member_text(member).replace("name:", "title:", 1)


def hugo_alike_files(told: Sequence[GeneratedStory]) -> Iterator[tuple[str, str]]:
    """The same content with layouts that write what our pages have; who told what is a file of data, newest first."""
    for path, text in hugo_files(told):
        if path.startswith("content/"):
            yield path, text
    for file in sorted(ALIKE.rglob("*.*")):
        yield file.relative_to(ALIKE).as_posix(), file.read_text()
    stories_of: dict[str, list[str]] = {}
    for story in sorted(told, key=lambda one: one.date, reverse=True):
        stories_of.setdefault(story.member, []).append(story.slug)
    yield "data/told.json", json.dumps(stories_of)


def mkdocs_files(told: Iterable[GeneratedStory]) -> Iterator[tuple[str, str]]:
    """The same stories for MkDocs, as plain pages outside the nav."""
    yield from MKDOCS_FILES
    for story in told:
        yield f"docs/stories/{story.slug}.md", story_text(story)


def eleventy_files(told: Iterable[GeneratedStory]) -> Iterator[tuple[str, str]]:
    """The same community for Eleventy; its configuration stands in a file of its own."""
    yield from ELEVENTY_FILES.items()
    count = 0
    for story in told:
        count += 1
        yield f"content/stories/{story.slug}.md", story_text(story)
    for member in members(max(1, count // 10)):
        yield f"content/members/{member.slug}.md", member_text(member)


MKDOCS_FILES = [
    ("mkdocs.yml", "site_name: Generated\nnav: [{Home: index.md}]\nnot_in_nav: /stories/\nplugins: []\n"),
    ("docs/index.md", "# Generated\n"),
]
_ELEVENTY_CARD = '<a href="{{ page.url }}">{{ page.data.title }}</a><p>{{ page.data.welcome }}</p>'
ELEVENTY_FILES = {
    "content/stories/stories.json": '{"layout": "story.njk", "permalink": "stories/{{ page.fileSlug }}/"}',
    "content/members/members.json": '{"layout": "member.njk", "permalink": "members/{{ page.fileSlug }}/"}',
    "content/list.njk": "---\npagination: {data: collections.listed, size: 1, alias: part}\n"
    'permalink: "stories/{% if pagination.pageNumber %}page/{{ pagination.pageNumber + 1 }}/{% endif %}"\n'
    "layout: base.njk\ntitle: Stories\n---\n<ul>{% for page in part %}<li>"
    + _ELEVENTY_CARD
    + "</li>{% endfor %}</ul>\n",
    "content/challenge.njk": "---\npagination: {data: collections.challenged, size: 1, alias: one}\n"
    'permalink: "challenges/{{ one.slug }}/"\nlayout: base.njk\ntitle: Challenge\n---\n'
    "<ul>{% for page in one.pages %}<li>" + _ELEVENTY_CARD + "</li>{% endfor %}</ul>\n",
    "layouts/base.njk": '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title>'
    '<meta name="description" content="{{ welcome }}"></head><body><nav><a href="/stories/">Stories</a></nav>'
    "<main>{{ content | safe }}</main></body></html>\n",
    "layouts/member.njk": "---\nlayout: base.njk\n---\n<h1>{{ name }}</h1>{{ content | safe }}\n",
    "layouts/story.njk": "---\nlayout: base.njk\n---\n<article><h1>{{ title }}</h1>{% for slug in members %}"
    '<a href="/members/{{ slug }}/">{{ collections.people[slug].data.name }}</a> '
    "{{ collections.people[slug].data.place }}{% endfor %}<blockquote>{{ welcome }}</blockquote>{{ content | safe }}"
    '<ul>{% for slug in challenges %}<li><a href="/challenges/{{ slug }}/">{{ slug }}</a></li>{% endfor %}</ul>'
    "</article>\n",
}
HUGO_CONFIG = """\
baseURL = "https://community.example.org/"
title = "Generated"
paginate = 60
[taxonomies]
challenge = "challenges"
[outputs]
home = ["HTML", "RSS"]
section = ["HTML", "RSS"]
term = ["HTML", "RSS"]
[services.rss]
limit = 50
"""
HUGO_LAYOUTS = {
    "layouts/_default/baseof.html": """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ .Title }}</title>
<meta name="description" content="{{ .Params.welcome }}"><link rel="canonical" href="{{ .Permalink }}">
</head><body><nav><a href="/stories/">Stories</a> <a href="/members/">People</a>
<a href="/challenges/">Challenges</a></nav><main>{{ block "main" . }}{{ end }}</main></body></html>
""",
    "layouts/_default/list.html": """\
{{ define "main" }}<h1>{{ .Title }}</h1>{{ .Content }}{{ $pages := .Paginate .Pages }}
<ul>{{ range $pages.Pages }}<li>{{ partial "card.html" . }}</li>{{ end }}</ul>
{{ with $pages.Prev }}<a href="{{ .URL }}">Newer</a>{{ end }}
{{ with $pages.Next }}<a href="{{ .URL }}">Older</a>{{ end }}
{{ end }}
""",
    "layouts/_default/single.html": """\
{{ define "main" }}<article><h1>{{ .Title }}</h1>{{ .Content }}</article>{{ end }}
""",
    "layouts/partials/card.html": """\
<a href="{{ .RelPermalink }}">{{ .Title }}</a>{{ with .Params.welcome }}<p>{{ . }}</p>{{ end }}
""",
    "layouts/stories/single.html": """\
{{ define "main" }}<article><h1>{{ .Title }}</h1>
{{ range .Params.members }}{{ with site.GetPage (print "/members/" .) }}<a href="{{ .RelPermalink }}">{{ .Title }}</a>
{{ .Params.place }}{{ end }}{{ end }}
<time datetime="{{ .Date.Format "2006-01-02" }}">{{ .Date.Format "2 January 2006" }}</time>
<blockquote>{{ .Params.welcome }}</blockquote>{{ .Content }}
<ul>{{ range .GetTerms "challenges" }}<li><a href="{{ .RelPermalink }}">{{ .Title }}</a></li>{{ end }}</ul>
{{ with index (.GetTerms "challenges") 0 }}{{ range first 3 .Pages }}{{ partial "card.html" . }}{{ end }}{{ end }}
</article>{{ end }}
""",
}
