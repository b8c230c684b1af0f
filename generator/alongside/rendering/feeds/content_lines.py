"""What may go into a calendar's content lines, and into the other feeds: authored text and addresses, cleaned.

The lowest step of the feeds. Text of any kind goes in; what comes out has no control characters, and an address is one
of the web or none. Escaping and quoting are the work of `icalendar` (RFC 5545 sections 3.2 and 3.3); its lines are put
together and folded here, octet for octet as it would do it: it looks at each character by itself, and so took more than
half of the time of a feed.

    >>> one_line("Talks;\\r\\nEND:VEVENT")
    'Talks; END:VEVENT'
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from icalendar.cal import Component

# Every way Unicode has to end a line.
_BREAKS = re.compile("\r\n|[\r\n\v\f\x85\u2028\u2029]")
# Control characters, halves of surrogate pairs, and the marks that turn the text after them (Unicode annex 9).
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_URI_CHARACTERS = ":/?#[]@!$&'()*+,;=%~-._"
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
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return ""
    return quote(clean_text(url.strip()), safe=_URI_CHARACTERS)


def component_octets(component: Component) -> bytes:
    """A component without those it holds, such as a VEVENT; its properties in the order they were set.

    Lines are folded and ended by CRLF (section 3.1). The same as its own `to_ical(sorted=False)`.
    """
    name = str(component.name).encode()
    lines = [b"BEGIN:" + name, *map(fold_line, _lines(component)), b"END:" + name, b""]
    return b"\r\n".join(lines)


def _lines(component: Component) -> Iterator[bytes]:
    for name, found in component.items():
        for value in found if type(found) is list else (found,):
            made = value.to_ical()
            octets = made.encode() if isinstance(made, str) else made
            parameters = value.params.to_ical(sorted=False) if value.params else b""
            head = name.encode()
            yield head + b";" + parameters + b":" + octets if parameters else head + b":" + octets


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
