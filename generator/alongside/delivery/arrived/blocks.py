"""Blocks in a text that programs wrote for programs: keys, signatures, contacts, files. None is words for a person.

    -----BEGIN PGP SIGNED MESSAGE-----        armour: goes
    Hash: SHA512                              armour: goes
                                              armour: goes
    See you on Friday.                        stays
    -----BEGIN PGP SIGNATURE----- ...         armour: goes, to its end or the end of the text

One pass over the lines; a block that never ends takes the rest of the text with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Block = Literal["armour", "encrypted", "contact", "invitation", "file"]

_SIGNED = re.compile(r"-{4,6} ?BEGIN PGP SIGNED MESSAGE ?-{4,6}$")
_BEGINS: tuple[tuple[Block, re.Pattern[str], re.Pattern[str]], ...] = (
    (
        "encrypted",
        re.compile(r"-{4,6} ?BEGIN (?:PGP MESSAGE|PKCS7|CMS)\b[^-]{0,40}-{4,6}$"),
        re.compile(r"-{4,6} ?END (?:PGP MESSAGE|PKCS7|CMS)\b"),
    ),
    (
        "armour",
        re.compile(r"-{4,6} ?BEGIN [A-Z0-9 ,/]{3,60}-{4,6}$"),
        re.compile(r"-{4,6} ?END [A-Z0-9 ,/]{3,60}-{4,6}"),
    ),
    ("contact", re.compile(r"BEGIN:VCARD$", re.IGNORECASE), re.compile(r"END:VCARD$", re.IGNORECASE)),
    ("invitation", re.compile(r"BEGIN:VCALENDAR$", re.IGNORECASE), re.compile(r"END:VCALENDAR$", re.IGNORECASE)),
    ("file", re.compile(r"begin [0-7]{3,4} \S.{0,200}$"), re.compile(r"end$")),
    ("file", re.compile(r"=ybegin (?:part=\d+ )?(?:total=\d+ )?line=\d+ .{0,300}$"), re.compile(r"=yend\b")),
)
# Each line of a file in uuencode says how long it is: so a person's "begin 644 people" takes nothing with it.
_UUENCODED = re.compile(r"[\x20-\x60]{1,62}$")


@dataclass(frozen=True, slots=True)
class Cut:
    """A text without its blocks."""

    text: str
    found: tuple[Block, ...]  # kinds, each once, in their order


def cut_blocks(text: str, mark: str = "") -> Cut:
    """`text` without blocks of machine text; `mark` stands where one was. Lines end in LF."""
    kept: list[str] = []
    found: list[Block] = []
    lines = text.split("\n")
    inside: re.Pattern[str] | None = None
    signed = False
    for number, line in enumerate(lines):
        # A quote of a block is a block: "> -----BEGIN PGP MESSAGE-----".
        plain = line[:400].lstrip(" \t>").rstrip()
        if inside is not None:
            if inside.match(plain):
                inside = None
            continue
        if signed:
            signed = plain != ""  # its headers end with an empty line
            if signed and re.match(r"[A-Za-z-]{1,30}:", plain):
                continue
            signed = False
        if _SIGNED.match(plain):
            found.append("armour")
            signed = True
            continue
        kind, end = _begins(plain, lines, number)
        if kind is None:
            kept.append(line)
            continue
        found.append(kind)
        inside = end
        if mark:
            kept.append(mark)
    return Cut("\n".join(kept), tuple(dict.fromkeys(found)))


def _begins(plain: str, lines: list[str], number: int) -> tuple[Block | None, re.Pattern[str] | None]:
    """The kind of block that begins in this line, and what ends it."""
    if not plain.startswith(("-", "BEGIN", "Begin", "begin", "=ybegin")):
        return None, None
    for kind, begin, end in _BEGINS:
        if begin.match(plain) and (not plain.startswith("begin ") or _is_uuencoded(lines, number + 1)):
            return kind, end
    return None, None


def _is_uuencoded(lines: list[str], number: int) -> bool:
    line = lines[number].lstrip(">").rstrip("\r") if number < len(lines) else ""
    if not line or not _UUENCODED.match(line):
        return False
    octets = (ord(line[0]) - 32) & 63
    return abs(len(line) - 1 - -(-octets // 3) * 4) <= 2  # a trailing space may be gone, a check sum there
