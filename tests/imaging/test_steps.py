"""`alongside images` beside a site that is built: what is drawn, what is kept, what goes; and the pages that name it."""

from __future__ import annotations

import io
import re
import shutil
import signal
import time
from html import unescape
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from PIL import Image

from alongside.imaging import engine
from alongside.imaging.steps import make_images
from alongside.problems import AlongsideError
from alongside.rendering.artifacts import Tree
from built_community import clean_site, differing
from commands import Command, run_command
from conftest import CONFIG, NOW, WriteCommunity
from made_once import made_once
from rendered_site import make_site
from test_build import tree

AT = f"{NOW:%Y-%m-%dT%H:%MZ}"


def photo(colour: str, kind: str = "JPEG", size: tuple[int, int] = (900, 600)) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, colour).save(stream, kind)
    return stream.getvalue()


MEMBER = "---\nname: {0}\nphoto: {1}\nplace: Recife, Brazil\nlanguages: [en]\n{2}\n---\nHi.\n\n## Welcome\n\nHello.\n"
CONSENT = "consent: {since: 2026-01-01, for: [page, embed, mail]}"
STORY = "---\ntitle: {}\nmembers: [{}]\ndate: 2026-05-04\nchallenges: [first-talk]\n---\nIt began. {}\n"
FILES: dict[str, str | bytes] = {
    "mkdocs.yml": CONFIG.replace("  - alongside:\n", "  - alongside:\n      images: true\n"),
    "content/index.md": "# Home\n",
    "content/challenges.yml": "first-talk: {title: Giving a first talk}\n",
    "content/members/ana.md": MEMBER.format("Ana Souza", "ana.jpg", CONSENT),
    "content/members/ana.jpg": photo("#c04020"),
    "content/members/ben.md": MEMBER.format("Ben", "ben.png", CONSENT),
    "content/members/ben.png": photo("#2040c0", "PNG", (120, 120)),
    "content/stories/one.md": STORY.format("One", "ana", "![A desk](desk.webp) ![It turns](turning.gif)"),
    "content/stories/two.md": STORY.format("كتبتُها بالعربية", "ben", "![Over there](https://example.com/x.jpg)"),
    "content/stories/desk.webp": photo("#208040", "WEBP", (1000, 500)),
    "content/stories/turning.gif": photo("#208040", "GIF", (1000, 500)),
    "content/stories/unused.png": photo("#208040", "PNG", (1000, 500)),
    "content/groups/docs.md": "---\nname: Docs Recife\nkind: chapter\nplace: Recife, Brazil\n---\nWe meet.\n",
    "content/meetups/talk.md": "---\ntitle: A talk\ngroup: docs\nstarts: 2026-12-03 18:30\nplace: Recife, Brazil\n"
    "---\nCome.\n",
}
DRAWN = {
    *(f"drawn/stories/{name}" for name in ("one.jpg", "two.jpg", "desk.webp.400.webp", "desk.webp.800.webp")),
    *(f"drawn/members/{name}" for name in ("ana.jpg", "ben.jpg", "ana.jpg.160.webp", "ana.jpg.400.webp")),
    *("drawn/site.jpg", "drawn/groups/docs.jpg", "drawn/meetups/talk.jpg", "drawn/challenges/first-talk.jpg"),
}


@pytest.fixture
def root(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    """The community, built: as a build elsewhere left it, whose cache knows nothing of this folder."""
    folder = tmp_path / "community"
    shutil.copytree(made_once(tmp_path_factory, "pictured", _write_and_build), folder)
    return folder


def _write_and_build(folder: Path) -> None:
    for path, text in FILES.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text if isinstance(text, bytes) else text.encode())
    build(folder)


def build(root: Path) -> None:
    made = run_command("build", "--now", AT, "--strict", cwd=root)
    assert made.returncode == 0, made.stderr
    assert made.stderr == "Next: alongside images. Until then pages name pictures that are not there.\n"


def images(root: Path, *options: str, **how: Any) -> CompletedProcess[str]:
    made = run_command("images", "--now", AT, *options, cwd=root, **how)
    assert "Traceback" not in made.stderr, made.stderr
    return made


def drawn(root: Path) -> dict[str, bytes]:
    site = root / "site"
    return {
        path.relative_to(site).as_posix(): path.read_bytes() for path in (site / "drawn").rglob("*") if path.is_file()
    }


def kept(root: Path) -> list[Path]:
    return [path for path in (root / "build/cache").glob("images-*/*") if path.is_file()]


