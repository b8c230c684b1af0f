"""Pictures without what a camera or program wrote into them: the place and hour, the device, names, small copies.

A photo from a phone says where it was taken, often to a few metres, and whoever saves it from a page can read that.
Nothing is decoded here: a file is a row of parts, those with the picture are kept byte for byte, the others left out.
So it costs no quality and little time, and a picture that would be enormous when decoded stays small. The way up
(EXIF orientation) and the colour profile are kept, since without them a picture looks wrong.

JPEG: ITU T.81, annex B, and EXIF 3.0; PNG: W3C, third edition; WebP: RFC 9649; GIF: version 89a, W3C's copy.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator

# ends of names of pictures that can hold a place; those of the second line are no kinds that are cleaned
ENDINGS = frozenset((
    "jpg", "jpeg", "jpe", "jfif", "png", "apng", "webp", "gif",
    "avif", "heic", "heif", "tif", "tiff",
))  # fmt: skip
MOST_BYTES = 100_000_000  # of a picture that is looked at; no page can show a larger one
_EXIF = b"Exif\0\0"
_TIFF = re.compile(rb"II\*\0|MM\0\*")
_SIGNS = re.compile(rb"Exif\0|eXIf|EXIF|II\*\0|MM\0\*|adobe:ns:meta|ns\.adobe\.com|8BIM")
_PLACE_IN_XMP = re.compile(rb"GPS(?:Latitude|Longitude|Position)")
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")  # not the zero after a stuffed FF, nor a restart
_NEXT_MARKER = re.compile(rb"\xff(?=[\x01-\xfe])")  # behind whatever bytes, as readers have it
_ALONE = frozenset((0x01, *range(0xD0, 0xD9)))  # markers without a length
_JFIF_BYTES = 18  # of its segment without a small copy of the picture
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_PARTS = frozenset((b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB",
                        b"cICP", b"mDCV", b"cLLI", b"bKGD", b"hIST", b"pHYs", b"sPLT", b"acTL", b"fcTL",
                        b"fdAT"))  # fmt: skip
_WEBP_PARTS = frozenset((b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"))
_PICTURE_PARTS = frozenset((b"IDAT", b"fdAT", b"VP8 ", b"VP8L", b"ANMF"))  # of which readers show the beginning, too
_WORDS = re.compile(rb"eXIf|[tzi][TE]Xt|EXIF|XMP ")
_WEBP_ALPHA_TO_ANIMATION = 0x32  # flags of VP8X that stay: profile, alpha, animation
_GIF = (b"GIF87a", b"GIF89a")
# what belongs to a GIF's picture of all that programs may put in: how often it is shown, and its colour profile
_GIF_PROGRAMS = frozenset((b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012"))
_ORIENTATION, _GPS = 0x0112, 0x8825  # EXIF tags
_EXIF_BYTES = 1 << 20  # of what is looked at of one; in JPEG it has 64 kB
_MOST_ENTRIES = 500  # of a directory; cameras write some fifty
_MOST_HEADERS = 50  # what looks like one is looked at that often


def without_metadata(content: bytes) -> bytes:
    """The same picture without what is no part of it.

    Of a JPEG, PNG, WebP or GIF that is cut or broken there is what can be told for a part of the picture, so that
    nobody's coordinates stay because a byte before them is wrong. Any other content comes back as it is.
    """
    if content.startswith(b"\xff\xd8"):
        return b"".join(_jpeg_parts(content))
    if content.startswith(_PNG):
        return b"".join(_png_parts(content))
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _webp(content)
    if content[:6] in _GIF:
        return b"".join(_gif_parts(content))
    return content


def tells_place(content: bytes) -> bool:
    """True where a file holds coordinates, as EXIF or XMP, in whatever kind of picture.

    Also where it is no picture, which nobody could see, and has what a camera writes.
    """
    if not _is_picture(content) and _SIGNS.search(content):
        return True
    headers = (found.start() for _, found in zip(range(_MOST_HEADERS), _TIFF.finditer(content), strict=False))
    return _PLACE_IN_XMP.search(content) is not None or any(
        _has_place(content[at : at + _EXIF_BYTES]) for at in headers
    )


def _is_picture(content: bytes) -> bool:
    """True for what begins as a picture does, of the kinds that may hold a place."""
    webp = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    return (
        webp or content.startswith((b"\xff\xd8", _PNG, *_GIF)) or content[4:8] == b"ftyp" or bool(_TIFF.match(content))
    )


def picture_size(content: bytes) -> tuple[int, int] | None:
    """Width and height in pixels as the picture is shown, EXIF's turn included; None for what no browser could show."""
    try:
        if content.startswith(b"\xff\xd8"):
            return _jpeg_size(content)
        if content.startswith(_PNG) and content[12:16] == b"IHDR":
            width, height = struct.unpack_from(">II", content, 16)
        elif content[:6] in _GIF:
            width, height = struct.unpack_from("<HH", content, 6)
        elif content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            width, height = _webp_size(content)
        else:
            return None
    except (ValueError, struct.error, IndexError):
        return None
    return (width, height) if width and height else None


