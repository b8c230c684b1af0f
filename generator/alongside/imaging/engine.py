"""libvips (the extra `images`), which decodes, scales and encodes pictures, and through Pango sets text in any script.

It is loaded in the process that draws and nowhere else: not for `--help`, not where nothing is to be drawn, and not
before a fork, which its threads would not outlive. The fonts are those of the extra and no others, so the same words
give the same picture on every machine. They are the Noto fonts (SIL Open Font License 1.1): a serif for Latin, Greek
and Cyrillic, a sans for these and for most scripts that are written today, Chinese, Japanese and Korean with the
shapes of each, and emoji as lines.
"""

from __future__ import annotations

import logging
import os
import sys
from functools import cache
from html import escape
from importlib import metadata
from pathlib import Path
from typing import Any

from alongside.problems import AlongsideError
from alongside.rendering.artifacts import write_file

_LIBRARY = ("pyvips", "pyvips-binary")
_FONTS = ("fontpkg-noto-serif", "manimgx-fonts", "manimgx-fonts-cjk")
_CONFIGURATION = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>{folders}<cachedir>{cache}</cachedir></fontconfig>
"""


def versions() -> tuple[str, ...]:
    """Names and versions of all that shapes a picture besides our own code. Raises `AlongsideError` without them."""
    try:
        return tuple(f"{name} {metadata.version(name)}" for name in (*_LIBRARY, *_FONTS))
    except metadata.PackageNotFoundError as error:
        raise AlongsideError(
            f"{error.name} is not installed, which draws the pictures.", hint='pip install "alongside[images]"'
        ) from error


def prepare(folder: Path) -> None:
    """Write down below `folder`, in the cache, where the fonts are; for the processes that draw."""
    folders = sorted({str(Path(str(file.locate())).parent) for name in _FONTS for file in _font_files(name)})
    text = _CONFIGURATION.format(
        folders="".join(f"<dir>{escape(found)}</dir>" for found in folders), cache=escape(str(folder / "fonts"))
    )
    write_file(folder / "fonts.conf", text.encode())
    (folder / "fonts").mkdir(exist_ok=True)  # of processes that make it at once, one says that it cannot be written to
    os.environ["FONTCONFIG_FILE"] = str(folder / "fonts.conf")
    os.environ["VIPS_CONCURRENCY"] = "1"  # there is a process a core already


@cache
def vips() -> Any:
    """The library. `prepare` was called in this process, or in the one it was forked from."""
    import pyvips

    logging.getLogger("pyvips").setLevel(logging.CRITICAL)  # what matters of a broken picture is told as an exception
    pyvips.cache_set_max(0)  # no operation comes twice
    pyvips.block_untrusted_set(True)  # what was fuzzed stays: JPEG, PNG, WebP and drawings of our own
    return pyvips


def is_loaded() -> bool:
    """True where a fork of this process would have the library's locks and none of its threads, and wait for ever."""
    return "pyvips" in sys.modules


def _font_files(name: str) -> list[metadata.PackagePath]:
    """A package's fonts, found without running anything of it."""
    files = metadata.files(name) or []
    return [file for file in files if file.suffix in (".ttf", ".otf", ".ttc")]
