"""Authors' pictures and films as they lie in the site: without the place where they were taken.

Everything else below docs_dir is copied as it is. A picture that still tells a place when it has been cleaned, because
it is broken or of a kind that cannot be cleaned, is left out: a gap on a page is mended in a minute, and an address
that was published never is.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from alongside.source import boxes, pictures


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
