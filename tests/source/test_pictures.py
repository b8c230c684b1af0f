"""Pictures lose what their cameras wrote into them, and nothing else; Pillow looks at both."""

from __future__ import annotations

import io
import random
import struct
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps, PngImagePlugin

from alongside.source.boxes import boxes, keeps_place, places, read_head, without_places
from alongside.source.pictures import picture_size, tells_place, without_metadata

PLACE = struct.pack(">II", 30, 1) + struct.pack(">II", 3, 2)  # minutes and seconds, as `exif` has them
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r exif:GPSLatitude="52,30.1N" by="Ana"/></x:xmpmeta>'


def exif(*, turned: int = 6) -> Image.Exif:
    """What a phone writes: how the picture is turned, the device, and where."""
    made = Image.Exif()
    made[0x0112] = turned
    made[0x010F] = "Camera of Ana"
    made.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 1.5), 3: "E", 4: (13.0, 25.0, 7.5)})
    return made


def picture(mode: str = "RGB", shade: int = 0) -> Image.Image:
    made = Image.linear_gradient("L").resize((40, 24)).convert("RGB").convert(mode)
    made.paste(made.getpixel((20, shade)) or 0, (0, 0, 10, 10))
    return made


def saved(kind: str, image: Image.Image | None = None, **how: Any) -> bytes:
    stream = io.BytesIO()
    (image or picture()).save(stream, kind, **how)
    return stream.getvalue()


def png() -> bytes:
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", "Ana")
    words.add_itxt("XML:com.adobe.xmp", XMP.decode())
    return saved("PNG", pnginfo=words, exif=exif(), icc_profile=PROFILE)


