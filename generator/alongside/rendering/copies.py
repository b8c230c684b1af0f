"""Authors' pictures and films as they lie in the site: without the place where they were taken; and smaller copies.

Everything else below docs_dir is copied as it is. A picture that still tells a place when it has been cleaned, because
it is broken or of a kind that cannot be cleaned, is left out: a gap on a page is mended in a minute, and an address
that was published never is.

Pages name smaller copies of pictures (`srcset`), so that a phone does not load what a camera took to show a face. Which
there are follows from a picture's own size, so pages are the same whether `alongside images` made them yet or not.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from alongside.source import boxes, pictures

DRAWN = "drawn"  # folder of the site that `alongside images` fills
FACES = (160, 400)  # widths of copies that show a face, in a list and on its page, on screens of twice the density
TEXTS = (400, 800, 1440)  # of those that stand in a text, whose lines are 43em long at most
MOST_PIXELS = 100_000_000  # of a picture that is decoded; a larger one is shown as it is


def is_cleaned(path: str) -> bool:
    """True for a file that is no plain copy in the site, by the end of its name."""
    return _ending(path) in pictures.ENDINGS | boxes.ENDINGS


def write_copy(source: Path, target: Path) -> bool:
    """Copy a picture or film to its place in the site, cleaned. False, and nothing there, where it stays out."""
    if _ending(source.name) in boxes.ENDINGS:
        return _copy_film(source, target)
    if source.stat().st_size > pictures.MOST_BYTES:
        target.unlink(missing_ok=True)
        return False
    content = pictures.without_metadata(source.read_bytes())
    if pictures.tells_place(content):
        target.unlink(missing_ok=True)
        return False
    target.write_bytes(content)
    return True


def copy_widths(size: tuple[int, int]) -> tuple[int, ...]:
    """How wide the copies of a picture of that size are, in pixels: no wider than itself."""
    if size[0] * size[1] > MOST_PIXELS:
        return ()
    return tuple(width for width in sorted({*FACES, *TEXTS}) if width <= size[0])


def copy_path(path: str, width: int) -> str:
    """Where a copy of the picture `path` (below docs_dir) lies in the site."""
    return f"{DRAWN}/{path}.{width}.webp"


def source_set(
    path: str, size: tuple[int, int], copies: Sequence[int], use: Sequence[int], url: Callable[[str], str]
) -> str:
    """The attribute `srcset` (HTML, section 4.8.4.2.1): the copies for one `use`, `FACES` or `TEXTS`.

    The picture itself is among them where it lies between two of them. Empty without copies.
    """
    found = [(url(copy_path(path, width)), width) for width in copies if width in use]
    if found and found[-1][1] < min(size[0], use[-1]):
        found.append((url(path), size[0]))
    return ", ".join([f"{address} {width}w" for address, width in found])


def _copy_film(source: Path, target: Path) -> bool:
    """A film can be large, so it is copied as it is, under a name nobody asks for, and cleaned there."""
    with source.open("rb") as stream:
        if boxes.keeps_place(stream):
            target.unlink(missing_ok=True)
            return False
        told = next(boxes.places(stream), None)
    passing = target.with_name(f".{target.name}.new") if told is not None else target
    shutil.copyfile(source, passing)
    if told is not None:
        with passing.open("r+b") as stream:
            boxes.without_places(stream)
        passing.replace(target)
    return True


def _ending(path: str) -> str:
    return path.rpartition(".")[2].casefold()
