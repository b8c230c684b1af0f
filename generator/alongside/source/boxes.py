"""Boxes of MP4 files (ISO/IEC 14496-12): length, size and place of a recording; nothing is decoded.

A box is its length in 32 bits (1: in the 64 bits that follow; 0: up to the end), four letters, and what it holds.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

ENDINGS = frozenset(("mp4", "m4v", "m4a", "mov", "3gp"))  # of names of such files
_MOST_BOXES = 2_000  # beside one another; files of people have a dozen
_MOST_OF_TRACK = 1 << 20  # bytes of a track's head that are looked through for what it holds
_MOST_WORDS = 16 << 20  # bytes that are looked through for a place; more is taken for one
# QuickTime's location, its name for the same among Apple's keys, that of 3GPP (TS 26.244), and XMP's
_PLACES = (b"\xa9xyz", b"quicktime.location", b"loci", b"GPSLatitude", b"GPSLongitude", b"GPSPosition")
_POINT = re.compile(rb"[+-]\d\d\.\d+[+-]\d{3}\.\d+|loci\0{4}|GPSL(?:at|ong)itude")  # the first is ISO 6709
_MOST_ASTRAY = 4 << 20  # bytes at the end of a file that are looked through
_TRACKS_OF_PLACES = (b"gpmd", b"camm")  # samples of GoPro's and Google's cameras: where they were, many times a second


class Box(NamedTuple):
    """A box: its letters, and where what it holds begins and ends in the file."""

    kind: bytes
    start: int
    end: int
    at: int  # where the box itself begins


class Head(NamedTuple):
    """What the head of a file tells; 0 where it tells nothing."""

    seconds: float
    width: int  # pixels, as the film is shown
    height: int


def boxes(stream: BinaryIO, start: int, end: int, *, cut: bool = False) -> Iterator[Box]:
    """The boxes between two places of a file; ends at the first that cannot be one.

    `cut`: one that says it is longer than what is there is taken as what is there.
    """
    for _ in range(_MOST_BOXES):
        stream.seek(start)
        head = stream.read(16)
        if start + 8 > end or len(head) < 8:
            return
        size, skip = int.from_bytes(head[:4], "big"), 8
        if size == 1:
            size, skip = int.from_bytes(head[8:16], "big"), 16
        elif size == 0:
            size = end - start
        if cut:
            size = min(size, end - start)
        if size < skip or start + size > end:
            return
        yield Box(head[4:8], start + skip, start + size, start)
        start += size


def read_head(stream: BinaryIO) -> Head | None:
    """The head of an MP4 file; None for what is none."""
    whole = list(boxes(stream, 0, stream.seek(0, os.SEEK_END)))
    movie = next((box for box in whole if box.kind == b"moov"), None)
    if movie is None or whole[0].kind != b"ftyp":
        return None
    seconds, width, height = 0.0, 0, 0
    for box in boxes(stream, movie.start, movie.end):
        if box.kind == b"mvhd":
            seconds = _seconds(_begun(stream, box, 32))
        elif box.kind == b"trak":
            for inner in boxes(stream, box.start, box.end):
                if inner.kind == b"tkhd" and not width:
                    width, height = _size(_begun(stream, inner, 96))
    return Head(seconds, width, height)


def _begun(stream: BinaryIO, box: Box, length: int) -> bytes:
    stream.seek(box.start)
    return stream.read(min(length, box.end - box.start)).ljust(length, b"\0")


def _seconds(movie: bytes) -> float:
    """Of a movie header (8.2.2): times of 64 bits in version 1, of 32 in version 0."""
    scale, length = (movie[20:24], movie[24:32]) if movie[0] == 1 else (movie[12:16], movie[16:20])
    units = int.from_bytes(scale, "big")
    known = bool(units) and length.strip(b"\xff") != b""
    return int.from_bytes(length, "big") / units if known else 0.0


def _size(track: bytes) -> tuple[int, int]:
    """Of a track header (8.3.2): 16.16 fixed point, after a matrix that turns films held upright."""
    at = 52 if track[0] == 1 else 40
    across, turned = (int.from_bytes(track[at + i : at + i + 4], "big") for i in (0, 4))
    width, height = (int.from_bytes(track[at + i : at + i + 2], "big") for i in (36, 40))
    return (height, width) if turned and not across else (width, height)


def places(stream: BinaryIO) -> Iterator[Box]:
    """Boxes of an MP4 file that say where it was recorded, be it cut.

    In such a box stand words about the recording and nothing that is played.
    """
    whole = list(boxes(stream, 0, stream.seek(0, os.SEEK_END), cut=True))
    inside = [box for movie in whole if movie.kind == b"moov" for box in _inside(stream, movie)]
    tracks = [box for track in inside if track.kind == b"trak" for box in _inside(stream, track)]
    for box in (*whole, *inside, *tracks):
        if box.kind in (b"udta", b"meta", b"uuid"):
            stream.seek(box.start)
            words = stream.read(min(_MOST_WORDS, box.end - box.start))
            if box.end - box.start > _MOST_WORDS or any(sign in words for sign in _PLACES):
                yield box


def keeps_place(stream: BinaryIO) -> bool:
    """True where a file says where it was recorded outside of those boxes, so that `without_places` would leave it.

    That is a camera's track of places beside the film, or a file whose boxes are damaged.
    """
    return _has_track_of_places(stream) or _has_place_astray(stream)


def _has_place_astray(stream: BinaryIO) -> bool:
    size = stream.seek(0, os.SEEK_END)
    known = list(places(stream))
    whole = list(boxes(stream, 0, size, cut=True))
    reached = whole[-1].end if whole else 0
    parts = [(box.start, box.end) for box in whole if box.kind != b"mdat"]
    parts += [(reached, size), (max(0, size - _MOST_ASTRAY), size)]  # one length too large hides the head in the film
    for start, end in parts:
        stream.seek(start)
        words = bytearray(stream.read(min(_MOST_WORDS, end - start)))
        for box in known:
            first, last = max(0, box.start - start), min(len(words), box.end - start)
            if first < last:
                words[first:last] = bytes(last - first)
        if _POINT.search(words):
            return True
    return False


def _has_track_of_places(stream: BinaryIO) -> bool:
    """True where a camera wrote where it was, as samples among those that are played."""
    for movie in boxes(stream, 0, stream.seek(0, os.SEEK_END), cut=True):
        for track in _inside(stream, movie) if movie.kind == b"moov" else ():
            if track.kind == b"trak":
                stream.seek(track.start)
                begun = stream.read(min(_MOST_OF_TRACK, track.end - track.start))  # its description, then its tables
                described = begun.partition(b"stsd")[2][:64]
                if any(kind in described for kind in _TRACKS_OF_PLACES):
                    return True
    return False


def _inside(stream: BinaryIO, box: Box) -> list[Box]:
    return list(boxes(stream, box.start, box.end, cut=True))


def without_places(stream: BinaryIO) -> None:
    """Make those boxes empty space of the same size, in the file itself, which is open for reading and writing."""
    for box in list(places(stream)):
        stream.seek(box.at + 4)
        stream.write(b"free")
        stream.seek(box.start)
        left = box.end - box.start
        while left:
            left -= stream.write(bytes(min(left, 1 << 20)))
