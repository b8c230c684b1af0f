"""Area site: `alongside build` beside Hugo and MkDocs on the same stories (GOALS, Site).

Both sides are checked: every story has its page, and on it the one sentence no other story has. Hugo comes from Debian
(`apt-get install hugo`), with a theme as small as list, single and taxonomy pages can be; MkDocs has the stories as
plain pages outside the nav.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path

from bench.communities import (
    GeneratedStory,
    challenges,
    community_files,
    member_text,
    members,
    stories,
    story_text,
)
from bench.harness import BenchError, Figure, Run, interleave, median_seconds, peak_mb, run, spread

NOW = "2026-11-23T09:00Z"
SMALL, LARGE = 1_000, 10_000
ALONGSIDE = [str(Path(sys.executable).with_name("alongside"))]
GOALS = {SMALL: (1.0, 0.4, 0.4), LARGE: (0.6, 0.10, 0.08)}  # cold, one edit, nothing changed; each to Hugo


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--sizes 1000` for a quick look."""
    parser.add_argument("--sizes", type=int, nargs="+", default=[SMALL, LARGE], help="numbers of stories (site)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each side; the middle one counts (site)")
    parser.add_argument("--keep", type=Path, help="work in this folder, and keep it (site)")


def measure(arguments: argparse.Namespace) -> Iterator[Figure]:
    """Every figure that can be measured today; the others are named."""
    if shutil.which("hugo") is None:
        raise BenchError("hugo is missing: apt-get install hugo")
    with tempfile.TemporaryDirectory(prefix="bench-site-") as temporary:
        folder = arguments.keep or Path(temporary)
        cold = {}
        for size in sorted(arguments.sizes):
            bench = SiteBench(folder / str(size), size, arguments.rounds)
            cold[size] = yield from bench.against_hugo()
            bench.print_mkdocs()
        if SMALL in cold and LARGE in cold:
            yield Figure(name="wall at 10,000 / at 1,000 stories", value=cold[LARGE] / cold[SMALL], goal=10)
        yield from differing_bytes(folder / "bytes", min(SMALL, *arguments.sizes))
    print("# edit to served page, alongside serve / hugo server: not measured yet")


class SiteBench:
    """One size: the same stories for both sides."""

    def __init__(self, folder: Path, size: int, rounds: int) -> None:
        self.size = size
        self.rounds = rounds
        self.ours = folder / "alongside"
        self.hugo = folder / "hugo"
        self.mkdocs = folder / "mkdocs"
        self.stories = list(stories(size))
        write_files(self.ours, community_files(size))
        write_files(self.hugo, hugo_files(self.stories))

    def against_hugo(self) -> Generator[Figure, None, float]:
        """Cold, edited and unchanged, by turns; returns our cold wall time in seconds."""
        goals = GOALS.get(self.size, GOALS[LARGE])
        cold = interleave({"alongside": self._cold, "hugo": self._hugo}, rounds=self.rounds)
        self._check()
        yield self._ratio("cold build", cold, goals[0])
        edits = iter(self.stories)
        edited = interleave(
            {"alongside": lambda: self._edited(next(edits), self.ours), "hugo": self._hugo_edited}, rounds=self.rounds
        )
        yield self._ratio("one story edited", edited, goals[1])
        same = interleave({"alongside": self._build, "hugo": self._hugo}, rounds=self.rounds)
        yield self._ratio("nothing changed", same, goals[2])
        memory = peak_mb(cold["alongside"]) / peak_mb(cold["hugo"])
        yield Figure(name=f"{self.size} stories, peak memory / hugo", value=memory, goal=0.3)
        return median_seconds(cold["alongside"])

    def print_mkdocs(self) -> None:
        """How long MkDocs takes for the stories as plain pages: once, for the record."""
        write_files(self.mkdocs, mkdocs_files(self.stories))
        found = run([sys.executable, "-m", "mkdocs", "build", "-q"], cwd=self.mkdocs)
        shutil.rmtree(self.mkdocs)
        print(f"# {self.size} stories, mkdocs with plain pages outside the nav: {spread([found])}", flush=True)

    def _ratio(self, name: str, runs: dict[str, list[Run]], goal: float) -> Figure:
        for side, times in runs.items():
            print(f"# {self.size} stories, {name}, {side}: {spread(times)}", flush=True)
        value = median_seconds(runs["alongside"]) / median_seconds(runs["hugo"])
        return Figure(name=f"{self.size} stories, {name} / hugo", value=value, goal=goal)

    def _cold(self) -> Run:
        for folder in ("site", "build"):
            shutil.rmtree(self.ours / folder, ignore_errors=True)
        return self._build()

    def _build(self) -> Run:
        return build(self.ours)

    def _hugo(self) -> Run:
        return run(["hugo", "--quiet"], cwd=self.hugo)

    def _edited(self, story: GeneratedStory, root: Path) -> Run:
        replace_text(root / "content" / "stories" / f"{story.slug}.md", "## Then", "## Then again")
        made = self._build()
        page = root / "site" / "stories" / story.slug / "index.html"
        if "Then again" not in page.read_text():
            raise BenchError(f"the edit of {story.slug} is not on its page")
        return made

    def _hugo_edited(self) -> Run:
        replace_text(
            self.hugo / "content" / "stories" / f"{self.stories[-1].slug}.md", "paper", "screen", optional=True
        )
        return self._hugo()

    def _check(self) -> None:
        for root in (self.ours / "site", self.hugo / "public"):
            for story in self.stories:
                page = root / "stories" / story.slug / "index.html"
                if not page.is_file() or story.sentence not in page.read_text():
                    raise BenchError(f"{story.slug} is not on its page below {root}")


