"""A community of every kind of record among ordinary pages, and its builds by real commands, to be compared.

A clean build is one of a copy of the files elsewhere: nothing is remembered there.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from hashlib import sha256
from itertools import count
from pathlib import Path
from subprocess import CompletedProcess

from commands import Command, run_command
from conftest import CONFIG
from test_build import FILES, MEMBER, story, tree

NOW = "2026-11-23T09:00Z"
COMMUNITY: dict[str, str | bytes] = {
    **FILES,
    "mkdocs.yml": CONFIG + "theme: {name: alongside, custom_dir: theme}\n",
    "theme/alongside/.keep": "",
    "content/index.md": """\
        # Home

        [A story](stories/story-1.md), [Ana](members/ana.md), [Cat](members/cat.md), ![A desk](stories/desk.jpg).

        <alongside-moment moment="corner"></alongside-moment>
        """,
    "content/stories/tips.txt": "Tips for tellers.\n",
    "content/stories/desk.jpg": b"JPEG",
    "content/members/ana.jpg": b"JPEG of Ana",
    "content/members/ana.md": MEMBER.format(name="Ana\nphoto: ana.jpg", place="Recife, Brazil", until="2027-01-01"),
    "content/members/cat.md": MEMBER.format(name="Cat", place="Lima, Peru", until="2026-12-20"),
    "content/meetups/others.yml": "- title: Breakfast\n  starts: 2026-12-05 09:00\n  place: Berlin, Germany\n"
    "  hosts: [cat]\n- title: Sprint\n  starts: 2027-01-16\n  ends: 2027-01-17\n  online: true\n",
    "content/stories/story-draft.md": story("Draft").replace("date:", "status: draft\ndate:"),
    "journeys/page.yml": (
        "title: Page\nmoments:\n  - id: corner\n    owner: growth\n    where: page\n    show: [story, meetup]\n"
    ),
    "journeys/month.yml": "title: Month\nmoments:\n  - {id: hello, owner: growth, where: mail, message: hello.md}\n",
    "journeys/hello.md": "---\nsubject: Hello\n---\nHello {{ newcomer.name }}\n",
}
_numbers = count()
_clean: dict[bytes, tuple[dict[str, bytes], dict[str, bytes]]] = {}  # by the files


def start_build(root: Path, *options: str, now: str = NOW) -> Command:
    """`alongside build` in `root`, begun."""
    return Command("build", "--now", now, *options, cwd=root)


def build(root: Path, *options: str, now: str = NOW) -> CompletedProcess[str]:
    """As `start_build`, to its end, whatever that is."""
    made = run_command("build", "--now", now, *options, cwd=root)
    assert "Traceback" not in made.stderr, made.stderr
    return made


def private_files(root: Path) -> dict[str, bytes]:
    """The compiled sequences, by their path below the community."""
    return {f"build/journeys/{path}": content for path, content in tree(root / "build/journeys").items()}


def clean_site(root: Path, *, now: str = NOW, private: bool = False) -> dict[str, bytes]:
    """What a first build of the same files gives, with `private` the compiled sequences, too.

    Many tests ask about the same files: what they give is found out once.
    """
    copy = root.parent / f"clean-{next(_numbers)}"
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns("site", "build", ".cache"))
    of = sha256(repr((now, sorted(tree(copy).items()))).encode()).digest()
    if of not in _clean:
        assert build(copy, now=now).returncode == 0
        _clean[of] = tree(copy / "site"), private_files(copy)
    shutil.rmtree(copy)
    site, sequences = _clean[of]
    return site | (sequences if private else {})


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """Paths of files that are not the same, or that only one has."""
    return sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))


def caches(root: Path) -> Iterator[Path]:
    """Every file that a build keeps for the next one."""
    yield from sorted(path for path in (root / "build/cache").rglob("*") if path.is_file())
