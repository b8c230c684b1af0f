"""Smaller copies of what people upload; Pillow makes the pictures, and looks at the copies."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image, ImageCms

from alongside.imaging.shrinking import decoded, shrink
from alongside.source.pictures import picture_size


def saved(image: Image.Image, kind: str, **how: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **how)
    return stream.getvalue()


def shades(size: tuple[int, int] = (640, 320)) -> Image.Image:
    """Dark above, light below, blue in a corner."""
    made = Image.linear_gradient("L").resize(size).convert("RGB")
    made.paste((10, 20, 230), (0, 0, size[0] // 4, size[1] // 4))
    return made


def shrunk(content: bytes, width: int = 160) -> Image.Image:
    made = shrink(content, width)
    assert made is not None
    image = Image.open(io.BytesIO(made))
    assert image.format == "WEBP"
    assert not image.getexif()
    assert not {"exif", "xmp", "icc_profile"} & set(image.info)
    whole = picture_size(content)
    assert whole is not None
    assert image.size == (width, round(width * whole[1] / whole[0]))
    return image


def test_a_photo_is_turned_upright() -> None:
    made = Image.Exif()
    made[0x0112] = 6
    turned = shades().transpose(Image.Transpose.ROTATE_90)  # as a camera held upright writes it
    image = shrunk(saved(turned, "JPEG", exif=made, quality=95))
    assert image.size == (160, 80)
    corner = image.getpixel((10, 8))
    assert isinstance(corner, tuple)
    assert corner[2] > 180


KINDS: dict[str, bytes] = {
    "jpeg": saved(shades(), "JPEG"),
    "progressive": saved(shades(), "JPEG", progressive=True),
    "grey": saved(shades().convert("L"), "JPEG"),
    "print colours": saved(shades().convert("CMYK"), "JPEG"),
    "png": saved(shades(), "PNG"),
    "palette": saved(shades().convert("P"), "PNG"),
    "one bit": saved(shades().convert("1"), "PNG"),
    "sixteen bits": saved(shades().convert("L").convert("I;16").point(lambda value: value * 257), "PNG"),
    "webp": saved(shades(), "WEBP"),
    "profile": saved(shades(), "JPEG", icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()),
}


@pytest.mark.parametrize("kind", KINDS)
def test_colours_stay_what_they_are(kind: str) -> None:
    image = shrunk(KINDS[kind]).convert("L")
    light, dark = image.getpixel((120, 75)), image.getpixel((120, 5))
    assert isinstance(light, int | float)
    assert isinstance(dark, int | float)
    assert light > 200
    assert dark < 60
    photo = decoded(KINDS[kind], 90, 110)
    assert (photo.width, photo.height, photo.bands, photo.format) == (90, 110, 3, "uchar")


def test_what_is_transparent_stays_so() -> None:
    clear = shades().convert("RGBA")
    clear.putalpha(Image.new("L", clear.size, 0))
    image = shrunk(saved(clear, "PNG"))
    assert image.getchannel("A").getextrema() == (0, 0)


def bomb() -> bytes:
    """A PNG that says it has 40,000 times 40,000 pixels, all of one colour: some kilobytes, and 5 GB when decoded."""

    def chunk(kind: bytes, held: bytes) -> bytes:
        return struct.pack(">I", len(held)) + kind + held + struct.pack(">I", zlib.crc32(kind + held))

    head = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"JPEG of Ana",
        KINDS["jpeg"][:1500],
        KINDS["png"][:300],
        KINDS["webp"][:300],
        bomb(),
        saved(shades(), "GIF"),
        saved(shades(), "TIFF"),
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="file:///etc/passwd"/></svg>',
    ],
    ids=["nothing", "text", "cut jpeg", "cut png", "cut webp", "bomb", "gif", "tiff", "svg"],
)
def test_what_cannot_be_decoded_is_none(content: bytes) -> None:
    assert shrink(content, 160) is None
    assert decoded(content, 90, 110) is None