# --- bytes ---------------------------------------------------------------------------------------------------------


def differing_bytes(folder: Path, size: int) -> Iterator[Figure]:
    """Incremental output against a clean build after each kind of change, and a build repeated."""
    root = folder / "alongside"
    write_files(root, community_files(size))
    write_files(root, [("theme/alongside/.keep", "")])
    replace_text(root / "mkdocs.yml", "plugins:", "theme: {name: alongside, custom_dir: theme}\nplugins:")
    build(root)
    first = clean_copy(root, folder / "first")
    second = clean_copy(root, folder / "second")
    yield Figure(name="same input, same --now: bytes that differ", value=difference(first, second), goal=0)
    total = 0
    for name, change in CHANGES.items():
        change(root)
        build(root)
        differ = difference(root / "site", clean_copy(root, folder / name))
        print(f"# incremental against clean, {name}: {differ} bytes differ", flush=True)
        total += differ
    yield Figure(name="incremental against clean, all changes: bytes that differ", value=total, goal=0)


def _edit(root: Path) -> None:
    replace_text(root / "content/stories/story-3.md", "## Then", "## Later")


def _retitle(root: Path) -> None:
    replace_text(root / "content/stories/story-4.md", "title: ", "title: Another ")


def _retag(root: Path) -> None:
    path = root / "content/stories/story-5.md"
    lines = [
        "challenges: [challenge-1]" if line.startswith("challenges:") else line for line in path.read_text().split("\n")
    ]
    path.write_text("\n".join(lines))


def _delete(root: Path) -> None:
    (root / "content/stories/story-6.md").unlink()


def _rename(root: Path) -> None:
    (root / "content/stories/story-7.md").rename(root / "content/stories/story-seven.md")


def _withdraw(root: Path) -> None:
    path = root / "content" / "members" / f"{next(members(1)).slug}.md"
    replace_text(path, "for: [page, embed, mail]", "for: [mail]")


def _change_template(root: Path) -> None:
    from alongside.rendering.templates import TEMPLATES

    text = (TEMPLATES / "story.html").read_text()
    (root / "theme/alongside/story.html").write_text(text + "<!-- ours -->")


CHANGES: dict[str, Callable[[Path], None]] = {
    "edit": _edit,
    "retitle": _retitle,
    "retag": _retag,
    "deletion": _delete,
    "rename": _rename,
    "consent withdrawn": _withdraw,
    "template change": _change_template,
}


def clean_copy(root: Path, target: Path) -> Path:
    """A clean build of the same files elsewhere."""
    shutil.rmtree(target, ignore_errors=True)
    run([*ALONGSIDE, "build", "--now", NOW, "--clean", "--site-dir", str(target.absolute())], cwd=root)
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


def build(root: Path) -> Run:
    """`alongside build` in `root`, as a process of its own."""
    return run([*ALONGSIDE, "build", "--now", NOW], cwd=root)


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


def mkdocs_files(told: Iterable[GeneratedStory]) -> Iterator[tuple[str, str]]:
    """The same stories for MkDocs, as plain pages outside the nav."""
    yield "mkdocs.yml", "site_name: Generated\nnav: [{Home: index.md}]\nnot_in_nav: /stories/\nplugins: []\n"
    yield "docs/index.md", "# Generated\n"
    for story in told:
        yield f"docs/stories/{story.slug}.md", story_text(story)


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
