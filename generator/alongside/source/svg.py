"""What in an SVG acts or asks others: scripts, and files from elsewhere (SVG 2, sections 2.2 and 16).

In a page a browser shows an SVG as a picture, in which nothing runs. Opened by its own address it is a document of the
site, and may do there whatever a page may. So what stands among people's records has to be a picture and nothing more.
It is refused and never mended: what a browser makes of a document is for the browser to say, so only what is plainly
harmless passes.
"""

from __future__ import annotations

import re
from typing import Any
from xml.parsers import expat

ENDINGS = frozenset(("svg", "svgz"))
MOST_BYTES = 5_000_000
_DEEPEST = 200
_SVG = "http://www.w3.org/2000/svg"
# Elements of other name spaces are left: programs that draw write down what they need there, and no browser looks.
_ACTING_SPACES = frozenset((_SVG, "", "http://www.w3.org/1999/xhtml", "http://www.w3.org/1998/Math/MathML",
                            "http://www.w3.org/2001/xml-events"))  # fmt: skip
_ATTRIBUTE_SPACES = frozenset(("", "http://www.w3.org/1999/xlink", "http://www.w3.org/XML/1998/namespace"))
_SCRIPTS = frozenset(("script", "handler", "listener"))
_OTHER_DOCUMENTS = frozenset(("foreignobject", "iframe", "audio", "video", "canvas"))
_CHANGING = frozenset(("set", "animate"))
_LINKS = frozenset(("href", "src", "base"))
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp|avif)[;,]", re.IGNORECASE)
_SCHEME = re.compile(r"(?!https?:|mailto:)[a-z][a-z0-9+.-]*:", re.IGNORECASE)  # of a link that leads to no page
_WITHIN = re.compile(r"url\(\s*([\"']?)data:[^\"'()\s]*\1\s*\)", re.IGNORECASE)  # a picture or font in the style itself
_ASKS = re.compile(r"@import|\\|\b(?:image-set|image|src)\(|url\(\s*[\"']?(?![\"'#\s])", re.IGNORECASE)
_ENCODING = re.compile(rb"\bencoding\s*=\s*[\"'](?!(?:utf-8|us-ascii)[\"'])", re.IGNORECASE)


class _ActsError(Exception):
    """Carries what was found."""


def acting_part(content: bytes) -> str:
    """What in an SVG file may run or be fetched, for people: "a script"; empty for a picture and nothing more."""
    if len(content) > MOST_BYTES:
        return "more than can be looked through"
    if content.startswith(b"\x1f\x8b"):
        return "packed words, which cannot be looked through"
    try:
        content.decode("utf-8")
        declared = content.partition(b"?>")[0] if b"<?xml" in content[:8] else b""
        if _ENCODING.search(declared):
            return "words in another encoding than UTF-8"
        _Reader().read(content)
    except UnicodeDecodeError:
        return "words in another encoding than UTF-8"
    except expat.ExpatError as error:
        return f"what is no XML, at line {error.lineno}"
    except _ActsError as found:
        return str(found)
    return ""


class _Reader:
    """Goes through a document, and raises `_ActsError` at what acts."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._style: list[str] = []
        self._open: list[str] = []
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._words
        self._parser.ProcessingInstructionHandler = self._instruction
        self._parser.EntityDeclHandler = self._entity
        self._parser.AttlistDeclHandler = self._entity  # gives attributes that stand nowhere

    def read(self, content: bytes) -> None:
        self._parser.Parse(content, True)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        local = local.casefold()
        if not self._open and (space, local) != (_SVG, "svg"):
            raise _ActsError('no <svg xmlns="http://www.w3.org/2000/svg"> around all')
        if len(self._open) >= _DEEPEST:
            raise _ActsError("more than can be looked through")
        self._open.append(local if space in _ACTING_SPACES else "")
        if space not in _ACTING_SPACES:
            return
        if local in _SCRIPTS:
            raise _ActsError("a script")
        if local in _OTHER_DOCUMENTS or space not in ("", _SVG):
            raise _ActsError(f"another document (<{local[:30]}>)")
        for full, value in attributes.items():
            space, _, name = full.rpartition(" ")
            if space in _ATTRIBUTE_SPACES:
                _look_at(local, name.casefold(), value)

    def _end(self, _: str) -> None:
        if self._open.pop() == "style":
            _look_at_style("".join(self._style))
            self._style.clear()

    def _words(self, words: str) -> None:
        if self._open and self._open[-1] == "style":
            self._style.append(words)

    def _instruction(self, target: str, _: str) -> None:
        if "style" in target.casefold():
            raise _ActsError("a style sheet of its own")

    def _entity(self, *_: Any) -> None:
        raise _ActsError("words of its own making (<!ENTITY> or <!ATTLIST>)")


def _look_at(element: str, name: str, value: str) -> None:
    """Raises for an attribute that acts."""
    plain = re.sub(r"[\x00-\x20]", "", value)  # browsers pass over these in addresses
    if name.startswith("on"):
        raise _ActsError(f"the attribute {name[:30]}")
    if element in _CHANGING and name == "attributename" and _is_link(plain.rpartition(":")[2].casefold()):
        raise _ActsError(f"<{element}> of a link")
    if name in _LINKS:
        if element == "a" and _SCHEME.match(plain):
            raise _ActsError("a link that leads to no page")
        if element != "a" and plain and plain[0] != "#" and not (element.endswith("image") and _PICTURE.match(plain)):
            raise _ActsError("another file")
    elif name == "style" or "(" in value:
        _look_at_style(value)


def _is_link(name: str) -> bool:
    return name in _LINKS or name.startswith("on")


def _look_at_style(text: str) -> None:
    if _ASKS.search(_WITHIN.sub("", text)):
        raise _ActsError("a style that asks for a file")
