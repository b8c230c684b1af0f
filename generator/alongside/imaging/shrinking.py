"""A picture of an author, smaller.

What is decoded was cleaned before (`source.pictures`) and is no larger than `MOST_PIXELS`, by its own head. Colours of
print or of sixteen bits become those of screens, a picture that lies on its side is turned, transparency stays.
"""

from __future__ import annotations

from typing import Any

from alongside.imaging.engine import vips
from alongside.rendering.copies import MOST_PIXELS

VERSION = 1  # of how copies are made; another one makes all of them anew
QUALITY = 78
_KINDS = ((b"\xff\xd8", "jpegload_buffer"), (b"\x89PNG", "pngload_buffer"), (b"RIFF", "webpload_buffer"))


def shrink(content: bytes, width: int) -> bytes | None:
    """A WebP `width` pixels wide, without metadata; None where `content` cannot be decoded."""
    image = _scaled(content, width, height=_ANY_HEIGHT, size="down")
    if image is None:
        return None
    try:
        made: bytes = image.webpsave_buffer(Q=QUALITY, keep="none", effort=4, smart_subsample=True)
    except vips().Error:  # of the part of it that was not looked at before
        return None
    return made


def decoded(content: bytes, width: int, height: int) -> Any:
    """The middle of a picture, scaled to cover that many pixels, in three bands; None where it cannot be decoded."""
    image = _scaled(content, width, height=height, size="both", crop="centre")
    if image is None:
        return None
    try:
        return (image.flatten(background=[255, 255, 255]) if image.hasalpha() else image).copy_memory()
    except vips().Error:
        return None


_ANY_HEIGHT = 10_000_000  # pixels; the largest a thumbnail may have


def _scaled(content: bytes, width: int, **how: Any) -> Any:
    """What is to be computed, eight bits of sRGB; None for what is of no kind that is decoded here, or too large."""
    library = vips()
    load = next((name for start, name in _KINDS if content.startswith(start)), None)
    if load is None:
        return None
    try:
        head = getattr(library.Image, load)(content)
        if not 0 < int(head.width) * int(head.height) <= MOST_PIXELS:
            return None
        if head.get_typeof("icc-profile-data") or head.interpretation == "cmyk":  # it takes three times as long
            how["export_profile"] = "srgb"
        return library.Image.thumbnail_buffer(content, width, option_string="[fail_on=error]", **how).colourspace(
            "srgb"
        )
    except library.Error:
        return None
