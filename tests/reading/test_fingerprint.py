"""The fingerprint of a community changes with its files, and is taken of any folder in a moment."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from alongside.problems import Problem
from alongside.reading.fingerprint import fingerprint
from alongside.reading.folders import find_files
from alongside.reading.settings_file import read_settings
from alongside.settings import Settings
from conftest import WriteCommunity
from reading.planted_faults import GOOD


@pytest.fixture
def community(write_community: WriteCommunity) -> Settings:
    return read_settings(write_community(GOOD))[0]


def paths(settings: Settings) -> list[str]:
    problems: list[Problem] = []
    return [file.docs_path for file in find_files(settings, problems)]


def touch(settings: Settings) -> None:
    os.utime(settings.docs_dir / "members/ana.md", ns=(1, 1))


def lengthen(settings: Settings) -> None:
    (settings.journeys_dir / "mails/hello.md").write_text("longer", "utf-8")


def add(settings: Settings) -> None:
    (settings.docs_dir / ".pages").write_text("", "utf-8")


def rename(settings: Settings) -> None:
    (settings.docs_dir / "members/ana.md").rename(settings.docs_dir / "members/anna.md")


@pytest.mark.parametrize("change", [touch, lengthen, add, rename])
def test_a_touched_file_shows(community: Settings, change: Callable[[Settings], None]) -> None:
    before = fingerprint(community)
    assert fingerprint(community) == before
    change(community)
    assert fingerprint(community) != before


def test_what_is_built_does_not_show(community: Settings) -> None:
    before = fingerprint(community)
    for folder in (community.site_dir, community.build_dir):
        folder.mkdir(parents=True)
        (folder / "index.html").write_text("built", "utf-8")
    assert fingerprint(community) == before


def test_links_in_circles_end(community: Settings) -> None:
    read = paths(community)
    (community.docs_dir / "members/again").symlink_to(community.docs_dir, target_is_directory=True)
    (community.docs_dir / "members/self").symlink_to("self")
    assert fingerprint(community) == fingerprint(community)
    assert paths(community) == sorted([*read, "members/self"])


def test_links_that_multiply_end(community: Settings, tmp_path: Path) -> None:
    """Twenty folders, each linked from the one before six times: six to the twentieth ways to the last."""
    chain = [tmp_path / f"far/{number}" for number in range(20)]
    for folder in chain:
        folder.mkdir(parents=True)
    for folder, following in pairwise(chain):
        for name in "abcdef":
            (folder / name).symlink_to(following, target_is_directory=True)
    (chain[-1] / "last.txt").write_text("here", "utf-8")
    (community.docs_dir / "far").symlink_to(chain[0], target_is_directory=True)
    before = fingerprint(community)
    os.utime(chain[-1] / "last.txt", ns=(1, 1))
    assert fingerprint(community) != before
    assert len(paths(community)) < 200


def test_a_linked_folder_shows(community: Settings, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/logo.svg").write_text("<svg/>", "utf-8")
    (community.docs_dir / "shared").symlink_to(tmp_path / "shared", target_is_directory=True)
    before = fingerprint(community)
    os.utime(tmp_path / "shared/logo.svg", ns=(1, 1))
    assert fingerprint(community) != before
    assert "shared/logo.svg" in paths(community)
