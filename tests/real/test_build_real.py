"""Real communities, built whole."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings

pytestmark = pytest.mark.real
COMMUNITIES = ("biodrop", "carpentries", "openstreetmap", "rladies", "ropensci")
NOW = "2026-11-23T09:00Z"
EPOCH = "1795424400"  # the same instant


def build(command: list[str], root: Path) -> tuple[str, float, float]:
    """(what it said, seconds, peak of its largest process in MB)"""
    started = time.monotonic()
    result = subprocess.run(
        command, cwd=root, capture_output=True, text=True, env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH}
    )
    seconds = time.monotonic() - started
    assert result.returncode == 0, result.stderr[-4000:]
    return result.stdout + result.stderr, seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def pages(site: Path, folder: str) -> int:
    """Pages of single records in a folder of the site."""
    lists = {"page", "coming", "past"}
    return sum((path / "index.html").is_file() and path.name not in lists for path in (site / folder).glob("*"))


@pytest.mark.parametrize("name", COMMUNITIES)
def test_each_builds(shared: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / name
    shutil.copytree(shared / "communities" / name, root)
    alongside = str(Path(sys.executable).with_name("alongside"))
    said, seconds, peak = build([alongside, "build", "--now", NOW], root)
    _, again, _ = build([alongside, "build", "--now", NOW], root)
    with capsys.disabled():
        print(f"\n{name}: {said.splitlines()[0]} Cold {seconds:.1f} s, again {again:.1f} s, {peak:.0f} MB")
    settings, _ = read_settings(root / "mkdocs.yml")
    community = load_community(settings, today=date(2026, 11, 23)).community
    published = [story for story in community.stories.values() if story.status == "published"]
    members = [member for member in community.members.values() if member.allows("page", date(2026, 11, 23))]
    assert pages(root / "site", "stories") == len(published)
    assert pages(root / "site", "groups") == len(community.groups)
    assert pages(root / "site", "meetups") == len(community.meetups)
    assert pages(root / "site", "members") == len(members)
    assert not list((root / "site").rglob("*.md"))


def test_the_fork_of_mkdocs_builds_one(shared: Path, tmp_path: Path) -> None:
    root = tmp_path / "ropensci"
    shutil.copytree(shared / "communities" / "ropensci", root)
    build([str(Path(sys.executable).with_name("alongside")), "build", "--now", NOW, "-d", "ours"], root)
    build([str(Path(sys.executable).with_name("properdocs")), "build", "--theme", "alongside", "-d", "theirs"], root)
    ours, theirs = (
        {path.relative_to(root / site): path.read_bytes() for path in (root / site).rglob("*") if path.is_file()}
        for site in ("ours", "theirs")
    )
    differing = {path.as_posix() for path in ours.keys() | theirs.keys() if ours.get(path) != theirs.get(path)}
    assert differing <= {"search/main.js"}  # each brings its own script for searching
