"""Reading what nobody here wrote: five communities, and files that broke elsewhere."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from alongside.problems import Problem
from alongside.reading.contacts import read_contacts
from alongside.reading.loader import Loaded, load_community
from alongside.reading.newcomers import read_newcomers
from alongside.reading.settings_file import read_settings
from alongside.reading.slugs import slugify

pytestmark = pytest.mark.real
TODAY = date(2026, 11, 23)
CONFIG = "site_name: Broken\ndocs_dir: content\nplugins:\n  - alongside:\n      teams: {community: C}\n"


@cache
def load(config: Path) -> Loaded:
    """Read once for all that is asked of it."""
    settings, problems = read_settings(config)
    assert problems == []
    return load_community(settings, today=TODAY, cache=False)


def communities(shared: Path) -> list[Path]:
    return sorted((shared / "communities").glob("*/mkdocs.yml"))


def source_line(config: Path, problem: Problem) -> str:
    text = (config.parent / problem.position.path).read_text(encoding="utf-8")
    lines = text.replace("\r\n", "\n").split("\n")
    assert problem.position.line <= len(lines)
    return lines[problem.position.line - 1]


def test_the_communities_load(shared: Path) -> None:
    found = communities(shared)
    assert len(found) >= 5
    for config in found:
        loaded = load(config)
        community = loaded.community
        assert community.journeys
        assert community.challenges
        authored = sum(
            1 for folder in ("members", "stories", "groups") for _ in config.parent.glob(f"content/{folder}/*.md")
        )
        read = len(community.members) + len(community.stories) + len(community.groups)
        lost = {problem.position.path for problem in loaded.problems if problem.severity == "error"}
        assert read + len(lost) >= authored, config  # whatever was left out was told


def test_each_problem_stands_where_it_says(shared: Path) -> None:
    """The words a message quotes stand at the line and column it names."""
    for config in communities(shared):
        for problem in load(config).problems:
            line = source_line(config, problem)
            quoted = re.search(r'"([^"]+)" is (?:known|no language code)|place called "([^"]+)"', problem.message)
            if quoted is not None:
                words = (quoted[1] or quoted[2])[:30]
                assert words in line[problem.position.column - 1 :].replace('\\"', '"'), problem
            if problem.code in ("html-removed", "link-without-page", "welcome-points-back", "relative-time"):
                assert line[problem.position.column - 1 : problem.position.column + 1].strip(), problem


def test_references_of_real_communities_hold(shared: Path) -> None:
    """No teller, host, group or challenge of a loaded record is missing."""
    for config in communities(shared):
        community = load(config).community
        for story in community.stories.values():
            assert set(story.members) <= community.members.keys()
            assert set(story.challenges) <= community.challenges.keys()
        for meetup in community.meetups.values():
            assert not meetup.group or meetup.group in community.groups
            assert meetup.timezone


def test_newcomers_and_contacts(shared: Path) -> None:
    for config in communities(shared):
        settings, _ = read_settings(config)
        community = load(config).community
        newcomers, problems = read_newcomers(config.parent / "newcomers.csv", community, settings)
        assert len(newcomers) >= 190
        assert [
            problem for problem in problems if problem.severity == "error" and problem.code != "unknown-language"
        ] == []
        _, problems = read_contacts(config.parent / "contacts.csv", community, settings)
        assert problems == []


@pytest.fixture
def broken(shared: Path, tmp_path: Path) -> dict[str, tuple[str, Problem | None]]:
    """Every broken file as a story under a good name: kind of fault, and the first problem told of it."""
    stories = tmp_path / "content/stories"
    stories.mkdir(parents=True)
    (tmp_path / "mkdocs.yml").write_text(CONFIG, encoding="utf-8")
    kinds: dict[str, str] = {}
    for file in sorted((shared / "raw/broken").glob("*/*")):
        name = slugify(file.stem) + ".md"
        shutil.copy(file, stories / name)
        kinds[f"content/stories/{name}"] = file.parent.name
    loaded = load(tmp_path / "mkdocs.yml")
    told: dict[str, list[Problem]] = {}
    for problem in loaded.problems:
        told.setdefault(problem.position.path, []).append(problem)
    wanted = {"duplicate-keys": "duplicate-key", "script-iframe": "html-removed"}
    return {
        path: (kind, next((p for p in told.get(path, ()) if wanted.get(kind) in (None, p.code)), None))
        for path, kind in kinds.items()
    }


def test_every_broken_file_is_told_at_its_line(broken: dict[str, tuple[str, Problem | None]], tmp_path: Path) -> None:
    counts = Counter(kind for kind, _ in broken.values())
    assert len(broken) >= 42
    assert set(counts) >= {"broken-front-matter", "duplicate-keys", "script-iframe", "odd-names"}
    for path, (kind, problem) in broken.items():
        assert problem is not None, (path, kind)
        line = (tmp_path / path).read_text(encoding="utf-8").split("\n")[problem.position.line - 1]
        if kind == "duplicate-keys":
            key = re.search(r'"(\w+)"', problem.message)
            assert key is not None
            assert line.startswith(f"{key[1]}:"), path
        if kind == "script-iframe":
            assert re.search("<(script|iframe|style|object|embed)|on[a-z]+=", line), path


def test_odd_names_get_a_proposal(shared: Path, tmp_path: Path) -> None:
    stories = tmp_path / "content/stories"
    stories.mkdir(parents=True)
    (tmp_path / "mkdocs.yml").write_text(CONFIG, encoding="utf-8")
    names = [file.name for file in (shared / "raw/broken/odd-names").iterdir()]
    for name in names:
        shutil.copy(shared / "raw/broken/odd-names" / name, stories / name)
    problems = load(tmp_path / "mkdocs.yml").problems
    told = {problem.position.path: problem for problem in problems if problem.code == "bad-file-name"}
    for name in names:
        problem = told[f"content/stories/{name}"]
        proposed = re.fullmatch(r"Rename it to (\S+)\.md", problem.hint)
        assert proposed is not None
        assert slugify(proposed[1]) == proposed[1]