def moves(content: bytes) -> bool:
    """True for what is, or may be, a row of pictures: a GIF, a WebP or PNG that says so."""
    if content[:4] == b"RIFF":
        return content[12:16] == b"VP8X" and len(content) > 20 and content[20] & 0x02 != 0
    if content.startswith(_PNG):
        return b"acTL" in content[: content.find(b"IDAT")]
    return content[:6] in _GIF


# --- EXIF ---


def _directory(tiff: bytes) -> dict[int, bytes]:
    """The four octets of value of each tag of the first directory, in its byte order; empty where there is none."""
    order = "<" if tiff[:2] == b"II" else ">"
    try:
        (start,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, start)
        found: dict[int, bytes] = {}
        for index in range(min(count, _MOST_ENTRIES)):
            tag, _, _, value = struct.unpack_from(order + "HHI4s", tiff, start + 2 + 12 * index)
            found.setdefault(tag, value)
    except struct.error:
        return {}
    return found


def _has_place(tiff: bytes) -> bool:
    value = _directory(tiff).get(_GPS)
    if value is None:
        return False
    order = "<" if tiff[:2] == b"II" else ">"
    (start,) = struct.unpack(order + "I", value)
    # a directory further off is taken for a place, one with its version alone for none
    return len(tiff) < start + 2 or int(struct.unpack_from(order + "H", tiff, start)[0]) > 1


def _turn(tiff: bytes) -> int:
    """EXIF's orientation, from 1 (upright) to 8; from 5 on a picture lies on its side."""
    value = _directory(tiff).get(_ORIENTATION) if _TIFF.match(tiff) else None
    turned = int.from_bytes(value[:2], "little" if tiff[:2] == b"II" else "big") if value is not None else 1
    return turned if 1 <= turned <= 8 else 1


def _way_up(tiff: bytes) -> bytes:
    """EXIF that says nothing but how a picture is turned; empty where it is not."""
    turned = _turn(tiff)
    if turned == 1:
        return b""
    return struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, _ORIENTATION, 3, 1, turned, 0, 0)


# --- kinds ---


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    at, turned = 2, 1
    while content[at] == 0xFF:
        kind = content[at + 1]
        if kind == 0xFF:  # fill
            at += 1
            continue
        (length,) = struct.unpack_from(">H", content, at + 2)
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):  # a frame's header
            height, width = struct.unpack_from(">HH", content, at + 5)
            if not width or not height:
                return None
            return (height, width) if turned >= 5 else (width, height)
        if kind == 0xE1 and content[at + 4 : at + 10] == _EXIF:
            turned = _turn(content[at + 10 : at + 2 + length])
        at += 2 + length
    return None