def named(root: Path) -> set[str]:
    """Every picture that a page names, by its path in the site; those of others left out."""
    found = set()
    for page in (root / "site").rglob("index.html"):
        assert page.read_text().count('property="og:image"') == ("/embed/" not in str(page)), page
        base = f"https://community.example.org/{page.parent.relative_to(root / 'site').as_posix()}/"
        text = page.read_text()
        addresses = re.findall(r'property="og:image" content="([^"]*)"', text)
        for srcset in re.findall(r'srcset="([^"]*)"', text):
            addresses += [candidate.split()[0] for candidate in srcset.split(", ")]
        found |= {unquote(urlsplit(urljoin(base, unescape(address))).path.lstrip("/")) for address in addresses}
    return found


def test_what_pages_name_is_drawn_and_nothing_else(root: Path) -> None:
    told = images(root)
    assert told.returncode == 0, told.stderr
    assert re.match(r"8 pictures for links, 4 smaller copies, \d\.\d MB: 12 made, 0 removed; ", told.stdout)
    files = drawn(root)
    assert files.keys() == DRAWN
    there = {path for path in named(root) if (root / "site" / path).is_file()}
    assert there == named(root) >= DRAWN
    for path, content in files.items():
        with Image.open(io.BytesIO(content)) as image:
            width = int(path.split(".")[-2]) if path.endswith(".webp") else 1200
            assert (image.width, image.format) == (width, "WEBP" if path.endswith(".webp") else "JPEG")
    # what stays is not made again, also after a build that emptied the folder, and under another --now
    before = {path: (root / "site" / path).stat().st_mtime_ns for path in files}
    assert "0 made, 0 removed" in images(root).stdout
    build(root)
    assert "0 made, 0 removed" in images(root, "--now", "2026-12-24T09:00Z").stdout
    assert drawn(root) == files
    assert {path: (root / "site" / path).stat().st_mtime_ns for path in files} == before


def test_only_what_changed_is_made_and_what_nobody_needs_goes(root: Path) -> None:
    images(root)
    before = drawn(root)
    story = root / "content/stories/one.md"
    story.write_text(story.read_text().replace("title: One", "title: Another"))
    (root / "content/stories/two.md").unlink()
    build(root)
    assert "1 made, 2 removed" in images(root).stdout
    after = drawn(root)
    assert {path for path in before if after.get(path) != before[path]} == {
        "drawn/stories/one.jpg",
        "drawn/stories/two.jpg",
    }
    # another photo under the same name, as old as the one before
    path = root / "content/members/ana.jpg"
    stamp = path.stat().st_mtime_ns
    path.write_bytes(photo("#40c020", size=(1100, 900)))
    build(root)
    assert "4 made, 4 removed" in images(root).stdout  # two cards, two copies
    assert stamp != path.stat().st_mtime_ns
    # one that is too small for copies: each page that named them is another one
    path.write_bytes(photo("#40c020", size=(90, 90)))
    build(root)
    assert "2 made, 4 removed" in images(root).stdout
    incremental = {path: content for path, content in tree(root / "site").items() if not path.startswith("drawn/")}
    assert differing(incremental, clean_site(root)) == []
    assert len(kept(root)) == len(drawn(root)) == 9


def test_who_takes_their_consent_back_is_on_no_picture(root: Path) -> None:
    images(root)
    named_before = address_of_picture(root)
    person = root / "content/members/ana.md"
    person.write_text(person.read_text().replace("page, embed, mail", "mail"))
    build(root)
    assert drawn(root) == {}  # not even before the step
    assert "1 made, 4 removed" in images(root).stdout
    assert {path for path in drawn(root) if "ana" in path} == set()
    assert len(kept(root)) == len(drawn(root)) == 9
    assert address_of_picture(root) != named_before  # chats keep a picture by its address
    with Image.open(io.BytesIO(drawn(root)["drawn/stories/one.jpg"])) as image:
        red, green, _ = image.convert("RGB").getpixel((1000, 300))  # type: ignore[misc]
        assert not red > 150 > green  # as her photo is


def address_of_picture(root: Path) -> str:
    found = re.search(r'og:image" content="([^"]*)"', (root / "site/stories/one/index.html").read_text())
    assert found is not None
    return found[1]


def test_the_same_files_give_the_same_pictures(root: Path, write_community: WriteCommunity) -> None:
    images(root)
    other = write_community(FILES, name="elsewhere").parent
    build(other)
    images(other)
    assert drawn(other) == drawn(root)


