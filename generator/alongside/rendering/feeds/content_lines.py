"""What may go into a calendar's content lines, and into the other feeds: authored text and addresses, cleaned.

The lowest step of the feeds. Text of any kind goes in; what comes out has no control characters, and an address is one
of the web or none. Escaping and folding are the work of `icalendar` (RFC 5545 sections 3.1 and 3.3).

    >>> one_line("Talks;\\r\\nEND:VEVENT")
    'Talks; END:VEVENT'
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

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


def uri_value(url: str) -> str:
    """A URI value (section 3.3.13) of an http or https address; empty for any other, which is never put into a feed."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return ""
    return quote(clean_text(url.strip()), safe=_URI_CHARACTERS)


def page_address(site_url: str, path: str) -> str:
    """The whole address of a site path, percent-encoded; empty where the site's own is unknown."""
    return f"{site_url}{quote(path)}" if site_url else ""
