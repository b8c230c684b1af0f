"""Builds that can be trusted: two at once, killed, out of room, read-only, with a cache that is damaged or another's.

The right result, or a clear error and the right result next time. All are real commands on real disks.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from alongside.rendering.artifacts import Tree
from built_community import COMMUNITY, build, caches, clean_site, differing, start_build
from commands import Command
from conftest import WriteCommunity
from mail_servers.servers import free_ports, own_folder
from small_disks import filled, mounted, only_as_root, read_only
from test_build import story, tree

Change = Callable[[Path], object]


@pytest.fixture
def root(write_community: WriteCommunity) -> Path:
    return write_community(COMMUNITY).parent


def edit(root: Path) -> None:
    """A story more, one less, one that is another: what is stale has to go, and what is new to come."""
    folder = root / "content/stories"
    number = max([int(path.stem.removeprefix("more-")) for path in folder.glob("more-*.md")], default=0) + 1
    (folder / f"more-{number}.md").write_text(story(f"One more {number}", date="2026-11-01"))
    (folder / f"more-{number - 2}.md").unlink(missing_ok=True)
    (folder / "story-1.md").write_text(story(f"Number 1, told {number} times"))


def built(root: Path) -> dict[str, bytes]:
    """The site after a build that has to end well."""
    made = build(root)
    assert made.returncode == 0, made.stderr
    return tree(root / "site")


# --- two at once ---------------------------------------------------------------------------------------------------


def test_a_folder_that_another_build_has_is_left_alone(root: Path) -> None:
    before = built(root)
    edit(root)
    other = Tree(root / "site", root / "another-cache")
    other.lock()
    ends = [build(root)]
    for name in ("mkdocs", "properdocs"):
        command = [sys.executable, "-m", name, "build", "-q"]
        ends.append(subprocess.run(command, cwd=root, capture_output=True, text=True))
    for made in ends:
        assert made.returncode == 1
        assert f"Another build is writing to {root / 'site'}. Wait for it" in made.stderr
        assert "Traceback" not in made.stderr
    assert tree(root / "site") == before
    other.unlock()
    assert differing(built(root), clean_site(root)) == []


def test_builds_that_begin_at_once_leave_a_whole_site(root: Path) -> None:
    """Into one folder, and into others from one cache, while a preview is built from it, too."""
    (port,) = free_ports(1)
    for _ in range(2):
        edit(root)
        clean = clean_site(root)
        serving = Command("serve", "--no-livereload", "-a", f"127.0.0.1:{port}", cwd=root)
        commands = [start_build(root, *options) for options in ((), (), ("-d", "b"), ("-d", "c"), ("--clean",))]
        ends = [command.communicate() for command in commands]
        assert serving.poll() is None, serving.lines
        serving.send_signal(signal.SIGINT)
        serving.wait()
        for end in ends:
            refused = end.returncode == 1 and end.stderr.startswith("Another build is writing to")
            assert end.returncode == 0 or refused, end.stderr
        assert [end.returncode for end in ends[2:4]] == [0, 0]
        assert 0 in [end.returncode for end in (*ends[:2], ends[4])]
        for site in ("site", "b", "c"):
            assert differing(tree(root / site), clean) == []
    assert (root / "build/journeys/month/hello.en.html").is_file()


# --- killed --------------------------------------------------------------------------------------------------------


def killed_at_random(root: Path, chance: random.Random, *, kills: int, cold: bool) -> int:
    """How many of `kills` met a build before it ended; after each the next build gives a whole site."""
    started = time.monotonic()
    assert build(root, *(["--clean"] if cold else [])).returncode == 0
    longest = time.monotonic() - started
    met = 0
    for _ in range(kills):
        edit(root)
        if cold:
            shutil.rmtree(root / "site")
            shutil.rmtree(root / "build")
        command = start_build(root)
        time.sleep(chance.uniform(0, longest))
        command.send_signal(signal.SIGKILL)
        met += command.wait() != 0
        if chance.random() < 0.3:  # a second one, killed while it mends what the first left
            command = start_build(root)
            time.sleep(chance.uniform(0, longest))
            command.send_signal(signal.SIGKILL)
            command.wait()
        assert differing(_built_soon(root), clean_site(root)) == []
    return met


def _built_soon(root: Path) -> dict[str, bytes]:
    """As `built`; what a killed build had forked may have the folder for a moment."""
    made = build(root)
    deadline = time.monotonic() + 20
    while "Another build" in made.stderr and time.monotonic() < deadline:
        time.sleep(0.05)
        made = build(root)
    assert made.returncode == 0, made.stderr
    return tree(root / "site")


@pytest.mark.parametrize("cold", [True, False], ids=["cold", "incremental"])
def test_a_build_that_was_killed_costs_the_next_one_nothing_but_time(root: Path, cold: bool) -> None:
    assert killed_at_random(root, random.Random(7), kills=3, cold=cold)


@pytest.mark.soak
@pytest.mark.parametrize("cold", [True, False], ids=["cold", "incremental"])
def test_builds_of_several_processes_that_were_killed(root: Path, cold: bool) -> None:
    for number in range(700):
        (root / f"content/stories/many-{number}.md").write_text(story(f"Many {number}"))
    met = killed_at_random(root, random.Random(8), kills=60, cold=cold)
    print(f"{met} of 60 met a build")
    assert met > 20


# --- no room, no leave ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "free_kilobytes", [300, *(pytest.param(size, marks=pytest.mark.soak) for size in range(0, 2_000, 60))]
)
def test_a_full_disk_below_the_site(root: Path, free_kilobytes: int) -> None:
    with own_folder("site") as folder, mounted(folder, megabytes=8):
        options = ("-d", str(folder / "site"))
        for _ in range(2):
            with filled(folder, free_kilobytes=free_kilobytes):
                made = build(root, *options)
            if made.returncode:
                assert made.returncode == 1
                assert "No space left on device" in made.stderr
            edit(root)
            assert build(root, *options).returncode == 0
            assert differing(tree(folder / "site"), clean_site(root)) == []
            edit(root)


@pytest.mark.parametrize(
    "free_kilobytes", [0, *(pytest.param(size, marks=pytest.mark.soak) for size in range(4, 400, 16))]
)
def test_a_full_disk_below_the_cache(root: Path, free_kilobytes: int) -> None:
    (root / "build/cache").mkdir(parents=True)
    with mounted(root / "build/cache"):
        for _ in range(2):
            with filled(root / "build/cache", free_kilobytes=free_kilobytes):
                made = build(root)
            assert made.returncode == 0, made.stderr
            assert free_kilobytes or "No space left on device. Look at its folder" in made.stderr
            assert differing(tree(root / "site"), clean_site(root)) == []
            edit(root)
            assert differing(built(root), clean_site(root)) == []
            edit(root)


def test_a_full_disk_below_everything(root: Path) -> None:
    with own_folder("all") as folder, mounted(folder, megabytes=8):
        shutil.copytree(root, folder / "c")
        for free_kilobytes in (0, 400):
            with filled(folder, free_kilobytes=free_kilobytes):
                made = build(folder / "c")
            assert made.returncode == 1
            assert "No space left on device" in made.stderr
        assert differing(built(folder / "c"), clean_site(root)) == []


def test_a_site_that_cannot_be_written_to(root: Path) -> None:
    (root / "site").mkdir()
    with mounted(root / "site"):
        before = built(root)
        edit(root)
        with read_only(root / "site"):
            made = build(root)
            assert made.returncode == 1
            assert f"error: {root / 'site'}" in made.stderr
            assert "cannot be read or written: Read-only file system" in made.stderr
            assert tree(root / "site") == before
        assert differing(built(root), clean_site(root)) == []


def test_content_that_cannot_be_written_to(root: Path) -> None:
    only_as_root()
    subprocess.run(["mount", "--bind", str(root / "content"), str(root / "content")], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(root / "content")], check=True)
        assert differing(built(root), clean_site(root)) == []
    finally:
        subprocess.run(["umount", "-l", str(root / "content")], check=True)


def test_a_cache_that_cannot_be_written_to(root: Path) -> None:
    """It is done without, unless it holds what would then be wrong of this very site."""
    (root / "build/cache").mkdir(parents=True)
    with mounted(root / "build/cache"):
        with read_only(root / "build/cache"):
            made = build(root)
            assert made.returncode == 0
            assert "Read-only file system. Look at its folder" in made.stderr
            assert differing(tree(root / "site"), clean_site(root)) == []
        before = built(root)
        with read_only(root / "build/cache"):
            assert built(root) == before
            edit(root)
            made = build(root)
            assert made.returncode == 1
            assert (
                "cannot be removed: Read-only file system. What it says of the site would no longer be" in made.stderr
            )
            made = build(root, "-d", "elsewhere")
            assert made.returncode == 0
            assert differing(tree(root / "elsewhere"), clean_site(root)) == []
        assert differing(built(root), clean_site(root)) == []


# --- a cache that is not as we left it -----------------------------------------------------------------------------


def _flip(content: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(chance.choice((1, 1, 5))):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


DAMAGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flip,
    lambda content, chance: content[: chance.randrange(len(content))],
    lambda content, chance: content + content[: chance.randrange(len(content))],
    lambda content, chance: chance.randbytes(len(content)),
    lambda content, chance: b"",
)


def damaged_and_built(root: Path, *, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    built(root)
    for number in range(rounds):
        files = list(caches(root))
        for file in files if chance.random() < 0.2 else [chance.choice(files)]:
            if chance.random() < 0.1:
                file.unlink()
            elif content := file.read_bytes():
                file.write_bytes(chance.choice(DAMAGES)(content, chance))
        edit(root)
        assert differing(built(root), clean_site(root)) == [], (seed, number)


def test_a_damaged_cache_is_no_cache(root: Path) -> None:
    damaged_and_built(root, rounds=4, seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 8))
def test_caches_damaged_in_many_ways(root: Path, seed: int) -> None:
    damaged_and_built(root, rounds=60, seed=seed)


@pytest.mark.parametrize("suffix", ["manifest", "snapshot", "pieces"])
def test_each_part_of_the_cache_may_be_missing_or_of_another_time(root: Path, suffix: str) -> None:
    """What was kept of another build of the same site, as where caches of a CI are restored, one by one."""
    built(root)
    (file,) = (root / "build/cache").glob(f"*.{suffix}")
    older = file.read_bytes()
    for _ in range(2):
        edit(root)
        built(root)
    edit(root)
    file.write_bytes(older)
    assert differing(built(root), clean_site(root)) == []
    edit(root)
    file.unlink()
    assert differing(built(root), clean_site(root)) == []


def test_a_community_that_was_moved_with_its_cache(root: Path) -> None:
    built(root)
    shutil.copytree(root, root.parent / "moved")
    edit(root.parent / "moved")
    assert differing(built(root.parent / "moved"), clean_site(root.parent / "moved")) == []
    # what stands there now is another's, with a cache that knows its place
    shutil.rmtree(root / "site")
    shutil.copytree(root.parent / "moved/site", root / "site")
    assert differing(built(root), clean_site(root)) == []


def test_a_cache_of_another_user_is_not_run(root: Path) -> None:
    only_as_root()
    before = built(root)
    os.chown(root / "build/cache", 12345, 12345)
    made = build(root)
    assert made.returncode == 1
    assert (
        "build/cache belongs to another user (number 12345), and what it holds would be run. Remove it" in made.stderr
    )
    assert tree(root / "site") == before
    os.chown(root / "mkdocs.yml", 12345, 12345)  # whose hooks a build would run
    assert built(root) == before


# --- what others put into the site ---------------------------------------------------------------------------------


def _plant(root: Path, outside: Path) -> None:
    """Links out of the site, in place of files and folders of ours and beside them, and files of somebody."""
    site = root / "site"
    (outside / "page").mkdir(parents=True, exist_ok=True)
    for name in ("index.html", "page/index.html", "story-3/index.html"):
        (outside / name).parent.mkdir(exist_ok=True)
        (outside / name).write_text("outside")
    shutil.rmtree(site / "stories/story-1", ignore_errors=True)
    (site / "stories/story-1").symlink_to(outside)
    (site / "stories/story-2/index.html").unlink()
    (site / "stories/story-2/index.html").symlink_to(outside / "index.html")
    (site / "stories/theirs").symlink_to(outside)
    (site / "theirs").symlink_to(outside)
    shutil.rmtree(site / "groups")
    (site / "groups").symlink_to(outside)
    (site / ".keep-members").symlink_to(outside)
    (site / ".keep-nobody").mkdir()
    (site / ".keep-nobody/index.html").write_text("theirs")
    for name in ("theirs.txt", "stories/theirs.txt", "stories/story-4/theirs.txt", "feeds/theirs/deep.txt"):
        (site / name).parent.mkdir(exist_ok=True)
        (site / name).write_text("theirs")
    (site / ".well-known").mkdir(exist_ok=True)
    (site / ".well-known/security.txt").write_text("stays, as MkDocs lets it")


@pytest.mark.parametrize(
    "change", [lambda root: None, edit, lambda root: (root / "content/stories/story-1.md").unlink()]
)
def test_nothing_of_others_stays_and_no_link_is_followed(root: Path, change: Change, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    built(root)
    _plant(root, outside)
    before = tree(outside)
    change(root)
    for _ in range(2):
        found = built(root)
        assert found.pop(".well-known/security.txt")
        assert differing(found, clean_site(root)) == []
    assert tree(outside) == before
    _plant(root, outside)
    for file in caches(root):
        file.unlink()
    found = built(root)
    del found[".well-known/security.txt"]
    assert differing(found, clean_site(root)) == []
    assert tree(outside) == before


def test_the_site_itself_may_be_a_link(root: Path, tmp_path: Path) -> None:
    (tmp_path / "www").mkdir()
    (root / "site").symlink_to(tmp_path / "www")
    for _ in range(2):
        assert differing(built(root), clean_site(root)) == []
        edit(root)
    assert (root / "site").is_symlink()