KINDS: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: saved("JPEG", exif=exif(), xmp=XMP, comment=b"by Ana", icc_profile=PROFILE),
    "progressive jpeg": lambda: saved(
        "JPEG", exif=exif(), progressive=True, icc_profile=PROFILE, restart_marker_rows=1
    ),
    "jpeg with a film behind it": lambda: saved("JPEG", exif=exif(), icc_profile=PROFILE) + b"ftyp by Ana",
    "jpeg in print colours": lambda: saved("JPEG", picture("CMYK"), exif=exif(), icc_profile=PROFILE),
    "png": png,
    "webp": lambda: saved("WEBP", exif=exif(), xmp=XMP, icc_profile=PROFILE, lossless=True),
    "moving webp": lambda: saved(
        "WEBP", exif=exif(), xmp=XMP, icc_profile=PROFILE, save_all=True, append_images=[picture(shade=9)], duration=90
    ),
    "moving png": lambda: saved(
        "PNG", exif=exif(), icc_profile=PROFILE, save_all=True, append_images=[picture(shade=9)]
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_picture_stays_and_nothing_is_told(kind: str) -> None:
    before = KINDS[kind]()
    assert tells_place(before)
    after = without_metadata(before)
    assert not tells_place(after)
    assert b"Ana" not in after
    assert without_metadata(after) == after
    with Image.open(io.BytesIO(before)) as old, Image.open(io.BytesIO(after)) as new:
        assert (new.mode, new.size, new.info["icc_profile"]) == (old.mode, old.size, PROFILE)
        assert dict(new.getexif()) == {0x0112: 6}  # a picture held upright stays upright
        assert ImageOps.exif_transpose(new).size == (24, 40)
        assert picture_size(after) == ((24, 40) if "jpeg" in kind else (40, 24))
        assert getattr(new, "n_frames", 1) == getattr(old, "n_frames", 1)
        for frame in range(getattr(old, "n_frames", 1)):
            old.seek(frame)
            new.seek(frame)
            assert new.tobytes() == old.tobytes()


def moving_gif() -> bytes:
    """Two pictures, shown for ever, with what programs write into one: words, XMP (part 3, section 1.1.2), a profile."""
    made = saved("GIF", save_all=True, append_images=[picture("P", shade=9)], duration=90, loop=0, comment=b"by Ana")
    start = 13 + (3 << (made[10] & 7) + 1)
    magic = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
    profile = b"\x21\xff\x0bICCRGBG1012" + bytes((len(PROFILE[:200]),)) + PROFILE[:200] + b"\0"
    return made[:start] + b"\x21\xff\x0bXMP DataXMP" + XMP + magic + profile + made[start:]


def test_a_gif_moves_on_and_tells_nothing() -> None:
    before = moving_gif()
    assert tells_place(before)
    after = without_metadata(before)
    assert not tells_place(after)
    assert b"Ana" not in after
    assert b"ICCRGBG1012" in after
    assert without_metadata(after) == after
    with Image.open(io.BytesIO(before)) as old, Image.open(io.BytesIO(after)) as new:
        assert (new.size, new.info["loop"], new.n_frames) == (old.size, 0, 2)  # type: ignore[attr-defined]
        for frame in range(2):
            old.seek(frame)
            new.seek(frame)
            assert (new.tobytes(), new.info["duration"]) == (old.tobytes(), 90)


@pytest.mark.parametrize("kept", [6, 11, 13, 700, 900, 1300, -30, -1])
def test_a_gif_that_is_cut_tells_nothing_either(kept: int) -> None:
    after = without_metadata(moving_gif()[:kept])
    assert not tells_place(after)
    assert b"Ana" not in after
    assert without_metadata(after) == after


def test_what_has_nothing_to_tell_is_left_as_it_is() -> None:
    for content in (saved("JPEG"), saved("PNG"), saved("WEBP"), saved("GIF"), b"", b"PNG", b"<svg/>"):
        assert without_metadata(content) == content
        assert not tells_place(content)
    lossy = [saved("WEBP", quality=80), saved("WEBP", lossless=True), saved("GIF"), saved("PNG"), saved("JPEG")]
    assert {picture_size(content) for content in lossy} == {(40, 24)}
    assert picture_size(b"<svg/>") is None
    upright = without_metadata(saved("JPEG", exif=exif(turned=1)))
    assert b"Exif" not in upright


def test_what_cannot_be_cleaned_still_tells() -> None:
    heic = b"\0\0\0\x18ftypheic" + bytes(12) + exif().tobytes()  # as it stands in that kind, too
    no_pictures = [b"\0" + KINDS[kind]() for kind in ("jpeg", "png", "webp")]  # which nobody could see
    for content in (heic, exif().tobytes().removeprefix(b"Exif\0\0"), *no_pictures):
        assert tells_place(without_metadata(content))


@pytest.mark.parametrize("kind", ["jpeg", "progressive jpeg", "png", "webp"])
def test_what_is_there_of_a_cut_picture_is_shown_and_tells_nothing(kind: str) -> None:
    whole = KINDS[kind]()
    for length in range(20, len(whole), 17):
        after = without_metadata(whole[:length])
        assert PLACE not in after
        assert b"Ana" not in after
        assert not tells_place(after)
        assert without_metadata(after) == after
    assert len(without_metadata(whole[:-30])) > 500 if "jpeg" in kind else True


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "moving webp"])  # of which Pillow makes many
def test_one_damaged_byte_gives_no_place_away_and_no_other_picture(kind: str) -> None:
    chance = random.Random(kind)
    whole = KINDS[kind]()
    for _ in range(60):
        damaged = bytearray(whole)
        at = chance.choice((chance.randrange(len(whole)), chance.randrange(60), whole.find(b"Exif") % len(whole)))
        damaged[at] ^= 1 << chance.randrange(8)
        after = without_metadata(bytes(damaged))
        if tells_place(after):
            continue  # it is left out
        assert PLACE not in after
        assert b"GPSL" not in after
        before, cleaned = pixels(bytes(damaged)), pixels(after)
        assert before is None or cleaned == before


def test_small_copies_within_are_left_out() -> None:
    jpeg = saved("JPEG")
    copied = jpeg[:4] + struct.pack(">H", 16 + 3) + jpeg[6:18] + b"\1\1" + b"\xab\xcd\xef" + jpeg[20:]
    assert jpeg[2:4] == b"\xff\xe0"
    assert without_metadata(copied) == jpeg