def test_a_picture_that_cannot_be_decoded_is_shown_as_it_is(write_community: WriteCommunity) -> None:
    broken = photo("#c04020")[:400]
    root = write_community({**FILES, "content/members/ana.jpg": broken}).parent
    build(root)
    for _ in range(2):
        told = images(root)
        assert told.returncode == 0
        assert told.stderr == (
            "members/ana.jpg cannot be decoded: pages show it as it is. Save it anew as JPEG, PNG or WebP.\n"
        )
    assert drawn(root)["drawn/members/ana.jpg.160.webp"] == (root / "site/members/ana.jpg").read_bytes()
    with Image.open(io.BytesIO(drawn(root)["drawn/members/ana.jpg"])) as image:
        assert image.size == (1200, 630)  # with her initials


def test_a_run_that_was_killed_or_found_no_room_is_gone_on_with(root: Path) -> None:
    told = images(root, largest_file=4000)  # octets; a picture for a chat has more
    assert told.returncode == 1
    assert "build/cache cannot be read or written: File too large." in told.stderr
    assert not (root / "site/drawn").exists()
    running = Command("images", "--now", AT, cwd=root)
    deadline = time.monotonic() + 60
    while not [path for path in kept(root) if path.suffix == ".jpg"] and time.monotonic() < deadline:
        time.sleep(0.002)
    running.send_signal(signal.SIGKILL)
    running.wait()
    (kept(root)[0].parent / "half.jpg.123-abc.new").write_bytes(b"half")
    assert images(root).returncode == 0
    assert drawn(root).keys() == DRAWN
    assert len(kept(root)) == len(DRAWN)


def test_one_at_a_time(root: Path) -> None:
    tree = Tree(root / "site", root / "build/cache")
    tree.lock()
    try:
        told = images(root)
    finally:
        tree.unlock()
    assert (told.returncode, told.stdout) == (1, "")
    assert "Another build is writing to" in told.stderr
    assert images(root).returncode == 0


def test_on_all_cores_it_is_the_same(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(40):
        (root / f"content/stories/more-{number}.md").write_text(STORY.format(f"More {number}", "ana", ""))
    build(root)
    assert "48 pictures for links, 4 smaller copies" in images(root).stdout
    before = drawn(root)
    shutil.rmtree(root / "build/cache")
    reports: list[tuple[int, int]] = []
    monkeypatch.setattr("alongside.imaging.steps.how_many", lambda jobs, least: 1)
    monkeypatch.setattr("alongside.imaging.steps._WAVE", 20)
    done = make_images(
        _site(root), root / "site", root / "build/cache", progress=lambda done, of: reports.append((done, of))
    )
    assert (done.cards, done.copies, done.fresh) == (48, 4, 52)
    assert reports == [(20, 52), (40, 52), (52, 52)]
    assert drawn(root) == before


def _site(root: Path) -> Any:
    from alongside.build import list_jobs

    site = make_site(root / "mkdocs.yml")
    list_jobs(site)
    return site


def test_what_cannot_be_done_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = images(root, "--site-dir", "nowhere")
    assert told.returncode == 1
    assert "nowhere has no stories/one/: it is not the site of these files. First: alongside build" in told.stderr
    assert not (root / "nowhere").exists()
    monkeypatch.setattr(engine, "_LIBRARY", ("no-such-library",))
    with pytest.raises(AlongsideError, match=r'no-such-library is not installed.* pip install "alongside\[images\]"'):
        make_images(_site(root), root / "site", root / "build/cache")
    (root / "content/drawn").mkdir()
    (root / "content/drawn/own.txt").write_text("Ours")
    assert "drawn/own.txt lies where pictures are drawn." in images(root).stderr
    (root / "mkdocs.yml").write_text(CONFIG)
    assert 'Add "images: true" to the plugin\'s settings, and build first.' in images(root).stderr


def test_links_are_not_followed_out_of_the_site(root: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/one.jpg").write_bytes(b"not ours")
    (root / "site/drawn").symlink_to(tmp_path / "outside")
    assert images(root).returncode == 0
    assert drawn(root).keys() == DRAWN
    assert (tmp_path / "outside/one.jpg").read_bytes() == b"not ours"
    (root / "site/drawn/stories/one.jpg").unlink()
    (root / "site/drawn/stories/one.jpg").symlink_to(tmp_path / "outside/one.jpg")
    images(root)
    assert (tmp_path / "outside/one.jpg").read_bytes() == b"not ours"


def test_without_an_address_there_are_copies_alone(write_community: WriteCommunity) -> None:
    config = str(FILES["mkdocs.yml"]).replace("site_url: https://community.example.org/\n", "")
    root = write_community({**FILES, "mkdocs.yml": config}).parent
    build(root)
    told = images(root)
    assert told.returncode == 0
    assert drawn(root).keys() == {path for path in DRAWN if path.endswith(".webp")}
    assert "without site_url none is drawn" in told.stderr
    assert "og:image" not in (root / "site/stories/one/index.html").read_text()
