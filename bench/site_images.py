"""Rows of area site: what `alongside images` costs beside satori with resvg, and what smaller copies save.

Both draw a picture for every story, of the same size and with the same words. Ours also has one for every person and
challenge, and knows scripts other than Latin; the peer has one core, so CPU seconds a picture are compared. It comes
from npm. Photos are generated: soft shapes with the grain of a camera, as JPEG of three megapixels.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image, ImageFilter

from bench.communities import challenges, community_files, members, stories
from bench.harness import BenchError, Figure, Run, run

NOW = "2026-11-23T09:00Z"
ALONGSIDE = [sys.executable, "-c", "from alongside.cli import main; main()"]
SOURCE = Path(__file__).parent / "satori"
PHOTOS = 40
PEER = 100  # pictures of the peer; as many as show what one takes


def image_figures(folder: Path, size: int, installed: Callable[[str], bool]) -> Iterator[Figure]:
    """The step at `size` stories, below `folder`: cold, once more after a build, after one edit; beside its peer.

    `installed`: has the packages of a peer from npm in `build/`, or says that it cannot.
    """
    root = folder / "images"
    _write(root, size)
    _command(root, "build")
    first = _command(root, "images")
    drawn = _number(first, r"(\d+) pictures? for links")
    _command(root, "build")
    again = _command(root, "images")
    if "0 made, 0 removed" not in again.output:
        raise BenchError(f"the same pictures were made again: {again.output}")
    base = again.cpu_seconds
    each = (first.cpu_seconds - base) / drawn
    print(
        f"# {size} stories, images: {drawn} drawn in {first.seconds:.1f} s on the wall, {1000 * each:.1f} CPU ms each; "
        f"again {again.seconds:.2f} s",
        flush=True,
    )
    yield Figure(name=f"{size} stories, 1,000 pictures drawn", value=1000 * each, goal=20, unit=" CPU s")
    yield Figure(
        name=f"{size} stories, pictures, nothing changed / the first", value=base / first.cpu_seconds, goal=0.1
    )
    yield Figure(name=f"{size} stories, pictures, peak memory", value=first.peak_mb, goal=400, unit=" MB")
    _check(root, size)
    peer = _peer(root, size, installed)
    if peer is not None:
        yield Figure(name=f"{size} stories, one picture / satori and resvg", value=each / peer, goal=0.5)


def copy_figures(folder: Path) -> Iterator[Figure]:
    """What a page of faces loads with copies, against the photos themselves; and what making them takes."""
    root = folder / "copies"
    _write(root, 10 * PHOTOS)
    people = [member.slug for member in members(PHOTOS)]
    for number, slug in enumerate(people):
        path = root / "content/members" / f"{slug}.md"
        path.write_text(path.read_text().replace("name:", f"photo: {slug}.jpg\nname:", 1))
        photo(number).save(path.with_suffix(".jpg"), quality=90)
    _command(root, "build")
    made = _command(root, "images")
    copies = _number(made, r"(\d+) smaller copies")
    if copies != 2 * PHOTOS:
        raise BenchError(f"{copies} copies of {PHOTOS} photos")
    site = root / "site"
    whole = sum((site / "members" / f"{slug}.jpg").stat().st_size for slug in people)
    for width in (160, 400):
        small = sum((site / "drawn/members" / f"{slug}.jpg.{width}.webp").stat().st_size for slug in people)
        print(f"# faces {width} pixels wide: {small / len(people) / 1e3:.1f} kB of {whole / len(people) / 1e3:.0f}")
        yield Figure(name=f"bytes of a face, {width} pixels wide / its photo", value=small / whole, goal=0.05)
    print(f"# {copies} copies, and their cards: {made.cpu_seconds:.1f} CPU s", flush=True)


def photo(number: int) -> Image.Image:
    """Soft shapes with grain; another one for each number."""
    soft = Image.effect_mandelbrot((200, 150), (-2.0 + number / 90, -1.3, 1.0, 1.1), 90)
    wide = soft.resize((2000, 1500), Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(3))
    grain = Image.effect_noise((2000, 1500), 14)
    mixed = Image.blend(wide, grain, 0.25)
    return Image.merge("RGB", (mixed, mixed.rotate(2), mixed.point(lambda value: 255 - value // 2)))


def _write(root: Path, size: int) -> None:
    for folder in ("site", "build", "content"):
        shutil.rmtree(root / folder, ignore_errors=True)
    for path, text in community_files(size):
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        on = text.replace("alongside:\n", "alongside:\n      images: true\n", 1) if path == "mkdocs.yml" else text
        target.write_text(on)


def _command(root: Path, name: str) -> Run:
    return run([*ALONGSIDE, name, "--now", NOW], cwd=root)


def _number(told: Run, pattern: str) -> int:
    found = re.search(pattern, told.output)
    if found is None:
        raise BenchError(f"{pattern} is not in: {told.output}")
    return int(found[1])


def _check(root: Path, size: int) -> None:
    pictures = list((root / "site/drawn/stories").glob("*.jpg"))
    if len(pictures) != size:
        raise BenchError(f"{len(pictures)} pictures of {size} stories")
    with Image.open(pictures[0]) as one:
        if one.size != (1200, 630):
            raise BenchError(f"{pictures[0]} is {one.size}")


def _peer(root: Path, size: int, installed: Callable[[str], bool]) -> float | None:
    """CPU seconds of a picture of the peer; None where it cannot be had."""
    if shutil.which("npm") is None or not installed("satori"):
        print("# satori: not measured, it cannot be had from npm")
        return None
    titles, people = challenges(), {member.slug: member for member in members(max(1, size // 10))}
    cards = [
        {
            "title": story.title,
            "above": titles[story.challenges[0]],
            "name": people[story.member].name,
            "place": people[story.member].place,
            "site": "Generated",
            "initials": "".join(part[0] for part in people[story.member].name.split()),
            "hue": "#8c3a24",
        }
        for story in stories(min(PEER, size))
    ]
    packages = SOURCE.parent.parent / "build" / "npm-satori"
    shutil.copy(SOURCE / "cards.mjs", packages)
    times = []
    for part in (cards[:1], cards):
        (root / "cards.json").write_text(json.dumps(part))
        times.append(run(["node", str(packages / "cards.mjs"), "cards.json", "peer"], cwd=root).cpu_seconds)
    made = len(list((root / "peer").glob("*.png")))
    if made != len(cards):
        raise BenchError(f"the peer drew {made} of {len(cards)}")
    version = subprocess.run(
        ["node", "-p", "require('satori/package.json').version"], cwd=packages, capture_output=True, text=True
    ).stdout.strip()
    each = (times[1] - times[0]) / (len(cards) - 1)
    print(f"# satori {version} and resvg: {1000 * each:.1f} CPU ms a picture", flush=True)
    return each