def pixels(content: bytes) -> bytes | None:
    """A picture decoded; None for what cannot be."""
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(content)) as image:
            image.load()
            return bytes(image.tobytes())
    except (OSError, SyntaxError, ValueError):
        return None


@given(
    st.sampled_from([*sorted(KINDS), "moving gif"]),
    st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), max_size=6),
)
def test_broken_files_raise_nothing(kind: str, changes: list[tuple[int, int]]) -> None:
    content = bytearray(KINDS.get(kind, moving_gif)())
    for at, octet in changes:
        content[at % len(content)] = octet
    tells_place(without_metadata(bytes(content)))
    picture_size(bytes(content))


def box(kind: bytes, *held: bytes) -> bytes:
    content = b"".join(held)
    return struct.pack(">I4s", 8 + len(content), kind) + content


PLACED = b"+52.5125+013.4200/"


WORDS = [
    box(b"udta", box(b"\xa9xyz", b"\0\x12\x15\xc7" + PLACED)),
    box(b"meta", b"com.apple.quicktime.location.ISO6709", PLACED),
    box(b"uuid", bytes(16), b"<x exif:GPSLatitude='", PLACED, b"'/>"),
    struct.pack(">I4sQ", 1, b"udta", 16 + 8 + len(PLACED)) + b"\xa9xyz\0\x12\x15\xc7" + PLACED,  # a long length
]
TRACK = box(b"trak", box(b"tkhd", bytes(84)), box(b"udta", box(b"loci", PLACED)))


@pytest.mark.parametrize(
    ("inside", "beside"), [*((words, b"") for words in (*WORDS, TRACK)), *((b"", words) for words in WORDS)]
)
def test_films_do_not_say_where_they_were_made(inside: bytes, beside: bytes) -> None:
    title = box(b"udta", box(b"\xa9nam", b"A talk"))
    movie = box(b"moov", box(b"mvhd", bytes(96)), inside, title)
    film = box(b"ftyp", b"isom") + beside + movie + box(b"mdat", b"film")
    stream = io.BytesIO(film)
    without_places(stream)
    cleaned = stream.getvalue()
    assert len(cleaned) == len(film)  # what is played stands where it stood
    assert not keeps_place(io.BytesIO(film))
    assert PLACED not in cleaned
    assert b"A talk" in cleaned
    assert cleaned.endswith(b"film")
    assert not list(places(stream))
    assert [one.kind for one in boxes(stream, 0, len(film))][-1] == b"mdat"


def test_a_cut_film_does_not_say_it_either() -> None:
    film = box(b"ftyp", b"isom") + box(b"moov", box(b"udta", box(b"\xa9xyz", PLACED), bytes(40)))
    for length in range(len(film) - 50, len(film)):
        stream = io.BytesIO(film[:length])
        without_places(stream)
        assert PLACED not in stream.getvalue()


@pytest.mark.parametrize("kind", [b"gpmd", b"camm"])
def test_a_film_with_a_track_of_places_is_known(kind: bytes) -> None:
    described = box(b"mdia", box(b"minf", box(b"stbl", box(b"stsd", bytes(8), box(kind, bytes(8))))))
    film = (
        box(b"ftyp", b"isom") + box(b"moov", box(b"trak", box(b"tkhd", bytes(84)), described)) + box(b"mdat", b"film")
    )
    assert keeps_place(io.BytesIO(film))
    assert not keeps_place(io.BytesIO(film.replace(kind, b"avc1")))


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255)), max_size=8))
def test_broken_films_raise_nothing(changes: list[tuple[int, int]]) -> None:
    film = bytearray(
        box(b"ftyp", b"isom") + box(b"moov", box(b"mvhd", bytes(96)), TRACK, *WORDS) + box(b"mdat", b"film")
    )
    for at, octet in changes:
        film[at % len(film)] = octet
    stream = io.BytesIO(bytes(film))
    keeps = keeps_place(stream)
    without_places(stream)
    assert len(stream.getvalue()) == len(film)
    assert keeps or PLACED not in stream.getvalue()  # what keeps one is left out
    read_head(stream)
