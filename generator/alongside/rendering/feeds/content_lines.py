"""Content lines of calendars, and what may go into them and into the other feeds: authored text and addresses, cleaned.

The lowest step of the feeds. Text of any kind goes in; what comes out has no control characters, and an address is one
of the web or none. Values are escaped, parameters quoted, and lines folded here (RFC 5545 sections 3.1 to 3.3), octet
for octet as `icalendar` does it: an object for each value, looked at character by character, took four fifths of the
time of a feed.

    >>> one_line("Talks;\\r\\nEND:VEVENT")
    'Talks; END:VEVENT'
    >>> content_line("SUMMARY", text_value("Talks; cake"))
    'SUMMARY:Talks\\\\; cake'
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from urllib.parse import quote, urlsplit

# Every way Unicode has to end a line.
_BREAKS = re.compile("\r\n|[\r\n\v\f\x85\u2028\u2029]")
# Control characters, halves of surrogate pairs, and the marks that turn the text after them (Unicode annex 9).
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_URI_CHARACTERS = ":/?#[]@!$&'()*+,;=%~-._"
# An address of which nothing is to be asked or changed.
_PLAIN_URI = re.compile(r"https?://[A-Za-z0-9.-]+(?:[/?#][A-Za-z0-9:/?#@!$&'()*+,;=%~._-]*)?")
_CARETS = {"^": "^^", "\n": "^n", '"': "^'"}  # RFC 6868
_ENCODED = re.compile(r'[\^\n"]')
_QUOTED = re.compile("[,;:\N{RIGHT SINGLE QUOTATION MARK}]")  # some readers end a value there
_QUOTED_NAME = re.compile("[,;:\N{RIGHT SINGLE QUOTATION MARK} ']")
_WIDTH = 74  # octets of a line: with the space that begins a continued one, the 75 of section 3.1


def clean_text(text: str) -> str:
    """Text with line feeds as its only control characters (and tabs), and no marks that turn what follows."""
    if text.isascii() and text.isprintable():
        return text
    return _FORBIDDEN.sub("", _BREAKS.sub("\n", text))


def one_line(text: str) -> str:
    """The same on one line, runs of white space as one space."""
    return " ".join(clean_text(text).split())


def parameter_text(text: str) -> str:
    """The same for a parameter, which has no escapes (section 3.2): many take a backslash for one, so it is a slash."""
    return one_line(text).replace("\\", "/")


def uri_value(url: str) -> str:
    """A URI value (section 3.3.13) of an http or https address; empty for any other, which is never put into a feed."""
    if not url or _PLAIN_URI.fullmatch(url):
        return url
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return ""
    return quote(clean_text(url.strip()), safe=_URI_CHARACTERS)


def text_value(text: str) -> str:
    """A TEXT value (section 3.3.11) of cleaned text."""
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def moment_value(moment: datetime | date) -> str:
    """A DATE value (section 3.3.4), or a DATE-TIME: local time, or UTC where `moment` is aware (section 3.3.5)."""
    if not isinstance(moment, datetime):
        return moment.isoformat().replace("-", "")
    if moment.tzinfo is None:
        return wall_value(moment)
    return wall_value(moment if moment.tzinfo is UTC else moment.astimezone(UTC)) + "Z"


def wall_value(moment: datetime) -> str:
    """A DATE-TIME of local time (section 3.3.5), whatever zone `moment` has."""
    return moment.isoformat()[:19].replace("-", "").replace(":", "")


def content_line(name: str, value: str, **parameters: str) -> str:
    """A line before it is folded. `value` is one of those made here; parameters are cleaned text, in their order."""
    if not parameters:
        return f"{name}:{value}"
    given = "".join([f";{each}={_parameter_value(each, text)}" for each, text in parameters.items()])
    return f"{name}{given}:{value}"


@lru_cache(maxsize=1024)  # zones and names of groups stand in event after event
def _parameter_value(name: str, text: str) -> str:
    """A parameter's value (section 3.2), its carets and quotes encoded (RFC 6868)."""
    encoded = _ENCODED.sub(lambda found: _CARETS[found[0]], text)
    quoted = _QUOTED_NAME if name == "CN" else _QUOTED
    return f'"{encoded}"' if quoted.search(text) else encoded


def component_octets(name: str, lines: Iterable[str], inner: Sequence[bytes] = ()) -> bytes:
    """A component such as a VEVENT: its content lines, then the components it holds.

    Lines are folded and ended by CRLF (section 3.1).
    """
    encoded = [line.encode() for line in lines]
    folded = [line if len(line) <= _WIDTH else fold_line(line) for line in encoded] + [b""]
    return b"".join([f"BEGIN:{name}\r\n".encode(), b"\r\n".join(folded), *inner, f"END:{name}\r\n".encode()])


def fold_line(line: bytes) -> bytes:
    """A content line cut into lines of at most 75 octets: never within a character, nor after a backslash or a caret.

    Those two begin what some readers do not put together again.
    """
    parts = []
    start, size = 0, len(line)
    while size - start > _WIDTH:
        end = start + _WIDTH
        while line[end] & 0b1100_0000 == 0b1000_0000:  # a later octet of a character in UTF-8
            end -= 1
        if line[end - 1] in b"\\^":
            end -= 1
        parts.append(line[start:end])
        start = end
    parts.append(line[start:])
    return b"\r\n ".join(parts)


def page_address(site_url: str, path: str) -> str:
    """The whole address of a site path, percent-encoded; empty where the site's own is unknown."""
    return f"{site_url}{quote(path)}" if site_url else ""
