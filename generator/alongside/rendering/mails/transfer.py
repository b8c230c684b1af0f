"""Transfer encoding: quoted-printable (RFC 2045 section 6.7) in pieces that can be joined.

Every piece begins at the beginning of a line and leaves its reader there: a line break stays one, and what goes on in
the next piece ends with a soft break. So a mail's fixed text is encoded once, and what a person's values add is encoded
on its own.

    Hello {name}, welcome   ->   b"Hello =\\r\\n"  +  b"Mia=\\r\\n"  +  b", welcome"

No line begins with a dot, which SMTP would double (RFC 5321 section 4.5.2), nor with "From ", which old mailboxes
change.
"""

from __future__ import annotations

import binascii
import re

LINE = 76  # octets of an encoded line, its end not counted
SOFT_BREAK = b"=\r\n"

PLAIN = re.compile(r"[ -\-/-<>-EG-~][ -<>-~]{0,74}")  # encodes as itself, and begins with neither "." nor "F"
_DOT, _FROM = ord("."), b"From "


def quoted(text: str) -> bytes:
    """`text`, its lines ended by "\\n", as quoted-printable. A lone surrogate comes out as "?"."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    octets = text.encode("utf-8", "replace").replace(b"\n", b"\r\n")
    encoded = binascii.b2a_qp(octets, istext=True)
    if b"\n" not in octets:  # then the breaks it makes are bare ones
        encoded = encoded.replace(b"\n", b"\r\n")
    if encoded.startswith((b".", _FROM)) or b"\n." in encoded or b"\nFrom " in encoded:
        return b"\r\n".join(map(_quoted_line, octets.split(b"\r\n")))
    return encoded


def quoted_open(text: str) -> bytes:
    """`text` with more to follow on its last line."""
    if PLAIN.fullmatch(text):
        return text.encode() + SOFT_BREAK
    encoded = quoted(text)
    return encoded + SOFT_BREAK if text and not text.endswith("\n") else encoded


def _quoted_line(line: bytes) -> bytes:
    """One line, octet by octet: slow, and exact about what its pieces begin with."""
    pieces, piece = [], b""
    last = len(line) - 1
    for place, octet in enumerate(line):
        literal = (0x20 < octet < 0x7F and octet != 0x3D) or (octet in b" \t" and place < last)
        unit = bytes((octet,)) if literal else b"=%02X" % octet
        if len(piece) + len(unit) > LINE - 1:  # the soft break's "=" counts
            pieces.append(piece)
            piece = b""
        if not piece and (octet == _DOT or line.startswith(_FROM, place)):
            unit = b"=%02X" % octet
        piece += unit
    return SOFT_BREAK.join([*pieces, piece])