def _webp_size(content: bytes) -> tuple[int, int]:
    """Of its first part (RFC 9649, sections 2.5 to 2.7)."""
    kind, head = content[12:16], content[20:30].ljust(10, b"\0")
    if kind == b"VP8X":
        return 1 + int.from_bytes(head[4:7], "little"), 1 + int.from_bytes(head[7:10], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return int.from_bytes(head[6:8], "little") & 0x3FFF, int.from_bytes(head[8:10], "little") & 0x3FFF


def _jpeg_parts(content: bytes) -> Iterator[bytes]:
    """The parts to keep, up to the end of the picture: phones hang films and larger copies behind it."""
    yield content[:2]
    at, turned, begun = 2, False, False
    while (marker := _NEXT_MARKER.search(content, at)) is not None:
        at = marker.start()
        kind = content[at + 1]
        if kind == 0xD9:
            begun = True
            break
        if kind in _ALONE:
            at += 2
            continue
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        end = at + 2 + length
        if length < 2 or end > len(content):
            break
        part = content[at:end]
        if kind == 0xE1 and part[4:10] == _EXIF:
            exif = _way_up(part[10:])
            if exif and not turned:
                turned = True
                yield struct.pack(">BBH", 0xFF, 0xE1, 8 + len(exif)) + _EXIF + exif
        elif kind == 0xE0 and part[4:9] == b"JFIF\0":
            yield part if len(part) <= _JFIF_BYTES else b"\xff\xe0\0\x10" + part[4:16] + b"\0\0"
        elif _shapes_picture(kind, part):
            yield part
        if kind == 0xDA:  # the picture itself, up to the next marker
            found = _MARKER.search(content, end)
            after = len(content) if found is None else found.start()
            yield content[end:after]
            end, begun = after, True
        at = end
    if begun:
        yield b"\xff\xd9"  # also where it is cut: some readers want its end


def _shapes_picture(kind: int, part: bytes) -> bool:
    """True for tables, frames and scans, colour profiles and Adobe's transform; not for what programs put in."""
    if kind == 0xE2:
        return part[4:16] == b"ICC_PROFILE\0"
    if kind == 0xEE:
        return part[4:9] == b"Adobe" and len(part) <= 16
    return 0xC0 <= kind <= 0xCF or 0xDA <= kind <= 0xDF


def _png_parts(content: bytes) -> Iterator[bytes]:
    yield _PNG
    at = len(_PNG)
    while at + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if end > len(content):
            yield _begun(content[at:], kind)
            return
        if kind == b"eXIf":
            exif = _way_up(content[at + 8 : end - 4])
            if exif:
                yield struct.pack(">I4s", len(exif), kind) + exif + struct.pack(">I", zlib.crc32(kind + exif))
        elif kind in _PNG_PARTS:
            yield content[at:end]
        if kind == b"IEND":
            return
        at = end


def _begun(part: bytes, kind: bytes) -> bytes:
    """What is there of a part that is cut, or says so. Where its length is wrong, others may stand in it."""
    if kind not in _PICTURE_PARTS:
        return b""
    words = _WORDS.search(part, 8)
    return part if words is None else part[: words.start() - 4]


def _webp(content: bytes) -> bytes:
    end = min(len(content), 8 + int.from_bytes(content[4:8], "little"))
    parts: list[bytes] = []
    exif = b""
    at = 12
    while at + 8 <= end:
        kind, length = struct.unpack_from("<4sI", content, at)
        after = at + 8 + length + length % 2
        if after > end:
            parts.append(_begun(content[at:end], kind))
        elif kind == b"EXIF":
            exif = _way_up(content[at + 8 : at + 8 + length].removeprefix(_EXIF))
        elif kind in _WEBP_PARTS:
            parts.append(content[at:after])
        at = after
    if exif:
        parts.append(struct.pack("<4sI", b"EXIF", len(exif)) + exif)
    if parts and parts[0][:4] == b"VP8X" and len(parts[0]) > 8:
        flags = (parts[0][8] & _WEBP_ALPHA_TO_ANIMATION) | (0x08 if exif else 0)
        parts[0] = parts[0][:8] + bytes((flags,)) + parts[0][9:]
    body = b"WEBP" + b"".join(parts)
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def _gif_parts(content: bytes) -> Iterator[bytes]:
    """The parts to keep, up to the trailer (GIF 89a, section 27): all but comments and what programs put in.

    Of a file that is cut, what is there of the pictures; browsers show that, too.
    """
    at = 13 + _gif_colours(content[10:11])
    yield content[:at]
    while content[at : at + 1] in (b"\x21", b"\x2c"):
        if content[at] == 0x2C:  # a picture: its place and colours, then how many bits its numbers begin with
            end = _gif_blocks(content, at + 11 + _gif_colours(content[at + 9 : at + 10]))
            yield content[at:end]
        else:
            end = _gif_blocks(content, at + 2)
            label = content[at + 1 : at + 2]
            if label != b"\xfe" and (label != b"\xff" or content[at + 3 : at + 14] in _GIF_PROGRAMS):
                yield content[at:end]
        at = end
    if at < len(content):
        yield b"\x3b"


def _gif_colours(flags: bytes) -> int:
    """Bytes of the table of colours that follows, by its octet of flags; 0 where that is missing."""
    return 3 << (flags[0] & 7) + 1 if flags and flags[0] & 0x80 else 0


def _gif_blocks(content: bytes, at: int) -> int:
    """Where a row of blocks ends, each with its length before it; one of length 0 is the last."""
    while at < len(content) and content[at]:
        at += 1 + content[at]
    return min(at + 1, len(content))
