"""iCalendar on the wire: values escaped, lines folded (RFC 5545 sections 3.1 and 3.3).

The lowest step of the calendar feeds. Authored text of any kind goes in; what comes out is one property and cannot
start another. Lines end in CRLF and hold at most 75 octets, never parting a character or an escape.

    >>> content_line("SUMMARY", text_value("Talks; bread, cheese"))
    'SUMMARY:Talks\\\\; bread\\\\, cheese\\r\\n'
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote, urlsplit

_OCTETS = 75
# Every way Unicode has to end a line.
_BREAKS = re.compile("\r\n|[\r\n\v\f\x85\u2028\u2029]")
# Control characters, halves of surrogate pairs, and the marks that turn the text after them (Unicode annex 9).
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_URI_CHARACTERS = ":/?#[]@!$&'()*+,;=%~-._"


def clean_text(text: str) -> str:
    """Text with line feeds as its only control characters (and tabs), and no marks that turn what follows."""
    if text.isascii() and text.isprintable():
        return text
    return _FORBIDDEN.sub("", _BREAKS.sub("\n", text))


def one_line(text: str) -> str:
    """The same on one line, runs of white space as one space."""
    return " ".join(clean_text(text).split())


def text_value(text: str) -> str:
    """A TEXT value (section 3.3.11)."""
    text = clean_text(text)  # four passes in C are faster than one `translate` over text that is not ASCII
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def uri_value(url: str) -> str:
    """A URI value (section 3.3.13) of an http or https address; empty for any other, which is never put into a feed."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return ""
    return quote(clean_text(url.strip()), safe=_URI_CHARACTERS)


def moment_property(name: str, moment: datetime | date, zone: str) -> str:
    """A date or date-time property: `name` with TZID and wall time; `Z` in UTC; VALUE=DATE for a day.

    `moment` is wall time in `zone`, whatever `tzinfo` it has.
    """
    if not isinstance(moment, datetime):
        return f"{name};VALUE=DATE:{day_value(moment)}\r\n"
    wall = f"{day_value(moment)}T{moment:%H%M%S}"
    return f"{name}:{wall}Z\r\n" if zone == "UTC" else content_line(f"{name};TZID={zone}", wall)


def utc_value(moment: datetime) -> str:
    """An aware date-time in UTC: `20261203T173000Z`."""
    moment = moment.astimezone(UTC)
    return f"{day_value(moment)}T{moment:%H%M%S}Z"


def day_value(day: date) -> str:
    """`20261203`; years before 1000 keep four digits, which `strftime` does not promise."""
    return f"{day.year:04}{day.month:02}{day.day:02}"


def duration_value(duration: timedelta) -> str:
    """A DURATION of whole hours (section 3.3.6): `PT12H`."""
    return f"PT{duration // timedelta(hours=1)}H"


def content_line(name: str, value: str) -> str:
    """`name:value`, folded, with its CRLF. `name` may carry parameters; `value` is escaped already."""
    line = f"{name}:{value}"
    if line.isascii():
        if len(line) <= _OCTETS:
            return line + "\r\n"
        if "\\" not in line:
            rest = [line[index : index + _OCTETS - 1] for index in range(_OCTETS, len(line), _OCTETS - 1)]
            return "\r\n ".join([line[:_OCTETS], *rest]) + "\r\n"
    return _fold(line.encode()) + "\r\n"


def _fold(line: bytes) -> str:
    pieces: list[bytes] = []
    start, room = 0, _OCTETS
    while len(line) - start > room:
        cut = start + room
        while line[cut] & 0xC0 == 0x80:  # inside a character
            cut -= 1
        head = line[start:cut]
        if (len(head) - len(head.rstrip(b"\\"))) % 2:  # inside an escape
            cut -= 1
        pieces.append(line[start:cut])
        start, room = cut, _OCTETS - 1  # the space that continues a line counts
    pieces.append(line[start:])
    return b"\r\n ".join(pieces).decode()
